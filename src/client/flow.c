/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flywall flow: words to a request, and of how many flows the verdict changed. */
#include "client/client.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "client/document.h"
#include "util/buf.h"
#include "util/cleanup.h"

static const struct {
	const char *verb, *done;
} verbs[] = {
	{ "trust", "trusted" },
	{ "block", "blocked" },
	{ "forget", "forgotten" },
};

static void print_result(const json_t *document)
{
	const char *verb = json_string_value(json_object_get(document, "verb"));

	for (size_t i = 0; verb && i < FW_ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].verb, verb))
			printf("%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT
			       " %s.\n",
			       json_integer_value(
				       json_object_get(document, "done")),
			       json_integer_value(
				       json_object_get(document, "of")),
			       verbs[i].done);
}

static int wrong(const char *text)
{
	(void)fprintf(stderr, "flywall: %s (flywall -h shows what there is)\n",
		      text);
	return EX_USAGE;
}

int fw_client_flow(const struct fw_client *client, char *const *words, size_t n)
{
	_cleanup_(fw_buf_done) struct fw_buf selector = { 0 };
	json_t *arguments;
	size_t verb = 0;

	while (n && verb < FW_ARRAY_SIZE(verbs) &&
	       strcmp(words[0], verbs[verb].verb))
		verb++;
	if (!n || verb == FW_ARRAY_SIZE(verbs))
		return wrong("flow takes trust, block or forget");
	if (n == 1)
		return wrong("which flows?");
	for (size_t i = 1; i < n; i++)
		fw_buf_printf(&selector, "%s%s", i > 1 ? " " : "", words[i]);
	if (selector.failed)
		return EX_OSERR;
	arguments = json_pack("{s:s, s:s}", "verb", verbs[verb].verb,
			      "selector", selector.text);
	if (!arguments)
		return wrong("the selector is not UTF-8");
	return fw_document(client, "flow", arguments, print_result);
}
