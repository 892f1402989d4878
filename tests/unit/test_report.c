/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report must not say, and the form of its archive. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/archive.h"
#include "client/redact.h"
#include "util/cleanup.h"

static void test_redact(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "https://joe:pw@host.example/a b", "https://******@host.example/a b" },
		{ "https://a@b@host/x", "https://***@host/x" },
		{ "https://host/a?key=1 b", "https://host/a?***** b" },
		{ "https://host/@a", "https://host/@a" },
		{ "password=abc def", "password=*** ***" },
		{ "Password abc def", "Password *** def" },
		{ "lapi_key: abc\nnext", "lapi_key: ***\nnext" },
		{ "\"token\": \"a b\", \"x\": 1", "\"token\": \"***\", \"x\": 1" },
		{ "Authorization: Bearer abc", "Authorization: ****** ***" },
		{ "secret \"a\"; more", "secret \"*\"; more" },
		{ "password:", "password:" },
		{ "tokens of a bucket", "tokens of a bucket" },
		{ "ip saddr 192.0.2.1 drop", "ip saddr 192.0.2.1 drop" },
		{ "://", "://" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = strdup(rows[i].text);

		assert_non_null(text);
		fw_redact(text, strlen(text));
		assert_string_equal(text, rows[i].expected);
	}
}

static void test_archive(void **state)
{
	_cleanup_free_ char *bytes = NULL;
	char text[513];
	size_t size;
	FILE *out = open_memstream(&bytes, &size);

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_non_null(out);
	fw_archive_add(out, "a/b.txt", text, sizeof(text), 1);
	fw_archive_add(out, "empty", "", 0, 1);
	fw_archive_end(out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(size, 512 * (1 + 2 + 1 + 2));
	assert_string_equal(bytes, "a/b.txt");
	assert_string_equal(bytes + 124, "00000001001");
	assert_memory_equal(bytes + 257, "ustar\00000", 8);
	assert_int_equal(bytes[512 * 2], 'x');
	assert_int_equal(bytes[512 * 2 + 1], 0);
	assert_string_equal(bytes + 512 * 3, "empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redact),
		cmocka_unit_test(test_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
