/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP packets with TCP or UDP, without checksums.
 *
 * In: what a test wants in it. Out: bytes. One that does not fit aborts.
 */
#include "tests/unit/packets.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static size_t put_ip(struct packet *packet, const struct fw_tuple *tuple,
		     size_t above)
{
	uint8_t *ip = packet->data;

	if (tuple->family == 6) {
		ip[0] = 0x60;
		put16(ip + 4, above);
		ip[6] = tuple->proto;
		ip[7] = 64;
		memcpy(ip + 8, tuple->saddr, 16);
		memcpy(ip + 24, tuple->daddr, 16);
		return 40;
	}
	ip[0] = 0x45;
	put16(ip + 2, above + 20);
	ip[8] = 64;
	ip[9] = tuple->proto;
	memcpy(ip + 12, tuple->saddr, 4);
	memcpy(ip + 16, tuple->daddr, 4);
	return 20;
}

struct packet packet_make(const struct fw_tuple *tuple, uint8_t flags,
			  uint32_t seq, uint32_t ack, const void *payload,
			  size_t len)
{
	size_t header = tuple->proto == IPPROTO_TCP ? 20 :
			tuple->proto == IPPROTO_UDP ? 8 : 0;
	struct packet packet = { 0 };
	uint8_t *l4;

	if (40 + header + len > PACKET_MAX)
		abort();
	packet.len = put_ip(&packet, tuple, header + len);
	l4 = packet.data + packet.len;
	if (header) {
		put16(l4, tuple->sport);
		put16(l4 + 2, tuple->dport);
	}
	if (tuple->proto == IPPROTO_TCP) {
		put32(l4 + 4, seq);
		put32(l4 + 8, ack);
		l4[12] = 5 << 4;
		l4[13] = flags;
	} else if (tuple->proto == IPPROTO_UDP) {
		put16(l4 + 4, header + len);
	}
	if (len)
		memcpy(l4 + header, payload, len);
	packet.len += header + len;
	return packet;
}

struct fw_tuple packet_tuple(uint8_t family, uint8_t proto)
{
	struct fw_tuple tuple = {
		.family = family,
		.proto = proto,
		.saddr = { 10, 0, 0, 1 },
		.daddr = { 10, 0, 0, 2 },
		.sport = 1000,
		.dport = 443,
	};

	if (family == 6) {
		memcpy(tuple.saddr, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		memcpy(tuple.daddr, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2", 16);
	}
	return tuple;
}
