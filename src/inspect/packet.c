/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet: IPv4 and IPv6, TCP and UDP headers.
 *
 * In: the bytes of a queue message. Out: tuple, TCP numbers, payload. Fails
 * with -EINVAL for a packet whose headers are cut off or contradict each other,
 * and for fragments: conntrack puts them together before the queue, so one that
 * arrives here has come around it.
 *
 * IPv6 extension headers: RFC 8200 section 4; authentication header: RFC 4302.
 */
#include "inspect/packet.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* What is left to read: len bytes here, full of the packet. full >= len. */
struct rest {
	const uint8_t *data;
	size_t len, full;
};

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static bool skip(struct rest *rest, size_t n)
{
	if (rest->len < n)
		return false;
	rest->data += n;
	rest->len -= n;
	rest->full -= n;
	return true;
}

static void cut(struct rest *rest, size_t full)
{
	if (rest->full > full)
		rest->full = full;
	if (rest->len > full)
		rest->len = full;
}

static int read_ip4(struct rest *rest, struct fw_tuple *tuple)
{
	const uint8_t *ip = rest->data;
	size_t header, total;

	if (rest->len < 20)
		return -EINVAL;
	header = (size_t)(ip[0] & 0x0f) * 4;
	total = be16(ip + 2);
	if (header < 20 || header > total || total > rest->full)
		return -EINVAL;
	if (be16(ip + 6) & 0x3fff)	/* more fragments, or an offset */
		return -EINVAL;
	tuple->family = 4;
	tuple->proto = ip[9];
	memcpy(tuple->saddr, ip + 12, 4);
	memcpy(tuple->daddr, ip + 16, 4);
	cut(rest, total);
	return skip(rest, header) ? 0 : -EINVAL;
}

/* Length of the extension header of kind next at data; 0 when next is no
 * extension header, SIZE_MAX when it is cut off or a fragment's. */
static size_t extension_len(uint8_t next, const struct rest *rest)
{
	switch (next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return rest->len < 2 ? SIZE_MAX :
				       ((size_t)rest->data[1] + 1) * 8;
	case IPPROTO_AH:
		return rest->len < 2 ? SIZE_MAX :
				       ((size_t)rest->data[1] + 2) * 4;
	case IPPROTO_FRAGMENT:	/* an atomic one (RFC 6946) is whole */
		if (rest->len < 8 || be16(rest->data + 2) & 0xfff9)
			return SIZE_MAX;
		return 8;
	default:
		return 0;
	}
}

static int read_ip6(struct rest *rest, struct fw_tuple *tuple)
{
	const uint8_t *ip = rest->data;
	size_t payload, len;
	uint8_t next;

	if (rest->len < 40)
		return -EINVAL;
	payload = be16(ip + 4);
	/* A jumbogram, or a segmented one above 64 KiB, says 0. */
	if (payload && payload > rest->full - 40)
		return -EINVAL;
	tuple->family = 6;
	next = ip[6];
	memcpy(tuple->saddr, ip + 8, 16);
	memcpy(tuple->daddr, ip + 24, 16);
	if (payload)
		cut(rest, payload + 40);
	(void)skip(rest, 40);
	while ((len = extension_len(next, rest))) {
		uint8_t after = rest->len ? rest->data[0] : 0;

		if (len == SIZE_MAX || !skip(rest, len))
			return -EINVAL;
		next = after;
	}
	tuple->proto = next;
	return 0;
}

static int read_tcp(struct rest *rest, struct fw_packet *packet)
{
	const uint8_t *tcp = rest->data;
	size_t header;

	if (rest->len < 20)
		return -EINVAL;
	header = (size_t)(tcp[12] >> 4) * 4;
	if (header < 20)
		return -EINVAL;
	packet->tuple.sport = be16(tcp);
	packet->tuple.dport = be16(tcp + 2);
	packet->seq = be32(tcp + 4);
	packet->ack = be32(tcp + 8);
	packet->tcp_flags = tcp[13];
	return skip(rest, header) ? 0 : -EINVAL;
}

static int read_udp(struct rest *rest, struct fw_packet *packet)
{
	const uint8_t *udp = rest->data;
	size_t len;

	if (rest->len < 8)
		return -EINVAL;
	packet->tuple.sport = be16(udp);
	packet->tuple.dport = be16(udp + 2);
	len = be16(udp + 4);
	if (len && (len < 8 || len > rest->full))
		return -EINVAL;
	if (len)
		cut(rest, len);
	return skip(rest, 8) ? 0 : -EINVAL;
}

int fw_packet_read(const uint8_t *data, size_t len, size_t full_len,
		   struct fw_packet *ret)
{
	struct rest rest = { data, len, full_len > len ? full_len : len };
	struct fw_packet packet = { 0 };
	int r = -EINVAL;

	if (!len)
		return -EINVAL;
	if (data[0] >> 4 == 4)
		r = read_ip4(&rest, &packet.tuple);
	else if (data[0] >> 4 == 6)
		r = read_ip6(&rest, &packet.tuple);
	if (!r && packet.tuple.proto == IPPROTO_TCP)
		r = read_tcp(&rest, &packet);
	else if (!r && packet.tuple.proto == IPPROTO_UDP)
		r = read_udp(&rest, &packet);
	if (r)
		return r;
	packet.payload = rest.data;
	packet.payload_len = rest.len;
	packet.payload_full = rest.full;
	*ret = packet;
	return 0;
}

struct fw_tuple fw_tuple_inverse(const struct fw_tuple *tuple)
{
	struct fw_tuple inverse = *tuple;

	memcpy(inverse.saddr, tuple->daddr, sizeof(inverse.saddr));
	memcpy(inverse.daddr, tuple->saddr, sizeof(inverse.daddr));
	inverse.sport = tuple->dport;
	inverse.dport = tuple->sport;
	return inverse;
}

bool fw_tuple_equal(const struct fw_tuple *a, const struct fw_tuple *b)
{
	return a->family == b->family && a->proto == b->proto &&
	       a->sport == b->sport && a->dport == b->dport &&
	       !memcmp(a->saddr, b->saddr, sizeof(a->saddr)) &&
	       !memcmp(a->daddr, b->daddr, sizeof(a->daddr));
}
