/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the socket filters share: fw_watch reads a packet's headers into the
 * room and goes on to a monitor's program, which sends the payload on.
 *
 * The room is the CPU's, and a filter runs to its end with softirqs off, so
 * nothing comes between the two programs.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/if_packet.h>

#include <bpf/bpf_helpers.h>

#define FW_CTX struct __sk_buff
#define fw_ctx_len(ctx) ((ctx)->len)
#define fw_ctx_load(ctx, offset, to, size) \
	bpf_skb_load_bytes(ctx, offset, to, size)
#define fw_ctx_vlan(ctx) ((ctx)->vlan_present ? (ctx)->vlan_tci : FW_NO_VLAN)
#define fw_ctx_gso(ctx) false

#include "maps.h"
#include "packet.h"

struct fw_watch_room {
	struct fw_packet packet;
	__u32 begin, end;	/* of the payload, from the Ethernet header */
	__u32 flags;		/* FW_MESSAGE_* */
	__u32 seq;
	__u64 tick;		/* that sent counts in */
	__u32 sent[FW_WATCHER_MAX_ + 1];	/* and one that makes it even */
	struct fw_message message;
	__u8 payload[FW_MESSAGE_MAX];	/* right behind the message */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fw_watch_room);
} watch_room SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, FW_WATCHER_MAX_);
	__type(key, __u32);
	__type(value, __u32);
} watchers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 21);
} watched SEC(".maps");

static __always_inline struct fw_watch_room *fw_watch_room(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&watch_room, &key);
}

/* Whether the CPU may send one more in this tick. */
static __always_inline bool fw_may_send(struct fw_watch_room *room,
					enum fw_watcher watcher)
{
	__u64 tick = bpf_jiffies64();

	if (room->tick != tick) {
		room->tick = tick;
		__builtin_memset(room->sent, 0, sizeof(room->sent));
	}
	return room->sent[watcher]++ < FW_MESSAGES_TICK;
}

static __always_inline void fw_message_fill(struct __sk_buff *skb,
					    struct fw_watch_room *room,
					    enum fw_watcher watcher)
{
	const struct fw_packet *pkt = &room->packet;
	struct fw_message *message = &room->message;

	message->time_ns = bpf_ktime_get_boot_ns();
	message->ifindex = skb->ifindex;
	message->watcher = watcher;
	message->length = room->end - room->begin;
	message->seq = room->seq;
	message->vlan = pkt->vlan;
	message->sport = pkt->sport;
	message->dport = pkt->dport;
	message->family = pkt->l3 == FW_L3_IP ? 4 : 6;
	message->proto = pkt->l4proto;
	message->flags = room->flags;
	message->tcp_flags = pkt->tcp_flags;
	__builtin_memcpy(message->saddr, pkt->saddr.words, 16);
	__builtin_memcpy(message->daddr, pkt->daddr.words, 16);
	(void)bpf_skb_load_bytes(skb, ETH_ALEN, message->mac, ETH_ALEN);
}

/* Sends the packet's payload, as much as there is room for. Nothing without
 * one. */
static __always_inline void fw_message_send(struct __sk_buff *skb,
					    struct fw_watch_room *room,
					    enum fw_watcher watcher)
{
	__u32 len = room->end - room->begin;

	if (room->begin >= room->end)
		return;
	if (!fw_may_send(room, watcher)) {
		fw_stat_add(FW_STAT_MESSAGES_LEFT_OUT);
		return;
	}
	if (len > FW_MESSAGE_MAX)
		len = FW_MESSAGE_MAX;
	/* Changes nothing, and says 1 to FW_MESSAGE_MAX in a way that a verifier
	 * sees which does not take it from a comparison with 0 (6.1). */
	barrier_var(len);
	len = ((len - 1) & (FW_MESSAGE_MAX - 1)) + 1;
	if (bpf_skb_load_bytes(skb, room->begin, room->payload, len))
		return;
	fw_message_fill(skb, room, watcher);
	room->message.kept = len;
	if (bpf_ringbuf_output(&watched, &room->message,
			       sizeof(room->message) + len, 0))
		fw_stat_add(FW_STAT_MESSAGES_LOST);
}
