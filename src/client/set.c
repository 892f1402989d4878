/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall set: words to a request, and what was done to the elements as
 * pfctl(8) tells it of a table. A wrong word is 64.
 */
#include "client/client.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "client/document.h"
#include "util/cleanup.h"
#include "util/duration.h"

static json_int_t number(const json_t *document, const char *key)
{
	return json_integer_value(json_object_get(document, key));
}

/* --- what was done -------------------------------------------------------- */
static void print_part(const json_t *document, const char *what)
{
	printf("%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT " %s.\n",
	       number(document, "done"), number(document, "of"), what);
}

static void print_replaced(const json_t *document)
{
	json_int_t added = number(document, "done");
	json_int_t deleted = number(document, "deleted");

	if (added > 0)
		printf("%" JSON_INTEGER_FORMAT " added.\n", added);
	if (deleted > 0)
		printf("%" JSON_INTEGER_FORMAT " deleted.\n", deleted);
	if (!added && !deleted)
		printf("no changes.\n");
}

static void print_result(const json_t *document)
{
	static const char *const parts[][2] = {
		{ "add", "added" },
		{ "delete", "deleted" },
		{ "test", "match" },
		{ "expire", "expired" },
	};
	const char *verb = json_string_value(json_object_get(document, "verb"));

	for (size_t i = 0; verb && i < FW_ARRAY_SIZE(parts); i++)
		if (!strcmp(parts[i][0], verb)) {
			print_part(document, parts[i][1]);
			return;
		}
	if (verb && !strcmp(verb, "replace"))
		print_replaced(document);
	else
		printf("%" JSON_INTEGER_FORMAT " deleted.\n",
		       number(document, "done"));
}

/* --- what is asked -------------------------------------------------------- */
const char *const fw_client_verbs[] = {
	"add", "delete", "replace", "test", "expire", "flush", NULL,
};

static bool is_verb(const char *word)
{
	for (size_t i = 0; fw_client_verbs[i]; i++)
		if (!strcmp(fw_client_verbs[i], word))
			return true;
	return false;
}

static int wrong(const char *text)
{
	(void)fprintf(stderr, "flywall: %s (flywall -h shows what there is)\n",
		      text);
	return EX_USAGE;
}

/* The fields of a concatenation may be words of their own: a . b */
static int add_element(json_t *elements, const char *word, bool joins)
{
	size_t n = json_array_size(elements);
	const char *last = json_string_value(json_array_get(elements, n - 1));

	if (!joins || !last)
		return json_array_append_new(elements, json_string(word));
	return json_array_set_new(elements, n - 1,
				  json_sprintf("%s %s", last, word));
}

static json_t *read_elements(char *const *words, size_t n)
{
	json_t *elements = json_array();

	for (size_t i = 0; elements && i < n; i++) {
		bool joins = !strcmp(words[i], ".") ||
			     (i > 0 && !strcmp(words[i - 1], "."));

		if (add_element(elements, words[i], joins) == 0)
			continue;
		json_decref(elements);
		elements = NULL;
	}
	return elements;
}

/* `timeout T` at the end of them; and expire's own time. */
static int read_time(const char *verb, char *const *words, size_t *n,
		     uint64_t *ret_ms)
{
	*ret_ms = 0;
	if (!strcmp(verb, "expire")) {
		if (*n != 1 || !fw_duration_read(words[0], ret_ms))
			return wrong("set … expire takes a time: 1d, 30m");
		*n = 0;
		return 0;
	}
	if (*n < 2 || strcmp(words[*n - 2], "timeout") != 0)
		return 0;
	if (strcmp(verb, "add") != 0 && strcmp(verb, "replace") != 0)
		return wrong("only elements that are added take a timeout");
	if (!fw_duration_read(words[*n - 1], ret_ms) || !*ret_ms)
		return wrong("timeout takes a time: 1d, 30m");
	*n -= 2;
	return 0;
}

int fw_client_set(const struct fw_client *client, char *const *words, size_t n)
{
	size_t at = n > 3 && is_verb(words[3]) ? 3 : 1;
	const char *verb;
	json_t *arguments;
	uint64_t ms;
	int code;

	if (n <= at || !is_verb(words[at]))
		return wrong("set takes [FAMILY TABLE] NAME, a verb and "
			     "elements");
	verb = words[at];
	n -= at + 1;
	code = read_time(verb, words + at + 1, &n, &ms);
	if (code)
		return code;
	if (!strcmp(verb, "flush") ? n > 0 :
				     !n && strcmp(verb, "expire") != 0 &&
					     strcmp(verb, "replace") != 0)
		return wrong(n ? "set … flush takes no elements" :
				 "which elements?");
	arguments = json_pack("{s:s*, s:s*, s:s, s:s, s:o, s:I}",
			      "family", at == 3 ? words[0] : NULL,
			      "table", at == 3 ? words[1] : NULL,
			      "set", words[at - 1], "verb", verb, "elements",
			      read_elements(words + at + 1, n), "ms",
			      (json_int_t)ms);
	if (!arguments)
		return wrong("the words are not UTF-8");
	return fw_document(client, "set", arguments, print_result);
}
