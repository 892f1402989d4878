/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text in, milliseconds out; false where it is no time. */
#include "util/duration.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define DAY_MS 86400000ULL
#define DURATION_MAX (10000000 * DAY_MS)

bool fw_duration_read(const char *text, uint64_t *ret_ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "ms", 1 },	   { "s", 1000 },
		      { "m", 60000 },	   { "h", 3600000 },
		      { "d", DAY_MS } };
	uint64_t total = 0;

	do {
		size_t len, i = 0;
		unsigned long value;
		char *end;

		if (!isdigit((unsigned char)*text))
			return false;
		value = strtoul(text, &end, 10);
		len = strspn(end, "dhms");
		if (value > 1000000000)
			return false;
		if (!*end) {
			total += value * 1000;
			break;
		}
		while (i < FW_ARRAY_SIZE(units) &&
		       (len != strlen(units[i].name) ||
			strncmp(end, units[i].name, len)))
			i++;
		if (i == FW_ARRAY_SIZE(units))
			return false;
		total += value * units[i].ms;
		text = end + len;
	} while (*text && total <= DURATION_MAX);
	*ret_ms = total;
	return total <= DURATION_MAX;
}
