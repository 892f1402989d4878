/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What clients have asked and nobody has answered yet, by transaction. Of fixed
 * size: the oldest is forgotten first.
 */
#pragma once

#include "monitor/dhcp_leases.h"
#include "plan/prints.h"

/* A client tries again with the same transaction for about a minute (RFC 2131
 * section 4.1, RFC 8415 section 7.6). */
#define FW_DHCP_ASKED_NS (120 * UINT64_C(1000000000))
#define FW_DHCP_LIST_MAX 256

struct fw_dhcp_asked {
	uint64_t hash, seen_ns;	/* seen_ns 0: free */
	enum fw_dhcp_verb verb;
	bool has_address;
	uint8_t address[16];	/* valid with has_address: wanted */
	/* Of the client; "": not known */
	char host[FW_LEASE_TEXT_MAX], vendor[FW_LEASE_TEXT_MAX];
	char params[FW_DHCP_LIST_MAX];	/* "1,3,6", or of IPv6 "23,24" */
	char options[FW_DHCP_LIST_MAX];
};

struct fw_dhcp_asking;

/* NULL when memory or random numbers run out. */
struct fw_dhcp_asking *fw_dhcp_asking_new(void);
void fw_dhcp_asking_free(struct fw_dhcp_asking *asking);

/* Remembers a client's message. */
void fw_dhcp_asking_add(struct fw_dhcp_asking *asking, uint32_t ifindex,
			const struct fw_dhcp_message *message, uint64_t now_ns);
/* What a server's message answers, or NULL. */
const struct fw_dhcp_asked *
fw_dhcp_asking_find(const struct fw_dhcp_asking *asking, uint32_t ifindex,
		    const struct fw_dhcp_message *message, uint64_t now_ns);

/* What its client can be known by. */
struct fw_print_facts fw_dhcp_asked_facts(const struct fw_dhcp_asked *asked,
					  uint8_t family);
