/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door of the grammar: text to tree. Reads files, looks nothing else up. */
#pragma once

#include <stddef.h>

#include "ast/ast.h"
#include "util/arena.h"
#include "util/diag.h"

#define FW_PARSE_MAX_INCLUDES 16		/* deep */
#define FW_PARSE_MAX_NESTING 64
#define FW_PARSE_MAX_LINE (1u << 20)		/* bytes */
#define FW_PARSE_MAX_FILE (64u << 20)		/* bytes */

struct fw_parse_options {
	const char *const *include_dirs;	/* -I, in order */
	size_t n_include_dirs;
	const char *const *defines;		/* -D, "name=value" */
	size_t n_defines;
};

/*
 * Parses path ("-" is standard input) and what it includes.
 *
 * Returns 0 and the tree, also where diags has errors (the tree then holds what
 * was understood); -errno when path itself cannot be read (no diagnostic is
 * added then) or memory ran out. The defines of options come first in the tree,
 * with the source name "-D".
 */
int fw_parse_file(struct fw_arena *arena, const char *path,
		  const struct fw_parse_options *options,
		  struct fw_diags *diags, struct fw_ast **ret);

/* The same for a text; name is what diagnostics call it, and includes are
 * sought beside it. */
int fw_parse_text(struct fw_arena *arena, const char *name, const char *text,
		  size_t len, const struct fw_parse_options *options,
		  struct fw_diags *diags, struct fw_ast **ret);

/*
 * Parses one run of words, as a rule has them: a packet that is described.
 *
 * Returns 0, also where diags has errors: ret then has no words. -ENOMEM.
 */
int fw_parse_words(struct fw_arena *arena, const char *name, const char *text,
		   size_t len, struct fw_diags *diags, struct fw_line *ret);
