/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference of two plans for people, and for programs.
 *
 * In: a list of changes. Out: text, or one JSON document in one line, in a
 * buffer. Fails as buffers do.
 */
#include "plan/diff.h"
#include "util/cleanup.h"
#include "util/json_text.h"

static const struct {
	char mark;
	const char *name;
} signs[] = {
	[FW_PLAN_ADDED] = { '+', "added" },
	[FW_PLAN_REMOVED] = { '-', "removed" },
	[FW_PLAN_CHANGED] = { '~', "changed" },
};
_Static_assert(FW_ARRAY_SIZE(signs) == FW_PLAN_SIGN_MAX_, "names");

void fw_plan_diff_text(const fw_plan_change_vec *changes, struct fw_buf *ret)
{
	for (size_t i = 0; i < changes->n; i++) {
		const struct fw_plan_change *c = &changes->items[i];

		fw_buf_printf(ret, "%c %s %s", signs[c->sign].mark, c->what,
			      c->name);
		if (c->file)
			fw_buf_printf(ret, " %s:%u", c->file, c->line);
		if (c->text)
			fw_buf_printf(ret, ": %s", c->text);
		if (c->detail)
			fw_buf_printf(ret, "  (%s)", c->detail);
		fw_buf_addc(ret, '\n');
	}
}

static void key(struct fw_buf *ret, const char *name, const char *text)
{
	fw_buf_printf(ret, ", \"%s\": ", name);
	fw_buf_add_json(ret, text);
}

static void add_change(const struct fw_plan_change *c, struct fw_buf *ret)
{
	fw_buf_add(ret, "{\"what\": ");
	fw_buf_add_json(ret, c->what);
	key(ret, "change", signs[c->sign].name);
	key(ret, "name", c->name);
	if (c->file) {
		key(ret, "file", c->file);
		fw_buf_printf(ret, ", \"line\": %u", c->line);
	}
	if (c->text)
		key(ret, "text", c->text);
	if (c->detail)
		key(ret, "detail", c->detail);
	fw_buf_addc(ret, '}');
}

void fw_plan_diff_json(const struct fw_plan *from, const struct fw_plan *to,
		       const fw_plan_change_vec *changes, struct fw_buf *ret)
{
	char a[FW_HASH_HEX], b[FW_HASH_HEX];

	fw_hash_hex(&from->hash, a);
	fw_hash_hex(&to->hash, b);
	fw_buf_printf(ret, "{\"schema\": \"flywall/1\", \"equal\": %s, "
		      "\"from\": \"%s\", \"to\": \"%s\", \"changes\": [",
		      changes->n ? "false" : "true", a, b);
	for (size_t i = 0; i < changes->n; i++) {
		fw_buf_add(ret, i > 0 ? ", " : "");
		add_change(&changes->items[i], ret);
	}
	fw_buf_add(ret, "]}");
}
