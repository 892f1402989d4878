/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the tracepoints' counters, drops and events; files of /proc; Flywall's own
 * counters. Out: totals, rates and baselines for status, events, alerts. Where
 * there is no tracepoint /proc counts in its place, or nobody does, and status
 * says so. Baselines stand in the run directory, written now and then and at the
 * end.
 */
#include "daemon/kernel.h"

#include <errno.h>
#include <event2/event.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "apply/trace.h"
#include "daemon/json.h"
#include "daemon/kernel_read.h"
#include "events/baseline.h"
#include "util/cleanup.h"
#include "util/log.h"

#define NS_PER_S 1000000000ULL
#define WRITE_S 300		/* between two writes of the file */
#define TICK_MIN_NS (NS_PER_S / 2)
#define HEAD "flywall baseline 1\n"
#define NO_TRACE FW_TRACE_MAX_

enum counter {
	DROPS,
	RETRANSMITS,
	SYNACK_RETRANSMITS,
	RESETS_RECEIVED,
	RESETS_SENT,
	CONNECTS_FAILED,
	LISTEN_OVERFLOWS,
	CONNTRACK_FULL,
	CONNTRACK_FAILED,
	CONNTRACK_GROWTH,
	SOFTNET_DROPS,
	FILTER_DROPS,
	COOKIES,
	COUNTERS,
};

/*
 * Where each is counted: at a tracepoint, else in a file of /proc, else by
 * Flywall's programs. floor: the deviation is never taken for less, a second;
 * with `deviation over 4` four times that is what nobody has to look at.
 */
static const struct {
	const char *name;
	double floor;
	enum fw_trace_kind trace;	/* NO_TRACE: none */
	enum fw_proc_file file;
	const char *fields;
	const char *stats;	/* part of names of enum fw_stat, or NULL */
	bool level;		/* a number that goes up and down */
} rows[] = {
	[DROPS] = { "drops", 25, FW_TRACE_DROP, FW_PROC_SNMP,
		    "Ip:InDiscards Ip:InHdrErrors Ip:InAddrErrors "
		    "Ip:OutDiscards Ip:OutNoRoutes Udp:NoPorts Udp:InErrors "
		    "Tcp:InErrs", NULL, false },
	[RETRANSMITS] = { "retransmits", 15, FW_TRACE_RETRANSMIT, FW_PROC_SNMP,
			  "Tcp:RetransSegs", NULL, false },
	[SYNACK_RETRANSMITS] = { "synack-retransmits", 8, FW_TRACE_SYNACK,
				 FW_PROC_NONE, NULL, NULL, false },
	[RESETS_RECEIVED] = { "resets-received", 15, FW_TRACE_RESET_RECEIVED,
			      FW_PROC_SNMP, "Tcp:EstabResets", NULL, false },
	/* before Linux 6.10 the tracepoint is silent where there is no socket */
	[RESETS_SENT] = { "resets-sent", 15, NO_TRACE, FW_PROC_SNMP,
			  "Tcp:OutRsts", NULL, false },
	[CONNECTS_FAILED] = { "connects-failed", 8, FW_TRACE_CONNECT,
			      FW_PROC_SNMP, "Tcp:AttemptFails", NULL, false },
	[LISTEN_OVERFLOWS] = { "listen-overflows", 5, NO_TRACE, FW_PROC_NETSTAT,
			       "TcpExt:ListenOverflows TcpExt:TCPReqQFullDrop "
			       "TcpExt:TCPReqQFullDoCookies", NULL, false },
	[CONNTRACK_FULL] = { "conntrack-full", 1, NO_TRACE, FW_PROC_CONNTRACK,
			     "drop early_drop", NULL, false },
	[CONNTRACK_FAILED] = { "conntrack-failed", 5, NO_TRACE,
			       FW_PROC_CONNTRACK, "insert_failed", NULL,
			       false },
	[CONNTRACK_GROWTH] = { "conntrack-growth", 60, NO_TRACE,
			       FW_PROC_CONNTRACK, "entries", NULL, true },
	[SOFTNET_DROPS] = { "softnet-drops", 100, NO_TRACE, FW_PROC_SOFTNET,
			    "1", NULL, false },
	[FILTER_DROPS] = { "filter-drops", 25, NO_TRACE, FW_PROC_NONE, NULL,
			   "-drop-", false },
	[COOKIES] = { "syn-cookies", 25, NO_TRACE, FW_PROC_NONE, NULL,
		      "xdp-syn-answered", false },
};
_Static_assert(FW_ARRAY_SIZE(rows) == COUNTERS, "counters");

struct counted {
	bool known;		/* last is */
	uint64_t last, total;	/* as it was read; since the monitor began */
	struct fw_baseline baseline;
	struct fw_baseline_view view;
};

/* Drops of a reason and place, as they were a second ago. */
struct place {
	struct fw_trace_place of;
	uint64_t packets;
};

struct fw_kernel {
	struct fw_trace *trace;		/* NULL: refused, see reason */
	char reason[FW_TRACE_REASON_MAX];
	struct event *readable;
	uint32_t told;			/* kinds that are events: bits */
	double times;			/* 0: no alerts */
	uint64_t then;			/* of the last tick, boot clock */
	unsigned unwritten;		/* s */
	struct counted counters[COUNTERS];
	struct fw_trace_event seen[FW_TRACE_MAX_];	/* the last one */
	/* since a kind is told: where its counter stood, events that were
	 * recorded, and those that were told to be left out */
	uint64_t base[FW_TRACE_MAX_], recorded[FW_TRACE_MAX_];
	uint64_t left_out[FW_TRACE_MAX_];
	struct place *places;
	size_t n_places;
	char most[128];			/* drops of the last second: why */
};

/* --- events --------------------------------------------------------------- */

static const struct {
	enum fw_record_type type;
	enum fw_kernel_log log;
	const char *direction;
} events[FW_TRACE_MAX_] = {
	[FW_TRACE_DROP] = { FW_RECORD_KERNEL_DROP, FW_KERNEL_LOG_DROPS, NULL },
	[FW_TRACE_RETRANSMIT] = { FW_RECORD_RETRANSMIT,
				  FW_KERNEL_LOG_RETRANSMITS, NULL },
	[FW_TRACE_SYNACK] = { FW_RECORD_MAX_, FW_KERNEL_LOG_MAX_, NULL },
	[FW_TRACE_RESET_RECEIVED] = { FW_RECORD_RESET, FW_KERNEL_LOG_RESETS,
				      "received" },
	[FW_TRACE_RESET_SENT] = { FW_RECORD_RESET, FW_KERNEL_LOG_RESETS,
				  "sent" },
	[FW_TRACE_CONNECT] = { FW_RECORD_MAX_, FW_KERNEL_LOG_MAX_, NULL },
};

static void fill_flow(struct fw_record *record,
		      const struct fw_trace_event *event)
{
	char proto[FW_PROTO_MAX];

	if (!event->family)
		return;
	fw_record_text(record, "proto", fw_proto_text(event->proto, proto));
	fw_record_address(record, "src", event->family, event->saddr);
	if (event->sport)
		fw_record_number(record, "sport", event->sport);
	fw_record_address(record, "dst", event->family, event->daddr);
	if (event->dport)
		fw_record_number(record, "dport", event->dport);
}

static void record_event(struct fw_daemon *daemon,
			 const struct fw_trace_event *event)
{
	const struct fw_kernel *kernel = daemon->kernel;
	struct fw_record record;
	char reason[16];

	fw_record_begin(&record, events[event->kind].type,
			fw_record_wall(event->time_ns));
	if (event->ifindex)
		fw_record_text(&record, "device",
			       fw_links_name(daemon->links, event->ifindex));
	fw_record_text(&record, "direction", events[event->kind].direction);
	if (event->kind == FW_TRACE_DROP) {
		fw_record_text(&record, "reason",
			       fw_trace_reason(kernel->trace, event->reason,
					       reason));
		fw_record_text(&record, "place", event->place);
	}
	fill_flow(&record, event);
	if (event->length)
		fw_record_number(&record, "length", event->length);
	fw_daemon_record(daemon, &record);
}

static void take_event(void *ctx, const struct fw_trace_event *event)
{
	struct fw_daemon *daemon = ctx;
	struct fw_kernel *kernel = daemon->kernel;

	kernel->seen[event->kind] = *event;
	if (!(kernel->told & 1u << event->kind))
		return;
	kernel->recorded[event->kind]++;
	record_event(daemon, event);
}

static void drain(struct fw_daemon *daemon)
{
	if (daemon->kernel->trace)
		(void)fw_trace_drain(daemon->kernel->trace, take_event, daemon);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	drain(ctx);
}

/* Of what is told: how many the programs left out. The counts were read before
 * the ring, so that no event is taken for one that is missing. */
static void tell_left_out(struct fw_daemon *daemon, const uint64_t *counts)
{
	struct fw_kernel *kernel = daemon->kernel;

	for (int i = 0; i < FW_TRACE_MAX_; i++) {
		uint64_t n = counts[i] - kernel->base[i];
		uint64_t told = kernel->recorded[i] + kernel->left_out[i];
		struct fw_record record;

		if (!(kernel->told & 1u << i) || n <= told)
			continue;
		fw_record_begin(&record, FW_RECORD_LOST, fw_record_now());
		fw_record_text(&record, "of",
			       fw_record_type_name(events[i].type));
		fw_record_text(&record, "reason", "sample");
		fw_record_number(&record, "count", n - told);
		fw_daemon_record(daemon, &record);
		kernel->left_out[i] += n - told;
	}
}

/* --- why packets are dropped ---------------------------------------------- */

struct look {
	struct fw_kernel *kernel;
	uint64_t most;
};

static struct place *find_place(struct fw_kernel *kernel,
				const struct fw_trace_place *of)
{
	struct place *more;

	for (size_t i = 0; i < kernel->n_places; i++)
		if (!memcmp(&kernel->places[i].of, of, sizeof(*of)))
			return &kernel->places[i];
	more = reallocarray(kernel->places, kernel->n_places + 1,
			    sizeof(*more));
	if (!more)
		return NULL;
	kernel->places = more;
	more[kernel->n_places] = (struct place){ .of = *of };
	return &more[kernel->n_places++];
}

static void look_at(void *ctx, const struct fw_trace_place *of,
		    const struct fw_trace_drops *drops)
{
	struct look *look = ctx;
	struct place *place = find_place(look->kernel, of);
	uint64_t fresh = place ? drops->packets - place->packets : 0;
	char reason[16];

	if (!place)
		return;
	place->packets = drops->packets;
	if (fresh <= look->most)
		return;
	look->most = fresh;
	(void)snprintf(look->kernel->most, sizeof(look->kernel->most),
		       "%s in %s",
		       fw_trace_reason(look->kernel->trace, of->reason, reason),
		       drops->name);
}

/* --- counting ------------------------------------------------------------- */

static const char *source_of(const struct fw_kernel *kernel, enum counter i)
{
	if (rows[i].trace != NO_TRACE &&
	    fw_trace_has(kernel->trace, rows[i].trace))
		return "tracepoint";
	return rows[i].stats ? "flywall" : fw_proc_paths[rows[i].file];
}

static uint64_t sum_stats(const uint64_t stats[FW_STAT_MAX_], const char *part)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < FW_STAT_MAX_; i++)
		if (strstr(fw_stat_name((enum fw_stat)i), part))
			sum += stats[i];
	return sum;
}

struct readings {
	uint64_t counts[FW_TRACE_COUNTS_], stats[FW_STAT_MAX_];
	struct fw_proc proc;
};

/* False: not now. Else from->proc is the caller's to end. */
static bool read_all(struct fw_daemon *daemon, struct readings *ret)
{
	*ret = (struct readings){ 0 };
	if (daemon->kernel->trace &&
	    fw_trace_counts(daemon->kernel->trace, ret->counts) < 0)
		return false;
	(void)fw_apply_stats(daemon->apply, ret->stats);
	fw_proc_read(&ret->proc);
	return true;
}

static bool read_counter(const struct fw_kernel *kernel, enum counter i,
			 const struct readings *from, uint64_t *ret)
{
	if (rows[i].trace != NO_TRACE &&
	    fw_trace_has(kernel->trace, rows[i].trace)) {
		*ret = from->counts[rows[i].trace];
		return true;
	}
	if (rows[i].stats) {
		*ret = sum_stats(from->stats, rows[i].stats);
		return true;
	}
	return rows[i].file != FW_PROC_NONE &&
	       fw_proc_sum(&from->proc, rows[i].file, rows[i].fields, ret);
}

/* What is new since the last look; a counter that began anew, or a level that
 * fell, has none. */
static bool count_more(struct fw_kernel *kernel, enum counter i,
		       const struct readings *from, uint64_t *ret)
{
	struct counted *c = &kernel->counters[i];
	bool known = c->known;
	uint64_t now = 0;

	c->known = read_counter(kernel, i, from, &now);
	*ret = now > c->last ? now - c->last : 0;
	c->last = now;
	if (!c->known || !known)
		return false;
	c->total += *ret;
	return true;
}

/* --- alerts --------------------------------------------------------------- */

static void tell_alert(struct fw_daemon *daemon, enum counter i)
{
	const struct fw_kernel *kernel = daemon->kernel;
	const struct fw_baseline_view *view = &kernel->counters[i].view;
	struct fw_record record;

	fw_record_begin(&record, FW_RECORD_ALERT, fw_record_now());
	fw_record_text(&record, "monitor", "kernel");
	fw_record_text(&record, "alert", "deviation");
	fw_record_text(&record, "counter", rows[i].name);
	fw_record_decimal(&record, "value", view->value);
	fw_record_decimal(&record, "baseline", view->mean);
	fw_record_decimal(&record, "deviation", view->deviation);
	fw_record_decimal(&record, "times", view->times);
	if (i == DROPS && kernel->most[0])
		fw_record_text(&record, "most", kernel->most);
	if (i == RESETS_SENT)
		fill_flow(&record, &kernel->seen[FW_TRACE_RESET_SENT]);
	else if (rows[i].trace != NO_TRACE)
		fill_flow(&record, &kernel->seen[rows[i].trace]);
	fw_daemon_record(daemon, &record);
}

static unsigned second_of_day(void)
{
	time_t now = time(NULL);
	struct tm tm = { 0 };

	(void)localtime_r(&now, &tm);
	return (unsigned)(tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
}

static void judge(struct fw_daemon *daemon, const struct readings *from,
		  double seconds)
{
	struct fw_kernel *kernel = daemon->kernel;
	unsigned second = second_of_day();

	for (int i = 0; i < COUNTERS; i++) {
		struct counted *c = &kernel->counters[i];
		uint64_t fresh;

		if (!count_more(kernel, (enum counter)i, from, &fresh))
			continue;
		if (i == DROPS && kernel->trace && fresh)
			(void)fw_trace_places(kernel->trace, look_at,
					      &(struct look){ kernel, 0 });
		if (fw_baseline_add(&c->baseline, second,
				    (double)fresh / seconds, rows[i].floor,
				    kernel->times, &c->view))
			tell_alert(daemon, (enum counter)i);
	}
}

/* --- the file of baselines ------------------------------------------------ */

static char *path_of(const struct fw_daemon *daemon, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/baseline%s", daemon->dir, suffix) < 0 ?
		       NULL : path;
}

static int write_file(const struct fw_kernel *kernel, const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		return -errno;
	(void)fputs(HEAD, out);
	for (int i = 0; i < COUNTERS; i++)
		fw_baseline_write(&kernel->counters[i].baseline, rows[i].name,
				  out);
	return fclose(out) ? -errno : 0;
}

static void keep(const struct fw_daemon *daemon)
{
	_cleanup_free_ char *path = path_of(daemon, "");
	_cleanup_free_ char *fresh = path_of(daemon, ".new");
	int r = -ENOMEM;

	if (path && fresh)
		r = write_file(daemon->kernel, fresh);
	if (!r && rename(fresh, path))
		r = -errno;
	if (r)
		fw_log_errno(LOG_WARNING, r, "baselines are not kept, ignoring");
}

static void take_line(struct fw_kernel *kernel, const char *line)
{
	struct fw_baseline_cell cell;
	char name[64];
	unsigned hour;

	if (!fw_baseline_read(line, name, &hour, &cell))
		return;
	for (int i = 0; i < COUNTERS; i++) {
		struct fw_baseline *b = &kernel->counters[i].baseline;

		if (!strcmp(rows[i].name, name))
			*(hour < FW_ARRAY_SIZE(b->hours) ? &b->hours[hour] :
							   &b->all) = cell;
	}
}

/* A file of another kind is none. */
static void recall(struct fw_daemon *daemon)
{
	_cleanup_free_ char *path = path_of(daemon, ""), *line = NULL;
	_cleanup_fclose_ FILE *in = path ? fopen(path, "re") : NULL;
	size_t size = 0;

	if (!in || getline(&line, &size, in) < 0 || strcmp(line, HEAD))
		return;
	while (getline(&line, &size, in) >= 0)
		take_line(daemon->kernel, line);
}

/* --- begin, go on, end ---------------------------------------------------- */

static void open_trace(struct fw_daemon *daemon)
{
	struct fw_kernel *kernel = daemon->kernel;

	if (fw_trace_open(&kernel->trace, kernel->reason) < 0) {
		kernel->trace = NULL;
		fw_log(LOG_WARNING, "monitor kernel: %s; counting by /proc, "
				    "without events", kernel->reason);
		return;
	}
	kernel->readable = event_new(daemon->base, fw_trace_fd(kernel->trace),
				     EV_READ | EV_PERSIST, on_readable, daemon);
	if (kernel->readable)
		(void)event_add(kernel->readable, NULL);
}

/* What was counted before is not the monitor's. */
static int begin(struct fw_daemon *daemon)
{
	struct readings from;
	uint64_t fresh;

	daemon->kernel = calloc(1, sizeof(*daemon->kernel));
	if (!daemon->kernel)
		return -ENOMEM;
	recall(daemon);
	open_trace(daemon);
	if (read_all(daemon, &from)) {
		for (int i = 0; i < COUNTERS; i++)
			(void)count_more(daemon->kernel, (enum counter)i, &from,
					 &fresh);
		fw_proc_done(&from.proc);
	}
	daemon->kernel->then = fw_daemon_clock();
	return 0;
}

static void end(struct fw_daemon *daemon)
{
	struct fw_kernel *kernel = daemon->kernel;

	keep(daemon);
	if (kernel->readable)
		event_free(kernel->readable);
	fw_trace_close(kernel->trace);
	free(kernel->places);
	free(FW_TAKE(daemon->kernel));
}

/* Kinds that are no events are asked for too: the last one says who was at it
 * when an alert has to. */
static void follow(struct fw_daemon *daemon,
		   const struct fw_plan_monitors *monitors)
{
	struct fw_kernel *kernel = daemon->kernel;
	uint64_t counts[FW_TRACE_COUNTS_] = { 0 };
	uint32_t told = 0;

	kernel->times = (double)monitors->kernel_deviation / FW_MILLION;
	for (unsigned i = 0; i < FW_TRACE_MAX_; i++)
		if (events[i].log < FW_KERNEL_LOG_MAX_ &&
		    monitors->kernel_logs & 1u << events[i].log)
			told |= 1u << i;
	if (!kernel->trace)
		return;
	(void)fw_trace_tell(kernel->trace, (1u << FW_TRACE_MAX_) - 1);
	(void)fw_trace_counts(kernel->trace, counts);
	drain(daemon);
	for (unsigned i = 0; i < FW_TRACE_MAX_; i++) {
		if (kernel->told & 1u << i)
			continue;
		kernel->base[i] = counts[i];
		kernel->recorded[i] = kernel->left_out[i] = 0;
	}
	kernel->told = told;
}

void fw_kernel_follow(struct fw_daemon *daemon,
		      const struct fw_plan_monitors *monitors)
{
	int r = 0;

	if (!monitors->kernel && daemon->kernel)
		end(daemon);
	else if (monitors->kernel && !daemon->kernel)
		r = begin(daemon);
	if (r < 0)
		fw_log_errno(LOG_ERR, r, "monitor kernel");
	if (daemon->kernel)
		follow(daemon, monitors);
}

void fw_kernel_tick(struct fw_daemon *daemon)
{
	struct fw_kernel *kernel = daemon->kernel;
	uint64_t now = fw_daemon_clock();
	struct readings from;

	if (!kernel || now - kernel->then < TICK_MIN_NS ||
	    !read_all(daemon, &from))
		return;
	drain(daemon);
	judge(daemon, &from, (double)(now - kernel->then) / NS_PER_S);
	fw_proc_done(&from.proc);
	tell_left_out(daemon, from.counts);
	kernel->then = now;
	if (++kernel->unwritten >= WRITE_S) {
		kernel->unwritten = 0;
		keep(daemon);
	}
}

void fw_kernel_close(struct fw_daemon *daemon)
{
	if (daemon->kernel)
		end(daemon);
}

/* --- status --------------------------------------------------------------- */

static json_t *counter_document(const struct fw_kernel *kernel, enum counter i)
{
	const struct counted *c = &kernel->counters[i];
	const char *source = source_of(kernel, i);
	bool fallback = rows[i].trace != NO_TRACE &&
			!fw_trace_has(kernel->trace, rows[i].trace);

	return json_pack("{s:s, s:o, s:f, s:f, s:f, s:b, s:o, s:o}", "name",
			 rows[i].name, "total", fw_json_number(c->total),
			 "rate", c->view.value, "baseline", c->view.mean,
			 "deviation", c->view.deviation, "over",
			 c->baseline.over, "source",
			 fw_json_text(c->known ? source : NULL), "reason",
			 fw_json_text(fallback ? kernel->reason : NULL));
}

json_t *fw_kernel_counters(const struct fw_daemon *daemon)
{
	json_t *array = json_array();

	for (int i = 0; daemon->kernel && i < COUNTERS; i++)
		(void)json_array_append_new(
			array, counter_document(daemon->kernel,
						(enum counter)i));
	return array;
}

struct listing {
	const struct fw_kernel *kernel;
	json_t *array;
};

static void list_place(void *ctx, const struct fw_trace_place *place,
		       const struct fw_trace_drops *drops)
{
	struct listing *listing = ctx;
	char reason[16];

	(void)json_array_append_new(
		listing->array,
		json_pack("{s:s, s:s, s:o}", "reason",
			  fw_trace_reason(listing->kernel->trace, place->reason,
					  reason),
			  "place", drops->name, "packets",
			  fw_json_number(drops->packets)));
}

json_t *fw_kernel_drops(const struct fw_daemon *daemon)
{
	struct listing listing = { daemon->kernel, json_array() };

	if (daemon->kernel && daemon->kernel->trace)
		(void)fw_trace_places(daemon->kernel->trace, list_place,
				      &listing);
	return listing.array;
}
