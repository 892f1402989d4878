/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests that ask live sets, and their cuts (abi.h): 0 not in it, 1 in it.
 *
 * In: the live matches of plan->xdp.rules. Out: for each set and field a test
 * with two cuts. Fails only for want of memory.
 */
#include "compile/classes.h"

static const struct fw_live_match *match_of(const struct fw_xdp_rule *rule,
					    const struct fw_live_match *test)
{
	for (size_t i = 0; fw_xdp_rule_acts(rule) && i < rule->n_lives; i++)
		if (rule->lives[i].set == test->set &&
		    rule->lives[i].field == test->field)
			return &rule->lives[i];
	return NULL;
}

int fw_classes_live(struct fw_classes *c, const struct fw_live_match *live,
		    struct fw_test *test, struct fw_cut cuts[static 2])
{
	const struct fw_plan_xdp *xdp = &c->plan->xdp;
	struct fw_row absent = { 0 }, rows[2] = { 0 };
	int r;

	for (uint32_t i = 0; i < xdp->n_rules; i++) {
		const struct fw_live_match *m = match_of(&xdp->rules[i], live);

		if (!fw_xdp_rule_acts(&xdp->rules[i]))
			continue;
		if (!m)
			fw_row_set(&absent, i);
		if (!m || m->negate)
			fw_row_set(&rows[0], i);
		if (!m || !m->negate)
			fw_row_set(&rows[1], i);
	}
	*test = (struct fw_test){
		.kind = FW_TEST_SET,
		.n = 2,
		.set = live->set,
		.field = live->field,
	};
	r = fw_classes_intern(c, &absent, &test->absent);
	for (uint32_t i = 0; r == 0 && i < 2; i++) {
		cuts[i] = (struct fw_cut){ .from = i };
		r = fw_classes_intern(c, &rows[i], &cuts[i].row);
	}
	return r;
}
