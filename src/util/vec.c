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

bool fw_vec_make_room(struct fw_arena *arena, void **items, size_t n,
		      size_t *cap, size_t more, size_t size)
{
	size_t need, new_cap;
	void *grown;

	if (more <= *cap - n)
		return true;
	if (__builtin_add_overflow(n, more, &need) || *cap > SIZE_MAX / 2)
		return false;
	/* at least twice as much, so that many small ones stay linear */
	new_cap = need > *cap * 2 ? need : *cap * 2;
	grown = fw_arena_array(arena, new_cap, size);
	if (!grown)
		return false;
	if (n)
		memcpy(grown, *items, n * size);
	*items = grown;
	*cap = new_cap;
	return true;
}

void *fw_vec_grow(struct fw_arena *arena, void **items, size_t *n, size_t *cap,
		  size_t size)
{
	if (*n == *cap && !fw_vec_make_room(arena, items, *n, cap,
					    *cap ? 1 : FIRST_CAP, size))
		return NULL;
	return (unsigned char *)*items + (*n)++ * size;
}
