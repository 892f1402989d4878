/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the DNS: what is read of them, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/dns_message.h"
#include "util/cleanup.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1
/* id, flags, then counts: questions, answers, authorities, additional */
#define HEAD(qd, an, ns, ar) "\x12\x34\x81\x80\0" qd "\0" an "\0" ns "\0" ar
#define QUESTION "\3wWw\7example\0\0\1\0\1"	/* at 12, "example" at 16 */
#define FIXED(type) type "\0\1\0\0\1\x2c"	/* class IN, TTL 300 */

static char *answers(const uint8_t *bytes, size_t len, int expected,
		     struct fw_dns_message *ret)
{
	struct fw_buf text = { 0 };

	assert_int_equal(fw_dns_message_read(bytes, len, ret), 0);
	assert_int_equal(fw_dns_answers(ret, &text), expected);
	return fw_buf_take(&text);
}

static void test_answer(void **state)
{
	struct fw_dns_message message;
	char *text = answers(BYTES(HEAD("\1", "\5", "\0", "\1") QUESTION
		"\xc0\x0c" FIXED("\0\5") "\0\6\3cdn\xc0\x10"
		"\xc0\x29" FIXED("\0\1") "\0\4\xc0\0\2\x50"
		"\xc0\x29" FIXED("\0\x1c") "\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
		"\xc0\x29" FIXED("\0\x0f") "\0\4\0\x0a\xc0\x10"
		"\xc0\x29" FIXED("\0\x10") "\0\2\1x"
		"\0\0\x29\x10\0\1\0\0\0\0\0"), 0, &message);

	(void)state;
	assert_string_equal(text, "cdn.example, 192.0.2.80, 2001:db8::1, "
				  "10 example, TXT");
	assert_int_equal(message.id, 0x1234);
	assert_true(message.response && message.has_question);
	assert_int_equal(message.name_len, 13);
	assert_memory_equal(message.name, "\3wWw\7example", 13);
	assert_int_equal(message.qtype, 1);
	/* the lower bits are 0, the upper ones are EDNS's */
	assert_int_equal(message.rcode, 16);
	free(text);
}

static void test_record(void **state)
{
	static const char bytes[] = HEAD("\1", "\0", "\1", "\0") QUESTION
		"\xc0\x10" FIXED("\0\6") "\0\3abc";
	struct fw_dns_message message;
	struct fw_dns_record record;
	struct fw_dns_walk walk = { &message, 0, 0, 0 };
	int r;

	(void)state;
	assert_int_equal(fw_dns_message_read(BYTES(bytes), &message), 0);
	assert_true(fw_dns_record_next(&walk, &record, &r));
	assert_int_equal(record.section, 1);
	assert_memory_equal(record.name, "\7example", 9);
	assert_int_equal(record.name_len, 9);
	assert_int_equal(record.ttl, 300);
	assert_int_equal(record.len, 3);
	assert_memory_equal(record.data, "abc", 3);
	assert_false(fw_dns_record_next(&walk, &record, &r));
	assert_int_equal(r, 0);
}

static void test_refused(void **state)
{
	static const struct {
		const uint8_t *bytes;
		size_t len;
	} cases[] = {
		{ BYTES("\x12\x34\x81\x80\0\0\0\0\0\0\0") },
		{ BYTES(HEAD("\2", "\0", "\0", "\0") QUESTION QUESTION) },
		{ BYTES(HEAD("\1", "\0", "\0", "\0") "\3www\0\0\1\0") },
		{ BYTES(HEAD("\1", "\0", "\0", "\0") "\3ww") },
		/* to itself, forwards, and round */
		{ BYTES(HEAD("\1", "\0", "\0", "\0") "\xc0\x0c\0\1\0\1") },
		{ BYTES(HEAD("\1", "\0", "\0", "\0") "\xc0\x0e\1a\0\0\1\0\1") },
		{ BYTES(HEAD("\1", "\0", "\0", "\0") "\1a\xc0\x0c\0\1\0\1") },
		{ BYTES(HEAD("\1", "\0", "\0", "\0") "\x40" "aaaa\0\0\1\0\1") },
	};
	struct fw_dns_message message;

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++)
		assert_int_equal(fw_dns_message_read(cases[i].bytes,
						     cases[i].len, &message),
				 -EINVAL);
}

/* Of records that cannot be read to their end, those before count. */
static void test_records_cut(void **state)
{
	static const struct {
		const uint8_t *bytes;
		size_t len;
		const char *text;
	} cases[] = {
		{ BYTES(HEAD("\0", "\2", "\0", "\0")
			"\0" FIXED("\0\1") "\0\4\1\2\3\4"), "1.2.3.4" },
		{ BYTES(HEAD("\0", "\1", "\0", "\0")
			"\0" FIXED("\0\1") "\0\5\1\2\3\4"), "" },
		{ BYTES(HEAD("\0", "\1", "\0", "\0") "\0\0\1\0\1\0"), "" },
	};
	struct fw_dns_message message;

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		char *text = answers(cases[i].bytes, cases[i].len, -EINVAL,
				     &message);

		assert_string_equal(text ? text : "", cases[i].text);
		free(text);
	}
}

/* A name in data that reaches beyond the data is none. */
static void test_data(void **state)
{
	struct fw_dns_message message;
	char *text = answers(BYTES(HEAD("\1", "\2", "\0", "\0") QUESTION
		"\xc0\x0c" FIXED("\0\5") "\0\3\3abc\0"
		"\0\0\1\0\1\0\0\0\0\0\0"), -EINVAL, &message);

	(void)state;
	assert_non_null(text);
	assert_int_equal(strncmp(text, "CNAME", 5), 0);
	free(text);
}

/* 16 of 17. */
static void test_many(void **state)
{
	uint8_t bytes[12 + 17 * 15] = { 0x12, 0x34, 0x81, 0x80, [7] = 17 };
	struct fw_dns_message message;
	size_t commas = 0;
	char *text;

	(void)state;
	for (size_t i = 0; i < 17; i++)
		memcpy(bytes + 12 + 15 * i,
		       "\0\0\1\0\1\0\0\0\0\0\4\x0a\0\0", 14);
	text = answers(bytes, sizeof(bytes), 0, &message);
	for (const char *c = text; *c; c++)
		commas += *c == ',';
	assert_int_equal(commas, 15);
	free(text);
}

static void test_names(void **state)
{
	bool same_case;

	(void)state;
	assert_true(fw_dns_same_name(BYTES("\3wWw\0"), BYTES("\3www\0"),
				     &same_case));
	assert_false(same_case);
	assert_true(fw_dns_same_name(BYTES("\3www\0"), BYTES("\3www\0"),
				     &same_case));
	assert_true(same_case);
	assert_false(fw_dns_same_name(BYTES("\3www\0"), BYTES("\3wwv\0"),
				      &same_case));
	assert_false(fw_dns_same_name(BYTES("\2ww\0"), BYTES("\3www\0"),
				      &same_case));
	/* not letters, though a bit apart */
	assert_false(fw_dns_same_name(BYTES("\1[\0"), BYTES("\1{\0"),
				      &same_case));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_records_cut),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
