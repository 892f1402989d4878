/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts for nft.
 *
 * In: lines. Out: one text, in which line n is the n-th line added. What may
 * fail: memory.
 */
#include "apply/nft_script.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/vec.h"

struct fw_nft_line *fw_nft_script_add(struct fw_nft_script *script,
				      const struct fw_nft_origin *origin,
				      const char *format, ...)
{
	struct {
		struct fw_nft_line *items;
		size_t n, cap;
	} lines = {script->lines, script->n, script->cap};
	struct fw_nft_line *line;
	const char *text;
	va_list ap;

	va_start(ap, format);
	text = fw_arena_vprintf(script->arena, format, ap);
	va_end(ap);
	line = text ? fw_vec_push(script->arena, &lines) : NULL;
	if (!line)
		return NULL;
	line->text = text;
	line->origin = *origin;
	script->lines = lines.items;
	script->n = lines.n;
	script->cap = lines.cap;
	return line;
}

int fw_nft_script_add_block(struct fw_nft_script *script,
			    const struct fw_nft_origin *origin, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");

		if (len && !fw_nft_script_add(script, origin, "\t\t%.*s", (int)len,
					      text))
			return -ENOMEM;
		text += len;
		text += *text != '\0';
	}
	return 0;
}

static bool list_is_empty(const struct fw_nft_script *script, size_t open)
{
	for (size_t i = 0; i < script->lines[open].list; i++)
		if (!script->lines[open + 1 + i].off)
			return false;
	return true;
}

const char *fw_nft_script_render(const struct fw_nft_script *script, bool hooks)
{
	_cleanup_(fw_buf_done) struct fw_buf buf = {0};
	size_t skip = 0;	/* lines that follow and are left out */

	for (size_t i = 0; i < script->n; i++) {
		const struct fw_nft_line *line = &script->lines[i];

		if (line->list && list_is_empty(script, i))
			skip = (size_t)line->list + 2;
		/* A line that goes on in the next one: within a list nft does
		 * not take an empty line. */
		fw_buf_add(&buf, skip || line->off || (line->hook && !hooks) ?
			   "\\" : line->text);
		fw_buf_addc(&buf, '\n');
		skip -= skip != 0;
	}
	if (!buf.text)
		return buf.failed ? NULL : "";
	return buf.failed ? NULL :
		fw_arena_strndup(script->arena, buf.text, buf.len);
}

bool fw_nft_script_empty(const struct fw_nft_script *script)
{
	return script->n == 0;
}
