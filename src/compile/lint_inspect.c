/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints of vetting: what is not tracked cannot be vetted.
 *
 * In: a chain. Out: a warning at each `notrack` whose packets a rule that says
 * inspect may meet. Only memory fails.
 */
#include "compile/lint.h"
#include "compile/vocabulary.h"

int fw_lint_inspect(const struct fw_lint_chain *lint)
{
	const struct fw_typed_chain *chain = lint->chain;

	if (!lint->checker->typed->n_profiles)
		return 0;
	for (size_t i = 0; i < chain->n_rules; i++)
		for (size_t k = 0; k < chain->rules[i].n_words; k++) {
			const struct fw_word *word = &chain->rules[i].words[k];

			if (fw_word_is(word, "notrack"))
				fw_lint_add(lint->checker->diags,
					    FW_LINT_NOTRACK_INSPECT,
					    &word->loc, "what is not tracked "
					    "is dropped where a rule says "
					    "inspect");
		}
	return 0;
}
