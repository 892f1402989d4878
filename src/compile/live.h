/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Live sets of lowered rules (live.c). Only compile/ looks at it. */
#pragma once

#include "compile/typed.h"

/* Before the others. 0 or -ENOMEM. */
int fw_live_open(struct fw_typed *typed);
/* What a part with `live` is in XDP, for a rule of that table. -ENOSPC where
 * programs cannot ask so many sets; -ENOMEM. */
int fw_live_match(const struct fw_typed *typed,
		  const struct fw_typed_table *table,
		  const struct fw_part *part, struct fw_live_match *ret);
/* Whether a rule of the table may ask the set in XDP: nft then has it too. */
bool fw_live_asks(const struct fw_typed *typed,
		  const struct fw_typed_table *table,
		  const struct fw_typed_set *set);
/* plan->xdp's live sets and their tests, from its rules. 0 or -ENOMEM. */
int fw_live_lower(const struct fw_typed *typed, struct fw_plan *plan);
