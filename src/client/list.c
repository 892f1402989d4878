/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `flywall list`: rules, counters, classes, sets, flows, leases, and the
 * configuration that runs. */
#include "client/client.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "client/document.h"
#include "client/table.h"
#include "util/cleanup.h"

static const struct fw_column rule_columns[] = {
	{ "PACKETS", FW_COLUMN_COUNT, "packets", NULL },
	{ "BYTES", FW_COLUMN_BYTES, "bytes", NULL },
	{ "LAYER", FW_COLUMN_TEXT, "layer", NULL },
	{ "PLACE", FW_COLUMN_PLACE, NULL, NULL },
	{ "TABLE", FW_COLUMN_TEXT, "table", NULL },
	{ "CHAIN", FW_COLUMN_TEXT, "chain", NULL },
	{ "RULE", FW_COLUMN_TEXT, "text", NULL },
};

static const struct fw_column flow_columns[] = {
	{ "PROTO", FW_COLUMN_TEXT, "proto", NULL },
	{ "SOURCE", FW_COLUMN_ENDPOINT, "src", "sport" },
	{ "DESTINATION", FW_COLUMN_ENDPOINT, "dst", "dport" },
	{ "VERDICT", FW_COLUMN_TEXT, "verdict", NULL },
	{ "PROFILE", FW_COLUMN_TEXT, "profile", NULL },
	{ "PACKETS", FW_COLUMN_COUNT, "packets", NULL },
	{ "BYTES", FW_COLUMN_BYTES, "bytes", NULL },
	{ "INSPECTED", FW_COLUMN_COUNT, "user_packets", NULL },
	{ "ROAD", FW_COLUMN_TEXT, "road", NULL },
	{ "CLASS", FW_COLUMN_TEXT, "qos", NULL },
	{ "IDLE", FW_COLUMN_SECONDS, "idle_s", NULL },
	{ "NAME", FW_COLUMN_TEXT, "name", NULL },
	{ "SNI", FW_COLUMN_TEXT, "sni", NULL },
};

static const struct fw_column counter_columns[] = {
	{ "FAMILY", FW_COLUMN_TEXT, "family", NULL },
	{ "TABLE", FW_COLUMN_TEXT, "table", NULL },
	{ "COUNTER", FW_COLUMN_TEXT, "name", NULL },
	{ "PACKETS", FW_COLUMN_COUNT, "packets", NULL },
	{ "BYTES", FW_COLUMN_BYTES, "bytes", NULL },
};

const struct fw_column fw_class_columns[FW_CLASS_COLUMNS] = {
	{ "CLASS", FW_COLUMN_TEXT, "name", NULL },
	{ "DIRECTION", FW_COLUMN_TEXT, "direction", NULL },
	{ "PACKETS", FW_COLUMN_COUNT, "packets", NULL },
	{ "BYTES", FW_COLUMN_BYTES, "bytes", NULL },
	{ "DROPPED", FW_COLUMN_COUNT, "dropped", NULL },
	{ "DELAYED", FW_COLUMN_COUNT, "delayed", NULL },
	{ "MARKED", FW_COLUMN_COUNT, "marked", NULL },
};

static const struct fw_column name_columns[] = {
	{ "NAME", FW_COLUMN_TEXT, "name", NULL },
	{ "ADDRESS", FW_COLUMN_TEXT, "address", NULL },
	{ "LEFT", FW_COLUMN_SECONDS, "ttl_s", NULL },
};

static const struct fw_column set_columns[] = {
	{ "FAMILY", FW_COLUMN_TEXT, "family", NULL },
	{ "TABLE", FW_COLUMN_TEXT, "table", NULL },
	{ "SET", FW_COLUMN_TEXT, "name", NULL },
	{ "TYPE", FW_COLUMN_TEXT, "type", NULL },
	{ "ELEMENTS", FW_COLUMN_COUNT, "elements", NULL },
	{ "ADDED", FW_COLUMN_COUNT, "n_added", NULL },
	{ "DELETED", FW_COLUMN_COUNT, "n_deleted", NULL },
	{ "HELD BY", FW_COLUMN_TEXT, "held_by", NULL },
};

static const struct fw_column lease_columns[] = {
	{ "DEVICE", FW_COLUMN_TEXT, "device", NULL },
	{ "ADDRESS", FW_COLUMN_TEXT, "address", NULL },
	{ "MAC", FW_COLUMN_TEXT, "mac", NULL },
	{ "HOST", FW_COLUMN_TEXT, "host", NULL },
	{ "KIND", FW_COLUMN_TEXT, "kind", NULL },
	{ "SERVER", FW_COLUMN_TEXT, "server", NULL },
	{ "EXPIRES", FW_COLUMN_SECONDS, "expires_s", NULL },
};

static void print_rules(const json_t *document)
{
	fw_table_print(json_object_get(document, "rules"), rule_columns,
		       FW_ARRAY_SIZE(rule_columns), 0);
}

static int list_rules(const struct fw_client *client)
{
	return fw_document(client, "list rules", NULL, print_rules);
}

static void print_counters(const json_t *document)
{
	fw_table_print(json_object_get(document, "counters"), counter_columns,
		       FW_ARRAY_SIZE(counter_columns), 0);
}

static int list_counters(const struct fw_client *client)
{
	return fw_document(client, "list counters", NULL, print_counters);
}

static void print_classes(const json_t *document)
{
	fw_table_print(json_object_get(document, "classes"),
		       fw_class_columns, FW_CLASS_COLUMNS, 0);
}

static int list_classes(const struct fw_client *client)
{
	return fw_document(client, "list classes", NULL, print_classes);
}

static void print_names(const json_t *document)
{
	fw_table_print(json_object_get(document, "names"), name_columns,
		       FW_ARRAY_SIZE(name_columns), 0);
}

static int list_names(const struct fw_client *client)
{
	return fw_document(client, "list names", NULL, print_names);
}

static void print_sets(const json_t *document)
{
	fw_table_print(json_object_get(document, "sets"), set_columns,
		       FW_ARRAY_SIZE(set_columns), 0);
}

static int list_sets(const struct fw_client *client)
{
	return fw_document(client, "list sets", NULL, print_sets);
}

static void print_leases(const json_t *document)
{
	fw_table_print(json_object_get(document, "leases"), lease_columns,
		       FW_ARRAY_SIZE(lease_columns), 0);
}

static int list_leases(const struct fw_client *client)
{
	return fw_document(client, "list leases", NULL, print_leases);
}

static void print_config(const json_t *document)
{
	const char *text = json_string_value(json_object_get(document, "text"));

	if (text)
		(void)fputs(text, stdout);
}

static int list_config(const struct fw_client *client)
{
	return fw_document(client, "list config", NULL, print_config);
}

/* Lines as they are with -j; else all of them first, for the columns. */
struct lines {
	bool json;
	json_t *rows;
};

static void take_flow(void *ctx, const char *line, const json_t *document)
{
	struct lines *lines = ctx;

	if (lines->json)
		(void)puts(line);
	else if (!json_object_get(document, "schema"))
		(void)json_array_append(lines->rows, (json_t *)document);
}

static int list_flows(const struct fw_client *client)
{
	struct lines lines = { .json = client->json, .rows = json_array() };
	int code;

	if (!lines.rows)
		return EX_OSERR;
	code = fw_request(client, "list flows", NULL, take_flow, &lines);
	fw_table_print(lines.rows, flow_columns, FW_ARRAY_SIZE(flow_columns),
		       0);
	json_decref(lines.rows);
	return code;
}

const char *const fw_client_lists[] = { "config", "rules", "counters",
					"classes", "names", "sets", "flows", "leases",
					NULL };

static int (*const functions[])(const struct fw_client *client) = {
	list_config,
	list_rules,
	list_counters,
	list_classes,
	list_names,
	list_sets,
	list_flows,
	list_leases,
};
_Static_assert(FW_ARRAY_SIZE(functions) + 1 == FW_ARRAY_SIZE(fw_client_lists),
	       "lists");

int fw_client_list(const struct fw_client *client, const char *what)
{
	for (size_t i = 0; fw_client_lists[i]; i++) {
		if (!strcmp(fw_client_lists[i], what))
			return functions[i](client);
	}
	(void)fprintf(stderr, "flywall: list knows no %s\n", what);
	return EX_USAGE;
}
