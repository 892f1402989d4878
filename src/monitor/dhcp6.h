/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DHCP for IPv6 (RFC 8415): one UDP payload in, facts out. What relays have
 * wrapped is unwrapped. Allocates nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/dhcp_text.h"

#define FW_DHCP6_CLIENT_PORT 546
#define FW_DHCP6_SERVER_PORT 547

/* RFC 8415 section 7.3 */
enum fw_dhcp6_type {
	FW_DHCP6_NONE,
	FW_DHCP6_SOLICIT,
	FW_DHCP6_ADVERTISE,
	FW_DHCP6_REQUEST,
	FW_DHCP6_CONFIRM,
	FW_DHCP6_RENEW,
	FW_DHCP6_REBIND,
	FW_DHCP6_REPLY,
	FW_DHCP6_RELEASE,
	FW_DHCP6_DECLINE,
	FW_DHCP6_RECONFIGURE,
	FW_DHCP6_INFORMATION,
	FW_DHCP6_RELAY_FORW,	/* never of a message that was read */
	FW_DHCP6_RELAY_REPL,
	FW_DHCP6_TYPE_MAX_,
};

#define FW_DHCP6_DUID_MAX 130	/* section 11.1 */
#define FW_DHCP6_BINDINGS 8
#define FW_DHCP6_ORDER 64

enum fw_dhcp6_kind {
	FW_DHCP6_ADDRESS,	/* IA_NA */
	FW_DHCP6_TEMPORARY,	/* IA_TA */
	FW_DHCP6_PREFIX,	/* IA_PD */
};

/* An address or prefix of an identity association. */
struct fw_dhcp6_binding {
	enum fw_dhcp6_kind kind;
	uint32_t iaid;
	uint8_t address[16];
	uint8_t bits;		/* 128, or the prefix's */
	uint32_t preferred_s, valid_s;	/* UINT32_MAX: for ever */
};

struct fw_dhcp6 {
	uint8_t type;		/* enum fw_dhcp6_type */
	uint32_t xid;		/* 24 bits */
	bool relayed;
	uint8_t peer[16];	/* valid with relayed: the client's address, as
				   its first relay saw it */
	struct fw_dhcp_bytes client, server;	/* DUIDs */
	bool has_mac;		/* the client's, from a relay or its DUID */
	uint8_t mac[6];
	bool rapid;
	bool has_status;
	uint16_t status;	/* of the message */
	struct fw_dhcp_bytes message;	/* the status' text */
	bool has_vendor;
	uint32_t enterprise;	/* valid with has_vendor */
	struct fw_dhcp_bytes vendor;	/* the first class of it */
	struct fw_dhcp_bytes host;	/* the client's name, with dots */
	struct fw_dhcp_bytes dns;	/* addresses, 16 bytes each */
	bool has_ia;		/* an identity association, or several */
	uint32_t iaid;		/* valid with has_ia: of the first */
	struct fw_dhcp6_binding bindings[FW_DHCP6_BINDINGS];
	uint8_t n_bindings;	/* more than fit are not kept */
	uint8_t n_requested, n_order;
	uint16_t requested[FW_DHCP6_ORDER];	/* the option request option */
	uint16_t order[FW_DHCP6_ORDER];	/* options' codes as they came */
};

/* Fills ret with FW_DHCP_MESSAGE. */
enum fw_dhcp_state fw_dhcp6_read(const uint8_t *data, size_t len,
				 struct fw_dhcp6 *ret);

/* "solicit"; NULL for a type without a name. */
const char *fw_dhcp6_type_name(unsigned type);
