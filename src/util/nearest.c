/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Did you mean": the nearest of some names to a word.
 *
 * In: a word and the names it might have been. Out: one of the names, or NULL.
 * Cannot fail; words longer than any keyword are near to nothing.
 *
 * The distance is the restricted Damerau-Levenshtein one (optimal string
 * alignment): insertions, deletions, substitutions and swaps of neighbours.
 */
#include "util/diag.h"

#include <stdlib.h>
#include <stdbool.h>
#include <string.h>

#define LONGEST 63

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	for (unsigned j = 0; j <= nb; j++)
		last[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		unsigned *free_row = before;

		row[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned cost = a[i - 1] != b[j - 1];

			row[j] = least(row[j - 1] + 1, last[j] + 1,
				       last[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = last;
		last = row;
		row = free_row;
	}
	return last[nb];
}

/* One is the beginning of the other, and long enough to say which is meant. */
static bool begins_alike(const char *a, size_t na, const char *b, size_t nb)
{
	size_t n = na < nb ? na : nb;

	return n > 2 && na != nb && strncmp(a, b, n) == 0;
}

const char *fw_nearest(const char *word, const char *const *names, size_t n)
{
	size_t len = strnlen(word, LONGEST + 1);
	unsigned best = 2 * ((unsigned)(len + 2) / 3 + 1);	/* above a third */
	const char *nearest = NULL;

	if (!len || len > LONGEST)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t name_len = strnlen(names[i], LONGEST + 1);
		unsigned d;

		if (name_len > LONGEST)
			continue;
		/* Doubled, so that there is room between one change and two. */
		d = 2 * distance(word, len, names[i], name_len);
		if (d > 3 && begins_alike(word, len, names[i], name_len))
			d = 3;
		/* Of two, first letters are seldom wrong. */
		if (d && (d < best || (d == best && nearest &&
				       *names[i] == *word && *nearest != *word))) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest;
}
