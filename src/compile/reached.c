/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rules nft still comes to.
 *
 * In: typed chains, and the layers of the rules of base chains. Out: a mark for
 * each rule of the file: those that stayed, and those of chains that they jump
 * to. Only memory fails.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"

struct walk {
	const struct fw_typed_table *table;
	bool *rules;		/* reached, by number in the plan */
	bool *chains;		/* seen, by number in the table */
};

static void walk_rule(struct walk *w, const struct fw_typed_rule *rule);

static void walk_chain(struct walk *w, size_t c)
{
	const struct fw_typed_chain *chain = &w->table->chains[c];

	if (w->chains[c])
		return;
	w->chains[c] = true;
	for (size_t i = 0; i < chain->n_rules; i++)
		walk_rule(w, &chain->rules[i]);
}

/* name: NULL for any, as what is not understood may jump to any. */
static void walk_named(struct walk *w, const char *name)
{
	for (size_t c = 0; c < w->table->n_chains; c++)
		if (!w->table->chains[c].hook &&
		    (!name || strcmp(w->table->chains[c].name, name) == 0))
			walk_chain(w, c);
}

static bool may_jump(const struct fw_part *part)
{
	for (size_t i = 0; i < part->n_words; i++)
		if (strcmp(part->words[i].text, "vmap") == 0)
			return true;
	return false;
}

static void walk_rule(struct walk *w, const struct fw_typed_rule *rule)
{
	w->rules[rule->rule] = true;
	for (size_t i = 0; i < rule->n_parts; i++) {
		const struct fw_part *part = &rule->parts[i];

		if (part->kind == FW_PART_JUMP && part->chain)
			walk_named(w, part->chain);
		for (size_t b = 0; part->kind == FW_PART_VMAP &&
				   b < part->tuple.n_boxes; b++)
			if (part->verdicts[b].chain)
				walk_named(w, part->verdicts[b].chain);
		if (part->kind == FW_PART_RAW && may_jump(part))
			walk_named(w, NULL);
	}
}

static void walk_base(struct walk *w, const struct fw_typed *typed,
		      const struct fw_typed_chain *chain)
{
	for (size_t i = 0; i < chain->n_rules; i++)
		if (chain->hook != FW_HOOK_INGRESS ||
		    typed->rules[chain->rules[i].rule].layer == FW_LAYER_NFT)
			walk_rule(w, &chain->rules[i]);
}

int fw_reached_in_nft(const struct fw_typed *typed, bool **ret)
{
	bool *rules = fw_arena_array(typed->arena, typed->n_rules,
				     sizeof(*rules));

	for (size_t i = 0; rules && i < typed->n_tables; i++) {
		const struct fw_typed_table *t = &typed->tables[i];
		struct walk w = { .table = t, .rules = rules };

		w.chains = fw_arena_array(typed->arena, t->n_chains,
					  sizeof(*w.chains));
		if (!w.chains)
			return -ENOMEM;
		for (size_t c = 0; c < t->n_chains; c++)
			if (t->chains[c].hook)
				walk_base(&w, typed, &t->chains[c]);
	}
	*ret = rules;
	return rules ? 0 : -ENOMEM;
}
