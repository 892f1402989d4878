/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree as canonical text, as `nft list ruleset` would lay it out.
 *
 * In: a tree. Out: text that parses to the same tree but for places; printing
 * that tree gives the same text. Errors are the stream's.
 */
#include <string.h>

#include "ast/ast.h"
#include "ast/words.h"
#include "util/buf.h"

struct printer {
	FILE *out;
	size_t depth;	/* tabs in front of a line */
	bool in_block;	/* Flywall's: a, b */
};

static const char *const kind_names[] = {
	[FW_ITEM_DEFINE] = "define",
	[FW_ITEM_REDEFINE] = "redefine",
	[FW_ITEM_UNDEFINE] = "undefine",
	[FW_ITEM_TABLE] = "table",
	[FW_ITEM_CHAIN] = "chain",
	[FW_ITEM_SET] = "set",
	[FW_ITEM_MAP] = "map",
	[FW_ITEM_OBJECT] = "object",
	[FW_ITEM_RULE] = "rule",
	[FW_ITEM_LINE] = "line",
	[FW_ITEM_BLOCK] = "block",
	[FW_ITEM_COMMAND] = "command",
};
_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == FW_ITEM_MAX_,
	       "every kind of item has a name");

const char *fw_item_kind_name(enum fw_item_kind kind)
{
	return kind_names[kind];
}

static void print_indent(const struct printer *printer)
{
	for (size_t i = 0; i < printer->depth; i++)
		(void)fputc('\t', printer->out);
}

static void print_words(const struct printer *printer, const struct fw_line *line)
{
	struct fw_words_style style = {
		.wide_commas = printer->in_block,
		.wrap = true,
		.indent = printer->depth + 2,
	};
	struct fw_buf buf = { 0 };

	fw_words_add(&buf, &style, line->words, line->n_words);
	if (buf.text)
		(void)fwrite(buf.text, 1, buf.len, printer->out);
	fw_buf_done(&buf);
}

static void print_end(const struct printer *printer, const char *allow)
{
	if (allow)
		(void)fprintf(printer->out, " # flywall: allow %s", allow);
	(void)fputc('\n', printer->out);
}

static void print_line(struct printer *printer, const struct fw_line *line)
{
	print_indent(printer);
	print_words(printer, line);
	if (!line->has_body) {
		print_end(printer, line->allow);
		return;
	}
	(void)fputs(" {", printer->out);
	print_end(printer, line->allow);
	printer->depth++;
	for (size_t i = 0; i < line->n_body; i++)
		print_line(printer, &line->body[i]);
	printer->depth--;
	print_indent(printer);
	(void)fputs("}\n", printer->out);
}

static void print_head(const struct printer *printer, const struct fw_item *item)
{
	const char *const words[] = {
		item->kind == FW_ITEM_OBJECT || item->kind == FW_ITEM_BLOCK ||
				item->kind == FW_ITEM_COMMAND ?
			item->object : kind_names[item->kind],
		item->kind == FW_ITEM_COMMAND ? NULL : item->family,
		item->kind == FW_ITEM_COMMAND ? NULL : item->name,
	};

	print_indent(printer);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i])
			(void)fprintf(printer->out, "%s%s", i ? " " : "", words[i]);
	}
}

static bool starts_with(const struct fw_item *item, const char *word)
{
	return item->kind == FW_ITEM_LINE && item->line.words[0].kind == FW_WORD_PLAIN &&
	       !strcmp(item->line.words[0].text, word);
}

static bool same_allow(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* `type filter hook input priority filter; policy drop;`: one line of the two. */
static bool print_hook(const struct printer *printer, const struct fw_item *type,
		       const struct fw_item *policy)
{
	if (!starts_with(type, "type") || !starts_with(policy, "policy") ||
	    !same_allow(type->line.allow, policy->line.allow))
		return false;
	print_indent(printer);
	print_words(printer, &type->line);
	(void)fputs("; ", printer->out);
	print_words(printer, &policy->line);
	(void)fputc(';', printer->out);
	print_end(printer, type->line.allow);
	return true;
}

static void print_items(struct printer *printer, const struct fw_item *items, size_t n,
			bool in_chain);

static void print_body(struct printer *printer, const struct fw_item *item)
{
	bool chain = item->kind == FW_ITEM_CHAIN ||
		     (item->kind == FW_ITEM_COMMAND &&
		      !strcmp(item->line.words[0].text, "chain"));

	(void)fputs(" {", printer->out);
	print_end(printer, item->line.allow);
	printer->depth++;
	print_items(printer, item->items, item->n_items, chain);
	printer->depth--;
	print_indent(printer);
	(void)fputs("}\n", printer->out);
}

static void print_item(struct printer *printer, const struct fw_item *item)
{
	switch (item->kind) {
	case FW_ITEM_RULE:
	case FW_ITEM_LINE:
		print_line(printer, &item->line);
		break;
	case FW_ITEM_DEFINE:
	case FW_ITEM_REDEFINE:
		print_head(printer, item);
		(void)fputs(" = ", printer->out);
		print_words(printer, &item->line);
		print_end(printer, item->line.allow);
		break;
	case FW_ITEM_UNDEFINE:
		print_head(printer, item);
		print_end(printer, item->line.allow);
		break;
	case FW_ITEM_COMMAND:
		print_head(printer, item);
		if (item->line.n_words)
			(void)fputc(' ', printer->out);
		print_words(printer, &item->line);
		if (item->n_items)
			print_body(printer, item);
		else
			print_end(printer, item->line.allow);
		break;
	default:
		printer->in_block = item->kind == FW_ITEM_BLOCK;
		print_head(printer, item);
		print_body(printer, item);
		printer->in_block = false;
	}
}

static bool has_body(const struct fw_item *item)
{
	return item->kind == FW_ITEM_BLOCK || item->n_items ||
	       (item->kind >= FW_ITEM_TABLE && item->kind <= FW_ITEM_OBJECT);
}

/* An empty line stands around everything that has a body. */
static void print_items(struct printer *printer, const struct fw_item *items, size_t n,
			bool in_chain)
{
	for (size_t i = 0; i < n; i++) {
		if (i && (has_body(&items[i]) || has_body(&items[i - 1])))
			(void)fputc('\n', printer->out);
		if (in_chain && i + 1 < n && print_hook(printer, &items[i], &items[i + 1]))
			i++;
		else
			print_item(printer, &items[i]);
	}
}

void fw_ast_print(const struct fw_ast *ast, FILE *out)
{
	struct printer printer = { .out = out };

	print_items(&printer, ast->items, ast->n_items, false);
}
