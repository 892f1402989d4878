/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of declarations, as nft wants it: what a rule names stands in the
 * same block of its table, in whatever order, or in an earlier block or command.
 *
 * In: the words of a rule. Out: an error for each set, chain or flowtable that
 * is declared only later; the kernel would not find it. What is declared nowhere
 * is told elsewhere. Nothing can fail.
 */
#include <string.h>

#include "compile/rule.h"

struct named {
	const char *kind;
	struct fw_loc loc;
	uint32_t unit;
};

static bool find_set(const struct fw_res_table *table, const char *name,
		     struct named *ret)
{
	const struct fw_res_set *set = fw_res_set(table, name);
	const struct fw_res_object *flowtable =
		set ? NULL : fw_res_object(table, "flowtable", name);

	if (set)
		*ret = (struct named){ set->map ? "map" : "set", set->loc,
				       set->unit };
	else if (flowtable)
		*ret = (struct named){ "flowtable", flowtable->loc,
				       flowtable->unit };
	return set || flowtable;
}

static bool find_chain(const struct fw_res_table *table, const char *name,
		       struct named *ret)
{
	const struct fw_res_chain *chain = fw_res_chain(table, name);

	if (chain)
		*ret = (struct named){ "chain", chain->loc, chain->unit };
	return chain;
}

static bool is_target(const struct fw_word *words, size_t i)
{
	return i && words[i].kind == FW_WORD_PLAIN &&
	       (fw_word_is(&words[i - 1], "jump") ||
		fw_word_is(&words[i - 1], "goto"));
}

static void look_at(struct fw_rule_check *check,
		    const struct fw_res_table *table,
		    const struct fw_word *words, size_t n)
{
	struct fw_diags *diags = check->checker->diags;

	for (size_t i = 0; i < n; i++) {
		const struct fw_word *word = &words[i];
		struct fw_diag *diag;
		struct named named;

		if (word->kind == FW_WORD_BRACE)
			look_at(check, table, word->words, word->n_words);
		if (!(word->kind == FW_WORD_SET &&
		      !fw_rule_is_payload(words, n, i) &&
		      find_set(table, word->text, &named)) &&
		    !(is_target(words, i) &&
		      find_chain(table, word->text, &named)))
			continue;
		if (named.unit <= check->rule->unit)
			continue;
		diag = fw_error(diags, "declared-later", &word->loc,
				"%s '%s' is declared in a later block only; "
				"nft reads block by block", named.kind,
				word->text);
		fw_diag_related(diags, diag, &named.loc, "declared here");
	}
}

void fw_rule_order(struct fw_rule_check *check)
{
	const struct fw_res_table *table =
		check->table ? fw_res_table(check->checker->resolved,
					    check->table->family,
					    check->table->name) : NULL;

	if (table)
		look_at(check, table, check->rule->words, check->rule->n_words);
}
