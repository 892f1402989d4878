/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `block for TIME` in rules of chains, as nft has it.
 *
 * In: a time, the user's table. Out: the chain that such rules jump to: the source
 * goes into the table's set of its family (blocked.c), unless it is this host's, and
 * the packet is dropped, also where the set is full. Management has been let through
 * before. Fails only for want of memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "compile/lower.h"

char *fw_blocked_name(struct fw_arena *arena, uint64_t ms)
{
	return fw_arena_printf(arena, "flywall_block_%" PRIu64 "ms", ms);
}

static bool has_set(const struct fw_typed_table *table, const char *name)
{
	for (size_t i = 0; i < table->n_sets; i++)
		if (!strcmp(table->sets[i]->name, name))
			return true;
	return false;
}

static int add_rule(struct fw_arena *arena, const struct fw_typed_table *table,
		    bool v6, uint64_t ms, fw_nft_rule_vec *rules)
{
	const char *set = v6 ? FW_BLOCKED_SET6 : FW_BLOCKED_SET4;
	/* nft has no way to ask for routes in bridges */
	bool bridge = !strcmp(table->family, "bridge");

	if (!has_set(table, set))
		return 0;
	return fw_nft_rule_add(arena, rules, "meta protocol %s %sadd @%s "
			       "{ %s saddr timeout %" PRIu64 "ms }",
			       v6 ? "ip6" : "ip",
			       bridge ? "" : "fib saddr type != local ", set,
			       v6 ? "ip6" : "ip", ms);
}

int fw_blocked_chain(struct fw_arena *arena, const struct fw_typed_table *table,
		     uint64_t ms, struct fw_nft_chain *ret)
{
	fw_nft_rule_vec rules = { 0 };
	int r = add_rule(arena, table, false, ms, &rules);

	if (r == 0)
		r = add_rule(arena, table, true, ms, &rules);
	if (r == 0)
		r = fw_nft_rule_add(arena, &rules, "drop");
	*ret = (struct fw_nft_chain){
		.name = fw_blocked_name(arena, ms),
		.rules = rules.items,
		.n_rules = rules.n,
	};
	return r < 0 || !ret->name ? -ENOMEM : 0;
}
