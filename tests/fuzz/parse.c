/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a configuration, from text to tree to text.
 *
 * Any text: no crash, and the diagnostics print. A text without faults: what it
 * prints parses without faults and prints as itself.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/parse.h"
#include "util/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct fw_ast *ast)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	fw_ast_print(ast, out);
	(void)fclose(out);
	return text;
}

static void print_diags(struct fw_diags *diags)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	fw_diags_sort(diags);
	fw_diags_print(diags, out);
	(void)fclose(out);
	free(text);
}

/* Where text does not stand, says what is wrong with it, and ends. */
static void must(bool holds, const char *what, const char *text)
{
	if (holds)
		return;
	(void)fprintf(stderr, "%s:\n%s\n", what, text);
	abort();
}

static void check_print(struct fw_arena *arena, const struct fw_ast *ast)
{
	_cleanup_free_ char *text = print(ast), *again = NULL;
	struct fw_ast *second = NULL;
	struct fw_diags diags;

	fw_diags_init(&diags, arena);
	must(!fw_parse_text(arena, "printed", text, strlen(text), NULL, &diags, &second) &&
	     !diags.n, "what was printed does not parse", text);
	again = print(second);
	must(!strcmp(text, again), "what was printed prints otherwise", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_ast *ast = NULL;
	struct fw_diags diags;

	fw_diags_init(&diags, arena);
	if (!fw_parse_text(arena, "input", (const char *)data, size, NULL, &diags, &ast)) {
		print_diags(&diags);
		if (!diags.n)
			check_print(arena, ast);
	}
	fw_arena_free(arena);
	return 0;
}
