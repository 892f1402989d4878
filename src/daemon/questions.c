/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions about the running plan, answered without a change to anything.
 *
 * In: requests. Out: a document each, with the answer for people as its key
 * "text". A packet that is described wrongly is 64 with diagnostics; a file that
 * is not valid is what a reload of it would be.
 */
#include "daemon/questions.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

#include "compile/describe.h"
#include "daemon/blocked.h"
#include "daemon/control.h"
#include "daemon/json.h"
#include "daemon/reload.h"
#include "grammar/parse.h"
#include "model/explain.h"
#include "plan/diff.h"
#include "util/cleanup.h"

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

/* Both buffers are whole, or memory ran out. Takes blocked, which may be NULL. */
static void answer(struct fw_conn *conn, const struct fw_buf *json,
		   const struct fw_buf *text, json_t *blocked)
{
	json_t *document = json->failed || text->failed || !json->text ?
				   NULL :
				   json_loads(json->text, 0, NULL);

	if (document &&
	    json_object_set_new(document, "text",
				json_string(text->text ? text->text : "")) < 0)
		(void)json_object_set_new(document, "text", json_string(
			"(a name that is not UTF-8: ask with -j)\n"));
	if (document && blocked)
		(void)json_object_set(document, "blocked", blocked);
	json_decref(blocked);
	fw_conn_document(conn, document);
	fw_conn_exit(conn, document ? EX_OK : EX_OSERR);
}

static void fail(struct fw_conn *conn, int error)
{
	fw_conn_error(conn, "%s", strerror(-error));
	fw_conn_exit(conn, EX_OSERR);
}

/* --- explain -------------------------------------------------------------- */
int fw_question_tell(struct fw_conn *conn, struct fw_diags *diags)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return -ENOMEM;
	fw_diags_sort(diags);
	fw_diags_print(diags, out);
	if (fclose(out) != 0)
		return -ENOMEM;
	fw_conn_diagnostics(conn, text);
	return 0;
}

static int describe(struct fw_arena *arena, const char *text,
		    struct fw_diags *diags, struct fw_description *ret)
{
	struct fw_line line;
	int r = fw_parse_words(arena, "packet", text, strlen(text), diags,
			       &line);

	return r < 0 || diags->n_errors ? r :
	       fw_describe(arena, &line, diags, ret);
}

static void tell_blocked(const struct fw_blocked *blocked, struct fw_buf *text,
			 json_t **ret)
{
	fw_buf_printf(text, "the source is blocked for %" PRIu64 " s more, in "
		      "%s %s %s; else:\n", blocked->left_s, blocked->family,
		      blocked->table, blocked->set);
	*ret = json_pack("{s:s, s:s, s:s, s:o}", "family", blocked->family,
			 "table", blocked->table, "set", blocked->set, "left_s",
			 fw_json_number(blocked->left_s));
}

static int explain(const struct fw_daemon *daemon, struct fw_conn *conn,
		   struct fw_arena *arena, const struct fw_description *packet)
{
	_cleanup_(fw_buf_done) struct fw_buf json = { 0 }, text = { 0 };
	struct fw_blocked blocked;
	json_t *told_blocked = NULL;
	const struct fw_plan *plan = daemon->running.plan;
	struct fw_explain *explained;
	struct fw_told told;
	int r;

	fw_told_fields(&told, packet->given, packet->value, packet->iif,
		       packet->oif, packet->qname);
	r = fw_explain(arena, plan, &told, &explained);
	if (r == 0)
		r = fw_blocked_find(daemon->apply, arena, plan, explained,
				    &blocked);
	if (r < 0)
		return r;
	if (r > 0)
		tell_blocked(&blocked, &text, &told_blocked);
	fw_explain_json(plan, explained, 0, &json);
	fw_explain_text(plan, explained, &text);
	answer(conn, &json, &text, told_blocked);
	return 0;
}

void fw_question_explain(void *ctx, struct fw_conn *conn,
			 const json_t *arguments)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	const char *text = json_string_value(json_object_get(arguments,
							     "packet"));
	struct fw_description packet;
	struct fw_diags diags;
	int r;

	if (!text) {
		fw_conn_error(conn, "a packet is described by a string");
		fw_conn_exit(conn, EX_USAGE);
		return;
	}
	if (!arena) {
		fail(conn, -ENOMEM);
		return;
	}
	fw_diags_init(&diags, arena);
	r = describe(arena, text, &diags, &packet);
	if (r == 0 && diags.n_errors) {
		r = fw_question_tell(conn, &diags);
		if (r == 0)
			fw_conn_exit(conn, EX_USAGE);
	} else if (r == 0) {
		r = explain(ctx, conn, arena, &packet);
	}
	if (r < 0)
		fail(conn, r);
}

/* --- diff ----------------------------------------------------------------- */
struct waiting {
	struct fw_daemon *daemon;
	struct fw_conn *conn;
};

static void compare(struct fw_conn *conn, const struct fw_plan *from,
		    const struct fw_plan *to)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	_cleanup_(fw_buf_done) struct fw_buf json = { 0 }, text = { 0 };
	fw_plan_change_vec changes = { 0 };

	if (!arena || fw_plan_diff(arena, from, to, &changes) < 0) {
		fail(conn, -ENOMEM);
		return;
	}
	fw_plan_diff_json(from, to, &changes, &json);
	fw_plan_diff_text(&changes, &text);
	answer(conn, &json, &text, NULL);
}

static void on_compiled(void *ctx, const struct fw_outcome *outcome)
{
	_cleanup_free_ struct waiting *waiting = ctx;
	struct fw_conn *conn = waiting->conn;

	if (outcome->code == 0) {
		compare(conn, waiting->daemon->running.plan, outcome->plan);
		return;
	}
	fw_conn_diagnostics(conn, outcome->diagnostics);
	if (outcome->error)
		fw_conn_error(conn, "%s", outcome->error);
	fw_conn_exit(conn, outcome->code);
}

static void on_closed(void *ctx)
{
	struct waiting *waiting = ctx;

	fw_reload_forget(waiting->daemon, waiting);
	free(waiting);
}

void fw_question_diff(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	const json_t *file = json_object_get(arguments, "file");
	struct waiting *waiting = calloc(1, sizeof(*waiting));
	const char *text;
	int r = -ENOMEM;

	if (waiting) {
		waiting->daemon = ctx;
		waiting->conn = conn;
		r = fw_reload_compare(ctx, json_string_value(file),
				      on_compiled, waiting);
	}
	if (r == 0) {
		fw_conn_watch(conn, &(struct fw_conn_watch){
					    .closed = on_closed,
					    .ctx = waiting });
		return;
	}
	free(waiting);
	r = fw_reload_explain(r, &text);
	fw_conn_error(conn, "%s", text);
	fw_conn_exit(conn, r);
}
