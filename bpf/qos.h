/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes: their rate, DSCP and priority, applied to a packet whose class is
 * known. abi_qos.h says how that comes to be.
 */
#pragma once

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>

#include "bucket.h"
#include "maps.h"
#include "rows.h"

/* As the stack has it, by two bits of the TOS: of IPv4 alone. */
#define FW_PRIORITIES 0x4620u
#define FW_PRIORITY(tos) (FW_PRIORITIES >> ((tos) >> 3 & 3) * 4 & 7)

#define FW_DSCP_SHIFT 2		/* in IPv4's TOS */
#define FW_DSCP6_SHIFT 6	/* in the first half word of IPv6 */
#define FW_DSCP6 (0x3fu << FW_DSCP6_SHIFT)

/* The first half word of an IP header: version, and the TOS in IPv4's lower byte,
 * in the middle with IPv6. 0: it cannot be read. */
static __always_inline __u16 fw_qos_head(struct __sk_buff *skb, __u32 l3)
{
	__be16 head = 0;

	if (bpf_skb_load_bytes(skb, l3, &head, sizeof(head)))
		return 0;
	return bpf_ntohs(head);
}

/* What each segment of a merged packet has in front of its payload. */
static __always_inline __u32 fw_qos_headers(struct __sk_buff *skb, __u32 l3,
					    __u16 head)
{
	__u8 proto = 0, offset = 0;
	__u32 len;

	if (head >> 12 == 6) {
		len = sizeof(struct ipv6hdr);
		(void)bpf_skb_load_bytes(skb, l3 + 6, &proto, 1);
	} else {
		len = (head >> 8 & 0xf) * 4;
		(void)bpf_skb_load_bytes(skb, l3 + 9, &proto, 1);
	}
	if (proto != IPPROTO_TCP)
		return len + 8;
	(void)bpf_skb_load_bytes(skb, l3 + len + 12, &offset, 1);
	return len + (offset >> 4) * 4;
}

/* True when the header is another one now. */
static __always_inline bool fw_qos_mark(struct __sk_buff *skb, __u32 l3,
					__u16 head, __u32 dscp)
{
	__u16 now;
	__be16 be;

	if (head >> 12 == 6) {
		now = (__u16)((head & ~FW_DSCP6) | dscp << FW_DSCP6_SHIFT);
		be = bpf_htons(now);
		return now != head &&
		       !bpf_skb_store_bytes(skb, l3, &be, sizeof(be),
					    BPF_F_RECOMPUTE_CSUM);
	}
	now = (__u16)((head & 0xff03) | dscp << FW_DSCP_SHIFT);
	be = bpf_htons(now);
	/* Both changes together leave the sum of the frame as it was. */
	return now != head &&
	       !bpf_l3_csum_replace(skb, l3 + 10, bpf_htons(head), be,
				    sizeof(be)) &&
	       !bpf_skb_store_bytes(skb, l3, &be, sizeof(be), 0);
}

static __always_inline const struct fw_qos *fw_qos_find(__u32 number)
{
	void *inner = fw_inner(qos_profiles,
			       fw_control_slot(fw_control_read()));

	return inner ? bpf_map_lookup_elem(inner, &number) : NULL;
}

/* A class that has gone, or has no priority, leaves what the stack gives. */
static __always_inline __u32 fw_qos_priority(const struct fw_qos *qos,
					     __u16 head)
{
	if (qos && qos->flags & FW_QOS_PRIORITY)
		return qos->priority;
	return head >> 12 == 4 ? FW_PRIORITY(head & 0xff) : 0;
}

/*
 * carrier: direction and number, as in the packet's priority. l3: where the IP
 * header begins. What TC has to answer. Not static: verified by itself, once.
 */
__noinline int fw_qos_apply(struct __sk_buff *skb, __u32 carrier, __u32 l3)
{
	__u32 number = FW_QOS_NUMBER(carrier);
	__u32 index = FW_QOS_INDEX(number, carrier & FW_QOS_REPLY);
	const struct fw_qos *qos = fw_qos_find(number);
	struct fw_qos_counter *count = bpf_map_lookup_elem(&tc_stats, &index);
	__u64 *until = bpf_map_lookup_elem(&qos_state, &index);
	__u32 segments = skb->gso_segs ? skb->gso_segs : 1;
	__u32 bytes = skb->len - l3;
	__u16 head;

	if (l3 > 64)
		return TC_ACT_UNSPEC;
	head = fw_qos_head(skb, l3);
	skb->priority = fw_qos_priority(qos, head);
	if (!qos || !(qos->flags & FW_QOS_KNOWN) || !count || !until)
		return TC_ACT_UNSPEC;
	if (segments > 1)
		bytes += (segments - 1) * fw_qos_headers(skb, l3, head);
	if (qos->rate) {
		__u64 cost = qos->period * bytes / qos->rate;

		if (!fw_bucket_take(until, qos->depth + cost, cost)) {
			count->dropped += segments;
			count->dropped_bytes += bytes;
			return TC_ACT_SHOT;
		}
	}
	count->packets += segments;
	count->bytes += bytes;
	if (qos->flags & FW_QOS_DSCP &&
	    fw_qos_mark(skb, l3, head, qos->dscp & 0x3f))
		count->marked += segments;
	return TC_ACT_UNSPEC;
}
