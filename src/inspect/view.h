/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * View: what the inspector needs of a plan, where every inspector's process
 * sees it.
 *
 * All views stand in one mapping that is made once and inherited by every fork,
 * at the same address: so a process sees views made after it, too. It has a few
 * places of a fixed size, which cost nothing while they are empty.
 */
#pragma once

#include <stddef.h>

#include "plan/plan.h"
#include "scan/patterns.h"

#define FW_VIEW_PLACES 16

struct fw_view {
	struct fw_view *next;
	unsigned refs;
	unsigned place;
	struct fw_plan *plan;	/* the whole one: a reference */
};

/* What stands at a place, to be read only. */
struct fw_view_content {
	struct fw_plan plan;	/* options, profiles, queries; of rules: keys of
				   those that inspect. No arena, no references */
	struct fw_packed_patterns patterns[FW_PROFILES];	/* by profile */
};

/*
 * The view of plan, made where there is none yet, which may take a while where
 * patterns are to be compiled. From any thread. -ENOMEM; -ENOSPC when all places
 * are taken.
 */
int fw_view_open(const struct fw_plan *plan, struct fw_view **ret);
struct fw_view *fw_view_ref(struct fw_view *view);
void fw_view_unref(struct fw_view *view);	/* NULL is fine */

/* These need no view, and hold in a forked process. */
const struct fw_view_content *fw_view_content(unsigned place);
/* The place that p points into; FW_VIEW_PLACES: none. */
unsigned fw_view_place(const void *p);
/* In a forked process: reading is all that it does from now on. 0 or -errno. */
int fw_view_protect(void);
