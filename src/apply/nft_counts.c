/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of rules that stand in nft, and named ones.
 *
 * In: the live record, whose rules have handles, and a dump of the kernel's.
 * Out: packets and bytes by rule, or by counter, of the plan. What may fail: the
 * dump, memory (-errno).
 */
#include "apply/nft_private.h"

#include <string.h>

#include "util/cleanup.h"

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

static void add_counts(const struct fw_nft_rec_chain *chain,
		       const struct fw_nft_kernel_chain *kernel,
		       struct fw_rule_count *counts, size_t n_counts)
{
	size_t k = 0;

	for (size_t i = 0; i < chain->n_rules; i++) {
		const struct fw_nft_rec_rule *rule = &chain->rules[i];
		struct fw_rule_count *count;

		while (k < kernel->n_rules &&
		       kernel->rules[k].handle != rule->handle)
			k++;
		if (k == kernel->n_rules)
			return;
		if (rule->rule >= n_counts || !kernel->rules[k].counted)
			continue;
		count = &counts[rule->rule];
		if (count->packets < 0)
			*count = (struct fw_rule_count){0};
		count->packets += (int64_t)kernel->rules[k].packets;
		count->bytes += (int64_t)kernel->rules[k].bytes;
	}
}

/* What a dump is counted into; NULL: not asked for. */
struct counting {
	const struct fw_plan *plan;
	struct fw_rule_count *rules;	/* of plan->rules */
	struct fw_rule_count *counters;	/* of plan->counters */
};

static void add_rules(const struct counting *to,
		      const struct fw_nft_rec_table *table,
		      const struct fw_nft_kernel_table *kernel)
{
	for (size_t i = 0; i < table->n_chains; i++) {
		const struct fw_nft_kernel_chain *chain =
			fw_nft_kernel_chain(kernel, table->chains[i].name);

		if (chain)
			add_counts(&table->chains[i], chain, to->rules,
				   to->plan->n_rules);
	}
}

static void add_counters(const struct counting *to,
			 const struct fw_nft_kernel_table *kernel)
{
	for (size_t i = 0; i < to->plan->n_counters; i++) {
		const struct fw_plan_counter *c = &to->plan->counters[i];
		const struct fw_nft_kernel_name *object;

		if (strcmp(c->family, kernel->family) ||
		    strcmp(c->table, kernel->name))
			continue;
		object = fw_nft_kernel_counter(kernel, c->name);
		if (!object)
			continue;
		to->counters[i].packets += (int64_t)object->packets;
		to->counters[i].bytes += (int64_t)object->bytes;
	}
}

static int count(struct fw_nft *nft, const struct counting *to)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct fw_nft_kernel_tables tables;
	int r = arena ? fw_nft_kernel_tables(nft->nl, arena, &tables) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < nft->live->n_tables; i++) {
		const struct fw_nft_rec_table *table = &nft->live->tables[i];
		struct fw_nft_kernel_table *kernel =
			fw_nft_kernel_find(&tables, table->family, table->name);

		if (!kernel || kernel->handle != table->handle)
			continue;
		r = fw_nft_kernel_table(nft->nl, arena, kernel);
		if (r == 0 && to->rules)
			add_rules(to, table, kernel);
		if (r == 0 && to->counters)
			add_counters(to, kernel);
	}
	return r;
}

int fw_nft_rule_counts(struct fw_nft *nft, const struct fw_plan *plan,
		       struct fw_rule_count *counts)
{
	return count(nft, &(struct counting){ .plan = plan, .rules = counts });
}

int fw_nft_counter_counts(struct fw_nft *nft, const struct fw_plan *plan,
			  struct fw_rule_count *counts)
{
	return count(nft,
		     &(struct counting){ .plan = plan, .counters = counts });
}
