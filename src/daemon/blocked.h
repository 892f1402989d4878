/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is blocked now, of which no plan knows: for `explain`. */
#pragma once

#include <stdint.h>

#include "apply/generation.h"
#include "model/explain.h"

struct fw_blocked {
	const char *family, *table, *set;	/* that has the source */
	uint64_t left_s;
};

/*
 * Whether the packet's source is blocked: then explained says that it is dropped.
 * 1 with ret filled, 0 where nobody blocks it (or it is management's, or this
 * host's own), or -ENOMEM. A set that cannot be read has nobody.
 */
int fw_blocked_find(struct fw_apply *apply, struct fw_arena *arena,
		    const struct fw_plan *plan, struct fw_explain *explained,
		    struct fw_blocked *ret);
