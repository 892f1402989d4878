/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Roads: what TC ingress, which takes them, and TC egress, which opens them, have
 * to agree on. struct fw_road says how they work.
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

/* Also while two generations judge: what leaves then was accepted by one. */
static __always_inline bool fw_road_holds(const struct fw_road *road,
					  __u64 word, __u64 now)
{
	return *(volatile __u64 *)&road->until_ns > now &&
	       road->epoch == (__u32)(word >> FW_CONTROL_EPOCH_SHIFT) &&
	       road->turn == fw_road_turn();
}
