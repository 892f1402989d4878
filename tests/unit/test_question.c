/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions of DNS queries: what is one, what is told of it, what is none; cut
 * off at each byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "inspect/dns.h"
#include "util/cleanup.h"

#define HEAD(flags, count) "\x12\x34" flags "\0" count "\0\0\0\0\0\0"
#define TAIL "\0\0\x1c\0\1"
#define MESSAGE(text) text, sizeof(text) - 1
#define L63 "\x3f" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L61 "\x3d" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *message;
	size_t len;
	enum fw_dns_state state;
	const char *name;	/* valid with QUERY; NULL: whatever it is */
} cases[] = {
	{ MESSAGE(HEAD("\1\0", "\1") "\3wWw\7eXample" TAIL), FW_DNS_QUERY,
	  "www.example" },
	{ MESSAGE(HEAD("\0\0", "\1") TAIL), FW_DNS_QUERY, "" },
	/* bytes that look like dots, letters and ends */
	{ MESSAGE(HEAD("\1\0", "\1") "\4a.b\0\3\xc1\xe1\\\4_x-9" TAIL),
	  FW_DNS_QUERY, "a?b?.???._x-9" },
	{ MESSAGE(HEAD("\1\0", "\1") L63 L63 L63 L61 TAIL), FW_DNS_QUERY, NULL },
	{ MESSAGE(HEAD("\1\0", "\1") L63 L63 L63 "\x3e" "a"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  TAIL), FW_DNS_MALFORMED, NULL },
	{ MESSAGE(HEAD("\x81\x80", "\1") "\1a" TAIL), FW_DNS_NO_QUERY, NULL },
	{ MESSAGE(HEAD("\x28\0", "\1") "\1a" TAIL), FW_DNS_NO_QUERY, NULL },
	{ MESSAGE(HEAD("\1\0", "\0")), FW_DNS_NO_QUERY, NULL },
	{ MESSAGE(HEAD("\1\0", "\2") "\1a" TAIL "\1b" TAIL), FW_DNS_MALFORMED,
	  NULL },
	{ MESSAGE(HEAD("\1\0", "\1") "\1a\xc0\x0c" "\0\1\0\1"),
	  FW_DNS_MALFORMED, NULL },
	{ MESSAGE(HEAD("\1\0", "\1") "\x40" L63 TAIL), FW_DNS_MALFORMED, NULL },
};

static void messages_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		struct fw_dns_question question;

		assert_string_equal(
			fw_dns_state_name(fw_dns_read(
				(const uint8_t *)cases[i].message, cases[i].len,
				&question)),
			fw_dns_state_name(cases[i].state));
		if (cases[i].state != FW_DNS_QUERY)
			continue;
		assert_int_equal(question.type, 28);
		assert_int_equal(question.len, strlen(question.name));
		if (cases[i].name)
			assert_string_equal(question.name, cases[i].name);
		else
			assert_int_equal(question.len, 253);
	}
}

static void nothing_is_made_of_a_part(void **state)
{
	static const char whole[] = HEAD("\1\0", "\1") "\3www\7example" TAIL;
	struct fw_dns_question question;

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		/* a copy of that size, so that a sanitizer sees the end */
		_cleanup_free_ uint8_t *part = malloc(len ? len : 1);

		assert_non_null(part);
		memcpy(part, whole, len);
		assert_int_equal(fw_dns_read(part, len, &question),
				 FW_DNS_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_told),
		cmocka_unit_test(nothing_is_made_of_a_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
