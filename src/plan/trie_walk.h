/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What trie.c and trie_bits.c share: how prefixes are gone through, and lines. */
#pragma once

#include "plan/plan.h"
#include "plan/trie.h"

struct fw_trie_cursor {
	const struct fw_plan_table *table;
	size_t at;		/* the next prefix */
	struct fw_trie_line *lines;	/* NULL: only counted */
	size_t next_16;		/* the line of the next /16 */
	size_t n;
	const struct fw_bits *bits;	/* BITS, else NULL: a /24 may be a run */
	size_t n_entries;	/* BITS: of /24 that have their own, so far */
};

struct fw_trie_prefix {
	uint32_t addr, class;
	unsigned len;
};

struct fw_trie_prefix fw_trie_prefix_at(const struct fw_plan_table *table, size_t i);

/* Entries of the 8 bits behind the first `bits`, or the 16 of the root, from the
 * prefixes within; `below` makes one of longer prefixes. */
typedef uint32_t (*fw_trie_below_fn)(struct fw_trie_cursor *c, uint32_t addr,
				     uint32_t outer);
void fw_trie_make_entries(struct fw_trie_cursor *c, uint32_t addr, unsigned bits,
			  uint32_t *entries, fw_trie_below_fn below);
/* The 256 of a /16, of which some prefix is a part. */
void fw_trie_make_16(struct fw_trie_cursor *c, uint32_t addr, uint32_t outer,
		     uint32_t entries[static 256]);
/* Of an entry that is one of its classes, else FW_BITS_MORE. */
uint32_t fw_trie_code(const struct fw_bits *bits, uint32_t entry);
uint32_t fw_trie_entry_at(const struct fw_trie_line *lines, uint32_t at);
/* What an entry that is no class says of the address's next byte, and so on to the
 * last. */
uint32_t fw_trie_follow(const struct fw_trie_line *lines, uint32_t entry,
			uint32_t addr, int shift);

/* trie_bits.c: the lines that the table would take as BITS, with its entries and
 * bits; and writes them. */
int fw_trie_bits_count(struct fw_plan_table *table, size_t *ret);
void fw_trie_bits_write(const struct fw_plan_table *table,
			struct fw_trie_line *lines);
uint32_t fw_trie_bits_class(const struct fw_plan_table *table,
			    const struct fw_trie_line *lines, uint32_t addr);
