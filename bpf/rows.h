/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all that deals with rows of rules needs: bits, inner maps, the header of
 * a generation.
 */
#pragma once

#include "maps.h"
#include "packet.h"

/* Position of the lowest set bit by multiplication with a de Bruijn sequence
 * (Leiserson, Prokop, Randall 1998); value is not 0. */
#define FW_DE_BRUIJN 0x03f79d71b4cb0a89ULL

static const __u8 fw_bit_position[64] = {
	0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6,
};

static __always_inline __u32 fw_lowest_bit(__u64 value)
{
	return fw_bit_position[((value & -value) * FW_DE_BRUIJN) >> 58];
}

#ifndef fw_inner
#define fw_inner(table, slot)                              \
	({                                                 \
		__u32 key_ = (slot);                       \
		bpf_map_lookup_elem(&(table), &key_);      \
	})
#endif

static __always_inline const struct fw_gen *fw_gen_of(__u32 slot)
{
	void *inner = fw_inner(gen, slot);
	const struct fw_gen *header;
	__u32 key = 0;

	if (!inner)
		return NULL;
	header = bpf_map_lookup_elem(inner, &key);
	return header && header->magic == FW_GEN_MAGIC ? header : NULL;
}
