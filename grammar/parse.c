/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door of the grammar: one run of the parser for each -D, one for the file.
 *
 * In: a path or a text, the options. Out: one tree, and diagnostics. Fails with
 * -errno when the file named cannot be read or memory runs out.
 */
#include "grammar/parse.h"

#include <errno.h>
#include <string.h>

#include "grammar/internal.h"
#include "grammar/parser.h"

static void init(struct fw_parser *parser, struct fw_arena *arena,
		 const struct fw_parse_options *options, struct fw_diags *diags)
{
	*parser = (struct fw_parser){
		.arena = arena,
		.options = options,
		.diags = diags,
		.at_start = true,
		.n_brackets = 1,
	};
	parser->brackets[0].scope = FW_SCOPE_TOP;
}

/* Runs over the input that is open; what it built stays on the stacks. */
static int run(struct fw_parser *parser)
{
	int failed = fw_conf_parse(parser);

	while (parser->input)
		fw_source_close(parser);
	if (failed == 2 || parser->oom)
		return -ENOMEM;
	if (failed)	/* a bound was struck: what is there is not whole */
		parser->items.n = 0;
	return 0;
}

/* `name=value`, read as `define name=value` and nothing more. */
static int parse_define(struct fw_parser *parser, const char *text)
{
	size_t before = parser->items.n, errors = parser->n_errors;
	int err = fw_source_text(parser, "-D", text, strlen(text));
	struct fw_loc loc;

	if (err)
		return err;
	loc = (struct fw_loc){
		.source = parser->input->source, .file = "-D", .line = 1, .col = 1,
		.end_line = 1, .end_col = (uint32_t)parser->input->source->len,
	};
	parser->define_first = true;
	parser->at_start = true;
	err = run(parser);
	if (err || parser->items.n == before + 1)
		return err;
	if (parser->n_errors == errors)
		fw_parse_error(parser, "syntax", &loc, "expected NAME=VALUE and nothing more");
	parser->items.n = before;
	return 0;
}

static int finish(struct fw_parser *parser, const struct fw_source *source,
		  struct fw_ast **ret)
{
	struct fw_ast *ast = fw_arena_alloc(parser->arena, sizeof(*ast));

	if (!ast || !fw_build_tree(parser, ast))
		return -ENOMEM;
	ast->source = source;
	*ret = ast;
	return 0;
}

/* A bound is the user's fault, with a place, as any other. */
static int too_large(struct fw_parser *parser, const char *name)
{
	struct fw_loc loc = { .file = fw_arena_strdup(parser->arena, name) };

	if (!loc.file)
		return -ENOMEM;
	fw_parse_error(parser, "file-too-large", &loc,
		       "the configuration is larger than 64 MiB");
	return fw_source_text(parser, name, "", 0);
}

static int parse(struct fw_arena *arena, const char *name, const char *text, size_t len,
		 const struct fw_parse_options *options, struct fw_diags *diags,
		 struct fw_ast **ret)
{
	const struct fw_source *source = NULL;
	struct fw_parser parser;
	int err = 0;

	init(&parser, arena, options, diags);
	for (size_t i = 0; !err && options && i < options->n_defines; i++)
		err = parse_define(&parser, options->defines[i]);
	if (!err)
		err = text ? fw_source_text(&parser, name, text, len) :
			     fw_source_open(&parser, name);
	if (err == -EFBIG)
		err = too_large(&parser, name);
	if (!err) {
		source = parser.input->source;
		parser.at_start = true;
		err = run(&parser);
	}
	if (!err)
		err = finish(&parser, source, ret);
	fw_build_done(&parser);
	return err;
}

int fw_parse_file(struct fw_arena *arena, const char *path,
		  const struct fw_parse_options *options, struct fw_diags *diags,
		  struct fw_ast **ret)
{
	return parse(arena, path, NULL, 0, options, diags, ret);
}

int fw_parse_text(struct fw_arena *arena, const char *name, const char *text, size_t len,
		  const struct fw_parse_options *options, struct fw_diags *diags,
		  struct fw_ast **ret)
{
	return parse(arena, name, text, len, options, diags, ret);
}

/* ---- words alone ------------------------------------------------------------- */

/* They are the value of a define: its name and the sign stand in front of what
 * is read, so that places stay those of the text. */
static void put_name(struct fw_parser *parser)
{
	struct fw_input *input = parser->input;
	struct fw_loc loc = {
		.source = input->source, .file = input->source->name, .line = 1, .col = 1,
		.end_line = 1, .end_col = 1,
	};

	input->peeked[0] = (struct fw_token){
		.kind = FW_T_NAME,
		.word = { .kind = FW_WORD_PLAIN, .text = "packet", .loc = loc },
	};
	input->peeked[1] = (struct fw_token){
		.kind = FW_T_ASSIGN,
		.word = { .kind = FW_WORD_MARK, .text = "=", .loc = loc },
	};
	input->n_peeked = 2;
	parser->define_first = true;
	parser->at_start = true;
}

static int parse_words(struct fw_parser *parser, struct fw_line *ret)
{
	struct fw_loc loc = parser->input->source ?
		(struct fw_loc){ .source = parser->input->source,
				 .file = parser->input->source->name, .line = 1, .col = 1,
				 .end_line = 1, .end_col = 1 } : (struct fw_loc){ 0 };
	int err;

	put_name(parser);
	err = run(parser);
	if (err || parser->n_errors)
		return err;
	if (parser->items.n != 1 || parser->items.items[0].kind != FW_ITEM_DEFINE) {
		fw_parse_error(parser, "syntax", &loc, "expected matches on one line");
		return 0;
	}
	*ret = parser->items.items[0].line;
	return 0;
}

int fw_parse_words(struct fw_arena *arena, const char *name, const char *text, size_t len,
		   struct fw_diags *diags, struct fw_line *ret)
{
	struct fw_parser parser;
	int err;

	*ret = (struct fw_line){ 0 };
	init(&parser, arena, NULL, diags);
	err = fw_source_text(&parser, name, text, len);
	if (err == -EFBIG)
		err = too_large(&parser, name);
	if (!err)
		err = parse_words(&parser, ret);
	fw_build_done(&parser);
	return err;
}
