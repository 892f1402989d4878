/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a packet that was explained, the running plan, nft's sets of blocked sources
 * (plan.h). Out: whether its source stands in one of them. Only memory fails.
 */
#include "daemon/blocked.h"

#include <errno.h>
#include <string.h>

#include "apply/nft.h"
#include "util/cleanup.h"

static const struct side {
	const char *own, *theirs;	/* names of its sets */
	enum fw_field field;
	unsigned width;			/* bits */
} sides[] = {
	{ FW_BLOCK_SET4, FW_BLOCKED_SET4, FW_FIELD_SADDR4, 32 },
	{ FW_BLOCK_SET6, FW_BLOCKED_SET6, FW_FIELD_SADDR6, 128 },
};

static bool has(const struct fw_told *told, enum fw_field field)
{
	return told->packet.has[field];
}

static bool is_exempt(const struct fw_explain *explained)
{
	for (size_t i = 0; i < explained->rules.n; i++)
		if (explained->rules.items[i].rule == FW_NO_RULE &&
		    explained->rules.items[i].certain)
			return true;
	return explained->way == FW_HOOK_OUTPUT;
}

/* Where the rule that asks the set runs first. */
static enum fw_layer layer_of(const struct fw_plan *plan,
			      const struct fw_blocked *blocked)
{
	for (size_t i = 0; i < plan->n_rules; i++) {
		const struct fw_plan_rule *rule = &plan->rules[i];

		if (rule->own && rule->layer == FW_LAYER_XDP &&
		    !strcmp(rule->table, blocked->table) &&
		    strstr(rule->text, blocked->set))
			return FW_LAYER_XDP;
	}
	return FW_LAYER_NFT;
}

static int look(struct fw_apply *apply, struct fw_arena *arena,
		const struct side *side, fw_u128 source, struct fw_blocked *in)
{
	const struct fw_live_set set = { .family = in->family,
					 .table = in->table,
					 .name = in->set };
	struct fw_nft_ranges ranges;
	int r = fw_apply_set_ranges(apply, arena, &set, side->width, &ranges);

	for (size_t i = 0; r == 0 && i < ranges.n; i++)
		if (ranges.items[i].lo == source) {
			in->left_s = ranges.items[i].left_ms / 1000;
			return 1;
		}
	return r == -ENOMEM ? r : 0;
}

int fw_blocked_find(struct fw_apply *apply, struct fw_arena *arena,
		    const struct fw_plan *plan, struct fw_explain *explained,
		    struct fw_blocked *ret)
{
	const struct fw_told *told = explained->told;
	int r = 0;

	if (is_exempt(explained))
		return 0;
	for (size_t t = 0; r == 0 && t < plan->n_tables; t++)
		for (size_t s = 0; r == 0 && s < FW_ARRAY_SIZE(sides); s++) {
			const struct fw_nft_table *table = &plan->tables[t];
			bool own = !strcmp(table->name, FW_BLOCK_TABLE);

			if (!has(told, sides[s].field))
				continue;
			*ret = (struct fw_blocked){
				table->family, table->name,
				own ? sides[s].own : sides[s].theirs, 0,
			};
			r = look(apply, arena, &sides[s],
				 told->packet.value[sides[s].field], ret);
		}
	if (r <= 0)
		return r;
	explained->verdict = FW_EXPLAIN_DROP;
	explained->layer = layer_of(plan, ret);
	explained->reason = "the source is blocked";
	explained->other = NULL;
	return 1;
}
