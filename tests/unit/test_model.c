/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model's own corners: fields as nft's netdev hook loads them, and the walk
 * over rules. Each frame's fields stand beside it, from the kernel's sources.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"
#include "util/cleanup.h"

#define MACS "\1\2\3\4\5\6\7\10\11\12\13\14"
#define IP "\x08\x00"
#define IP6 "\x86\xdd"
#define TAG "\x81\x00\x20\x05"
#define TAG_AD "\x88\xa8\x20\x05"
/* version and length, total length, flags and offset, protocol; 10.0.0.1 to
 * 10.0.0.2 */
#define IP_HEADER(ihl, total, fragment, protocol)                     \
	ihl "\0\0" total "\0\0" fragment "\x40" protocol "\0\0\x0a\0\0\1" \
	    "\x0a\0\0\2"
#define A16 "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0"
#define IP6_HEADER(len, next) "\x60\0\0\0\0" len next "\x40" A16 "\1" A16 "\2"
#define UDP "\x04\xd2\0\x35\0\x08\0\0"
#define TCP "\x04\xd2\x01\xbb\0\0\0\0\0\0\0\0\x50\x12\0\0\0\0\0\0"

#define BIT(field) (1u << FW_FIELD_##field)
#define NET4 (BIT(L3) | BIT(NEXTHDR) | BIT(SADDR4) | BIT(DADDR4))
#define NET6 (BIT(L3) | BIT(NEXTHDR) | BIT(SADDR6) | BIT(DADDR6))
#define PORTS (BIT(L4PROTO) | BIT(SPORT) | BIT(DPORT))
#define ICMP (BIT(L4PROTO) | BIT(ICMP_TYPE) | BIT(ICMP_CODE))

static const struct frame_case {
	const char *name, *bytes;
	size_t len;
	uint32_t fields;
	uint8_t l3, l4proto;
	uint32_t length;
} frames[] = {
#define FRAME(text) MACS text, sizeof(MACS text) - 1
	{"udp", FRAME(IP IP_HEADER("\x45", "\x1c", "\0\0", "\x11") UDP),
	 NET4 | PORTS, FW_L3_IP, 17, 28},
	{"tcp", FRAME(IP IP_HEADER("\x45", "\x28", "\x40\0", "\6") TCP),
	 NET4 | PORTS | BIT(TCP_FLAGS), FW_L3_IP, 6, 40},
	{"options", FRAME(IP IP_HEADER("\x46", "\x20", "\0\0", "\x11")
			  "\1\1\1\1" UDP),
	 NET4 | PORTS, FW_L3_IP, 17, 32},
	{"padding", FRAME(IP IP_HEADER("\x45", "\x1c", "\0\0", "\x11") UDP
			  "\0\0\0\0"),
	 NET4 | PORTS, FW_L3_IP, 17, 32},
	{"header length 4", FRAME(IP IP_HEADER("\x44", "\x1c", "\0\0", "\x11")
				  UDP),
	 NET4, FW_L3_IP, 0, 28},
	{"total length too long", FRAME(IP IP_HEADER("\x45", "\x1d", "\0\0",
						     "\x11") UDP),
	 NET4, FW_L3_IP, 0, 28},
	{"total length below header", FRAME(IP IP_HEADER("\x46", "\x14", "\0\0",
							 "\x11") "\1\1\1\1" UDP),
	 NET4, FW_L3_IP, 0, 32},
	{"version 6 in an IPv4 frame", FRAME(IP IP_HEADER("\x65", "\x1c", "\0\0",
							  "\x11") UDP),
	 NET4, FW_L3_IP, 0, 28},
	{"first fragment", FRAME(IP IP_HEADER("\x45", "\x1c", "\x20\0", "\x11")
				 UDP),
	 NET4 | PORTS, FW_L3_IP, 17, 28},
	{"later fragment", FRAME(IP IP_HEADER("\x45", "\x1c", "\0\1", "\x11")
				 UDP),
	 NET4 | BIT(L4PROTO), FW_L3_IP, 17, 28},
	{"half a port pair", FRAME(IP IP_HEADER("\x45", "\x17", "\0\0", "\x11")
				   "\x04\xd2\0"),
	 NET4 | BIT(L4PROTO) | BIT(SPORT), FW_L3_IP, 17, 23},
	{"tcp without flags", FRAME(IP IP_HEADER("\x45", "\x21", "\0\0", "\6")
				    "\x04\xd2\x01\xbb\0\0\0\0\0\0\0\0\x50"),
	 NET4 | PORTS, FW_L3_IP, 6, 33},
	{"icmp", FRAME(IP IP_HEADER("\x45", "\x16", "\0\0", "\1") "\x08\0"),
	 NET4 | ICMP, FW_L3_IP, 1, 22},
	{"esp", FRAME(IP IP_HEADER("\x45", "\x1c", "\0\0", "\x32") UDP),
	 NET4 | BIT(L4PROTO), FW_L3_IP, 50, 28},
	{"IPv4 header cut in daddr", FRAME(IP "\x45\0\0\x1c\0\0\0\0\x40\x11\0\0"
					   "\x0a\0\0\1\x0a"),
	 NET4 & ~BIT(DADDR4), FW_L3_IP, 0, 17},
	{"IPv4 header cut in protocol", FRAME(IP "\x45\0\0\x1c\0\0\0\0\x40"),
	 BIT(L3), FW_L3_IP, 0, 9},
	{"tag", FRAME(TAG IP IP_HEADER("\x45", "\x1c", "\0\0", "\x11") UDP),
	 NET4 | PORTS, FW_L3_IP, 17, 28},
	{"802.1ad tag", FRAME(TAG_AD IP IP_HEADER("\x45", "\x1c", "\0\0", "\x11")
			      UDP),
	 NET4 | PORTS, FW_L3_IP, 17, 28},
	{"two tags", FRAME(TAG_AD TAG IP IP_HEADER("\x45", "\x1c", "\0\0",
						   "\x11") UDP),
	 BIT(L3), FW_L3_OTHER, 0, 32},
	{"arp", FRAME("\x08\x06\0\1"), BIT(L3), FW_L3_ARP, 0, 2},
	{"a length for a type", FRAME("\0\x40\0\0"), BIT(L3), FW_L3_OTHER, 0, 2},
	{"udp6", FRAME(IP6 IP6_HEADER("\x08", "\x11") UDP), NET6 | PORTS,
	 FW_L3_IP6, 17, 48},
	{"extension", FRAME(IP6 IP6_HEADER("\x10", "\x3c")
			    "\x11\0\1\4\0\0\0\0" UDP),
	 NET6 | PORTS, FW_L3_IP6, 17, 56},
	{"routing header cut", FRAME(IP6 IP6_HEADER("\3", "\x2b") "\x11\0\0"),
	 NET6, FW_L3_IP6, 0, 43},
	{"AH ends the walk", FRAME(IP6 IP6_HEADER("\x10", "\x33")
				   "\x11\0\0\0\0\0\0\0" UDP),
	 NET6 | BIT(L4PROTO), FW_L3_IP6, 51, 56},
	{"no next header", FRAME(IP6 IP6_HEADER("\x08", "\x3b") UDP),
	 NET6 | BIT(L4PROTO), FW_L3_IP6, 59, 48},
	{"first fragment, IPv6", FRAME(IP6 IP6_HEADER("\x10", "\x2c")
				       "\x11\0\0\1\0\0\0\0" UDP),
	 NET6 | PORTS, FW_L3_IP6, 17, 56},
	{"later fragment, IPv6", FRAME(IP6 IP6_HEADER("\x10", "\x2c")
				       "\x11\0\0\x08\0\0\0\0" UDP),
	 NET6 | BIT(L4PROTO), FW_L3_IP6, 17, 56},
	{"later fragment of an extension",
	 FRAME(IP6 IP6_HEADER("\x10", "\x2c") "\x3c\0\0\x08\0\0\0\0" UDP), NET6,
	 FW_L3_IP6, 0, 56},
	{"payload too long", FRAME(IP6 IP6_HEADER("\x09", "\x11") UDP), NET6,
	 FW_L3_IP6, 0, 48},
	{"extension behind the end", FRAME(IP6 IP6_HEADER("\x08", "\x3c")
					   "\x11\5\1\4\0\0\0\0"),
	 NET6 | BIT(L4PROTO), FW_L3_IP6, 17, 48},
	{"nothing", FRAME(IP), BIT(L3), FW_L3_IP, 0, 0},
	{"less than Ethernet", "", 0, BIT(L3), FW_L3_OTHER, 0, 0},
};

static void test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(frames); i++) {
		const struct frame_case *f = &frames[i];
		struct fw_model_packet packet;
		uint32_t fields = 0;

		fw_model_packet_parse((const uint8_t *)f->bytes, f->len,
				      &packet);
		for (unsigned field = 0; field < FW_FIELD_MAX_; field++)
			if (packet.has[field])
				fields |= 1u << field;
		if (fields != f->fields)
			print_error("%s: fields %#x\n", f->name, fields);
		assert_int_equal(fields, f->fields);
		assert_int_equal(packet.value[FW_FIELD_L3], f->l3);
		assert_int_equal(packet.value[FW_FIELD_L4PROTO], f->l4proto);
		assert_int_equal(packet.length, f->length);
	}
}

static void test_values(void **state)
{
	const struct frame_case *tcp = &frames[1], *udp6 = &frames[21];
	struct fw_model_packet packet;

	(void)state;
	fw_model_packet_parse((const uint8_t *)tcp->bytes, tcp->len, &packet);
	assert_int_equal(packet.value[FW_FIELD_SADDR4], 0x0a000001);
	assert_int_equal(packet.value[FW_FIELD_DADDR4], 0x0a000002);
	assert_int_equal(packet.value[FW_FIELD_SPORT], 1234);
	assert_int_equal(packet.value[FW_FIELD_DPORT], 443);
	assert_int_equal(packet.value[FW_FIELD_TCP_FLAGS], 0x12);
	assert_int_equal(packet.value[FW_FIELD_NEXTHDR], 6);
	fw_model_packet_parse((const uint8_t *)udp6->bytes, udp6->len, &packet);
	assert_true(packet.value[FW_FIELD_SADDR6] ==
		    ((fw_u128)0x20010db800000000 << 64 | 1));
	assert_true(packet.value[FW_FIELD_DADDR6] ==
		    ((fw_u128)0x20010db800000000 << 64 | 2));
}

/* --- the walk ------------------------------------------------------------- */
static const struct fw_interval port_53 = {53, 53}, port_443 = {443, 443};
static const struct fw_match dns = {FW_FIELD_DPORT, &port_53, 1};
static const struct fw_match https = {FW_FIELD_DPORT, &port_443, 1};
static const struct fw_match never = {FW_FIELD_DPORT, NULL, 0};

static struct fw_model_result judge(enum fw_verdict policy, const char *family,
				    const struct frame_case *f)
{
	static const struct fw_xdp_rule rules[64] = {
		{ .matches = &never, .n_matches = 1,
		  .verdict = FW_VERDICT_DROP, .rule = 0, .counted = true },
		{ .matches = NULL, .n_matches = 0,
		  .verdict = FW_VERDICT_NONE, .rule = 1, .counted = true },
		{ .matches = &dns, .n_matches = 1,
		  .verdict = FW_VERDICT_ACCEPT, .rule = 2, .counted = true },
		{ .matches = &https, .n_matches = 1,
		  .verdict = FW_VERDICT_DROP, .rule = 3, .counted = true },
		{ .matches = &dns, .n_matches = 1,
		  .verdict = FW_VERDICT_DROP, .rule = 4, .counted = true },
	};
	const struct fw_xdp_device device = {
		.device = "eth0",
		.family = family,
		.n_words = 1,
		.policy = policy,
	};
	const struct fw_plan plan = {
		.xdp = {rules, 64, &device, 1, NULL, 0},
	};

	return fw_model_xdp(&plan, "eth0", (const uint8_t *)f->bytes, f->len,
			    NULL);
}

static void test_first_verdict(void **state)
{
	struct fw_model_result r = judge(FW_VERDICT_NONE, "netdev", &frames[0]);

	(void)state;
	assert_int_equal(r.verdict, FW_VERDICT_ACCEPT);
	assert_int_equal(r.rule, 2);
	assert_true(r.carried);
	assert_int_equal(r.met[0] & 0x1f, 0x06);
	r = judge(FW_VERDICT_ACCEPT, "netdev", &frames[0]);
	assert_false(r.carried);
	r = judge(FW_VERDICT_NONE, "netdev", &frames[1]);
	assert_int_equal(r.verdict, FW_VERDICT_DROP);
	assert_int_equal(r.rule, 3);
	assert_false(r.carried);
}

static void test_policy(void **state)
{
	const struct frame_case *icmp = &frames[12];

	(void)state;
	assert_int_equal(judge(FW_VERDICT_DROP, "netdev", icmp).verdict,
			 FW_VERDICT_DROP);
	assert_int_equal(judge(FW_VERDICT_ACCEPT, "netdev", icmp).verdict,
			 FW_VERDICT_ACCEPT);
	assert_true(judge(FW_VERDICT_NONE, "netdev", icmp).policy);
	assert_false(judge(FW_VERDICT_NONE, "netdev", icmp).carried);
	assert_int_equal(judge(FW_VERDICT_NONE, "netdev", icmp).rule,
			 FW_NO_RULE);
}

static void test_inet(void **state)
{
	const struct frame_case *bad = &frames[4], *arp = &frames[19];

	(void)state;
	assert_int_equal(judge(FW_VERDICT_ACCEPT, "inet", bad).verdict,
			 FW_VERDICT_DROP);
	assert_int_equal(judge(FW_VERDICT_ACCEPT, "netdev", bad).verdict,
			 FW_VERDICT_ACCEPT);
	assert_int_equal(judge(FW_VERDICT_DROP, "inet", arp).verdict,
			 FW_VERDICT_ACCEPT);
	assert_int_equal(judge(FW_VERDICT_DROP, "netdev", arp).verdict,
			 FW_VERDICT_DROP);
}

static void test_no_device(void **state)
{
	const struct fw_plan plan = {0};
	struct fw_model_result r = fw_model_xdp(
		&plan, "eth0", (const uint8_t *)frames[0].bytes, frames[0].len,
		NULL);

	(void)state;
	assert_int_equal(r.verdict, FW_VERDICT_ACCEPT);
	assert_false(r.policy);
	assert_int_equal(r.rule, FW_NO_RULE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_first_verdict),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_inet),
		cmocka_unit_test(test_no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
