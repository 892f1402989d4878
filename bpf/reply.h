/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet that XDP sends back in the frame of the one that asked for it: link
 * and IP header turned round, checksums.
 *
 * Nothing is sent back that would go to nobody or to many, and nothing of which
 * the IP header has options or extensions.
 */
#pragma once

#include "packet.h"

#define FW_REPLY_TTL 64
#define FW_REPLY_DONT_FRAGMENT 0x4000

/* --- checksums (RFC 1071) ------------------------------------------------- */
static __always_inline __u16 fw_sum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* The pseudo header of either version: all that one has and the other has not is
 * zero. */
static __always_inline __u64 fw_sum_pseudo(const struct fw_packet *pkt,
					   __u32 size)
{
	__u64 sum = bpf_htons(size) + bpf_htons(pkt->l4proto);

	for (int i = 0; i < 4; i++)
		sum += (__u64)pkt->saddr.words[i] + pkt->daddr.words[i];
	return sum;
}

/* --- the frame ------------------------------------------------------------ */
struct fw_reply_ether {
	__u8 dest[ETH_ALEN], source[ETH_ALEN];
};

static __always_inline bool fw_reply_link(struct xdp_md *ctx)
{
	struct fw_reply_ether asked, answer;

	if (bpf_xdp_load_bytes(ctx, 0, &asked, sizeof(asked)))
		return false;
	if ((asked.dest[0] | asked.source[0]) & 1)	/* to many */
		return false;
	__builtin_memcpy(answer.dest, asked.source, ETH_ALEN);
	__builtin_memcpy(answer.source, asked.dest, ETH_ALEN);
	return !bpf_xdp_store_bytes(ctx, 0, &answer, sizeof(answer));
}

static __always_inline bool fw_reply_ip(struct xdp_md *ctx,
					const struct fw_packet *pkt, __u32 size)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = bpf_htons(sizeof(ip) + size),
		.frag_off = bpf_htons(FW_REPLY_DONT_FRAGMENT),
		.ttl = FW_REPLY_TTL,
		.protocol = pkt->l4proto,
		.saddr = pkt->daddr.words[0],
		.daddr = pkt->saddr.words[0],
	};

	ip.check = fw_sum_fold((__u32)bpf_csum_diff(NULL, 0, (__be32 *)&ip,
						    sizeof(ip), 0));
	return !bpf_xdp_store_bytes(ctx, pkt->l3_off, &ip, sizeof(ip));
}

static __always_inline bool fw_reply_ip6(struct xdp_md *ctx,
					 const struct fw_packet *pkt,
					 __u32 size)
{
	struct ipv6hdr ip = {
		.version = 6,
		.payload_len = bpf_htons(size),
		.nexthdr = pkt->l4proto,
		.hop_limit = FW_REPLY_TTL,
	};

	__builtin_memcpy(&ip.saddr, pkt->daddr.words, sizeof(ip.saddr));
	__builtin_memcpy(&ip.daddr, pkt->saddr.words, sizeof(ip.daddr));
	return !bpf_xdp_store_bytes(ctx, pkt->l3_off, &ip, sizeof(ip));
}

/* An address that one host has: not 0/8, 127/8, 224/3; not ::/32, ff00::/8. */
static __always_inline bool fw_reply_one(const struct fw_packet *pkt,
					 const struct fw_address *address)
{
	__u8 first = *(const __u8 *)address->words;

	if (pkt->l3 == FW_L3_IP)
		return first && first != 127 && first < 224;
	return address->words[0] && first != 0xff;
}

static __always_inline bool fw_reply_possible(const struct fw_packet *pkt)
{
	__u32 header = pkt->l4_off - pkt->l3_off;

	if (header != (pkt->l3 == FW_L3_IP ? sizeof(struct iphdr)
					   : sizeof(struct ipv6hdr)))
		return false;
	return pkt->sport && fw_reply_one(pkt, &pkt->saddr) &&
	       fw_reply_one(pkt, &pkt->daddr);
}
