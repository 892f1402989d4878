/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of the classifier, each of them once.
 *
 * In: bit vectors of rules. Out: their numbers, in the order in which they first
 * came. Fails where there are more than the kernel should hold, and for want of
 * memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/classes.h"

void fw_class_rows_done(struct fw_class_rows *rows)
{
	free(rows->items);
	free(rows->slots);
}

static uint32_t hash_row(const struct fw_row *row)
{
	uint64_t h = row->any;

	for (int i = 0; i < FW_ROW_WORDS; i++) {
		if (!row->words[i])
			continue;
		h = (h ^ row->words[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return (uint32_t)(h ^ h >> 32);
}

static uint32_t *find_slot(struct fw_class_rows *rows, const struct fw_row *row)
{
	uint32_t i = hash_row(row) & (rows->n_slots - 1);

	while (rows->slots[i] &&
	       memcmp(&rows->items[rows->slots[i] - 1], row, sizeof(*row)) != 0)
		i = (i + 1) & (rows->n_slots - 1);
	return &rows->slots[i];
}

static int grow(struct fw_class_rows *rows)
{
	uint32_t cap = rows->cap ? rows->cap * 2 : 64;
	struct fw_row *items;
	uint32_t *slots;

	if (cap > FW_CLASS_ROWS_MAX)
		return -ENOSPC;
	items = realloc(rows->items, cap * sizeof(*items));
	if (!items)
		return -ENOMEM;
	rows->items = items;
	slots = calloc(cap * 2, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(rows->slots);
	rows->slots = slots;
	rows->n_slots = cap * 2;
	rows->cap = cap;
	for (uint32_t i = 0; i < rows->n; i++)
		*find_slot(rows, &rows->items[i]) = i + 1;
	return 0;
}

int fw_class_intern(struct fw_class_rows *rows, struct fw_row *row,
		    uint32_t *ret)
{
	uint32_t *slot;
	int r = rows->n == rows->cap ? grow(rows) : 0;

	if (r < 0)
		return r;
	row->any = 0;
	for (int w = 0; w < FW_ROW_WORDS; w++)
		row->any |= (uint64_t)(row->words[w] != 0) << w;
	slot = find_slot(rows, row);
	if (!*slot) {
		rows->items[rows->n++] = *row;
		*slot = rows->n;
	}
	*ret = *slot - 1;
	return 0;
}
