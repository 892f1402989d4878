/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts read from a text. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "facts/facts.h"

static int read_text(struct fw_arena *arena, const char *text,
		     struct fw_facts *ret)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int r;

	assert_non_null(in);
	r = fw_facts_read(arena, in, ret);
	(void)fclose(in);
	return r;
}

static void reads_devices_and_flags(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	const struct fw_fact_device *device;
	struct fw_facts facts;

	(void)state;
	assert_int_equal(read_text(arena,
				   "# a host\n"
				   "device wan 7 no-xdp driver says no\n\n"
				   "device lan 3\n"
				   "no-nft-queue\n", &facts), 0);
	assert_true(facts.known);
	assert_true(facts.no_nft_queue);
	assert_false(facts.no_xdp || facts.no_tc);
	assert_int_equal(facts.n_devices, 2);
	device = fw_facts_device(&facts, "wan");
	assert_non_null(device);
	assert_int_equal(device->ifindex, 7);
	assert_true(device->no_xdp);
	assert_string_equal(device->reason, "driver says no");
	assert_int_equal(fw_facts_device(&facts, "lan")->ifindex, 3);
	assert_null(fw_facts_device(&facts, "la"));
	assert_null(fw_facts_device(&fw_facts_empty, "lan"));
	fw_arena_free(arena);
}

static void refuses_other_lines(void **state)
{
	static const char *const bad[] = {
		"device\n",	    "device lan\n",	 "device lan 0\n",
		"device lan 3x\n",  "device lan 3 fast\n", "no-luck\n",
		"devices lan 3\n",
	};
	struct fw_arena *arena = fw_arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fw_facts facts = { .n_devices = 99 };

		assert_int_equal(read_text(arena, bad[i], &facts), -EINVAL);
		assert_int_equal(facts.n_devices, 99);
	}
	fw_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_devices_and_flags),
		cmocka_unit_test(refuses_other_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
