/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a message of either version means to those who watch: one shape for
 * both, so that leases and alerts need not know which it was.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/dhcp4.h"
#include "monitor/dhcp6.h"
#include "monitor/seen.h"

enum fw_dhcp_verb {
	FW_DHCP_ASK,		/* a client wants an address, or to keep it */
	FW_DHCP_INFORM,		/* … or only to be told something */
	FW_DHCP_OFFER,
	FW_DHCP_GRANT,
	FW_DHCP_REFUSE,
	FW_DHCP_RELEASE,	/* a client gives an address back */
	FW_DHCP_DECLINE,	/* … because somebody uses it already */
	FW_DHCP_VERB_MAX_,
};

#define FW_DHCP_ID_MAX FW_DHCP6_DUID_MAX
#define FW_DHCP_MAC_MAX 16

/* Who: by hardware address with IPv4, by DUID with IPv6; where that is missing,
 * by the other one. */
struct fw_dhcp_client {
	uint8_t mac_len, id_len;	/* 0: not known */
	uint8_t mac[FW_DHCP_MAC_MAX];
	uint8_t id[FW_DHCP_ID_MAX];	/* client identifier, or DUID */
};

struct fw_dhcp_address {
	uint8_t address[16];
	uint8_t bits;		/* 32, 128, or a delegated prefix's */
	uint32_t seconds;	/* UINT32_MAX: for ever; 0: not granted */
};

struct fw_dhcp_message {
	uint8_t family;
	enum fw_dhcp_verb verb;
	const char *name;	/* as the protocol calls it */
	uint32_t xid;
	bool relayed;
	struct fw_dhcp_client client;
	uint32_t iaid;		/* IPv6: of the first association; or 0 */
	struct fw_dhcp_address addresses[FW_DHCP6_BINDINGS];
	size_t n_addresses;	/* asked for, offered, granted, given back */
	bool has_server;
	uint8_t server[16];	/* what it calls itself; IPv6: where it came from */
	/* What it was made of; the one of its family is valid. */
	union {
		struct fw_dhcp4 v4;
		struct fw_dhcp6 v6;
	};
};

static inline bool fw_dhcp_is_server(enum fw_dhcp_verb verb)
{
	return verb == FW_DHCP_OFFER || verb == FW_DHCP_GRANT ||
	       verb == FW_DHCP_REFUSE;
}

/* Fills ret with FW_DHCP_MESSAGE; OTHER also for what says nothing here, as
 * servers do among themselves. */
enum fw_dhcp_state fw_dhcp_message_read(const struct fw_seen *seen,
					struct fw_dhcp_message *ret);

bool fw_dhcp_client_same(const struct fw_dhcp_client *a,
			 const struct fw_dhcp_client *b, uint8_t family);
