/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is malformed, and why: the model and the inspector's parser give one
 * reason, each found by its own code. (tests/prog/test_xdp holds the programs
 * against the model.)
 *
 * Catches: a bound that one of them has and the other has not, a reason that
 * hides the first one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <string.h>

#include <cmocka.h>

#include "inspect/packet.h"
#include "model/packet.h"
#include "tests/unit/packets.h"
#include "util/cleanup.h"

#define ETHERNET 14
#define ROUNDS 200000

static enum fw_stat by_model(const uint8_t *data, size_t len, uint8_t family)
{
	static uint8_t frame[ETHERNET + PACKET_MAX];
	struct fw_model_packet packet;

	memcpy(frame + 12, family == 4 ? "\x08\x00" : "\x86\xdd", 2);
	memcpy(frame + ETHERNET, data, len);
	fw_model_packet_parse(frame, ETHERNET + len, &packet);
	return packet.malformed;
}

static enum fw_stat by_inspector(const uint8_t *data, size_t len)
{
	enum fw_stat reason = FW_STAT_MAX_;
	struct fw_packet packet;
	int r = fw_packet_read(data, len, len, &packet, &reason);

	assert_true(r || !reason);
	return reason;
}

static struct packet make(uint8_t family, uint8_t proto)
{
	struct fw_tuple tuple = packet_tuple(family, proto);

	return packet_make(&tuple, 0x10, 1, 1, "hello, hello", 12);
}

/* One byte is another one, or the packet has another length. */
static void one_by_one(void **state)
{
	static const struct {
		const char *reason;
		uint8_t family, proto;
		size_t at;
		uint8_t value;
		size_t len;	/* 0: as it is */
	} cases[] = {
		{ "malformed-ip-cut", 4, IPPROTO_UDP, 0, 0x45, 19 },
		{ "malformed-ip-version", 4, IPPROTO_UDP, 0, 0x55, 0 },
		{ "malformed-ip-header", 4, IPPROTO_UDP, 0, 0x44, 0 },
		{ "malformed-ip-header", 4, IPPROTO_UDP, 3, 19, 0 },
		{ "malformed-ip-length", 4, IPPROTO_UDP, 3, 41, 0 },
		{ "malformed-ip-length", 4, IPPROTO_UDP, 0, 0x45, 39 },
		{ "malformed-ip6-cut", 6, IPPROTO_UDP, 0, 0x60, 39 },
		{ "malformed-ip-version", 6, IPPROTO_UDP, 0, 0x50, 0 },
		{ "malformed-ip6-length", 6, IPPROTO_UDP, 5, 21, 0 },
		{ "malformed-ip6-extension", 6, IPPROTO_UDP, 6, IPPROTO_HOPOPTS,
		  0 },	/* ports as its length */
		{ "malformed-l4-cut", 4, IPPROTO_TCP, 3, 39, 0 },
		{ "malformed-l4-cut", 6, IPPROTO_TCP, 5, 19, 0 },
		{ "malformed-l4-cut", 4, IPPROTO_UDP, 3, 27, 0 },
		{ "malformed-l4-cut", 4, IPPROTO_ICMP, 3, 27, 0 },
		{ "malformed-l4-cut", 4, IPPROTO_SCTP, 3, 31, 0 },
		{ "malformed-tcp-header", 4, IPPROTO_TCP, 32, 0x40, 0 },
		{ "malformed-tcp-header", 4, IPPROTO_TCP, 32, 0x90, 0 },
		{ "malformed-udp-length", 4, IPPROTO_UDP, 25, 7, 0 },
		{ "malformed-udp-length", 4, IPPROTO_UDP, 25, 21, 0 },
		{ "malformed-udp-length", 4, IPPROTO_UDP, 25, 0, 0 },
		{ "", 6, IPPROTO_UDP, 45, 0, 0 },	/* a jumbogram's */
		{ "", 4, IPPROTO_TCP, 32, 0x80, 0 },
		{ "", 4, IPPROTO_UDP, 25, 20, 0 },
		{ "", 4, IPPROTO_UDP, 25, 8, 0 },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		struct packet p = make(cases[i].family, cases[i].proto);
		size_t len = cases[i].len ? cases[i].len : p.len;
		enum fw_stat model, inspector;

		p.data[cases[i].at] = cases[i].value;
		model = by_model(p.data, len, cases[i].family);
		inspector = by_inspector(p.data, len);
		if (strcmp(model ? fw_stat_name(model) : "", cases[i].reason) ||
		    inspector != model)
			fail_msg("case %zu: %s by the model, %s by the inspector",
				 i, fw_stat_name(model),
				 fw_stat_name(inspector));
	}
}

static void ethernet(void **state)
{
	static const uint8_t tagged[] = "\1\2\3\4\5\6\7\10\11\12\13\14\x81\0\0\1\0";
	struct fw_model_packet packet;

	(void)state;
	for (size_t len = 0; len < sizeof(tagged); len++) {
		fw_model_packet_parse(tagged, len, &packet);
		assert_int_equal(packet.malformed,
				 len < ETHERNET ? FW_STAT_MALFORMED_ETHERNET :
						  FW_STAT_MALFORMED_VLAN);
	}
}

static uint32_t random_below(uint32_t n)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % n;
}

/* The inspector sees whole packets, behind the authentication header too; and
 * it knows the version by the packet alone, before its length. */
static bool comparable(const struct packet *p, uint8_t family, size_t at)
{
	uint8_t version = p->data[0] >> 4;

	if (version != family && (version == 4 || version == 6 || p->len < 40))
		return false;
	if (family == 4)
		return !(p->data[6] & 0x3f || p->data[7]);
	return p->data[6] != IPPROTO_FRAGMENT && p->data[6] != IPPROTO_AH &&
	       p->data[at] != IPPROTO_FRAGMENT && p->data[at] != IPPROTO_AH &&
	       p->data[at] != IPPROTO_HOPOPTS && p->data[at] != IPPROTO_ROUTING &&
	       p->data[at] != IPPROTO_DSTOPTS;
}

/* An extension header of 8 bytes behind IPv6's; returns where it stands. */
static size_t extend(struct packet *p)
{
	memmove(p->data + 48, p->data + 40, p->len - 40);
	memset(p->data + 40, 0, 8);
	p->data[40] = p->data[6];
	p->data[6] = IPPROTO_DSTOPTS;
	p->data[5] = (uint8_t)(p->data[5] + 8);
	p->len += 8;
	return 40;
}

static void at_random(void **state)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
					  IPPROTO_DCCP };
	unsigned met[FW_STAT_MAX_] = { 0 };

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t family = random_below(2) ? 4 : 6;
		struct packet p = make(family, protos[random_below(4)]);
		size_t at = 6;	/* protocol of what follows */
		enum fw_stat model, inspector;

		if (family == 6 && random_below(2))
			at = extend(&p);
		for (uint32_t n = random_below(3); n > 0; n--)
			p.data[random_below((uint32_t)at + 46)] =
				(uint8_t)random_below(random_below(2) ? 256 : 48);
		if (random_below(4) == 0)
			p.len = 20 + random_below((uint32_t)p.len - 19);
		if (!comparable(&p, family, at))
			continue;
		model = by_model(p.data, p.len, family);
		inspector = by_inspector(p.data, p.len);
		if (model != inspector)
			fail_msg("round %u: %s by the model, %s by the inspector",
				 i, fw_stat_name(model),
				 fw_stat_name(inspector));
		met[model]++;
	}
	for (int s = FW_STAT_MALFORMED_IP_VERSION; s < FW_STAT_MAX_; s++)
		if (s < FW_STAT_MALFORMED_FIRST + FW_STATS_MALFORMED && !met[s])
			fail_msg("%s: never", fw_stat_name((enum fw_stat)s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_one),
		cmocka_unit_test(ethernet),
		cmocka_unit_test(at_random),
	};

	return cmocka_run_group_tests_name("malformed", tests, NULL, NULL);
}
