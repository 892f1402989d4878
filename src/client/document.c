/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command in, its document on standard output out. */
#include "client/document.h"

#include <stdio.h>

struct reader {
	bool json;
	fw_document_fn text;
};

static void print(void *ctx, const char *line, const json_t *document)
{
	const struct reader *reader = ctx;

	(void)line;
	if (!reader->json) {
		reader->text(document);
		return;
	}
	(void)json_dumpf(document, stdout, JSON_INDENT(2));
	(void)putchar('\n');
}

int fw_document(const struct fw_client *client, const char *command,
		json_t *arguments, fw_document_fn text)
{
	struct reader reader = { .json = client->json, .text = text };

	return fw_request(client, command, arguments, print, &reader);
}
