/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints of what might run in XDP and does not.
 *
 * In: a chain. Out: notes at rules that would move there, in another chain or
 * in other words. Nothing fails.
 */
#include <string.h>

#include "compile/lint.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

/* --- could-be-early ------------------------------------------------------- */
/* What XDP could do: typed matches, a counter of its own, drop. */
static bool is_plain_drop(const struct fw_typed_rule *rule)
{
	bool drops = false;

	for (size_t p = 0; p < rule->n_parts; p++) {
		const struct fw_part *part = &rule->parts[p];

		drops = part->kind == FW_PART_VERDICT &&
			part->verdict == FW_VERDICT_DROP;
		if (part->reason || part->counter ||
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

/* --- could-be-xdp --------------------------------------------------------- */
/* Words that only nft understands, and what is nearly the same. */
static const struct {
	const char *words[5];	/* at the head of a part; those not needed are
				   NULL */
	const char *instead;
} near[] = {
	{ { "reject" }, "drop, which sends no answer" },
	{ { "meta", "nfproto", "ipv4" }, "meta protocol ip" },
	{ { "meta", "nfproto", "ipv6" }, "meta protocol ip6" },
	{ { "pkttype", "broadcast" }, "ether daddr ff:ff:ff:ff:ff:ff" },
	{ { "meta", "pkttype", "broadcast" }, "ether daddr ff:ff:ff:ff:ff:ff" },
	{ { "ll", ",", "0", ",", "48" }, "ether daddr" },
	{ { "ll", ",", "48", ",", "48" }, "ether saddr" },
	{ { "ll", ",", "96", ",", "16" }, "ether type" },
	{ { "nh", ",", "72", ",", "8" }, "ip protocol" },
	{ { "nh", ",", "96", ",", "32" }, "ip saddr" },
	{ { "nh", ",", "128", ",", "32" }, "ip daddr" },
	{ { "th", ",", "0", ",", "16" }, "tcp sport or udp sport" },
	{ { "th", ",", "16", ",", "16" }, "tcp dport or udp dport" },
	{ { "th", "sport" }, "tcp sport or udp sport" },
	{ { "th", "dport" }, "tcp dport or udp dport" },
};

static const char *instead_of(const struct fw_part *part)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(near); i++) {
		size_t n = 0;

		while (n < FW_ARRAY_SIZE(near[i].words) &&
		       near[i].words[n] && n < part->n_words &&
		       !strcmp(part->words[n].text, near[i].words[n]))
			n++;
		if (n == FW_ARRAY_SIZE(near[i].words) || !near[i].words[n])
			return near[i].instead;
	}
	return NULL;
}

/* Where more than one part keeps the rule in nft, other words help little. */
static void check_words(const struct fw_lint_chain *lint,
			const struct fw_typed_rule *rule)
{
	const struct fw_part *keeps = NULL;
	const char *instead;
	struct fw_diag *diag;
	struct fw_loc loc;

	for (size_t p = 0; p < rule->n_parts; p++) {
		if (!rule->parts[p].reason)
			continue;
		if (keeps)
			return;
		keeps = &rule->parts[p];
	}
	instead = keeps ? instead_of(keeps) : NULL;
	if (!instead)
		return;
	loc = fw_loc_span(&keeps->words[0].loc,
			  &keeps->words[keeps->n_words - 1].loc);
	diag = fw_lint_add(lint->checker->diags, FW_LINT_COULD_BE_XDP, &loc,
			   "this keeps the rule out of XDP");
	fw_diag_hint(lint->checker->diags, diag, "nearly the same: %s",
		     instead);
}

int fw_lint_xdp(const struct fw_lint_chain *lint)
{
	check_early(lint);
	for (size_t i = 0; lint->chain->hook == FW_HOOK_INGRESS &&
	     lint->checker->typed->lowering && i < lint->chain->n_rules; i++)
		check_words(lint, &lint->chain->rules[i]);
	return 0;
}
