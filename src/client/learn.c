/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Suggestions: list, show, apply, reject. */
#include "client/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "client/document.h"
#include "client/table.h"
#include "util/cleanup.h"

static const struct fw_column columns[] = {
	{ "NUMBER", FW_COLUMN_COUNT, "number", NULL },
	{ "STATE", FW_COLUMN_TEXT, "state", NULL },
	{ "FLOWS", FW_COLUMN_COUNT, "flows", NULL },
	{ "PEERS", FW_COLUMN_COUNT, "peers", NULL },
	{ "DAYS", FW_COLUMN_COUNT, "days", NULL },
	{ "RULE", FW_COLUMN_TEXT, "rule", NULL },
};

static void print_list(const json_t *document)
{
	fw_table_print(json_object_get(document, "suggestions"), columns,
		       FW_ARRAY_SIZE(columns), 0);
}

static void print_text(const json_t *document, const char *key,
		       const char *title)
{
	const struct fw_column column = { "", FW_COLUMN_TEXT, key, NULL };
	char text[FW_CELL_MAX];

	fw_cell_text(document, &column, text);
	printf("%-11s %s\n", title, text);
}

static void print_time(const json_t *document, const char *key,
		       const char *title)
{
	time_t at = (time_t)json_integer_value(json_object_get(document, key));
	char text[32];
	struct tm tm;

	if (localtime_r(&at, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm))
		printf("%-11s %s\n", title, text);
}

static json_int_t number_in(const json_t *document, const char *key)
{
	return json_integer_value(json_object_get(document, key));
}

static void print_one(const json_t *document)
{
	const json_t *place = json_object_get(document, "place");
	const json_t *names = json_object_get(document, "names");

	print_text(document, "rule", "rule");
	if (json_is_object(place))
		printf("%-11s %s %s %s\n", "place",
		       json_string_value(json_object_get(place, "family")),
		       json_string_value(json_object_get(place, "table")),
		       json_string_value(json_object_get(place, "chain")));
	print_text(document, "state", "state");
	print_text(document, "policy", "policy");
	printf("%-11s %" JSON_INTEGER_FORMAT " flows, %" JSON_INTEGER_FORMAT
	       " peers, %" JSON_INTEGER_FORMAT " days\n", "evidence",
	       number_in(document, "flows"), number_in(document, "peers"),
	       number_in(document, "days"));
	print_time(document, "first", "first");
	print_time(document, "last", "last");
	printf("%-11s %.3f\n", "confidence",
	       json_real_value(json_object_get(document, "confidence")));
	for (size_t i = 0; i < json_array_size(names); i++) {
		json_t *row = json_pack("{s:O}", "name",
					json_array_get(names, i));

		print_text(row, "name", i ? "" : "names");
		json_decref(row);
	}
}

static void print_applied(const json_t *document)
{
	printf("generation %" JSON_INTEGER_FORMAT " -> %" JSON_INTEGER_FORMAT
	       "\n", number_in(document, "from"),
	       number_in(document, "generation"));
}

static void print_rejected(const json_t *document)
{
	printf("suggestion %" JSON_INTEGER_FORMAT " is rejected\n",
	       number_in(document, "rejected"));
}

static const struct {
	const char *verb;
	bool number;
	fw_document_fn print;
} verbs[] = {
	{ "list", false, print_list },
	{ "show", true, print_one },
	{ "apply", true, print_applied },
	{ "reject", true, print_rejected },
};

static int usage(void)
{
	(void)fputs("flywall: learn takes list, or show, apply or reject and "
		    "a number\n", stderr);
	return EX_USAGE;
}

/* 0: it is none. */
static json_int_t read_number(const char *word)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(word, &end, 10);
	return errno || *end || end == word || n < 0 ? 0 : n;
}

int fw_client_learn(const struct fw_client *client, char *const *words,
		    size_t n)
{
	const char *verb = n ? words[0] : "list";

	for (size_t i = 0; i < FW_ARRAY_SIZE(verbs); i++) {
		json_int_t number = 0;
		int code;

		if (strcmp(verbs[i].verb, verb) != 0)
			continue;
		if (verbs[i].number && n == 2)
			number = read_number(words[1]);
		if (verbs[i].number ? !number : n > 1)
			return usage();
		code = fw_document(client, "learn",
				   json_pack("{s:s, s:I}", "verb", verb,
					     "number", number),
				   verbs[i].print);
		if (code == EX_OK && !strcmp(verb, "apply"))
			(void)fputs("flywall: it goes back unless confirmed "
				    "within a minute: flywall confirm\n",
				    stderr);
		return code;
	}
	return usage();
}
