/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Socket filter of a device's AF_PACKET socket (SOCK_RAW, ETH_P_ALL): which
 * monitor a packet is for.
 *
 * In: every packet of a watched device. Out: always 0, nothing is copied to the
 * socket; the headers of a packet with TCP or UDP in the room of watch.h, and a
 * tail call of the one monitor that its ports are for. A monitor is a row of
 * enum fw_watcher, its ports in fw_watcher_of(), and a program of its own. A packet
 * that is forwarded is seen on each device that is watched, and says so on the
 * way out: addresses and ports may be others there.
 */
#include "watch.h"

#define LOOPBACK 1	/* ifindex, in every namespace */

struct udp_header {
	__be16 source, dest, len, check;
};

struct tcp_header {
	__be16 source, dest;
	__be32 seq, ack;
	__u8 offset, flags;
};

static __always_inline __u32 watched_by(__u32 slot, __u32 ifindex)
{
	void *inner = bpf_map_lookup_elem(&watch, &slot);
	const struct fw_watch *found = NULL;

	if (inner)
		found = bpf_map_lookup_elem(inner, &ifindex);
	return found ? found->flags : 0;
}

static __always_inline bool udp_payload(struct __sk_buff *skb,
					struct fw_watch_room *room)
{
	const struct fw_packet *pkt = &room->packet;
	struct udp_header udp;

	if (bpf_skb_load_bytes(skb, pkt->l4_off, &udp, sizeof(udp)))
		return false;
	room->begin = pkt->l4_off + sizeof(udp);
	/* What follows in other fragments is not here. */
	if (bpf_ntohs(udp.len) < sizeof(udp))
		return false;
	if (pkt->l4_off + bpf_ntohs(udp.len) < room->end)
		room->end = pkt->l4_off + bpf_ntohs(udp.len);
	return true;
}

static __always_inline bool tcp_payload(struct __sk_buff *skb,
					struct fw_watch_room *room)
{
	const struct fw_packet *pkt = &room->packet;
	struct tcp_header tcp;

	if (bpf_skb_load_bytes(skb, pkt->l4_off, &tcp, sizeof(tcp)))
		return false;
	room->begin = pkt->l4_off + (tcp.offset >> 4) * 4;
	room->seq = bpf_ntohl(tcp.seq);
	return true;
}

/* Where the packet ends, padding left out. */
static __always_inline __u32 packet_end(struct __sk_buff *skb,
					const struct fw_packet *pkt)
{
	__u32 offset = pkt->l3_off, add = 0;
	__be16 len;

	if (pkt->l3 == FW_L3_IP) {
		offset += offsetof(struct iphdr, tot_len);
	} else {
		offset += offsetof(struct ipv6hdr, payload_len);
		add = sizeof(struct ipv6hdr);
	}
	/* 0: a merged packet of more than 64K */
	if (bpf_skb_load_bytes(skb, offset, &len, sizeof(len)) || !len ||
	    bpf_ntohs(len) + add > pkt->len)
		return pkt->l3_off + pkt->len;
	return pkt->l3_off + bpf_ntohs(len) + add;
}

static __always_inline bool payload(struct __sk_buff *skb,
				    struct fw_watch_room *room)
{
	const struct fw_packet *pkt = &room->packet;

	room->end = packet_end(skb, pkt);
	room->seq = 0;
	return pkt->l4proto == IPPROTO_UDP ? udp_payload(skb, room) :
					     tcp_payload(skb, room);
}

/* An untagged frame whose ports are where they mostly are. */
struct plain4 {
	struct ethhdr ether;
	struct iphdr ip;
	__be16 source, dest;
} __attribute__((packed));

struct plain6 {
	struct ethhdr ether;
	struct ipv6hdr ip;
	__be16 source, dest;
} __attribute__((packed));

static __always_inline bool nobodys_ports(__u8 proto, __be16 source, __be16 dest)
{
	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP)
		return false;
	return fw_watcher_of(proto == IPPROTO_TCP, bpf_ntohs(source),
			     bpf_ntohs(dest)) == FW_WATCHER_MAX_;
}

/*
 * Most packets are no monitor's. Where that shows at a glance nothing else is
 * looked at; whatever is not plain IP with TCP or UDP right behind it is parsed.
 */
static __always_inline bool is_nobodys(struct __sk_buff *skb)
{
	union {
		struct plain4 v4;
		struct plain6 v6;
	} head;

	if (bpf_skb_load_bytes(skb, 0, &head.v4, sizeof(head.v4)))
		return false;
	if (head.v4.ether.h_proto == bpf_htons(ETH_P_IP))
		return head.v4.ip.version == 4 && head.v4.ip.ihl == 5 &&
		       !(head.v4.ip.frag_off & bpf_htons(0x3fff)) &&
		       nobodys_ports(head.v4.ip.protocol, head.v4.source,
				     head.v4.dest);
	if (head.v4.ether.h_proto != bpf_htons(ETH_P_IPV6) ||
	    bpf_skb_load_bytes(skb, 0, &head.v6, sizeof(head.v6)))
		return false;
	return nobodys_ports(head.v6.ip.nexthdr, head.v6.source, head.v6.dest);
}

SEC("socket")
int fw_watch(struct __sk_buff *skb)
{
	struct fw_watch_room *room;
	struct fw_packet *pkt;
	enum fw_watcher watcher;
	__u32 slot, flags;

	if (is_nobodys(skb))
		return 0;
	slot = fw_control_slot(fw_control_read());
	flags = watched_by(slot, skb->ifindex);
	room = fw_watch_room();
	if (!flags || !room)
		return 0;
	/* What leaves by lo comes in by it. */
	if (skb->pkt_type == PACKET_OUTGOING && skb->ifindex == LOOPBACK)
		return 0;
	pkt = &room->packet;
	fw_parse(skb, pkt);
	if (!(pkt->present & FW_HAS(FW_FIELD_DPORT)) ||
	    (pkt->l4proto != IPPROTO_UDP && pkt->l4proto != IPPROTO_TCP))
		return 0;
	watcher = fw_watcher_of(pkt->l4proto == IPPROTO_TCP, pkt->sport,
				pkt->dport);
	if (!(flags & FW_WATCH(watcher)) || !payload(skb, room))
		return 0;
	room->flags = 0;
	if (skb->pkt_type == PACKET_OUTGOING) {
		room->flags = FW_MESSAGE_OUT;
		if (skb->ingress_ifindex &&
		    watched_by(slot, skb->ingress_ifindex) & FW_WATCH(watcher))
			room->flags |= FW_MESSAGE_FORWARDED;
	}
	bpf_tail_call(skb, &watchers, watcher);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
