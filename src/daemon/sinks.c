/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events in, lines of a file and of the log out. A file that cannot be written
 * is said once and tried again each second; what it misses is counted, in the
 * file too, once it can be written again. Nobody waits for it.
 */
#include "daemon/sinks.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/json.h"
#include "events/file.h"
#include "util/cleanup.h"
#include "util/log.h"

/* Alerts that the log takes in a second. The stream has all of them. */
#define ALERTS_A_SECOND 20

/* What an admin should hear of without asking. */
static const char *const alerts[] = {
	"alert",
	"dhcp-conflict",
	"dhcp-rogue",
	"dhcp-starvation",
	"dns-mismatch",
	"dns-nxdomain-flood",
	"dns-rebind",
	"dns-tunnel",
};

struct fw_sinks {
	struct fw_event_file file;
	struct fw_subscriber to_file, to_log;
	struct event *flush;	/* active while lines wait to be written */
	bool said;		/* that the file is failing */
	unsigned alerts;	/* in this second */
};

/* --- the file ------------------------------------------------------------- */

static void tell_file(struct fw_daemon *daemon, int error)
{
	struct fw_sinks *sinks = daemon->sinks;
	struct fw_record record;
	char text[128];

	if (sinks->said)
		return;
	sinks->said = true;
	fw_log_errno(LOG_ERR, error, "events cannot be written to %s, trying "
				     "again", sinks->file.path);
	fw_record_begin(&record, FW_RECORD_ERROR, fw_record_now());
	fw_record_text(&record, "file", sinks->file.path);
	(void)snprintf(text, sizeof(text), "events cannot be written: %s",
		       strerror(-error));
	fw_record_text(&record, "text", text);
	fw_daemon_record(daemon, &record);
}

static void check_file(struct fw_daemon *daemon, int r)
{
	if (r < 0)
		tell_file(daemon, r);
	else if (!daemon->sinks->file.failing)
		daemon->sinks->said = false;
}

/* Lines of one turn of the loop are written together. */
static void take_line(void *ctx, const char *line)
{
	struct fw_sinks *sinks = ctx;

	fw_event_file_add(&sinks->file, line);
	if (sinks->file.pending_lines == 1)
		event_active(sinks->flush, EV_TIMEOUT, 0);
}

static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_daemon *daemon = ctx;

	(void)fd;
	(void)what;
	check_file(daemon, fw_event_file_flush(&daemon->sinks->file));
}

/* --- alerts --------------------------------------------------------------- */

static uint32_t alert_types(void)
{
	uint32_t types = 0;

	for (size_t i = 0; i < FW_ARRAY_SIZE(alerts); i++) {
		int type = fw_record_type_find(alerts[i]);

		if (type >= 0)
			types |= 1u << type;
	}
	return types;
}

/* The record but for its time: "type=… monitor=…". */
static char *alert_text(const char *line)
{
	json_t *document = json_loads(line, 0, NULL);
	struct fw_buf buf = { 0 };
	const char *key;
	json_t *value;

	json_object_foreach(document, key, value) {
		_cleanup_free_ char *text = NULL;

		if (!strcmp(key, "time"))
			continue;
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
						 JSON_REAL_PRECISION(6));
		fw_buf_printf(&buf, "%s%s=%s", buf.len ? " " : "", key,
			      text ? text : "?");
	}
	json_decref(document);
	return fw_buf_take(&buf);
}

static void log_alert(void *ctx, const char *line)
{
	_cleanup_free_ char *text = NULL;
	struct fw_sinks *sinks = ctx;

	if (sinks->alerts++ >= ALERTS_A_SECOND)
		return;
	text = alert_text(line);
	if (text)
		fw_log(LOG_WARNING, "alert: %s", text);
}

/* --- both ----------------------------------------------------------------- */

int fw_sinks_open(struct fw_daemon *daemon)
{
	struct fw_sinks *sinks = calloc(1, sizeof(*sinks));

	if (!sinks)
		return -ENOMEM;
	daemon->sinks = sinks;
	sinks->file.fd = -1;
	sinks->flush = event_new(daemon->base, -1, 0, on_flush, daemon);
	if (!sinks->flush)
		return -ENOMEM;
	sinks->to_file = (struct fw_subscriber){
		.types = FW_RECORD_ALL,
		.event = take_line,
		.ctx = sinks,
	};
	sinks->to_log = (struct fw_subscriber){
		.types = alert_types(),
		.event = log_alert,
		.ctx = sinks,
	};
	fw_events_subscribe(daemon->events, &sinks->to_file);
	fw_events_subscribe(daemon->events, &sinks->to_log);
	return 0;
}

void fw_sinks_follow(struct fw_daemon *daemon,
		     const struct fw_plan_events *events)
{
	fw_events_set_limit(daemon->events, events->limit.amount,
			    events->limit.seconds);
	check_file(daemon, fw_event_file_set(&daemon->sinks->file,
					     events->file));
}

void fw_sinks_reopen(struct fw_daemon *daemon)
{
	check_file(daemon, fw_event_file_reopen(&daemon->sinks->file));
}

static void retry(struct fw_daemon *daemon)
{
	struct fw_sinks *sinks = daemon->sinks;
	uint64_t lost;

	if (!sinks->file.failing ||
	    fw_event_file_retry(&sinks->file, &lost) < 0)
		return;
	sinks->said = false;
	fw_log(LOG_NOTICE, "events are written to %s again, without %" PRIu64,
	       sinks->file.path, lost);
}

void fw_sinks_tick(struct fw_daemon *daemon)
{
	struct fw_sinks *sinks = daemon->sinks;

	if (sinks->alerts > ALERTS_A_SECOND)
		fw_log(LOG_WARNING, "%u more alerts in this second, see flywall "
				  "events", sinks->alerts - ALERTS_A_SECOND);
	sinks->alerts = 0;
	fw_events_tell_left_out(daemon->events);
	retry(daemon);
}

void fw_sinks_close(struct fw_daemon *daemon)
{
	struct fw_sinks *sinks = daemon->sinks;

	if (!sinks)
		return;
	fw_events_unsubscribe(daemon->events, &sinks->to_file);
	fw_events_unsubscribe(daemon->events, &sinks->to_log);
	fw_event_file_done(&sinks->file);
	if (sinks->flush)
		event_free(sinks->flush);
	free(FW_TAKE(daemon->sinks));
}

/* --- status --------------------------------------------------------------- */

static json_t *left_out(const struct fw_events *events)
{
	json_t *object = json_object();

	for (int i = 0; i < FW_RECORD_MAX_; i++) {
		enum fw_record_type type = (enum fw_record_type)i;
		uint64_t n = fw_events_left_out(events, type);

		if (n)
			(void)json_object_set_new(object,
						  fw_record_type_name(type),
						  fw_json_number(n));
	}
	return object;
}

static json_t *file_document(const struct fw_event_file *file)
{
	if (!file->path)
		return json_null();
	return json_pack("{s:o, s:s, s:o}", "path", fw_json_text(file->path),
			 "state", file->failing ? "failing" : "written",
			 "lost", fw_json_number(file->lost_total));
}

json_t *fw_sinks_document(const struct fw_daemon *daemon)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "total",
			 fw_json_number(fw_events_total(daemon->events)),
			 "lost",
			 fw_json_number(fw_events_lost(daemon->events)),
			 "left_out", left_out(daemon->events), "file",
			 file_document(&daemon->sinks->file));
}
