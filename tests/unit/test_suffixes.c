/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of domains as classes of suffixes, and those as hashed tables: each name
 * is in just the sets that hold it. What a set holds says fw_domain_set_has(),
 * which knows neither.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/lower.h"
#include "plan/suffixes.h"
#include "tests/prog/domains.h"
#include "util/cleanup.h"

static const struct fw_siphash_key key = { 0x1122334455667788, 0x99aabbccddeeff };

struct fixture {
	struct fw_arena *arena;
	struct fw_suffixes suffixes;
	struct fw_suffix_table table;
};

static void build(struct fixture *f, const struct fw_domain_set *const *sets,
		  size_t n)
{
	assert_int_equal(fw_suffixes_build(f->arena, sets, n, &f->suffixes), 0);
	assert_int_equal(fw_suffix_table_build(&f->suffixes, &key, &f->table), 0);
}

static void done(struct fixture *f)
{
	fw_suffix_table_done(&f->table);
	fw_arena_free(f->arena);
}

static uint32_t class_of(const struct fixture *f, const char *name)
{
	uint8_t wire[256];

	return fw_suffix_table_class(&f->table, wire, domain_wire(name, wire));
}

/* --- random sets ---------------------------------------------------------- */
static void check_round(struct rng *rng)
{
	struct fixture f = { .arena = fw_arena_new() };
	const struct fw_domain_set *sets[130];
	size_t n = 1 + rng_below(rng, rng_percent(rng, 10) ? 130 : 5);

	for (size_t i = 0; i < n; i++)
		assert_non_null(sets[i] = domain_set_random(rng, f.arena));
	build(&f, sets, n);
	for (int i = 0; i < 400; i++) {
		char name[254];
		uint32_t class;

		domain_random(rng, 6, name);
		domain_mix_case(rng, name);
		class = class_of(&f, name);
		assert_true(class < f.suffixes.n_classes);
		for (size_t s = 0; s < n; s++)
			if (fw_class_has(&f.suffixes, class, s) !=
			    fw_domain_set_has(sets[s], name, strlen(name)))
				fail_msg("%s in set %zu of %zu", name, s, n);
	}
	done(&f);
}

static void classes_are_the_sets(void **state)
{
	struct rng rng = { .state = 1 };

	(void)state;
	for (int i = 0; i < 400; i++)
		check_round(&rng);
}

/* --- what is left out ----------------------------------------------------- */
static void names_that_say_nothing_go(void **state)
{
	static const struct fw_domain domains[] = {
		{ .name = "a.evil.example" },	/* below one of its kind */
		{ .name = "evil.example" },
		{ .name = "fine.example", .exception = true },
		{ .name = "x.y.only.test", .exact = true },
	};
	static const struct fw_domain_set set = {
		"s", domains, FW_ARRAY_SIZE(domains),
	};
	const struct fw_domain_set *sets[] = { &set };
	struct fixture f = { .arena = fw_arena_new() };

	(void)state;
	build(&f, sets, 1);
	/* evil.example, example; test, only.test, y.only.test, x.y.only.test */
	assert_int_equal(f.suffixes.n, 6);
	assert_int_equal(f.suffixes.n_classes, 2);
	assert_int_equal(class_of(&f, "A.evil.EXAMPLE"), 1);
	assert_int_equal(class_of(&f, "fine.example"), 0);
	assert_int_equal(class_of(&f, "z.x.y.only.test"), 0);
	assert_int_equal(class_of(&f, "x.y.only.test"), 1);
	assert_int_equal(class_of(&f, ""), 0);
	done(&f);
}

/* Each of its 125 labels is a suffix: memory is bounded by those. */
static void too_many_are_refused(void **state)
{
	enum { NAMES = 34000 };
	struct fw_arena *arena = fw_arena_new();
	struct fw_domain *domains =
		fw_arena_array(arena, NAMES, sizeof(*domains));
	struct fw_domain_set set = { "s", domains, NAMES };
	const struct fw_domain_set *sets[] = { &set };
	struct fw_suffixes suffixes;
	char name[256];

	(void)state;
	assert_non_null(domains);
	for (unsigned i = 0; i < NAMES; i++) {
		for (size_t k = 0; k < 124; k++)
			memcpy(name + 2 * k, "x.", 2);
		(void)sprintf(name + 248, "%04x", i);
		domains[i].name = fw_arena_strdup(arena, name);
	}
	assert_int_equal(fw_suffixes_build(arena, sets, 1, &suffixes), -E2BIG);
	fw_arena_free(arena);
}

/* --- a million ------------------------------------------------------------ */
#define MILLION 1000000
#define STRANGERS 10000000

/* Next to one of the million, below one's parents, or nobody's. */
static size_t stranger(struct rng *rng, uint8_t *wire)
{
	static const char *const ends[] = {
		"\7example", "\5site1\7example", "\5site7\7example", "\4test",
	};
	const char *end = ends[rng_below(rng, FW_ARRAY_SIZE(ends))];
	uint64_t r = rng_next(rng);
	size_t n = 1 + r % 12;

	wire[0] = (uint8_t)n;
	for (size_t i = 1; i <= n; i++)
		wire[i] = (uint8_t)('a' + (r >> 4 * i) % 16);
	memcpy(wire + 1 + n, end, strlen(end) + 1);
	return n + 2 + strlen(end);
}

static void no_false_positive_or_negative(void **state)
{
	struct fixture f = { .arena = fw_arena_new() };
	struct fw_domain *domains =
		fw_arena_array(f.arena, MILLION, sizeof(*domains));
	struct fw_domain_set set = { "s", domains, MILLION };
	const struct fw_domain_set *sets[] = { &set };
	struct rng rng = { .state = 7 };
	char name[64];

	(void)state;
	assert_non_null(domains);
	for (unsigned i = 0; i < MILLION; i++) {
		(void)sprintf(name, "n%u.site%u.example", i, i % 300000);
		domains[i].name = fw_arena_strdup(f.arena, name);
		assert_non_null(domains[i].name);
	}
	build(&f, sets, 1);
	for (unsigned i = 0; i < MILLION; i++) {
		(void)sprintf(name, "%sN%u.sitE%u.exAmple",
			      i % 2 ? "wWw." : "", i, i % 300000);
		assert_int_equal(class_of(&f, name), 1);
	}
	for (unsigned i = 0; i < STRANGERS; i++) {
		uint8_t wire[64];
		size_t len = stranger(&rng, wire);

		if (fw_suffix_table_class(&f.table, wire, len))
			fail_msg("%.*s", (int)len, (const char *)wire);
	}
	done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_are_the_sets),
		cmocka_unit_test(names_that_say_nothing_go),
		cmocka_unit_test(too_many_are_refused),
		cmocka_unit_test(no_false_positive_or_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
