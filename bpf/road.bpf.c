/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TC egress: applies the class of packets that have one; opens roads for flows
 * whose packets leave.
 *
 * In: a packet. Out: TC_ACT_SHOT for what is above the rate of its class, else
 * TC_ACT_UNSPEC. A packet with a class opens no road, on which nobody would apply
 * it. What else leaves with TC ingress's mark of
 * a trusted flow has passed the user's chains and the gate, and the stack has
 * routed it and knows its neighbour: so its device, its MAC addresses and its
 * length are noted in the flow, where the daemon has said that it may have a road.
 * A FIN or RST that leaves closes the roads of both directions for good.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FW_CTX struct __sk_buff
#define FW_CTX_LINEAR(ctx) true
#define fw_ctx_len(ctx) ((ctx)->len)
#define fw_ctx_load(ctx, offset, to, size) \
	bpf_skb_load_bytes(ctx, offset, to, size)
#define fw_ctx_vlan(ctx) FW_NO_VLAN
#define fw_ctx_gso(ctx) ((ctx)->gso_size)

#include "packet.h"
#include "qos.h"
#include "roads.h"
#include "rows.h"

static __always_inline bool is_at(struct __sk_buff *skb, __u32 offset,
				  const __u64 *ip)
{
	__u64 data[2] = {0};

	return !bpf_skb_load_bytes(skb, offset, data, sizeof(data)) &&
	       ip[0] == data[0] && ip[1] == data[1];
}

#define TAG_LEN sizeof(struct fw_tag)

/* Where the IP header begins: behind a link header, with a tag in it or without,
 * or where data begins. */
static __noinline __u32 l3_offset(struct __sk_buff *skb)
{
	__u64 ip[2] = {0};
	__be16 type = 0;

	if (bpf_skb_load_bytes_relative(skb, 0, ip, sizeof(ip),
					BPF_HDR_START_NET))
		return 0;
	if (is_at(skb, ETH_HLEN + TAG_LEN, ip))
		return ETH_HLEN + TAG_LEN;
	if (!is_at(skb, ETH_HLEN, ip))
		return 0;
	(void)bpf_skb_load_bytes(skb, ETH_HLEN - 2, &type, sizeof(type));
	if (type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD))
		return ETH_HLEN + TAG_LEN;
	return ETH_HLEN;
}

/* A device without link header has its IP header where others have MAC
 * addresses. */
static __always_inline bool has_link(struct __sk_buff *skb)
{
	return l3_offset(skb) > 0;
}

/* 0: no packet for a road. */
static __noinline __u32 length_of(struct __sk_buff *skb,
				  const struct fw_packet *pkt)
{
	struct ipv6hdr ip6;
	struct iphdr ip;
	__u8 offset = 0;

	if (!fw_road_l4(pkt))
		return 0;
	if (pkt->l3 == FW_L3_IP) {
		if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) ||
		    !fw_road_ip(pkt, &ip, skb->gso_size))
			return 0;
	} else if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip6, sizeof(ip6)) ||
		   !fw_road_ip6(pkt, &ip6, skb->gso_size)) {
		return 0;
	}
	if (pkt->l4proto == IPPROTO_TCP &&
	    bpf_skb_load_bytes(skb, pkt->l4_off + 12, &offset, 1))
		return 0;
	return fw_road_length(pkt, skb->gso_size, offset >> 4);
}

/* As the answers to the packet arrive. */
static __always_inline void back_of(const struct __sk_buff *skb,
				    const struct fw_packet *pkt,
				    struct fw_flow_key *key)
{
	*key = (struct fw_flow_key){
		.ifindex = skb->ifindex,
		.family = pkt->l3 == FW_L3_IP ? 4 : 6,
		.proto = pkt->l4proto,
		.sport = bpf_htons(pkt->dport),
		.dport = bpf_htons(pkt->sport),
	};
	__builtin_memcpy(key->saddr, pkt->daddr.words, sizeof(key->saddr));
	__builtin_memcpy(key->daddr, pkt->saddr.words, sizeof(key->daddr));
}

static __noinline void close_back(struct __sk_buff *skb,
				  const struct fw_packet *pkt)
{
	struct fw_flow_key key;
	struct fw_flow *flow;

	back_of(skb, pkt, &key);
	flow = bpf_map_lookup_elem(&flow_map, &key);
	if (flow)
		flow->road.closed = 1;
}

/* The key of a packet that was translated: the answers to it leave, turned
 * around, as it has come. */
static __noinline bool find_back(struct __sk_buff *skb,
				 const struct fw_packet *pkt,
				 struct fw_flow_key *key)
{
	const struct fw_grant *grant;

	back_of(skb, pkt, key);
	grant = bpf_map_lookup_elem(&flow_road, key);
	if (!grant)
		return false;
	key->ifindex = skb->ingress_ifindex;
	__builtin_memcpy(key->saddr, grant->daddr, sizeof(key->saddr));
	__builtin_memcpy(key->daddr, grant->saddr, sizeof(key->daddr));
	key->sport = grant->dport;
	key->dport = grant->sport;
	return true;
}

/* The flow of a packet that leaves, and its key. */
static __noinline struct fw_flow *find(struct __sk_buff *skb,
				       const struct fw_packet *pkt,
				       struct fw_flow_key *key)
{
	struct fw_flow *flow = fw_flow_find(skb->ingress_ifindex, pkt);

	if (flow && !flow->road.translated) {
		fw_flow_key_of(skb->ingress_ifindex, pkt, key);
		return flow;
	}
	if (!(pkt->present & FW_HAS(FW_FIELD_DPORT)) ||
	    !find_back(skb, pkt, key))
		return NULL;
	flow = bpf_map_lookup_elem(&flow_map, key);
	return flow && flow->road.translated ? flow : NULL;
}

static __always_inline bool granted(const struct fw_flow_key *key, __u64 pair)
{
	const struct fw_grant *grant = bpf_map_lookup_elem(&flow_road, key);

	return grant && grant->pair == pair;
}

/* A MAC address beside the number. */
static __always_inline __u64 mac_word(const __u8 *mac, __u64 number)
{
	__u64 word = 0;

	__builtin_memcpy((__u8 *)&word + FW_ROAD_MAC, mac, ETH_ALEN);
	return word | number;
}

/* A number that no other opening of these words has. */
static __always_inline __u64 draw_number(struct fw_road *road)
{
	__u32 n = __sync_fetch_and_add(&road->openings, 1);

	return n % FW_ROAD_NUMBER + 1;
}

static __always_inline void open(struct __sk_buff *skb, struct fw_road *road,
				 __u64 word, __u64 now, __u32 len)
{
	volatile __u64 *to = road->words;
	__u8 macs[2 * ETH_ALEN];
	__u64 number;

	if (bpf_skb_load_bytes(skb, 0, macs, sizeof(macs)))
		return;
	number = draw_number(road);
	to[FW_ROAD_UNTIL] = ((now + FW_ROAD_NS) & ~FW_ROAD_NUMBER) | number;
	to[FW_ROAD_WHEN] = fw_road_when(word) | number;
	to[FW_ROAD_TO] = mac_word(macs, number);
	to[FW_ROAD_FROM] = mac_word(macs + ETH_ALEN, number);
	to[FW_ROAD_OUT] = (__u64)skb->ifindex << 32 | len << 16 | number;
}

/* A device below this one sees the packet too: the first one counts. */
static __always_inline void open_or_widen(struct __sk_buff *skb,
					  struct fw_road *road, __u64 word,
					  __u32 len)
{
	__u64 now = bpf_ktime_get_boot_ns(), words[FW_ROAD_WORDS], out;

	if (!fw_road_read(road, word, now, words)) {
		open(skb, road, word, now, len);
	} else if (fw_road_device(words) == skb->ifindex &&
		   len > fw_road_longest(words)) {
		out = words[FW_ROAD_OUT];
		(void)__sync_val_compare_and_swap(
			&road->words[FW_ROAD_OUT], out,
			(out & ~(FW_ROAD_NUMBER << 16)) | len << 16);
	}
}

SEC("tc")
int fw_road_egress(struct __sk_buff *skb)
{
	__u64 word = fw_control_read();
	const struct fw_gen *header = fw_gen_of(fw_control_slot(word));
	struct fw_packet pkt;
	struct fw_flow_key key;
	struct fw_flow *flow;
	__u32 len;

	if (FW_QOS_IS_CARRIER(skb->priority))
		return fw_qos_apply(skb, skb->priority, l3_offset(skb));
	if (!header || word & FW_CONTROL_OVERLAP || !skb->ingress_ifindex ||
	    !(skb->mark >> (header->mark_shift & 31) & FW_MARK_TRUSTED) ||
	    skb->vlan_present || !has_link(skb))
		return TC_ACT_UNSPEC;
	fw_parse(skb, &pkt);
	flow = find(skb, &pkt, &key);
	if (!flow || flow->verdict != FW_FLOW_TRUSTED)
		return TC_ACT_UNSPEC;
	if (pkt.l4proto == IPPROTO_TCP &&
	    pkt.tcp_flags & (FW_TCP_FIN | FW_TCP_RST)) {
		flow->road.closed = 1;
		close_back(skb, &pkt);
		return TC_ACT_UNSPEC;
	}
	len = length_of(skb, &pkt);
	if (len && len <= 0xffff && granted(&key, flow->pair))
		open_or_widen(skb, &flow->road, word, len);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
