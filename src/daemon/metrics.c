/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Documents in, families of samples out. Only memory fails, which shows in the
 * buffer.
 */
#include "daemon/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"

#define LABELS_MAX 5
#define NUMBER (JSON_ENCODE_ANY | JSON_REAL_PRECISION(9))

struct label {
	const char *name, *key;
};

/* Where a family's rows stand: an array or one object of a document. */
struct family {
	const char *name, *type, *help;
	size_t document;	/* offset in struct fw_metrics_of */
	const char *rows;	/* key; NULL: the document is the row */
	const char *value;	/* key of the row; NULL: 1 */
	struct label labels[LABELS_MAX];
	const char *fixed;	/* a label as it is written, or NULL */
	const char *only;	/* key: rows where it is null are left out */
};

#define OF(document) offsetof(struct fw_metrics_of, document)
#define PLACE { "family", "family" }, { "table", "table" }
/* not its line, which another rule moves: a sample would begin anew */
#define RULE { PLACE, { "chain", "chain" }, { "rule", "text" } }
#define CLASS { { "class", "name" }, { "direction", "direction" } }
#define KERNEL { { "counter", "name" } }
#define QUEUE(name, key, help)                                              \
	{ "flywall_queue_" name "_total", "counter", help, OF(status),      \
	  "queues", key, { { "queue", "queue" } }, NULL, NULL }
#define FLOWS(state)                                                        \
	{ "flywall_flows", "gauge", "Flows that are known, by verdict.",    \
	  OF(status), "flows", state, { { 0 } },                            \
	  "verdict=\"" state "\"", NULL }

/* One name's rows stand together. */
static const struct family families[] = {
	{ "flywall_build_info", "gauge", "The version that runs.", OF(status),
	  NULL, NULL, { { "version", "version" } }, NULL, NULL },
	{ "flywall_uptime_seconds", "gauge", "Since the daemon's start.",
	  OF(status), NULL, "uptime_s", { { 0 } }, NULL, NULL },
	{ "flywall_generation", "gauge", "The generation that is live.",
	  OF(status), NULL, "generation", { { 0 } }, NULL, NULL },
	{ "flywall_device_info", "gauge", "What is attached to a device.",
	  OF(status), "devices", NULL,
	  { { "device", "name" }, { "state", "state" }, { "xdp", "xdp" } },
	  NULL, NULL },
	{ "flywall_fallback_info", "gauge",
	  "Features that do not run where they would, and what does instead.",
	  OF(status), "features", NULL,
	  { { "feature", "name" }, { "layer", "layer" },
	    { "fallback", "fallback" } }, NULL, "fallback" },
	{ "flywall_map_entries", "gauge", "Entries of a map.", OF(status),
	  "maps", "entries", { { "map", "name" } }, NULL, NULL },
	{ "flywall_map_capacity_entries", "gauge",
	  "Entries that a map has room for.", OF(status), "maps", "max",
	  { { "map", "name" } }, NULL, NULL },
	FLOWS("unvetted"),
	FLOWS("trusted"),
	FLOWS("blocked"),
	{ "flywall_flows_refused_total", "counter",
	  "Flows for which there was no room.", OF(status), "flows", "refused",
	  { { 0 } }, NULL, NULL },
	QUEUE("packets", "packets", "Packets that a worker took."),
	QUEUE("bytes", "bytes", "Bytes that a worker took."),
	QUEUE("flows", "flows", "Flows that a worker saw begin."),
	QUEUE("trusted", "trusted", "Flows that a worker trusted."),
	QUEUE("blocked", "blocked", "Flows that a worker blocked."),
	QUEUE("drops", "dropped", "Packets for which the queue was full."),
	QUEUE("unsent", "user_dropped",
	      "Packets that the kernel could not hand over."),
	QUEUE("overloads", "overloads",
	      "Packets that followed on-overload in the worker."),
	QUEUE("unjudged", "unjudged", "Packets that were given back unread."),
	QUEUE("failures", "failures",
	      "Ends of the process that reads the packets."),
	{ "flywall_queue_memory_bytes", "gauge",
	  "What a worker holds for reassembly.", OF(status), "queues",
	  "memory", { { "queue", "queue" } }, NULL, NULL },
	{ "flywall_queue_length_packets", "gauge", "Packets that wait.",
	  OF(status), "queues", "length", { { "queue", "queue" } }, NULL,
	  NULL },
	{ "flywall_feed_elements", "gauge", "Elements of a list.", OF(status),
	  "feeds", "elements", { { "set", "set" }, { "file", "file" } }, NULL,
	  NULL },
	{ "flywall_feed_age_seconds", "gauge", "Since a list was read.",
	  OF(status), "feeds", "read_s",
	  { { "set", "set" }, { "file", "file" } }, NULL, NULL },
	{ "flywall_feed_reads_total", "counter", "How often a list was read.",
	  OF(status), "feeds", "reads",
	  { { "set", "set" }, { "file", "file" } }, NULL, NULL },
	{ "flywall_feed_refusals_total", "counter",
	  "Readings of a list that were refused.", OF(status), "feeds",
	  "refusals", { { "set", "set" }, { "file", "file" } }, NULL, NULL },
	{ "flywall_rule_packets_total", "counter",
	  "Packets that met a rule, where it counts.", OF(rules), "rules",
	  "packets", RULE, NULL, NULL },
	{ "flywall_rule_bytes_total", "counter",
	  "Bytes that met a rule, where it counts.", OF(rules), "rules",
	  "bytes", RULE, NULL, NULL },
	{ "flywall_named_packets_total", "counter",
	  "Packets of a counter that has a name.", OF(counters), "counters",
	  "packets", { PLACE, { "name", "name" } }, NULL, NULL },
	{ "flywall_named_bytes_total", "counter",
	  "Bytes of a counter that has a name.", OF(counters), "counters",
	  "bytes", { PLACE, { "name", "name" } }, NULL, NULL },
	{ "flywall_class_packets_total", "counter", "Packets of a class.",
	  OF(classes), "classes", "packets", CLASS, NULL, NULL },
	{ "flywall_class_bytes_total", "counter", "Bytes of a class.",
	  OF(classes), "classes", "bytes", CLASS, NULL, NULL },
	{ "flywall_class_drops_total", "counter",
	  "Packets above the rate of a class.", OF(classes), "classes",
	  "dropped", CLASS, NULL, NULL },
	{ "flywall_events_total", "counter", "Events that the daemon has seen.",
	  OF(status), "events", "total", { { 0 } }, NULL, NULL },
	{ "flywall_events_lost_total", "counter",
	  "Events for which there was no memory.", OF(status), "events",
	  "lost", { { 0 } }, NULL, NULL },
	{ "flywall_kernel_occurrences_total", "counter",
	  "What the monitor of the kernel counts.", OF(status), "kernel",
	  "total", KERNEL, NULL, "source" },
	{ "flywall_kernel_rate", "gauge",
	  "Occurrences a second, as the monitor of the kernel sees them.",
	  OF(status), "kernel", "rate", KERNEL, NULL, "source" },
	{ "flywall_kernel_baseline", "gauge",
	  "Occurrences a second that are usual at this hour.", OF(status),
	  "kernel", "baseline", KERNEL, NULL, "source" },
	{ "flywall_kernel_deviation", "gauge",
	  "How far from the baseline is still usual.", OF(status), "kernel",
	  "deviation", KERNEL, NULL, "source" },
	{ "flywall_kernel_alert", "gauge",
	  "1 where a counter has left its baseline.", OF(status), "kernel",
	  "over", KERNEL, NULL, "source" },
	{ "flywall_kernel_drops_total", "counter",
	  "Packets that the kernel dropped, by reason and place.", OF(status),
	  "kernel_drops", "packets",
	  { { "reason", "reason" }, { "place", "place" } }, NULL, NULL },
};

/* --- text ----------------------------------------------------------------- */

static void head(struct fw_buf *buf, const char *name, const char *type,
		 const char *help)
{
	fw_buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		      type);
}

/* A label's value: what must be escaped is \, " and the end of a line. */
static void add_escaped(struct fw_buf *buf, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			fw_buf_add(buf, "\\n");
		else if (text[i] == '\\' || text[i] == '"')
			fw_buf_printf(buf, "\\%c", text[i]);
		else
			fw_buf_addc(buf, text[i]);
	}
}

/* name="value", behind a comma where it is not the first. */
static void add_label(struct fw_buf *buf, const char *name, const char *text,
		      size_t len)
{
	fw_buf_printf(buf, "%s%s=\"", buf->len ? "," : "", name);
	add_escaped(buf, text, len);
	fw_buf_addc(buf, '"');
}

static void add_labels(struct fw_buf *buf, const struct family *family,
		       const json_t *row)
{
	char number[32];

	for (size_t i = 0; i < LABELS_MAX && family->labels[i].name; i++) {
		const struct label *label = &family->labels[i];
		const json_t *value = json_object_get(row, label->key);

		if (json_is_string(value)) {
			add_label(buf, label->name, json_string_value(value),
				  json_string_length(value));
		} else if (json_is_integer(value)) {
			(void)snprintf(number, sizeof(number),
				       "%" JSON_INTEGER_FORMAT,
				       json_integer_value(value));
			add_label(buf, label->name, number, strlen(number));
		}
	}
	if (family->fixed)
		fw_buf_add(buf, family->fixed);
}

/* --- samples -------------------------------------------------------------- */

/* Two rules of one chain and one text are one sample: adds to what stands for
 * the labels. samples is an object, labels to number. */
static bool add_sample(json_t *samples, const char *labels, const json_t *value)
{
	const json_t *old = json_object_get(samples, labels);
	json_t *sum;

	if (json_is_real(value))
		sum = json_real(json_real_value(value));
	else
		sum = json_integer(json_integer_value(old) +
				   (json_is_true(value) ?
					    1 :
					    json_integer_value(value)));
	return json_object_set_new(samples, labels, sum) == 0;
}

static bool take_row(json_t *samples, const struct family *family,
		     const json_t *row)
{
	_cleanup_(fw_buf_done) struct fw_buf labels = { 0 };
	const json_t *value = NULL;
	const char *text;

	if (family->value)
		value = json_object_get(row, family->value);
	if (family->value && !json_is_number(value) && !json_is_boolean(value))
		return true;
	if (family->only && json_is_null(json_object_get(row, family->only)))
		return true;
	add_labels(&labels, family, row);
	if (labels.failed)
		return false;
	text = labels.text ? labels.text : "";
	if (!family->value)
		return json_object_set_new(samples, text, json_integer(1)) == 0;
	return add_sample(samples, text, value);
}

static bool take_rows(json_t *samples, const struct family *family,
		      const struct fw_metrics_of *of)
{
	const json_t *document = *(const json_t *const *)
		((const char *)of + family->document);
	const json_t *rows = family->rows ? json_object_get(document,
							    family->rows) :
					    document;
	const json_t *row;
	size_t i;

	if (json_is_object(rows))
		return take_row(samples, family, rows);
	json_array_foreach(rows, i, row)
		if (!take_row(samples, family, row))
			return false;
	return true;
}

static void print_samples(struct fw_buf *buf, const char *name, json_t *samples)
{
	const char *labels;
	const json_t *value;

	json_object_foreach(samples, labels, value) {
		_cleanup_free_ char *number = json_dumps(value, NUMBER);

		fw_buf_printf(buf, "%s%s%s%s %s\n", name, *labels ? "{" : "",
			      labels, *labels ? "}" : "", number);
	}
}

/* --- counters by name ----------------------------------------------------- */

/* Objects of names and numbers. plan.c's name table tells drops from the rest:
 * LAYER-drop-REASON, and malformed-REASON; a name is of the first row of its
 * object whose infix it has. */
static const struct counted {
	const char *name, *help, *infix, *before, *after;
	bool events;
} counted[] = {
	{ "flywall_drops_total", "Packets that were dropped, by reason.",
	  "-drop-", "layer", "reason", false },
	{ "flywall_malformed_packets_total",
	  "Packets that are none, by what is wrong with them.", "malformed-",
	  NULL, "reason", false },
	{ "flywall_statistics_total",
	  "What else is counted: flywall(8) explains the names.", "", NULL,
	  "name", false },
	{ "flywall_events_left_out_total",
	  "Events above the limit of their type.", "", NULL, "type", true },
};

static const struct counted *row_of(const char *name, bool events)
{
	const struct counted *row = counted;

	while (row->events != events || !strstr(name, row->infix))
		row++;
	return row;
}

static bool take_counter(json_t *samples, const struct counted *row,
			 const char *name, const char *by, const json_t *value)
{
	_cleanup_(fw_buf_done) struct fw_buf labels = { 0 };
	const char *infix = strstr(name, row->infix);
	const char *after = infix + strlen(row->infix);

	if (row->before)
		add_label(&labels, row->before, name, (size_t)(infix - name));
	add_label(&labels, row->after, after, strlen(after));
	if (by)
		add_label(&labels, "by", by, strlen(by));
	return !labels.failed && add_sample(samples, labels.text, value);
}

static void take_counters(json_t *samples, const struct counted *row,
			  const json_t *object, const char *by,
			  struct fw_buf *buf)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		if (row_of(name, row->events) == row &&
		    !take_counter(samples, row, name, by, value))
			buf->failed = true;
}

static void print_counters(const struct fw_metrics_of *of, struct fw_buf *buf)
{
	const json_t *events = json_object_get(of->status, "events");

	for (size_t i = 0; i < FW_ARRAY_SIZE(counted); i++) {
		const struct counted *row = &counted[i];
		json_t *samples = json_object();

		if (row->events) {
			take_counters(samples, row,
				      json_object_get(events, "left_out"), NULL,
				      buf);
		} else {
			take_counters(samples, row, of->programs, "programs",
				      buf);
			take_counters(samples, row, of->daemon, "daemon", buf);
		}
		head(buf, row->name, "counter", row->help);
		print_samples(buf, row->name, samples);
		json_decref(samples);
	}
}

/* --- all ------------------------------------------------------------------ */

void fw_metrics_print(const struct fw_metrics_of *of, struct fw_buf *buf)
{
	const char *last = "";

	for (size_t i = 0; i < FW_ARRAY_SIZE(families); i++) {
		const struct family *family = &families[i];
		json_t *samples = json_object();

		if (!samples || !take_rows(samples, family, of))
			buf->failed = true;
		if (strcmp(family->name, last))
			head(buf, family->name, family->type, family->help);
		print_samples(buf, family->name, samples);
		json_decref(samples);
		last = family->name;
	}
	print_counters(of, buf);
}
