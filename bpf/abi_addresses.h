/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of addresses, a part of abi.h: prefixes to classes.
 *
 * They hold classes and not rows: addresses of one class have
 * the same rules, class 0 is that of addresses in no prefix, and the row of class
 * c is gen.other[field] + c. So a table stays the same, and is not loaded again,
 * when it is other rules that change. A packet that has an address of one version
 * has none of the other: rules that test FW_FIELD_BESIDE() are in no such row.
 */
#pragma once

#include <linux/types.h>

/*
 * IPv4 addresses go through a trie of plain arrays, 16 bits, 8 and 8, all in one
 * table of lines of 64 bytes: what fits a line of the cache. The first 4,096
 * lines are entries by the upper half of the address. An entry is a class, or the
 * number of a line that says more by the next byte:
 *
 *	a leaf	two classes, and a bit for each value of the byte
 *	a node	a class, and a bit for each value that has an entry of its own;
 *		those stand side by side behind the node
 */
#define FW_TRIE_ENTRIES 16
#define FW_TRIE_ROOT_LINES (65536 / FW_TRIE_ENTRIES)
#define FW_TRIE_NODE 0x80000000u
#define FW_TRIE_LEAF 0x40000000u
#define FW_TRIE_MORE (FW_TRIE_NODE | FW_TRIE_LEAF)
#define FW_TRIE_RUN FW_TRIE_MORE	/* of bits alone, see below */

struct fw_trie_line {
	__u32 entry[FW_TRIE_ENTRIES];
};

/* A line as a leaf: entry[0] and entry[1] are the classes of bits 0 and 1. As a
 * node: entry[0] is the class of bit 0, entry[1] the first of the entries of bit
 * 1, counted in entries; each is as far behind it as bits are set before its own.
 * FW_TRIE_COUNT is a byte: how many are set in the words before. */
#define FW_TRIE_BITS 8			/* the first word of bits */
#define FW_TRIE_WORD(byte) (FW_TRIE_BITS + ((byte) >> 5))
#define FW_TRIE_BIT(byte) ((byte) & 31)
#define FW_TRIE_COUNT(line, byte) (((__u8 *)&(line)->entry[2])[(byte) >> 5])

/*
 * Where there are so many prefixes that it takes fewer lines, bits for each /22 and
 * each /24 stand in the place of the root, so that most addresses are known by one
 * look or two, and those are where the cache has them:
 *
 *	coarse	a bit for each /22: 0 where all of it is in the first class
 *	fine	from FW_BITS_FINE on, a line for the /24 of each /16: two bits say
 *		in which of three classes it is, or FW_BITS_MORE
 *	bases	for each /16 where the entries of its /24 begin that are
 *		FW_BITS_MORE, in their order; counted in entries from
 *		FW_BITS_ENTRIES on
 *
 * Such an entry is as above, or a run: addresses from one byte to another are in
 * one of these three classes, those beside them in another one.
 */
#define FW_BITS_CLASSES 4	/* a power of two; the last is FW_BITS_MORE's, 0 */
#define FW_BITS_MORE 3
#define FW_BITS_FINE (65536 * 64 / 512)	/* line */
#define FW_BITS_BASES ((FW_BITS_FINE + 65536) * FW_TRIE_ENTRIES)
#define FW_BITS_ENTRIES (FW_BITS_BASES + 65536)
#define FW_BITS_LINES (FW_BITS_ENTRIES / FW_TRIE_ENTRIES)
/* By a /16, and the byte behind it. */
#define FW_BITS_COARSE(number) ((number) / 8)	/* line */
#define FW_BITS_COARSE_WORD(number, byte) (((number) & 7) * 2 + ((byte) >> 7))
#define FW_BITS_COARSE_BIT(byte) ((byte) >> 2 & 31)
#define FW_BITS_WORD(byte) ((byte) >> 4)
#define FW_BITS_SHIFT(byte) (((byte) & 15) * 2)

struct fw_bits {
	__u32 class[FW_BITS_CLASSES];
};

#define FW_RUN(from, to, in, out) \
	(FW_TRIE_RUN | (from) | (to) << 8 | (in) << 16 | (out) << 18)
#define FW_RUN_FROM(run) ((run) & 255)
#define FW_RUN_TO(run) ((run) >> 8 & 255)
#define FW_RUN_IN(run) ((run) >> 16 & 3)
#define FW_RUN_OUT(run) ((run) >> 18 & 3)

/*
 * IPv6 addresses are asked for once with each length in use, the longest first;
 * but not where the filter knows that they are not there: three bits of one of
 * its words for each prefix. More lengths than there is room for are the LPM
 * trie's.
 */
#define FW_LENGTHS_MAX 16

struct fw_length {
	__u32 len;
	__u32 mask[4];		/* be */
};

struct fw_lengths {
	__u32 n;
	__u32 words;		/* of the filter, less 1 */
	struct fw_length of[FW_LENGTHS_MAX];
};

/* The word is the hash's low bits. */
static inline __u64 fw_prefix_hash(const __u32 *words, __u32 len)
{
	__u64 h = ((__u64)words[0] << 32 | words[1]) + len;

	h *= 0x9e3779b97f4a7c15ULL;
	h ^= h >> 32;
	h += (__u64)words[2] << 32 | words[3];
	h *= 0xd6e8feb86659fd93ULL;
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

#define FW_PREFIX_BITS(hash) \
	(1ULL << ((hash) >> 58) | 1ULL << ((hash) >> 52 & 63) | \
	 1ULL << ((hash) >> 46 & 63))
