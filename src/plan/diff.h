/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reload would change: two plans side by side. */
#pragma once

#include "plan/plan.h"
#include "util/buf.h"
#include "util/vec.h"

enum fw_plan_sign {
	FW_PLAN_ADDED,
	FW_PLAN_REMOVED,
	FW_PLAN_CHANGED,
	FW_PLAN_SIGN_MAX_,
};

struct fw_plan_change {
	const char *what;	/* "table", "chain", "set", "rule", "setting", or
				   an object's kind */
	enum fw_plan_sign sign;
	const char *file;	/* rules: the place, of a removed one in the old
				   file; else NULL */
	uint32_t line;
	const char *name;	/* "inet filter input"; a setting's heading */
	const char *text;	/* the rule, the setting; or NULL */
	const char *detail;	/* of what changed: "layer nft -> xdp"; of
				   sets: which elements; or NULL */
};

typedef FW_VEC(struct fw_plan_change) fw_plan_change_vec;

/* Changes from one plan to another, in the order of tables, chains, sets,
 * rules, settings. They point into both plans and arena. 0 or -ENOMEM. */
int fw_plan_diff(struct fw_arena *arena, const struct fw_plan *from,
		 const struct fw_plan *to, fw_plan_change_vec *ret);
/* For people, a line a change, nothing where there is none; and one JSON
 * document in one line. */
void fw_plan_diff_text(const fw_plan_change_vec *changes, struct fw_buf *ret);
void fw_plan_diff_json(const struct fw_plan *from, const struct fw_plan *to,
		       const fw_plan_change_vec *changes, struct fw_buf *ret);

/* --- shared by the diff files --------------------------------------------- */
struct fw_plan_differ {
	struct fw_arena *arena;
	const struct fw_plan *from, *to;
	fw_plan_change_vec *changes;
};
int fw_plan_differ_add(struct fw_plan_differ *d,
		       const struct fw_plan_change *change);
/* plan_diff_rules.c */
int fw_plan_diff_rules(struct fw_plan_differ *d);
