/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in domain sets: themselves, below, exact, exceptions, the longest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "plan/plan.h"
#include "util/cleanup.h"

static const struct fw_domain domains[] = {
	{ .name = "allowed.evil.example", .exception = true },
	{ .name = "bad.allowed.evil.example" },
	{ .name = "both.example", .exact = true, .exception = true },
	{ .name = "both.example" },
	{ .name = "evil.example" },
	{ .name = "only.example", .exact = true },
	{ .name = "twice.example", .exception = true },
	{ .name = "twice.example" },
	{ .name = "xn--bcher-kva.example" },
};
static const struct fw_domain_set set = {
	.name = "s", .domains = domains, .n_domains = FW_ARRAY_SIZE(domains),
};

static bool has(const char *name)
{
	return fw_domain_set_has(&set, name, strlen(name));
}

static void names_and_those_below(void **state)
{
	(void)state;
	assert_true(has("evil.example"));
	assert_true(has("www.evil.example"));
	assert_true(has("a.b.c.evil.example"));
	assert_true(has("EVIL.Example."));
	assert_true(has("www.xn--bcher-kva.example"));
	assert_false(has("devil.example"));
	assert_false(has("evil.example.org"));
	assert_false(has("example"));
	assert_false(has("evil"));
}

static void exact_is_itself_only(void **state)
{
	(void)state;
	assert_true(has("only.example"));
	assert_false(has("www.only.example"));
}

static void longest_decides(void **state)
{
	(void)state;
	assert_false(has("allowed.evil.example"));
	assert_false(has("x.allowed.evil.example"));
	assert_true(has("bad.allowed.evil.example"));
	assert_true(has("x.bad.allowed.evil.example"));
}

static void exact_goes_before_below(void **state)
{
	(void)state;
	assert_false(has("both.example"));
	assert_true(has("www.both.example"));
}

static void exception_goes_before_member(void **state)
{
	(void)state;
	assert_false(has("twice.example"));
	assert_false(has("www.twice.example"));
}

static void rubbish_is_in_no_set(void **state)
{
	char longest[254 + sizeof(".evil.example")];

	(void)state;
	assert_false(has(""));
	assert_false(has("."));
	assert_false(has("evil.example.."));
	assert_false(has("evil..example"));
	assert_false(fw_domain_set_has(&set, "evil.exa\0mple", 13));
	assert_false(fw_domain_set_has(&set, "evil.example\0", 13));
	memset(longest, 'a', sizeof(longest));
	memcpy(longest + 241, ".evil.example", 13);
	assert_false(fw_domain_set_has(&set, longest, 254));
	assert_true(fw_domain_set_has(&set, longest + 1, 253));
	assert_false(fw_domain_set_has(&(struct fw_domain_set){ .name = "" },
				       "evil.example", 12));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_those_below),
		cmocka_unit_test(exact_is_itself_only),
		cmocka_unit_test(longest_decides),
		cmocka_unit_test(exact_goes_before_below),
		cmocka_unit_test(exception_goes_before_member),
		cmocka_unit_test(rubbish_is_in_no_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
