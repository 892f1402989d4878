/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests in, answers out: one function a command, found by the table at the
 * end. What fails is told to the one who asked.
 */
#include "daemon/commands.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/confirm.h"
#include "daemon/elements.h"
#include "daemon/flow_orders.h"
#include "daemon/json.h"
#include "daemon/learning.h"
#include "daemon/leases.h"
#include "daemon/loop.h"
#include "daemon/metrics_place.h"
#include "daemon/names.h"
#include "daemon/questions.h"
#include "daemon/reload.h"
#include "daemon/set_list.h"
#include "daemon/status.h"
#include "daemon/watching.h"
#include "util/cleanup.h"

static void answer(struct fw_conn *conn, json_t *document)
{
	int code = document ? EX_OK : EX_OSERR;

	fw_conn_document(conn, document);
	fw_conn_exit(conn, code);
}

static void begin_lines(struct fw_conn *conn)
{
	fw_conn_document(conn, json_pack("{s:s}", "schema", FW_SCHEMA));
}

static void run_status(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	(void)arguments;
	answer(conn, fw_status_document(ctx));
}

static void run_rules(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	(void)arguments;
	answer(conn, fw_status_rules(ctx));
}

static void run_counters(void *ctx, struct fw_conn *conn,
			 const json_t *arguments)
{
	(void)arguments;
	answer(conn, fw_status_counters(ctx));
}

static void run_classes(void *ctx, struct fw_conn *conn,
			const json_t *arguments)
{
	(void)arguments;
	answer(conn, fw_status_classes(ctx));
}

static void run_sets(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	(void)arguments;
	answer(conn, fw_set_list_document(ctx));
}

static void run_names(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	(void)arguments;
	fw_watching_drain(ctx);
	answer(conn, fw_names_document(ctx));
}

static void run_leases(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	(void)arguments;
	answer(conn, fw_leases_document(ctx));
}

static void run_config(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	(void)arguments;
	answer(conn, fw_status_config(ctx));
}

struct flow_listing {
	struct fw_conn *conn;
	const struct fw_names *names;
};

static int send_flow(void *ctx, const struct fw_flow_view *view)
{
	const struct flow_listing *listing = ctx;
	json_t *document = fw_status_flow(view);
	const char *name = fw_names_find(listing->names, view->tuple.family,
					 view->tuple.daddr);

	if (document && name)
		(void)json_object_set_new(document, "name", fw_json_text(name));
	fw_conn_document(listing->conn, document);
	return document ? 0 : -ENOMEM;
}

static void run_flows(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	struct fw_daemon *daemon = ctx;
	struct flow_listing listing = {
		conn, fw_monitors_names(daemon->monitors),
	};
	int r;

	(void)arguments;
	begin_lines(conn);
	r = fw_flows_each(daemon->flows, send_flow, &listing);
	if (r < 0)
		fw_conn_error(conn, "%s", strerror(-r));
	fw_conn_exit(conn, r < 0 ? EX_OSERR : EX_OK);
}

/* The text is one member of a document, as `list config` has its own. */
static void run_metrics(void *ctx, struct fw_conn *conn,
			const json_t *arguments)
{
	_cleanup_free_ char *text = fw_metrics_text(ctx);

	(void)arguments;
	answer(conn, text ? json_pack("{s:s, s:o}", "schema", FW_SCHEMA,
				      "text", fw_json_text(text)) : NULL);
}

/* --- events --------------------------------------------------------------- */

/* A reader that is slower than events come loses some, and is told so as soon
 * as it has caught up. */
#define BACKLOG_MAX (1u << 20)

struct subscription {
	struct fw_subscriber subscriber;
	struct fw_daemon *daemon;
	struct fw_conn *conn;
	uint64_t lost;
};

static void tell_lost(struct subscription *sub)
{
	_cleanup_free_ char *line = NULL;
	struct fw_record record;

	if (sub->lost == 0)
		return;
	fw_record_begin(&record, FW_RECORD_LOST, fw_record_now());
	fw_record_text(&record, "of", "this stream");
	fw_record_text(&record, "reason", "reader");
	fw_record_number(&record, "count", sub->lost);
	line = fw_record_end(&record);
	if (!line)
		return;
	fw_conn_line(sub->conn, line);
	sub->lost = 0;
}

static void send_event(void *ctx, const char *line)
{
	struct subscription *sub = ctx;

	if (sub->lost > 0 || fw_conn_backlog(sub->conn) > BACKLOG_MAX)
		sub->lost++;
	else
		fw_conn_line(sub->conn, line);
}

static void on_drained(void *ctx)
{
	tell_lost(ctx);
}

static void on_closed(void *ctx)
{
	struct subscription *sub = ctx;

	fw_events_unsubscribe(sub->daemon->events, &sub->subscriber);
	free(sub);
}

/* The types asked for as bits; all where none is named. False when a word is
 * no type. */
static bool read_types(const json_t *words, uint32_t *ret)
{
	uint32_t types = 0;
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word) {
		const char *name = json_string_value(word);
		int type = name ? fw_record_type_find(name) : -ENOENT;

		if (type < 0)
			return false;
		types |= 1u << type;
	}
	/* what is lost of a type is told with it */
	*ret = types ? types | 1u << FW_RECORD_LOST : FW_RECORD_ALL;
	return true;
}

static void replay(struct fw_daemon *daemon, struct fw_conn *conn,
		   uint32_t types)
{
	struct subscription sub = { .conn = conn };

	sub.subscriber = (struct fw_subscriber){ .types = types,
						 .event = send_event,
						 .ctx = &sub };
	fw_loop_gather(daemon);
	begin_lines(conn);
	fw_events_replay(daemon->events, &sub.subscriber);
	tell_lost(&sub);
	fw_conn_exit(conn, EX_OK);
}

static void follow(struct fw_daemon *daemon, struct fw_conn *conn,
		   uint32_t types)
{
	struct subscription *sub = calloc(1, sizeof(*sub));

	if (!sub) {
		answer(conn, NULL);
		return;
	}
	sub->daemon = daemon;
	sub->conn = conn;
	sub->subscriber = (struct fw_subscriber){ .types = types,
						  .event = send_event,
						  .ctx = sub };
	fw_conn_set_stream(conn);
	fw_conn_watch(conn, &(struct fw_conn_watch){ .drained = on_drained,
						     .closed = on_closed,
						     .ctx = sub });
	fw_events_subscribe(daemon->events, &sub->subscriber);
	begin_lines(conn);
}

static void run_events(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	uint32_t types;

	if (!read_types(json_object_get(arguments, "types"), &types)) {
		fw_conn_error(conn, "unknown type of event");
		fw_conn_exit(conn, EX_USAGE);
	} else if (json_is_true(json_object_get(arguments, "follow"))) {
		follow(ctx, conn, types);
	} else {
		replay(ctx, conn, types);
	}
}

/* --- reload --------------------------------------------------------------- */

struct waiting {
	struct fw_daemon *daemon;
	struct fw_conn *conn;
};

void fw_commands_outcome(struct fw_conn *conn,
			 const struct fw_outcome *outcome)
{
	fw_conn_diagnostics(conn, outcome->diagnostics);
	if (outcome->error)
		fw_conn_error(conn, "%s", outcome->error);
	if (outcome->code == 0)
		fw_conn_document(conn,
				 json_pack("{s:s, s:o, s:o}", "schema",
					   FW_SCHEMA, "from",
					   fw_json_number(outcome->from),
					   "generation",
					   fw_json_number(outcome->to)));
	fw_conn_exit(conn, outcome->code);
}

static void on_reloaded(void *ctx, const struct fw_outcome *outcome)
{
	_cleanup_free_ struct waiting *waiting = ctx;

	fw_commands_outcome(waiting->conn, outcome);
}

/* Who asked is gone; the reload goes on. */
static void on_waiter_closed(void *ctx)
{
	struct waiting *waiting = ctx;

	fw_reload_forget(waiting->daemon, waiting);
	free(waiting);
}

/* NULL, or what is wrong with the arguments. */
static const char *read_reload(const json_t *arguments, const char **ret_file,
			       uint64_t *ret_trial_ms)
{
	const json_t *file = json_object_get(arguments, "file");
	const json_t *trial = json_object_get(arguments, "trial_ms");
	json_int_t ms = json_integer_value(trial);

	if (file && !json_is_string(file))
		return "a file is named by a string";
	if (trial && (ms < 1 || ms > FW_TRIAL_MS_MAX))
		return "a trial takes some time, and at most a day";
	*ret_file = json_string_value(file);
	*ret_trial_ms = (uint64_t)ms;
	return NULL;
}

static void run_reload(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	struct waiting *waiting;
	const char *file, *text;
	uint64_t trial_ms;
	int r = -ENOMEM;

	text = read_reload(arguments, &file, &trial_ms);
	if (text) {
		fw_conn_error(conn, "%s", text);
		fw_conn_exit(conn, EX_USAGE);
		return;
	}
	waiting = calloc(1, sizeof(*waiting));
	if (waiting) {
		waiting->daemon = ctx;
		waiting->conn = conn;
		r = fw_reload_start(ctx, file, trial_ms, on_reloaded, waiting);
	}
	if (r == 0) {
		fw_conn_watch(conn,
			      &(struct fw_conn_watch){
				      .closed = on_waiter_closed,
				      .ctx = waiting });
		return;
	}
	free(waiting);
	r = fw_reload_explain(r, &text);
	fw_conn_error(conn, "%s", text);
	fw_conn_exit(conn, r);
}

/* --- stop ----------------------------------------------------------------- */

static void on_stopper_closed(void *ctx)
{
	struct fw_daemon *daemon = ctx;

	daemon->stopper = NULL;
}

/* Answered when the daemon has left, so that another one can start then. */
static void run_stop(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	struct fw_daemon *daemon = ctx;

	daemon->flush = json_is_true(json_object_get(arguments, "flush"));
	daemon->stopper = conn;
	fw_conn_watch(conn,
		      &(struct fw_conn_watch){ .closed = on_stopper_closed,
					       .ctx = daemon });
	fw_loop_leave(daemon);
}

void fw_commands_stopped(struct fw_daemon *daemon, int code)
{
	if (!daemon->stopper)
		return;
	if (code != 0)
		fw_conn_error(daemon->stopper,
			      "not everything could be taken out: see the log");
	fw_conn_exit(daemon->stopper, code);
	daemon->stopper = NULL;
}

const struct fw_socket_command fw_commands[] = {
	{ "status", run_status },
	{ "list rules", run_rules },
	{ "list counters", run_counters },
	{ "list classes", run_classes },
	{ "list sets", run_sets },
	{ "list names", run_names },
	{ "list flows", run_flows },
	{ "list leases", run_leases },
	{ "list config", run_config },
	{ "events", run_events },
	{ "metrics", run_metrics },
	{ "explain", fw_question_explain },
	{ "diff", fw_question_diff },
	{ "reload", run_reload },
	{ "confirm", fw_trial_confirm },
	{ "abort", fw_trial_abort },
	{ "learn", fw_learning_command },
	{ "set", fw_elements_set },
	{ "flow", fw_flow_order },
	{ "stop", run_stop },
};
const size_t fw_n_commands = FW_ARRAY_SIZE(fw_commands);
