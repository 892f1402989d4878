/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The road in XDP: a frame that rules have let pass goes from its driver to the
 * one of the device that its flow leaves by (struct fw_road).
 *
 * In: a frame on a device of "road_ports". Out: XDP_REDIRECT, and the frame is
 * what the stack would have sent on; or XDP_PASS, and it is as it was. What is not
 * for a road, or for this one only, may have TC's still:
 *
 *  - those whose addresses or ports are translated
 *  - frames in several pieces: not every driver sends them
 *  - those whose checksum waits for a device to fill it in, of which nothing is
 *    said here: it is that of the pseudo header so far. One in 65536 others looks
 *    the same.
 *
 * A tag is in the frame, or in none: the daemon has seen to that. A frame that the
 * other driver does not take is lost.
 */
#pragma once

#include "roads.h"

static __always_inline const struct fw_road_port *
fw_road_port_of(const struct xdp_md *ctx)
{
	__u32 key = ctx->ingress_ifindex;

	return bpf_map_lookup_elem(&road_ports, &key);
}

static __always_inline __u16 fw_sum_folded(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)((sum & 0xffff) + (sum >> 16));
}

/* RFC 9293 section 3.1, RFC 8200 section 8.1 */
static __always_inline __u16 fw_sum_of_pseudo_header(const struct fw_packet *pkt,
						     __be16 len)
{
	__u64 sum = (__u64)len + bpf_htons(pkt->l4proto);

	for (int i = 0; i < 4; i++)
		sum += (__u64)pkt->saddr.words[i] + pkt->daddr.words[i];
	return fw_sum_folded(sum);
}

static __always_inline bool fw_road_is_whole(const struct fw_packet *pkt,
					     const __u8 *l4, const void *end,
					     __be16 len)
{
	const __u8 *sum = l4 + (pkt->l4proto == IPPROTO_TCP ? 16 : 6);

	return (const void *)(sum + 2) <= end &&
	       *(const __be16 *)sum != fw_sum_of_pseudo_header(pkt, len);
}

static __always_inline bool fw_mac_equal(const __u8 *a, const __u8 *b)
{
	const __u16 *x = (const void *)a, *y = (const void *)b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2];
}

static __always_inline bool fw_road_takes(const struct xdp_md *ctx,
					  const struct fw_packet *pkt,
					  const struct fw_road_port *port)
{
	__u8 *data = (void *)(long)ctx->data;
	const void *end = (const void *)(long)ctx->data_end;
	const struct iphdr *ip = (const void *)(data + ETH_HLEN);
	const struct ipv6hdr *ip6 = (const void *)ip;

	if ((const void *)(ip6 + 1) > end ||
	    (__u32)((const __u8 *)end - data) != ETH_HLEN + pkt->len ||
	    !fw_mac_equal(data, port->mac))
		return false;
	if (pkt->l3 == FW_L3_IP)
		return ip->ttl > 1 && fw_road_ip(pkt, ip, 0) &&
		       fw_road_is_whole(pkt, (const void *)(ip + 1), end,
					bpf_htons(bpf_ntohs(ip->tot_len) -
						  sizeof(*ip)));
	return ip6->hop_limit > 1 && fw_road_ip6(pkt, ip6, 0) &&
	       fw_road_is_whole(pkt, (const void *)(ip6 + 1), end,
				ip6->payload_len);
}

/* False where it is too short, which fw_road_takes() rules out. */
static __always_inline bool fw_road_change(const struct xdp_md *ctx,
					   const struct fw_packet *pkt,
					   const __u64 *words)
{
	__u8 *data = (void *)(long)ctx->data;
	struct ipv6hdr *ip6 = (void *)(data + ETH_HLEN);

	if ((const void *)(ip6 + 1) > (const void *)(long)ctx->data_end)
		return false;
	if (pkt->l3 == FW_L3_IP)
		fw_road_age((void *)ip6);
	else
		ip6->hop_limit--;
	fw_road_macs(words, data);
	return true;
}

static __noinline int fw_xdp_road(struct xdp_md *ctx,
				  const struct fw_packet *pkt, __u64 word)
{
	__u64 words[FW_ROAD_WORDS], now = bpf_ktime_get_boot_ns();
	const struct fw_road_port *port = fw_road_port_of(ctx);
	struct fw_flow *flow;
	__u32 to;

	if (!port || port->until <= now || !fw_road_l4(pkt))
		return XDP_PASS;
	flow = fw_flow_find(ctx->ingress_ifindex, pkt);
	if (!flow || flow->verdict != FW_FLOW_TRUSTED || flow->road.closed ||
	    flow->road.translated ||
	    !fw_road_read(&flow->road, word, now, words) ||
	    pkt->len > fw_road_longest(words))
		return XDP_PASS;
	to = fw_road_device(words);
	if (to == ctx->ingress_ifindex || !fw_road_takes(ctx, pkt, port) ||
	    bpf_redirect_map(&road_devices, to, XDP_PASS) != XDP_REDIRECT ||
	    !fw_road_change(ctx, pkt, words))
		return XDP_PASS;
	fw_flow_charge(flow, 1, pkt->len);
	fw_road_charge(&flow->road, 1, pkt->len);
	fw_stat_add(FW_STAT_XDP_ROAD);
	return XDP_REDIRECT;
}
