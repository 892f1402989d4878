/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text through the compiler: it gives a plan, or says why not; the plan of
 * the same text is the same plan. What nft would be asked is made of either.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compile/compile.h"
#include "grammar/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fw_plan *compile(const char *text, size_t size,
			       size_t *ret_errors)
{
	static const struct fw_parse_options options;
	struct fw_arena *arena = fw_arena_new();
	struct fw_located *located;
	struct fw_plan *plan = NULL;
	struct fw_diags diags;
	struct fw_ast *ast;

	if (!arena)
		abort();
	fw_diags_init(&diags, arena);
	if (fw_parse_text(arena, "fuzz.conf", text, size, &options, &diags,
			  &ast) ||
	    fw_compile_located(arena, ast, &fw_facts_empty, &diags, &plan,
			       &located))
		abort();
	assert(!plan || located);
	fw_diags_sort(&diags);
	*ret_errors = diags.n_errors;
	fw_arena_free(arena);
	return plan;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t errors;
	struct fw_plan *plan, *again;

	/* No files but this one. */
	if (memmem(data, size, "include", 7) || memmem(data, size, "file", 4))
		return 0;
	plan = compile((const char *)data, size, &errors);
	assert(!plan == (errors > 0));
	if (!plan)
		return 0;
	again = compile((const char *)data, size, &errors);
	assert(again && !memcmp(&plan->hash, &again->hash, sizeof(plan->hash)));
	fw_plan_unref(again);
	fw_plan_unref(plan);
	return 0;
}
