/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows: what flows.c, flows_list.c and flows_roads.c share. */
#pragma once

#include <pthread.h>

#include "daemon/conntrack.h"
#include "daemon/flow_records.h"
#include "daemon/flows.h"

/* What roads have carried of the flows that a rule has handed over. */
struct fw_flow_credit {
	uint32_t rule;			/* of plan, that says `inspect` */
	uint32_t id;			/* FW_RULE_ID() of its key */
	uint8_t profile;
	uint64_t packets, bytes;	/* of entries that are gone; not yet kept
					   with the counters */
};

struct fw_flows {
	struct fw_apply *apply;
	struct fw_conntrack *conntrack;
	struct fw_door door;

	pthread_mutex_t lock;		/* of all below */
	struct fw_plan *plan;
	uint32_t epoch;
	struct fw_flow_records *records;
	struct fw_name *names;		/* interned */
	uint64_t next_pair;
	size_t cursor;			/* of the check in fw_flows_tick() */
	const struct fw_plan_rule *blocker;	/* of roads, in plan; or NULL */
	struct fw_flow_credit *credits;	/* n_credits, in the order of the file */
	size_t n_credits;
	struct mnl_socket *routes;	/* of the loop alone; NULL: not open */
	uint64_t refused, unmapped, lost_events;
	uint32_t renewals;		/* atomic: read by workers without the
					   lock */
};

uint64_t fw_flows_now_ns(void);
/* Asks conntrack for some idle records, and removes those whose connection is
 * gone. Without the lock. */
void fw_flows_check(struct fw_flows *flows);

/* Gives flows that ask for a road one, where they can have it. Without the
 * lock. */
void fw_flows_roads(struct fw_flows *flows);

/* The connection whose packets show this tuple at the queue. With dump it also
 * finds one both of whose ends are translated; bits: of its mark, which has one.
 * Without the lock. */
int fw_flows_find_connection(struct fw_flows *flows,
			     const struct fw_tuple *tuple, uint32_t bits,
			     bool dump, struct fw_connection *ret);

/* Writes the marks of flows whose verdict was taken back, where a packet that was
 * in the queue then may have undone it, once more. Without the lock. */
void fw_flows_write_marks(struct fw_flows *flows);
/* Takes back verdicts that are too old for their profile. Without the lock. */
void fw_flows_recheck(struct fw_flows *flows);
/* The connection's record and its entries, when it is nobody's. Without the
 * lock. */
void fw_flows_remove(struct fw_flows *flows,
		     const struct fw_connection *connection);
/* Of the door. */
bool fw_flows_again(void *ctx, const struct fw_tuple *tuple,
		    struct fw_kept *ret, bool *ret_turned);
bool fw_flows_ended(void *ctx, const struct fw_tuple *tuple);

/* Keeps credits with the counters; of the loop's thread. Without the lock. */
void fw_flows_keep_credits(struct fw_flows *flows);
/* Which rule has handed the record over, where that takes more than to know its
 * profile; 0. Of the loop's thread, without the lock, as it takes a while. */
uint32_t fw_flows_credit_to(struct fw_flows *flows,
			    const struct fw_tuple *tuple, unsigned profile);

/* All below with the lock held. */
/* For a plan that is new; -ENOMEM: nobody is credited. */
int fw_flows_credit_plan(struct fw_flows *flows);
/* Credits what the record's entry in one direction has counted on roads, because
 * it is about to go. */
void fw_flows_credit(struct fw_flows *flows, struct fw_flow_record *record,
		     unsigned direction);
/* The same for an entry that has no record. */
void fw_flows_credit_lost(struct fw_flows *flows, const struct fw_flow *flow);
/* A record of an earlier daemon's, with its verdict: one that was taken back then
 * is to be judged anew, of which nothing is known but that it was judged. */
void fw_flows_adopt_verdict(struct fw_flows *flows,
			    struct fw_flow_record *record,
			    enum fw_flow_verdict verdict);
/* Whether the verdict that falls now is to be watched; by profile, which may be
 * an earlier plan's, or NULL. */
void fw_flows_watch(struct fw_flows *flows, struct fw_flow_record *record,
		    const struct fw_profile *profile);
/* For a plan that is new: whether there are roads, and who asks for one. */
void fw_flows_roads_plan(struct fw_flows *flows);
/* The name of the road that the record's packets take. */
const char *fw_flows_road(const struct fw_flows *flows,
			  const struct fw_flow_record *record);
/* Entries in the flow map for those directions whose ingress is known and that
 * have none. */
void fw_flows_map(struct fw_flows *flows, struct fw_flow_record *record);
/* A copy of name that lives as long as flows; "" when memory runs out. */
const char *fw_flows_intern(struct fw_flows *flows, const char *name);
/* Notes what conntrack says of the record's connection. */
void fw_flows_note_connection(struct fw_flows *flows,
			      struct fw_flow_record *record,
			      const struct fw_connection *connection);
struct fw_flow_key fw_flows_key(const struct fw_flow_record *record,
				unsigned direction);
/* Whether its packets leave with other addresses or ports than they arrive with;
 * valid with has_raw. */
bool fw_flows_translated(const struct fw_flow_record *record);
/* Takes the record's entries out of the flow map. */
void fw_flows_unmap(struct fw_flows *flows, struct fw_flow_record *record);
/* The number of the profile in a connection mark; -ENOENT where the mark says
 * that no rule handed the connection over. */
int fw_flows_profile(const struct fw_flows *flows, uint32_t mark);
/* The bits of our state in a connection mark, in their place there; and their
 * value for a verdict. */
uint32_t fw_flows_state_mask(const struct fw_flows *flows);
uint32_t fw_flows_state(const struct fw_flows *flows,
			enum fw_flow_verdict verdict);
