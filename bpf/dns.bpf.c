/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS messages of a watched device, on to user space.
 *
 * In: a packet from or to port 53, its headers in the room (watch.h). Out: a
 * message, where the packet has room for DNS's header; else it is counted as odd.
 * What is in it is user space's to say (src/monitor/dns.c).
 */
#include "watch.h"

#define DNS_HEADER 12		/* RFC 1035 section 4.1.1 */
#define DNS_FLAGS 2		/* offset */
#define DNS_RESPONSE 0x80	/* QR, in the first byte */

/* A piece of a stream: what it is part of, user space knows. */
static __always_inline bool of_stream(const struct fw_watch_room *room)
{
	return room->packet.l4proto == IPPROTO_TCP;
}

SEC("socket")
int fw_dns(struct __sk_buff *skb)
{
	struct fw_watch_room *room = fw_watch_room();
	__u8 flags;

	if (!room || (of_stream(room) && room->begin >= room->end))
		return 0;
	fw_stat_add(FW_STAT_DNS_PACKETS);
	if (!of_stream(room) &&
	    (room->begin + DNS_HEADER > room->end ||
	     bpf_skb_load_bytes(skb, room->begin + DNS_FLAGS, &flags, 1))) {
		fw_stat_add(FW_STAT_DNS_ODD);
		return 0;
	}
	if (!of_stream(room) && !(flags & DNS_RESPONSE) &&
	    !(room->flags & FW_MESSAGE_FORWARDED))
		fw_stat_add(FW_STAT_DNS_QUERIES);
	fw_message_send(skb, room, FW_WATCHER_DNS);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
