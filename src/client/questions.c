/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions about what runs: explain, diff, metrics. */
#include "client/client.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "client/document.h"
#include "util/cleanup.h"

static void print_text(const json_t *document)
{
	const char *text = json_string_value(json_object_get(document, "text"));

	(void)fputs(text ? text : "", stdout);
}

int fw_client_metrics(const struct fw_client *client)
{
	return fw_document(client, "metrics", NULL, print_text);
}

int fw_client_explain(const struct fw_client *client, const char *packet)
{
	json_t *arguments = json_pack("{s:s}", "packet", packet);

	if (!arguments) {
		(void)fputs("flywall: the packet is described in bytes that "
			    "are not UTF-8\n", stderr);
		return EX_USAGE;
	}
	return fw_document(client, "explain", arguments, print_text);
}

int fw_client_diff(const struct fw_client *client, const char *file)
{
	_cleanup_free_ char *path = NULL;
	json_t *arguments = NULL;
	int code = fw_client_path(file, &path);

	if (code)
		return code;
	if (path) {
		arguments = json_pack("{s:s}", "file", path);
		if (!arguments) {
			(void)fprintf(stderr, "flywall: %s: not UTF-8\n", path);
			return EX_USAGE;
		}
	}
	return fw_document(client, "diff", arguments, print_text);
}
