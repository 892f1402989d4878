/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets that rules write: `add @s { … }` makes a set dynamic, as in nft, where
 * the flag is not said too.
 *
 * In: the rules as they were resolved. Out: the sets that one of them may change
 * are noted as such; their content is then nobody's to know. A word too many
 * that is taken for such a set costs a place in XDP, no meaning. Nothing may
 * fail.
 */
#include <string.h>

#include "compile/sets.h"
#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

static bool is_verb(const struct fw_word *word)
{
	static const char *const verbs[] = { "add", "update", "delete" };

	for (size_t i = 0; i < FW_ARRAY_SIZE(verbs); i++)
		if (fw_word_is(word, verbs[i]))
			return true;
	return false;
}

static void note(const struct fw_resolved *resolved,
		 const struct fw_res_table *table, const char *name)
{
	struct fw_res_set *set = fw_res_set(table, name);

	if (!set)
		set = fw_names_get(&resolved->set_names, name, "");
	if (set)
		set->written = true;
}

/* `add @s { … }`, and the older `set add ip saddr @s`. */
static void look_at(const struct fw_resolved *resolved,
		    const struct fw_res_table *table,
		    const struct fw_res_run *run)
{
	bool older = false;

	for (size_t i = 0; i < run->n_words; i++) {
		const struct fw_word *word = &run->words[i];

		if (word->kind == FW_WORD_SET &&
		    (older || (i && is_verb(&run->words[i - 1]))))
			note(resolved, table, word->text);
		older = older || (i && is_verb(word) &&
				  fw_word_is(&run->words[i - 1], "set"));
	}
}

void fw_sets_note_written(const struct fw_resolved *resolved)
{
	for (size_t t = 0; t < resolved->tables.n; t++) {
		const struct fw_res_table *table = resolved->tables.items[t];

		for (size_t c = 0; c < table->chains.n; c++) {
			const struct fw_res_chain *chain =
				table->chains.items[c];

			for (size_t i = 0; i < chain->rules.n; i++)
				look_at(resolved, table,
					&chain->rules.items[i].run);
		}
	}
}
