/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts and numbers in, JSON values out; NULL when memory runs out. */
#include "daemon/json.h"

#include <limits.h>
#include <string.h>

#include "util/cleanup.h"

json_t *fw_json_text(const char *text)
{
	_cleanup_free_ char *ascii = NULL;
	json_t *value;

	if (!text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	ascii = strdup(text);
	if (!ascii)
		return NULL;
	for (char *c = ascii; *c; c++) {
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	}
	return json_string(ascii);
}

json_t *fw_json_number(unsigned long long number)
{
	return json_integer(number > LLONG_MAX ? LLONG_MAX : (json_int_t)number);
}
