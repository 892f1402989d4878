/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints of what might run in XDP and does not.
 *
 * In: a chain. Out: notes at rules that would move there, in another chain or
 * in other words. Nothing fails.
 */
#include <string.h>

#include "compile/lint.h"
#include "util/cleanup.h"

/* --- could-be-early ------------------------------------------------------- */
/* What XDP could do: typed matches, a counter, drop. */
static bool is_plain_drop(const struct fw_typed_rule *rule)
{
	bool drops = false;

	for (size_t p = 0; p < rule->n_parts; p++) {
		const struct fw_part *part = &rule->parts[p];

		drops = part->kind == FW_PART_VERDICT &&
			part->verdict == FW_VERDICT_DROP;
		if (part->reason ||
		    (!drops && part->kind != FW_PART_MATCH &&
		     part->kind != FW_PART_IIF &&
		     part->kind != FW_PART_COUNTER))
			return false;
	}
	return drops;
}

/* Only at the head: a rule before it might have accepted. */
static void check_early(const struct fw_lint_chain *lint)
{
	const struct fw_typed_chain *chain = lint->chain;

	if (chain->hook != FW_HOOK_PREROUTING || strcmp(chain->type, "filter"))
		return;
	for (size_t i = 0; i < chain->n_rules; i++) {
		struct fw_loc loc;
		struct fw_diag *diag;

		if (!is_plain_drop(&chain->rules[i]))
			return;
		loc = fw_lint_rule_loc(&chain->rules[i]);
		diag = fw_lint_add(lint->checker->diags,
				   FW_LINT_COULD_BE_EARLY, &loc,
				   "in an ingress chain this rule would drop "
				   "in XDP");
		fw_diag_hint(lint->checker->diags, diag,
			     "table netdev … { chain … { type filter hook "
			     "ingress device … priority 0; %s } }",
			     chain->rules[i].text);
	}
}

int fw_lint_xdp(const struct fw_lint_chain *lint)
{
	check_early(lint);
	return 0;
}
