/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words that only some can follow, in statements and matches of nft's that are
 * not understood: `limit rate 5/sec`, `reject with tcp rst`, `fib daddr typ`.
 *
 * In: the words of such a part. Out: a diagnostic at a word that cannot stand
 * there, with those that can. Tables follow the grammar of nft 1.0.6; numbers,
 * and what no row speaks of, are nft's to judge.
 */
#include <ctype.h>
#include <string.h>

#include "compile/blocks.h"
#include "compile/rule.h"
#include "util/cleanup.h"

#define NAMES_MAX 9
#define REACH 4		/* words between `rate` and its `/`, and two more */

struct choice {
	const char *anchor;	/* stands not far in front of it */
	const char *before;	/* stands right in front of it */
	const char *what;
	const char *names[NAMES_MAX];
};

static const struct choice periods = {
	"rate", "/", "unit of time",
	{ "second", "minute", "hour", "day", "week" },
};

static const struct choice choices[] = {
	{ "reject", "with", "kind of reject",
	  { "icmp", "icmpv6", "icmpx", "tcp" } },
	{ "with", "tcp", "TCP reject", { "reset" } },
	{ "with", "icmp", "ICMP code",
	  { "net-unreachable", "host-unreachable", "prot-unreachable",
	    "port-unreachable", "net-prohibited", "host-prohibited",
	    "admin-prohibited", "frag-needed", "type" } },
	{ "with", "icmpv6", "ICMPv6 code",
	  { "no-route", "admin-prohibited", "addr-unreachable",
	    "port-unreachable", "policy-fail", "reject-route", "type" } },
	{ "with", "icmpx", "ICMPx code",
	  { "port-unreachable", "admin-prohibited", "no-route",
	    "host-unreachable", "type" } },
	{ "numgen", "numgen", "kind of numgen", { "random", "inc" } },
};

static const char *const fib_keys[] = { "saddr", "daddr", "mark", "iif", "oif" };
static const char *const fib_results[] = { "type", "oif", "oifname" };

static size_t count_names(const struct choice *choice)
{
	size_t n = 0;

	while (n < NAMES_MAX && choice->names[n])
		n++;
	return n;
}

/* False after a diagnostic. */
static bool is_one_of(struct fw_rule_check *check, const struct fw_word *word,
		      const char *what, const char *const *names, size_t n)
{
	if (word->kind != FW_WORD_PLAIN || isdigit((unsigned char)*word->text))
		return true;
	for (size_t i = 0; i < n; i++)
		if (fw_word_is(word, names[i]))
			return true;
	fw_check_none_of(check->checker, word, what, names, n);
	return false;
}

static bool stands_before(const struct fw_word *words, size_t i,
			  const char *anchor)
{
	for (size_t k = 1; k <= REACH && k <= i; k++)
		if (fw_word_is(&words[i - k], anchor))
			return true;
	return false;
}

/* Of `5 mbytes/second`, whose last two are one word to nft, what follows. */
static struct fw_word behind_slash(const struct fw_word *word)
{
	const char *slash = strchr(word->text, '/');
	struct fw_word rest = *word;

	if (slash) {
		rest.text = slash + 1;
		rest.loc.col += (uint32_t)(slash + 1 - word->text);
	}
	return rest;
}

static bool look_at_period(struct fw_rule_check *check,
			   const struct fw_word *words, size_t i)
{
	struct fw_word word = words[i];

	if (!stands_before(words, i, periods.anchor))
		return true;
	if (!fw_mark_is(&words[i - 1], periods.before)) {
		if (word.kind != FW_WORD_PLAIN || !strchr(word.text, '/'))
			return true;
		word = behind_slash(&words[i]);
	}
	return is_one_of(check, &word, periods.what, periods.names,
			 count_names(&periods));
}

static bool look_at_choice(struct fw_rule_check *check,
			   const struct fw_word *words, size_t i)
{
	const struct fw_word *before = &words[i - 1];

	if (fw_word_is(before, "type") && i > 1)
		before--;
	for (size_t k = 0; k < FW_ARRAY_SIZE(choices); k++)
		if (fw_word_is(before, choices[k].before) &&
		    stands_before(words, i, choices[k].anchor))
			return is_one_of(check, &words[i], choices[k].what,
					 choices[k].names,
					 count_names(&choices[k]));
	return true;
}

/* fib saddr . iif oif */
static bool look_at_fib(struct fw_rule_check *check, const struct fw_word *words,
			size_t n, size_t i)
{
	if (!fw_word_is(&words[i - 1], "fib"))
		return true;
	while (i < n && is_one_of(check, &words[i], "key of fib", fib_keys,
				  FW_ARRAY_SIZE(fib_keys))) {
		i++;
		if (i >= n || !fw_mark_is(&words[i], "."))
			return i >= n || is_one_of(check, &words[i],
						   "result of fib", fib_results,
						   FW_ARRAY_SIZE(fib_results));
		i++;
	}
	return i >= n;
}

bool fw_rule_follows(struct fw_rule_check *check, const struct fw_word *words,
		     size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((words[i].kind == FW_WORD_BRACE &&
		     !fw_rule_follows(check, words[i].words,
				      words[i].n_words)) ||
		    (i && !(look_at_period(check, words, i) &&
			    look_at_choice(check, words, i) &&
			    look_at_fib(check, words, n, i))))
			return false;
	return true;
}
