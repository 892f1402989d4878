/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live sets of lowered rules: address sets whose elements may change while a
 * generation runs.
 *
 * In: parts that ask such a set. Out: the matches of XDP rules; in the plan the
 * sets and the tests that ask them. Fails only for want of memory.
 */
#include "compile/live.h"

#include <errno.h>

struct asked {
	struct fw_live_match test;	/* negate unset */
	const struct fw_typed_set *set;
	const struct fw_typed_table *table;	/* in which nft has it */
};

struct fw_live_tests {
	struct asked items[FW_LIVE_TESTS_MAX];
	size_t n;
};

static struct asked *find(struct fw_live_tests *tests, uint64_t number,
			  enum fw_field field)
{
	for (size_t i = 0; i < tests->n; i++)
		if (tests->items[i].test.set == number &&
		    tests->items[i].test.field == field)
			return &tests->items[i];
	return NULL;
}

int fw_live_match(const struct fw_typed *typed,
		  const struct fw_typed_table *table,
		  const struct fw_part *part, struct fw_live_match *ret)
{
	struct fw_live_tests *tests = typed->live_tests;
	int r;

	/* of those at top level, the copy in the table of the rule */
	if (part->live->table)
		table = part->live->table;
	*ret = (struct fw_live_match){
		.field = part->field,
		.negate = part->negate,
	};
	r = fw_plan_live_number(table->family, table->name, part->live->name,
				&ret->set);
	if (r < 0 || find(tests, ret->set, ret->field))
		return r;
	if (tests->n == FW_LIVE_TESTS_MAX)
		return -ENOSPC;
	tests->items[tests->n++] = (struct asked){
		.test = { .set = ret->set, .field = ret->field },
		.set = part->live,
		.table = table,
	};
	return 0;
}

int fw_live_open(struct fw_typed *typed)
{
	typed->live_tests = fw_arena_alloc(typed->arena,
					   sizeof(*typed->live_tests));
	return typed->live_tests ? 0 : -ENOMEM;
}

bool fw_live_asks(const struct fw_typed *typed,
		  const struct fw_typed_table *table,
		  const struct fw_typed_set *set)
{
	for (size_t i = 0; i < typed->live_tests->n; i++)
		if (typed->live_tests->items[i].set == set &&
		    typed->live_tests->items[i].table == table)
			return true;
	return false;
}

/* --- into the plan -------------------------------------------------------- */
struct lists {
	struct fw_plan *plan;
	struct fw_live_match *tests;
	struct fw_live_set *sets;
};

static int add_set(struct lists *l, const struct asked *asked)
{
	struct fw_plan_xdp *xdp = &l->plan->xdp;
	struct fw_live_set *set = &l->sets[xdp->n_live_sets];

	for (size_t i = 0; i < xdp->n_live_sets; i++)
		if (l->sets[i].number == asked->test.set)
			return 0;
	*set = (struct fw_live_set){
		.number = asked->test.set,
		.family = fw_arena_strdup(l->plan->arena, asked->table->family),
		.table = fw_arena_strdup(l->plan->arena, asked->table->name),
		.name = fw_arena_strdup(l->plan->arena, asked->set->name),
		.v6 = asked->set->type == FW_SET_IPV6_ADDR,
		.interval = asked->set->interval,
		.dynamic = asked->set->dynamic,
	};
	xdp->n_live_sets++;
	return set->family && set->table && set->name ? 0 : -ENOMEM;
}

static int add_test(struct lists *l, struct fw_live_tests *tests,
		    const struct fw_live_match *match)
{
	struct fw_plan_xdp *xdp = &l->plan->xdp;
	const struct asked *asked;

	if (fw_plan_live_test(xdp, match) < xdp->n_live_tests)
		return 0;
	asked = find(tests, match->set, match->field);
	l->tests[xdp->n_live_tests++] = asked->test;
	return add_set(l, asked);
}

int fw_live_lower(const struct fw_typed *typed, struct fw_plan *plan)
{
	struct fw_live_tests *tests = typed->live_tests;
	struct lists l = {
		.plan = plan,
		.tests = fw_arena_array(plan->arena, tests->n,
					sizeof(*l.tests)),
		.sets = fw_arena_array(plan->arena, tests->n, sizeof(*l.sets)),
	};
	int r = l.tests && l.sets ? 0 : -ENOMEM;

	plan->xdp.live_tests = l.tests;
	plan->xdp.live_sets = l.sets;
	for (uint32_t i = 0; r == 0 && i < plan->xdp.n_rules; i++) {
		const struct fw_xdp_rule *rule = &plan->xdp.rules[i];

		for (size_t k = 0; r == 0 && k < rule->n_lives; k++)
			r = add_test(&l, tests, &rule->lives[k]);
	}
	return r;
}
