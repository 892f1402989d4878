/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inspect profiles to the plan.
 *
 * In: the typed profiles. Out: plan->profiles and the sets that they ask, all in
 * the plan's arena; layer "inspect" of their rules. Fails only for want of
 * memory.
 */
#include <errno.h>

#include "compile/lower.h"

static int lower_rule(struct fw_typed *typed, struct fw_plan *plan,
		      struct fw_inspect_rule *rule)
{
	struct fw_plan_rule *row = &typed->rules[rule->rule];
	int r;

	row->layer = FW_LAYER_INSPECT;
	row->reason = NULL;
	row->counted = rule->counter;
	if (rule->class != FW_NO_CLASS)
		rule->class_number = typed->qos[rule->class].number;
	rule->numbers = fw_arena_memdup(plan->arena, rule->numbers,
					rule->n_numbers *
						sizeof(*rule->numbers));
	if (rule->log) {
		rule->log_prefix = fw_arena_strdup(plan->arena,
						   rule->log_prefix);
		rule->log_level = fw_arena_strdup(plan->arena,
						  rule->log_level);
	}
	if (!rule->numbers ||
	    (rule->log && (!rule->log_prefix || !rule->log_level)))
		return -ENOMEM;
	r = fw_contents_domains(typed, plan, &rule->domains);
	if (r == 0)
		r = fw_contents_texts(typed, plan, &rule->texts);
	return r < 0 ? r : fw_contents_patterns(typed, plan, &rule->patterns);
}

static int lower_rules(struct fw_typed *typed, struct fw_plan *plan,
		       struct fw_profile *p)
{
	struct fw_inspect_rule *rules;
	int r = 0;

	rules = fw_arena_memdup(plan->arena, p->rules,
				p->n_rules * sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < p->n_rules; i++)
		r = lower_rule(typed, plan, &rules[i]);
	p->rules = rules;
	return r;
}

int fw_lower_inspect(struct fw_typed *typed, struct fw_plan *plan)
{
	struct fw_profile *profiles;
	int r = 0;

	profiles = fw_arena_array(plan->arena, typed->n_profiles,
				  sizeof(*profiles));
	if (!profiles)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < typed->n_profiles; i++) {
		profiles[i] = typed->profiles[i];
		profiles[i].name = fw_arena_strdup(plan->arena,
						   profiles[i].name);
		r = profiles[i].name ? lower_rules(typed, plan, &profiles[i]) :
				       -ENOMEM;
	}
	plan->profiles = profiles;
	plan->n_profiles = typed->n_profiles;
	return r;
}
