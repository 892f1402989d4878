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
 * What reply.h sends nothing back to is not answered. The answer is never longer
 * than the query.
 */
#pragma once

#include "dns_name.h"
#include "reply.h"

#define FW_DNS_RESPONSE 0x8000
#define FW_DNS_RD 0x0100
#define FW_DNS_RA 0x0080
#define FW_DNS_CD 0x0010

#define FW_DNS_OPT 41		/* RFC 6891 section 6.1.2 */
#define FW_DNS_OPT_DO 0x80
#define FW_DNS_UDP_SIZE 1232	/* fits the smallest MTU of IPv6 */

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
