/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diagnostics as text, for people:
 *
 *	rules.conf:3:12-15: Error: text
 *		tcp dprt 22 accept
 *		    ^^^^
 *	included from main.conf:7
 *	rules.conf:1:1-5: a second place
 *	…
 *	  did you mean 'dport'?
 *
 * In: records. Out: lines. Source lines come from users and may be hostile:
 * control characters are shown as '?', and of a very long line only the part
 * around the words in question.
 */
#include "util/diag.h"

#include <string.h>

#define SHOWN_BYTES 200		/* of a source line */
#define SHOWN_BEFORE 60		/* of them in front of the place */

static const char *const severity_titles[] = {
	[FW_SEVERITY_ERROR] = "Error: ",
	[FW_SEVERITY_WARNING] = "Warning: ",
	[FW_SEVERITY_NOTE] = "Note: ",
};

static bool is_continuation(char c)	/* of a UTF-8 character */
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static void print_char(char c, FILE *out)
{
	unsigned char u = (unsigned char)c;

	(void)fputc((u < 0x20 && c != '\t') || u == 0x7f ? '?' : c, out);
}

/* Texts quote the user's words. */
static void print_text(const char *text, FILE *out)
{
	for (; *text; text++)
		print_char(*text, out);
	(void)fputc('\n', out);
}

/* The start of a line of source (from 1), or NULL when there is none such. */
static const char *find_line(const struct fw_source *source, uint32_t line)
{
	const char *at = source->text, *end = source->text + source->len;

	for (uint32_t i = 1; i < line; i++) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at)
			return NULL;
		at++;
	}
	return at;
}

static void print_source_line(const struct fw_loc *loc, FILE *out)
{
	const struct fw_source *source = loc->source;
	const char *line = find_line(source, loc->line);
	size_t len, from = 0, to, first, last;
	const char *end;

	if (!line || !loc->col)
		return;
	end = memchr(line, '\n', (size_t)(source->text + source->len - line));
	len = (size_t)((end ? end : source->text + source->len) - line);

	first = loc->col - 1;
	last = loc->end_line == loc->line ? loc->end_col : len;
	if (first > len)
		first = len;
	if (last <= first)
		last = first + 1;
	if (len > SHOWN_BYTES && first > SHOWN_BEFORE)
		from = first - SHOWN_BEFORE;
	while (from && from < first && is_continuation(line[from]))
		from++;
	to = len - from > SHOWN_BYTES ? from + SHOWN_BYTES : len;
	while (to > first && to < len && is_continuation(line[to]))
		to--;

	(void)fputs(from ? "... " : "", out);
	for (size_t i = from; i < to; i++)
		print_char(line[i], out);
	(void)fprintf(out, "%s\n%s", to < len ? " ..." : "", from ? "    " : "");
	for (size_t i = from; i < first; i++) {
		if (!is_continuation(line[i]))
			(void)fputc(line[i] == '\t' ? '\t' : ' ', out);
	}
	for (size_t i = first; i < last && (i < to || i == first); i++) {
		if (i >= len || !is_continuation(line[i]))
			(void)fputc('^', out);
	}
	(void)fputc('\n', out);
}

static const char *loc_file(const struct fw_loc *loc)
{
	return loc->source ? loc->source->name : loc->file;
}

static void print_place(const struct fw_loc *loc, FILE *out)
{
	if (!loc_file(loc))
		return;
	(void)fputs(loc_file(loc), out);
	if (loc->line)
		(void)fprintf(out, ":%u", loc->line);
	if (loc->line && loc->col && loc->end_line == loc->line)
		(void)fprintf(out, ":%u-%u", loc->col,
			      loc->end_col > loc->col ? loc->end_col : loc->col);
	else if (loc->line && loc->col)
		(void)fprintf(out, ":%u", loc->col);
	(void)fputs(": ", out);
}

static void print_includers(const struct fw_loc *loc, FILE *out)
{
	const struct fw_source *source = loc->source;

	for (; source && source->includer; source = source->includer)
		(void)fprintf(out, "included from %s:%u\n",
			      source->includer->name, source->include_line);
}

static void print_diag(const struct fw_diag *diag, FILE *out)
{
	print_place(&diag->loc, out);
	(void)fputs(severity_titles[diag->severity], out);
	print_text(diag->text, out);
	if (diag->loc.source)
		print_source_line(&diag->loc, out);
	print_includers(&diag->loc, out);
	for (size_t i = 0; i < diag->n_related; i++) {
		print_place(&diag->related[i].loc, out);
		print_text(diag->related[i].text, out);
		if (diag->related[i].loc.source)
			print_source_line(&diag->related[i].loc, out);
	}
	if (diag->hint) {
		(void)fputs("  ", out);
		print_text(diag->hint, out);
	}
}

/* Errors go before the rest where not everything can be shown. */
void fw_diags_print(const struct fw_diags *diags, FILE *out)
{
	size_t errors = 0, others, more = 0;

	for (size_t i = 0; i < diags->n; i++)
		errors += diags->items[i].severity == FW_SEVERITY_ERROR;
	if (errors > FW_DIAG_SHOWN)
		errors = FW_DIAG_SHOWN;
	others = FW_DIAG_SHOWN - errors;

	for (size_t i = 0; i < diags->n; i++) {
		const struct fw_diag *diag = &diags->items[i];
		size_t *left = diag->severity == FW_SEVERITY_ERROR ? &errors : &others;

		if (*left) {
			print_diag(diag, out);
			--*left;
		} else {
			more++;
		}
	}
	if (more)
		(void)fprintf(out, "... and %zu more\n", more);
	if (diags->oom)
		(void)fputs("Error: out of memory\n", out);
}
