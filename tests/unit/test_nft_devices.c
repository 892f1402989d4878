/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line of a base chain, for the devices that are here: lo always is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "apply/nft_devices.h"
#include "util/cleanup.h"

static void test_lines(void **state)
{
	static const struct {
		const char *line, *here;
	} cases[] = {
		{ "type filter hook input priority 0; policy drop;",
		  "type filter hook input priority 0; policy drop;" },
		{ "type filter hook ingress device lo priority 0;",
		  "type filter hook ingress device lo priority 0;" },
		{ "type filter hook ingress device \"no0\" priority 0;", NULL },
		{ "type filter hook egress devices = { no0, \"no1\" } priority 0;",
		  NULL },
		{ "type filter hook ingress devices={lo} priority -5;",
		  "type filter hook ingress devices={lo} priority -5;" },
		{ "type filter hook ingress devices = { no0, lo } priority "
		  "filter - 5; policy drop;",
		  "type filter hook ingress devices = { \"lo\" } priority "
		  "filter - 5; policy drop;" },
		{ "type filter hook ingress devices = { \"no-name-is-so-long\","
		  "\n\"lo\", \"no0\" }\npriority 0;",
		  "type filter hook ingress devices = { \"lo\" } priority 0;" },
		{ "type filter hook ingress device \"no*\" priority 0;",
		  "type filter hook ingress device \"no*\" priority 0;" },
	};
	struct fw_arena *arena = fw_arena_new();

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		const char *here;

		assert_int_equal(fw_nft_devices_here(arena, cases[i].line,
						     &here), 0);
		if (!cases[i].here)
			assert_null(here);
		else
			assert_string_equal(here, cases[i].here);
	}
	fw_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
