/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the DNS: what is shown for which bytes, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "events/dns_name.h"

/* A literal's bytes; its NUL is the root label. */
#define WIRE(literal) (const uint8_t *)(literal), sizeof(literal)
/* The same without the NUL. */
#define CUT(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static void shows(const uint8_t *wire, size_t len, const char *expected)
{
	char text[FW_DNS_TEXT_MAX];

	assert_int_equal(fw_dns_name_text(wire, len, text), 0);
	assert_string_equal(text, expected);
}

static void refuses(const uint8_t *wire, size_t len)
{
	char text[FW_DNS_TEXT_MAX];

	assert_int_equal(fw_dns_name_text(wire, len, text), -EINVAL);
}

static void test_plain(void **state)
{
	(void)state;
	shows(WIRE("\3www\4good\7example"), "www.good.example");
	shows(WIRE(""), ".");
	shows(WIRE("\3wWw\1X"), "wWw.X");
}

static void test_escapes(void **state)
{
	(void)state;
	shows(WIRE("\3a.b\1c"), "a\\.b.c");
	shows(WIRE("\3a\\b"), "a\\\\b");
	shows(WIRE("\3a b"), "a\\032b");
	shows(WIRE("\3\0\033\177"), "\\000\\027\\127");
	shows(WIRE("\2\303\244"), "\\195\\164");
	shows(WIRE("\3!~\""), "!~\"");
}

static void test_refused(void **state)
{
	(void)state;
	refuses(CUT(""));
	refuses(CUT("\3www"));
	refuses(CUT("\4www"));
	refuses(WIRE("\3www\0more"));
	refuses(CUT("\300\014"));
	refuses(CUT("\3www\300\014"));
}

/* 255 bytes, all of them escaped, are the longest text; 256 are refused. */
static void test_bounds(void **state)
{
	uint8_t wire[256];
	char text[FW_DNS_TEXT_MAX];
	size_t at = 0;

	(void)state;
	memset(wire, 0xff, sizeof(wire));
	for (int i = 0; i < 3; i++, at += 64)
		wire[at] = 63;
	wire[at] = 61;
	wire[254] = 0;
	assert_int_equal(fw_dns_name_text(wire, 255, text), 0);
	assert_int_equal(strlen(text), 4 * (3 * 63 + 61) + 3);
	wire[at] = 62;
	wire[254] = 0xff;
	wire[255] = 0;
	assert_int_equal(fw_dns_name_text(wire, 256, text), -EINVAL);
	wire[0] = 64;
	assert_int_equal(fw_dns_name_text(wire, 255, text), -EINVAL);
}

static void test_types(void **state)
{
	char text[FW_DNS_TYPE_MAX];

	(void)state;
	assert_string_equal(fw_dns_type_text(1, text), "A");
	assert_string_equal(fw_dns_type_text(28, text), "AAAA");
	assert_string_equal(fw_dns_type_text(65, text), "HTTPS");
	assert_string_equal(fw_dns_type_text(123, text), "TYPE123");
	assert_string_equal(fw_dns_type_text(65535, text), "TYPE65535");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
