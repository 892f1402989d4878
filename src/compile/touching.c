/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words that touch: `1.1.1.1.1`, `0xzz`, `fe80:::1`, `10x`.
 *
 * In: a run of words. Out: how many of them were meant as one, and their text.
 * nft's lexer ends a word where its kind does, so that `22accept` is two; what
 * is behind such an end and begins nothing is a value written wrong. Only
 * memory fails.
 */
#include <string.h>

#include "compile/rule.h"

static bool touches(const struct fw_word *a, const struct fw_word *b)
{
	return a->loc.source && a->loc.source == b->loc.source &&
	       a->loc.end_line == b->loc.line && a->loc.end_col + 1 == b->loc.col;
}

static bool begins_something(const struct fw_word *word)
{
	const char *const *words, *own;
	size_t n;

	if (fw_rule_goes_on(word))
		return true;
	words = fw_shape_words(&n);
	for (size_t i = 0; i < n; i++)
		if (fw_word_is(word, words[i]))
			return true;
	for (size_t i = 0; (own = fw_rule_own_word(i)); i++)
		if (fw_word_is(word, own))
			return true;
	return false;
}

/* The last colon of fe80:::1 is a mark of its own. */
static bool is_colon(const struct fw_word *words, size_t n, size_t i)
{
	return i + 1 < n && fw_mark_is(&words[i], ":") &&
	       strchr(words[i - 1].text, ':') &&
	       touches(&words[i], &words[i + 1]);
}

size_t fw_words_touching(const struct fw_word *words, size_t n, size_t from)
{
	size_t to = from;

	if (!from || words[from - 1].kind != FW_WORD_PLAIN)
		return 0;
	while (to < n && touches(&words[to - 1], &words[to]) &&
	       (is_colon(words, n, to) || (words[to].kind == FW_WORD_PLAIN &&
					   !begins_something(&words[to]))))
		to++;
	return to - from;
}

const char *fw_words_as_one(struct fw_arena *arena, const struct fw_word *words,
			    size_t n)
{
	const char *text = words[0].text;

	for (size_t i = 1; text && i < n; i++)
		text = fw_arena_printf(arena, "%s%s", text, words[i].text);
	return text;
}
