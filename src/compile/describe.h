/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet described in nft's matches. */
#pragma once

#include "ast/ast.h"
#include "plan/plan.h"

struct fw_description {
	uint64_t given;		/* bit f: field f has value[f] */
	fw_u128 value[FW_FIELD_ALL_MAX_];
	const char *iif, *oif;	/* device names, or NULL */
	const char *qname;	/* that a DNS query asks for, or NULL */
};

/* Which flows are meant: every match holds of the packet that opens one. */
struct fw_selector {
	const struct fw_select {
		enum fw_field field;	/* of those that a tuple says */
		const struct fw_interval *intervals;
		size_t n_intervals;
	} *matches;
	size_t n_matches;
};

/* As fw_describe(), but of any values: ranges, sets, negations. */
int fw_select(struct fw_arena *arena, const struct fw_line *line,
	      struct fw_diags *diags, struct fw_selector *ret);

/* Each match says one value of a field, with what it implies. 0 also with errors
 * in diags; -ENOMEM. */
int fw_describe(struct fw_arena *arena, const struct fw_line *line,
		struct fw_diags *diags, struct fw_description *ret);
