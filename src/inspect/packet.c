/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet: IPv4 and IPv6, TCP and UDP headers.
 *
 * In: the bytes of a queue message. Out: tuple, TCP numbers, payload. Fails
 * with -EINVAL for a packet whose headers are cut off or contradict each other,
 * and for fragments: conntrack puts them together before the queue, so one that
 * arrives here has come around it. What the packet itself has wrong is named as
 * the programs name it; what was only not copied is no fault of the packet.
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
	enum fw_stat malformed;	/* FW_STAT_MALFORMED_*, or 0 */
};

static int refuse(struct rest *rest, enum fw_stat reason)
{
	rest->malformed = reason;
	return -EINVAL;
}

/* The header's first bytes are needed: the packet lacks them, or the copy. */
static int need(struct rest *rest, size_t n, enum fw_stat reason)
{
	if (rest->full < n)
		return refuse(rest, reason);
	return rest->len < n ? -EINVAL : 0;
}

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

	if (need(rest, 20, FW_STAT_MALFORMED_IP_CUT))
		return -EINVAL;
	header = (size_t)(ip[0] & 0x0f) * 4;
	total = be16(ip + 2);
	if (header < 20 || header > total)
		return refuse(rest, FW_STAT_MALFORMED_IP_HEADER);
	if (total > rest->full)
		return refuse(rest, FW_STAT_MALFORMED_IP_LENGTH);
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

/* What extension_len() had to see. */
static size_t least_of_extension(uint8_t next)
{
	return next == IPPROTO_FRAGMENT ? 8 : 2;
}

static int read_ip6(struct rest *rest, struct fw_tuple *tuple)
{
	const uint8_t *ip = rest->data;
	size_t payload, len;
	uint8_t next;

	if (need(rest, 40, FW_STAT_MALFORMED_IP6_CUT))
		return -EINVAL;
	payload = be16(ip + 4);
	/* A jumbogram, or a segmented one above 64 KiB, says 0. */
	if (payload && payload > rest->full - 40)
		return refuse(rest, FW_STAT_MALFORMED_IP6_LENGTH);
	tuple->family = 6;
	next = ip[6];
	memcpy(tuple->saddr, ip + 8, 16);
	memcpy(tuple->daddr, ip + 24, 16);
	if (payload)
		cut(rest, payload + 40);
	(void)skip(rest, 40);
	while ((len = extension_len(next, rest))) {
		uint8_t after = rest->len ? rest->data[0] : 0;

		if (rest->full < (len == SIZE_MAX ? least_of_extension(next)
						  : len))
			return refuse(rest, FW_STAT_MALFORMED_IP6_EXTENSION);
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

	if (need(rest, 20, FW_STAT_MALFORMED_L4_CUT))
		return -EINVAL;
	header = (size_t)(tcp[12] >> 4) * 4;
	if (header < 20 || header > rest->full)
		return refuse(rest, FW_STAT_MALFORMED_TCP_HEADER);
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

	if (need(rest, 8, FW_STAT_MALFORMED_L4_CUT))
		return -EINVAL;
	packet->tuple.sport = be16(udp);
	packet->tuple.dport = be16(udp + 2);
	len = be16(udp + 4);
	/* An IPv6 jumbogram says 0. */
	if (len ? len < 8 || len > rest->full : packet->tuple.family == 4)
		return refuse(rest, FW_STAT_MALFORMED_UDP_LENGTH);
	if (len)
		cut(rest, len);
	return skip(rest, 8) ? 0 : -EINVAL;
}

/* Bytes that every header of the other protocols has. */
static size_t least_of(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return 12;
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 8;
	default:
		return 0;
	}
}

static int read_ip(struct rest *rest, struct fw_tuple *tuple)
{
	if (rest->len && rest->data[0] >> 4 == 4)
		return read_ip4(rest, tuple);
	if (rest->len && rest->data[0] >> 4 == 6)
		return read_ip6(rest, tuple);
	return rest->len ? refuse(rest, FW_STAT_MALFORMED_IP_VERSION) : -EINVAL;
}

int fw_packet_read(const uint8_t *data, size_t len, size_t full_len,
		   struct fw_packet *ret, enum fw_stat *ret_reason)
{
	struct rest rest = { data, len, full_len > len ? full_len : len, 0 };
	struct fw_packet packet = { 0 };
	int r = read_ip(&rest, &packet.tuple);

	if (!r && packet.tuple.proto == IPPROTO_TCP)
		r = read_tcp(&rest, &packet);
	else if (!r && packet.tuple.proto == IPPROTO_UDP)
		r = read_udp(&rest, &packet);
	else if (!r && rest.full < least_of(packet.tuple.proto))
		r = refuse(&rest, FW_STAT_MALFORMED_L4_CUT);
	*ret_reason = rest.malformed;
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
