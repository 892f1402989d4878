/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boxes: packets that pass several tests, one a field.
 *
 * In: boxes. Out: whether one lies within another, and what is left of one
 * without the other. A packet that lacks a field passes no test of it, so a
 * field that a box does not test is more than all its values. Fails only for
 * want of memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"
#include "compile/regions.h"

const struct fw_match *fw_box_test(const struct fw_box *box,
				   enum fw_field field)
{
	size_t lo = 0, hi = box->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (box->tests[mid].field < field)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < box->n && box->tests[lo].field == field ?
		       &box->tests[lo] : NULL;
}

int fw_box_add(struct fw_arena *arena, struct fw_box *box,
	       const struct fw_match *test)
{
	if (!box->tests)
		box->tests = fw_arena_array(arena, FW_BOX_TESTS,
					    sizeof(*box->tests));
	if (!box->tests)
		return -ENOMEM;
	if (box->n == FW_BOX_TESTS && !fw_box_test(box, test->field))
		return 0;
	return fw_matches_add(arena, box->tests, &box->n, test);
}

bool fw_box_is_empty(const struct fw_box *box)
{
	return !fw_matches_possible(box->tests, box->n);
}

/* --- inclusion ------------------------------------------------------------ */
/* Neither touch nor overlap, so each of a lies in one of b. */
bool fw_intervals_within(const struct fw_interval *a, size_t n_a,
			 const struct fw_interval *b, size_t n_b)
{
	size_t at = 0;

	for (size_t i = 0; i < n_a; i++) {
		at += fw_intervals_from(b + at, n_b - at, a[i].lo);
		if (at == n_b || b[at].lo > a[i].lo || b[at].hi < a[i].hi)
			return false;
	}
	return true;
}

bool fw_box_within(const struct fw_box *a, const struct fw_box *b)
{
	if (fw_box_is_empty(a))
		return true;
	for (size_t i = 0; i < b->n; i++) {
		const struct fw_match *test = fw_box_test(a, b->tests[i].field);

		if (!test || !fw_intervals_within(test->intervals,
						  test->n_intervals,
						  b->tests[i].intervals,
						  b->tests[i].n_intervals))
			return false;
	}
	return true;
}

bool fw_box_has_corner(const struct fw_box *b, const struct fw_box *a)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct fw_match *in = &b->tests[i];
		const struct fw_match *test = fw_box_test(a, in->field);
		size_t at;

		if (!test || !test->n_intervals)
			return false;
		at = fw_intervals_from(in->intervals, in->n_intervals,
				test->intervals[0].lo);
		if (at == in->n_intervals ||
		    in->intervals[at].lo > test->intervals[0].lo)
			return false;
	}
	return true;
}

/* --- difference ----------------------------------------------------------- */
static int copy_box(struct fw_arena *arena, const struct fw_box *from,
		    struct fw_box *to)
{
	to->n = from->n;
	to->tests = fw_arena_memdup(arena, from->tests,
				    from->n * sizeof(*from->tests));
	return to->tests ? 0 : -ENOMEM;
}

/* What of the test at `at` lies outside of other. */
static int outside(struct fw_arena *arena, struct fw_match *test,
		   const struct fw_match *other)
{
	struct fw_match rest = { .field = test->field };
	struct fw_match both[1] = { *test };
	size_t n = 1;
	int r;

	rest.intervals = fw_intervals_complement(arena, other->intervals,
						 other->n_intervals,
						 ~(fw_u128)0,
						 &rest.n_intervals);
	if (!rest.intervals)
		return -ENOMEM;
	r = fw_matches_add(arena, both, &n, &rest);
	*test = both[0];
	return r;
}

int fw_box_subtract(struct fw_arena *arena, const struct fw_box *a,
		    const struct fw_box *b, fw_box_vec *ret)
{
	struct fw_box rest;
	int r = copy_box(arena, a, &rest);

	for (size_t i = 0; !r && i < b->n; i++) {
		const struct fw_match *other = &b->tests[i];
		size_t at = 0, n = 1;
		struct fw_box piece;

		while (rest.tests[at].field != other->field)
			at++;
		r = copy_box(arena, &rest, &piece);
		if (!r)
			r = outside(arena, &piece.tests[at], other);
		if (!r && piece.tests[at].n_intervals) {
			struct fw_box *slot = fw_vec_push(arena, ret);

			if (!slot)
				return -ENOMEM;
			*slot = piece;
		}
		if (!r)
			r = fw_matches_add(arena, &rest.tests[at], &n, other);
		if (!r && !rest.tests[at].n_intervals)
			return 0;	/* they do not meet */
	}
	return r;
}
