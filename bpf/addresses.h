/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The class of an address: which prefix is the longest that it is in, and so
 * which rules admit it. Four forms, of which the compiler has chosen one for each
 * field: lines (abi.h), with bits for each /24 or without, a hash for each length,
 * the kernel's LPM trie.
 *
 * A table that is not there has no prefixes: class 0.
 */
#pragma once

#include "rows.h"

/* The key on the stack: kernels before 6.4 take none from elsewhere. */
static __always_inline __u32 fw_class_lpm(void *lpm,
					  const struct fw_address *address)
{
	struct fw_address key = *address;
	const __u32 *class = NULL;

	if (lpm)
		class = bpf_map_lookup_elem(lpm, &key);
	return class ? *class : 0;
}

static __always_inline __u32 fw_bits_set(__u32 value)
{
	value -= value >> 1 & 0x55555555;
	value = (value & 0x33333333) + (value >> 2 & 0x33333333);
	value = (value + (value >> 4)) & 0x0f0f0f0f;
	return value * 0x01010101 >> 24;
}

/* An entry by its place among all. */
static __always_inline __u32 fw_trie_entry(void *lines, __u32 at)
{
	__u32 number = at / FW_TRIE_ENTRIES;
	const struct fw_trie_line *line = bpf_map_lookup_elem(lines, &number);

	return line ? line->entry[at % FW_TRIE_ENTRIES] : 0;
}

/* What an entry that is not a class says of the address's next byte; which is one,
 * but may have been where the verifier forgets it. */
static __always_inline __u32 fw_trie_step(void *lines, __u32 entry, __u32 byte)
{
	__u32 number = entry & ~FW_TRIE_MORE, bits, bit;
	const struct fw_trie_line *line = bpf_map_lookup_elem(lines, &number);

	if (!line)
		return 0;
	barrier_var(byte);
	byte &= 255;
	bits = line->entry[FW_TRIE_WORD(byte)];
	bit = bits >> FW_TRIE_BIT(byte) & 1;
	if (entry & FW_TRIE_LEAF || !bit)
		return line->entry[bit];
	bits &= (1u << FW_TRIE_BIT(byte)) - 1;
	return fw_trie_entry(lines, line->entry[1] + FW_TRIE_COUNT(line, byte) +
					    fw_bits_set(bits));
}

static __always_inline __u32 fw_class_trie(void *lines, const __u8 *address)
{
	__u32 entry;

	if (!lines)
		return 0;
	entry = fw_trie_entry(lines, (__u32)address[0] << 8 | address[1]);
	if (entry & FW_TRIE_MORE)
		entry = fw_trie_step(lines, entry, address[2]);
	if (entry & FW_TRIE_MORE)
		entry = fw_trie_step(lines, entry, address[3]);
	return entry;
}

#define FW_BITS_EACH 0x5555555555555555ULL	/* the lower one of every two */

/* How many /24 of a line have entries of their own before that of the byte. Sums
 * of four bits each: the seven words of 32 before the last one have no more. */
static __always_inline __u32 fw_bits_before(const struct fw_trie_line *line,
					    __u32 byte)
{
	__u64 sums = 0, last = 0;

	for (__u32 i = 0; i < FW_TRIE_ENTRIES / 2; i++) {
		__u64 word = line->entry[2 * i] |
			     (__u64)line->entry[2 * i + 1] << 32;
		__u64 more = word & word >> 1 & FW_BITS_EACH;

		if (i == byte >> 5) {
			last = more & ((1ULL << (byte & 31) * 2) - 1);
			break;
		}
		sums += (more & 0x3333333333333333ULL) +
			(more >> 2 & 0x3333333333333333ULL);
	}
	sums = (sums & 0x0f0f0f0f0f0f0f0fULL) +
	       (sums >> 4 & 0x0f0f0f0f0f0f0f0fULL);
	return (__u32)(sums * 0x0101010101010101ULL >> 56) +
	       fw_bits_set((__u32)(last | last >> 31));
}

/* What an entry of a /24 says of the address's last byte. */
static __always_inline __u32 fw_bits_step(void *lines,
					  const struct fw_bits *bits,
					  __u32 entry, __u32 byte)
{
	if ((entry & FW_TRIE_MORE) == FW_TRIE_RUN)
		return bits->class[byte >= FW_RUN_FROM(entry) &&
						   byte <= FW_RUN_TO(entry) ?
					   FW_RUN_IN(entry) : FW_RUN_OUT(entry)];
	return entry & FW_TRIE_MORE ? fw_trie_step(lines, entry, byte) : entry;
}

static __always_inline __u32 fw_class_bits(void *lines,
					   const struct fw_bits *bits,
					   const __u8 *address)
{
	__u32 number = (__u32)address[0] << 8 | address[1];
	__u32 byte = address[2], code, at;
	__u32 word = FW_BITS_COARSE_WORD(number, byte);
	const struct fw_trie_line *line;

	if (!lines)
		return 0;
	barrier_var(word);	/* of an OR, Linux 6.1 knows no bound */
	word &= FW_TRIE_ENTRIES - 1;
	at = FW_BITS_COARSE(number);
	line = bpf_map_lookup_elem(lines, &at);
	if (!line)
		return 0;
	if (!(line->entry[word] >> FW_BITS_COARSE_BIT(byte) & 1))
		return bits->class[0];
	at = FW_BITS_FINE + number;
	line = bpf_map_lookup_elem(lines, &at);
	if (!line)
		return 0;
	code = line->entry[FW_BITS_WORD(byte)] >> FW_BITS_SHIFT(byte) &
	       (FW_BITS_CLASSES - 1);
	if (code != FW_BITS_MORE)
		return bits->class[code];
	at = FW_BITS_ENTRIES + fw_trie_entry(lines, FW_BITS_BASES + number) +
	     fw_bits_before(line, byte);
	return fw_bits_step(lines, bits, fw_trie_entry(lines, at), address[3]);
}

#define FW_CLASS4(field, is_bits, is_lpm)                                    \
	static __always_inline __u32 fw_class_##field##4(                    \
		const struct fw_packet *pkt, const struct fw_gen *gen,       \
		__u32 slot)                                                  \
	{                                                                    \
		const __u8 *address = (const __u8 *)pkt->field.words;        \
                                                                             \
		if (gen->flags & (is_lpm))                                   \
			return fw_class_lpm(fw_inner(field##4_lpm, slot),    \
					    &pkt->field);                    \
		if (gen->flags & (is_bits))                                  \
			return fw_class_bits(fw_inner(field##4, slot),       \
					     &gen->field##4, address);       \
		return fw_class_trie(fw_inner(field##4, slot), address);     \
	}

FW_CLASS4(saddr, FW_GEN_SADDR4_BITS, FW_GEN_SADDR4_LPM)
FW_CLASS4(daddr, FW_GEN_DADDR4_BITS, FW_GEN_DADDR4_LPM)

/* The longest length with which the address is in the hash. */
static __always_inline __u32 fw_class_lengths(const struct fw_lengths *lengths,
					      void *hash, void *filter,
					      const struct fw_address *address)
{
	struct fw_address key;

	if (!hash || !filter)
		return 0;
	for (__u32 i = 0; i < FW_LENGTHS_MAX; i++) {
		const struct fw_length *length = &lengths->of[i];
		const __u32 *class;
		const __u64 *word;
		__u64 h, bits;
		__u32 at;

		if (i >= lengths->n)
			break;
		key.prefix_len = length->len;
		for (int w = 0; w < 4; w++)
			key.words[w] = address->words[w] & length->mask[w];
		h = fw_prefix_hash(key.words, key.prefix_len);
		at = h & lengths->words;
		word = bpf_map_lookup_elem(filter, &at);
		bits = FW_PREFIX_BITS(h);
		if (!word || (*word & bits) != bits)
			continue;
		class = bpf_map_lookup_elem(hash, &key);
		if (class)
			return *class;
	}
	return 0;
}

/* Not static: verified once each. */
#define FW_CLASS6(field, is_lpm)                                             \
	__noinline int fw_class_##field##6(const struct fw_packet *pkt,      \
					   __u32 slot)                       \
	{                                                                    \
		const struct fw_gen *gen = fw_gen_of(slot & 1);              \
                                                                             \
		if (!gen || !pkt)                                            \
			return 0;                                            \
		if (gen->flags & (is_lpm))                                   \
			return (int)fw_class_lpm(                            \
				fw_inner(field##6_lpm, slot & 1),            \
				&pkt->field);                                \
		return (int)fw_class_lengths(&gen->field##6,                 \
					     fw_inner(field##6, slot & 1),   \
					     fw_inner(field##6_bits, slot & 1), \
					     &pkt->field);                   \
	}

FW_CLASS6(saddr, FW_GEN_SADDR6_LPM)
FW_CLASS6(daddr, FW_GEN_DADDR6_LPM)
