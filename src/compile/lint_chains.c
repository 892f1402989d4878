/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints of chains: what a policy of drop leaves out, and what undoes it.
 *
 * In: a base chain that drops by default. Out: warnings at its policy, or at
 * the rule that accepts everything. Only memory fails.
 *
 * Packets that a chain must let through are described by the fields that tell
 * them; a rule that may accept such a one is enough.
 */
#include <errno.h>
#include <string.h>

#include "compile/lint.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

static const struct fw_line *policy_of(const struct fw_lint_chain *lint)
{
	const struct fw_typed_chain *chain = lint->chain;

	if (!chain->hook || chain->policy != FW_VERDICT_DROP ||
	    strcmp(chain->type, "filter"))
		return NULL;
	for (size_t i = 0; i < lint->source->lines.n; i++)
		if (fw_word_is(&lint->source->lines.items[i].words[0],
			       "policy"))
			return &lint->source->lines.items[i];
	return NULL;
}

static bool names_word(const struct fw_word *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (fw_word_is(&words[i], word) ||
		    (words[i].kind == FW_WORD_BRACE &&
		     names_word(words[i].words, words[i].n_words, word)))
			return true;
	return false;
}

/* --- no-management -------------------------------------------------------- */
static void check_management(const struct fw_lint_chain *lint,
			     const struct fw_line *policy)
{
	struct fw_diag *diag;

	if (lint->checker->typed->n_management ||
	    (lint->chain->hook != FW_HOOK_INPUT &&
	     lint->chain->hook != FW_HOOK_INGRESS))
		return;
	diag = fw_lint_add(lint->checker->diags, FW_LINT_NO_MANAGEMENT,
			   &policy->loc,
			   "this chain drops by default, and no management is "
			   "let through before it");
	fw_diag_hint(lint->checker->diags, diag,
		     "options { management { ip saddr 192.0.2.0/24 tcp dport "
		     "22 } }");
}

/* --- no-neighbours -------------------------------------------------------- */
/* A packet by the fields that tell it. */
struct probe {
	const char *name;
	const char *word;	/* in a rule that is not understood */
	int l3, l4, type;	/* or FW_ANY */
};

static const struct probe probes[] = {
	{ "ARP", "arp", FW_L3_ARP, FW_ANY, FW_ANY },
	{ "neighbour discovery", "icmpv6", FW_L3_IP6, 58, 135 },
	{ "packet-too-big", "icmpv6", FW_L3_IP6, 58, 2 },
};

static bool admits(const struct fw_match *match, int value)
{
	for (size_t i = 0; value != FW_ANY && i < match->n_intervals; i++)
		if (match->intervals[i].lo <= (fw_u128)value &&
		    (fw_u128)value <= match->intervals[i].hi)
			return true;
	return false;
}

/* Fields that the probe does not tell may be anything, if it has them. */
static bool may_match(const struct fw_match *match, const struct probe *probe)
{
	switch (match->field) {
	case FW_FIELD_L3:
		return admits(match, probe->l3);
	case FW_FIELD_L4PROTO:
	case FW_FIELD_NEXTHDR:
		return admits(match, probe->l4);
	case FW_FIELD_ICMP_TYPE:
		return admits(match, probe->type);
	case FW_FIELD_SADDR4:
	case FW_FIELD_DADDR4:
	case FW_FIELD_SPORT:
	case FW_FIELD_DPORT:
	case FW_FIELD_TCP_FLAGS:
		return false;
	default:
		return match->n_intervals > 0;
	}
}

static bool may_accept(const struct fw_typed_rule *rule,
		       const struct probe *probe)
{
	for (size_t p = 0; p < rule->n_parts; p++) {
		const struct fw_part *part = &rule->parts[p];

		switch (part->kind) {
		case FW_PART_MATCH:
			for (size_t i = 0; i < part->n_matches; i++)
				if (!may_match(&part->matches[i], probe))
					return false;
			break;
		case FW_PART_VERDICT:
			return part->verdict == FW_VERDICT_ACCEPT;
		case FW_PART_JUMP:
			return part->chain;
		case FW_PART_VMAP:
			return true;
		case FW_PART_RAW:
			if (names_word(part->words, part->n_words, "vmap"))
				return true;
			if (!names_word(part->words, part->n_words,
					probe->word))
				return false;
			break;
		default:
			break;
		}
	}
	return false;
}

static bool lets_through(const struct fw_typed_chain *chain,
			 const struct probe *probe)
{
	for (size_t i = 0; i < chain->n_rules; i++)
		if (may_accept(&chain->rules[i], probe))
			return true;
	return false;
}

/* Management implies them on its devices. */
static void check_neighbours(const struct fw_lint_chain *lint,
			     const struct fw_line *policy)
{
	const char *missing = NULL;

	if (lint->chain->hook != FW_HOOK_INGRESS ||
	    lint->checker->typed->n_management)
		return;
	for (size_t i = 0; i < FW_ARRAY_SIZE(probes); i++) {
		if (lets_through(lint->chain, &probes[i]))
			continue;
		/* The ingress hook of family inet sees IP alone. */
		if (probes[i].l3 == FW_L3_ARP &&
		    !strcmp(lint->table->family, "inet"))
			continue;
		missing = missing ? fw_arena_printf(lint->checker->arena,
						    "%s, %s", missing,
						    probes[i].name) :
				    probes[i].name;
	}
	if (missing)
		fw_lint_add(lint->checker->diags, FW_LINT_NO_NEIGHBOURS,
			    &policy->loc,
			    "this chain drops by default and accepts no %s",
			    missing);
}

/* --- no-established ------------------------------------------------------- */
/* What is said of connections, or of the direction in which they were opened:
 * whoever writes these has thought of replies. */
static bool heeds_replies(const struct fw_typed_rule *rule)
{
	static const char *const words[] = { "ct",    "established", "flags",
					     "sport", "notrack",     "inspect",
					     "queue" };

	for (size_t i = 0; i < FW_ARRAY_SIZE(words); i++)
		if (names_word(rule->words, rule->n_words, words[i]))
			return true;
	return false;
}

struct replies {
	bool *asked;	/* by chain of the table */
	bool heeded;	/* some rule does, or may accept them by chance: a
			   verdict map, a trusted network */
	bool accepts;	/* a rule accepts by what only one side sends */
};

/* Tests that replies fail: they come from the port, and go to another one. */
static bool is_one_way(const struct fw_part *part)
{
	for (size_t i = 0; i < part->n_matches; i++)
		switch (part->matches[i].field) {
		case FW_FIELD_DPORT:
		case FW_FIELD_TH_DPORT:
		case FW_FIELD_ICMP_TYPE:
			return true;
		default:
			break;
		}
	return false;
}

/* A host's talk to itself passes both ways. */
static bool is_loopback(const struct fw_part *part)
{
	return (part->kind == FW_PART_IIF || part->kind == FW_PART_OIF) &&
	       !part->negate && part->n_names == 1 &&
	       !strcmp(part->names[0], "lo");
}

static void ask_chain(const struct fw_lint_chain *lint,
		      const struct fw_typed_chain *chain,
		      struct replies *replies);

static void ask_rule(const struct fw_lint_chain *lint,
		     const struct fw_typed_rule *rule, struct replies *replies)
{
	bool one_way = false, loopback = false;

	replies->heeded |= heeds_replies(rule);
	for (size_t p = 0; p < rule->n_parts; p++) {
		const struct fw_part *part = &rule->parts[p];
		const struct fw_res_chain *to;

		one_way |= is_one_way(part);
		loopback |= is_loopback(part);
		replies->heeded |= part->kind == FW_PART_VMAP ||
				   (part->kind == FW_PART_RAW &&
				    names_word(part->words, part->n_words,
					       "vmap"));
		if (part->kind == FW_PART_VERDICT &&
		    part->verdict == FW_VERDICT_ACCEPT) {
			replies->accepts |= one_way;
			replies->heeded |= !one_way && !loopback;
		}
		if (part->kind != FW_PART_JUMP || !part->chain)
			continue;
		to = fw_res_chain(lint->source_table, part->chain);
		if (to)
			ask_chain(lint, &lint->table->chains[to->index],
				  replies);
	}
}

static void ask_chain(const struct fw_lint_chain *lint,
		      const struct fw_typed_chain *chain,
		      struct replies *replies)
{
	bool *asked = &replies->asked[chain - lint->table->chains];

	if (*asked)
		return;
	*asked = true;
	for (size_t i = 0; i < chain->n_rules && !replies->heeded; i++)
		ask_rule(lint, &chain->rules[i], replies);
}

static int check_established(const struct fw_lint_chain *lint,
			      const struct fw_line *policy)
{
	const char *family = lint->table->family;
	struct replies replies = { 0 };
	struct fw_diag *diag;

	if ((strcmp(family, "ip") && strcmp(family, "ip6") &&
	     strcmp(family, "inet")) ||
	    (lint->chain->hook != FW_HOOK_INPUT &&
	     lint->chain->hook != FW_HOOK_FORWARD &&
	     lint->chain->hook != FW_HOOK_OUTPUT))
		return 0;
	replies.asked = fw_arena_array(lint->checker->arena,
				       lint->table->n_chains,
				       sizeof(*replies.asked));
	if (!replies.asked)
		return -ENOMEM;
	ask_chain(lint, lint->chain, &replies);
	if (replies.heeded || !replies.accepts)
		return 0;
	diag = fw_lint_add(lint->checker->diags, FW_LINT_NO_ESTABLISHED,
			   &policy->loc,
			   "this chain drops by default, and no rule lets "
			   "replies through");
	fw_diag_hint(lint->checker->diags, diag,
		     "ct state established,related accept");
	return 0;
}

/* --- accepts-all ---------------------------------------------------------- */
static bool accepts_all(const struct fw_typed_rule *rule)
{
	for (size_t p = 0; p < rule->n_parts; p++) {
		const struct fw_part *part = &rule->parts[p];

		if (part->kind == FW_PART_VERDICT)
			return part->verdict == FW_VERDICT_ACCEPT;
		if (part->kind != FW_PART_COUNTER)
			return false;
	}
	return false;
}

static void check_accepts(const struct fw_lint_chain *lint,
			  const struct fw_line *policy)
{
	const struct fw_typed_chain *chain = lint->chain;

	for (size_t i = 0; i < chain->n_rules; i++) {
		struct fw_loc loc = fw_lint_rule_loc(&chain->rules[i]);
		struct fw_diag *diag;

		if (!accepts_all(&chain->rules[i]))
			continue;
		diag = fw_lint_add(lint->checker->diags, FW_LINT_ACCEPTS_ALL,
				   &loc, "this accepts every packet that gets "
				   "here, so that the policy drops none");
		fw_diag_related(lint->checker->diags, diag, &policy->loc,
				"the policy");
		return;
	}
}

int fw_lint_policy(const struct fw_lint_chain *lint)
{
	const struct fw_line *policy = policy_of(lint);

	if (!policy)
		return 0;
	check_management(lint, policy);
	check_neighbours(lint, policy);
	check_accepts(lint, policy);
	return check_established(lint, policy);
}
