/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which texts of one list stand in another, in the same order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FW_NFT_NO_MATCH SIZE_MAX

/*
 * For each of b's n_b texts the index of its partner in a, rising, or
 * FW_NFT_NO_MATCH. A NULL in a has no partner. Equal heads and tails are always
 * matched; between them the k-th of equal texts can match only the k-th, so
 * that the cost stays n log n. 0 or -ENOMEM.
 */
int fw_nft_common_run(const char *const *a, size_t n_a, const char *const *b,
		      size_t n_b, size_t *ret_match);
