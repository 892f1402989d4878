/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows as the learning engine keeps them: summed up by service, client and day. */
#pragma once

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#define FW_LEARN_DAY 86400u	/* seconds */
#define FW_LEARN_NAME_MAX 256

/* What flows have in common that are one row. Zeroed before it is filled: keys
 * are compared by their bytes. */
struct fw_learn_key {
	char in[IF_NAMESIZE];	/* by which the client's packets come; "": this
				   host's own */
	char out[IF_NAMESIZE];	/* by which they leave; "": to this host */
	uint8_t family;		/* 4, 6 */
	uint8_t proto;
	uint16_t port;		/* the server's; of ICMP 0 */
	uint32_t day;		/* since 1970, UTC */
	uint8_t client[16], server[16];	/* network byte order; the first 4 */
};

/* Answered flows: each had payload, or a handshake, in both directions. */
struct fw_learn_flow {
	struct fw_learn_key key;
	uint64_t first, last;	/* seconds of the wall clock */
	uint64_t flows;
	uint64_t packets[2], bytes[2];	/* of clients, of servers */
	char name[FW_LEARN_NAME_MAX];	/* of the server, or "" */
};

/* All that is known of one client of one service, its days together. */
struct fw_learn_pair {
	struct fw_learn_key key;	/* day: the last one */
	uint64_t days;		/* bit d: on the d-th of the FW_LEARN_DAYS days
				   that were asked for */
	uint64_t first, last;
	uint64_t flows;
	const char *name;	/* or "" */
};

#define FW_LEARN_DAYS 62	/* at most so many count */
