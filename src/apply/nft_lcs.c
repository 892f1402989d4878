/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Common run of two lists of texts.
 *
 * In: two lists. Out: a partner for each text of the second. What may fail:
 * memory.
 *
 * Equal heads and tails are set aside. In what is left the k-th occurrence of
 * a text in b is paired with the k-th in a; the longest rising subsequence of
 * those pairs (patience sorting: Schensted, 1961) is what stays in order.
 */
#include "apply/nft_lcs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

struct occurrence {
	const char *text;
	size_t index;
};

static int compare_occurrences(const void *pa, const void *pb)
{
	const struct occurrence *a = pa, *b = pb;
	int d = strcmp(a->text, b->text);

	return d ? d : (a->index > b->index) - (a->index < b->index);
}

/* The texts of list[from..to), sorted by text, then place. */
static struct occurrence *occurrences(const char *const *list, size_t from,
				      size_t to, size_t *ret_n)
{
	struct occurrence *all = calloc(to - from + 1, sizeof(*all));
	size_t n = 0;

	if (!all)
		return NULL;
	for (size_t i = from; i < to; i++)
		if (list[i])
			all[n++] = (struct occurrence){list[i], i};
	qsort(all, n, sizeof(*all), compare_occurrences);
	*ret_n = n;
	return all;
}

static int pair_up(const char *const *a, size_t a_from, size_t a_to,
		   const char *const *b, size_t b_from, size_t b_to,
		   size_t *match)
{
	size_t n_a = 0, n_b = 0, i = 0, k = 0;
	_cleanup_free_ struct occurrence *in_a = occurrences(a, a_from, a_to, &n_a);
	_cleanup_free_ struct occurrence *in_b = occurrences(b, b_from, b_to, &n_b);

	if (!in_a || !in_b)
		return -ENOMEM;
	while (i < n_a && k < n_b) {
		int d = strcmp(in_a[i].text, in_b[k].text);

		if (d == 0)
			match[in_b[k++].index] = in_a[i++].index;
		else if (d < 0)
			i++;
		else
			k++;
	}
	return 0;
}

/* Where a pair that ends with value goes: the first pile whose top is not
 * below it. piles holds indices into match. */
static size_t find_pile(const size_t *piles, size_t n, const size_t *match,
			size_t value)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (match[piles[mid]] < value)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Leaves of match[from..to) only a longest rising subsequence. */
static int keep_rising(size_t *match, size_t from, size_t to)
{
	_cleanup_free_ size_t *piles = calloc(to - from + 1, sizeof(*piles));
	_cleanup_free_ size_t *below = calloc(to - from + 1, sizeof(*below));
	size_t n = 0, keep;

	if (!piles || !below)
		return -ENOMEM;
	for (size_t i = from; i < to; i++) {
		size_t pile;

		if (match[i] == FW_NFT_NO_MATCH)
			continue;
		pile = find_pile(piles, n, match, match[i]);
		below[i - from] = pile ? piles[pile - 1] : FW_NFT_NO_MATCH;
		piles[pile] = i;
		n += pile == n;
	}
	keep = n ? piles[n - 1] : FW_NFT_NO_MATCH;
	for (size_t i = to; i-- > from;) {
		if (i == keep)
			keep = below[i - from];
		else
			match[i] = FW_NFT_NO_MATCH;
	}
	return 0;
}

static int same(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

int fw_nft_common_run(const char *const *a, size_t n_a, const char *const *b,
		      size_t n_b, size_t *ret_match)
{
	size_t head = 0, tail = 0;
	int r;

	for (size_t i = 0; i < n_b; i++)
		ret_match[i] = FW_NFT_NO_MATCH;
	while (head < n_a && head < n_b && same(a[head], b[head])) {
		ret_match[head] = head;
		head++;
	}
	while (tail < n_a - head && tail < n_b - head &&
	       same(a[n_a - tail - 1], b[n_b - tail - 1])) {
		ret_match[n_b - tail - 1] = n_a - tail - 1;
		tail++;
	}
	r = pair_up(a, head, n_a - tail, b, head, n_b - tail, ret_match);
	return r ? r : keep_rising(ret_match, head, n_b - tail);
}
