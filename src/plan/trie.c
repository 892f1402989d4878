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
	size_t next_16;		/* the line of the next /16 */
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
	return bits == 0 || (ret->addr ^ addr) >> (32 - bits) == 0;
}

static uint32_t take_lines(struct cursor *c, size_t n, struct fw_trie_line **ret)
{
	size_t at = c->n;

	*ret = c->lines ? &c->lines[at] : NULL;
	c->n += n;
	return (uint32_t)at;
}

/* --- a /24 ---------------------------------------------------------------- */
/* Sets or clears bits lo..hi of a line. */
static void set_bits(uint32_t line[static FW_TRIE_ENTRIES], unsigned lo,
		     unsigned hi, bool on)
{
	for (unsigned i = lo; i <= hi; i++) {
		uint32_t bit = 1u << FW_TRIE_BIT(i);

		if (on)
			line[FW_TRIE_WORD(i)] |= bit;
		else
			line[FW_TRIE_WORD(i)] &= ~bit;
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
		set_bits(leaf.entry, lo, lo + (255u >> (p.len - 24)),
			 p.class != outer);
	}
	*ret = FW_TRIE_LEAF | take_lines(c, 1, &to);
	if (to)
		*to = leaf;
	return true;
}

/* A node at that line, from the entries of all values of its byte; outer is the
 * class of most, whose entries are left out. */
static uint32_t make_node(struct cursor *c, size_t line, uint32_t outer,
			  const uint32_t entries[static 256])
{
	struct fw_trie_line node = { .entry = { outer } }, *own;
	unsigned n = 0;

	node.entry[1] = (uint32_t)c->n * FW_TRIE_ENTRIES;
	for (unsigned i = 0; i < 256; i++) {
		if (FW_TRIE_BIT(i) == 0)
			FW_TRIE_COUNT(&node, i) = (uint8_t)n;
		if (entries[i] == outer)
			continue;
		set_bits(node.entry, i, i, true);
		n++;
	}
	(void)take_lines(c, (n + FW_TRIE_ENTRIES - 1) / FW_TRIE_ENTRIES, &own);
	if (c->lines)
		c->lines[line] = node;
	for (unsigned i = 0, k = 0; own && i < 256; i++)
		if (entries[i] != outer) {
			own[k / FW_TRIE_ENTRIES].entry[k % FW_TRIE_ENTRIES] =
				entries[i];
			k++;
		}
	return FW_TRIE_NODE | (uint32_t)line;
}

/* Entries of the 8 bits behind the first `bits`, or the 16 of the root, from the
 * prefixes within. */
static void make_entries(struct cursor *c, uint32_t addr, unsigned bits,
			 uint32_t *entries,
			 uint32_t (*below)(struct cursor *c, uint32_t addr,
					   uint32_t outer))
{
	unsigned end = bits ? bits + 8 : 16;
	struct prefix p;

	while (next_within(c, addr, bits, &p)) {
		uint32_t at = p.addr << bits >> (32 - (end - bits)), n;

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

static void fill(uint32_t entries[static 256], uint32_t outer)
{
	for (int i = 0; i < 256; i++)
		entries[i] = outer;
}

/* The entry of a /24 of which some prefix is a part. */
static uint32_t make_24(struct cursor *c, uint32_t addr, uint32_t outer)
{
	struct fw_trie_line *line;
	uint32_t entries[256], entry;

	if (make_leaf(c, addr, outer, &entry))
		return entry;
	fill(entries, outer);
	make_entries(c, addr, 24, entries, NULL);
	return make_node(c, take_lines(c, 1, &line), outer, entries);
}

/* --- a /16, and all ------------------------------------------------------- */
static uint32_t make_16(struct cursor *c, uint32_t addr, uint32_t outer)
{
	uint32_t entries[256];

	fill(entries, outer);
	make_entries(c, addr, 16, entries, make_24);
	return make_node(c, c->next_16++, outer, entries);
}

/* How many /16 have prefixes within. */
static size_t count_16(const struct fw_plan_table *t)
{
	uint32_t last = UINT32_MAX;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct prefix p = prefix_at(t, i);

		n += p.len > 16 && p.addr >> 16 != last;
		if (p.len > 16)
			last = p.addr >> 16;
	}
	return n;
}

/* Writes the root to `root`, all else behind it: first the nodes of /16, which
 * are all that most look-ups come to, side by side. */
static void walk(struct cursor *c, uint32_t *root)
{
	memset(root, 0, 65536 * sizeof(*root));
	c->next_16 = FW_TRIE_ROOT_LINES;
	c->n = FW_TRIE_ROOT_LINES + count_16(c->table);
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
static uint32_t entry_at(const struct fw_trie_line *lines, uint32_t at)
{
	return lines[at / FW_TRIE_ENTRIES].entry[at % FW_TRIE_ENTRIES];
}

uint32_t fw_trie_class(const struct fw_trie_line *lines, uint32_t addr)
{
	uint32_t entry = entry_at(lines, addr >> 16);

	for (int shift = 8; entry & FW_TRIE_MORE; shift -= 8) {
		const struct fw_trie_line *line = &lines[entry & ~FW_TRIE_MORE];
		uint32_t byte = addr >> shift & 255;
		uint32_t bits = line->entry[FW_TRIE_WORD(byte)];
		uint32_t bit = bits >> FW_TRIE_BIT(byte) & 1;

		if (entry & FW_TRIE_LEAF || !bit)
			return line->entry[bit];
		bits &= (1u << FW_TRIE_BIT(byte)) - 1;
		entry = entry_at(lines,
				 line->entry[1] + FW_TRIE_COUNT(line, byte) +
					 (uint32_t)__builtin_popcount(bits));
	}
	return entry;
}
