/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Named counters, and which rule counts by which.
 *
 * In: the typed tables, whose rules name only counters that are there. Out:
 * plan->counters, and in typed->rules their numbers. Fails only for want of
 * memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"

typedef FW_VEC(struct fw_plan_counter) counter_vec;

/* No chain is called so. */
#define CHAIN_OF_COUNTERS ""

static int add_counter(struct fw_arena *arena, const struct fw_typed_table *table,
		       const char *name, counter_vec *ret)
{
	struct fw_plan_counter *c = fw_vec_push(arena, ret);

	if (!c)
		return -ENOMEM;
	c->family = fw_arena_strdup(arena, table->family);
	c->table = fw_arena_strdup(arena, table->name);
	c->name = fw_arena_strdup(arena, name);
	if (!c->family || !c->table || !c->name)
		return -ENOMEM;
	return fw_rule_key(c->family, c->table, CHAIN_OF_COUNTERS, c->name, 0,
			   &c->key);
}

/* From first on stand those of the rule's table. */
static uint32_t number_of(const struct fw_typed_rule *rule,
			  const counter_vec *counters, size_t first)
{
	for (size_t p = 0; p < rule->n_parts; p++)
		for (size_t i = first; rule->parts[p].counter &&
				       i < counters->n; i++)
			if (!strcmp(counters->items[i].name,
				    rule->parts[p].counter))
				return (uint32_t)(i + 1);
	return 0;
}

static int lower_table(struct fw_typed *typed, struct fw_arena *arena,
		       const struct fw_typed_table *table, counter_vec *ret)
{
	size_t first = ret->n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < table->n_objects; i++)
		if (!strcmp(table->objects[i].kind, "counter"))
			r = add_counter(arena, table, table->objects[i].name,
					ret);
	for (size_t c = 0; r == 0 && c < table->n_chains; c++)
		for (size_t i = 0; i < table->chains[c].n_rules; i++) {
			const struct fw_typed_rule *rule =
				&table->chains[c].rules[i];

			typed->rules[rule->rule].counter =
				number_of(rule, ret, first);
		}
	return r;
}

int fw_lower_counters(struct fw_typed *typed, struct fw_plan *plan)
{
	counter_vec counters = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < typed->n_tables; i++)
		r = lower_table(typed, plan->arena, &typed->tables[i],
				&counters);
	plan->counters = counters.items;
	plan->n_counters = counters.n;
	return r;
}
