/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the matches of a rule say together, and of two rules.
 *
 * In: matches with merged intervals. Out: one match a field, or what is known
 * of two rules' packets. Fails only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"

/* What is in both, into out, or only counted where that is NULL. */
static size_t cross(const struct fw_match *few, const struct fw_match *many,
		    struct fw_interval *out)
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < few->n_intervals; i++) {
		const struct fw_interval *x = &few->intervals[i];

		at += fw_intervals_from(many->intervals + at,
					many->n_intervals - at, x->lo);
		for (size_t k = at; k < many->n_intervals; k++) {
			const struct fw_interval *y = &many->intervals[k];

			if (y->lo > x->hi)
				break;
			if (out)
				out[n] = (struct fw_interval){
					x->lo > y->lo ? x->lo : y->lo,
					x->hi < y->hi ? x->hi : y->hi };
			n++;
		}
	}
	return n;
}

/* One may be an address and the other a set of a million. */
static const struct fw_interval *intersect(struct fw_arena *arena,
					   const struct fw_match *a,
					   const struct fw_match *b,
					   size_t *ret_n)
{
	bool fewer = a->n_intervals < b->n_intervals;
	const struct fw_match *few = fewer ? a : b, *many = fewer ? b : a;
	struct fw_interval *out;

	if (few->n_intervals && a->intervals == b->intervals) {
		*ret_n = few->n_intervals;
		return few->intervals;
	}
	*ret_n = cross(few, many, NULL);
	out = fw_arena_array(arena, *ret_n, sizeof(*out));
	if (out)
		(void)cross(few, many, out);
	return out;
}

int fw_matches_add(struct fw_arena *arena, struct fw_match *matches, size_t *n,
		   const struct fw_match *match)
{
	size_t at = 0;
	struct fw_match both;

	while (at < *n && matches[at].field < match->field)
		at++;
	if (at == *n || matches[at].field != match->field) {
		memmove(&matches[at + 1], &matches[at],
			(*n - at) * sizeof(*matches));
		matches[at] = *match;
		(*n)++;
		return 0;
	}
	both.field = match->field;
	both.intervals = intersect(arena, &matches[at], match,
				   &both.n_intervals);
	if (!both.intervals)
		return -ENOMEM;
	matches[at] = both;
	return 0;
}

bool fw_matches_possible(const struct fw_match *matches, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!matches[i].n_intervals)
			return false;
	return true;
}

bool fw_matches_disjoint(const struct fw_match *a, size_t n_a,
			 const struct fw_match *b, size_t n_b)
{
	if (!fw_matches_possible(a, n_a) || !fw_matches_possible(b, n_b))
		return true;
	for (size_t i = 0; i < n_a; i++)
		for (size_t j = 0; j < n_b; j++)
			if (a[i].field == b[j].field &&
			    !fw_intervals_meet(a[i].intervals,
					       a[i].n_intervals,
					       b[j].intervals,
					       b[j].n_intervals))
				return true;
	return false;
}
