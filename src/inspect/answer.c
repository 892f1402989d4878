/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answer: what XDP would send back (bpf/dns_reply.h), made in user space.
 *
 * In: a query's packet. Out: a packet with addresses and ports swapped, the
 * question as it was asked, no records but EDNS where the query had it (RFC 6891
 * section 6.1.1). Nothing fails: what cannot be answered has no answer.
 */
#include "inspect/answer.h"

#include <stdbool.h>
#include <string.h>

#include <netinet/in.h>

#define IP4_SIZE 20
#define IP6_SIZE 40
#define UDP_SIZE 8
#define HEADER_SIZE 12
#define OPT_SIZE 11		/* without options */
#define OPT_TYPE 41
#define OPT_DO 0x80
#define EDNS_SIZE 1232		/* fits the smallest MTU of IPv6 */
#define QUESTION_MAX (255 + 4)
#define TTL 64

_Static_assert(IP6_SIZE + UDP_SIZE + HEADER_SIZE + QUESTION_MAX + OPT_SIZE <=
	       FW_ANSWER_MAX, "FW_ANSWER_MAX");

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* --- checksums (RFC 1071) ------------------------------------------------- */
static uint32_t sum(uint32_t start, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		start += get16(data + i);
	return len % 2 ? start + ((uint32_t)data[len - 1] << 8) : start;
}

static unsigned fold(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return ~value & 0xffff;
}

/* --- the message ------------------------------------------------------------ */
/* The size of the question in a message that has a whole one. */
static size_t question_size(const uint8_t *question)
{
	size_t at = 0;

	while (question[at])
		at += question[at] + 1u;
	return at + 1 + 4;
}

/* Writes the answer's EDNS, where the query's message has one at opt. */
static size_t put_opt(const uint8_t *opt, size_t left, uint8_t *ret)
{
	if (left < OPT_SIZE || opt[0] || get16(opt + 1) != OPT_TYPE ||
	    left < OPT_SIZE + get16(opt + 9))
		return 0;
	memset(ret, 0, OPT_SIZE);
	put16(ret + 1, OPT_TYPE);
	put16(ret + 3, EDNS_SIZE);
	ret[7] = opt[7] & OPT_DO;
	return OPT_SIZE;
}

static size_t put_message(const struct fw_packet *query, unsigned rcode,
			  uint8_t *ret)
{
	const uint8_t *from = query->payload;
	size_t size = HEADER_SIZE + question_size(from + HEADER_SIZE), opt = 0;

	memcpy(ret, from, size);
	if (get16(from + 10))
		opt = put_opt(from + size, query->payload_len - size,
			      ret + size);
	ret[2] = 0x80 | (from[2] & 0x01);			/* QR, RD */
	ret[3] = (uint8_t)(0x80 | (from[3] & 0x10) | rcode);	/* RA, CD */
	put16(ret + 10, opt ? 1 : 0);
	return size + opt;
}

/* --- headers -------------------------------------------------------------- */
/* An address that one host has: not 0/8, 127/8, 224/3; not ::/32, ff00::/8. */
static bool is_one(uint8_t family, const uint8_t *address)
{
	if (family == 4)
		return address[0] && address[0] != 127 && address[0] < 224;
	return (get16(address) || get16(address + 2)) && address[0] != 0xff;
}

/* Without options or extensions, from one host to another. */
static bool may_answer(const uint8_t *query, const struct fw_packet *packet)
{
	const struct fw_tuple *t = &packet->tuple;
	size_t header = t->family == 4 ? IP4_SIZE : IP6_SIZE;

	return packet->payload == query + header + UDP_SIZE && t->sport &&
	       is_one(t->family, t->saddr) && is_one(t->family, t->daddr);
}

static void put_udp(const struct fw_tuple *t, uint8_t *udp, size_t len)
{
	size_t size = t->family == 4 ? 4 : 16;
	uint32_t all = (uint32_t)len + IPPROTO_UDP;
	unsigned check;

	put16(udp, t->dport);
	put16(udp + 2, t->sport);
	put16(udp + 4, (unsigned)len);
	put16(udp + 6, 0);
	all = sum(all, t->saddr, size);
	all = sum(all, t->daddr, size);
	check = fold(sum(all, udp, len));
	put16(udp + 6, check ? check : 0xffff);	/* RFC 768 */
}

static void put_ip4(const struct fw_tuple *t, uint8_t *ip, size_t len)
{
	memset(ip, 0, IP4_SIZE);
	ip[0] = 0x45;
	put16(ip + 2, (unsigned)(IP4_SIZE + len));
	put16(ip + 6, 0x4000);	/* do not fragment */
	ip[8] = TTL;
	ip[9] = IPPROTO_UDP;
	memcpy(ip + 12, t->daddr, 4);
	memcpy(ip + 16, t->saddr, 4);
	put16(ip + 10, fold(sum(0, ip, IP4_SIZE)));
}

static void put_ip6(const struct fw_tuple *t, uint8_t *ip, size_t len)
{
	memset(ip, 0, IP6_SIZE);
	ip[0] = 0x60;
	put16(ip + 4, (unsigned)len);
	ip[6] = IPPROTO_UDP;
	ip[7] = TTL;
	memcpy(ip + 8, t->daddr, 16);
	memcpy(ip + 24, t->saddr, 16);
}

size_t fw_answer_make(const uint8_t *query, const struct fw_packet *packet,
		      unsigned rcode, uint8_t ret[static FW_ANSWER_MAX])
{
	const struct fw_tuple *t = &packet->tuple;
	size_t header = t->family == 4 ? IP4_SIZE : IP6_SIZE;
	size_t len;

	if (!may_answer(query, packet))
		return 0;
	len = UDP_SIZE + put_message(packet, rcode, ret + header + UDP_SIZE);
	put_udp(t, ret + header, len);
	if (t->family == 4)
		put_ip4(t, ret, len);
	else
		put_ip6(t, ret, len);
	return header + len;
}
