/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells of the clients' tables, and the kernel's list of queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/table.h"
#include "daemon/queues.h"

static void shows(enum fw_column_kind kind, const char *json,
		  const char *expected)
{
	const struct fw_column column = { "", kind, "key", "port" };
	char text[FW_CELL_MAX];
	json_t *row = json_loads(json, 0, NULL);

	assert_non_null(row);
	fw_cell_text(row, &column, text);
	assert_string_equal(text, expected);
	json_decref(row);
}

static void test_text(void **state)
{
	(void)state;
	shows(FW_COLUMN_TEXT, "{\"key\": \"wan\"}", "wan");
	shows(FW_COLUMN_TEXT, "{\"key\": 7}", "7");
	shows(FW_COLUMN_TEXT, "{\"key\": \"\"}", "-");
	shows(FW_COLUMN_TEXT, "{\"key\": null}", "-");
	shows(FW_COLUMN_TEXT, "{}", "-");
	/* a name from a packet must not steer the terminal */
	shows(FW_COLUMN_TEXT, "{\"key\": \"a\\u001b[2Jb\\nc\\u007f\"}",
	      "a?[2Jb?c?");
	shows(FW_COLUMN_YES, "{\"key\": true}", "yes");
	shows(FW_COLUMN_YES, "{\"key\": false}", "-");
}

static void test_numbers(void **state)
{
	(void)state;
	shows(FW_COLUMN_COUNT, "{\"key\": 0}", "0");
	shows(FW_COLUMN_COUNT, "{\"key\": null}", "-");
	shows(FW_COLUMN_BYTES, "{\"key\": null}", "-");
	shows(FW_COLUMN_BYTES, "{\"key\": 0}", "0 B");
	shows(FW_COLUMN_BYTES, "{\"key\": 1023}", "1023 B");
	shows(FW_COLUMN_BYTES, "{\"key\": 1536}", "1.5 KiB");
	shows(FW_COLUMN_BYTES, "{\"key\": 204800}", "200 KiB");
	shows(FW_COLUMN_BYTES, "{\"key\": 644210897}", "614 MiB");
	shows(FW_COLUMN_BYTES, "{\"key\": 9007199254740992}", "8192 TiB");
	shows(FW_COLUMN_SECONDS, "{\"key\": 0}", "0s");
	shows(FW_COLUMN_SECONDS, "{\"key\": 59}", "59s");
	shows(FW_COLUMN_SECONDS, "{\"key\": 60}", "1m 0s");
	shows(FW_COLUMN_SECONDS, "{\"key\": 3725}", "1h 2m");
	shows(FW_COLUMN_SECONDS, "{\"key\": 180000}", "2d 2h");
}

static void test_places(void **state)
{
	(void)state;
	shows(FW_COLUMN_PLACE, "{\"file\": \"x.conf\", \"line\": 7}",
	      "x.conf:7");
	shows(FW_COLUMN_PLACE, "{}", "-");
	shows(FW_COLUMN_ENDPOINT, "{\"key\": \"192.0.2.1\", \"port\": 443}",
	      "192.0.2.1:443");
	shows(FW_COLUMN_ENDPOINT, "{\"key\": \"2001:db8::1\", \"port\": 443}",
	      "[2001:db8::1]:443");
}

static void test_queues(void **state)
{
	static char text[] =
		"    0  12345     3 2 65531     4     5      600  1\n"
		"nonsense\n"
		"    7     99     0 2   128     0     0        1  1\n"
		"   20     99     0 2   128     0     0        1  1\n";
	struct fw_queue_count counts[2];
	FILE *in = fmemopen(text, sizeof(text) - 1, "r");

	(void)state;
	assert_non_null(in);
	assert_int_equal(fw_queues_parse(in, counts, 2), 2);
	(void)fclose(in);
	assert_int_equal(counts[0].queue, 0);
	assert_int_equal(counts[0].length, 3);
	assert_int_equal(counts[0].dropped, 4);
	assert_int_equal(counts[0].user_dropped, 5);
	assert_int_equal(counts[0].sequence, 600);
	assert_int_equal(counts[1].queue, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
