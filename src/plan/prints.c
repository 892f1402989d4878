/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of a file of fingerprints.
 *
 * In: a line, or facts. Out: patterns, or a name. A line that is none is told
 * why; only memory fails besides.
 */
#include "plan/prints.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "util/arena.h"
#include "util/cleanup.h"

static const char *const key_names[] = {
	[FW_PRINT_PARAMS] = "params",
	[FW_PRINT_OPTIONS] = "options",
	[FW_PRINT_REQUEST] = "request",
	[FW_PRINT_VENDOR] = "vendor",
	[FW_PRINT_HOST] = "host",
};
_Static_assert(FW_ARRAY_SIZE(key_names) == FW_PRINT_MAX_, "key_names");

const char *fw_print_key_name(enum fw_print_key key)
{
	return key_names[key];
}

static char *trim(char *text)
{
	size_t n;

	text += strspn(text, " \t");
	n = strlen(text);
	while (n && strchr(" \t", text[n - 1]))
		text[--n] = '\0';
	return text;
}

/* Numbers up to 65535 and commas, in the end perhaps a `*`. */
static bool is_list(const char *text)
{
	unsigned long number;
	size_t digits;

	for (;;) {
		if (!strcmp(text, "*"))
			return true;
		digits = strspn(text, "0123456789");
		if (!digits || digits > 5)
			return false;
		for (number = 0; digits; digits--)
			number = 10 * number + (unsigned long)(*text++ - '0');
		if (number > UINT16_MAX)
			return false;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}

static int read_key(char *text, struct fw_print *print, const char **ret_error)
{
	char *value = text + strcspn(text, " \t");
	size_t i;

	if (*value)
		*value++ = '\0';
	value = trim(value);
	for (i = 0; i < FW_PRINT_MAX_; i++)
		if (!strcmp(text, key_names[i]))
			break;
	*ret_error = "a key is params, options, request, vendor or host";
	if (i == FW_PRINT_MAX_)
		return -EINVAL;
	*ret_error = "a key has no value";
	if (!*value)
		return -EINVAL;
	*ret_error = "a key is given twice";
	if (print->patterns[i])
		return -EINVAL;
	*ret_error = "a list is numbers and commas without blanks, as 1,3,6; "
		     "a '*' may end it";
	if (i < FW_PRINT_VENDOR && !is_list(value))
		return -EINVAL;
	print->patterns[i] = value;
	return 0;
}

int fw_print_read(struct fw_arena *arena, const char *line,
		  struct fw_print *ret, const char **ret_error)
{
	char *text = fw_arena_strdup(arena, line), *keys, *key;
	struct fw_print print = { 0 };
	int r;

	if (!text)
		return -ENOMEM;
	keys = strstr(text, ": ");
	*ret_error = "a line is NAME: KEY VALUE; KEY VALUE";
	if (!keys || strlen(text) >= FW_PRINT_LINE_MAX)
		return -EINVAL;
	*keys = '\0';
	keys += 2;
	print.name = trim(text);
	*ret_error = "a name is 1 to 63 bytes";
	if (!*print.name || strlen(print.name) >= FW_PRINT_NAME_MAX)
		return -EINVAL;
	while ((key = strsep(&keys, ";"))) {
		r = read_key(trim(key), &print, ret_error);
		if (r)
			return r;
	}
	*ret = print;
	return 0;
}

unsigned fw_print_fits(const struct fw_print *print,
		       const struct fw_print_facts *facts)
{
	unsigned n = 0;

	for (size_t i = 0; i < FW_PRINT_MAX_; i++) {
		if (!print->patterns[i])
			continue;
		if (!facts->values[i] || fnmatch(print->patterns[i],
						 facts->values[i],
						 FNM_CASEFOLD) != 0)
			return 0;
		n++;
	}
	return n;
}

const char *fw_prints_find(const struct fw_prints *prints,
			   const struct fw_print_facts *facts)
{
	const char *name = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < prints->n; i++) {
		unsigned n = fw_print_fits(&prints->items[i], facts);

		if (n > most) {
			most = n;
			name = prints->items[i].name;
		}
	}
	return name;
}
