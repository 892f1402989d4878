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
#include "compile/shapes.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "util/cleanup.h"

#define WORDS_MAX 128

/* --- statements ----------------------------------------------------------- */
static bool nothing(struct fw_cursor *c)
{
	(void)c;
	return true;
}

static bool one(struct fw_cursor *c)
{
	take(c, 1);
	return true;
}

static bool counter(struct fw_cursor *c)
{
	static const char *const keys[] = { "packets", "bytes" };

	if (take_word(c, "name"))
		return fw_shape_expression(c);
	if (peek(c) && peek(c)->kind == FW_WORD_STRING)
		return one(c);
	while (at_any(c, keys, FW_ARRAY_SIZE(keys)))
		take(c, 2);
	return true;
}

static void log_flags(struct fw_cursor *c)
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

static bool log_statement(struct fw_cursor *c)
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
static void amount(struct fw_cursor *c)
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

static bool limit(struct fw_cursor *c)
{
	if (take_word(c, "name"))
		return fw_shape_expression(c);
	if (!take_word(c, "rate"))
		return fw_shape_term(c);
	(void)(take_word(c, "over") || take_word(c, "until"));
	amount(c);
	if (take_mark(c, "/"))
		take(c, 1);
	if (take_word(c, "burst"))
		amount(c);
	return true;
}

static bool quota(struct fw_cursor *c)
{
	if (take_word(c, "name"))
		return fw_shape_expression(c);
	(void)(take_word(c, "over") || take_word(c, "until"));
	amount(c);
	if (take_word(c, "used"))
		amount(c);
	return true;
}

static bool reject(struct fw_cursor *c)
{
	if (!take_word(c, "with"))
		return true;
	take(c, 1);
	(void)take_word(c, "type");
	take(c, 1);
	return true;
}

/* `snat ip to …`, but also `snat ip saddr map { … }`. */
static bool at_family(const struct fw_cursor *c)
{
	static const char *const behind[] = { "addr", "interval", "prefix",
					      "to" };
	const struct fw_cursor next = { .words = c->words, .n = c->n,
				     .pos = c->pos + 1 };

	return (at_word(c, "ip") || at_word(c, "ip6")) &&
	       at_any(&next, behind, FW_ARRAY_SIZE(behind));
}

static bool nat(struct fw_cursor *c)
{
	static const char *const flags[] = { "random", "persistent",
					     "fully-random", "," };

	if (at_family(c))
		take(c, 1);
	else if (at_word(c, "ip") || at_word(c, "ip6"))
		return fw_shape_expression(c);
	if (take_word(c, "addr") || take_word(c, "interval"))
		while (take_mark(c, "."))
			take(c, 1);
	(void)take_word(c, "prefix");
	if (take_word(c, "to")) {
		(void)take_mark(c, ":");
		if (!fw_shape_expression(c))
			return false;
	} else if (peek(c) && peek(c)->kind != FW_WORD_PLAIN &&
		   !fw_shape_expression(c)) {
		return false;
	}
	while (at_any(c, flags, FW_ARRAY_SIZE(flags)))
		take(c, 1);
	return true;
}

static bool queue(struct fw_cursor *c)
{
	static const char *const flags[] = { "bypass", "fanout", "," };

	/* A flag that there is not is nft's to refuse. */
	if (take_word(c, "flags"))
		do
			take(c, 1);
		while (take_mark(c, ","));
	if ((take_word(c, "num") || take_word(c, "to")) && !fw_shape_expression(c))
		return false;
	while (at_any(c, flags, FW_ARRAY_SIZE(flags)))
		take(c, 1);
	return true;
}

static bool duplicate(struct fw_cursor *c)
{
	(void)(take_word(c, "ip") || take_word(c, "ip6"));
	if (take_word(c, "to") && !fw_shape_expression(c))
		return false;
	return !take_word(c, "device") || fw_shape_expression(c);
}

static bool meter(struct fw_cursor *c)
{
	take(c, 1);
	if (take_word(c, "size"))
		take(c, 1);
	return fw_shape_term(c);
}

/* add @set { … }, flow add @table, set add … @set */
static bool set_update(struct fw_cursor *c)
{
	static const char *const verbs[] = { "add", "update", "delete",
					     "offload" };

	while (at_any(c, verbs, FW_ARRAY_SIZE(verbs)))
		take(c, 1);
	if (!fw_shape_expression(c))
		return false;
	if (take_word(c, "timeout"))
		take(c, 1);
	if (peek(c) && (peek(c)->kind == FW_WORD_BRACE ||
			peek(c)->kind == FW_WORD_SET))
		take(c, 1);
	return true;
}

static bool synproxy(struct fw_cursor *c)
{
	static const char *const keys[] = { "mss", "wscale" };
	static const char *const flags[] = { "timestamp", "sack-perm" };

	if (take_word(c, "name"))
		return fw_shape_expression(c);
	for (;;) {
		if (at_any(c, keys, FW_ARRAY_SIZE(keys)))
			take(c, 2);
		else if (at_any(c, flags, FW_ARRAY_SIZE(flags)))
			take(c, 1);
		else
			return true;
	}
}

static bool reset(struct fw_cursor *c)
{
	take(c, 3);
	return true;
}

static const struct {
	const char *word;
	bool (*read)(struct fw_cursor *c);
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
static bool ct_count(struct fw_cursor *c)
{
	take(c, 2);
	(void)take_word(c, "over");
	take(c, 1);
	return true;
}

/* --- reasons -------------------------------------------------------------- */
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

int fw_shape(struct fw_arena *arena, const struct fw_word *words,
	     size_t n_words, struct fw_shape *ret)
{
	struct fw_cursor c = { words, n_words, 0, false };

	ret->kind = FW_SHAPE_UNKNOWN;
	ret->reason = words[0].text;
	if (n_words > 1 && fw_word_is(&words[0], "ct") &&
	    fw_word_is(&words[1], "count")) {
		ret->kind = FW_SHAPE_STATEMENT;
		ret->reason = "ct count";
		(void)ct_count(&c);
	} else if (fw_shape_begins_match(&words[0])) {
		ret->kind = FW_SHAPE_MATCH;
		if (!fw_shape_match(&c))
			c.pos = n_words;
		ret->reason = fw_shape_match_reason(arena, words, c.pos);
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
	static const char *words[WORDS_MAX];
	size_t n = 0;

	while ((words[n] = fw_shape_selector(n)))
		n++;
	assert(n + FW_ARRAY_SIZE(statements) < WORDS_MAX);
	for (size_t i = 0; i < FW_ARRAY_SIZE(statements); i++)
		words[n++] = statements[i].word;
	words[n++] = "inspect";
	*ret_n = n;
	return words;
}
