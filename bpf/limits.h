/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rate limits: struct fw_limit, charged with a compare-and-swap of one number,
 * so that several CPUs together get no more than one would.
 *
 * Between two generations a packet may meet a limit in both; what it was told
 * first is what it is told again.
 */
#pragma once

#include <stdbool.h>

#include "bucket.h"
#include "tests.h"

/* Other bits of the same word are the classifier's. */
#define FW_ASK_LIMITS 4u	/* else every packet is within its limits: an
				   earlier program has charged them */
#define FW_ASK_ONCE 8u		/* overlap: what the packet has been told is told
				   it again */
#define FW_ASK_AGAIN 16u	/* what was told last: that was this packet,
				   another program charged it on this CPU */

#define FW_ANSWERS 64

/* Which limits the packet at hand has met, by their low bits. Of two that fall
 * together, one may be charged twice, or is thought to have had room. */
struct fw_answers {
	__u64 packet;		/* counts up */
	struct {
		__u64 packet;	/* for which this is an answer */
		__u32 limit;
		__u32 within;
	} of[FW_ANSWERS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fw_answers);
} answers SEC(".maps");

static __always_inline struct fw_answers *fw_answers_of(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&answers, &key);
}

/* Forgets the answers of the packet before. */
static __always_inline void fw_answers_begin(void)
{
	struct fw_answers *room = fw_answers_of();

	if (room)
		room->packet++;
}

static __always_inline __u64 *fw_source_made(const struct fw_limit_key *key)
{
	const __u64 never = 0;
	__u64 *until = bpf_map_lookup_elem(&sources, key);

	if (until)
		return until;
	bpf_map_update_elem(&sources, key, &never, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sources, key);
}

/* The bucket of the packet's source. New sources have a limit of their own: so
 * many as may come while a bucket fills up, and the map has room for them and
 * those that it knows. Beyond it they share one bucket, so that addresses that
 * somebody makes up neither push others out nor get by. */
static __always_inline __u64 *fw_source_until(struct fw_limit *limit)
{
	const struct fw_packet *pkt = fw_packet_room();
	struct fw_limit_key key = {.limit = limit->id};
	__u64 *until;

	if (!pkt)
		return NULL;
	for (int i = 0; i < 4; i++)
		key.saddr[i] = pkt->saddr.words[i] & limit->mask[i];
	if (limit->flags & FW_LIMIT_BY_DPORT)
		key.dport = pkt->dport;
	until = bpf_map_lookup_elem(&sources, &key);
	if (until)
		return until;
	if (!fw_bucket_take(&limit->until, limit->depth, limit->entry)) {
		key.dport = 0;
		for (int i = 0; i < 4; i++)
			key.saddr[i] = FW_LIMIT_CROWD;
	}
	return fw_source_made(&key);
}

static __always_inline bool fw_limit_charge(struct fw_limit *limit, __u32 bytes)
{
	__u64 cost = limit->cost, *until = &limit->until;

	if (limit->flags & FW_LIMIT_BY_SOURCE)
		until = fw_source_until(limit);
	if (!until)
		return false;
	if (limit->flags & FW_LIMIT_BYTES)
		cost = limit->rate ? limit->period * bytes / limit->rate : 0;
	return fw_bucket_take(until, limit->depth, cost);
}

/* Whether the rule goes on behind its limit. A limit that is not there, which a
 * staged generation never has, holds for no packet. Not static: verified by
 * itself, once. */
__noinline int fw_limit_holds(__u32 number, __u32 how, __u32 bytes)
{
	struct fw_limit *limit = bpf_map_lookup_elem(&limits, &number);
	struct fw_answers *room = fw_answers_of();
	__u32 at = number % FW_ANSWERS;
	bool within = true;

	if (!limit || !room)
		return 0;
	if (how & FW_ASK_ONCE && room->of[at].packet == room->packet &&
	    room->of[at].limit == number) {
		within = room->of[at].within;
	} else if (how & FW_ASK_LIMITS) {
		within = fw_limit_charge(limit, bytes);
	} else if (how & FW_ASK_AGAIN && room->of[at].limit == number) {
		within = room->of[at].within;
	}
	if (how & (FW_ASK_ONCE | FW_ASK_LIMITS)) {
		room->of[at].packet = room->packet;
		room->of[at].limit = number;
		room->of[at].within = within;
	}
	return within == !(limit->flags & FW_LIMIT_OVER);
}
