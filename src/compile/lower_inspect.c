/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inspect profiles to the plan.
 *
 * In: the typed profiles. Out: plan->profiles and plan->domain_sets, all in the
 * plan's arena; layer "inspect" of their rules. Fails only for want of memory.
 *
 * A set of a million names is copied once, however many rules ask it.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"

struct lowering {
	struct fw_typed *typed;
	struct fw_arena *arena;		/* the plan's */
	const struct fw_domain_set **from;	/* where each set came from */
	struct fw_domain_set *sets;
	size_t n_sets;
};

static int copy_set(struct fw_arena *arena, const struct fw_domain_set *from,
		    struct fw_domain_set *to)
{
	struct fw_domain *domains;

	domains = fw_arena_array(arena, from->n_domains, sizeof(*domains));
	to->name = fw_arena_strdup(arena, from->name);
	if (!domains || !to->name)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_domains; i++) {
		domains[i] = from->domains[i];
		domains[i].name = fw_arena_strdup(arena, domains[i].name);
		if (!domains[i].name)
			return -ENOMEM;
	}
	to->domains = domains;
	to->n_domains = from->n_domains;
	return 0;
}

/* The plan's copy of a set; NULL when memory runs out. */
static const struct fw_domain_set *take_set(struct lowering *l,
					    const struct fw_domain_set *set)
{
	for (size_t i = 0; i < l->n_sets; i++)
		if (l->from[i] == set)
			return &l->sets[i];
	if (copy_set(l->arena, set, &l->sets[l->n_sets]) < 0)
		return NULL;
	l->from[l->n_sets] = set;
	return &l->sets[l->n_sets++];
}

static int lower_rules(struct lowering *l, struct fw_profile *p)
{
	struct fw_inspect_rule *rules;

	rules = fw_arena_memdup(l->arena, p->rules,
				p->n_rules * sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	for (size_t i = 0; i < p->n_rules; i++) {
		struct fw_plan_rule *rule = &l->typed->rules[rules[i].rule];

		rule->layer = FW_LAYER_INSPECT;
		rule->reason = NULL;
		rule->counted = false;
		if (!rules[i].domains)
			continue;
		rules[i].domains = take_set(l, rules[i].domains);
		if (!rules[i].domains)
			return -ENOMEM;
	}
	p->rules = rules;
	return 0;
}

static size_t count_rules(const struct fw_typed *typed)
{
	size_t n = 0;

	for (size_t i = 0; i < typed->n_profiles; i++)
		n += typed->profiles[i].n_rules;
	return n;
}

int fw_lower_inspect(struct fw_typed *typed, struct fw_plan *plan)
{
	struct lowering l = { .typed = typed, .arena = plan->arena };
	size_t n = count_rules(typed);
	struct fw_profile *profiles;
	int r = 0;

	l.from = fw_arena_array(typed->arena, n, sizeof(struct fw_domain_set *));
	l.sets = fw_arena_array(plan->arena, n, sizeof(*l.sets));
	profiles = fw_arena_array(plan->arena, typed->n_profiles,
				  sizeof(*profiles));
	if (!l.from || !l.sets || !profiles)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < typed->n_profiles; i++) {
		profiles[i] = typed->profiles[i];
		profiles[i].name = fw_arena_strdup(plan->arena,
						   profiles[i].name);
		r = profiles[i].name ? lower_rules(&l, &profiles[i]) : -ENOMEM;
	}
	plan->profiles = profiles;
	plan->n_profiles = typed->n_profiles;
	plan->domain_sets = l.sets;
	plan->n_domain_sets = l.n_sets;
	return r;
}
