/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shapes: where a match or statement of nft ends that Flywall does not
 * understand.
 *
 * In: the words of a rule from some point on. Out: how many of them belong to
 * the statement there, and a short name for it. No word is judged; it is only
 * known which words take which others behind them, so that a chain called
 * `inspect` or `log prefix learn` are not taken for Flywall's own words. What
 * has no known shape takes the rest of the rule. Tables follow the grammar of
 * nft 1.0.6.
 */
#include <errno.h>
#include <string.h>

#include "compile/vocabulary.h"
#include "util/cleanup.h"

/* A reader of words; take() at the end does nothing. */
struct cursor {
	const struct fw_word *words;
	size_t n, pos;
	bool values;	/* behind a relation: `tcp` is a value there, and no
			   selector */
};

static const struct fw_word *peek(const struct cursor *c)
{
	return c->pos < c->n ? &c->words[c->pos] : NULL;
}

static void take(struct cursor *c, size_t n)
{
	c->pos = c->pos + n < c->n ? c->pos + n : c->n;
}

static bool at_word(const struct cursor *c, const char *text)
{
	return peek(c) && fw_word_is(peek(c), text);
}

static bool at_mark(const struct cursor *c, const char *text)
{
	return peek(c) && fw_mark_is(peek(c), text);
}

static bool take_word(struct cursor *c, const char *text)
{
	if (!at_word(c, text))
		return false;
	take(c, 1);
	return true;
}

static bool take_mark(struct cursor *c, const char *text)
{
	if (!at_mark(c, text))
		return false;
	take(c, 1);
	return true;
}

static bool at_any(const struct cursor *c, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at_word(c, words[i]) || at_mark(c, words[i]))
			return true;
	return false;
}

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

static bool expression(struct cursor *c);

/* numgen … mod N offset N, jhash … mod N seed N offset N */
static void mod_args(struct cursor *c)
{
	static const char *const keys[] = { "mod", "seed", "offset" };

	while (at_any(c, keys, FW_ARRAY_SIZE(keys)))
		take(c, 2);
}

/* fib saddr . iif oif */
static void fib_args(struct cursor *c)
{
	take(c, 1);
	while (take_mark(c, "."))
		take(c, 1);
	take(c, 1);
}

/* Fields that follow a field: `tcp option maxseg size`, `ct original ip
 * saddr`, `socket cgroupv2 level 2`, `arp saddr ip`. */
static void longer_args(struct cursor *c, const char *first,
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
static void ct_direction(struct cursor *c, const struct fw_word *key)
{
	if ((fw_word_is(key, "bytes") || fw_word_is(key, "packets") ||
	     fw_word_is(key, "avgpkt")) && !take_word(c, "original"))
		(void)take_word(c, "reply");
}

static bool selector(struct cursor *c)
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
			(void)expression(c);
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
static bool parenthesis(struct cursor *c)
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

static bool primary(struct cursor *c)
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
			return primary(c);
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

/* Terms with operators between them, and maps behind them. */
static bool expression(struct cursor *c)
{
	if (!primary(c))
		return false;
	for (;;) {
		if (at_word(c, "map") || at_word(c, "vmap")) {
			take(c, 1);
			if (!primary(c))
				return false;
		} else if (at_any(c, operators, FW_ARRAY_SIZE(operators))) {
			take(c, 1);
			if (!primary(c))
				return false;
		} else {
			return true;
		}
	}
}

/* A selector with what it is compared with, looked up in, or set to. */
static bool match(struct cursor *c)
{
	size_t from = c->pos;

	if (!expression(c))
		return false;
	for (size_t i = from; i < c->pos; i++)
		if (fw_word_is(&c->words[i], "vmap"))
			return true;
	if (take_word(c, "set"))
		return expression(c);
	if (at_any(c, relations, FW_ARRAY_SIZE(relations)))
		take(c, 1);
	c->values = true;
	return expression(c);
}

/* --- statements ----------------------------------------------------------- */
static bool nothing(struct cursor *c)
{
	(void)c;
	return true;
}

static bool one(struct cursor *c)
{
	take(c, 1);
	return true;
}

static bool counter(struct cursor *c)
{
	static const char *const keys[] = { "packets", "bytes" };

	if (take_word(c, "name"))
		return expression(c);
	if (peek(c) && peek(c)->kind == FW_WORD_STRING)
		return one(c);
	while (at_any(c, keys, FW_ARRAY_SIZE(keys)))
		take(c, 2);
	return true;
}

static void log_flags(struct cursor *c)
{
	if (take_word(c, "tcp")) {
		do
			take(c, 1);
		while (take_mark(c, ","));
	} else {
		(void)take_word(c, "ip");
		take(c, 1);
	}
}

static bool log_statement(struct cursor *c)
{
	static const char *const keys[] = { "prefix",  "level",
					    "group",   "snaplen",
					    "queue-threshold" };

	for (;;) {
		if (at_any(c, keys, FW_ARRAY_SIZE(keys)))
			take(c, 2);
		else if (take_word(c, "flags"))
			log_flags(c);
		else
			return true;
	}
}

/* 10 mbytes, 5, 9 kbytes, 10 mbytes/second: the last is one word to nft */
static void amount(struct cursor *c)
{
	static const char *const units[] = { "bytes", "kbytes", "mbytes",
					     "packets" };

	take(c, 1);
	for (size_t i = 0; peek(c) && i < FW_ARRAY_SIZE(units); i++) {
		size_t len = strlen(units[i]);

		if (peek(c)->kind != FW_WORD_PLAIN ||
		    strncmp(peek(c)->text, units[i], len) ||
		    (peek(c)->text[len] && peek(c)->text[len] != '/'))
			continue;
		take(c, 1);
		return;
	}
}

static bool limit(struct cursor *c)
{
	if (take_word(c, "name"))
		return expression(c);
	if (!take_word(c, "rate"))
		return primary(c);
	(void)(take_word(c, "over") || take_word(c, "until"));
	amount(c);
	if (take_mark(c, "/"))
		take(c, 1);
	if (take_word(c, "burst"))
		amount(c);
	return true;
}

static bool quota(struct cursor *c)
{
	if (take_word(c, "name"))
		return expression(c);
	(void)(take_word(c, "over") || take_word(c, "until"));
	amount(c);
	if (take_word(c, "used"))
		amount(c);
	return true;
}

static bool reject(struct cursor *c)
{
	if (!take_word(c, "with"))
		return true;
	take(c, 1);
	(void)take_word(c, "type");
	take(c, 1);
	return true;
}

/* `snat ip to …`, but also `snat ip saddr map { … }`. */
static bool at_family(const struct cursor *c)
{
	static const char *const behind[] = { "addr", "interval", "prefix",
					      "to" };
	const struct cursor next = { .words = c->words, .n = c->n,
				     .pos = c->pos + 1 };

	return (at_word(c, "ip") || at_word(c, "ip6")) &&
	       at_any(&next, behind, FW_ARRAY_SIZE(behind));
}

static bool nat(struct cursor *c)
{
	static const char *const flags[] = { "random", "persistent",
					     "fully-random", "," };

	if (at_family(c))
		take(c, 1);
	else if (at_word(c, "ip") || at_word(c, "ip6"))
		return expression(c);
	if (take_word(c, "addr") || take_word(c, "interval"))
		while (take_mark(c, "."))
			take(c, 1);
	(void)take_word(c, "prefix");
	if (take_word(c, "to")) {
		(void)take_mark(c, ":");
		if (!expression(c))
			return false;
	} else if (peek(c) && peek(c)->kind != FW_WORD_PLAIN &&
		   !expression(c)) {
		return false;
	}
	while (at_any(c, flags, FW_ARRAY_SIZE(flags)))
		take(c, 1);
	return true;
}

static bool queue(struct cursor *c)
{
	static const char *const flags[] = { "bypass", "fanout", "," };

	/* A flag that there is not is nft's to refuse. */
	if (take_word(c, "flags"))
		do
			take(c, 1);
		while (take_mark(c, ","));
	if ((take_word(c, "num") || take_word(c, "to")) && !expression(c))
		return false;
	while (at_any(c, flags, FW_ARRAY_SIZE(flags)))
		take(c, 1);
	return true;
}

static bool duplicate(struct cursor *c)
{
	(void)(take_word(c, "ip") || take_word(c, "ip6"));
	if (take_word(c, "to") && !expression(c))
		return false;
	return !take_word(c, "device") || expression(c);
}

static bool meter(struct cursor *c)
{
	take(c, 1);
	if (take_word(c, "size"))
		take(c, 1);
	return primary(c);
}

/* add @set { … }, flow add @table, set add … @set */
static bool set_update(struct cursor *c)
{
	static const char *const verbs[] = { "add", "update", "delete",
					     "offload" };

	while (at_any(c, verbs, FW_ARRAY_SIZE(verbs)))
		take(c, 1);
	if (!expression(c))
		return false;
	if (take_word(c, "timeout"))
		take(c, 1);
	if (peek(c) && (peek(c)->kind == FW_WORD_BRACE ||
			peek(c)->kind == FW_WORD_SET))
		take(c, 1);
	return true;
}

static bool synproxy(struct cursor *c)
{
	static const char *const keys[] = { "mss", "wscale" };
	static const char *const flags[] = { "timestamp", "sack-perm" };

	if (take_word(c, "name"))
		return expression(c);
	for (;;) {
		if (at_any(c, keys, FW_ARRAY_SIZE(keys)))
			take(c, 2);
		else if (at_any(c, flags, FW_ARRAY_SIZE(flags)))
			take(c, 1);
		else
			return true;
	}
}

static bool reset(struct cursor *c)
{
	take(c, 3);
	return true;
}

static const struct {
	const char *word;
	bool (*read)(struct cursor *c);
} statements[] = {
	{ "accept", nothing },	 { "drop", nothing },
	{ "continue", nothing }, { "return", nothing },
	{ "jump", one },	 { "goto", one },
	{ "counter", counter },	 { "log", log_statement },
	{ "limit", limit },	 { "quota", quota },
	{ "reject", reject },	 { "snat", nat },
	{ "dnat", nat },	 { "masquerade", nat },
	{ "redirect", nat },	 { "tproxy", nat },
	{ "queue", queue },	 { "dup", duplicate },
	{ "fwd", duplicate },	 { "notrack", nothing },
	{ "meter", meter },	 { "add", set_update },
	{ "update", set_update }, { "delete", set_update },
	{ "set", set_update },	 { "flow", set_update },
	{ "synproxy", synproxy }, { "reset", reset },
	{ "comment", one },
};

/* `ct count over 20` is a statement; other words behind ct are keys. */
static bool ct_count(struct cursor *c)
{
	take(c, 2);
	(void)take_word(c, "over");
	take(c, 1);
	return true;
}

/* --- reasons -------------------------------------------------------------- */
static const char *match_reason(struct fw_arena *arena,
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

static const char *statement_reason(struct fw_arena *arena,
				    const struct fw_word *words, size_t n)
{
	static const char *const two[] = { "limit", "quota", "counter",
					   "flow" };

	for (size_t i = 0; n > 1 && i < FW_ARRAY_SIZE(two); i++)
		if (fw_word_is(&words[0], two[i]) &&
		    words[1].kind == FW_WORD_PLAIN)
			return fw_arena_printf(arena, "%s %s", words[0].text,
					       words[1].text);
	return words[0].text;
}

static bool begins_match(const struct fw_word *word)
{
	if (word->kind == FW_WORD_SET)
		return true;
	for (size_t i = 0; i < FW_ARRAY_SIZE(selectors); i++)
		if (fw_word_is(word, selectors[i].word))
			return true;
	return false;
}

int fw_shape(struct fw_arena *arena, const struct fw_word *words,
	     size_t n_words, struct fw_shape *ret)
{
	struct cursor c = { words, n_words, 0, false };

	ret->kind = FW_SHAPE_UNKNOWN;
	ret->reason = words[0].text;
	if (n_words > 1 && fw_word_is(&words[0], "ct") &&
	    fw_word_is(&words[1], "count")) {
		ret->kind = FW_SHAPE_STATEMENT;
		ret->reason = "ct count";
		(void)ct_count(&c);
	} else if (begins_match(&words[0])) {
		ret->kind = FW_SHAPE_MATCH;
		if (!match(&c))
			c.pos = n_words;
		ret->reason = match_reason(arena, words, c.pos);
	} else {
		for (size_t i = 0; i < FW_ARRAY_SIZE(statements); i++) {
			if (!fw_word_is(&words[0], statements[i].word))
				continue;
			ret->kind = FW_SHAPE_STATEMENT;
			take(&c, 1);
			if (!statements[i].read(&c))
				c.pos = n_words;
			ret->reason = statement_reason(arena, words, c.pos);
			break;
		}
	}
	ret->n_words = ret->kind == FW_SHAPE_UNKNOWN ? n_words : c.pos;
	return ret->reason ? 0 : -ENOMEM;
}

const char *const *fw_shape_words(size_t *ret_n)
{
	static const char *words[FW_ARRAY_SIZE(selectors) +
				 FW_ARRAY_SIZE(statements) + 1];
	size_t n = 0;

	for (size_t i = 0; i < FW_ARRAY_SIZE(selectors); i++)
		words[n++] = selectors[i].word;
	for (size_t i = 0; i < FW_ARRAY_SIZE(statements); i++)
		words[n++] = statements[i].word;
	words[n++] = "inspect";
	*ret_n = n;
	return words;
}
