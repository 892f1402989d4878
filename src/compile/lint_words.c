/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints of words: an address with bits behind its prefix, a port that is read
 * in packets of every protocol.
 *
 * In: the words of rules and of elements, understood or not. Out: warnings at
 * them. Only memory fails.
 */
#include <errno.h>
#include <string.h>

#include "compile/lint.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

/* --- host-bits ------------------------------------------------------------ */
/* 10.0.0.1/8, as three words. */
static bool is_prefix(const struct fw_word *words, size_t n)
{
	return n > 2 && words[0].kind == FW_WORD_PLAIN &&
	       fw_mark_is(&words[1], "/") && words[2].kind == FW_WORD_PLAIN;
}

static int check_prefix(struct fw_checker *checker, const struct fw_word *words)
{
	const char *text = fw_arena_printf(checker->arena, "%s/%s",
					   words[0].text, words[2].text);
	enum fw_value_type type = strchr(words[0].text, ':') ? FW_VALUE_IPV6 :
							      FW_VALUE_IPV4;
	struct fw_value_error error;
	struct fw_interval address, prefix;
	struct fw_loc loc = fw_loc_span(&words[0].loc, &words[2].loc);
	const char *meant;

	if (!text)
		return -ENOMEM;
	/* A number is a mark or the like. */
	if (!strpbrk(words[0].text, ".:"))
		return 0;
	if (fw_value_text(type, words[0].text, &address, &error) ||
	    fw_value_text(type, text, &prefix, &error) ||
	    address.lo == prefix.lo)
		return 0;
	meant = fw_value_print(checker->arena, type, &prefix);
	if (!meant)
		return -ENOMEM;
	fw_lint_add(checker->diags, FW_LINT_HOST_BITS, &loc,
		    "this means %s: what stands behind the prefix does not "
		    "count", meant);
	return 0;
}

static int check_prefixes(struct fw_checker *checker,
			  const struct fw_word *words, size_t n)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		if (words[i].kind == FW_WORD_BRACE)
			r = check_prefixes(checker, words[i].words,
					   words[i].n_words);
		else if (is_prefix(words + i, n - i))
			r = check_prefix(checker, words + i);
	}
	return r;
}

int fw_lint_management_words(struct fw_checker *checker)
{
	const struct fw_typed *typed = checker->typed;
	int r = 0;

	for (size_t i = 0; !r && i < typed->n_management; i++)
		r = check_prefixes(checker, typed->management[i].words,
				   typed->management[i].n_words);
	return r;
}

int fw_lint_set_words(struct fw_checker *checker, const struct fw_res_set *set)
{
	int r = 0;

	for (size_t i = 0; !r && i < set->elements.n; i++)
		r = check_prefixes(checker, set->elements.items[i].words,
				   set->elements.items[i].n_words);
	return r;
}

/* --- port-without-protocol ------------------------------------------------ */
/* The words that read a port of any transport; 0 for others. */
static size_t any_port(const struct fw_word *words, size_t n)
{
	if (n > 1 && fw_word_is(&words[0], "th") &&
	    (fw_word_is(&words[1], "sport") || fw_word_is(&words[1], "dport")))
		return 2;
	/* @th,0,16 and @th,16,16 */
	if (n > 4 && words[0].kind == FW_WORD_SET &&
	    !strcmp(words[0].text, "th") && fw_mark_is(&words[1], ",") &&
	    (!strcmp(words[2].text, "0") || !strcmp(words[2].text, "16")) &&
	    !strcmp(words[4].text, "16"))
		return 5;
	return 0;
}

/* Any word that may tell the protocol, in whatever way. */
static bool tells_protocol(const struct fw_typed_rule *rule)
{
	static const char *const words[] = {
		"l4proto", "protocol", "nexthdr", "tcp",  "udp", "udplite",
		"sctp",	   "dccp",     "icmp",	  "icmpv6", "igmp", "ah",
		"esp",	   "comp",
	};

	for (size_t i = 0; i < rule->n_words; i++)
		for (size_t k = 0; k < FW_ARRAY_SIZE(words); k++)
			if (fw_word_is(&rule->words[i], words[k]))
				return true;
	return false;
}

/* As `meta l4proto != { tcp, udp } accept` does for the rules behind it. */
static bool settles_protocol(const struct fw_typed_rule *rule)
{
	static const char *const words[] = { "l4proto", "protocol", "nexthdr" };

	for (size_t i = 0; i < rule->n_words; i++)
		for (size_t k = 0; k < FW_ARRAY_SIZE(words); k++)
			if (fw_word_is(&rule->words[i], words[k]))
				return true;
	return false;
}

static void check_port(const struct fw_lint_chain *lint,
		       const struct fw_typed_rule *rule)
{
	for (size_t i = 0; i < rule->n_words; i++) {
		size_t n = any_port(rule->words + i, rule->n_words - i);
		struct fw_diag *diag;
		struct fw_loc loc;

		if (!n)
			continue;
		loc = fw_loc_span(&rule->words[i].loc,
				  &rule->words[i + n - 1].loc);
		diag = fw_lint_add(lint->checker->diags,
				   FW_LINT_PORT_WITHOUT_PROTOCOL, &loc,
				   "this reads a port in packets of every "
				   "protocol, also of those that have none");
		fw_diag_hint(lint->checker->diags, diag,
			     "meta l4proto { tcp, udp } before it");
		return;
	}
}

/* The protocol may be settled by an earlier rule, or before a jump here. */
int fw_lint_words(const struct fw_lint_chain *lint)
{
	bool settled = !lint->chain->hook;
	int r = 0;

	for (size_t i = 0; !r && i < lint->chain->n_rules; i++) {
		const struct fw_typed_rule *rule = &lint->chain->rules[i];

		if (!settled && !tells_protocol(rule))
			check_port(lint, rule);
		settled = settled || settles_protocol(rule);
		r = check_prefixes(lint->checker, rule->words, rule->n_words);
	}
	return r;
}
