/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file through parser and compiler; what check, plan and print share. */
#pragma once

#include "ast/ast.h"
#include "offline/offline.h"
#include "plan/plan.h"

struct fw_load {
	struct fw_arena *arena;
	struct fw_diags diags;
	struct fw_ast *ast;	/* NULL when the file could not be read */
	struct fw_plan *plan;	/* NULL where there are errors */
	struct fw_located *located;	/* where asked for; may be
					   there without a plan (compile.h) */
	int status;		/* exit status so far */
};

/* Reads, and compiles where compile says so. Diagnostics are sorted but not
 * printed; a file that cannot be read is said on standard error. */
void fw_load_open(struct fw_load *load, const char *file,
		  const struct fw_parse_options *options, bool compile);
/* The same, and the located text. */
void fw_load_located(struct fw_load *load, const char *file,
		     const struct fw_parse_options *options);
/* Diagnostics were added: sorts them, and mends the status. */
void fw_load_judge(struct fw_load *load);
void fw_load_close(struct fw_load *load);
