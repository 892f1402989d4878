/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random frames.
 *
 * In: a generator, a plan to draw values from. Out: a frame; nothing may fail.
 *
 * Built from the outside to the inside, each layer sometimes with a lie in it;
 * then, for some, bytes are changed, cut off or added.
 */
#include "packets.h"

#include <string.h>

#include <netinet/in.h>

#include "plans.h"

struct build {
	struct rng *rng;
	const struct fw_plan *plan;
	size_t limit;
	struct packet *packet;
};

static void put(struct build *b, fw_u128 value, size_t size)
{
	for (size_t i = 0; i < size && b->packet->len < b->limit; i++)
		b->packet->bytes[b->packet->len++] =
			(uint8_t)(value >> 8 * (size - 1 - i));
}

static void put_random(struct build *b, size_t size)
{
	while (size--)
		put(b, rng_next(b->rng) & 0xff, 1);
}

static void set16(struct build *b, size_t at, uint32_t value)
{
	if (at + 2 > b->packet->len)
		return;
	b->packet->bytes[at] = (uint8_t)(value >> 8);
	b->packet->bytes[at + 1] = (uint8_t)value;
}

static fw_u128 pick(struct build *b, enum fw_field field, fw_u128 fallback)
{
	if (rng_percent(b->rng, 50))
		return fallback;
	return plan_pick(b->plan, b->rng, field, fallback);
}

static uint8_t pick_protocol(struct build *b)
{
	static const uint8_t protocols[] = {
		IPPROTO_TCP,  IPPROTO_TCP,     IPPROTO_UDP,  IPPROTO_UDP,
		IPPROTO_ICMP, IPPROTO_ICMPV6,  IPPROTO_SCTP, IPPROTO_DCCP,
		IPPROTO_GRE,  IPPROTO_UDPLITE, IPPROTO_ESP,  IPPROTO_IPIP,
	};
	uint8_t some = protocols[rng_below(b->rng, sizeof(protocols))];

	return (uint8_t)pick(b, rng_percent(b->rng, 50) ? FW_FIELD_L4PROTO
							: FW_FIELD_NEXTHDR,
			     some);
}

static void put_transport(struct build *b, uint8_t protocol)
{
	static const uint16_t ports[] = {0, 22, 53, 80, 443, 1023, 65535};
	fw_u128 source = ports[rng_below(b->rng, 7)];
	fw_u128 dest = ports[rng_below(b->rng, 7)];
	size_t start = b->packet->len;

	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
		put(b, pick(b, FW_FIELD_ICMP_TYPE, rng_below(b->rng, 256)), 1);
		put(b, pick(b, FW_FIELD_ICMP_CODE, rng_below(b->rng, 4)), 1);
	} else {
		put(b, pick(b, FW_FIELD_SPORT, source), 2);
		put(b, pick(b, FW_FIELD_DPORT, dest), 2);
		put(b, pick(b, FW_FIELD_UDP_LENGTH, rng_below(b->rng, 65536)), 2);
		put_random(b, 7);
		put(b, pick(b, FW_FIELD_TCP_FLAGS, rng_below(b->rng, 256)), 1);
		put(b, pick(b, FW_FIELD_TCP_WINDOW, rng_below(b->rng, 65536)), 2);
	}
	put_random(b, rng_below(b->rng, 40));
	/* Cut short, by lengths that agree with it. */
	if (rng_percent(b->rng, 10) && b->packet->len > start + 16)
		b->packet->len = start + rng_below(b->rng, 16);
}

static void put_ip(struct build *b)
{
	size_t start = b->packet->len;
	uint32_t words = rng_percent(b->rng, 25) ? rng_below(b->rng, 16) : 5;
	uint32_t version = rng_percent(b->rng, 3) ? rng_below(b->rng, 16) : 4;
	uint8_t protocol = pick_protocol(b);
	uint32_t fragment = 0;

	if (rng_percent(b->rng, 10))
		fragment = 0x2000;
	if (rng_percent(b->rng, 10))
		fragment |= 1u << rng_below(b->rng, 16);
	put(b, version << 4 | words, 1);
	put(b, pick(b, FW_FIELD_DSCP, 0) << 2 | rng_below(b->rng, 4), 1);
	put(b, 0, 2);
	put(b, pick(b, FW_FIELD_IP_ID, 0), 2);
	put(b, fragment ? fragment : pick(b, FW_FIELD_FRAG_OFF, 0), 2);
	put(b, pick(b, FW_FIELD_TTL, 64), 1);
	put(b, protocol, 1);
	put(b, 0, 2);
	put(b, pick(b, FW_FIELD_SADDR4, 0x0a000000u + rng_below(b->rng, 64)), 4);
	put(b, pick(b, FW_FIELD_DADDR4, 0x0a010000u + rng_below(b->rng, 64)), 4);
	if (words > 5)
		put_random(b, (words - 5) * 4);
	put_transport(b, protocol);
	set16(b, start + 2, (uint32_t)(b->packet->len - start));
	if (rng_percent(b->rng, 8))
		set16(b, start + 2,
		      (uint32_t)(b->packet->len - start) + 8 -
			      rng_below(b->rng, 80));
}

/* Extension headers; returns the protocol behind them. *first is where the
 * number of the first one goes. */
static uint8_t put_extensions(struct build *b, size_t first, uint32_t n)
{
	static const uint8_t kinds[] = {
		IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS,
		IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS,
	};
	uint8_t protocol = pick_protocol(b);
	size_t next = first;

	while (n--) {
		uint8_t kind = kinds[rng_below(b->rng, sizeof(kinds))];
		uint32_t size = n > 8 || rng_percent(b->rng, 80)
					? 0
					: rng_below(b->rng, 5);

		/* A long walk has nothing on it that ends it early. */
		if (n > 8 && kind == IPPROTO_FRAGMENT)
			kind = IPPROTO_DSTOPTS;
		if (n <= 8 && rng_percent(b->rng, 2))
			kind = rng_percent(b->rng, 50) ? IPPROTO_AH : IPPROTO_NONE;
		if (b->limit > 4096 && rng_percent(b->rng, 5))
			size = 255;
		if (next < b->packet->len)
			b->packet->bytes[next] = kind;
		next = b->packet->len;
		put(b, 0, 1);
		put(b, kind == IPPROTO_FRAGMENT ? 0 : size, 1);
		if (kind == IPPROTO_FRAGMENT)
			put(b, rng_percent(b->rng, 75) ? rng_below(b->rng, 8)
						       : rng_below(b->rng, 65536),
			    2);
		else
			put(b, 0, 2);
		put(b, 0, 4);
		if (kind != IPPROTO_FRAGMENT)
			put_random(b, size * 8);
	}
	if (next < b->packet->len)
		b->packet->bytes[next] = protocol;
	return protocol;
}

static void put_ip6(struct build *b)
{
	size_t start = b->packet->len;
	uint32_t version = rng_percent(b->rng, 3) ? rng_below(b->rng, 16) : 6;
	fw_u128 net = (fw_u128)UINT64_C(0x20010db800000000) << 64;
	uint32_t n = 0;

	if (rng_percent(b->rng, 40))
		n = 1 + rng_below(b->rng, 4);
	else if (rng_percent(b->rng, 4))
		n = rng_below(b->rng, 400);
	put(b, version << 28 | pick(b, FW_FIELD_DSCP, 0) << 22 |
		       (fw_u128)rng_below(b->rng, 4) << 20 |
		       pick(b, FW_FIELD_FLOWLABEL, 0), 4);
	put(b, 0, 2);
	put(b, 0, 1);
	put(b, pick(b, FW_FIELD_TTL, 64), 1);
	put(b, pick(b, FW_FIELD_SADDR6, net + rng_below(b->rng, 64)), 16);
	put(b, pick(b, FW_FIELD_DADDR6, net + rng_below(b->rng, 64)), 16);
	put_transport(b, put_extensions(b, start + 6, n));
	set16(b, start + 4, (uint32_t)(b->packet->len - start) - 40);
	if (rng_percent(b->rng, 8))
		set16(b, start + 4,
		      (uint32_t)(b->packet->len - start) - 40 + 8 -
			      rng_below(b->rng, 80));
}

static void put_arp(struct build *b)
{
	put_random(b, 6);
	put(b, pick(b, FW_FIELD_ARP_OPERATION, 1), 2);
	put(b, pick(b, FW_FIELD_ARP_SADDR, 1), 6);
	put(b, pick(b, FW_FIELD_ARP_SADDR4, 1), 4);
	put(b, pick(b, FW_FIELD_ARP_DADDR, 1), 6);
	put(b, pick(b, FW_FIELD_ARP_DADDR4, 1), 4);
}

static void put_l3(struct build *b)
{
	switch (rng_below(b->rng, 12)) {
	case 0:
		put(b, 0x0806, 2);
		put_arp(b);
		break;
	case 1:
		put(b, rng_next(b->rng) & 0xffff, 2);
		put_random(b, rng_below(b->rng, 64));
		break;
	case 2:
	case 3:
	case 4:
	case 5:
	case 6:
		put(b, 0x0800, 2);
		put_ip(b);
		break;
	default:
		put(b, 0x86dd, 2);
		put_ip6(b);
	}
}

static void put_tag(struct build *b)
{
	put(b, rng_percent(b->rng, 70) ? 0x8100 : 0x88a8, 2);
	put(b, pick(b, FW_FIELD_VLAN_PCP, 0) << 13 |
		       pick(b, FW_FIELD_VLAN_DEI, 0) << 12 |
		       pick(b, FW_FIELD_VLAN_ID, 1), 2);
}

/* Changed bytes, an end too early, padding. */
static void spoil(struct build *b)
{
	struct packet *packet = b->packet;

	if (rng_percent(b->rng, 8))
		for (uint32_t n = 1 + rng_below(b->rng, 4); n; n--)
			packet->bytes[rng_below(b->rng, (uint32_t)packet->len)] =
				(uint8_t)rng_next(b->rng);
	if (rng_percent(b->rng, 12))
		packet->len = 14 + rng_below(b->rng, (uint32_t)packet->len - 13);
	else if (rng_percent(b->rng, 15))
		put_random(b, rng_below(b->rng, 64));
}

void packet_random(struct rng *rng, const struct fw_plan *plan, size_t limit,
		   struct packet *ret)
{
	struct build b = {rng, plan, limit, ret};

	ret->len = 0;
	put(&b, pick(&b, FW_FIELD_ETHER_DADDR, rng_next(rng)), 6);
	put(&b, pick(&b, FW_FIELD_ETHER_SADDR, rng_next(rng)), 6);
	if (rng_percent(rng, 25))
		put_tag(&b);
	if (rng_percent(rng, 4))
		put_tag(&b);
	put_l3(&b);
	spoil(&b);
	if (ret->len < 14)
		ret->len = 14;
}

bool packet_ends_in_address(const struct packet *packet)
{
	/* Where the addresses of one kind begin, and the bytes of each. */
	static const struct {
		uint16_t type;
		size_t at, size, n;
	} kinds[] = {
		{ 0x0800, 12, 4, 2 },
		{ 0x86dd, 8, 16, 2 },
		{ 0x0806, 8, 6, 1 },
		{ 0x0806, 14, 4, 1 },
		{ 0x0806, 18, 6, 1 },
		{ 0x0806, 24, 4, 1 },
	};
	size_t header = 14;
	uint16_t type;

	for (;; header += 4) {
		type = (uint16_t)(packet->bytes[header - 2] << 8 |
				  packet->bytes[header - 1]);
		if ((type != 0x8100 && type != 0x88a8) ||
		    packet->len < header + 4)
			break;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t at = header + kinds[i].at;
		size_t in = packet->len > at ? packet->len - at : 0;

		if (type == kinds[i].type && in % kinds[i].size &&
		    in < kinds[i].size * kinds[i].n)
			return true;
	}
	return false;
}
