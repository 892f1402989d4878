/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inspector's verdicts as events, and its rules' counters: a door in front
 * of the flows' door.
 */
#pragma once

#include "daemon/flows.h"
#include "daemon/mailbox.h"
#include "inspect/worker.h"
#include "plan/plan.h"

struct fw_verdicts;

/* Keeps both; takes a reference of plan. NULL: no memory. */
struct fw_verdicts *fw_verdicts_new(const struct fw_door *inner,
				    struct fw_mailbox *mailbox,
				    const struct fw_plan *plan);
/* Stop the workers first. NULL is fine. */
void fw_verdicts_free(struct fw_verdicts *verdicts);
const struct fw_door *fw_verdicts_door(const struct fw_verdicts *verdicts);
/* After a commit. */
void fw_verdicts_set_plan(struct fw_verdicts *verdicts,
			  const struct fw_plan *plan);

/* Packets of flows that an inspect rule decided, from the packet on which it
 * did; counts, by the rules of plan, keeps its other items. Their bytes are not
 * known. Counters go on where a rule stays the same. */
void fw_verdicts_rule_counts(struct fw_verdicts *verdicts,
			     const struct fw_plan *plan,
			     struct fw_rule_count *counts);
