/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bucket of tokens as one number, when it will be full again, changed with a
 * compare-and-swap: several CPUs together get no more than one would.
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#define FW_LIMIT_TRIES 4

/* True when the bucket had room for the cost, which it then has taken. Who
 * loses a race four times has met a bucket that is in great demand. */
static __always_inline bool fw_bucket_take(__u64 *until, __u64 depth,
					   __u64 cost)
{
	__u64 now = bpf_ktime_get_boot_ns();

#pragma unroll
	for (int i = 0; i < FW_LIMIT_TRIES; i++) {
		__u64 old = *(volatile __u64 *)until;
		__u64 full = old > now ? old : now;

		if (full - now + cost > depth)
			return false;
		if (__sync_val_compare_and_swap(until, old, full + cost) == old)
			return true;
	}
	return false;
}
