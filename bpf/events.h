/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of packets: what `log` rules and drops say, into the ring.
 *
 * Rules are only noted while they are scanned, and told of when the packet's
 * verdict is known. A packet never waits for its event: one for which there is
 * no room is counted as lost, one too many in its tick as left out.
 */
#pragma once

#include "tests.h"

/* What is this CPU's, and looked up once a packet. */
struct fw_own {
	struct fw_scratch *room;
	struct fw_stats *stats;
};

/* False: a map is missing, which never is. */
static __always_inline bool fw_own_find(struct fw_own *own)
{
	own->room = fw_scratch_of();
	own->stats = fw_stats_of();
	return own->room && own->stats;
}

/* A new packet: no rule has decided, none has logged. */
static __always_inline void fw_notes_begin(struct fw_scratch *room)
{
	room->n_logs = 0;
	room->decided = 0;
	room->limited = 0;
}

/* The rule acts on the packet. */
static __always_inline void fw_note(const struct fw_action *action)
{
	struct fw_scratch *room = fw_scratch_of();

	if (!room)
		return;
	if (action->flags & FW_ACTION_LOG) {
		if (room->n_logs < FW_EVENTS_PACKET)
			room->logs[room->n_logs & (FW_EVENTS_PACKET - 1)] =
				action->id;
		room->n_logs++;
	}
	if (action->verdict != FW_VERDICT_NONE) {
		room->decided = action->id;
		room->limited = action->limit != 0;
	}
}

/* Whether the CPU may tell of one more in this tick. */
static __always_inline bool fw_may_tell(struct fw_told *told, __u32 type,
					__u32 most)
{
	__u64 tick = bpf_jiffies64();

	if (told->tick != tick) {
		told->tick = tick;
		__builtin_memset(told->n, 0, sizeof(told->n));
	}
	return told->n[type]++ < most;
}

static __always_inline void fw_event_fill(struct fw_event_packet *event,
					  const struct fw_packet *pkt)
{
	bool ip = pkt->l3 == FW_L3_IP;

	event->length = pkt->len;
	event->malformed = pkt->malformed;
	event->type = pkt->type;
	event->vlan = pkt->vlan;
	event->family = ip ? 4 : pkt->l3 == FW_L3_IP6 ? 6 : 0;
	event->proto = pkt->l4proto;
	event->has_proto = !!(pkt->present & FW_HAS(FW_FIELD_L4PROTO));
	event->has_ports = !!(pkt->present & FW_HAS(FW_FIELD_DPORT));
	event->has_flags = !!(pkt->present & FW_HAS(FW_FIELD_TCP_FLAGS));
	event->has_icmp = !!(pkt->present & FW_HAS(FW_FIELD_ICMP_CODE));
	event->tcp_flags = pkt->tcp_flags;
	event->icmp_type = pkt->icmp_type;
	event->icmp_code = pkt->icmp_code;
	event->pad = 0;
	event->sport = pkt->sport;
	event->dport = pkt->dport;
	__builtin_memcpy(event->saddr, pkt->saddr.words, sizeof(event->saddr));
	__builtin_memcpy(event->daddr, pkt->daddr.words, sizeof(event->daddr));
}

/* Not static: verified by itself, once. */
__noinline int fw_tell(__u32 type, __u32 ifindex, __u32 rule, __u32 reason)
{
	const struct fw_packet *pkt = fw_packet_room();
	struct fw_event_packet *event;

	if (!pkt)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		fw_stat_add(FW_STAT_EVENTS_LOST);
		return 0;
	}
	event->head.type = type;
	event->head.size = sizeof(*event);
	event->head.ifindex = ifindex;
	event->head.time_ns = bpf_ktime_get_boot_ns();
	event->rule = rule;
	event->reason = reason;
	fw_event_fill(event, pkt);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* The rule that a packet is dropped by, for such a reason: policies have none. */
static __always_inline __u32 fw_decided(const struct fw_own *own,
					enum fw_stat reason)
{
	if (reason == FW_STAT_XDP_DROP_POLICY ||
	    reason == FW_STAT_XDP_DROP_MALFORMED)
		return 0;
	return own->room->decided;
}

/* The verdict is known: reason is that of a drop, or 0. */
static __always_inline void fw_tell_logs(const struct fw_own *own,
					 __u32 ifindex, __u32 reason)
{
	struct fw_scratch *room = own->room;

	for (__u32 i = 0; i < FW_EVENTS_PACKET; i++) {
		if (i >= room->n_logs)
			return;
		if (fw_may_tell(&room->told, FW_EVENT_LOG, FW_EVENTS_LOG))
			fw_tell(FW_EVENT_LOG, ifindex, room->logs[i], reason);
		else
			fw_stat_count(own->stats, FW_STAT_LOGS_LEFT_OUT);
	}
	if (room->n_logs > FW_EVENTS_PACKET)
		fw_stat_sum(own->stats, FW_STAT_LOGS_LEFT_OUT,
			    room->n_logs - FW_EVENTS_PACKET);
}

/* A packet is dropped, by that rule or 0: counted by its reason, and told of. */
static __always_inline void fw_drop(const struct fw_own *own, __u32 ifindex,
				    __u32 rule, enum fw_stat reason)
{
	fw_stat_count(own->stats, reason);
	fw_tell_logs(own, ifindex, reason);
	if (fw_may_tell(&own->room->told, FW_EVENT_DROP, FW_EVENTS_DROP))
		fw_tell(FW_EVENT_DROP, ifindex, rule, reason);
	else
		fw_stat_count(own->stats, FW_STAT_DROPS_LEFT_OUT);
}
