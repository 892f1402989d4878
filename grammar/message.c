/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the grammar could not use, in plain words.
 *
 * In: the place, the token found, what would have fitted. Out: diagnostics.
 * Mute while a statement is skipped, so that one fault is one message; after
 * FW_PARSE_MAX_ERRORS reading stops.
 */
#include <stdarg.h>
#include <string.h>

#include "grammar/internal.h"
#include "util/buf.h"

struct fw_diag *fw_parse_error(struct fw_parser *parser, const char *id,
			       const struct fw_loc *loc, const char *format, ...)
{
	struct fw_diag *diag;
	va_list ap;
	char *text;

	if (parser->skipping || parser->stop)
		return NULL;
	va_start(ap, format);
	text = fw_arena_vprintf(parser->arena, format, ap);
	va_end(ap);
	diag = fw_error(parser->diags, id, loc, "%s", text ? text : "out of memory");
	if (++parser->n_errors >= FW_PARSE_MAX_ERRORS)
		parser->stop = true;
	return diag;
}

const char *fw_parse_found(struct fw_parser *parser, const struct fw_word *word)
{
	const char *before = "'", *behind = "'", *text;
	const int longest = 60;

	if (word->kind == FW_WORD_MARK && (!*word->text || !strcmp(word->text, "\n")))
		return "the end of the line";
	if (word->kind == FW_WORD_STRING)
		before = behind = "\"";
	else if (word->kind == FW_WORD_DEFINE)
		before = "'$";
	else if (word->kind == FW_WORD_SET)
		before = "'@";
	text = fw_arena_printf(parser->arena, "%s%.*s%s%s", before, longest, word->text,
			       strlen(word->text) > (size_t)longest ? "..." : "", behind);
	return text ? text : "this";
}

void fw_parse_unexpected(struct fw_parser *parser, const struct fw_loc *loc,
			 const char *const *expected, size_t n)
{
	struct fw_buf text = { 0 };

	for (size_t i = 0; i < n; i++)
		fw_buf_printf(&text, "%s%s", !i ? "expected " : i + 1 < n ? ", " : " or ",
			      expected[i]);
	fw_buf_printf(&text, "%s%s", n ? ", found " : "unexpected ",
		      fw_parse_found(parser, &parser->given.word));
	if (text.failed)
		parser->oom = true;
	else
		fw_parse_error(parser, "syntax", loc, "%s", text.text);
	fw_buf_done(&text);
}
