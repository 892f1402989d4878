/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interval sets: values lo..hi, both included, of one field.
 *
 * In: intervals in any order, overlapping or not. Out: sorted ones that neither
 * touch nor overlap, and what is left of 0..max without them. Only the
 * complement allocates, and fails only for want of memory.
 */
#include <assert.h>
#include <stdlib.h>

#include "compile/typed.h"
#include "util/cleanup.h"

static int by_lo(const void *a, const void *b)
{
	const struct fw_interval *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return x->hi < y->hi ? -1 : x->hi > y->hi;
}

static bool sorted(const struct fw_interval *intervals, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (by_lo(&intervals[i - 1], &intervals[i]) > 0)
			return false;
	return true;
}

/* --- many of 32 bits ------------------------------------------------------- */
/* A list of a million addresses, as lo and hi in one number: sorted by the bytes of
 * lo, the last first, each time keeping the order before. In which order those of
 * one lo come is all the same to what they merge to. */
#define RADIX_MIN 4096

static uint64_t *sort_numbers(uint64_t *from, uint64_t *to, size_t n)
{
	for (unsigned shift = 32; shift < 64; shift += 8) {
		size_t starts[257] = { 0 };
		uint64_t *swapped = from;

		for (size_t i = 0; i < n; i++)
			starts[(from[i] >> shift & 255) + 1]++;
		for (int b = 0; b < 256; b++)
			starts[b + 1] += starts[b];
		for (size_t i = 0; i < n; i++)
			to[starts[from[i] >> shift & 255]++] = from[i];
		from = to;
		to = swapped;
	}
	return from;
}

/* False where they are too few, too large, or there is no memory. */
static bool sort_many(struct fw_interval *intervals, size_t n)
{
	_cleanup_free_ uint64_t *room = NULL;
	const uint64_t *sorted;

	if (n < RADIX_MIN)
		return false;
	for (size_t i = 0; i < n; i++)
		if (intervals[i].hi > UINT32_MAX)
			return false;
	room = malloc(2 * n * sizeof(*room));
	if (!room)
		return false;
	for (size_t i = 0; i < n; i++)
		room[i] = (uint64_t)intervals[i].lo << 32 |
			  (uint32_t)intervals[i].hi;
	sorted = sort_numbers(room, room + n, n);
	for (size_t i = 0; i < n; i++) {
		intervals[i].lo = sorted[i] >> 32;
		intervals[i].hi = (uint32_t)sorted[i];
	}
	return true;
}

size_t fw_intervals_merge(struct fw_interval *intervals, size_t n)
{
	size_t out = 0;

	if (!n)
		return 0;
	if (!sorted(intervals, n) && !sort_many(intervals, n))
		qsort(intervals, n, sizeof(*intervals), by_lo);
	for (size_t i = 1; i < n; i++) {
		struct fw_interval *last = &intervals[out];

		/* hi + 1 may wrap at the end of the IPv6 space, but then
		 * nothing can follow that is not within. */
		if (intervals[i].lo <= last->hi ||
		    intervals[i].lo == last->hi + 1) {
			if (intervals[i].hi > last->hi)
				last->hi = intervals[i].hi;
		} else {
			intervals[++out] = intervals[i];
		}
	}
	return out + 1;
}

struct fw_interval *fw_intervals_complement(struct fw_arena *arena,
					    const struct fw_interval *intervals,
					    size_t n, fw_u128 max,
					    size_t *ret_n)
{
	struct fw_interval *out = fw_arena_array(arena, n + 1, sizeof(*out));
	fw_u128 next = 0;
	size_t k = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < n && intervals[i].lo <= max; i++) {
		if (intervals[i].lo > next)
			out[k++] = (struct fw_interval){
				next, intervals[i].lo - 1 };
		if (intervals[i].hi >= max) {
			*ret_n = k;
			return out;
		}
		next = intervals[i].hi + 1;
	}
	out[k++] = (struct fw_interval){ next, max };
	*ret_n = k;
	return out;
}

size_t fw_intervals_from(const struct fw_interval *intervals, size_t n,
			 fw_u128 value)
{
	size_t lo = 0;

	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;

		if (intervals[mid].hi < value)
			lo = mid + 1;
		else
			n = mid;
	}
	return lo;
}

/* One may be an address, and the other a list of a million. */
bool fw_intervals_meet(const struct fw_interval *a, size_t n_a,
		       const struct fw_interval *b, size_t n_b)
{
	const struct fw_interval *few = n_a < n_b ? a : b;
	const struct fw_interval *many = n_a < n_b ? b : a;
	size_t n_few = n_a < n_b ? n_a : n_b, n_many = n_a < n_b ? n_b : n_a;

	for (size_t i = 0, j = 0; i < n_few && j < n_many; i++) {
		j += fw_intervals_from(many + j, n_many - j, few[i].lo);
		if (j < n_many && many[j].lo <= few[i].hi)
			return true;
	}
	return false;
}
