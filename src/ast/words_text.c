/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words as text, with the spacing of `nft list ruleset`.
 *
 * In: words. Out: text that the lexer reads as the same words, whatever the
 * spacing was that they were written with. Fails only by lack of memory.
 *
 * Where a mark may touch its neighbours is a matter of the lexer, too: names
 * may hold '-', '/' and '.', so behind a name these marks keep their distance.
 */
#include "ast/words.h"

#include <string.h>

#define WRAP_COLUMN 76

static bool is_mark(const struct fw_word *word, const char *mark)
{
	return word && word->kind == FW_WORD_MARK && !strcmp(word->text, mark);
}

/* Would the lexer take a '-' or '/' behind it for a part of it? */
static bool is_name(const struct fw_word *word)
{
	char c = word->text[0];

	if (word->kind == FW_WORD_DEFINE || word->kind == FW_WORD_SET)
		return true;
	return word->kind == FW_WORD_PLAIN && !strchr(word->text, ':') &&
	       ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("_.\\", c));
}

/* A number, an address, a time, a quoted string: what ranges are made of. */
static bool is_value(const struct fw_word *word)
{
	return word && (word->kind == FW_WORD_PLAIN || word->kind == FW_WORD_STRING) &&
	       !is_name(word);
}

/* `priority -100`, and at the beginning of a value */
static bool is_sign(const struct fw_word *before)
{
	return !before || (before->kind == FW_WORD_MARK && strcmp(before->text, ")") &&
			   strcmp(before->text, "]")) ||
	       (before->kind == FW_WORD_PLAIN &&
		(!strcmp(before->text, "priority") || !strcmp(before->text, "offset")));
}

/* Is there a space between words[i - 1] and words[i]? i > 0. */
static bool spaced(const struct fw_words_style *style, const struct fw_word *words,
		   size_t i, bool in_list)
{
	const struct fw_word *before = &words[i - 1], *word = &words[i];
	const struct fw_word *first = i > 1 ? &words[i - 2] : NULL;

	if (is_mark(word, ",") || is_mark(word, ";") || is_mark(word, ")") ||
	    is_mark(word, "]"))
		return false;
	if (is_mark(before, "(") || is_mark(before, "["))
		return false;
	if (is_mark(before, ","))
		return in_list || style->wide_commas;
	if (is_mark(word, "-"))
		return !is_value(before);
	if (is_mark(before, "-"))
		return !is_value(first) && !is_sign(first);
	if (is_mark(word, "/"))
		return !is_value(before) || before->kind == FW_WORD_STRING;
	if (is_mark(before, "/"))
		return !is_value(first) || first->kind == FW_WORD_STRING;
	if (!in_list && (is_mark(word, ":") || is_mark(before, ":")))
		return word->space;
	return true;
}

/* jump { … } and goto { … } hold rules, not elements. */
static bool holds_rules(const struct fw_word *before)
{
	return before && before->kind == FW_WORD_PLAIN &&
	       (!strcmp(before->text, "jump") || !strcmp(before->text, "goto"));
}

static void add_brace(struct fw_buf *buf, const struct fw_words_style *style,
		      const struct fw_word *brace, bool rules);

static void add_word(struct fw_buf *buf, const struct fw_words_style *style,
		     const struct fw_word *before, const struct fw_word *word)
{
	size_t from = buf->len;

	switch (word->kind) {
	case FW_WORD_STRING:
		fw_buf_printf(buf, "\"%s\"", word->text);
		break;
	case FW_WORD_DEFINE:
		fw_buf_printf(buf, "$%s", word->text);
		break;
	case FW_WORD_SET:
		fw_buf_printf(buf, "@%s", word->text);
		break;
	case FW_WORD_BRACE:
		add_brace(buf, style, word, holds_rules(before));
		break;
	default:
		fw_buf_add(buf, word->text);
	}
	if (style->placed)
		style->placed(style->ctx, word, from, buf->len);
}

static size_t column(const struct fw_buf *buf)
{
	size_t n = 0;

	while (n < buf->len && buf->text[buf->len - n - 1] != '\n')
		n++;
	return n;
}

/* Long lists go on in the next line: in them a newline is white space. */
static void add_space(struct fw_buf *buf, const struct fw_words_style *style, bool may_wrap)
{
	if (!style->wrap || !may_wrap || column(buf) < WRAP_COLUMN) {
		fw_buf_addc(buf, ' ');
		return;
	}
	fw_buf_addc(buf, '\n');
	for (size_t i = 0; i < style->indent; i++)
		fw_buf_addc(buf, '\t');
}

static void add_words(struct fw_buf *buf, const struct fw_words_style *style,
		      const struct fw_word *words, size_t n, bool in_list)
{
	for (size_t i = 0; i < n; i++) {
		if (i && spaced(style, words, i, in_list))
			add_space(buf, style, in_list && is_mark(&words[i - 1], ","));
		add_word(buf, style, i ? &words[i - 1] : NULL, &words[i]);
	}
}

static void add_brace(struct fw_buf *buf, const struct fw_words_style *style,
		      const struct fw_word *brace, bool rules)
{
	if (!brace->n_words) {
		fw_buf_add(buf, "{ }");
		return;
	}
	fw_buf_add(buf, "{ ");
	add_words(buf, style, brace->words, brace->n_words, !rules);
	fw_buf_add(buf, " }");
}

void fw_words_add(struct fw_buf *buf, const struct fw_words_style *style,
		  const struct fw_word *words, size_t n_words)
{
	add_words(buf, style, words, n_words, false);
}

static char *text_of(struct fw_arena *arena, const struct fw_word *words, size_t n_words,
		     bool in_list)
{
	struct fw_words_style style = { 0 };
	struct fw_buf buf = { 0 };
	char *text;

	add_words(&buf, &style, words, n_words, in_list);
	text = buf.failed ? NULL : fw_arena_strndup(arena, buf.text ? buf.text : "", buf.len);
	fw_buf_done(&buf);
	return text;
}

char *fw_words_text(struct fw_arena *arena, const struct fw_word *words, size_t n_words)
{
	return text_of(arena, words, n_words, false);
}

char *fw_words_element(struct fw_arena *arena, const struct fw_word *words, size_t n_words)
{
	return text_of(arena, words, n_words, true);
}
