/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DHCP for IPv4 (RFC 2131; options: RFC 2132), and the BOOTP that it grew from:
 * one UDP payload in, facts out. Allocates nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/dhcp_text.h"

#define FW_DHCP4_SERVER_PORT 67
#define FW_DHCP4_CLIENT_PORT 68

enum fw_dhcp4_op {
	FW_DHCP4_REQUEST_OP = 1,	/* from a client */
	FW_DHCP4_REPLY_OP = 2,
};

/* RFC 2132 section 9.6 */
enum fw_dhcp4_type {
	FW_DHCP4_BOOTP,		/* no type at all */
	FW_DHCP4_DISCOVER,
	FW_DHCP4_OFFER,
	FW_DHCP4_REQUEST,
	FW_DHCP4_DECLINE,
	FW_DHCP4_ACK,
	FW_DHCP4_NAK,
	FW_DHCP4_RELEASE,
	FW_DHCP4_INFORM,
	FW_DHCP4_TYPE_MAX_,	/* later ones are of servers among themselves */
};

/* Facts that a message may lack: bits of `has`. */
#define FW_DHCP4_HAS_REQUESTED	0x01u
#define FW_DHCP4_HAS_SERVER	0x02u
#define FW_DHCP4_HAS_LEASE	0x04u
#define FW_DHCP4_HAS_MASK	0x08u
#define FW_DHCP4_HAS_ROUTER	0x10u

struct fw_dhcp4 {
	uint8_t op, htype, hlen, hops;
	uint8_t type;		/* enum fw_dhcp4_type, or higher */
	uint32_t xid;
	uint16_t secs, flags;
	uint8_t ciaddr[4], yiaddr[4], siaddr[4], giaddr[4];
	uint8_t chaddr[16];	/* hlen bytes are valid */
	uint32_t has;		/* FW_DHCP4_HAS_*: which of these are valid */
	uint8_t requested[4], server[4], mask[4], router[4];
	uint32_t lease_s;	/* UINT32_MAX: for ever */
	struct fw_dhcp_bytes client_id;	/* its type byte included */
	struct fw_dhcp_bytes params;	/* the parameter request list */
	struct fw_dhcp_bytes order;	/* options' codes, as they came, each
					   once */
	struct fw_dhcp_bytes host, vendor, domain, message;	/* texts */
	struct fw_dhcp_bytes dns;	/* addresses, four bytes each */
	struct fw_dhcp_bytes agent;	/* the relay agent's information */
};

/* Fills ret with FW_DHCP_MESSAGE. */
enum fw_dhcp_state fw_dhcp4_read(const uint8_t *data, size_t len,
				 struct fw_dhcp4 *ret);

/* "discover"; NULL for a type without a name. */
const char *fw_dhcp4_type_name(unsigned type);
