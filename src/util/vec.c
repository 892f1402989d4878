/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vec: growing arrays in an arena.
 *
 * In: the three members of a FW_VEC and the size of an item. Out: the new last
 * item, zeroed. Fails by returning NULL and leaves the array as it was.
 *
 * The old memory stays in the arena; doubling bounds the waste by the content.
 */
#include "util/vec.h"

#include <stdint.h>
#include <string.h>

#define FIRST_CAP 8

void *fw_vec_grow(struct fw_arena *arena, void **items, size_t *n, size_t *cap,
		  size_t size)
{
	if (*n == *cap) {
		size_t new_cap = *cap ? *cap * 2 : FIRST_CAP;
		void *grown;

		if (*cap > SIZE_MAX / 2)
			return NULL;
		grown = fw_arena_array(arena, new_cap, size);
		if (!grown)
			return NULL;
		if (*n)
			memcpy(grown, *items, *n * size);
		*items = grown;
		*cap = new_cap;
	}
	return (unsigned char *)*items + (*n)++ * size;
}
