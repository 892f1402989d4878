/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Roads: what XDP and TC ingress, which take them, and TC egress, which opens
 * them, have to agree on. struct fw_road says how they work.
 *
 * A packet may be on a road when nothing but its flow could matter to the stack:
 * an untagged frame, IP without options or extension headers, no fragment, UDP,
 * or TCP with ACK and none of SYN, FIN, RST and URG.
 */
#pragma once

#include "flows.h"

#define FW_TCP_FIN 0x01
#define FW_TCP_SYN 0x02
#define FW_TCP_RST 0x04
#define FW_TCP_ACK 0x10
#define FW_TCP_URG 0x20
#define FW_TCP_PLAIN \
	(FW_TCP_FIN | FW_TCP_SYN | FW_TCP_RST | FW_TCP_ACK | FW_TCP_URG)

#define FW_IP_FRAGMENT (FW_IP_OFFSET | FW_IP_MORE)
/* Where a MAC address stands in its word: beside the low 16 bits. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FW_ROAD_MAC 2
#else
#define FW_ROAD_MAC 0
#endif
#define FW_ETH_PADDED 46	/* a frame's payload is filled up to that */

static __always_inline bool fw_road_ip(const struct fw_packet *pkt,
				       const struct iphdr *ip, __u32 gso)
{
	return ip->ihl == 5 && !(ip->frag_off & bpf_htons(FW_IP_FRAGMENT)) &&
	       (gso || pkt->len <= FW_ETH_PADDED ||
		pkt->len == bpf_ntohs(ip->tot_len));
}

static __always_inline bool fw_road_ip6(const struct fw_packet *pkt,
					const struct ipv6hdr *ip, __u32 gso)
{
	return ip->nexthdr == pkt->l4proto &&
	       (gso ||
		pkt->len == sizeof(*ip) + bpf_ntohs(ip->payload_len));
}

static __always_inline bool fw_road_l4(const struct fw_packet *pkt)
{
	if (pkt->malformed || !pkt->whole_l4 || pkt->l3_off != ETH_HLEN)
		return false;
	if (pkt->l4proto == IPPROTO_TCP)
		return (pkt->tcp_flags & FW_TCP_PLAIN) == FW_TCP_ACK;
	return pkt->l4proto == IPPROTO_UDP;
}

/* The packet's length on the wire, or that of the segments that a merged one is
 * cut into. tcp_header: its length in words, of TCP only. */
static __always_inline __u32 fw_road_length(const struct fw_packet *pkt,
					    __u32 gso, __u32 tcp_header)
{
	__u32 l4 = pkt->l4proto == IPPROTO_TCP ? tcp_header * 4 : 8;

	return gso ? pkt->l4_off - pkt->l3_off + l4 + gso : pkt->len;
}

static __always_inline __u32 fw_road_turn(void)
{
	__u32 key = 0;
	const __u32 *turn = bpf_map_lookup_elem(&road_turn, &key);

	return turn ? *(volatile __u32 *)turn : 0;
}

static __always_inline __u64 fw_road_when(__u64 word)
{
	return word >> FW_CONTROL_EPOCH_SHIFT << 32 |
	       (fw_road_turn() << 16 & 0xffff0000);
}

/* The words of one opening that holds, into words. Also while two generations
 * judge: what leaves then was accepted by one. */
static __always_inline bool fw_road_read(const struct fw_road *road, __u64 word,
					 __u64 now,
					 __u64 words[FW_ROAD_WORDS])
{
	__u64 mixed = 0;

#pragma unroll
	for (int i = 0; i < FW_ROAD_WORDS; i++) {
		words[i] = *(const volatile __u64 *)&road->words[i];
		mixed |= words[i] ^ words[FW_ROAD_UNTIL];
	}
	return !(mixed & FW_ROAD_NUMBER) && words[FW_ROAD_UNTIL] > now &&
	       (words[FW_ROAD_WHEN] & ~FW_ROAD_NUMBER) == fw_road_when(word);
}

static __always_inline __u32 fw_road_device(const __u64 words[FW_ROAD_WORDS])
{
	return (__u32)(words[FW_ROAD_OUT] >> 32);
}

static __always_inline __u32 fw_road_longest(const __u64 words[FW_ROAD_WORDS])
{
	return words[FW_ROAD_OUT] >> 16 & 0xffff;
}

static __always_inline void fw_road_charge(struct fw_road *road, __u32 packets,
					   __u32 bytes)
{
	__sync_fetch_and_add(&road->packets, packets);
	__sync_fetch_and_add(&road->bytes, bytes);
}

/* The TTL is the upper half of its word of the header (RFC 1141). */
static __always_inline void fw_road_age(struct iphdr *ip)
{
	__u32 sum = (__u32)ip->check + bpf_htons(0x0100);

	ip->check = (__u16)(sum + (sum >= 0xffff));
	ip->ttl--;
}

/* Into a frame. */
static __always_inline void fw_road_macs(const __u64 words[FW_ROAD_WORDS],
					 __u8 *frame)
{
	const __u8 *to = (const __u8 *)&words[FW_ROAD_TO] + FW_ROAD_MAC;
	const __u8 *from = (const __u8 *)&words[FW_ROAD_FROM] + FW_ROAD_MAC;

	__builtin_memcpy(frame, to, ETH_ALEN);
	__builtin_memcpy(frame + ETH_ALEN, from, ETH_ALEN);
}
