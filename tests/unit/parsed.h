/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parser makes of a text. */
#pragma once

#include <stddef.h>

#include "grammar/parse.h"

struct run {
	struct fw_arena *arena;
	struct fw_diags diags;
	struct fw_ast *ast;
	int err;
};

void begin(struct run *run);
void done(struct run *run);
struct run parse_bytes(const char *text, size_t len);
struct run parse(const char *text);
/* The tree as canonical text; to be freed. */
char *print(const struct fw_ast *ast);
/* All diagnostics as "line:col-col text" or "line:col-line:col text", one a
 * line; to be freed. */
char *places(const struct run *run);
