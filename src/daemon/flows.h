/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows: what stands behind the worker's door, in the daemon.
 *
 * Keeps a record of each flow that an inspector has seen, and of each one that
 * stands in the flow map. When a verdict falls it finds both raw tuples of the
 * connection (conntrack knows them, NAT included) and puts them into the flow
 * map before the verdict goes to the kernel. A record and its map entries go
 * when the connection does: by conntrack's DESTROY event, or, where an event
 * was lost, by the check that fw_flows_tick() makes.
 *
 * Threads: the door's functions are called by workers; everything else by the
 * daemon's loop. Both may run at the same time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apply/generation.h"
#include "inspect/worker.h"
#include "plan/plan.h"

struct fw_flows;

/*
 * Opens conntrack's netlink sockets in the current network namespace. Keeps
 * apply, which must outlive it. Returns 0 or -errno.
 */
int fw_flows_new(struct fw_apply *apply, const struct fw_plan *plan,
		 struct fw_flows **ret);
/* After a commit: the capacity, the mark bits and the profiles of plan. */
void fw_flows_set_plan(struct fw_flows *flows, const struct fw_plan *plan);
/* Stop the workers first. The flow map stays as it is. NULL is fine. */
void fw_flows_free(struct fw_flows *flows);

/* Of profiles by their number, a bit each: takes back the trust of their flows,
 * those of which there is no record included; not what the operator has said.
 * 0 or -errno. */
int fw_flows_renew(struct fw_flows *flows, unsigned profiles);
/* Connections of these are nobody's from now on, but those that are blocked. 0 or
 * -errno. */
int fw_flows_release(struct fw_flows *flows, unsigned profiles);

struct fw_connection;

/* Connections over TCP and UDP that no rule has handed over: their number in
 * ret_n, the caller's memory. 0 or -errno. */
int fw_flows_stateless(struct fw_flows *flows, struct fw_connection **ret,
		       size_t *ret_n);
/* Hands one over to a profile, with that verdict. 0, -ENOENT, or -errno. */
int fw_flows_take(struct fw_flows *flows,
		  const struct fw_connection *connection,
		  enum fw_flow_verdict verdict,
		  const struct fw_profile *profile);

/* For fw_worker_start(); valid until fw_flows_free(). */
const struct fw_door *fw_flows_door(const struct fw_flows *flows);

/*
 * Once at start, before the workers: makes records of what an earlier daemon
 * left in the flow map, and removes the entries whose connection is gone or no
 * longer has that verdict. Returns the number of records or -errno.
 */
int fw_flows_adopt(struct fw_flows *flows);

/* Becomes readable when connections have ended; then fw_flows_drain(), which
 * returns the number of records removed, or -errno. */
int fw_flows_fd(const struct fw_flows *flows);
int fw_flows_drain(struct fw_flows *flows);
/* Once a second: map entries that could not be made at the time of the verdict
 * (a connection is in conntrack only after its first packet has left), and a
 * look at some records whether their connection still exists. */
void fw_flows_tick(struct fw_flows *flows);

struct fw_flows_stats {
	uint64_t records, max;
	uint64_t unvetted, trusted, blocked;	/* of records */
	uint64_t refused;	/* flows without a record: capacity */
	uint64_t unmapped;	/* verdicts that never got into the flow map */
	uint64_t lost_events;	/* times that conntrack's socket overflowed */
};
void fw_flows_get_stats(struct fw_flows *flows, struct fw_flows_stats *ret);

/* A flow as `list flows` shows it, from the side that opened it and as it
 * arrives (the tuple before any NAT, where conntrack has told it). */
struct fw_flow_view {
	struct fw_tuple tuple;
	enum fw_flow_verdict verdict;
	const char *profile;	/* "" when not known */
	uint64_t packets, bytes;	/* both directions, all */
	uint64_t user_packets, user_bytes;	/* of these, in user space */
	const char *road;	/* "tc" | "stack" */
	const char *class;	/* that a rule has given it; NULL: none */
	const char *sni;	/* these three: NULL when not seen */
	const char *ja3, *ja4;
	const char *reason;	/* of the verdict, NULL while unvetted */
	uint32_t rule;		/* index in the plan's rules, or FW_NO_RULE */
	uint64_t idle_s;
};

/*
 * The operator's word on flows: those that picks() takes, by the tuple of the
 * side that opened them, as it arrives. FW_FLOW_UNVETTED: what they have said
 * first stays known, and they are judged anew. The others are done at once, and
 * hold until the flow ends; connections that no rule has handed over can be
 * blocked, no more. ret_of: so many there were; ret_done: of which this changed
 * so many. -EOPNOTSUPP where nothing is inspected; -errno.
 */
int fw_flows_judge(struct fw_flows *flows, enum fw_flow_verdict verdict,
		   bool (*picks)(void *ctx, const struct fw_tuple *tuple),
		   void *ctx, size_t *ret_of, size_t *ret_done);

/* Adds what roads have carried to counts of plan's rules, or of its named
 * counters: -1 is none so far. Of the loop's thread. */
void fw_flows_rule_counts(struct fw_flows *flows, const struct fw_plan *plan,
			  struct fw_rule_count *counts);
void fw_flows_counter_counts(struct fw_flows *flows, const struct fw_plan *plan,
			     struct fw_rule_count *counts);

const char *fw_flow_verdict_name(enum fw_flow_verdict verdict);

/* What a flow's client has said, as somebody else has seen it: kept where the flow
 * is known and nothing was. "" is nothing. */
void fw_flows_handshake(struct fw_flows *flows, const struct fw_tuple *tuple,
			const char *sni, const char *ja3, const char *ja4);
/* Calls fn for each flow, in no order, without a lock held; a view is valid
 * during its call. Stops at the first non-zero, and returns it; -ENOMEM. */
int fw_flows_each(struct fw_flows *flows,
		  int (*fn)(void *ctx, const struct fw_flow_view *view),
		  void *ctx);
