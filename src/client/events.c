/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `flywall events`: records in; as they are with -j, else one line each:
 *
 *	2026-11-22T10:30:00.123456Z dns-query device=wan name=a.example …
 */
#include "client/client.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "client/request.h"
#include "client/table.h"

static void print_text(const json_t *document)
{
	char text[FW_CELL_MAX];
	const char *key;
	json_t *value;
	bool first = true;

	json_object_foreach((json_t *)document, key, value) {
		struct fw_column column = { "", FW_COLUMN_TEXT, key, NULL };

		fw_cell_text(document, &column, text);
		if (!first)
			(void)putchar(' ');
		first = false;
		if (!strcmp(key, "time") || !strcmp(key, "type"))
			printf("%s", text);
		else if (strchr(text, ' '))
			printf("%s=\"%s\"", key, text);
		else
			printf("%s=%s", key, text);
	}
	(void)putchar('\n');
}

/* Whoever reads from a pipe wants each event when it happens. */
static void take_event(void *ctx, const char *line, const json_t *document)
{
	const bool *json = ctx;

	if (*json)
		(void)puts(line);
	else if (!json_object_get(document, "schema"))
		print_text(document);
	(void)fflush(stdout);
}

int fw_client_events(const struct fw_client *client, bool follow,
		     char *const *types, size_t n_types)
{
	json_t *names = json_array();
	bool json = client->json;

	for (size_t i = 0; i < n_types; i++) {
		if (json_array_append_new(names, json_string(types[i])) < 0) {
			(void)fprintf(stderr, "flywall: %s: no type of event\n",
				      types[i]);
			json_decref(names);
			return EX_USAGE;
		}
	}
	return fw_request(client, "events",
			  json_pack("{s:b, s:o}", "follow", follow, "types",
				    names),
			  take_event, &json);
}
