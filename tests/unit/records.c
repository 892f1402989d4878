/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/records.h"

struct records records;

void records_take(void *ctx, struct fw_record *record)
{
	char *line = fw_record_end(record);

	(void)ctx;
	assert_non_null(line);
	assert_true(records.n < RECORDS);
	records.items[records.n] = json_loads(line, 0, NULL);
	assert_non_null(records.items[records.n++]);
	free(line);
}

uint64_t records_wall(void *ctx, uint64_t boot_ns)
{
	(void)ctx;
	return boot_ns;
}

void records_forget(void)
{
	while (records.n)
		json_decref(records.items[--records.n]);
	records.read = 0;
}
