/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 prefixes to a trie of lines.
 *
 * In: a table of FW_TABLE_TRIE or BITS: prefixes in the order of their addresses,
 * one before those within it, with their classes. Out: which of the two takes
 * fewer lines, and how many; the lines. Counting may fail for want of memory.
 * What BITS has before and beside a trie is in trie_bits.c.
 *
 * The prefixes are gone through once, in order: what a block or leaf covers is a
 * run of them. Counting is writing to nowhere.
 */
#include "plan/trie.h"

#include <errno.h>
#include <string.h>

#include "plan/trie_walk.h"
#include "util/cleanup.h"

struct fw_trie_prefix fw_trie_prefix_at(const struct fw_plan_table *t, size_t i)
{
	struct fw_trie_prefix p;
	struct fw_lpm4 key;

	memcpy(&key, t->keys + i * sizeof(key), sizeof(key));
	memcpy(&p.class, t->values + i * sizeof(p.class), sizeof(p.class));
	p.addr = (uint32_t)key.addr[0] << 24 | (uint32_t)key.addr[1] << 16 |
		 (uint32_t)key.addr[2] << 8 | key.addr[3];
	p.len = key.prefix_len;
	return p;
}

/* The next prefix, where it is one within the first `bits` of addr. */
static bool next_within(const struct fw_trie_cursor *c, uint32_t addr, unsigned bits,
			struct fw_trie_prefix *ret)
{
	if (c->at == c->table->n)
		return false;
	*ret = fw_trie_prefix_at(c->table, c->at);
	return bits == 0 || (ret->addr ^ addr) >> (32 - bits) == 0;
}

static uint32_t take_lines(struct fw_trie_cursor *c, size_t n, struct fw_trie_line **ret)
{
	size_t at = c->n;

	*ret = c->lines ? &c->lines[at] : NULL;
	c->n += n;
	return (uint32_t)at;
}

/* --- a /24 ---------------------------------------------------------------- */
static bool is_set(const struct fw_trie_line *line, unsigned i)
{
	return line->entry[FW_TRIE_WORD(i)] >> FW_TRIE_BIT(i) & 1;
}

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

uint32_t fw_trie_code(const struct fw_bits *bits, uint32_t entry)
{
	uint32_t code = 0;

	while (code < FW_BITS_MORE && bits->class[code] != entry)
		code++;
	return code;
}

/* A leaf that is a run, or all of one class, as an entry without a line. */
static bool make_run(const struct fw_bits *bits, const struct fw_trie_line *leaf,
		     uint32_t *ret)
{
	uint32_t out = fw_trie_code(bits, leaf->entry[0]);
	uint32_t in = fw_trie_code(bits, leaf->entry[1]);
	unsigned from = 0, to;

	while (from < 256 && !is_set(leaf, from))
		from++;
	to = from;
	while (to < 256 && is_set(leaf, to))
		to++;
	for (unsigned i = to; i < 256; i++)
		if (is_set(leaf, i))
			return false;
	if (from == 256)
		*ret = leaf->entry[0];
	else if (in == FW_BITS_MORE || out == FW_BITS_MORE)
		return false;
	else
		*ret = FW_RUN(from, to - 1, in, out);
	return true;
}

/* The prefixes within addr's /24 as a leaf; false, with the cursor where it was,
 * where they have more than two classes. */
static bool make_leaf(struct fw_trie_cursor *c, uint32_t addr, uint32_t outer,
		      uint32_t *ret)
{
	struct fw_trie_line leaf = { .entry = { outer, outer } }, *to;
	size_t start = c->at;
	struct fw_trie_prefix p;

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
	if (c->bits && make_run(c->bits, &leaf, ret))
		return true;
	*ret = FW_TRIE_LEAF | take_lines(c, 1, &to);
	if (to)
		*to = leaf;
	return true;
}

/* A node at that line, from the entries of all values of its byte; outer is the
 * class of most, whose entries are left out. */
static uint32_t make_node(struct fw_trie_cursor *c, size_t line, uint32_t outer,
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

void fw_trie_make_entries(struct fw_trie_cursor *c, uint32_t addr, unsigned bits,
			  uint32_t *entries, fw_trie_below_fn below)
{
	unsigned end = bits ? bits + 8 : 16;
	struct fw_trie_prefix p;

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
static uint32_t make_24(struct fw_trie_cursor *c, uint32_t addr, uint32_t outer)
{
	struct fw_trie_line *line;
	uint32_t entries[256], entry;

	if (make_leaf(c, addr, outer, &entry))
		return entry;
	fill(entries, outer);
	fw_trie_make_entries(c, addr, 24, entries, NULL);
	return make_node(c, take_lines(c, 1, &line), outer, entries);
}

/* --- a /16, and all ------------------------------------------------------- */
void fw_trie_make_16(struct fw_trie_cursor *c, uint32_t addr, uint32_t outer,
		     uint32_t entries[static 256])
{
	fill(entries, outer);
	fw_trie_make_entries(c, addr, 16, entries, make_24);
}

static uint32_t make_16(struct fw_trie_cursor *c, uint32_t addr, uint32_t outer)
{
	uint32_t entries[256];

	fw_trie_make_16(c, addr, outer, entries);
	return make_node(c, c->next_16++, outer, entries);
}

/* How many /16 have prefixes within. */
static size_t count_16(const struct fw_plan_table *t)
{
	uint32_t last = UINT32_MAX;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct fw_trie_prefix p = fw_trie_prefix_at(t, i);

		n += p.len > 16 && p.addr >> 16 != last;
		if (p.len > 16)
			last = p.addr >> 16;
	}
	return n;
}

/* Writes the root to `root`, all else behind it: first the nodes of /16, which
 * are all that most look-ups come to, side by side. */
static void walk(struct fw_trie_cursor *c, uint32_t *root)
{
	memset(root, 0, 65536 * sizeof(*root));
	c->next_16 = FW_TRIE_ROOT_LINES;
	c->n = FW_TRIE_ROOT_LINES + count_16(c->table);
	fw_trie_make_entries(c, 0, 0, root, make_16);
}

static int count(const struct fw_plan_table *table, size_t *ret)
{
	struct fw_trie_cursor c = { .table = table };
	_cleanup_free_ uint32_t *root = malloc(65536 * sizeof(*root));

	if (!root)
		return -ENOMEM;
	walk(&c, root);
	*ret = c.n;
	return 0;
}

int fw_trie_fit(struct fw_plan_table *table)
{
	size_t lines = 0, with_bits = SIZE_MAX;
	int r = table->n ? count(table, &lines) : 0;

	if (r == 0 && lines > FW_BITS_LINES)
		r = fw_trie_bits_count(table, &with_bits);
	if (r < 0)
		return r;
	table->kind = with_bits < lines ? FW_TABLE_BITS : FW_TABLE_TRIE;
	table->lines = (uint32_t)(with_bits < lines ? with_bits : lines);
	return 0;
}

void fw_trie_write(const struct fw_plan_table *table, struct fw_trie_line *lines)
{
	struct fw_trie_cursor c = { .table = table, .lines = lines };

	if (table->kind == FW_TABLE_BITS)
		fw_trie_bits_write(table, lines);
	else if (table->n)
		walk(&c, lines->entry);
}

/* --- looking up ----------------------------------------------------------- */
uint32_t fw_trie_entry_at(const struct fw_trie_line *lines, uint32_t at)
{
	return lines[at / FW_TRIE_ENTRIES].entry[at % FW_TRIE_ENTRIES];
}

uint32_t fw_trie_follow(const struct fw_trie_line *lines, uint32_t entry,
			uint32_t addr, int shift)
{
	for (; entry & FW_TRIE_MORE; shift -= 8) {
		const struct fw_trie_line *line = &lines[entry & ~FW_TRIE_MORE];
		uint32_t byte = addr >> shift & 255;
		uint32_t bits = line->entry[FW_TRIE_WORD(byte)];
		uint32_t bit = bits >> FW_TRIE_BIT(byte) & 1;

		if (entry & FW_TRIE_LEAF || !bit)
			return line->entry[bit];
		bits &= (1u << FW_TRIE_BIT(byte)) - 1;
		entry = fw_trie_entry_at(lines,
					 line->entry[1] +
						 FW_TRIE_COUNT(line, byte) +
						 (uint32_t)__builtin_popcount(bits));
	}
	return entry;
}

uint32_t fw_trie_class(const struct fw_plan_table *table,
		       const struct fw_trie_line *lines, uint32_t addr)
{
	if (table->kind == FW_TABLE_BITS)
		return fw_trie_bits_class(table, lines, addr);
	return fw_trie_follow(lines, fw_trie_entry_at(lines, addr >> 16), addr, 8);
}
