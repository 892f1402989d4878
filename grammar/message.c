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

/* As it stands in the file; of a long word the beginning. */
static void add_found(struct fw_buf *buf, const struct fw_word *word)
{
	static const char *const forms[] = {
		[FW_WORD_PLAIN] = "'%.*s%s'",
		[FW_WORD_STRING] = "\"%.*s%s\"",
		[FW_WORD_DEFINE] = "'$%.*s%s'",
		[FW_WORD_SET] = "'@%.*s%s'",
		[FW_WORD_MARK] = "'%.*s%s'",
	};
	const int longest = 60;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	fw_buf_printf(buf, forms[word->kind], longest, word->text,
		      strlen(word->text) > (size_t)longest ? "…" : "");
#pragma GCC diagnostic pop
}

static bool ends_statement(const struct fw_word *word)
{
	return !strcmp(word->text, "\n") || !*word->text;
}

void fw_parse_unexpected(struct fw_parser *parser, const struct fw_loc *loc,
			 const char *const *expected, size_t n)
{
	const struct fw_word *found = &parser->given.word;
	struct fw_buf text = { 0 };

	for (size_t i = 0; i < n; i++)
		fw_buf_printf(&text, "%s%s", !i ? "expected " : i + 1 < n ? ", " : " or ",
			      expected[i]);
	fw_buf_add(&text, n ? ", found " : "unexpected ");
	if (ends_statement(found))
		fw_buf_add(&text, "the end of the line");
	else
		add_found(&text, found);
	if (text.failed)
		parser->oom = true;
	else
		fw_parse_error(parser, "syntax", loc, "%s", text.text);
	fw_buf_done(&text);
}
