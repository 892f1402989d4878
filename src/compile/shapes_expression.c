/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shapes of matches: selectors, expressions, what they are compared with.
 *
 * In: a cursor at the first word. Out: the cursor behind the last one that
 * belongs there. Only want of memory for a match's name is a failure. Tables
 * follow the grammar of nft 1.0.6.
 */
#include <string.h>

#include "compile/shapes.h"
#include "util/cleanup.h"

/* --- selectors ------------------------------------------------------------ */
/* First words of expressions, with how many words each takes behind it. */
static const struct {
	const char *word;
	size_t args;
} selectors[] = {
	{ "ip", 1 },	     { "ip6", 1 },	 { "tcp", 1 },
	{ "udp", 1 },	     { "udplite", 1 },	 { "sctp", 1 },
	{ "dccp", 1 },	     { "icmp", 1 },	 { "icmpv6", 1 },
	{ "igmp", 1 },	     { "ah", 1 },	 { "esp", 1 },
	{ "comp", 1 },	     { "arp", 1 },	 { "ether", 1 },
	{ "vlan", 1 },	     { "th", 1 },	 { "exthdr", 1 },
	{ "hbh", 1 },	     { "rt", 1 },	 { "rt0", 1 },
	{ "rt2", 1 },	     { "rt4", 1 },	 { "frag", 1 },
	{ "dst", 1 },	     { "mh", 1 },	 { "srh", 1 },
	{ "meta", 1 },	     { "ct", 1 },	 { "socket", 1 },
	{ "iif", 0 },	     { "iifname", 0 },	 { "iiftype", 0 },
	{ "iifgroup", 0 },   { "oif", 0 },	 { "oifname", 0 },
	{ "oiftype", 0 },    { "oifgroup", 0 },	 { "mark", 0 },
	{ "skuid", 0 },	     { "skgid", 0 },	 { "nftrace", 0 },
	{ "rtclassid", 0 },  { "ibriport", 0 },	 { "obriport", 0 },
	{ "ibrname", 0 },    { "obrname", 0 },	 { "pkttype", 0 },
	{ "cpu", 0 },	     { "cgroup", 0 },	 { "fib", 0 },
	{ "time", 0 },	     { "day", 0 },	 { "hour", 0 },
	{ "numgen", 1 },     { "jhash", 0 },	 { "symhash", 0 },
	{ "osf", 0 },	     { "ipsec", 1 },
};

/* Selectors of which the word behind them takes a further one. */
static const char *const longer[][2] = {
	{ "tcp", "option" },  { "sctp", "chunk" }, { "dccp", "option" },
	{ "arp", "saddr" },   { "arp", "daddr" },  { "ct", "original" },
	{ "ct", "reply" },    { "rt", "ip" },	   { "rt", "ip6" },
	{ "ip", "option" },
};

static const char *const operators[] = { ".",	"&",   "|",  "^",   "<<",
					 ">>",	"-",   "/",  ":",   ",",
					 "and", "or",  "xor", "lshift",
					 "rshift" };
static const char *const relations[] = { "==", "!=", "<",  ">",	 "<=", ">=",
					 "!",  "eq", "ne", "lt", "gt", "le",
					 "ge", "not" };

/* numgen … mod N offset N, jhash … mod N seed N offset N */
static void mod_args(struct fw_cursor *c)
{
	static const char *const keys[] = { "mod", "seed", "offset" };

	while (at_any(c, keys, FW_ARRAY_SIZE(keys)))
		take(c, 2);
}

/* fib saddr . iif oif */
static void fib_args(struct fw_cursor *c)
{
	take(c, 1);
	while (take_mark(c, "."))
		take(c, 1);
	take(c, 1);
}

/* Fields that follow a field: `tcp option maxseg size`, `ct original ip
 * saddr`, `socket cgroupv2 level 2`, `arp saddr ip`. */
static void longer_args(struct fw_cursor *c, const char *first,
			const char *second)
{
	static const char *const families_[] = { "ip", "ip6" };
	static const char *const arp[] = { "ip", "ether" };

	if (!strcmp(first, "arp")) {
		if (at_any(c, arp, FW_ARRAY_SIZE(arp)))
			take(c, 1);
		return;
	}
	if (!strcmp(first, "ct")) {
		take(c, at_any(c, families_, FW_ARRAY_SIZE(families_)) ? 2 : 1);
		return;
	}
	take(c, 1);
	if (!strcmp(second, "option") || !strcmp(second, "chunk")) {
		const struct fw_word *w = peek(c);

		if (w && w->kind == FW_WORD_PLAIN &&
		    !at_any(c, relations, FW_ARRAY_SIZE(relations)) &&
		    !at_word(c, "exists") && !at_word(c, "missing"))
			take(c, 1);
	}
}

/* ct bytes original */
static void ct_direction(struct fw_cursor *c, const struct fw_word *key)
{
	if ((fw_word_is(key, "bytes") || fw_word_is(key, "packets") ||
	     fw_word_is(key, "avgpkt")) && !take_word(c, "original"))
		(void)take_word(c, "reply");
}

static bool selector(struct fw_cursor *c)
{
	const char *first = peek(c)->text;
	const struct fw_word *second;

	for (size_t i = 0; i < FW_ARRAY_SIZE(selectors); i++) {
		if (!at_word(c, selectors[i].word))
			continue;
		take(c, 1);
		second = peek(c);
		take(c, selectors[i].args);
		/* rt0 addr[1], srh sid[2] */
		if (selectors[i].args && peek(c) && *peek(c)->text == '[')
			take(c, 1);
		if (!strcmp(first, "ct") && second)
			ct_direction(c, second);
		if (!strcmp(first, "fib")) {
			fib_args(c);
		} else if (!strcmp(first, "jhash")) {
			(void)fw_shape_expression(c);
			mod_args(c);
		} else if (!strcmp(first, "numgen") ||
			   !strcmp(first, "symhash")) {
			mod_args(c);
		} else if (!strcmp(first, "osf")) {
			take(c, take_word(c, "ttl") ? 2 : 1);
		} else if (!strcmp(first, "ipsec")) {
			if (take_word(c, "spnum"))
				take(c, 1);
			take(c, at_word(c, "ip") || at_word(c, "ip6") ? 2 : 1);
		} else if (!strcmp(first, "socket") && second &&
			   fw_word_is(second, "cgroupv2")) {
			take(c, 2);
		}
		for (size_t k = 0; second && k < FW_ARRAY_SIZE(longer); k++)
			if (!strcmp(first, longer[k][0]) &&
			    fw_word_is(second, longer[k][1]))
				longer_args(c, first, longer[k][1]);
		return true;
	}
	return false;
}

/* --- expressions ---------------------------------------------------------- */
static bool parenthesis(struct fw_cursor *c)
{
	size_t depth = 0;

	do {
		if (at_mark(c, "("))
			depth++;
		else if (at_mark(c, ")"))
			depth--;
		take(c, 1);
	} while (depth && peek(c));
	return true;
}

bool fw_shape_term(struct fw_cursor *c)
{
	const struct fw_word *w = peek(c);

	if (!w)
		return false;
	if (at_mark(c, "("))
		return parenthesis(c);
	if (at_mark(c, "[")) {
		/* [2001:db8::1]:80 */
		while (peek(c) && !take_mark(c, "]"))
			take(c, 1);
		return true;
	}
	if (w->kind == FW_WORD_MARK) {
		/* `to :5300`, `- 5`, `*` */
		take(c, 1);
		if (!fw_mark_is(w, "*"))
			return fw_shape_term(c);
		return true;
	}
	if (w->kind == FW_WORD_SET) {
		/* @th,16,32 */
		take(c, 1);
		if (at_mark(c, ",") && c->pos + 3 < c->n &&
		    fw_mark_is(&c->words[c->pos + 2], ","))
			take(c, 4);
		else if (at_mark(c, ",") && c->pos + 3 == c->n)
			take(c, 3);
		return true;
	}
	if (w->kind == FW_WORD_PLAIN && !c->values && selector(c))
		return true;
	take(c, 1);
	return true;
}

bool fw_shape_expression(struct fw_cursor *c)
{
	if (!fw_shape_term(c))
		return false;
	for (;;) {
		if (at_word(c, "map") || at_word(c, "vmap")) {
			take(c, 1);
			if (!fw_shape_term(c))
				return false;
		} else if (at_any(c, operators, FW_ARRAY_SIZE(operators))) {
			take(c, 1);
			if (!fw_shape_term(c))
				return false;
		} else {
			return true;
		}
	}
}

bool fw_shape_match(struct fw_cursor *c)
{
	size_t from = c->pos;

	if (!fw_shape_expression(c))
		return false;
	for (size_t i = from; i < c->pos; i++)
		if (fw_word_is(&c->words[i], "vmap"))
			return true;
	if (take_word(c, "set"))
		return fw_shape_expression(c);
	if (at_any(c, relations, FW_ARRAY_SIZE(relations)))
		take(c, 1);
	c->values = true;
	return fw_shape_expression(c);
}

/* --- what others ask ------------------------------------------------------ */
const char *fw_shape_match_reason(struct fw_arena *arena,
				  const struct fw_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fw_word_is(&words[i], "vmap"))
			return "vmap";
	if (words[0].kind == FW_WORD_SET)
		return fw_arena_printf(arena, "@%s", words[0].text);
	for (size_t i = 0; i < FW_ARRAY_SIZE(selectors); i++) {
		if (!fw_word_is(&words[0], selectors[i].word))
			continue;
		if (fw_word_is(&words[0], "fib"))
			return "fib";
		for (size_t k = 1; k < n && k < 5; k++)
			if (fw_mark_is(&words[k], "."))
				return "concatenation";
		if (!selectors[i].args || n < 2)
			return words[0].text;
		return fw_arena_printf(arena, "%s %s", words[0].text,
				       words[1].text);
	}
	return words[0].text;
}

bool fw_shape_begins_match(const struct fw_word *word)
{
	if (word->kind == FW_WORD_SET)
		return true;
	for (size_t i = 0; i < FW_ARRAY_SIZE(selectors); i++)
		if (fw_word_is(word, selectors[i].word))
			return true;
	return false;
}

const char *fw_shape_selector(size_t i)
{
	return i < FW_ARRAY_SIZE(selectors) ? selectors[i].word : NULL;
}
