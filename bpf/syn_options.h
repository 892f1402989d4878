/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP options of a SYN and of the SYN-ACK that answers it.
 *
 * A cookie has room for the client's MSS alone. What else it offered stands in
 * the low bits of the timestamp that it will send back, where both the kernel's
 * cookies and nft's synproxy look for it: window scale, SACK. So a client
 * without timestamps gets neither.
 */
#pragma once

#include <linux/tcp.h>

#include "packet.h"

#define FW_TCP_OPTIONS 40		/* bytes at most, RFC 9293 section 3.1 */
#define FW_TCP_OPTIONS_ROOM 64

enum {
	FW_TCP_END = 0,			/* RFC 9293 section 3.2 */
	FW_TCP_NOP = 1,
	FW_TCP_MSS = 2,
	FW_TCP_WSCALE = 3,		/* RFC 7323 */
	FW_TCP_SACK = 4,		/* RFC 2018 */
	FW_TCP_TIMESTAMP = 8,		/* RFC 7323 */
};

#define FW_TCP_WSCALE_MAX 14

/* Of the timestamp: kernel's TS_OPT_*. */
#define FW_STAMP_BITS 0x3fu
#define FW_STAMP_NO_WSCALE 0xfu
#define FW_STAMP_SACK 0x10u

/* One packet at a time; too large for the stack beside what calls this. */
struct fw_syn_room {
	union {
		struct iphdr ip;
		struct ipv6hdr ip6;
	};
	struct tcphdr tcp;
	/* In front of what is read past the last of them: zero. */
	__u8 options[FW_TCP_OPTIONS_ROOM + 8];
	__u32 at, end;			/* of what is left to read */
	__u32 stamp;			/* be; the client's */
	__u8 offers;			/* FW_SYN_* of the client's SYN */
	__u8 wscale;
	__u8 pad[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fw_syn_room);
} syn_room SEC(".maps");

static __always_inline struct fw_syn_room *fw_syn_room_of(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&syn_room, &key);
}

static __always_inline __u8 *fw_option(struct fw_syn_room *room, __u32 at)
{
	return &room->options[at & (FW_TCP_OPTIONS_ROOM - 1)];
}

/* 1: that was the last. State is in the room, where the verifiers of all kernels
 * take it for unknown. */
static long fw_option_step(__u32 i, void *unused)
{
	struct fw_syn_room *room = fw_syn_room_of();
	__u32 at, size;
	__u8 kind;

	(void)i;
	(void)unused;
	if (!room || room->at >= room->end)
		return 1;
	at = room->at;
	kind = *fw_option(room, at);
	if (kind == FW_TCP_END)
		return 1;
	size = kind == FW_TCP_NOP ? 1 : *fw_option(room, at + 1);
	if (!size || at + size > room->end || (kind != FW_TCP_NOP && size < 2))
		return 1;
	if (kind == FW_TCP_WSCALE && size == 3) {
		room->offers |= FW_SYN_WSCALE;
		room->wscale = *fw_option(room, at + 2);
	} else if (kind == FW_TCP_SACK && size == 2) {
		room->offers |= FW_SYN_SACK;
	} else if (kind == FW_TCP_TIMESTAMP && size == 10) {
		room->offers |= FW_SYN_TIMESTAMP;
		__builtin_memcpy(&room->stamp, fw_option(room, at + 2), 4);
	}
	room->at = at + size;
	return 0;
}

/* What the client offers, into the room. */
static __always_inline void fw_options_read(struct fw_syn_room *room)
{
	__u32 size = room->tcp.doff * 4;

	room->at = 0;
	room->end = size > sizeof(room->tcp) ? size - sizeof(room->tcp) : 0;
	room->offers = 0;
	bpf_loop(FW_TCP_OPTIONS, fw_option_step, NULL, 0);
	if (room->wscale > FW_TCP_WSCALE_MAX)
		room->wscale = FW_TCP_WSCALE_MAX;
}

/* The server's clock, with the client's offers in its low bits; never ahead. */
static __always_inline __u32 fw_stamp(const struct fw_syn_room *room,
				      __u32 offers)
{
	__u32 now = (__u32)(bpf_ktime_get_ns() / 1000000);
	__u32 bits = offers & FW_SYN_WSCALE ? room->wscale : FW_STAMP_NO_WSCALE;
	__u32 stamp;

	if (offers & FW_SYN_SACK)
		bits |= FW_STAMP_SACK;
	stamp = (now & ~FW_STAMP_BITS) | bits;
	return stamp > now ? stamp - (FW_STAMP_BITS + 1) : stamp;
}

static __always_inline void fw_option_words(__u8 *at, __u32 word)
{
	word = bpf_htonl(word);
	__builtin_memcpy(at, &word, sizeof(word));
}

#define FW_OPTION(kind, size, a, b) \
	((__u32)(kind) << 24 | (__u32)(size) << 16 | (a) << 8 | (b))

/* The answer's options in the place of the SYN's; returns their size. mss: where
 * it is offered; offers: what both sides agree on, scale with it. */
static __always_inline __u32 fw_options_write(struct fw_syn_room *room,
					      __u32 mss, __u32 offers,
					      __u32 wscale)
{
	__u8 *at = room->options;
	__u32 size = 0;

	if (offers & FW_SYN_MSS) {
		fw_option_words(at, FW_OPTION(FW_TCP_MSS, 4, 0, 0) | mss);
		size = 4;
	}
	if (!(offers & FW_SYN_TIMESTAMP))
		return size;
	at = fw_option(room, size);
	fw_option_words(at, offers & FW_SYN_SACK ?
		FW_OPTION(FW_TCP_SACK, 2, FW_TCP_TIMESTAMP, 10) :
		FW_OPTION(FW_TCP_NOP, FW_TCP_NOP, FW_TCP_TIMESTAMP, 10));
	fw_option_words(at + 4, fw_stamp(room, offers));
	__builtin_memcpy(at + 8, &room->stamp, 4);
	size += 12;
	if (!(offers & FW_SYN_WSCALE))
		return size;
	fw_option_words(fw_option(room, size),
			FW_OPTION(FW_TCP_NOP, FW_TCP_WSCALE, 3, wscale));
	return size + 4;
}
