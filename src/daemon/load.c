/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file and facts in; a plan, the canonical text and the diagnostics out. What
 * was read is kept, so that a generation with other elements can be compiled
 * from the same text, whatever has become of the files. What
 * fails is the user's file (65, 66), something in it that this version plans but
 * does not run (69), or memory (71).
 */
#include "daemon/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "ast/ast.h"
#include "compile/compile.h"
#include "util/cleanup.h"

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

static int print_text(const struct fw_ast *ast, char **ret)
{
	_cleanup_fclose_ FILE *out = NULL;
	size_t size;

	out = open_memstream(ret, &size);
	if (!out)
		return -ENOMEM;
	fw_ast_print(ast, out);
	return fflush(out) == 0 ? 0 : -ENOMEM;
}

/* What this version does not run, a line each, in the form of diagnostics. */
static void print_pending(const struct fw_plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->n_pending; i++)
		(void)fprintf(out, "%s:%u: Error: '%s' is not run by this "
			      "version\n", plan->pending[i].file,
			      plan->pending[i].line, plan->pending[i].what);
}

static int print_diagnostics(struct fw_diags *diags,
			     const struct fw_plan *plan, char **ret)
{
	_cleanup_fclose_ FILE *out = NULL;
	size_t size;

	out = open_memstream(ret, &size);
	if (!out)
		return -ENOMEM;
	fw_diags_sort(diags);
	fw_diags_print(diags, out);
	if (plan)
		print_pending(plan, out);
	return fflush(out) == 0 && !diags->oom ? 0 : -ENOMEM;
}

/* --- trees ---------------------------------------------------------------- */

/* What was parsed, shared by the generations that were compiled from it. */
struct fw_load_tree {
	unsigned refs;		/* by the loop's thread only */
	struct fw_arena *arena;
	struct fw_ast *ast;
};

static void tree_unref(struct fw_load_tree *tree)
{
	if (!tree || --tree->refs > 0)
		return;
	fw_arena_free(tree->arena);
	free(tree);
}

static int tree_new(struct fw_load_tree **ret)
{
	struct fw_load_tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return -ENOMEM;
	*ret = tree;
	tree->refs = 1;
	tree->arena = fw_arena_new();
	return tree->arena ? 0 : -ENOMEM;
}

/* As fw_parse_file(). */
static int parse(const char *file, const struct fw_parse_options *options,
		 struct fw_diags *diags, struct fw_load_tree **ret)
{
	int r = tree_new(ret);

	return r < 0 ? r : fw_parse_file((*ret)->arena, file, options, diags,
					 &(*ret)->ast);
}

int fw_load_same(const struct fw_load *running, struct fw_load *ret)
{
	ret->tree = running->tree;
	ret->tree->refs++;
	return fw_lists_share(&ret->lists, &running->lists);
}

int fw_load_text(const char *name, const char *text, struct fw_load *ret)
{
	static const struct fw_parse_options none;
	struct fw_diags diags;
	int r;

	r = tree_new(&ret->tree);
	if (r < 0)
		return r;
	fw_diags_init(&diags, ret->tree->arena);
	r = fw_parse_text(ret->tree->arena, name, text, strlen(text), &none,
			  &diags, &ret->tree->ast);
	return r == 0 && diags.n_errors > 0 ? -EINVAL : r;
}

/* -------------------------------------------------------------------------- */

/* -errno when the file cannot be read (then nothing is in diags) or memory ran
 * out; 0 otherwise, with a plan unless diags has errors. */
static int compile(struct fw_arena *arena, const char *file,
		   const struct fw_parse_options *options,
		   const struct fw_facts *facts, struct fw_diags *diags,
		   struct fw_load *load)
{
	struct fw_facts known = *facts;
	int r = 0;

	known.lists = &load->lists;
	known.changes = load->changes;
	if (!load->tree)
		r = parse(file, options, diags, &load->tree);
	if (r < 0 || diags->n_errors > 0)
		return r;
	r = fw_compile(arena, load->tree->ast, &known, diags, &load->plan);
	if (r < 0 || !load->plan)
		return r;
	return print_text(load->tree->ast, &load->text);
}

void fw_load(const char *file, const struct fw_parse_options *options,
	     const struct fw_facts *facts, struct fw_load *load)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct fw_diags diags;
	int r = -ENOMEM;

	if (arena) {
		fw_diags_init(&diags, arena);
		r = compile(arena, file, options, facts, &diags, load);
		if (r == 0)
			r = print_diagnostics(&diags, load->plan,
					      &load->diagnostics);
	}
	if (r == -ENOMEM)
		load->code = EX_OSERR;
	else if (r < 0)
		load->code = EX_NOINPUT;
	else if (!load->plan)
		load->code = EX_DATAERR;
	else if (load->plan->n_pending > 0)
		load->code = EX_UNAVAILABLE;
	if (r < 0 && asprintf(&load->error, "%s: %s", file, strerror(-r)) < 0)
		load->error = NULL;
	if (load->code != 0) {
		fw_plan_unref(FW_TAKE(load->plan));
		free(FW_TAKE(load->text));
	}
}

void fw_load_done(struct fw_load *load)
{
	tree_unref(load->tree);
	fw_lists_done(&load->lists);
	fw_changes_free(load->changes);
	fw_plan_unref(load->plan);
	free(load->text);
	free(load->diagnostics);
	free(load->error);
	*load = (struct fw_load){ 0 };
}
