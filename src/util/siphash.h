/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-1-3 (Aumasson and Bernstein, 2012): a keyed hash, so that nobody
 * outside can choose what falls into one bucket. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fw_siphash_key {
	uint64_t k0, k1;
};

uint64_t fw_siphash(const struct fw_siphash_key *key, const void *data,
		    size_t len);

/* The same with 128 bits, as two numbers that have nothing in common. */
struct fw_siphash128 {
	uint64_t low, high;
};

struct fw_siphash128 fw_siphash128(const struct fw_siphash_key *key,
				   const void *data, size_t len);
