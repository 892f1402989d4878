/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TC ingress: gives each packet the generation that XDP judged it by, looks its
 * flow up, writes Flywall's eight mark bits; sends a packet whose flow has a road
 * around the stack.
 *
 * In: a packet, with XDP's struct fw_meta or without. Out: TC_ACT_SHOT, or
 * TC_ACT_UNSPEC, so that filters of the admin's own behind this one still run
 * (TC_ACT_OK would end the classification); or TC_ACT_REDIRECT. Flows are looked
 * up, never made; where there are none and XDP's word holds, the packet is not even
 * parsed.
 *
 * Mark bits are written on every packet: what a local process, a tunnel or an
 * earlier device has set there is gone.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FW_CTX struct __sk_buff
/* cb[0]: bytes of the link header that stand before the packet's data. */
#define FW_CTX_LINEAR(ctx) (!(ctx)->cb[0])
#define fw_ctx_len(ctx) ((ctx)->len + (ctx)->cb[0])
#define fw_ctx_load(ctx, offset, to, size) \
	bpf_skb_load_bytes_relative(ctx, offset, to, size, BPF_HDR_START_MAC)
#define fw_ctx_vlan(ctx) ((ctx)->vlan_present ? (ctx)->vlan_tci : FW_NO_VLAN)
#define fw_ctx_gso(ctx) ((ctx)->gso_size)

/* A header of the link that still has its tag: the kernel has taken it out. */
static __always_inline long fw_ctx_load_link(struct __sk_buff *skb,
					     __u32 offset, void *to, __u32 size)
{
	__be16 tag[2];

	if (!skb->vlan_present || offset < 12)
		return fw_ctx_load(skb, offset, to, size);
	if (offset >= 16)
		return fw_ctx_load(skb, offset - 4, to, size);
	tag[0] = (__be16)skb->vlan_proto;
	tag[1] = bpf_htons((__u16)skb->vlan_tci);
	__builtin_memcpy(to, &tag[offset == 14], sizeof(*tag));
	return 0;
}

#include "classify.h"
#include "flows.h"
#include "qos.h"
#include "roads.h"

#define MARK_BITS 0xffu
#define FLAG_SYN 0x02
#define ROAD_ENDS (~0u)		/* for a packet that cannot be changed */

/* A kernel that copies a packet for generic XDP (skb_pp_cow_data(), since 6.9)
 * forgets how long its link header is: data begins behind it, and metadata is
 * out of reach. Returns that length; 0 where data begins with the header. */
static __noinline __u32 link_lost(struct __sk_buff *skb)
{
	__u64 link[2] = {0}, data[2] = {0};

	if (fw_ctx_load(skb, 0, link, ETH_HLEN))
		return 0;
	if (bpf_skb_load_bytes(skb, 0, data, ETH_HLEN))
		return ETH_HLEN;	/* less is left behind it */
	return link[0] != data[0] || link[1] != data[1] ? ETH_HLEN : 0;
}

/* XDP's word on a packet, or NULL. */
static __always_inline const struct fw_meta *meta_read(struct __sk_buff *skb)
{
	const struct fw_meta *meta = (const void *)(long)skb->data_meta;

	if ((const void *)(meta + 1) > (const void *)(long)skb->data)
		return NULL;
	return meta->magic == FW_META_MAGIC ? meta : NULL;
}

/*
 * True when XDP judged by what holds now:
 *  1. the same epoch, and by both slots if both count now;
 *  2. the epoch before, by both slots, of which one has become the active one.
 *     Not while the next commit overlaps: its candidate may stand in the slot
 *     that has been left.
 */
static __always_inline bool meta_holds(const struct fw_meta *meta, __u64 word)
{
	__u32 epoch = (__u32)(word >> FW_CONTROL_EPOCH_SHIFT);
	bool overlap = word & FW_CONTROL_OVERLAP;
	bool both = meta->flags & FW_META_OVERLAP;

	if (meta->epoch == epoch)
		return both || !overlap;
	return both && !overlap && meta->epoch + 1 == epoch;
}

/* Outside the overlap nft heeds the active slot's bit alone. */
static __always_inline __u16 meta_carry(const struct fw_meta *meta, __u64 word)
{
	if (word & FW_CONTROL_OVERLAP)
		return meta->flags;
	return meta->flags & (FW_META_CARRY(fw_control_slot(word)) |
			      FW_META_SYNPROXY);
}

/* By the active word, as XDP does it. The rules' counters are charged where no
 * XDP program can have done so. A link that was lost was so to generic XDP, which
 * has judged this packet last on this CPU. */
static __always_inline void judge_again(struct __sk_buff *skb, __u64 word,
					const struct fw_own *own,
					struct fw_judgement *judgement)
{
	const struct fw_packet *pkt = &own->room->packet;
	struct fw_view active, other = {0};
	bool xdp = true;

	fw_view_init(&active, fw_control_slot(word), skb->ifindex);
	if (word & FW_CONTROL_OVERLAP)
		fw_view_init(&other, !fw_control_slot(word), skb->ifindex);
	if (active.dev && active.dev->flags & FW_DEV_NO_XDP)
		xdp = false;
	if (!fw_view_judges(&active) && !fw_view_judges(&other))
		return;
	if (xdp)
		fw_stat_count(own->stats, FW_STAT_TC_RECLASSIFIED);
	else if (pkt->malformed)
		fw_stat_count(own->stats, pkt->malformed);
	fw_judge_word(skb, judgement, word, &active, &other, pkt,
		      !xdp ? FW_ASK_LIMITS : skb->cb[0] ? FW_ASK_AGAIN : 0);
	/* A SYN that XDP has let through is none of nft's synproxy. */
	if (!xdp || !(pkt->tcp_flags & FLAG_SYN))
		judgement->carry |= judgement->synproxy
				    << FW_META_SYNPROXY_SHIFT;
}

/* Merged packets count as what they were on the wire. */
static __always_inline struct fw_flow *flow_look_up(struct __sk_buff *skb,
						    const struct fw_packet *pkt)
{
	struct fw_flow *flow = fw_flow_find(skb->ifindex, pkt);

	if (!flow)
		return NULL;
	fw_stat_add(FW_STAT_TC_FLOW_HIT);
	fw_flow_charge(flow, skb->gso_segs ? skb->gso_segs : 1, pkt->len);
	return flow;
}

static __always_inline __u32 carry_marks(__u16 carry)
{
	__u32 marks = 0;

	if (carry & FW_META_CARRY(0))
		marks |= FW_MARK_CARRY(0);
	if (carry & FW_META_CARRY(1))
		marks |= FW_MARK_CARRY(1);
	marks |= (carry & FW_META_SYNPROXY) >> FW_META_SYNPROXY_SHIFT
		 << FW_MARK_SYNPROXY_SHIFT;
	return marks;
}

static __always_inline int pass(struct __sk_buff *skb,
				const struct fw_gen *header, __u32 marks)
{
	__u32 shift = header->mark_shift & 31;

	skb->mark = (skb->mark & ~(MARK_BITS << shift)) | marks << shift;
	return TC_ACT_UNSPEC;
}

/* The active slot's reason comes first. */
static __always_inline int drop_judged(const struct __sk_buff *skb,
				       const struct fw_own *own,
				       const struct fw_judgement *judgement)
{
	__u32 judged = judgement->active & FW_JUDGED_DROP ? judgement->active
							  : judgement->other;

	if (judged & FW_JUDGED_MALFORMED)
		fw_drop(own, skb->ifindex, 0, FW_STAT_TC_DROP_MALFORMED);
	else if (judged & FW_JUDGED_POLICY)
		fw_drop(own, skb->ifindex, 0, FW_STAT_TC_DROP_POLICY);
	else
		fw_drop(own, skb->ifindex,
			fw_decided(own, FW_STAT_TC_DROP_RECLASSIFIED),
			FW_STAT_TC_DROP_RECLASSIFIED);
	return TC_ACT_SHOT;
}

/* True when the packet may be on the road: then it has been made what the stack
 * would send on. */
static __noinline bool road_enter(struct __sk_buff *skb,
				  const struct fw_packet *pkt,
				  const __u64 *words)
{
	__u8 *data = (void *)(long)skb->data;
	const void *end = (const void *)(long)skb->data_end;
	struct iphdr *ip = (void *)(data + ETH_HLEN);
	struct ipv6hdr *ip6 = (void *)ip;
	__u32 gso = skb->gso_size;
	__u8 offset = 0;

	if (gso && pkt->l4proto == IPPROTO_TCP &&
	    fw_ctx_load(skb, pkt->l4_off + 12, &offset, 1))
		return false;
	if (fw_road_length(pkt, gso, offset >> 4) > fw_road_longest(words))
		return false;
	if (pkt->l3 == FW_L3_IP) {
		if ((const void *)(ip + 1) > end || ip->ttl <= 1 ||
		    !fw_road_ip(pkt, ip, gso))
			return false;
		fw_road_age(ip);
		skb->priority = FW_PRIORITY(ip->tos);
	} else {
		if ((const void *)(ip6 + 1) > end || ip6->hop_limit <= 1 ||
		    !fw_road_ip6(pkt, ip6, gso))
			return false;
		ip6->hop_limit--;
	}
	fw_road_macs(words, data);
	return true;
}

/* The checksum of TCP or UDP, in which the addresses and ports are. */
static __always_inline bool change_sum(struct __sk_buff *skb,
				       const struct fw_packet *pkt,
				       const __be16 *from, __s64 addresses,
				       const struct fw_grant *grant)
{
	bool udp = pkt->l4proto == IPPROTO_UDP;
	__u32 at = pkt->l4_off + (udp ? 6 : 16);
	__u64 flags = udp ? BPF_F_MARK_MANGLED_0 : 0;
	__be16 to[2] = {grant->sport, grant->dport};
	__s64 ports = bpf_csum_diff((__be32 *)from, 4, (__be32 *)to, 4, 0);

	return !bpf_l4_csum_replace(skb, at, 0, (__u64)addresses,
				    flags | BPF_F_PSEUDO_HDR) &&
	       !bpf_l4_csum_replace(skb, at, 0, (__u64)ports, flags) &&
	       !bpf_skb_store_bytes(skb, pkt->l4_off, to, sizeof(to), 0);
}

/* Puts the addresses and ports into the packet with which the stack would send it
 * on. False: it is no packet any more. */
static __noinline bool translate(struct __sk_buff *skb,
				 const struct fw_packet *pkt,
				 const struct fw_grant *grant)
{
	__be16 from[2] = {bpf_htons((__u16)pkt->sport),
			  bpf_htons((__u16)pkt->dport)};
	__s64 sum;

	sum = bpf_csum_diff((__be32 *)pkt->saddr.words, 16,
			    (__be32 *)grant->saddr, 16, 0);
	sum = bpf_csum_diff((__be32 *)pkt->daddr.words, 16,
			    (__be32 *)grant->daddr, 16, (__u32)sum);
	if (!change_sum(skb, pkt, from, sum, grant))
		return false;
	if (pkt->l3 == FW_L3_IP)
		return !bpf_l3_csum_replace(skb, ETH_HLEN + 10, 0, (__u64)sum,
					    0) &&
		       !bpf_skb_store_bytes(skb, ETH_HLEN + 12, grant->saddr, 4,
					    0) &&
		       !bpf_skb_store_bytes(skb, ETH_HLEN + 16, grant->daddr, 4,
					    0);
	return !bpf_skb_store_bytes(skb, ETH_HLEN + 8, grant->saddr, 16, 0) &&
	       !bpf_skb_store_bytes(skb, ETH_HLEN + 24, grant->daddr, 16, 0);
}

static __noinline const struct fw_grant *
grant_of(const struct __sk_buff *skb, const struct fw_packet *pkt, __u64 pair)
{
	const struct fw_grant *grant;
	struct fw_flow_key key;

	fw_flow_key_of(skb->ifindex, pkt, &key);
	grant = bpf_map_lookup_elem(&flow_road, &key);
	return grant && grant->pair == pair ? grant : NULL;
}

/* Where to, or 0: through the stack, or ROAD_ENDS. Frames for other hosts, and those whose
 * link header was lost, are the stack's. Not inlined: its words would be on the
 * stack of all that the packet is judged by. */
static __noinline __u32 road_of(struct __sk_buff *skb,
				const struct fw_packet *pkt,
				struct fw_flow *flow, __u64 word)
{
	struct fw_road *road = &flow->road;
	const struct fw_grant *grant = NULL;
	__u64 words[FW_ROAD_WORDS];

	if (road->translated) {
		grant = grant_of(skb, pkt, flow->pair);
		if (!grant)
			return 0;
	}
	if (!fw_road_read(road, word, flow->last_ns, words) || road->closed ||
	    fw_road_device(words) == skb->ifindex || skb->pkt_type ||
	    skb->vlan_present || skb->cb[0] || !fw_road_l4(pkt) ||
	    !road_enter(skb, pkt, words))
		return 0;
	if (grant && !translate(skb, pkt, grant))
		return ROAD_ENDS;
	fw_road_charge(road, skb->gso_segs ? skb->gso_segs : 1, pkt->len);
	fw_stat_add(FW_STAT_TC_ROAD);
	return fw_road_device(words);
}

SEC("tc")
int fw_tc(struct __sk_buff *skb)
{
	__u64 word = fw_control_read();
	const struct fw_gen *header = fw_gen_of(fw_control_slot(word));
	const struct fw_meta *meta = meta_read(skb);
	struct fw_judgement judgement = {0};
	struct fw_flow *flow;
	struct fw_packet *pkt;
	struct fw_own own;
	bool judged = meta && meta_holds(meta, word), flows = fw_flows_any();
	__u32 marks, to = 0;

	if (!header || !fw_own_find(&own))
		return TC_ACT_UNSPEC;
	pkt = &own.room->packet;
	fw_stat_count(own.stats, FW_STAT_TC_PACKETS);
	if (judged) {
		fw_stat_count(own.stats, FW_STAT_TC_META);
		judgement.carry = meta_carry(meta, word);
		if (!flows)
			return pass(skb, header, carry_marks(judgement.carry));
	}
	skb->cb[0] = meta ? 0 : link_lost(skb);
	fw_parse(skb, pkt);
	fw_notes_begin(own.room);
	if (!judged)
		judge_again(skb, word, &own, &judgement);
	/* XDP alone can answer a query: here it is only dropped. */
	if (judgement.drop || judgement.answer)
		return drop_judged(skb, &own, &judgement);
	fw_tell_logs(&own, skb->ifindex, 0);
	marks = carry_marks(judgement.carry);
	flow = flows ? flow_look_up(skb, pkt) : NULL;
	if (flow && flow->verdict == FW_FLOW_BLOCKED) {
		fw_drop(&own, skb->ifindex, 0, FW_STAT_TC_DROP_BLOCKED);
		return TC_ACT_SHOT;
	}
	if (flow && flow->verdict == FW_FLOW_TRUSTED)
		marks |= FW_MARK_TRUSTED;
	if (flow && flow->verdict == FW_FLOW_TRUSTED)
		to = road_of(skb, pkt, flow, word);
	if (to == ROAD_ENDS)
		return TC_ACT_SHOT;
	(void)pass(skb, header, marks);
	return to ? (int)bpf_redirect(to, 0) : TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
