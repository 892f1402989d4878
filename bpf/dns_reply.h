/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer to a query that fw_dns_ask() has read, in the query's own frame:
 * addresses and ports swapped, the question as it was asked, no records. XDP
 * alone can send it back.
 *
 * Of EDNS the answer has what every responder must say, and no options (RFC
 * 6891 section 6.1.1); the DO bit is the query's (RFC 3225). RD and CD are the
 * query's too (RFC 1035 section 4.1.1, RFC 4035 section 3.2.2).
 *
 * No query is answered whose answer would go to nobody or to many, or whose IP
 * header has options or extensions. The answer is never longer than the query.
 */
#pragma once

#include "dns_name.h"

#define FW_DNS_RESPONSE 0x8000
#define FW_DNS_RD 0x0100
#define FW_DNS_RA 0x0080
#define FW_DNS_CD 0x0010

#define FW_DNS_OPT 41		/* RFC 6891 section 6.1.2 */
#define FW_DNS_OPT_DO 0x80
#define FW_DNS_UDP_SIZE 1232	/* fits the smallest MTU of IPv6 */

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
	__u64 sum = bpf_htons(size) + bpf_htons(IPPROTO_UDP);

	for (int i = 0; i < 4; i++)
		sum += (__u64)pkt->saddr.words[i] + pkt->daddr.words[i];
	return sum;
}

/* --- the message ---------------------------------------------------------- */
/* The OPT record at opt, where the message has one in its last left bytes,
 * becomes the answer's. Returns its size. */
static __always_inline __u32 fw_reply_opt(__u8 *opt, __u32 left)
{
	__u32 options = (__u32)opt[9] << 8 | opt[10];

	if (opt[0] || opt[1] || opt[2] != FW_DNS_OPT ||
	    left < FW_DNS_OPT_SIZE + options)
		return 0;
	opt[3] = FW_DNS_UDP_SIZE >> 8;
	opt[4] = FW_DNS_UDP_SIZE & 0xff;
	opt[5] = 0;	/* of the rcode */
	opt[6] = 0;	/* version */
	opt[7] &= FW_DNS_OPT_DO;
	opt[8] = 0;
	opt[9] = 0;	/* options */
	opt[10] = 0;
	return FW_DNS_OPT_SIZE;
}

/* UDP's header, DNS's and the question in the scratch value, as they are to be
 * sent. Returns their size. */
static __always_inline __u32 fw_reply_message(struct fw_dns *dns,
					      const struct fw_packet *pkt,
					      __u32 rcode)
{
	struct fw_dns_head *head = &dns->head;
	__u32 at = (dns->end + 4) & (FW_DNS_QUESTION_ROOM - 1);
	__u32 left = bpf_ntohs(head->len) - sizeof(*head) - at, opt = 0, size;
	__be16 port = head->source;

	if (head->additional)
		opt = fw_reply_opt(dns->question + at, left);
	size = sizeof(*head) + at + opt;
	head->source = head->dest;
	head->dest = port;
	head->len = bpf_htons(size);
	head->check = 0;
	head->flags &= bpf_htons(FW_DNS_RD | FW_DNS_CD);
	head->flags |= bpf_htons(FW_DNS_RESPONSE | FW_DNS_RA | rcode);
	head->additional = opt ? bpf_htons(1) : 0;
	return size;
}

/* The message's sum, its end filled up to four bytes for the helper. */
static __always_inline void fw_reply_sum(struct fw_dns *dns,
					 const struct fw_packet *pkt,
					 __u32 size)
{
	__u32 at = (size - sizeof(dns->head)) & (FW_DNS_QUESTION_ROOM - 1);
	__u64 sum;

	dns->question[at] = 0;
	dns->question[at + 1] = 0;
	dns->question[at + 2] = 0;
	sum = (__u32)bpf_csum_diff(NULL, 0, (__be32 *)&dns->head,
				   (size + 3) & (FW_DNS_QUESTION_ROOM - 4), 0);
	dns->head.check = fw_sum_fold(sum + fw_sum_pseudo(pkt, size));
	if (!dns->head.check)
		dns->head.check = 0xffff;	/* RFC 768: 0 is no checksum */
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
		.protocol = IPPROTO_UDP,
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
		.nexthdr = IPPROTO_UDP,
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

/*
 * 1 where the frame is the answer now, to be sent back; 0 where it cannot be,
 * and may be half of it. What was asked is forgotten. Not static: verified by
 * itself, once.
 */
__noinline int fw_dns_reply(struct xdp_md *ctx, const struct fw_packet *pkt,
			    __u32 rcode)
{
	struct fw_dns *dns = fw_dns_scratch();
	__u32 size;

	if (!pkt || !dns || !fw_reply_possible(pkt))
		return 0;
	size = fw_reply_message(dns, pkt, rcode);
	fw_reply_sum(dns, pkt, size);
	if (bpf_xdp_adjust_tail(ctx, (int)(pkt->l4_off + size - pkt->l3_off -
					   pkt->len)) ||
	    !fw_reply_link(ctx))
		return 0;
	if (pkt->l3 == FW_L3_IP ? !fw_reply_ip(ctx, pkt, size)
				: !fw_reply_ip6(ctx, pkt, size))
		return 0;
	size = ((size - 1) & (FW_DNS_QUESTION_ROOM - 1)) + 1;
	return !bpf_xdp_store_bytes(ctx, pkt->l4_off, &dns->head, size);
}
