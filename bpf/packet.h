/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame into the fields of the classifier, as nft's netdev ingress hook loads
 * them: a field that nft could not load is absent, and so matches nothing.
 *
 *  - One VLAN tag, 802.1Q or 802.1ad, is looked through, as the kernel does
 *    before that hook; behind a second one there is only L3 "other".
 *  - A field of the network header is there as far as the frame reaches.
 *  - meta l4proto needs a whole IP header of the right version, of which no
 *    length is too long; in IPv6 it is what stands behind the extension
 *    headers, and AH ends the walk (ipv6_find_hdr() with IP6_FH_F_AUTH).
 *  - Fields of the transport header need l4proto and fragment offset 0, and
 *    each is there as far as the frame reaches, padding included.
 *
 * What is malformed has a reason beside that, the first that was found: it is
 * counted, and changes no field. There the packet ends where its IP header says.
 *
 * A program says what a frame is to it before it includes this header:
 *
 *	FW_CTX			type of its context
 *	FW_CTX_LINEAR(ctx)	defined: context has data and data_end; true: the
 *				Ethernet header is there
 *	fw_ctx_len(ctx)		bytes from the Ethernet header on
 *	fw_ctx_load(ctx, offset, to, size)	copies, 0 when all was there
 *	fw_ctx_vlan(ctx)	tag that is not in the frame, or FW_NO_VLAN
 *	fw_ctx_gso(ctx)		true: a merged packet, may exceed tot_len's 64K
 */
#pragma once

#include <stdbool.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"

#define FW_NO_VLAN 0xffffffffu
#define FW_VLAN_ID 0x0fffu
#define FW_ETH_TYPE_MIN 0x0600	/* below: a length, IEEE 802.3 */
#define FW_IP_OFFSET 0x1fff
#define FW_IP_MORE 0x2000
#define FW_IP6_OFFSET 0xfff8
#define FW_IP6_MORE 0x0001
#define FW_IP6_EXTENSIONS 8192	/* more do not fit into a packet */
#define FW_L4_MAX 65535		/* nft keeps the offset in 16 bits */

/* An address is a key of a trie as it stands: prefix_len is 32 or 128. */
struct fw_address {
	__u32 prefix_len;
	__u32 words[4];		/* be; IPv4 in the first, rest zero */
};

struct fw_packet {
	__u32 len;		/* bytes from the network header on */
	__u32 l3_off;		/* from the Ethernet header */
	__u32 l4_off;		/* likewise; valid with whole_l4 */
	__u16 present;		/* bit f: the packet has field f */
	__u16 vlan;		/* id, 0 untagged */
	__u16 type;		/* skb->protocol */
	__u16 sport, dport;	/* host order */
	__u8 l3;		/* enum fw_l3 */
	__u8 nexthdr;
	__u8 l4proto;
	__u8 tcp_flags;
	__u8 icmp_type, icmp_code;
	__u8 whole_l4;		/* no later fragment, l4proto present */
	__u8 malformed;		/* enum fw_stat, or 0 */
	__u8 dns;		/* enum fw_dns_asked; 0 until that is known */
	struct fw_address saddr, daddr;
};

#define FW_HAS(field) (1u << (field))

struct fw_tag {
	__be16 tci;
	__be16 type;
};

/* The linear part is looked up once: no helper used here moves it. */
struct fw_frame {
	FW_CTX *ctx;
	const void *data, *end;
};

/* The headers' bytes: in place where the linear part has them, else copied.
 * offset has to be bounded in the verifier's eyes. NULL: not all there. */
static __always_inline const void *fw_header(const struct fw_frame *frame,
					     __u32 offset, __u32 size,
					     void *copy)
{
	if (frame->data && frame->data + offset + size <= frame->end)
		return frame->data + offset;
	return fw_ctx_load(frame->ctx, offset, copy, size) ? NULL : copy;
}

/* A transport header, and how much of the packet there is from it on. */
struct fw_l4 {
	__u32 offset;		/* from the Ethernet header */
	__u32 rest;
	bool more;		/* fragments follow */
};

static __always_inline void fw_malformed(struct fw_packet *pkt,
					 enum fw_stat reason)
{
	if (!pkt->malformed)
		pkt->malformed = reason;
}

/* Bytes that every header of the protocol has; 0: it is not looked at. */
static __always_inline __u32 fw_l4_least(__u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return 12;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 8;
	default:
		return 0;
	}
}

/* An IPv6 jumbogram has a length of 0, a merged packet that of one segment. */
static __always_inline bool fw_udp_sound(FW_CTX *ctx,
					 const struct fw_packet *pkt,
					 const struct fw_l4 *l4, __u32 length)
{
	if (fw_ctx_gso(ctx) || (!length && pkt->l3 == FW_L3_IP6))
		return true;
	return length >= 8 && (length <= l4->rest || l4->more);
}

/* The first 14 bytes, which end with TCP's flags; or those of UDP. */
static __always_inline void fw_parse_lengths(const struct fw_frame *frame,
					     struct fw_packet *pkt,
					     const struct fw_l4 *l4)
{
	__be16 copy[7];
	const __u8 *header;

	if (pkt->l4proto == IPPROTO_TCP) {
		header = fw_header(frame, l4->offset, 14, copy);
		if (!header)
			return;
		pkt->tcp_flags = header[13];
		pkt->present |= FW_HAS(FW_FIELD_TCP_FLAGS);
		if (header[12] >> 4 < 5 || (header[12] >> 4) * 4u > l4->rest)
			fw_malformed(pkt, FW_STAT_MALFORMED_TCP_HEADER);
	} else if (pkt->l4proto == IPPROTO_UDP) {
		header = fw_header(frame, l4->offset, 6, copy);
		if (header && !fw_udp_sound(frame->ctx, pkt, l4,
					    header[4] << 8 | header[5]))
			fw_malformed(pkt, FW_STAT_MALFORMED_UDP_LENGTH);
	}
}

static __always_inline void fw_parse_ports(const struct fw_frame *frame,
					   struct fw_packet *pkt, __u32 offset)
{
	__be16 copy[2];
	const __be16 *ports;

	ports = fw_header(frame, offset, 4, copy);
	if (ports) {
		pkt->sport = bpf_ntohs(ports[0]);
		pkt->dport = bpf_ntohs(ports[1]);
		pkt->present |= FW_HAS(FW_FIELD_SPORT) | FW_HAS(FW_FIELD_DPORT);
		return;
	}
	ports = fw_header(frame, offset, 2, copy);
	if (ports) {
		pkt->sport = bpf_ntohs(ports[0]);
		pkt->present |= FW_HAS(FW_FIELD_SPORT);
	}
}

static __always_inline void fw_parse_icmp(const struct fw_frame *frame,
					  struct fw_packet *pkt, __u32 offset)
{
	__u8 copy[2];
	const __u8 *icmp = fw_header(frame, offset, 2, copy);

	if (icmp) {
		pkt->icmp_type = icmp[0];
		pkt->icmp_code = icmp[1];
		pkt->present |= FW_HAS(FW_FIELD_ICMP_TYPE) |
				FW_HAS(FW_FIELD_ICMP_CODE);
		return;
	}
	icmp = fw_header(frame, offset, 1, copy);
	if (icmp) {
		pkt->icmp_type = icmp[0];
		pkt->present |= FW_HAS(FW_FIELD_ICMP_TYPE);
	}
}

static __always_inline void fw_parse_l4(const struct fw_frame *frame,
					struct fw_packet *pkt,
					const struct fw_l4 *l4)
{
	__u32 offset = l4->offset;

	pkt->whole_l4 = 1;
	pkt->l4_off = offset;
	if (l4->rest < fw_l4_least(pkt->l4proto))
		fw_malformed(pkt, FW_STAT_MALFORMED_L4_CUT);
	fw_parse_lengths(frame, pkt, l4);
	switch (pkt->l4proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		fw_parse_ports(frame, pkt, offset);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		fw_parse_icmp(frame, pkt, offset);
		break;
	}
}

/* An IPv4 header of fewer than 20 bytes: daddr is never there. */
static __always_inline void fw_parse_ip_rest(FW_CTX *ctx, struct fw_packet *pkt)
{
	if (fw_ctx_load(ctx, pkt->l3_off + offsetof(struct iphdr, protocol),
			&pkt->nexthdr, 1))
		return;
	pkt->present |= FW_HAS(FW_FIELD_NEXTHDR);
	if (fw_ctx_load(ctx, pkt->l3_off + offsetof(struct iphdr, saddr),
			pkt->saddr.words, 4))
		return;
	pkt->present |= FW_HAS(FW_FIELD_SADDR4);
}

/* The packet's length, or 0 where nft takes the header for none; merged packets
 * of more than 64K have a total length of 0. */
static __always_inline __u32 fw_ip_length(FW_CTX *ctx, struct fw_packet *pkt,
					  const struct iphdr *ip, __u32 header)
{
	__u32 total = bpf_ntohs(ip->tot_len);

	(void)ctx;
	if (!total && fw_ctx_gso(ctx))
		total = pkt->len;
	if (ip->version != 4)
		fw_malformed(pkt, FW_STAT_MALFORMED_IP_VERSION);
	else if (header < sizeof(*ip) || total < header)
		fw_malformed(pkt, FW_STAT_MALFORMED_IP_HEADER);
	else if (total > pkt->len)
		fw_malformed(pkt, FW_STAT_MALFORMED_IP_LENGTH);
	else
		return total;
	return 0;
}

static __always_inline void fw_parse_ip(const struct fw_frame *frame,
					struct fw_packet *pkt, __u32 offset)
{
	struct iphdr copy;
	const struct iphdr *ip = fw_header(frame, offset, sizeof(*ip), &copy);
	__u32 header, total;
	struct fw_l4 l4;

	pkt->saddr.prefix_len = 32;
	pkt->daddr.prefix_len = 32;
	if (!ip) {
		fw_malformed(pkt, FW_STAT_MALFORMED_IP_CUT);
		fw_parse_ip_rest(frame->ctx, pkt);
		return;
	}
	pkt->nexthdr = ip->protocol;
	pkt->saddr.words[0] = ip->saddr;
	pkt->daddr.words[0] = ip->daddr;
	pkt->present |= FW_HAS(FW_FIELD_NEXTHDR) | FW_HAS(FW_FIELD_SADDR4) |
			FW_HAS(FW_FIELD_DADDR4);
	header = ip->ihl * 4;
	total = fw_ip_length(frame->ctx, pkt, ip, header);
	if (!total)
		return;
	pkt->l4proto = ip->protocol;
	pkt->present |= FW_HAS(FW_FIELD_L4PROTO);
	if (ip->frag_off & bpf_htons(FW_IP_OFFSET))
		return;
	l4.offset = offset + header;
	l4.rest = total - header;
	l4.more = ip->frag_off & bpf_htons(FW_IP_MORE);
	fw_parse_l4(frame, pkt, &l4);
}

/*
 * The walk over extension headers. It counts what is left of the frame, not
 * offsets, so that no value of the state is a constant when it begins: kernels
 * before 6.7 check the step once, with what they know of the state then.
 */
struct fw_walk {
	FW_CTX *ctx;
	__u32 total;		/* of the frame, Ethernet header included */
	__u32 left;		/* from the header at hand on */
	__u32 next;		/* protocol of the header at hand, or
				   FW_WALK_BAD */
	__u32 found;		/* FW_WALK_* of the way */
};

#define FW_WALK_BAD 0x100u

#define FW_WALK_LATER 1u	/* a fragment, not the first */
#define FW_WALK_MORE 2u		/* a fragment, not the last */
#define FW_WALK_CUT 4u		/* a header reaches beyond the frame */

struct fw_extension {
	__u8 next;
	__u8 size;		/* in units of its own */
	__be16 fragment;	/* offset and flags, in a fragment header */
};

static __always_inline bool fw_is_extension(__u32 proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING ||
	       proto == IPPROTO_FRAGMENT || proto == IPPROTO_AH ||
	       proto == IPPROTO_NONE || proto == IPPROTO_DSTOPTS;
}

/* Of a later fragment there is only the protocol, and only where that is no
 * extension header. */
static __always_inline long fw_walk_later(struct fw_walk *walk, __u32 next)
{
	if (fw_is_extension(next) && next != IPPROTO_NONE) {
		walk->next = FW_WALK_BAD;
	} else {
		walk->next = next;
		walk->found |= FW_WALK_LATER;
	}
	return 1;
}

/* 1: the header at hand is the last. */
static long fw_walk_step(__u32 i, struct fw_walk *walk)
{
	struct fw_extension ext = {0};
	__u32 proto = walk->next;
	__u32 need = 2, size;

	(void)i;
	if (!fw_is_extension(proto) || proto == IPPROTO_NONE)
		return 1;
	if (proto == IPPROTO_ROUTING || proto == IPPROTO_FRAGMENT)
		need = 4;
	if (walk->left < need) {
		walk->next = FW_WALK_BAD;
		walk->found |= FW_WALK_CUT;
		return 1;
	}
	if (need == 4 ? fw_ctx_load(walk->ctx, walk->total - walk->left, &ext, 4)
		      : fw_ctx_load(walk->ctx, walk->total - walk->left, &ext, 2)) {
		walk->next = FW_WALK_BAD;
		return 1;
	}
	if (proto == IPPROTO_AH)
		return 1;
	if (proto == IPPROTO_FRAGMENT) {
		if (ext.fragment & bpf_htons(FW_IP6_OFFSET))
			return fw_walk_later(walk, ext.next);
		if (ext.fragment & bpf_htons(FW_IP6_MORE))
			walk->found |= FW_WALK_MORE;
		size = 8;
	} else {
		size = (ext.size + 1) * 8;
	}
	walk->next = ext.next;
	/* Beyond the end only a protocol without header is found. */
	if (walk->left < size)
		walk->found |= FW_WALK_CUT;
	walk->left = walk->left > size ? walk->left - size : 0;
	return 0;
}

/* end: of the packet, from the Ethernet header. */
static __noinline void fw_parse_extensions(FW_CTX *ctx, struct fw_packet *pkt,
					   __u32 end)
{
	struct fw_walk walk = {
		.ctx = ctx,
		.total = pkt->l3_off + pkt->len,
		.left = pkt->len - sizeof(struct ipv6hdr),
		.next = pkt->nexthdr,
		.found = pkt->whole_l4,	/* 0, which no verifier knows */
	};
	/* Without a linear part, for which offset is not bounded enough. */
	struct fw_frame frame = {.ctx = ctx};
	struct fw_l4 l4;

	bpf_loop(FW_IP6_EXTENSIONS, fw_walk_step, &walk, 0);
	l4.offset = walk.total - walk.left;
	if (walk.found & FW_WALK_CUT || l4.offset > end)
		fw_malformed(pkt, FW_STAT_MALFORMED_IP6_EXTENSION);
	if (walk.next == FW_WALK_BAD || l4.offset - pkt->l3_off > FW_L4_MAX)
		return;
	pkt->l4proto = walk.next;
	pkt->present |= FW_HAS(FW_FIELD_L4PROTO);
	if (walk.found & FW_WALK_LATER)
		return;
	l4.rest = end > l4.offset ? end - l4.offset : 0;
	l4.more = walk.found & FW_WALK_MORE;
	fw_parse_l4(&frame, pkt, &l4);
}

/* An IPv6 header of fewer than 40 bytes: daddr is never there. */
static __always_inline void fw_parse_ip6_rest(FW_CTX *ctx,
					      struct fw_packet *pkt)
{
	if (fw_ctx_load(ctx, pkt->l3_off + offsetof(struct ipv6hdr, nexthdr),
			&pkt->nexthdr, 1))
		return;
	pkt->present |= FW_HAS(FW_FIELD_NEXTHDR);
	if (fw_ctx_load(ctx, pkt->l3_off + offsetof(struct ipv6hdr, saddr),
			pkt->saddr.words, 16))
		return;
	pkt->present |= FW_HAS(FW_FIELD_SADDR6);
}

static __always_inline void fw_parse_ip6(const struct fw_frame *frame,
					 struct fw_packet *pkt, __u32 offset)
{
	struct ipv6hdr copy;
	const struct ipv6hdr *ip = fw_header(frame, offset, sizeof(*ip), &copy);
	struct fw_l4 l4 = {.offset = offset + sizeof(*ip)};
	__u32 payload;

	pkt->saddr.prefix_len = 128;
	pkt->daddr.prefix_len = 128;
	if (!ip) {
		fw_malformed(pkt, FW_STAT_MALFORMED_IP6_CUT);
		fw_parse_ip6_rest(frame->ctx, pkt);
		return;
	}
	pkt->nexthdr = ip->nexthdr;
	for (int i = 0; i < 4; i++) {
		pkt->saddr.words[i] = ip->saddr.in6_u.u6_addr32[i];
		pkt->daddr.words[i] = ip->daddr.in6_u.u6_addr32[i];
	}
	pkt->present |= FW_HAS(FW_FIELD_NEXTHDR) | FW_HAS(FW_FIELD_SADDR6) |
			FW_HAS(FW_FIELD_DADDR6);
	payload = bpf_ntohs(ip->payload_len);
	if (ip->version != 6) {
		fw_malformed(pkt, FW_STAT_MALFORMED_IP_VERSION);
		return;
	}
	if (payload + sizeof(*ip) > pkt->len) {
		fw_malformed(pkt, FW_STAT_MALFORMED_IP6_LENGTH);
		return;
	}
	/* A jumbogram, or a merged packet of more than 64K, says 0. */
	l4.rest = payload ? payload : pkt->len - (__u32)sizeof(*ip);
	if (fw_is_extension(pkt->nexthdr)) {
		fw_parse_extensions(frame->ctx, pkt, l4.offset + l4.rest);
		return;
	}
	pkt->l4proto = pkt->nexthdr;
	pkt->present |= FW_HAS(FW_FIELD_L4PROTO);
	fw_parse_l4(frame, pkt, &l4);
}

static __always_inline void fw_parse_l3(const struct fw_frame *frame,
					struct fw_packet *pkt, __u16 type,
					__u32 offset)
{
	pkt->l3_off = offset;
	pkt->len = fw_ctx_len(frame->ctx) - offset;
	pkt->present = FW_HAS(FW_FIELD_L3);
	pkt->type = type;
	switch (type) {
	case ETH_P_IP:
		pkt->l3 = FW_L3_IP;
		fw_parse_ip(frame, pkt, offset);
		break;
	case ETH_P_IPV6:
		pkt->l3 = FW_L3_IP6;
		fw_parse_ip6(frame, pkt, offset);
		break;
	case ETH_P_ARP:
		pkt->l3 = FW_L3_ARP;
		break;
	default:
		pkt->l3 = FW_L3_OTHER;
	}
}

/* Fills pkt. Packet pointers that the caller holds stay valid. Not static:
 * verified by itself, once, and not once for each way on from here. */
__noinline int fw_parse(FW_CTX *ctx, struct fw_packet *pkt)
{
	struct fw_frame frame = {.ctx = ctx};
	struct ethhdr eth_copy;
	struct fw_tag tag_copy;
	const struct ethhdr *eth;
	const struct fw_tag *tag;
	__u32 vlan = fw_ctx_vlan(ctx);
	__u16 type = 0;

	if (!pkt)
		return 0;
	__builtin_memset(pkt, 0, sizeof(*pkt));
#ifdef FW_CTX_LINEAR
	if (FW_CTX_LINEAR(ctx)) {
		frame.data = (const void *)(long)ctx->data;
		frame.end = (const void *)(long)ctx->data_end;
	}
#endif
	eth = fw_header(&frame, 0, sizeof(*eth), &eth_copy);
	if (eth)
		type = bpf_ntohs(eth->h_proto);
	else
		fw_malformed(pkt, FW_STAT_MALFORMED_ETHERNET);
	if (vlan != FW_NO_VLAN) {
		pkt->vlan = vlan & FW_VLAN_ID;
	} else if (type == ETH_P_8021Q || type == ETH_P_8021AD) {
		tag = fw_header(&frame, sizeof(*eth), sizeof(*tag), &tag_copy);
		if (tag) {
			pkt->vlan = bpf_ntohs(tag->tci) & FW_VLAN_ID;
			fw_parse_l3(&frame, pkt, bpf_ntohs(tag->type),
				    sizeof(*eth) + sizeof(*tag));
			return 0;
		}
		fw_malformed(pkt, FW_STAT_MALFORMED_VLAN);
	}
	fw_parse_l3(&frame, pkt, type, sizeof(*eth));
	return 0;
}
