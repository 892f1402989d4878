/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that change what runs: reload, confirm, abort and stop. */
#include "client/client.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "client/document.h"
#include "util/cleanup.h"

static void print_generation(const json_t *document)
{
	printf("generation %" JSON_INTEGER_FORMAT " -> %" JSON_INTEGER_FORMAT
	       "\n",
	       json_integer_value(json_object_get(document, "from")),
	       json_integer_value(json_object_get(document, "generation")));
}

/* The daemon has a working directory of its own. */
static int absolute(const char *file, char **ret)
{
	_cleanup_free_ char *here = NULL;

	if (file[0] == '/') {
		*ret = strdup(file);
		return *ret ? 0 : -1;
	}
	here = getcwd(NULL, 0);
	if (!here)
		return -1;
	return asprintf(ret, "%s/%s", here, file) < 0 ? -1 : 0;
}

int fw_client_path(const char *file, char **ret)
{
	*ret = NULL;
	if (!file)
		return 0;
	if (!strcmp(file, "-")) {
		(void)fputs("flywall: a daemon takes a file by its name\n",
			    stderr);
		return EX_USAGE;
	}
	if (absolute(file, ret) < 0) {
		perror("flywall");
		return EX_OSERR;
	}
	return 0;
}

int fw_client_reload(const struct fw_client *client, const char *file,
		     uint64_t trial_ms)
{
	_cleanup_free_ char *path = NULL;
	json_t *arguments, *ms = NULL;
	int code = fw_client_path(file, &path);

	if (code)
		return code;
	if (trial_ms > 0)
		ms = json_integer((json_int_t)trial_ms);
	arguments = json_pack("{s:s*, s:o*}", "file", path, "trial_ms", ms);
	if (!arguments) {
		(void)fprintf(stderr, "flywall: %s: not UTF-8\n",
			      path ? path : "the request");
		return EX_USAGE;
	}
	code = fw_document(client, "reload", arguments, print_generation);
	if (code == EX_OK && trial_ms > 0)
		(void)fputs("flywall: it goes back unless confirmed in time: "
			    "flywall confirm\n", stderr);
	return code;
}

static void print_confirmed(const json_t *document)
{
	printf("generation %" JSON_INTEGER_FORMAT " stays\n",
	       json_integer_value(json_object_get(document, "generation")));
}

int fw_client_confirm(const struct fw_client *client)
{
	return fw_document(client, "confirm", NULL, print_confirmed);
}

int fw_client_abort(const struct fw_client *client)
{
	return fw_document(client, "abort", NULL, print_generation);
}

static void print_nothing(const json_t *document)
{
	(void)document;
}

int fw_client_stop(const struct fw_client *client, bool flush)
{
	return fw_document(client, "stop", json_pack("{s:b}", "flush", flush),
			   print_nothing);
}
