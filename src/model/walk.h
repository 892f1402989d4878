/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of explain share. Only model/ looks at it. */
#pragma once

#include "model/explain.h"
#include "model/model.h"

/* How a rule or chain may end, as bits: several where readings differ. */
enum fw_walk_end {
	FW_END_GO = 1,		/* goes on behind it */
	FW_END_RETURN = 2,	/* goes on behind the jump that led here */
	FW_END_ACCEPT = 4,
	FW_END_INSPECT = 8,
	FW_END_DROP = 16,
	FW_END_REJECT = 32,
	FW_END_TAKEN = 64,
	FW_END_UNKNOWN = 128,
};
/* Later base chains are walked. */
#define FW_ENDS_PASS (FW_END_ACCEPT | FW_END_INSPECT)

#define FW_WALK_DEPTH 20	/* of jumps; nft allows 16 */
#define FW_WALK_RULES 1000000	/* looked at, before it is given up */

struct fw_walk {
	struct fw_arena *arena;
	const struct fw_plan *plan;
	struct fw_explain *out;
	uint64_t changed;	/* fields that rules have changed so far */
	uint64_t written;	/* those of them whose new value is known */
	fw_u128 value[FW_FIELD_ALL_MAX_];	/* valid with written */
	bool untracked;		/* notrack was met */
	size_t n_rules;		/* looked at */
	unsigned depth;

	/* the base chain at hand */
	uint32_t base;
	struct fw_model_packet packet;	/* as it sees it */
	const char *iif, *oif;	/* NULL: not known; "": there is none */
	const struct fw_xdp_device *xdp;	/* where XDP runs it, or NULL */

	/* what decided last, for the reason */
	uint32_t rule;		/* of out->rules, or FW_NO_RULE: a policy */
	enum fw_layer layer;
	uint32_t doubt;		/* of out->rules: the first that could not be
				   decided, or FW_NO_RULE */
};

/* --- explain_rule.c ------------------------------------------------------- */
/* Walks a chain, and those that it jumps to. certain: it is met under every
 * reading. *ret: FW_END_* bits, without RETURN. 0 or -ENOMEM. */
int fw_walk_chain(struct fw_walk *walk, uint32_t chain, bool certain,
		  unsigned *ret);

/* A field that a rule has changed, as the packet at hand has it now. */
void fw_walk_change(struct fw_walk *walk, enum fw_field field);

/* --- explain_match.c ------------------------------------------------------ */
/* Whether a step that tests something holds; others hold. */
enum fw_truth fw_walk_step(struct fw_walk *walk, const struct fw_step *step);
/* Whether box nth of a verdict map holds; without a tuple nobody can tell. */
enum fw_truth fw_walk_box(struct fw_walk *walk, const struct fw_step *step,
			  size_t nth);
