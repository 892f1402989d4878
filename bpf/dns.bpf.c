/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Socket filter of a device's AF_PACKET socket (SOCK_RAW, ETH_P_ALL): DNS
 * questions become events.
 *
 * In: every packet of a watched device. Out: always 0, nothing is copied to the
 * socket. One question over UDP is one event; what goes to port 53 and holds no
 * question that can be read whole is counted as odd, and an event for which the
 * ring has no room as lost.
 */
#include <linux/bpf.h>
#include <linux/if_packet.h>

#include <bpf/bpf_helpers.h>

#define FW_CTX struct __sk_buff
#define fw_ctx_len(ctx) ((ctx)->len)
#define fw_ctx_load(ctx, offset, to, size) \
	bpf_skb_load_bytes(ctx, offset, to, size)
#define fw_ctx_vlan(ctx) ((ctx)->vlan_present ? (ctx)->vlan_tci : FW_NO_VLAN)
#define fw_ctx_gso(ctx) false

#include "maps.h"
#include "packet.h"

#define DNS_PORT 53
#define DNS_RESPONSE 0x8000	/* QR, RFC 1035 section 4.1.1 */
#define DNS_LABEL_MAX 63	/* section 2.3.4; above: compression, 4.1.4 */
#define DNS_LABELS_MAX 128

struct udp_header {
	__be16 source, dest, len, check;
};

struct dns_header {
	__be16 id, flags;
	__be16 questions, answers, authorities, additional;
};

struct dns_question {
	__be16 type, class;
};

static __always_inline bool watched(__u32 slot, __u32 ifindex)
{
	void *inner = bpf_map_lookup_elem(&watch, &slot);
	const struct fw_watch *found = NULL;

	if (inner)
		found = bpf_map_lookup_elem(inner, &ifindex);
	return found && found->flags & FW_WATCH_DNS;
}

/* Where the message begins and ends in the frame; false when the packet is
 * none. */
static __always_inline bool udp_payload(struct __sk_buff *skb,
					const struct fw_packet *pkt,
					__u32 *begin, __u32 *end)
{
	struct udp_header udp;
	__u32 len, frame = pkt->l3_off + pkt->len;

	if (bpf_skb_load_bytes(skb, pkt->l4_off, &udp, sizeof(udp)))
		return false;
	len = bpf_ntohs(udp.len);
	if (len < sizeof(udp) || pkt->l4_off + len > frame)
		return false;
	*begin = pkt->l4_off + sizeof(udp);
	*end = pkt->l4_off + len;
	return true;
}

/* Length of the name in wire form, with the root's 0; 0 when it is not whole,
 * too long, or compressed. name has len valid bytes. */
static __always_inline __u32 name_length(const __u8 *name, __u32 len)
{
	__u32 at = 0, label;

	for (int i = 0; i < DNS_LABELS_MAX; i++) {
		if (at >= len || at >= FW_DNS_NAME_MAX)
			return 0;
		label = name[at];
		at++;
		if (!label)
			return at;
		if (label > DNS_LABEL_MAX)
			return 0;
		at += label;
	}
	return 0;
}

/* Fills name, type and the lengths; false when there is no whole question. */
static __always_inline bool question_read(struct __sk_buff *skb, __u32 at,
					  __u32 end, struct fw_event_dns *event)
{
	struct dns_question question;
	__u32 len = end - at;

	if (at >= end)
		return false;
	if (len > FW_DNS_NAME_MAX)
		len = FW_DNS_NAME_MAX;
	/* Changes nothing, and says 1 to 256 in a way that a verifier sees which
	 * does not take it from a comparison with 0 (6.1). */
	barrier_var(len);
	len = ((len - 1) & FW_DNS_NAME_MAX) + 1;
	if (bpf_skb_load_bytes(skb, at, event->name, len))
		return false;
	len = name_length(event->name, len);
	if (!len || at + len + sizeof(question) > end)
		return false;
	if (bpf_skb_load_bytes(skb, at + len, &question, sizeof(question)))
		return false;
	event->name_len = len;
	event->qtype = bpf_ntohs(question.type);
	return true;
}

static __always_inline void event_fill(struct __sk_buff *skb,
				       const struct fw_packet *pkt,
				       struct fw_event_dns *event)
{
	event->head.type = FW_EVENT_DNS_QUERY;
	event->head.size = sizeof(*event);
	event->head.ifindex = skb->ifindex;
	event->head.time_ns = bpf_ktime_get_boot_ns();
	event->family = pkt->l3 == FW_L3_IP ? 4 : 6;
	event->pad = 0;
	__builtin_memcpy(event->client, pkt->saddr.words, 16);
	__builtin_memcpy(event->server, pkt->daddr.words, 16);
	event->client_port = bpf_htons(pkt->sport);
	event->server_port = bpf_htons(pkt->dport);
}

static __always_inline void event_send(struct __sk_buff *skb,
				       const struct fw_packet *pkt, __u16 id,
				       __u32 at, __u32 end)
{
	struct fw_event_dns *event =
		bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		fw_stat_add(FW_STAT_EVENTS_LOST);
		return;
	}
	__builtin_memset(event->name, 0, sizeof(event->name));
	if (!question_read(skb, at, end, event)) {
		bpf_ringbuf_discard(event, 0);
		fw_stat_add(FW_STAT_DNS_ODD);
		return;
	}
	event->id = id;
	event_fill(skb, pkt, event);
	bpf_ringbuf_submit(event, 0);
	fw_stat_add(FW_STAT_DNS_QUERIES);
}

static __always_inline void look(struct __sk_buff *skb)
{
	struct fw_packet pkt;
	struct dns_header dns;
	__u32 at, end;

	fw_parse(skb, &pkt);
	if (!(pkt.present & FW_HAS(FW_FIELD_DPORT)) ||
	    pkt.l4proto != IPPROTO_UDP || pkt.dport != DNS_PORT)
		return;
	fw_stat_add(FW_STAT_DNS_PACKETS);
	if (!udp_payload(skb, &pkt, &at, &end) || at + sizeof(dns) > end ||
	    bpf_skb_load_bytes(skb, at, &dns, sizeof(dns))) {
		fw_stat_add(FW_STAT_DNS_ODD);
		return;
	}
	if (dns.flags & bpf_htons(DNS_RESPONSE))
		return;
	if (dns.questions != bpf_htons(1)) {
		fw_stat_add(FW_STAT_DNS_ODD);
		return;
	}
	event_send(skb, &pkt, bpf_ntohs(dns.id), at + sizeof(dns), end);
}

SEC("socket")
int fw_dns(struct __sk_buff *skb)
{
	__u32 slot = fw_control_slot(fw_control_read());

	if (!watched(slot, skb->ifindex))
		return 0;
	/* A question that is forwarded was an event where it came in. */
	if (skb->pkt_type == PACKET_OUTGOING && skb->ingress_ifindex &&
	    watched(slot, skb->ingress_ifindex))
		return 0;
	look(skb);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
