/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 prefixes to a trie of plain arrays, 16-8-8 (abi.h).
 *
 * In: prefixes, sorted so that one stands before those within it, with their
 * rows. Out: one table, painted from the outside in; without prefixes an empty
 * one, which says "other" of each address. Too many blocks are not an
 * error: the caller has another form. Fails only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/classes.h"
#include "util/vec.h"

/* The kernel rounds an entry up to eight bytes: 33 MiB and half a MiB. */
#define BLOCKS_MAX 16384u

struct trie {
	struct fw_arena *arena;
	FW_VEC(uint32_t) entries;
	uint32_t blocks;
};

static int add_block(struct trie *t, uint32_t fill, uint32_t *ret)
{
	for (int i = 0; i < 256; i++) {
		uint32_t *e = fw_vec_push(t->arena, &t->entries);

		if (!e)
			return -ENOMEM;
		*e = fill;
	}
	*ret = FW_TRIE_BLOCK | t->blocks++;
	return 0;
}

/* The block below an entry, made where the entry is still a row. 1, or 0 where
 * there are too many. */
static int descend(struct trie *t, uint32_t at, uint32_t *ret)
{
	uint32_t entry = t->entries.items[at];
	int r;

	if (!(entry & FW_TRIE_BLOCK)) {
		if (t->blocks == BLOCKS_MAX)
			return 0;
		r = add_block(t, entry, &entry);
		if (r < 0)
			return r;
		t->entries.items[at] = entry;
	}
	*ret = FW_TRIE_INDEX(entry & ~FW_TRIE_BLOCK, 0);
	return 1;
}

/* Nothing within the prefix has been painted yet. */
static int paint(struct trie *t, const struct fw_prefix_row *p)
{
	uint32_t addr = (uint32_t)p->addr, base = 0, at, n;
	unsigned bits = 16;	/* this level ends with this bit */
	int r = 1;

	at = addr >> 16;
	while (r == 1 && p->len > bits) {
		r = descend(t, base + at, &base);
		bits += 8;
		at = addr >> (32 - bits) & 255;
	}
	if (r != 1)
		return r;
	n = 1u << (bits - p->len);
	for (uint32_t i = 0; i < n; i++)
		t->entries.items[base + at + i] = p->row;
	return 1;
}

int fw_classes_trie(struct fw_classes *c, const char *name,
		  const struct fw_prefix_row *prefixes, size_t n,
		  uint32_t other)
{
	struct fw_arena *arena = fw_arena_new();
	struct trie t = { .arena = arena };
	const void *entries;
	int r = arena ? 1 : -ENOMEM;

	for (uint32_t i = 0; r == 1 && n > 0 && i < FW_TRIE_ROOT; i++) {
		uint32_t *e = fw_vec_push(arena, &t.entries);

		if (e)
			*e = other;
		else
			r = -ENOMEM;
	}
	for (size_t i = 0; r == 1 && i < n; i++)
		r = paint(&t, &prefixes[i]);
	if (r == 1) {
		entries = fw_arena_memdup(c->plan->arena, t.entries.items,
					  t.entries.n * sizeof(uint32_t));
		r = entries ? fw_classes_table(c, name, FW_TABLE_TRIE,
					     sizeof(uint32_t),
					     sizeof(uint32_t), t.entries.n,
					     NULL, entries) : -ENOMEM;
		r = r < 0 ? r : 1;
	}
	fw_arena_free(arena);
	return r;
}
