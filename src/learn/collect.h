/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collecting: connections, as conntrack tells of them, into summed flows.
 *
 * Bounded: what finds no room is counted, and nothing is allocated after the
 * beginning. For one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/flow.h"

/* A connection now, or as it was when it ended. */
struct fw_seen {
	uint32_t id;		/* conntrack's; told apart while they live */
	uint8_t family, proto;
	uint16_t port;		/* the server's */
	uint8_t client[16], server[16];
	char in[IF_NAMESIZE], out[IF_NAMESIZE];
	bool ended;
	bool replied;		/* packets of both directions were seen */
	bool established;	/* of TCP: with its handshake */
	bool expected;		/* another one has announced it: FTP's data */
	bool counted;		/* the kernel counts: */
	uint64_t packets[2], bytes[2];	/* so far, headers of IP included */
	const char *name;	/* of the server; or NULL */
};

struct fw_collect;

/* For so many rows between two takings, and so many connections that live.
 * NULL: no memory. */
struct fw_collect *fw_collect_new(size_t rows, size_t live);
void fw_collect_free(struct fw_collect *collect);	/* NULL is fine */

/* Whether somebody has answered: suggest.h says why nothing else counts. */
bool fw_collect_is_answered(const struct fw_seen *seen);

/* A connection is a flow once, and once more on each further day that it lives;
 * its packets are those since it was seen last. now: seconds of the wall clock. */
void fw_collect_see(struct fw_collect *collect, const struct fw_seen *seen,
		    uint64_t now);
/* Between a begin and an end, all that live are seen: the others are forgotten. */
void fw_collect_begin(struct fw_collect *collect);
void fw_collect_end(struct fw_collect *collect);

/* What was collected; and it is all gone, once it is in safe hands. */
const struct fw_learn_flow *fw_collect_rows(const struct fw_collect *collect,
					    size_t *ret_n);
void fw_collect_clear(struct fw_collect *collect);
/* Flows that found no room, since the beginning. */
uint64_t fw_collect_lost(const struct fw_collect *collect);
