/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of rules that stand in nft.
 *
 * In: the live record, whose rules have handles, and a dump of the kernel's.
 * Out: packets and bytes by rule of the plan. What may fail: the dump, memory
 * (-errno).
 */
#include "apply/nft_private.h"

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

static int count_table(struct fw_nft *nft, struct fw_arena *arena,
		       const struct fw_nft_rec_table *table,
		       struct fw_nft_kernel_table *kernel,
		       struct fw_rule_count *counts, size_t n_counts)
{
	int r = fw_nft_kernel_table(nft->nl, arena, kernel);

	for (size_t i = 0; r == 0 && i < table->n_chains; i++) {
		const struct fw_nft_kernel_chain *chain =
			fw_nft_kernel_chain(kernel, table->chains[i].name);

		if (chain)
			add_counts(&table->chains[i], chain, counts, n_counts);
	}
	return r;
}

int fw_nft_rule_counts(struct fw_nft *nft, const struct fw_plan *plan,
		       struct fw_rule_count *counts)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct fw_nft_kernel_tables tables;
	int r = arena ? fw_nft_kernel_tables(nft->nl, arena, &tables) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < nft->live->n_tables; i++) {
		const struct fw_nft_rec_table *table = &nft->live->tables[i];
		struct fw_nft_kernel_table *kernel =
			fw_nft_kernel_find(&tables, table->family, table->name);

		if (kernel && kernel->handle == table->handle)
			r = count_table(nft, arena, table, kernel, counts,
					plan->n_rules);
	}
	return r;
}
