/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 prefixes as bits for each /22 and /24, with a trie's lines behind them
 * (abi.h).
 *
 * In: a table of prefixes as trie.c has it. Out: what its bits mean, how many
 * lines it takes, and the lines. Counting may fail for want of memory.
 *
 * Three classes have bits of their own: that of no prefix, and the two in which
 * most /24 are, or parts of one. The entries stand before the lines, so those are
 * counted first. Counting is writing to nowhere, but for the bases.
 */
#include <errno.h>
#include <string.h>

#include "plan/trie_walk.h"
#include "util/cleanup.h"

/* --- which classes -------------------------------------------------------- */
/* A prefix within a /24 is as much as one: either is a word, once. */
static size_t weigh(const struct fw_plan_table *table, uint32_t *weights,
		    size_t n)
{
	size_t most = 0;

	for (size_t i = 0; i < table->n; i++) {
		struct fw_trie_prefix p = fw_trie_prefix_at(table, i);

		if (p.class > most)
			most = p.class;
		if (p.class < n)
			weights[p.class] += p.len < 24 ? 1u << (24 - p.len) : 1;
	}
	return most + 1;
}

/* The one other than class 0 that has the most; its weight is gone then. */
static uint32_t take_heaviest(uint32_t *weights, size_t n)
{
	uint32_t found = 0;

	for (uint32_t i = 1; i < n; i++)
		if (!found || weights[i] > weights[found])
			found = i;
	if (found)
		weights[found] = 0;
	return found;
}

static int choose(const struct fw_plan_table *table, struct fw_bits *ret)
{
	size_t n = weigh(table, NULL, 0);
	_cleanup_free_ uint32_t *weights = calloc(n, sizeof(*weights));

	if (!weights)
		return -ENOMEM;
	(void)weigh(table, weights, n);
	*ret = (struct fw_bits){ .class = { 0 } };
	for (int i = 1; i < FW_BITS_MORE; i++)
		ret->class[i] = take_heaviest(weights, n);
	return 0;
}

/* --- going through -------------------------------------------------------- */
static void put_entry(struct fw_trie_cursor *c, uint32_t entry)
{
	size_t at = FW_BITS_ENTRIES + c->n_entries++;

	if (c->lines)
		c->lines[at / FW_TRIE_ENTRIES].entry[at % FW_TRIE_ENTRIES] = entry;
}

static void put_code(struct fw_trie_line *lines, uint32_t number, uint32_t byte,
		     uint32_t code)
{
	lines[FW_BITS_COARSE(number)].entry[FW_BITS_COARSE_WORD(number, byte)] |=
		1u << FW_BITS_COARSE_BIT(byte);
	lines[FW_BITS_FINE + number].entry[FW_BITS_WORD(byte)] |=
		code << FW_BITS_SHIFT(byte);
}

/* The bits of a /16, and what stands behind them; returns its base. */
static uint32_t put_16(struct fw_trie_cursor *c, uint32_t number,
		       const uint32_t entries[static 256])
{
	uint32_t base = (uint32_t)c->n_entries;

	for (uint32_t i = 0; i < 256; i++) {
		uint32_t code = fw_trie_code(c->bits, entries[i]);

		if (c->lines && code)
			put_code(c->lines, number, i, code);
		if (code == FW_BITS_MORE)
			put_entry(c, entries[i]);
	}
	return base;
}

/* Marked, so that it is no class. */
static uint32_t make_16(struct fw_trie_cursor *c, uint32_t addr, uint32_t outer)
{
	uint32_t entries[256];

	fw_trie_make_16(c, addr, outer, entries);
	return FW_TRIE_MORE | put_16(c, addr >> 16, entries);
}

/* A /16 that is of one class. */
static uint32_t make_whole(struct fw_trie_cursor *c, uint32_t number,
			   uint32_t class)
{
	uint32_t entries[256];

	if (!class)
		return 0;
	for (int i = 0; i < 256; i++)
		entries[i] = class;
	return put_16(c, number, entries);
}

/* `bases` are an entry for each /16, at first its class where that is one. */
static void walk(struct fw_trie_cursor *c, uint32_t *bases)
{
	memset(bases, 0, 65536 * sizeof(*bases));
	fw_trie_make_entries(c, 0, 0, bases, make_16);
	for (uint32_t i = 0; i < 65536; i++)
		bases[i] = bases[i] & FW_TRIE_MORE ?
				   bases[i] & ~FW_TRIE_MORE :
				   make_whole(c, i, bases[i]);
}

static size_t first_line(size_t n_entries)
{
	return FW_BITS_LINES + (n_entries + FW_TRIE_ENTRIES - 1) / FW_TRIE_ENTRIES;
}

int fw_trie_bits_count(struct fw_plan_table *table, size_t *ret)
{
	struct fw_trie_cursor c = { .table = table, .bits = &table->bits };
	_cleanup_free_ uint32_t *bases = malloc(65536 * sizeof(*bases));
	int r = bases ? choose(table, &table->bits) : -ENOMEM;

	if (r < 0)
		return r;
	walk(&c, bases);
	table->entries = (uint32_t)c.n_entries;
	*ret = first_line(c.n_entries) + c.n;
	return 0;
}

void fw_trie_bits_write(const struct fw_plan_table *table,
			struct fw_trie_line *lines)
{
	struct fw_trie_cursor c = {
		.table = table,
		.lines = lines,
		.bits = &table->bits,
		.n = first_line(table->entries),
	};

	walk(&c, lines[FW_BITS_BASES / FW_TRIE_ENTRIES].entry);
}

/* --- looking up ----------------------------------------------------------- */
uint32_t fw_trie_bits_class(const struct fw_plan_table *table,
			    const struct fw_trie_line *lines, uint32_t addr)
{
	uint32_t number = addr >> 16, end = addr >> 8 & 255, byte = addr & 255;
	uint32_t at = FW_BITS_ENTRIES +
		      fw_trie_entry_at(lines, FW_BITS_BASES + number);
	uint32_t code = 0, entry;

	if (!(lines[FW_BITS_COARSE(number)]
		      .entry[FW_BITS_COARSE_WORD(number, end)] >>
	      FW_BITS_COARSE_BIT(end) & 1))
		return table->bits.class[0];
	for (uint32_t i = 0; i <= end; i++) {
		at += code == FW_BITS_MORE;
		code = lines[FW_BITS_FINE + number].entry[FW_BITS_WORD(i)] >>
			       FW_BITS_SHIFT(i) & (FW_BITS_CLASSES - 1);
	}
	if (code != FW_BITS_MORE)
		return table->bits.class[code];
	entry = fw_trie_entry_at(lines, at);
	if ((entry & FW_TRIE_MORE) != FW_TRIE_RUN)
		return fw_trie_follow(lines, entry, addr, 0);
	return table->bits.class[byte >= FW_RUN_FROM(entry) &&
						 byte <= FW_RUN_TO(entry) ?
					 FW_RUN_IN(entry) : FW_RUN_OUT(entry)];
}
