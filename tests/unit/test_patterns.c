/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns over streams that are cut at each byte: which sets match, what the
 * flags mean, and who shares what was compiled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scan/patterns.h"
#include "util/cleanup.h"

static const struct fw_pattern shell[] = {
	{ "curl", "curl .*[|] *sh", "i" }, { "nul", "\\x00root\\x00", "" },
};
static const struct fw_pattern secret[] = { { "secret", "top[- ]secret", "" } };
static const struct fw_pattern_set sets[] = {
	{ "shell", shell, FW_ARRAY_SIZE(shell) },
	{ "secret", secret, FW_ARRAY_SIZE(secret) },
};
/* the first set twice, the second one under the last number there is */
static const struct fw_inspect_rule rules[] = {
	{ .fact = FW_FACT_PAYLOAD, .patterns = &sets[0], .pattern_set = 0 },
	{ .fact = FW_FACT_TLS_SNI },
	{ .fact = FW_FACT_PAYLOAD, .patterns = &sets[1],
	  .pattern_set = FW_PATTERN_SETS - 1 },
	{ .fact = FW_FACT_PAYLOAD, .patterns = &sets[0], .pattern_set = 0 },
};
static const struct fw_profile profile = { .rules = rules,
					   .n_rules = FW_ARRAY_SIZE(rules) };
#define SHELL UINT64_C(1)
#define SECRET (UINT64_C(1) << (FW_PATTERN_SETS - 1))

static uint64_t matched(struct fw_patterns *patterns, const char *text,
			size_t len, size_t cut)
{
	struct fw_search *search;
	uint64_t bits = 0;

	assert_int_equal(fw_search_open(patterns, &search), 0);
	assert_true(fw_search_held(search) > 0);
	assert_int_equal(fw_search_feed(search, (const uint8_t *)text, cut,
					&bits), 0);
	assert_int_equal(fw_search_feed(search, (const uint8_t *)text + cut,
					len - cut, &bits), 0);
	fw_search_close(search);
	return bits;
}

static void sets_by_bits(void **state)
{
#define TEXT(text) text, sizeof(text) - 1
	static const struct {
		const char *text;
		size_t len;
		uint64_t bits;
	} texts[] = {
		{ TEXT("nothing of it"), 0 },
		{ TEXT("x=1; CURL http://x | sh"), SHELL },
		{ TEXT("a\0root\0b"), SHELL },
		{ TEXT("a\0roo\0b"), 0 },
		{ TEXT("curl x\n| sh"), 0 },
		{ TEXT("it is top-secret"), SECRET },
		{ TEXT("TOP-secret"), 0 },
		{ TEXT("top secret, curl x|sh"), SHELL | SECRET },
	};
	struct fw_patterns *patterns;

	(void)state;
	assert_int_equal(fw_patterns_open(&profile, &patterns), 0);
	for (size_t i = 0; i < FW_ARRAY_SIZE(texts); i++)
		for (size_t cut = 0; cut <= texts[i].len; cut++)
			assert_true(matched(patterns, texts[i].text,
					    texts[i].len, cut) == texts[i].bits);
	fw_patterns_unref(patterns);
}

static void restart_forgets(void **state)
{
	struct fw_patterns *patterns;
	struct fw_search *search;
	uint64_t bits = 0;

	(void)state;
	assert_int_equal(fw_patterns_open(&profile, &patterns), 0);
	assert_int_equal(fw_search_open(patterns, &search), 0);
	(void)fw_search_feed(search, (const uint8_t *)"top ", 4, &bits);
	fw_search_restart(search);
	(void)fw_search_feed(search, (const uint8_t *)"secret", 6, &bits);
	assert_int_equal(bits, 0);
	/* a search holds what it needs */
	fw_patterns_unref(patterns);
	(void)fw_search_feed(search, (const uint8_t *)" top secret", 11, &bits);
	assert_true(bits == SECRET);
	fw_search_close(search);
}

/* Of a profile that looks for nothing else. */
static struct fw_patterns *open_one(const struct fw_pattern *pattern)
{
	const struct fw_pattern_set set = { "", pattern, 1 };
	const struct fw_inspect_rule rule = {
		.fact = FW_FACT_PAYLOAD, .patterns = &set,
	};
	const struct fw_profile profile_of_one = { .rules = &rule,
						   .n_rules = 1 };
	struct fw_patterns *patterns;

	assert_int_equal(fw_patterns_open(&profile_of_one, &patterns), 0);
	return patterns;
}

static void flags(void **state)
{
	static const struct {
		struct fw_pattern pattern;
		const char *text;
		bool found;
	} cases[] = {
		{ { "", "a.b", "" }, "a\nb", false },
		{ { "", "a.b", "s" }, "a\nb", true },
		{ { "", "^b", "" }, "a\nb", false },
		{ { "", "^b", "m" }, "a\nb", true },
		{ { "", "a b # c", "" }, "ab", false },
		{ { "", "a b # c", "x" }, "ab", true },
		{ { "", "ab", "i" }, "AB", true },
		{ { "", "^.b", "" }, "\xc3\xa4" "b", false },
		{ { "", "^.b", "u" }, "\xc3\xa4" "b", true },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		struct fw_search *search;
		struct fw_patterns *patterns;
		uint64_t bits = 0;

		patterns = open_one(&cases[i].pattern);
		assert_int_equal(fw_search_open(patterns, &search), 0);
		(void)fw_search_feed(search, (const uint8_t *)cases[i].text,
				     strlen(cases[i].text), &bits);
		if (bits != cases[i].found)
			fail_msg("/%s/%s", cases[i].pattern.regex,
				 cases[i].pattern.flags);
		fw_search_close(search);
		fw_patterns_unref(patterns);
	}
}

/* Wherever the stream is cut, and without a byte behind what decides. */
static void edges(void **state)
{
	static const struct {
		struct fw_pattern pattern;
		const char *text;
		bool found;
	} cases[] = {
		{ { "", "foo\\b", "" }, "a foo b", true },
		{ { "", "foo\\b", "" }, "a food", false },
		{ { "", "foo\\b", "" }, "a foo", false },
		{ { "", "\\bfoo", "" }, "a foo", true },
		{ { "", "\\bfoo", "" }, "afoo", false },
		{ { "", "foo\\B", "" }, "food", true },
		{ { "", "(foo\\b|x){1}", "" }, "food", false },
		{ { "", "\\bf", "" }, "f", true },
		{ { "", "(foo\\b|x)[^y]", "" }, "foo ", true },
		{ { "", "foo$", "" }, "foo", false },
		{ { "", "foo$", "" }, "foo\n", false },
		{ { "", "foo$", "" }, "foo\nbar", false },
		{ { "", "foo$", "m" }, "foo\nbar", true },
		{ { "", "foo$", "m" }, "food\nfoo", false },
		{ { "", "^foo", "" }, "xfoo", false },
		{ { "", "^foo", "m" }, "x\nfoo", true },
		{ { "", "foo\\Z", "" }, "foo\nb", false },
		{ { "", "a.*b", "s" }, "a\n\n----b", true },
		{ { "", "aa.*b", "" }, "aaa\naab", true },
		{ { "", "(ab|abcd)e", "" }, "abcde", true },
		{ { "", "x\xc3\xa4+y", "u" }, "x\xc3\xa4\xc3\xa4y", true },
		{ { "", "x.y", "u" }, "x\xe2\x82\xacy", true },
		{ { "", "x.y", "" }, "x\xe2\x82\xacy", false },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		size_t len = strlen(cases[i].text);
		struct fw_patterns *patterns;

		patterns = open_one(&cases[i].pattern);
		for (size_t cut = 0; cut <= len; cut++)
			if (matched(patterns, cases[i].text, len, cut) !=
			    cases[i].found)
				fail_msg("/%s/%s in '%s', cut at %zu",
					 cases[i].pattern.regex,
					 cases[i].pattern.flags,
					 cases[i].text, cut);
		fw_patterns_unref(patterns);
	}
}

/* What may be long stays within bounds, and does not hide what comes later. */
static void long_streams(void **state)
{
	static const struct fw_pattern endless = { "", "<[^>]*>secret", "" };
	static uint8_t filler[1024];
	struct fw_patterns *patterns;
	struct fw_search *search;
	uint64_t bits = 0;

	(void)state;
	memset(filler, '<', sizeof(filler));
	patterns = open_one(&endless);
	assert_int_equal(fw_search_open(patterns, &search), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(fw_search_feed(search, filler, sizeof(filler),
						&bits), 0);
	assert_true(fw_search_held(search) < 32768);
	assert_int_equal(bits, 0);
	assert_int_equal(fw_search_feed(search, (const uint8_t *)">secret", 7,
					&bits), 0);
	assert_int_equal(bits, 1);
	fw_search_close(search);
	fw_patterns_unref(patterns);
}

static void to_another_process(void **state)
{
	struct fw_packed_patterns packed;
	struct fw_patterns *patterns, *again;
	const char text[] = "it is top-secret";

	(void)state;
	assert_int_equal(fw_patterns_open(&profile, &patterns), 0);
	assert_int_equal(fw_patterns_pack(patterns, &packed), 0);
	fw_patterns_unref(patterns);	/* nobody has it any more */
	assert_int_equal(fw_patterns_unpack(&packed, &again), 0);
	assert_true(matched(again, text, strlen(text), 8) == SECRET);
	fw_patterns_unref(again);
	packed.len /= 2;
	assert_int_not_equal(fw_patterns_unpack(&packed, &again), 0);
	free(packed.bytes);
}

static void what_is_the_same_is_shared(void **state)
{
	static const struct fw_profile none = { .rules = &rules[1],
						.n_rules = 1 };
	static const struct fw_profile other = { .rules = &rules[2],
						 .n_rules = 1 };
	struct fw_patterns *a, *b, *c, *d;

	(void)state;
	assert_int_equal(fw_patterns_open(&profile, &a), 0);
	assert_int_equal(fw_patterns_open(&profile, &b), 0);
	assert_int_equal(fw_patterns_open(&other, &c), 0);
	assert_int_equal(fw_patterns_open(&none, &d), 0);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_null(d);
	fw_patterns_unref(a);
	fw_patterns_unref(b);
	fw_patterns_unref(c);
	fw_patterns_unref(d);
}

static void what_cannot_be_had(void **state)
{
	static const char *const bad[] = {
		"x*", "(x)\\1", "(?=x)y", "(x", "x(?!y)", "(?<=x)y", "(?<!x)y",
		"(?>x)y", "x++", "x{2}+", "(x)(?1)", "(?P<n>x)(?P=n)", "x\\Ky",
		"x\\R", "(*FAIL)x", "(x)(?(1)y|z)",
	};
	static const char *const good[] = {
		"x", "[\\d(?=]x", "\\Q(?=\\E", "x\\++", "[]+]+", "(?i)x", "(?:x|y)+?z",
		"(?P<n>x)",
	};
	char why[100];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(bad); i++) {
		why[0] = '\0';
		if (fw_pattern_compiles(bad[i], "", why, sizeof(why)) != -EINVAL)
			fail_msg("/%s/ is taken", bad[i]);
		assert_true(why[0]);
	}
	for (size_t i = 0; i < FW_ARRAY_SIZE(good); i++)
		if (fw_pattern_compiles(good[i], "", why, sizeof(why)))
			fail_msg("/%s/: %s", good[i], why);
	assert_int_equal(fw_pattern_compiles("x", "imsxu", why, sizeof(why)),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_by_bits),
		cmocka_unit_test(restart_forgets),
		cmocka_unit_test(flags),
		cmocka_unit_test(edges),
		cmocka_unit_test(long_streams),
		cmocka_unit_test(to_another_process),
		cmocka_unit_test(what_is_the_same_is_shared),
		cmocka_unit_test(what_cannot_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
