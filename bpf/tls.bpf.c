/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First messages of TLS clients on a watched device, on to user space.
 *
 * In: a packet with TCP, or UDP to port 443, its headers in the room (watch.h).
 * Out: a message, where its payload begins with a ClientHello's record or is an
 * Initial packet of QUIC, or goes on with a ClientHello that was begun in the same
 * direction. What is in it is user space's to say (src/monitor/tls.c). A packet
 * that is forwarded is looked at where it came in.
 */
#include "watch.h"

#define RECORD_HANDSHAKE 22	/* RFC 8446 section 5.1 */
#define CLIENT_HELLO 1
#define RECORD_HEADER 5
#define HANDSHAKE_HEADER 4
#define RECORDS_MORE 64		/* bytes of headers, where there are several */
#define OPEN_MAX 4096		/* hellos that have only begun */

#define LONG_HEADER 0xc0	/* RFC 9000 section 17.2 */
#define QUIC_TYPE 0x30
#define QUIC_1 1
#define QUIC_2 0x6b3343cf	/* RFC 9369 */
#define QUIC_2_INITIAL 0x10

struct open_key {
	__u32 ifindex;
	__u16 sport, dport;
	__u8 saddr[16], daddr[16];
};

/* Bytes that are still to come. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, OPEN_MAX);
	__type(key, struct open_key);
	__type(value, __u32);
} tls_open SEC(".maps");

static __always_inline bool is_hello(const __u8 head[9])
{
	return head[0] == RECORD_HANDSHAKE && head[1] == 3 &&
	       head[RECORD_HEADER] == CLIENT_HELLO && !head[6];
}

static __always_inline bool is_initial(const __u8 head[9])
{
	__u32 version = (__u32)head[1] << 24 | head[2] << 16 | head[3] << 8 |
			head[4];

	if ((head[0] & LONG_HEADER) != LONG_HEADER)
		return false;
	return (version == QUIC_1 && !(head[0] & QUIC_TYPE)) ||
	       (version == QUIC_2 && (head[0] & QUIC_TYPE) == QUIC_2_INITIAL);
}

static __always_inline void fill_key(const struct __sk_buff *skb,
				     const struct fw_packet *pkt,
				     struct open_key *key)
{
	key->ifindex = skb->ifindex;
	key->sport = pkt->sport;
	key->dport = pkt->dport;
	__builtin_memcpy(key->saddr, pkt->saddr.words, 16);
	__builtin_memcpy(key->daddr, pkt->daddr.words, 16);
}

/* True when the packet is to be sent on. */
static __always_inline bool of_stream(struct __sk_buff *skb,
				      const struct fw_watch_room *room,
				      const __u8 head[9], __u32 len)
{
	struct open_key key;
	__u32 *left, all;

	fill_key(skb, &room->packet, &key);
	if (len >= 9 && is_hello(head)) {
		all = RECORD_HEADER + HANDSHAKE_HEADER + (head[7] << 8) +
		      head[8];
		if (all > len) {
			all += RECORDS_MORE - len;
			bpf_map_update_elem(&tls_open, &key, &all, BPF_ANY);
		}
		return true;
	}
	left = bpf_map_lookup_elem(&tls_open, &key);
	if (!left)
		return false;
	if (*left > len)
		*left -= len;
	else
		bpf_map_delete_elem(&tls_open, &key);
	return true;
}

SEC("socket")
int fw_tls(struct __sk_buff *skb)
{
	struct fw_watch_room *room = fw_watch_room();
	__u8 head[9] = {};
	__u32 len;

	if (!room || room->begin >= room->end ||
	    room->flags & FW_MESSAGE_FORWARDED)
		return 0;
	len = room->end - room->begin;
	if (len >= sizeof(head) &&
	    bpf_skb_load_bytes(skb, room->begin, head, sizeof(head)))
		return 0;
	if (room->packet.l4proto == IPPROTO_UDP ?
		    is_initial(head) : of_stream(skb, room, head, len))
		fw_message_send(skb, room, FW_WATCHER_TLS);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
