/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet, told in fields, through a whole plan: which rules it meets, on which
 * layer, and what becomes of it.
 *
 * What nobody told has three forms: a field has a usual value (assumed), or the
 * packet lacks it, or it is open: a rule that tests it cannot be decided, and
 * both readings are followed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/packet.h"
#include "plan/plan.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/vec.h"

/* --- the packet ----------------------------------------------------------- */
struct fw_told {
	struct fw_model_packet packet;
	uint64_t assumed;	/* bit f: nobody told field f; it has a usual
				   value */
	const char *iif, *oif;	/* device names; NULL: not told */
	bool asks;		/* a DNS query for qname */
	char qname[FW_DNS_NAME_MAX];
};

/* From single fields (bit f of given: value[f]), devices, and the name that a
 * DNS query asks for, or NULL. */
void fw_told_fields(struct fw_told *told, uint64_t given,
		    const fw_u128 value[FW_FIELD_ALL_MAX_], const char *iif,
		    const char *oif, const char *qname);
/* The first packet of a connection: new, in the original direction, a SYN of TCP.
 * Nothing else is assumed: a rule that asks for more cannot be decided. */
struct fw_told_tuple {
	uint8_t family, proto;	/* 4, 6 */
	uint16_t sport, dport;
	uint8_t saddr[16], daddr[16];	/* network byte order; the first 4 */
	bool echo;		/* an ICMP echo request */
};
void fw_told_first(struct fw_told *told, const struct fw_told_tuple *tuple,
		   const char *iif, const char *oif);
/* From a frame as on the wire. state: of its connection, a NF_CT_STATE_BIT(),
 * and its direction; 0 where nobody knows. */
void fw_told_frame(struct fw_told *told, const uint8_t *frame, size_t len,
		   const char *iif, const char *oif, unsigned state,
		   unsigned direction);
/* The usual value of a field in nft's words ("ct state new"); NULL where there
 * is none. */
const char *fw_told_assumption(const struct fw_told *told, enum fw_field field,
			       char text[static 64]);

/* --- the answer ----------------------------------------------------------- */
enum fw_explain_verdict {
	FW_EXPLAIN_ACCEPT,
	FW_EXPLAIN_DROP,
	FW_EXPLAIN_REJECT,
	FW_EXPLAIN_INSPECT,	/* accepted, subject to vetting */
	FW_EXPLAIN_TAKEN,	/* queue, fwd, synproxy: another one decides */
	FW_EXPLAIN_UNKNOWN,	/* readings differ, or nobody can tell */
	FW_EXPLAIN_VERDICT_MAX_,
};

/* A rule that did something, in the order in which the packet met it. */
struct fw_explain_rule {
	uint32_t base;		/* the base chain that was walked */
	uint32_t chain;		/* the one it stands in; both of plan->chains */
	uint32_t rule;		/* of plan->rules; FW_NO_RULE: management */
	enum fw_layer layer;
	const char *effect;	/* "drop", "jump web", "continue" */
	bool certain;		/* it is met under every reading */
	const char *doubt;	/* words of its own that cannot be decided, or
				   NULL */
	bool counted;
	const char *counter;	/* a named one, or NULL */
};

/* A base chain that was walked, and how it ended. */
struct fw_explain_chain {
	uint32_t chain;
	enum fw_layer layer;	/* of its policy */
	const char *outcome;	/* "accept", "drop or policy accept" */
};

struct fw_explain {
	enum fw_explain_verdict verdict;
	enum fw_layer layer;	/* that decided */
	const char *reason;
	enum fw_hook way;	/* INPUT, FORWARD or OUTPUT */
	FW_VEC(struct fw_explain_rule) rules;
	FW_VEC(struct fw_explain_chain) chains;
	uint64_t assumed;	/* fields whose usual value was asked for */
	const struct fw_told *told;
	const struct fw_explain *other;	/* the other way that it may go, where
					   the verdict is another one there */
};

/* 0 or -ENOMEM. The answer lives in arena, and points into plan and told. */
int fw_explain(struct fw_arena *arena, const struct fw_plan *plan,
	       const struct fw_told *told, struct fw_explain **ret);

const char *fw_explain_verdict_name(enum fw_explain_verdict verdict);
/* For people; and one JSON object in one line, without its newline. packet: its
 * number in a list of them; 0: it stands alone. */
void fw_explain_text(const struct fw_plan *plan, const struct fw_explain *explain,
		     struct fw_buf *ret);
void fw_explain_json(const struct fw_plan *plan, const struct fw_explain *explain,
		     size_t packet, struct fw_buf *ret);
