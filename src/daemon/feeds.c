/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the files that sets of the running plan name, looked at once a period.
 * Out: generations with their new content. What fails leaves the old content,
 * is counted and logged once; the file is read again when it changes once more.
 */
#include "daemon/feeds.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "daemon/json.h"
#include "daemon/reload.h"
#include "util/cleanup.h"
#include "util/log.h"

#define NS_PER_S 1000000000ULL
#define BUSY_S 1	/* another reload is under way */
#define REASON_MAX 256

struct feed {
	struct feed *next;
	struct fw_feeds *feeds;
	char *path;
	uint64_t refresh_ms;	/* the shortest of the sets that it feeds; 0:
				   read when the configuration is */
	struct event *timer;	/* valid with refresh_ms */
	bool named;		/* by the plan */

	struct fw_list_stamp seen;	/* when it was looked at last */
	bool missing;			/* likewise: there was none to see */
	uint64_t read_ns;		/* boot clock */
	uint64_t reads, refusals;
	uint64_t refused_ns;		/* valid with refusals */
	char reason[REASON_MAX];	/* likewise */
};

struct fw_feeds {
	struct fw_daemon *daemon;
	struct feed *first;
};

static void feed_free(struct feed *feed)
{
	if (feed->timer)
		event_free(feed->timer);
	free(feed->path);
	free(feed);
}

void fw_feeds_free(struct fw_feeds *feeds)
{
	if (!feeds)
		return;
	while (feeds->first) {
		struct feed *feed = feeds->first;

		feeds->first = feed->next;
		feed_free(feed);
	}
	free(feeds);
}

struct fw_feeds *fw_feeds_new(struct fw_daemon *daemon)
{
	struct fw_feeds *feeds = calloc(1, sizeof(*feeds));

	if (feeds)
		feeds->daemon = daemon;
	return feeds;
}

static struct feed *find(const struct fw_feeds *feeds, const char *path)
{
	struct feed *feed = feeds->first;

	while (feed && strcmp(feed->path, path) != 0)
		feed = feed->next;
	return feed;
}

/* --- reading -------------------------------------------------------------- */
static void look_in(const struct feed *feed, uint64_t ms)
{
	const struct timeval wait = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};

	(void)event_add(feed->timer, &wait);
}

static void refuse(struct feed *feed, const char *reason)
{
	feed->refusals++;
	feed->refused_ns = fw_daemon_clock();
	(void)snprintf(feed->reason, sizeof(feed->reason), "%.*s",
		       (int)strcspn(reason, "\n"), reason);
}

/* What no reload has told the log and the events of. */
static void report(struct feed *feed, const char *reason)
{
	struct fw_record record;

	refuse(feed, reason);
	fw_log(LOG_ERR, "%s: the old content stays: %s", feed->path, reason);
	fw_record_begin(&record, FW_RECORD_ERROR, fw_record_now());
	fw_record_text(&record, "file", feed->path);
	fw_record_text(&record, "text", reason);
	fw_daemon_record(feed->feeds->daemon, &record);
}

/* Whether none of the sets that it feeds has lost too much: what is left of so
 * many elements. */
static bool admit(void *ctx, const struct fw_load *load, char *text,
		  size_t size)
{
	const struct feed *feed = ctx;
	const struct fw_load *running = &feed->feeds->daemon->running;
	const struct fw_list_kept *old = fw_lists_find(&running->lists,
						       feed->path);
	const struct fw_list_kept *new = fw_lists_find(&load->lists,
						       feed->path);

	for (size_t i = 0; old && new && i < running->plan->n_sets; i++) {
		const struct fw_plan_set *set = &running->plan->sets[i];

		if (!set->path || strcmp(set->path, feed->path) != 0 ||
		    new->n_fields >= old->n_fields ||
		    (double)(old->n_fields - new->n_fields) * FW_MILLION <=
			    (double)old->n_fields * set->max_shrink)
			continue;
		(void)snprintf(text, size, "%s: %zu elements where there were "
			       "%zu: set %s has max-shrink %g%%", feed->path,
			       new->n_fields, old->n_fields, set->name,
			       set->max_shrink * 100.0 / FW_MILLION);
		return false;
	}
	return true;
}

static void on_read(void *ctx, const struct fw_outcome *outcome)
{
	struct feed *feed = ctx;

	if (outcome->code == 0)
		return;		/* fw_feeds_run() has seen it */
	refuse(feed, outcome->error ? outcome->error :
		     outcome->diagnostics ? outcome->diagnostics :
					    "memory ran out");
}

/* What a set was told at run time, but that it holds nothing of the file. */
static void restore(struct fw_changes *changes, const struct fw_plan *plan,
		    const char *path)
{
	for (size_t i = 0; i < plan->n_sets; i++) {
		struct fw_set_changes *of = NULL;

		if (plan->sets[i].path && !strcmp(plan->sets[i].path, path))
			of = fw_changes_find(changes, &plan->sets[i]);
		if (of)
			of->emptied = false;
	}
}

/* Takes file. 0, or -errno: it was not begun. */
static int take(struct feed *feed, struct fw_list_kept *file)
{
	struct fw_daemon *daemon = feed->feeds->daemon;
	_cleanup_(fw_load_done) struct fw_load load = {
		.changes = fw_changes_copy(daemon->running.changes),
	};
	const struct fw_reload_feed from = {
		.admit = admit,
		.done = on_read,
		.ctx = feed,
	};
	int r = fw_load_same(&daemon->running, &load);

	/* takes it in any case */
	if (fw_lists_put(&load.lists, file) < 0 || !load.changes)
		r = -ENOMEM;
	if (r < 0)
		return r;
	restore(load.changes, daemon->running.plan, feed->path);
	return fw_reload_content(daemon, &load, &from);
}

static bool is_new(struct feed *feed, const struct stat *st)
{
	const struct fw_list_stamp stamp = fw_list_stamp(st);

	if (!feed->missing && fw_list_stamp_same(&stamp, &feed->seen))
		return false;
	feed->missing = false;
	feed->seen = stamp;
	return true;
}

static void look(struct feed *feed)
{
	struct fw_list_kept *file;
	char text[REASON_MAX];
	struct stat st;
	int r;

	if (stat(feed->path, &st) < 0) {
		r = -errno;
		if (!feed->missing)
			report(feed, strerror(-r));
		feed->missing = true;
		return;
	}
	if (!is_new(feed, &st))
		return;
	r = fw_list_keep(feed->path, &file);
	if (r == 0)
		r = take(feed, file);
	if (r == 0)
		return;
	(void)snprintf(text, sizeof(text), "%s", strerror(-r));
	report(feed, text);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct feed *feed = ctx;
	const struct fw_daemon *daemon = feed->feeds->daemon;

	(void)fd;
	(void)what;
	if (daemon->reload || daemon->trial) {
		look_in(feed, BUSY_S * 1000);
		return;
	}
	look_in(feed, feed->refresh_ms);
	look(feed);
}

/* --- what there is to read ------------------------------------------------ */
static struct feed *add(struct fw_feeds *feeds, const char *path)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return NULL;
	feed->feeds = feeds;
	feed->path = strdup(path);
	feed->timer = evtimer_new(feeds->daemon->base, on_timer, feed);
	if (!feed->path || !feed->timer) {
		feed_free(feed);
		return NULL;
	}
	feed->next = feeds->first;
	feeds->first = feed;
	return feed;
}

/* As it was read for the generation that runs. */
static void note_read(struct feed *feed, const struct fw_list_kept *file)
{
	if (feed->reads > 0 && feed->read_ns == file->read_ns)
		return;
	feed->reads++;
	feed->read_ns = file->read_ns;
	feed->seen = file->stamp;
	feed->missing = false;
}

static void drop_unnamed(struct fw_feeds *feeds)
{
	struct feed **at = &feeds->first;

	while (*at) {
		struct feed *feed = *at;

		if (feed->named) {
			at = &feed->next;
			continue;
		}
		*at = feed->next;
		feed_free(feed);
	}
}

void fw_feeds_run(struct fw_feeds *feeds)
{
	const struct fw_load *running = &feeds->daemon->running;

	for (struct feed *feed = feeds->first; feed; feed = feed->next)
		feed->named = false;
	for (size_t i = 0; i < running->plan->n_sets; i++) {
		const struct fw_plan_set *set = &running->plan->sets[i];
		const struct fw_list_kept *file;
		struct feed *feed;

		if (!set->path)
			continue;
		file = fw_lists_find(&running->lists, set->path);
		feed = find(feeds, set->path);
		if (!feed)
			feed = add(feeds, set->path);
		if (!feed || !file) {
			fw_log(LOG_ERR, "%s: not read again: %s", set->path,
			       strerror(ENOMEM));
			continue;
		}
		if (!feed->named)
			feed->refresh_ms = 0;
		feed->named = true;
		if (set->refresh_ms && (!feed->refresh_ms ||
					set->refresh_ms < feed->refresh_ms))
			feed->refresh_ms = set->refresh_ms;
		note_read(feed, file);
	}
	drop_unnamed(feeds);
	for (struct feed *feed = feeds->first; feed; feed = feed->next) {
		if (!feed->refresh_ms)
			(void)event_del(feed->timer);
		else if (!event_pending(feed->timer, EV_TIMEOUT, NULL))
			look_in(feed, feed->refresh_ms);
	}
}

/* --- status --------------------------------------------------------------- */
static json_t *age(uint64_t then_ns)
{
	return fw_json_number((fw_daemon_clock() - then_ns) / NS_PER_S);
}

static json_t *describe(const struct fw_feeds *feeds,
			const struct fw_plan_set *set)
{
	const struct fw_list_kept *file = fw_lists_find(
		&feeds->daemon->running.lists, set->path);
	const struct feed *feed = find(feeds, set->path);
	bool refused = feed && feed->refusals > 0;

	return json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"family", set->family, "table", set->table, "set", set->name,
		"file", fw_json_text(set->path), "elements",
		fw_json_number(file ? file->n_fields : 0), "refresh_s",
		set->refresh_ms ? json_real((double)set->refresh_ms / 1000) :
				  json_null(),
		"read_s", feed ? age(feed->read_ns) : json_null(), "reads",
		fw_json_number(feed ? feed->reads : 0), "refusals",
		fw_json_number(feed ? feed->refusals : 0), "refused_s",
		refused ? age(feed->refused_ns) : json_null(), "reason",
		fw_json_text(refused ? feed->reason : NULL));
}

json_t *fw_feeds_document(const struct fw_feeds *feeds)
{
	const struct fw_plan *plan = feeds->daemon->running.plan;
	json_t *array = json_array();

	for (size_t i = 0; array && i < plan->n_sets; i++) {
		if (!plan->sets[i].path ||
		    json_array_append_new(array, describe(feeds,
							  &plan->sets[i])) == 0)
			continue;
		json_decref(array);
		array = NULL;
	}
	return array;
}
