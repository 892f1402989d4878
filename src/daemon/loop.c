/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wake-ups in, calls of the parts that they are for out. Opening fails with
 * -errno; afterwards what a part cannot do is logged, and the loop goes on.
 */
#include "daemon/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>

#include "apply/watched.h"
#include "daemon/blocked_watch.h"
#include "daemon/elements.h"
#include "daemon/kernel.h"
#include "daemon/logging.h"
#include "daemon/reload.h"
#include "daemon/sinks.h"
#include "daemon/watching.h"
#include "events/ring.h"
#include "util/cleanup.h"
#include "util/log.h"

#define TICK_MS 1000
/* Elements too, and what waits is read at once. */
#define SETS_SETTLE_MS 5
/* What nft has let go for its time's sake leaves the programs' maps as often;
 * and so often what could not be done is tried again. */
#define SETS_AGAIN_MS 60000
#define SETS_RETRY_MS 1000
#define SETS_DYNAMIC_MS 1000	/* where packets change them */
/* Devices come in swarms: one commit for all of them. */
#define SETTLE_MS 200

enum source {
	ON_HUP,
	ON_TERM,
	ON_INT,
	ON_USR1,
	ON_USR2,
	ON_RING,
	ON_WATCHED,
	ON_MAILBOX,
	ON_LINKS,
	ON_SETTLED,
	ON_ROUTES,
	ON_SETS,
	ON_SETS_CHANGED,
	ON_FLOWS,
	ON_TICK,
	SOURCES,
};

struct fw_loop {
	struct event *events[SOURCES];
};

/* --- signals -------------------------------------------------------------- */

static void on_hup(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;
	const char *text;
	int r;

	(void)fd;
	(void)what;
	r = fw_reload_start(daemon, NULL, 0, NULL, NULL);
	if (r == -EBUSY) {
		fw_reload_repeat(daemon);
	} else if (r < 0) {
		(void)fw_reload_explain(r, &text);
		fw_log(LOG_ERR, "not reloaded: %s", text);
	}
}

static void on_leave(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	fw_loop_leave(ctx);
}

static void on_usr1(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	fw_logging_counters(ctx);
}

static void on_usr2(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	fw_logging_open(ctx);
	fw_sinks_reopen(ctx);
}

/* --- events --------------------------------------------------------------- */

static const char *device_name(void *ctx, uint32_t ifindex)
{
	const struct fw_daemon *daemon = ctx;

	return fw_links_name(daemon->links, ifindex);
}

/* Rules are known by their key: of an older generation's, those that stayed. */
static bool find_rule(void *ctx, uint32_t id, struct fw_ring_rule *ret)
{
	const struct fw_daemon *daemon = ctx;
	const struct fw_plan *plan = daemon->running.plan;

	for (size_t i = 0; i < plan->n_rules; i++) {
		const struct fw_plan_rule *rule = &plan->rules[i];

		if (FW_RULE_ID(rule->key.bytes) != id)
			continue;
		*ret = (struct fw_ring_rule){
			.file = rule->file,
			.line = rule->line,
			.text = rule->text,
			.log_prefix = rule->log_prefix,
			.log_level = rule->log_level,
			.audit = rule->audit,
		};
		return true;
	}
	return false;
}

static void take_ring(void *ctx, const struct fw_event_head *head)
{
	const struct fw_ring_names names = {
		ctx, device_name, find_rule, fw_stat_name,
	};
	struct fw_daemon *daemon = ctx;
	enum fw_record_type type;
	char *line;
	int r;

	r = fw_ring_record(head, &names, &type, &line);
	if (r == 0)
		fw_events_add(daemon->events, type, line);
	else
		fw_log_errno(LOG_DEBUG, r, "event of type %u, ignoring",
			     head->type);
}

static void on_ring(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;
	int r;

	(void)fd;
	(void)what;
	r = fw_apply_events_drain(daemon->apply, take_ring, daemon);
	if (r < 0)
		fw_log_errno(LOG_WARNING, r, "events, ignoring");
}

static void on_watched(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	fw_watching_drain(ctx);
}

static void take_letter(void *ctx, enum fw_record_type type, char *line)
{
	struct fw_daemon *daemon = ctx;

	fw_events_add(daemon->events, type, line);
}

static void on_mailbox(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;
	struct fw_record record;
	uint64_t lost;

	(void)fd;
	(void)what;
	lost = fw_mailbox_drain(daemon->mailbox, take_letter, daemon);
	if (lost == 0)
		return;
	fw_record_begin(&record, FW_RECORD_LOST, fw_record_now());
	fw_record_text(&record, "of", fw_record_type_name(FW_RECORD_FLOW));
	fw_record_text(&record, "reason", "queue");
	fw_record_number(&record, "count", lost);
	fw_daemon_record(daemon, &record);
}

void fw_loop_gather(struct fw_daemon *daemon)
{
	on_ring(-1, 0, daemon);
	fw_watching_drain(daemon);
	on_mailbox(-1, 0, daemon);
}

/* --- devices -------------------------------------------------------------- */

static bool plan_names(const struct fw_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_devices; i++) {
		if (!strcmp(plan->devices[i].name, name))
			return true;
	}
	return false;
}

static void take_link(void *ctx, const struct fw_link_change *change)
{
	const struct timeval settle = { .tv_usec = SETTLE_MS * 1000 };
	struct fw_daemon *daemon = ctx;
	struct fw_record record;

	if (!plan_names(daemon->running.plan, change->name))
		return;
	fw_record_begin(&record, FW_RECORD_DEVICE, fw_record_now());
	fw_record_text(&record, "device", change->name);
	fw_record_text(&record, "state", change->present ? "present" : "gone");
	fw_daemon_record(daemon, &record);
	fw_log(LOG_NOTICE, "device %s is %s", change->name,
	       change->present ? "here" : "gone");
	(void)event_add(daemon->loop->events[ON_SETTLED], &settle);
}

static void on_links(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;
	int r;

	(void)fd;
	(void)what;
	r = fw_links_drain(daemon->links, take_link, daemon);
	if (r < 0)
		fw_log_errno(LOG_WARNING, r, "rtnetlink, ignoring");
}

static void on_settled(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval settle = { .tv_usec = SETTLE_MS * 1000 };
	struct fw_daemon *daemon = ctx;

	(void)fd;
	(void)what;
	if (daemon->reload)
		(void)event_add(daemon->loop->events[ON_SETTLED], &settle);
	else
		fw_reload_again(daemon);
}

/* What was decided under other routes, neighbours, rules or qdiscs is decided
 * anew. */
static void on_routes(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;

	(void)fd;
	(void)what;
	fw_routes_drain(daemon->routes);
	fw_apply_road_ports(daemon->apply);
	fw_apply_roads_close(daemon->apply);
}

/* --- live sets ------------------------------------------------------------ */

static void follow_in(struct fw_daemon *daemon, unsigned ms)
{
	const struct timeval wait = {
		.tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000,
	};

	(void)event_add(daemon->loop->events[ON_SETS_CHANGED], &wait);
}

/* Of what packets put into nft's sets nobody tells. */
static unsigned again_ms(const struct fw_daemon *daemon)
{
	const struct fw_plan_xdp *xdp = &daemon->running.plan->xdp;

	for (size_t i = 0; i < xdp->n_live_sets; i++)
		if (xdp->live_sets[i].dynamic)
			return SETS_DYNAMIC_MS;
	return SETS_AGAIN_MS;
}

static void on_sets(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;
	struct fw_set_news news;

	(void)fd;
	(void)what;
	fw_apply_roads_close(daemon->apply);
	news = fw_set_watch_drain(daemon->set_watch, daemon->running.plan);
	if (news.live)
		follow_in(daemon, SETS_SETTLE_MS);
	if (news.compiled)
		fw_elements_follow(daemon);
}

static void on_sets_changed(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;
	int before = fw_apply_sets_error(daemon->apply);
	int r = fw_apply_sets_follow(daemon->apply);

	(void)fd;
	(void)what;
	if (r < 0 && r != before)
		fw_log_errno(LOG_ERR, r, "sets in XDP are not as they are in "
					 "nft");
	follow_in(daemon, r < 0 ? SETS_RETRY_MS : again_ms(daemon));
}

/* --- flows ---------------------------------------------------------------- */

static void on_flows(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;

	(void)fd;
	(void)what;
	(void)fw_flows_drain(daemon->flows);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;

	(void)fd;
	(void)what;
	fw_apply_road_ports(daemon->apply);
	fw_flows_tick(daemon->flows);
	fw_watching_tick(daemon);
	fw_kernel_tick(daemon);
	fw_blocked_tick(daemon);
	fw_sinks_tick(daemon);
}

/* --- the loop ------------------------------------------------------------- */

static int watch_signal(struct fw_daemon *daemon, enum source source,
			int signal, event_callback_fn fn)
{
	struct event *event = evsignal_new(daemon->base, signal, fn, daemon);

	daemon->loop->events[source] = event;
	return event && event_add(event, NULL) == 0 ? 0 : -ENOMEM;
}

static int watch_fd(struct fw_daemon *daemon, enum source source, int fd,
		    event_callback_fn fn)
{
	struct event *event;

	if (fd < 0)
		return 0;
	event = event_new(daemon->base, fd, EV_READ | EV_PERSIST, fn, daemon);
	daemon->loop->events[source] = event;
	return event && event_add(event, NULL) == 0 ? 0 : -ENOMEM;
}

/* Period 0: made, not started. */
static int watch_timer(struct fw_daemon *daemon, enum source source,
		       unsigned period_ms, event_callback_fn fn)
{
	const struct timeval period = {
		.tv_sec = period_ms / 1000,
		.tv_usec = period_ms % 1000 * 1000,
	};
	struct event *event = event_new(daemon->base, -1,
					period_ms ? EV_PERSIST : 0, fn, daemon);

	daemon->loop->events[source] = event;
	if (!event)
		return -ENOMEM;
	return !period_ms || event_add(event, &period) == 0 ? 0 : -ENOMEM;
}

static int watch_all(struct fw_daemon *daemon)
{
	int r = 0;

	(void)signal(SIGPIPE, SIG_IGN);
	r |= watch_signal(daemon, ON_HUP, SIGHUP, on_hup);
	r |= watch_signal(daemon, ON_TERM, SIGTERM, on_leave);
	r |= watch_signal(daemon, ON_INT, SIGINT, on_leave);
	r |= watch_signal(daemon, ON_USR1, SIGUSR1, on_usr1);
	r |= watch_signal(daemon, ON_USR2, SIGUSR2, on_usr2);
	r |= watch_fd(daemon, ON_RING, fw_apply_events_fd(daemon->apply),
		      on_ring);
	r |= watch_fd(daemon, ON_WATCHED, fw_apply_watched_fd(daemon->apply),
		      on_watched);
	r |= watch_fd(daemon, ON_MAILBOX, fw_mailbox_fd(daemon->mailbox),
		      on_mailbox);
	r |= watch_fd(daemon, ON_LINKS, fw_links_fd(daemon->links), on_links);
	r |= watch_timer(daemon, ON_SETTLED, 0, on_settled);
	r |= watch_fd(daemon, ON_ROUTES, fw_routes_fd(daemon->routes),
		      on_routes);
	r |= watch_fd(daemon, ON_SETS, fw_set_watch_fd(daemon->set_watch),
		      on_sets);
	r |= watch_timer(daemon, ON_SETS_CHANGED, 0, on_sets_changed);
	follow_in(daemon, again_ms(daemon));
	r |= watch_fd(daemon, ON_FLOWS, fw_flows_fd(daemon->flows), on_flows);
	r |= watch_timer(daemon, ON_TICK, TICK_MS, on_tick);
	return r ? -ENOMEM : 0;
}

int fw_loop_open(struct fw_daemon *daemon)
{
	daemon->loop = calloc(1, sizeof(*daemon->loop));
	return daemon->loop ? watch_all(daemon) : -ENOMEM;
}

void fw_loop_run(struct fw_daemon *daemon)
{
	while (!daemon->leaving)
		(void)event_base_loop(daemon->base, EVLOOP_ONCE);
}

void fw_loop_leave(struct fw_daemon *daemon)
{
	daemon->leaving = true;
	(void)event_base_loopbreak(daemon->base);
}

void fw_loop_close(struct fw_daemon *daemon)
{
	if (!daemon->loop)
		return;
	for (size_t i = 0; i < SOURCES; i++) {
		if (daemon->loop->events[i])
			event_free(daemon->loop->events[i]);
	}
	free(FW_TAKE(daemon->loop));
}
