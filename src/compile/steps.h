/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make the plan's chains share. Only compile/ looks at it. */
#pragma once

#include "compile/lower.h"

typedef FW_VEC(struct fw_step) fw_step_vec;
typedef FW_VEC(struct fw_chain_rule) fw_chain_rule_vec;

struct fw_steps_shared;

struct fw_steps {
	struct fw_typed *typed;
	struct fw_plan *plan;
	struct fw_arena *arena;		/* the plan's */
	struct fw_steps_shared *shared;	/* intervals, each content once */
	uint32_t first_chain;		/* of the table at hand */
	const struct fw_typed_table *table;	/* NULL for management */
};

/* --- steps.c -------------------------------------------------------------- */
/* A part as steps, at the end of ret. mirrored: addresses, ports and devices
 * have changed sides. */
int fw_steps_part(struct fw_steps *s, const struct fw_part *part, bool mirrored,
		  fw_step_vec *ret);
/* Takes the steps as one more rule. */
int fw_steps_rule(struct fw_steps *s, uint32_t rule, const fw_step_vec *steps,
		  fw_chain_rule_vec *ret);
int fw_steps_verdict(struct fw_steps *s, enum fw_verdict verdict,
		     fw_step_vec *ret);

/* A jump to (go: goto) a chain of the table at hand; return for NULL. */
struct fw_step_end fw_steps_end(const struct fw_steps *s, const char *chain,
				bool go);

/* --- steps_raw.c ---------------------------------------------------------- */
/* What is known of a run of words that is not understood. */
int fw_steps_raw(struct fw_steps *s, const struct fw_part *part,
		 struct fw_step *step);

/* --- steps_share.c -------------------------------------------------------- */
/* The plan's copy of what stands at from; NULL when memory runs out. */
const struct fw_interval *fw_steps_share(struct fw_steps *s,
					 const struct fw_interval *from,
					 size_t n);

/* --- steps_management.c --------------------------------------------------- */
/* Management as the first rules of a base chain of type filter. */
int fw_steps_management(struct fw_steps *s, const struct fw_typed_chain *chain,
			fw_chain_rule_vec *ret);
