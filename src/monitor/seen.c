/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: messages of the socket filters, or frames where there are none. Out: the
 * same struct for either. What cannot be read is false; nothing fails.
 *
 * A frame is read as the programs read it: one tag is looked through, the
 * packet ends where its IP header says.
 */
#include "monitor/seen.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "inspect/packet.h"

#define ETHERNET_SIZE 14
#define TAG_SIZE 4
#define VLAN_ID 0x0fff

bool fw_seen_message(const struct fw_message *message, const uint8_t *payload,
		     struct fw_seen *ret)
{
	if (message->watcher >= FW_WATCHER_MAX_ || !message->kept ||
	    message->kept > message->length ||
	    (message->family != 4 && message->family != 6))
		return false;
	*ret = (struct fw_seen){
		.time_ns = message->time_ns,
		.ifindex = message->ifindex,
		.vlan = message->vlan,
		.out = message->flags & FW_MESSAGE_OUT,
		.forwarded = message->flags & FW_MESSAGE_FORWARDED,
		.family = message->family,
		.proto = message->proto,
		.tcp_flags = message->tcp_flags,
		.sport = message->sport,
		.dport = message->dport,
		.seq = message->seq,
		.payload = payload,
		.len = message->kept,
		.length = message->length,
		.whole = message->kept == message->length,
	};
	memcpy(ret->mac, message->mac, sizeof(ret->mac));
	memcpy(ret->src, message->saddr, sizeof(ret->src));
	memcpy(ret->dst, message->daddr, sizeof(ret->dst));
	return true;
}

static uint16_t number(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* Where the IP header begins; 0: there is none. */
static size_t find_ip(const uint8_t *frame, size_t len, uint16_t *vlan)
{
	size_t at = ETHERNET_SIZE;
	uint16_t type;

	if (len < ETHERNET_SIZE)
		return 0;
	type = number(frame + 12);
	if (!*vlan && (type == ETH_P_8021Q || type == ETH_P_8021AD)) {
		if (len < ETHERNET_SIZE + TAG_SIZE)
			return 0;
		*vlan = number(frame + 14) & VLAN_ID;
		type = number(frame + 16);
		at += TAG_SIZE;
	}
	return type == ETH_P_IP || type == ETH_P_IPV6 ? at : 0;
}

bool fw_seen_frame(const uint8_t *frame, size_t len, uint16_t vlan,
		   struct fw_seen *ret)
{
	size_t at = find_ip(frame, len, &vlan);
	struct fw_packet packet;
	enum fw_stat reason;

	if (!at || fw_packet_read(frame + at, len - at, len - at, &packet,
				  &reason) ||
	    !packet.payload_len ||
	    (packet.tuple.proto != IPPROTO_TCP &&
	     packet.tuple.proto != IPPROTO_UDP))
		return false;
	*ret = (struct fw_seen){
		.vlan = vlan,
		.family = packet.tuple.family,
		.proto = packet.tuple.proto,
		.sport = packet.tuple.sport,
		.dport = packet.tuple.dport,
		.payload = packet.payload,
		.len = packet.payload_len,
		.length = packet.payload_full,
		.whole = packet.payload_len == packet.payload_full,
	};
	if (ret->proto == IPPROTO_TCP) {
		ret->tcp_flags = packet.tcp_flags;
		ret->seq = packet.seq;
	}
	memcpy(ret->mac, frame + 6, sizeof(ret->mac));
	memcpy(ret->src, packet.tuple.saddr, sizeof(ret->src));
	memcpy(ret->dst, packet.tuple.daddr, sizeof(ret->dst));
	return true;
}

enum fw_watcher fw_seen_watcher(const struct fw_seen *seen)
{
	return fw_watcher_of(seen->proto == IPPROTO_TCP, seen->sport,
			     seen->dport);
}
