/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conntrack: what the kernel knows of connections, over ctnetlink. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "inspect/worker.h"

struct fw_conntrack;

struct fw_connection {
	struct fw_tuple tuple[2];	/* raw: original and reply, each as it
					   arrives at ingress */
	uint32_t mark;
	bool replied;		/* packets of both directions were seen */
	uint32_t id;		/* told apart while they live */
	bool assured;		/* of TCP: its handshake was seen */
	bool expected;		/* another connection has announced it */
	bool counted;		/* the kernel counts (nf_conntrack_acct): */
	uint64_t packets[2], bytes[2];
	uint8_t icmp_type;
	bool watched;		/* conntrack has to see all of its packets: it
				   has a helper, or sequence numbers change */
};

/* The tuple that packets of the original direction show between destination
 * and source NAT, where the queue is: from the original source to the reply's
 * source. */
struct fw_tuple fw_connection_tuple(const struct fw_connection *connection);

/* In the current network namespace. 0 or -errno. */
int fw_conntrack_open(struct fw_conntrack **ret);
void fw_conntrack_close(struct fw_conntrack *conntrack);	/* NULL is fine */

/* The connection that has this raw tuple, in either direction; -ENOENT. From
 * any thread, as all functions below but fw_conntrack_drain(). */
int fw_conntrack_get(struct fw_conntrack *conntrack,
		     const struct fw_tuple *tuple, struct fw_connection *ret);
/* The connection whose packets show this tuple at the queue, by at most two
 * queries: finds it when source or destination NAT applies, not with both. */
int fw_conntrack_find(struct fw_conntrack *conntrack,
		      const struct fw_tuple *tuple, struct fw_connection *ret);
/* Has conntrack take the connection's packets as valid though it does not see all
 * that are in between. 0 or -errno. */
int fw_conntrack_loosen(struct fw_conntrack *conntrack,
			const struct fw_connection *connection);
/* Gives the connection that has this raw tuple the value in those bits of its
 * mark that the mask has. 0, -ENOENT, or -errno. */
int fw_conntrack_mark(struct fw_conntrack *conntrack,
		      const struct fw_tuple *tuple, uint32_t value,
		      uint32_t mask);
/* Calls fn for each connection whose mark has one of `bits`, or for each one with
 * 0. fn must make no
 * query. 0 or -errno. */
int fw_conntrack_dump(struct fw_conntrack *conntrack, uint32_t bits,
		      void (*fn)(void *ctx,
				 const struct fw_connection *connection),
		      void *ctx);

/* Events of connections that have ended: descriptor to poll, and a drain of all
 * that is ready. Only those whose mark has one of bits (of the last
 * fw_conntrack_watch()) are told. Returns 0, -ENOBUFS when some were lost, or
 * -errno. */
int fw_conntrack_fd(const struct fw_conntrack *conntrack);
void fw_conntrack_watch(struct fw_conntrack *conntrack, uint32_t bits);
int fw_conntrack_drain(struct fw_conntrack *conntrack,
		       void (*fn)(void *ctx,
				  const struct fw_connection *connection),
		       void *ctx);
