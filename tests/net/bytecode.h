/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft's bytecode for a rule, as `nft --debug=netlink` shows it, run on a packet. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the loads read. Numbers of meta and ct are in host order. */
struct bytecode_packet {
	uint8_t link[32], network[64], transport[32];
	uint8_t protocol[2];		/* as on the wire */
	uint8_t nfproto, l4proto, pkttype, direction, frag;
	uint16_t iiftype;
	uint32_t length, mark, skuid, skgid, ct_state, ct_status, ct_mark;
};

/* text: what nft printed. 1 the rule matches, 0 it does not; -1 where it has
 * something that is not known here, which *why then is. */
int bytecode_run(const char *text, const struct bytecode_packet *packet,
		 char why[128]);
