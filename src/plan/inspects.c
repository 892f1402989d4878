/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a plan. Out: its rules that say `inspect`. Nothing fails.
 */
#include "plan/plan.h"

const struct fw_step *fw_plan_inspects(const struct fw_chain_rule *rule)
{
	for (size_t i = 0; i < rule->n_steps &&
	     rule->steps[i].kind != FW_STEP_AUDIT; i++)
		if (rule->steps[i].kind == FW_STEP_INSPECT)
			return &rule->steps[i];
	return NULL;
}

size_t fw_plan_inspecting(const struct fw_plan *plan,
			  struct fw_inspecting *ret, size_t max)
{
	size_t n = 0;

	for (size_t c = 0; c < plan->n_chains; c++)
		for (size_t i = 0; i < plan->chains[c].n_rules; i++) {
			const struct fw_chain_rule *rule =
				&plan->chains[c].rules[i];
			const struct fw_step *step = fw_plan_inspects(rule);

			if (!step || rule->rule >= plan->n_rules)
				continue;
			if (n < max)
				ret[n] = (struct fw_inspecting){
					rule->rule,
					plan->profiles[step->profile].id,
				};
			n++;
		}
	return n;
}

const struct fw_hash *fw_plan_counts_by(const struct fw_plan *plan,
					uint32_t rule)
{
	uint32_t counter = plan->rules[rule].counter;

	return counter ? &plan->counters[counter - 1].key :
			 &plan->rules[rule].key;
}
