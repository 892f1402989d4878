/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For shapes.c and shapes_expression.c alone: the reader of a rule's words, and
 * what statements ask of expressions.
 */
#pragma once

#include "compile/vocabulary.h"

/* take() at the end does nothing. */
struct fw_cursor {
	const struct fw_word *words;
	size_t n, pos;
	bool values;	/* behind a relation: `tcp` is a value there, and no
			   selector */
};

static inline const struct fw_word *peek(const struct fw_cursor *c)
{
	return c->pos < c->n ? &c->words[c->pos] : NULL;
}

static inline void take(struct fw_cursor *c, size_t n)
{
	c->pos = c->pos + n < c->n ? c->pos + n : c->n;
}

static inline bool at_word(const struct fw_cursor *c, const char *text)
{
	return peek(c) && fw_word_is(peek(c), text);
}

static inline bool at_mark(const struct fw_cursor *c, const char *text)
{
	return peek(c) && fw_mark_is(peek(c), text);
}

static inline bool take_word(struct fw_cursor *c, const char *text)
{
	if (!at_word(c, text))
		return false;
	take(c, 1);
	return true;
}

static inline bool take_mark(struct fw_cursor *c, const char *text)
{
	if (!at_mark(c, text))
		return false;
	take(c, 1);
	return true;
}

static inline bool at_any(const struct fw_cursor *c, const char *const *words,
			  size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at_word(c, words[i]) || at_mark(c, words[i]))
			return true;
	return false;
}

/* --- shapes_expression.c -------------------------------------------------- */
/* Terms with operators between them, and maps behind them. false: its end is
 * not known; so for the others. */
bool fw_shape_expression(struct fw_cursor *c);
/* A single term. */
bool fw_shape_term(struct fw_cursor *c);
/* A selector with what it is compared with, looked up in, or set to. */
bool fw_shape_match(struct fw_cursor *c);
bool fw_shape_begins_match(const struct fw_word *word);
/* A short name for the match of n words; NULL: out of memory. */
const char *fw_shape_match_reason(struct fw_arena *arena,
				  const struct fw_word *words, size_t n);
/* The first word of selector i, or NULL behind the last. */
const char *fw_shape_selector(size_t i);
