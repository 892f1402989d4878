/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What XDP leaves in front of a frame that it passes: struct fw_meta.
 */
#pragma once

#include <stdbool.h>

#include "maps.h"

/* True when the metadata stands right in front of the frame. Another program's
 * goes: TC must not find a stranger's in the place of this one. */
static __always_inline bool fw_meta_write(struct xdp_md *ctx, __u64 word,
					  __u16 flags)
{
	int move = (int)(ctx->data - sizeof(struct fw_meta) - ctx->data_meta);
	struct fw_meta *meta;

	if (bpf_xdp_adjust_meta(ctx, move))
		return false;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return false;
	meta->magic = FW_META_MAGIC;
	meta->flags = flags;
	if (word & FW_CONTROL_OVERLAP)
		meta->flags |= FW_META_OVERLAP;
	meta->epoch = (__u32)(word >> FW_CONTROL_EPOCH_SHIFT);
	return true;
}

/* On to TC, with what it has to know. */
static __always_inline int fw_pass(struct xdp_md *ctx, struct fw_stats *to,
				   __u64 word, __u16 flags)
{
	fw_stat_count(to, FW_STAT_XDP_ACCEPT);
	if (!fw_meta_write(ctx, word, flags))
		fw_stat_count(to, FW_STAT_XDP_NO_META);
	return XDP_PASS;
}
