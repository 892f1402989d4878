/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: requests to change sets, and the ends of elements' times. Out:
 * generations with other elements, answers. What fails is told to who asked;
 * when a time's end cannot be acted upon, it is tried again.
 */
#include "daemon/elements.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sysexits.h>

#include "daemon/commands.h"
#include "daemon/confirm.h"
#include "daemon/feeds.h"
#include "daemon/json.h"
#include "daemon/reload.h"
#include "daemon/set_edit.h"
#include "daemon/set_state.h"
#include "daemon/status.h"
#include "util/cleanup.h"
#include "util/log.h"

#define NS_PER_S 1000000000ULL
#define AGAIN_NS NS_PER_S	/* where an end could not be acted upon */

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)
FW_CLEANUP_PTR(struct fw_changes *, fw_changes_free)

struct request {
	struct request *next;
	struct fw_daemon *daemon;
	struct fw_conn *conn;	/* NULL: gone */
	json_t *arguments;
	enum fw_set_verb verb;
	struct fw_set_result result;
	struct fw_changes *before;	/* of what ran before a trial, with
					   the same done to it; or NULL */
};

struct fw_elements {
	int fd;			/* a timer of the boot clock */
	struct event *event;
	struct request *first, **end;	/* wait for a reload's end */
	bool follow;			/* likewise: what others did */
};

static void request_free(struct request *request)
{
	if (!request)
		return;
	json_decref(request->arguments);
	fw_changes_free(request->before);
	free(request);
}

FW_CLEANUP_PTR(struct request *, request_free)

/* --- answers -------------------------------------------------------------- */
static void answer(const struct request *request)
{
	const struct fw_set_result *result = &request->result;
	bool no = request->verb == FW_SET_TEST && result->done < result->of;
	json_t *document;

	if (!request->conn)
		return;
	document = json_pack("{s:s, s:s, s:o, s:o, s:o}", "schema", FW_SCHEMA,
			     "verb", fw_set_verb_name[request->verb], "done",
			     fw_json_number(result->done), "of",
			     fw_json_number(result->of), "deleted",
			     fw_json_number(result->deleted));
	fw_conn_document(request->conn, document);
	fw_conn_exit(request->conn, !document ? EX_OSERR : no ? FW_EXIT_NO :
								EX_OK);
}

static void refuse(const struct request *request, int code, const char *text)
{
	if (!request->conn)
		return;
	fw_conn_error(request->conn, "%s", text);
	fw_conn_exit(request->conn, code);
}

/* The request goes on; only nobody waits for its answer. */
static void on_closed(void *ctx)
{
	struct request *request = ctx;

	request->conn = NULL;
}

/* --- changes -------------------------------------------------------------- */
static void on_changed(void *ctx, const struct fw_outcome *outcome)
{
	_cleanup_(request_free_ptr_) struct request *request = ctx;

	if (outcome->code == 0 && request->before)
		fw_trial_tell(request->daemon, FW_TAKE(request->before));
	if (outcome->code == 0)
		answer(request);
	else if (request->conn)
		fw_commands_outcome(request->conn, outcome);
}

/* The running text with those changes, which it takes. */
static int commit(struct fw_daemon *daemon, struct fw_changes *changes,
		  fw_reload_fn done, void *ctx)
{
	_cleanup_(fw_load_done) struct fw_load load = { .changes = changes };
	const struct fw_reload_feed from = { .done = done, .ctx = ctx };
	int r = fw_load_same(&daemon->running, &load);

	return r ? r : fw_reload_content(daemon, &load, &from);
}

/* During a trial: what ran before has the set too, perhaps with other
 * elements. */
static int change_before(struct request *request,
			 const struct fw_set_order *order)
{
	const struct fw_load *before = fw_trial_before(request->daemon);
	struct fw_set_order same = *order;
	struct fw_set_result result;

	if (before)
		same.set = fw_plan_set_like(before->plan, order->set);
	if (!before || !same.set)
		return 0;
	request->before = fw_changes_copy(before->changes);
	return request->before ? fw_set_order_run(&same, request->before,
						  &result) : -ENOMEM;
}

/* Takes request where it returns 0. */
static int change(struct request *request, const struct fw_set_order *order)
{
	struct fw_daemon *daemon = request->daemon;
	struct fw_changes *changes = fw_changes_copy(daemon->running.changes);
	int r;

	if (!changes)
		return -ENOMEM;
	r = fw_set_order_run(order, changes, &request->result);
	if (r == 0 && request->result.changed)
		r = change_before(request, order);
	if (r == 0 && request->result.changed)
		return commit(daemon, changes, on_changed, request);
	fw_changes_free(changes);
	if (r < 0)
		return r;
	answer(request);
	request_free(request);
	return 0;
}

static void explain_error(struct request *request, int error)
{
	const char *text;
	int code = fw_reload_explain(error, &text);

	refuse(request, code, text);
}

/* The next reload brings back what is declared. */
static void note_emptied(struct fw_daemon *daemon,
			 const struct fw_set_order *order)
{
	struct fw_set_changes *of;

	if (order->verb != FW_SET_REPLACE && order->verb != FW_SET_FLUSH)
		return;
	of = fw_changes_open(daemon->running.changes, order->set);
	if (of)
		of->emptied = true;
	fw_set_state_write(daemon);
}

static void run(struct request *request)
{
	_cleanup_(request_free_ptr_) struct request *own = request;
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct fw_set_trouble trouble = { .code = EX_OSERR };
	struct fw_set_order order;
	int r;

	if (!arena) {
		explain_error(request, -ENOMEM);
		return;
	}
	if (!fw_set_order_read(request->daemon, arena, request->arguments,
			       &order, &trouble)) {
		refuse(request, trouble.code, trouble.text);
		return;
	}
	request->verb = order.verb;
	if (order.set->open) {
		if (!fw_set_order_nft(request->daemon, arena, &order,
				      &request->result, &trouble)) {
			refuse(request, trouble.code, trouble.text);
			return;
		}
		note_emptied(request->daemon, &order);
		answer(request);
		return;
	}
	r = change(request, &order);
	if (r < 0)
		explain_error(request, r);
	else
		own = NULL;
}

/* --- what others do ------------------------------------------------------- */
struct follow {
	struct fw_daemon *daemon;
	struct fw_changes *before;	/* as of a request */
};

static void follow_free(struct follow *follow)
{
	if (follow)
		fw_changes_free(follow->before);
	free(follow);
}

FW_CLEANUP_PTR(struct follow *, follow_free)

static void on_followed(void *ctx, const struct fw_outcome *outcome)
{
	_cleanup_(follow_free_ptr_) struct follow *follow = ctx;

	if (outcome->code != 0)
		fw_log(LOG_ERR, "what others did to sets is not followed");
	else if (follow->before)
		fw_trial_tell(follow->daemon, FW_TAKE(follow->before));
}

static int do_follow(struct fw_daemon *daemon)
{
	_cleanup_(follow_free_ptr_) struct follow *follow =
		calloc(1, sizeof(*follow));
	_cleanup_(fw_changes_free_ptr_) struct fw_changes *changes =
		fw_changes_copy(daemon->running.changes);
	const struct fw_load *before = fw_trial_before(daemon);
	bool any = false;
	int r;

	if (!follow || !changes)
		return -ENOMEM;
	follow->daemon = daemon;
	if (before)
		follow->before = fw_changes_copy(before->changes);
	if (before && !follow->before)
		return -ENOMEM;
	r = fw_set_note_others(daemon, changes, before ? before->plan : NULL,
			       follow->before, &any);
	if (r == 0 && any)
		r = commit(daemon, FW_TAKE(changes), on_followed, follow);
	if (r == 0 && any)
		follow = NULL;
	return r;
}

void fw_elements_follow(struct fw_daemon *daemon)
{
	int r;

	daemon->elements->follow = daemon->reload;
	if (daemon->reload)
		return;
	r = do_follow(daemon);
	if (r < 0)
		fw_log_errno(LOG_ERR, r, "what others did to sets is not "
					 "followed");
}

void fw_elements_go_on(struct fw_daemon *daemon)
{
	struct fw_elements *e = daemon->elements;

	if (e->follow && !daemon->reload)
		fw_elements_follow(daemon);
	while (e->first && !daemon->reload) {
		struct request *request = e->first;

		e->first = request->next;
		if (!e->first)
			e->end = &e->first;
		run(request);
	}
}

void fw_elements_set(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	struct fw_daemon *daemon = ctx;
	struct request *request = calloc(1, sizeof(*request));

	if (!request) {
		fw_conn_error(conn, "%s", strerror(ENOMEM));
		fw_conn_exit(conn, EX_OSERR);
		return;
	}
	request->daemon = daemon;
	request->conn = conn;
	request->arguments = json_deep_copy(arguments);
	fw_conn_watch(conn, &(struct fw_conn_watch){ .closed = on_closed,
						     .ctx = request });
	*daemon->elements->end = request;
	daemon->elements->end = &request->next;
	fw_elements_go_on(daemon);
}

/* --- ends ----------------------------------------------------------------- */
static void set_timer(const struct fw_elements *e, uint64_t at_ns)
{
	const struct itimerspec at = {
		.it_value = {
			.tv_sec = (time_t)(at_ns / NS_PER_S),
			.tv_nsec = (long)(at_ns % NS_PER_S),
		},
	};

	(void)timerfd_settime(e->fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void on_pruned(void *ctx, const struct fw_outcome *outcome)
{
	struct fw_daemon *daemon = ctx;

	if (outcome->code != 0)
		set_timer(daemon->elements, fw_daemon_clock() + AGAIN_NS);
}

static void on_end(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;
	struct fw_changes *changes;
	uint64_t expirations;
	int r = -ENOMEM;

	(void)what;
	if (read(fd, &expirations, sizeof(expirations)) < 0)
		return;		/* it was set anew meanwhile */
	changes = fw_changes_copy(daemon->running.changes);
	if (changes) {
		(void)fw_changes_prune(changes, fw_daemon_clock());
		r = commit(daemon, changes, on_pruned, daemon);
	}
	if (r < 0)
		set_timer(daemon->elements, fw_daemon_clock() + AGAIN_NS);
}

void fw_elements_run(struct fw_daemon *daemon)
{
	fw_set_carry_in(daemon);
	fw_set_state_write(daemon);
	fw_feeds_run(daemon->feeds);
	set_timer(daemon->elements, fw_changes_next(daemon->running.changes));
}

/* -------------------------------------------------------------------------- */
int fw_elements_open(struct fw_daemon *daemon)
{
	struct fw_elements *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	daemon->elements = e;
	e->end = &e->first;
	e->fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (e->fd < 0)
		return -errno;
	e->event = event_new(daemon->base, e->fd, EV_READ | EV_PERSIST, on_end,
			     daemon);
	return e->event && event_add(e->event, NULL) == 0 ? 0 : -ENOMEM;
}

void fw_elements_close(struct fw_daemon *daemon)
{
	struct fw_elements *e = daemon->elements;

	if (!e)
		return;
	while (e->first) {
		struct request *request = e->first;

		e->first = request->next;
		refuse(request, EX_UNAVAILABLE, "the daemon leaves");
		request_free(request);
	}
	if (e->event)
		event_free(e->event);
	if (e->fd >= 0)
		(void)close(e->fd);
	free(e);
	daemon->elements = NULL;
}
