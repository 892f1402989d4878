/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vec: growing arrays in an arena.
 *
 *	struct { struct fw_rule *items; size_t n, cap; } rules = {0};
 *	struct fw_rule *r = fw_vec_push(arena, &rules);   // zeroed, or NULL
 *
 * Growing copies into fresh arena memory: pointers to items do not survive a
 * push, indices do.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"

#define FW_VEC(type)          \
	struct {              \
		type *items;  \
		size_t n;     \
		size_t cap;   \
	}

/* Room for one more item of size bytes. Returns the item, zeroed, or NULL. */
void *fw_vec_grow(struct fw_arena *arena, void **items, size_t *n, size_t *cap,
		  size_t size);

/* Room for more items, where their number is known beforehand: an array that
 * doubles leaves as much behind as it holds. False when memory runs out. */
bool fw_vec_make_room(struct fw_arena *arena, void **items, size_t n,
		      size_t *cap, size_t more, size_t size);

#define fw_vec_reserve(arena, vec, more)                               \
	fw_vec_make_room((arena), (void **)&(vec)->items, (vec)->n,    \
			 &(vec)->cap, (more), sizeof(*(vec)->items))

#define fw_vec_push(arena, vec)                                        \
	((__typeof__((vec)->items))fw_vec_grow(                        \
		(arena), (void **)&(vec)->items, &(vec)->n,            \
		&(vec)->cap, sizeof(*(vec)->items)))
