/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In: text. Out: tree and diagnostics, as text again. */
#include "parsed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/buf.h"

void begin(struct run *run)
{
	*run = (struct run){ .arena = fw_arena_new() };
	fw_diags_init(&run->diags, run->arena);
}

void done(struct run *run)
{
	fw_arena_free(run->arena);
}

struct run parse_bytes(const char *text, size_t len)
{
	struct run run;

	begin(&run);
	run.err = fw_parse_text(run.arena, "t", text, len, NULL, &run.diags, &run.ast);
	fw_diags_sort(&run.diags);
	return run;
}

struct run parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

char *print(const struct fw_ast *ast)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fw_ast_print(ast, out);
	fclose(out);
	return text;
}

char *places(const struct run *run)
{
	struct fw_buf buf = { 0 };

	for (size_t i = 0; i < run->diags.n; i++) {
		const struct fw_diag *diag = &run->diags.items[i];

		fw_buf_printf(&buf, "%u:%u-", diag->loc.line, diag->loc.col);
		if (diag->loc.end_line != diag->loc.line)
			fw_buf_printf(&buf, "%u:", diag->loc.end_line);
		fw_buf_printf(&buf, "%u %s\n", diag->loc.end_col, diag->text);
	}
	return fw_buf_take(&buf);
}
