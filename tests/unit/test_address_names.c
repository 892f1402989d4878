/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of addresses: which is known, how long, and who makes room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "monitor/names.h"

#define S UINT64_C(1000000000)

static const uint8_t a[16] = { 192, 0, 2, 1 }, b[16] = { 192, 0, 2, 2 };

struct list {
	char text[512];
};

static int add(void *ctx, const struct fw_name_entry *entry)
{
	struct list *list = ctx;
	size_t len = strlen(list->text);

	snprintf(list->text + len, sizeof(list->text) - len, "%s=%u ",
		 entry->name, entry->address[3]);
	return 0;
}

static void lists(const struct fw_names *names, uint64_t now_ns,
		  const char *expected)
{
	struct list list = { "" };

	assert_int_equal(fw_names_each(names, now_ns, add, &list), 0);
	assert_string_equal(list.text, expected);
}

static void test_time(void **state)
{
	struct fw_names *names = fw_names_new(16);

	(void)state;
	assert_null(fw_names_find(names, 4, a));
	fw_names_add(names, 4, a, "one", 10, S);
	fw_names_add(names, 4, b, "one", 20, S);
	fw_names_add(names, 4, a, "two", 30, 2 * S);
	/* the same bytes, and another version */
	assert_null(fw_names_find(names, 6, a));
	assert_string_equal(fw_names_find(names, 4, a), "two");
	assert_string_equal(fw_names_find(names, 4, b), "one");
	lists(names, 3 * S, "one=1 one=2 two=1 ");
	lists(names, 11 * S, "one=2 two=1 ");
	/* given again: the last one, and valid longer */
	fw_names_add(names, 4, a, "one", 100, 11 * S);
	assert_string_equal(fw_names_find(names, 4, a), "one");
	lists(names, 50 * S, "one=1 ");
	lists(names, 200 * S, "");
	/* a flow may go on */
	assert_string_equal(fw_names_find(names, 4, a), "one");
	fw_names_free(names);
}

static void test_room(void **state)
{
	struct fw_names *names = fw_names_new(4);
	uint8_t address[16] = { 10 };
	char name[16];

	(void)state;
	for (uint8_t i = 0; i < 100; i++) {
		address[3] = i % 7;
		snprintf(name, sizeof(name), "n%u", i);
		fw_names_add(names, 4, address, name, 60, S);
	}
	/* 96 % 7 is 5 */
	lists(names, S, "n96=5 n97=6 n98=0 n99=1 ");
	address[3] = 4;
	assert_null(fw_names_find(names, 4, address));
	fw_names_free(names);
}

/* Of one address the last eight. */
static void test_address(void **state)
{
	struct fw_names *names = fw_names_new(64);
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		fw_names_add(names, 4, a, name, 60, S);
	}
	lists(names, S, "n12=1 n13=1 n14=1 n15=1 n16=1 n17=1 n18=1 n19=1 ");
	fw_names_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
