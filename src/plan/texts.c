/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of texts, asked.
 *
 * In: a text of any bytes. Out: whether it is in the set. Nothing fails.
 */
#include <string.h>

#include "plan/blocks.h"

bool fw_text_set_has(const struct fw_text_set *set, const char *text,
		     size_t len)
{
	size_t lo = 0, hi = set->n_texts;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const char *item = set->texts[mid];
		size_t item_len = strlen(item);
		int order = memcmp(item, text, item_len < len ? item_len : len);

		if (!order && item_len == len)
			return true;
		if (order < 0 || (!order && item_len < len))
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}
