/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `flywall status`: the daemon's document in, sections of columns out. */
#include "client/client.h"

#include <stdio.h>

#include "client/document.h"
#include "client/table.h"
#include "util/cleanup.h"

#define INDENT 2

static const struct fw_column device_columns[] = {
	{ "DEVICE", FW_COLUMN_TEXT, "name", NULL },
	{ "STATE", FW_COLUMN_TEXT, "state", NULL },
	{ "XDP", FW_COLUMN_TEXT, "xdp", NULL },
	{ "TC", FW_COLUMN_YES, "tc", NULL },
	{ "WATCH", FW_COLUMN_YES, "watch", NULL },
	{ "REASON", FW_COLUMN_TEXT, "reason", NULL },
};

static const struct fw_column feature_columns[] = {
	{ "FEATURE", FW_COLUMN_TEXT, "name", NULL },
	{ "LAYER", FW_COLUMN_TEXT, "layer", NULL },
	{ "FALLBACK", FW_COLUMN_TEXT, "fallback", NULL },
	{ "REASON", FW_COLUMN_TEXT, "reason", NULL },
};

static const struct fw_column profile_columns[] = {
	{ "PROFILE", FW_COLUMN_TEXT, "name", NULL },
	{ "WINDOW", FW_COLUMN_COUNT, "window_packets", NULL },
	{ "BYTES", FW_COLUMN_BYTES, "window_bytes", NULL },
	{ "INCOMPLETE", FW_COLUMN_TEXT, "on_incomplete", NULL },
	{ "OVERLOAD", FW_COLUMN_TEXT, "on_overload", NULL },
	{ "ABSENT", FW_COLUMN_TEXT, "on_absent", NULL },
};

static const struct fw_column queue_columns[] = {
	{ "QUEUE", FW_COLUMN_COUNT, "queue", NULL },
	{ "WAITING", FW_COLUMN_COUNT, "length", NULL },
	{ "PACKETS", FW_COLUMN_COUNT, "packets", NULL },
	{ "BYTES", FW_COLUMN_BYTES, "bytes", NULL },
	{ "FLOWS", FW_COLUMN_COUNT, "flows", NULL },
	{ "TRUSTED", FW_COLUMN_COUNT, "trusted", NULL },
	{ "BLOCKED", FW_COLUMN_COUNT, "blocked", NULL },
	{ "DROPPED", FW_COLUMN_COUNT, "dropped", NULL },
	{ "UNSENT", FW_COLUMN_COUNT, "user_dropped", NULL },
	{ "OVERLOADS", FW_COLUMN_COUNT, "overloads", NULL },
	{ "ODD", FW_COLUMN_COUNT, "odd", NULL },
	{ "UNJUDGED", FW_COLUMN_COUNT, "unjudged", NULL },
	{ "FAILURES", FW_COLUMN_COUNT, "failures", NULL },
	{ "MEMORY", FW_COLUMN_BYTES, "memory", NULL },
};

static const struct fw_column flow_columns[] = {
	{ "KNOWN", FW_COLUMN_COUNT, "records", NULL },
	{ "MAX", FW_COLUMN_COUNT, "max", NULL },
	{ "UNVETTED", FW_COLUMN_COUNT, "unvetted", NULL },
	{ "TRUSTED", FW_COLUMN_COUNT, "trusted", NULL },
	{ "BLOCKED", FW_COLUMN_COUNT, "blocked", NULL },
	{ "REFUSED", FW_COLUMN_COUNT, "refused", NULL },
	{ "UNMAPPED", FW_COLUMN_COUNT, "unmapped", NULL },
};

static const struct fw_column map_columns[] = {
	{ "MAP", FW_COLUMN_TEXT, "name", NULL },
	{ "ENTRIES", FW_COLUMN_COUNT, "entries", NULL },
	{ "MAX", FW_COLUMN_COUNT, "max", NULL },
};

static const struct fw_column feed_columns[] = {
	{ "SET", FW_COLUMN_TEXT, "set", NULL },
	{ "FILE", FW_COLUMN_TEXT, "file", NULL },
	{ "ELEMENTS", FW_COLUMN_COUNT, "elements", NULL },
	{ "READ", FW_COLUMN_SECONDS, "read_s", NULL },
	{ "READS", FW_COLUMN_COUNT, "reads", NULL },
	{ "REFUSALS", FW_COLUMN_COUNT, "refusals", NULL },
	{ "REFUSED", FW_COLUMN_SECONDS, "refused_s", NULL },
	{ "REASON", FW_COLUMN_TEXT, "reason", NULL },
};

static const struct fw_column kernel_columns[] = {
	{ "COUNTER", FW_COLUMN_TEXT, "name", NULL },
	{ "TOTAL", FW_COLUMN_COUNT, "total", NULL },
	{ "RATE", FW_COLUMN_COUNT, "rate", NULL },
	{ "BASELINE", FW_COLUMN_COUNT, "baseline", NULL },
	{ "DEVIATION", FW_COLUMN_COUNT, "deviation", NULL },
	{ "OVER", FW_COLUMN_YES, "over", NULL },
	{ "SOURCE", FW_COLUMN_TEXT, "source", NULL },
};

static const struct fw_column drop_columns[] = {
	{ "REASON", FW_COLUMN_TEXT, "reason", NULL },
	{ "PLACE", FW_COLUMN_TEXT, "place", NULL },
	{ "PACKETS", FW_COLUMN_COUNT, "packets", NULL },
};

static const struct {
	const char *title, *key;
	const struct fw_column *columns;
	size_t n_columns;
} sections[] = {
	{ "Devices", "devices", device_columns,
	  FW_ARRAY_SIZE(device_columns) },
	{ "Features", "features", feature_columns,
	  FW_ARRAY_SIZE(feature_columns) },
	{ "Profiles", "profiles", profile_columns,
	  FW_ARRAY_SIZE(profile_columns) },
	{ "Queues", "queues", queue_columns, FW_ARRAY_SIZE(queue_columns) },
	{ "Classes", "classes", fw_class_columns, FW_CLASS_COLUMNS },
	{ "Maps", "maps", map_columns, FW_ARRAY_SIZE(map_columns) },
	{ "Feeds", "feeds", feed_columns, FW_ARRAY_SIZE(feed_columns) },
	{ "Kernel", "kernel", kernel_columns, FW_ARRAY_SIZE(kernel_columns) },
	{ "Drops of the kernel", "kernel_drops", drop_columns,
	  FW_ARRAY_SIZE(drop_columns) },
};

static void print_trial(const json_t *trial)
{
	static const struct fw_column left = { "", FW_COLUMN_SECONDS, "left_s",
					       NULL };
	static const struct fw_column file = { "", FW_COLUMN_TEXT, "file",
					       NULL };
	char seconds[FW_CELL_MAX], name[FW_CELL_MAX];

	if (!json_is_object(trial))
		return;
	fw_cell_text(trial, &left, seconds);
	fw_cell_text(trial, &file, name);
	printf("On trial: back to %s in %s, unless confirmed\n", name,
	       seconds);
}

static void print_head(const json_t *document)
{
	static const struct fw_column up = { "", FW_COLUMN_SECONDS, "uptime_s",
					     NULL };
	static const struct fw_column file = { "", FW_COLUMN_TEXT, "file",
					       NULL };
	char uptime[FW_CELL_MAX], name[FW_CELL_MAX];

	fw_cell_text(document, &up, uptime);
	fw_cell_text(document, &file, name);
	printf("Generation %" JSON_INTEGER_FORMAT " of %s, process %"
	       JSON_INTEGER_FORMAT ", up %s\n",
	       json_integer_value(json_object_get(document, "generation")),
	       name, json_integer_value(json_object_get(document, "pid")),
	       uptime);
	print_trial(json_object_get(document, "trial"));
}

/* One object as a table of one row. */
static void print_flows(const json_t *document)
{
	json_t *flows = json_object_get(document, "flows");
	json_t *rows = json_pack("[O]", flows);

	if (!rows)
		return;
	printf("\nFlows\n");
	fw_table_print(rows, flow_columns, FW_ARRAY_SIZE(flow_columns), INDENT);
	json_decref(rows);
}

static void print_counters(const json_t *document)
{
	json_t *counters = json_object_get(document, "counters");
	const char *name;
	json_t *value;
	bool any = false;

	json_object_foreach(counters, name, value) {
		if (json_integer_value(value) == 0)
			continue;
		if (!any)
			printf("\nCounters\n");
		any = true;
		printf("%*s%-24s %12" JSON_INTEGER_FORMAT "\n", INDENT, "",
		       name, json_integer_value(value));
	}
}

static void print_status(const json_t *document)
{
	print_head(document);
	for (size_t i = 0; i < FW_ARRAY_SIZE(sections); i++) {
		const json_t *rows = json_object_get(document, sections[i].key);

		if (json_array_size(rows) == 0)
			continue;
		printf("\n%s\n", sections[i].title);
		fw_table_print(rows, sections[i].columns, sections[i].n_columns,
			       INDENT);
	}
	print_flows(document);
	print_counters(document);
}

int fw_client_status(const struct fw_client *client)
{
	return fw_document(client, "status", NULL, print_status);
}
