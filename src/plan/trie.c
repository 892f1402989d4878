/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 prefixes to a trie of lines.
 *
 * In: a table of FW_TABLE_TRIE: prefixes in the order of their addresses, one
 * before those within it, with their classes. Out: lines, or how many there
 * would be. Counting may fail for want of memory.
 *
 * The prefixes are gone through once, in order: what a block or leaf covers is a
 * run of them. Counting is writing to nowhere.
 */
#include "plan/trie.h"

#include <errno.h>
#include <string.h>

#include "plan/plan.h"
#include "util/cleanup.h"

struct cursor {
	const struct fw_plan_table *table;
	size_t at;		/* the next prefix */
	struct fw_trie_line *lines;	/* NULL: only counted */
	size_t n;
};

struct prefix {
	uint32_t addr, class;
	unsigned len;
};

static struct prefix prefix_at(const struct fw_plan_table *t, size_t i)
{
	struct prefix p;
	struct fw_lpm4 key;

	memcpy(&key, t->keys + i * sizeof(key), sizeof(key));
	memcpy(&p.class, t->values + i * sizeof(p.class), sizeof(p.class));
	p.addr = (uint32_t)key.addr[0] << 24 | (uint32_t)key.addr[1] << 16 |
		 (uint32_t)key.addr[2] << 8 | key.addr[3];
	p.len = key.prefix_len;
	return p;
}

/* The next prefix, where it is one within the first `bits` of addr. */
static bool next_within(const struct cursor *c, uint32_t addr, unsigned bits,
			struct prefix *ret)
{
	if (c->at == c->table->n)
		return false;
	*ret = prefix_at(c->table, c->at);
	return (ret->addr ^ addr) >> (32 - bits) == 0;
}

static uint32_t take_lines(struct cursor *c, size_t n, struct fw_trie_line **ret)
{
	size_t at = c->n;

	*ret = c->lines ? &c->lines[at] : NULL;
	c->n += n;
	return (uint32_t)at;
}

/* --- a /24 ---------------------------------------------------------------- */
/* Sets or clears bits lo..hi. */
static void set_bits(uint32_t bits[static 8], unsigned lo, unsigned hi, bool on)
{
	for (unsigned i = lo; i <= hi; i++) {
		uint32_t bit = 1u << FW_LEAF_BIT(i);

		if (on)
			bits[i >> 5] |= bit;
		else
			bits[i >> 5] &= ~bit;
	}
}

/* The prefixes within addr's /24 as a leaf; false, with the cursor where it was,
 * where they have more than two classes. */
static bool make_leaf(struct cursor *c, uint32_t addr, uint32_t outer,
		      uint32_t *ret)
{
	struct fw_trie_line leaf = { .entry = { outer, outer } }, *to;
	size_t start = c->at;
	struct prefix p;

	for (; next_within(c, addr, 24, &p); c->at++) {
		unsigned lo = p.addr & 255;

		if (p.class != outer && leaf.entry[1] != outer &&
		    p.class != leaf.entry[1]) {
			c->at = start;
			return false;
		}
		if (p.class != outer)
			leaf.entry[1] = p.class;
		set_bits(&leaf.entry[FW_LEAF_WORD(0)], lo,
			 lo + (255u >> (p.len - 24)), p.class != outer);
	}
	*ret = FW_TRIE_LEAF | take_lines(c, 1, &to);
	if (to)
		*to = leaf;
	return true;
}

/* The entry of a /24 of which some prefix is a part. */
static uint32_t make_24(struct cursor *c, uint32_t addr, uint32_t outer)
{
	struct fw_trie_line *to;
	struct prefix p;
	uint32_t entry;

	if (make_leaf(c, addr, outer, &entry))
		return entry;
	entry = FW_TRIE_BLOCK | take_lines(c, FW_TRIE_BLOCK_LINES, &to);
	for (unsigned i = 0; to && i < 256; i++)
		to[i / FW_TRIE_ENTRIES].entry[i % FW_TRIE_ENTRIES] = outer;
	for (; next_within(c, addr, 24, &p); c->at++) {
		unsigned lo = p.addr & 255, hi = lo + (255u >> (p.len - 24));

		for (unsigned i = lo; to && i <= hi; i++)
			to[i / FW_TRIE_ENTRIES].entry[i % FW_TRIE_ENTRIES] =
				p.class;
	}
	return entry;
}

/* --- a /16, and all ------------------------------------------------------- */
/* Entries of 8 bits of the address behind `bits`, from the prefixes within. */
static void make_entries(struct cursor *c, uint32_t addr, unsigned bits,
			 uint32_t *entries,
			 uint32_t (*below)(struct cursor *c, uint32_t addr,
					   uint32_t outer))
{
	unsigned end = bits ? bits + 8 : 16;
	struct prefix p;

	while (bits ? next_within(c, addr, bits, &p) : c->at < c->table->n) {
		uint32_t at, n;

		p = prefix_at(c->table, c->at);
		at = p.addr << bits >> (32 - (end - bits));
		if (p.len > end) {
			entries[at] = below(c, p.addr, entries[at]);
			continue;
		}
		n = 1u << (end - p.len);
		for (uint32_t i = 0; i < n; i++)
			entries[at + i] = p.class;
		c->at++;
	}
}

static uint32_t make_16(struct cursor *c, uint32_t addr, uint32_t outer)
{
	struct fw_trie_line *to;
	uint32_t entry = FW_TRIE_BLOCK | take_lines(c, FW_TRIE_BLOCK_LINES, &to);
	uint32_t entries[256];

	for (int i = 0; i < 256; i++)
		entries[i] = outer;
	make_entries(c, addr, 16, entries, make_24);
	if (to)
		memcpy(to, entries, sizeof(entries));
	return entry;
}

/* Writes the root to `root`, all else behind it. */
static void walk(struct cursor *c, uint32_t *root)
{
	memset(root, 0, 65536 * sizeof(*root));
	c->n = FW_TRIE_ROOT_LINES;
	make_entries(c, 0, 0, root, make_16);
}

int fw_trie_count(const struct fw_plan_table *table, size_t *ret)
{
	struct cursor c = { .table = table };
	_cleanup_free_ uint32_t *root = malloc(65536 * sizeof(*root));

	if (!root)
		return -ENOMEM;
	if (table->n)
		walk(&c, root);
	*ret = c.n;
	return 0;
}

void fw_trie_write(const struct fw_plan_table *table, struct fw_trie_line *lines)
{
	struct cursor c = { .table = table, .lines = lines };

	if (table->n)
		walk(&c, lines->entry);
}

/* --- looking up ----------------------------------------------------------- */
uint32_t fw_trie_class(const struct fw_trie_line *lines, uint32_t addr)
{
	uint32_t entry = FW_TRIE_BLOCK | (addr >> 24) * FW_TRIE_BLOCK_LINES;

	for (int shift = 16; entry & FW_TRIE_MORE; shift -= 8) {
		const struct fw_trie_line *line = &lines[entry & ~FW_TRIE_MORE];
		uint32_t byte = addr >> shift & 255;

		if (entry & FW_TRIE_BLOCK)
			entry = line[byte / FW_TRIE_ENTRIES]
					.entry[byte % FW_TRIE_ENTRIES];
		else
			entry = line->entry[line->entry[FW_LEAF_WORD(byte)] >>
					    FW_LEAF_BIT(byte) & 1];
	}
	return entry;
}
