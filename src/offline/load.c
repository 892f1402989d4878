/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load: a file to tree and plan, with empty facts.
 *
 * In: a file's name. Out: tree, plan, diagnostics, and the exit status they
 * mean. Memory that runs out is status 71.
 */
#include "offline/load.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "compile/compile.h"

/* How far a file is taken. */
enum depth { READ, COMPILE, LOCATE };

static int read_and_compile(struct fw_load *load, const char *file,
			    const struct fw_parse_options *options,
			    enum depth depth)
{
	int r = fw_parse_file(load->arena, file, options, &load->diags,
			      &load->ast);

	if (r == -ENOMEM)
		return r;
	if (r) {
		(void)fprintf(stderr, "flywall: %s: %s\n", file, strerror(-r));
		load->status = EX_NOINPUT;
		load->ast = NULL;
		return 0;
	}
	if (depth == READ)
		return 0;
	if (depth == COMPILE)
		return fw_compile(load->arena, load->ast, &fw_facts_empty,
				  &load->diags, &load->plan);
	return fw_compile_located(load->arena, load->ast, &fw_facts_empty,
				  &load->diags, &load->plan,
				  &load->located);
}

void fw_load_judge(struct fw_load *load)
{
	if (load->diags.oom && !load->status) {
		(void)fprintf(stderr, "flywall: %s\n", strerror(ENOMEM));
		load->status = EX_OSERR;
	}
	fw_diags_sort(&load->diags);
	if (!load->status && load->diags.n_errors)
		load->status = EX_DATAERR;
}

static void load_to(struct fw_load *load, const char *file,
		    const struct fw_parse_options *options, enum depth depth)
{
	int r = -ENOMEM;

	*load = (struct fw_load){ .arena = fw_arena_new() };
	if (load->arena) {
		fw_diags_init(&load->diags, load->arena);
		r = read_and_compile(load, file, options, depth);
	}
	if (r) {
		(void)fprintf(stderr, "flywall: %s: %s\n", file, strerror(-r));
		load->status = EX_OSERR;
	}
	fw_load_judge(load);
}

void fw_load_open(struct fw_load *load, const char *file,
		  const struct fw_parse_options *options, bool compile)
{
	load_to(load, file, options, compile ? COMPILE : READ);
}

void fw_load_located(struct fw_load *load, const char *file,
		     const struct fw_parse_options *options)
{
	load_to(load, file, options, LOCATE);
}

void fw_load_close(struct fw_load *load)
{
	fw_plan_unref(load->plan);
	fw_arena_free(load->arena);
}
