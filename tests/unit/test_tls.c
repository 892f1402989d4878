/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ClientHello parser: real and made messages, cut at every byte, and every
 * way in which one can be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inspect/tls.h"
#include "tests/unit/hello.h"
#include "util/cleanup.h"

static struct fw_tls parse(const void *data, size_t len)
{
	struct fw_tls tls;

	fw_tls_init(&tls);
	(void)fw_tls_feed(&tls, data, len);
	return tls;
}

#define assert_state(tls, expected) \
	assert_int_equal((tls).state, expected)

/* Messages of openssl s_client. */
static void real_hello(void **state)
{
	static const struct {
		const char *seed, *sni;
	} seeds[] = {
		{ "openssl-tls13", "deep.below.evil.example" },
		{ "openssl-tls12", "good.example" },
		{ "openssl-alpn", "good.example" },
		{ "openssl-no-name", NULL },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(seeds); i++) {
		struct hello hello = hello_seed(seeds[i].seed);
		struct fw_tls tls = parse(hello.data, hello.len);

		assert_state(tls, FW_PARSE_DONE);
		assert_int_equal(tls.hello.has_sni, seeds[i].sni != NULL);
		if (!seeds[i].sni)
			continue;
		assert_string_equal(tls.hello.sni, seeds[i].sni);
		assert_int_equal(tls.hello.sni_len, strlen(seeds[i].sni));
	}
}

/* Cut into two portions at every place, and into single bytes: before the last
 * byte the parser wants more, after it the facts are the same. */
static void every_cut(void **state)
{
	struct hello hello = hello_seed("openssl-tls13");

	(void)state;
	for (size_t cut = 0; cut <= hello.len; cut++) {
		struct fw_tls tls = parse(hello.data, cut);

		assert_state(tls, cut < hello.len ? FW_PARSE_NEED_MORE :
						    FW_PARSE_DONE);
		(void)fw_tls_feed(&tls, hello.data + cut, hello.len - cut);
		assert_state(tls, FW_PARSE_DONE);
		assert_string_equal(tls.hello.sni, "deep.below.evil.example");
	}
	struct fw_tls tls;

	fw_tls_init(&tls);
	for (size_t i = 0; i < hello.len; i++)
		(void)fw_tls_feed(&tls, hello.data + i, 1);
	assert_state(tls, FW_PARSE_DONE);
	assert_string_equal(tls.hello.sni, "deep.below.evil.example");
}

static void many_records(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 5, 40, 41, 100, 0 };

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(sizes); i++) {
		struct hello hello = hello_make("a.example", sizes[i], 60);
		struct fw_tls tls = parse(hello.data, hello.len);

		assert_state(tls, FW_PARSE_DONE);
		assert_string_equal(tls.hello.sni, "a.example");
	}
}

/* What servers let pass ahead of a hello, or between its parts, must not hide
 * it. */
static void records_between(void **state)
{
	static const char warning[] = "\x15\x03\x01\0\x02\x01\x5a";
	static const char change[] = "\x14\x03\x01\0\x01\x01";
	static const char empty[] = "\x16\x03\x01\0\0";
	struct hello part = hello_make("a.example", 50, 0);
	struct hello out = { 0 };

	(void)state;
	hello_put(&out, warning, sizeof(warning) - 1);
	hello_put(&out, change, sizeof(change) - 1);
	hello_put(&out, empty, sizeof(empty) - 1);
	hello_put(&out, part.data, 55);
	hello_put(&out, warning, sizeof(warning) - 1);
	hello_put(&out, part.data + 55, part.len - 55);
	struct fw_tls tls = parse(out.data, out.len);

	assert_state(tls, FW_PARSE_DONE);
	assert_string_equal(tls.hello.sni, "a.example");

	out.len = 0;
	for (int i = 0; i < 200; i++)
		hello_put(&out, empty, sizeof(empty) - 1);
	tls = parse(out.data, out.len);
	assert_state(tls, FW_PARSE_MALFORMED);
}

static void not_tls(void **state)
{
	static const struct {
		const char *data;
		size_t len;
	} streams[] = {
		{ "GET / HTTP/1.1\r\n", 16 },
		{ "SSH-2.0-x\r\n", 11 },
		{ "\x16\x02", 2 },		/* no such version */
		{ "\x17\x03\x03\0\x05hello", 10 },	/* data first */
		{ "\x16\x03\x03\x48\x01", 5 },	/* no record is so long */
		{ "\x16\x03\x03\0\x04\x02", 6 },	/* ServerHello */
		{ "\x15\x03\x03\0\x50", 5 },	/* no alert is so long */
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(streams); i++) {
		struct fw_tls tls = parse(streams[i].data, streams[i].len);

		assert_state(tls, FW_PARSE_OTHER);
		tls = parse(streams[i].data, streams[i].len - 1);
		if (i < 2 || i == 3)	/* seen at the first byte */
			assert_state(tls, FW_PARSE_OTHER);
		else
			assert_state(tls, FW_PARSE_NEED_MORE);
	}
}

/* Places in the message of hello_message("a.example", 0). */
enum {
	AT_LEN = 1,
	AT_SESSION = 38,
	AT_CIPHERS = 71,
	AT_COMPRESSIONS = 77,
	AT_EXTS = 79,
	AT_EXT_TYPE = 81,
	AT_EXT_LEN = 83,
	AT_NAMES = 85,
	AT_NAME_TYPE = 87,
	AT_NAME_LEN = 88,
	AT_NAME = 90,
	AT_EXT2_TYPE = 99,
	AT_EXT2_LEN = 101,
};

static void one_byte_wrong(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *what;
	} faults[] = {
		{ AT_LEN, 3, "longer than any server takes" },
		{ AT_LEN + 2, 40, "too short for its fields" },
		{ AT_SESSION, 33, "session id" },
		{ AT_CIPHERS + 1, 3, "odd number of bytes" },
		{ AT_CIPHERS + 1, 0, "no cipher" },
		{ AT_CIPHERS, 1, "ciphers past the message" },
		{ AT_COMPRESSIONS, 0, "no compression" },
		{ AT_COMPRESSIONS, 200, "compressions past the message" },
		{ AT_EXTS, 1, "extensions past the message" },
		{ AT_EXTS + 1, 21, "extensions short of it" },
		{ AT_EXT_LEN, 1, "extension past the extensions" },
		{ AT_EXT_LEN + 1, 1, "no room for the list's length" },
		{ AT_EXT_LEN + 1, 13, "list past its extension" },
		{ AT_NAMES + 1, 11, "list short of its extension" },
		{ AT_NAME_LEN + 1, 0, "no name" },
		{ AT_NAME_LEN + 1, 10, "name past the list" },
		{ AT_NAME_LEN + 1, 8, "a byte left in the list" },
		{ AT_NAME, 0, "NUL in the name" },
		{ AT_NAME + 1, ' ', "blank in the name" },
		{ AT_NAME + 1, 0x7f, "control character" },
		{ AT_NAME + 8, 0xe4, "not ASCII" },
		{ AT_EXT2_LEN + 1, 1, "last extension past the message" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(faults); i++) {
		struct hello message = hello_message("a.example", 0);

		assert_int_not_equal(message.data[faults[i].at],
				     faults[i].value);
		message.data[faults[i].at] = faults[i].value;

		struct hello hello = hello_records(&message, 0);
		struct fw_tls tls = parse(hello.data, hello.len);

		if (tls.state != FW_PARSE_MALFORMED)
			fail_msg("%s: %d", faults[i].what, (int)tls.state);
	}
}

static void other_names(void **state)
{
	struct hello message = hello_message("a.example", 0);
	struct hello hello;
	struct fw_tls tls;

	(void)state;
	message.data[AT_NAME_TYPE] = 7;		/* no host_name */
	hello = hello_records(&message, 0);
	tls = parse(hello.data, hello.len);
	assert_state(tls, FW_PARSE_DONE);
	assert_false(tls.hello.has_sni);

	message = hello_message("a.example", 0);
	message.data[AT_EXT2_TYPE + 1] = 0;	/* a second, empty one */
	hello = hello_records(&message, 0);
	tls = parse(hello.data, hello.len);
	assert_state(tls, FW_PARSE_MALFORMED);
}

/* Two host names in one list: the first one counts, as for servers. */
static void first_name_counts(void **state)
{
	static const uint8_t two[] = { 0, 0, 1, 'a', 0, 0, 3, 'b', 'c', 'd' };
	struct hello message = hello_message("0123456", 0);
	struct hello hello;
	struct fw_tls tls;

	(void)state;
	/* The name's bytes and those of its header hold two short entries. */
	memcpy(message.data + AT_NAME_TYPE, two, sizeof(two));
	hello = hello_records(&message, 0);
	tls = parse(hello.data, hello.len);
	assert_state(tls, FW_PARSE_DONE);
	assert_string_equal(tls.hello.sni, "a");
}

static void name_form(void **state)
{
	static const struct {
		const char *sent, *seen;	/* NULL: malformed */
	} names[] = {
		{ "MiXed.Example", "mixed.example" },
		{ "dot.example.", "dot.example" },
		{ ".", NULL },
		{ "_srv.a-b.example", "_srv.a-b.example" },
		{ "2001:db8::1", "2001:db8::1" },
	};
	char longest[258];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(names); i++) {
		struct hello hello = hello_make(names[i].sent, 0, 0);
		struct fw_tls tls = parse(hello.data, hello.len);

		assert_state(tls, names[i].seen ? FW_PARSE_DONE :
						  FW_PARSE_MALFORMED);
		if (names[i].seen)
			assert_string_equal(tls.hello.sni, names[i].seen);
	}
	memset(longest, 'a', sizeof(longest));
	for (size_t len = 255; len <= 256; len++) {
		longest[len] = '\0';

		struct hello hello = hello_make(longest, 0, 0);
		struct fw_tls tls = parse(hello.data, hello.len);

		assert_state(tls, len == 255 ? FW_PARSE_DONE : FW_PARSE_MALFORMED);
		longest[len] = 'a';
	}
}

/* A hello without extensions, as before TLS 1.2. */
static void no_extensions(void **state)
{
	struct hello message = hello_message(NULL, 0);

	(void)state;
	message.len = AT_EXTS;
	message.data[AT_LEN + 2] = AT_EXTS - 4;

	struct hello hello = hello_records(&message, 0);
	struct fw_tls tls = parse(hello.data, hello.len);

	assert_state(tls, FW_PARSE_DONE);
	assert_false(tls.hello.has_sni);
}

/* A byte that no field holds. */
static void behind_extensions(void **state)
{
	struct hello message = hello_message("a.example", 0);
	struct hello hello;
	struct fw_tls tls;

	(void)state;
	hello_put(&message, "", 1);
	message.data[AT_LEN + 2]++;
	hello = hello_records(&message, 0);
	tls = parse(hello.data, hello.len);
	assert_state(tls, FW_PARSE_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_hello),
		cmocka_unit_test(every_cut),
		cmocka_unit_test(many_records),
		cmocka_unit_test(records_between),
		cmocka_unit_test(not_tls),
		cmocka_unit_test(one_byte_wrong),
		cmocka_unit_test(other_names),
		cmocka_unit_test(first_name_counts),
		cmocka_unit_test(name_form),
		cmocka_unit_test(no_extensions),
		cmocka_unit_test(behind_extensions),
	};

	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
