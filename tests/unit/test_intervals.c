/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interval sets against sets of the numbers 0..63, as bits of a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "compile/typed.h"

#define MAX 63
#define ALL UINT64_MAX

static uint64_t bits(const struct fw_interval *v, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		for (fw_u128 k = v[i].lo; k <= v[i].hi; k++)
			word |= 1ull << k;
	return word;
}

static void assert_canonical(const struct fw_interval *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(v[i].lo <= v[i].hi);
		if (i)
			assert_true(v[i - 1].hi + 1 < v[i].lo);
	}
}

static size_t fill(struct fw_interval *v, unsigned *seed)
{
	size_t n = (size_t)rand_r(seed) % 8;

	for (size_t i = 0; i < n; i++) {
		v[i].lo = (unsigned)rand_r(seed) % (MAX + 1);
		v[i].hi = v[i].lo + (unsigned)rand_r(seed) % 6;
		if (v[i].hi > MAX)
			v[i].hi = MAX;
	}
	return n;
}

static void merging_keeps_the_numbers(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct fw_interval v[8];
		size_t n = fill(v, &seed);
		uint64_t before = bits(v, n);

		n = fw_intervals_merge(v, n);
		assert_canonical(v, n);
		assert_true(bits(v, n) == before);
	}
}

static void complement_is_the_rest(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	unsigned seed = 2;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct fw_interval v[8], *rest;
		size_t n = fw_intervals_merge(v, fill(v, &seed)), n_rest;

		rest = fw_intervals_complement(arena, v, n, MAX, &n_rest);
		assert_non_null(rest);
		assert_canonical(rest, n_rest);
		assert_true(bits(rest, n_rest) == (ALL & ~bits(v, n)));
	}
	fw_arena_free(arena);
}

static void meeting_is_having_a_number_in_common(void **state)
{
	unsigned seed = 3;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct fw_interval a[8], b[8];
		size_t n_a = fw_intervals_merge(a, fill(a, &seed));
		size_t n_b = fw_intervals_merge(b, fill(b, &seed));

		assert_int_equal(fw_intervals_meet(a, n_a, b, n_b),
				 (bits(a, n_a) & bits(b, n_b)) != 0);
	}
}

/* hi + 1 must not wrap into a merge or an endless complement. */
static void the_end_of_ipv6(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	const fw_u128 max = fw_field_max(FW_FIELD_SADDR6);
	struct fw_interval v[] = { { max, max }, { 0, 0 }, { max - 9, max } };
	struct fw_interval *rest;
	size_t n = fw_intervals_merge(v, 3), n_rest;

	(void)state;
	assert_int_equal(n, 2);
	assert_true(v[1].lo == max - 9 && v[1].hi == max);
	rest = fw_intervals_complement(arena, v, n, max, &n_rest);
	assert_int_equal(n_rest, 1);
	assert_true(rest[0].lo == 1 && rest[0].hi == max - 10);
	rest = fw_intervals_complement(arena, NULL, 0, max, &n_rest);
	assert_int_equal(n_rest, 1);
	assert_true(rest[0].lo == 0 && rest[0].hi == max);
	fw_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merging_keeps_the_numbers),
		cmocka_unit_test(complement_is_the_rest),
		cmocka_unit_test(meeting_is_having_a_number_in_common),
		cmocka_unit_test(the_end_of_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
