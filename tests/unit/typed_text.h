/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration's text through the parser and the type check, for tests. */
#pragma once

#include "compile/typed.h"

struct typed_text {
	struct fw_arena *arena;
	struct fw_diags diags;
	struct fw_ast *ast;
	struct fw_typed *typed;
};

/* Parses and checks; fails the test for want of memory only. */
void typed_text_open(struct typed_text *t, const char *text);
void typed_text_close(struct typed_text *t);
/* The same with the rule in a netdev ingress chain of its own. */
void typed_text_rule(struct typed_text *t, const char *rule);
/* The same in a table of another family. */
void typed_text_rule_in(struct typed_text *t, const char *family,
			const char *rule);

/* The id of the first error, or "" where there is none. */
const char *typed_text_error(const struct typed_text *t);
/* The parts of the first rule of the first chain, as a text: a part a line,
 *
 *	match l3 1; l4proto 6; dport 22 80-90
 *	iif != a b
 *	counter | accept | drop | jump x | goto x | return | inspect 0
 *	raw (ct state)
 */
const char *typed_text_parts(const struct typed_text *t);
