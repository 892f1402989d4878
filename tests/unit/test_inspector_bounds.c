/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inspector as a whole, without a kernel: where a flow's profile comes from,
 * new plans, and what happens where there is no room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "tests/unit/hello.h"
#include "tests/unit/inspector_lab.h"
#include "tests/unit/packets.h"
#include "util/cleanup.h"

/* --- profiles ------------------------------------------------------------- */
static void profile_by_door(void **state)
{
	struct fw_queue_verdict v;
	struct lab lab;

	(void)state;
	lab_open(&lab, 2);
	expect_undecided(&lab, say(&lab, false, SYN, NULL, 0));
	assert_null(lab.last.profile);
	lab.door_profile = 1;
	(void)say(&lab, true, SYN | ACK, NULL, 0);
	assert_string_equal(lab.last.profile->name, "strict");
	expect_blocked(&lab, say(&lab, false, ACK, "GET /", 5));
	assert_int_equal(lab.door_asked, 2);
	lab_close(&lab);

	/* none to be had: it does not go on for ever */
	lab_open(&lab, 2);
	for (int i = 0; i < 3; i++)
		expect_undecided(&lab, say(&lab, false, ACK, "x", 1));
	v = say(&lab, false, ACK, "x", 1);
	assert_true(v.drop);
	assert_int_equal(lab.inspector.stats.odd, 1);
	lab_close(&lab);
}

static void put_tuple(struct nlmsghdr *nlh, uint16_t type,
		      const struct fw_tuple *tuple)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);
	struct nlattr *ip = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);

	mnl_attr_put(nlh, CTA_IP_V4_SRC, 4, tuple->saddr);
	mnl_attr_put(nlh, CTA_IP_V4_DST, 4, tuple->daddr);
	mnl_attr_nest_end(nlh, ip);
	struct nlattr *proto = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);

	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, tuple->proto);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(tuple->sport));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(tuple->dport));
	mnl_attr_nest_end(nlh, proto);
	mnl_attr_nest_end(nlh, nest);
}

/* Where the kernel sends the connection along: profile, sides and raw tuples
 * come from it, here behind NAT of both ends. */
static void profile_by_connection(void **state)
{
	char buffer[1024];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nlattr *ct = mnl_attr_nest_start(nlh, NFQA_CT);
	struct fw_tuple raw[2];
	struct lab lab;

	(void)state;
	lab_open(&lab, 2);
	raw[0] = lab.tuple;
	raw[0].daddr[3] = 99;		/* a virtual server */
	raw[0].dport = 8443;
	raw[1] = fw_tuple_inverse(&lab.tuple);
	raw[1].daddr[3] = 77;		/* masqueraded */
	raw[1].dport = 61000;
	put_tuple(nlh, CTA_TUPLE_ORIG, &raw[0]);
	put_tuple(nlh, CTA_TUPLE_REPLY, &raw[1]);
	mnl_attr_put_u32(nlh, CTA_MARK, htonl(0x14000000));
	mnl_attr_nest_end(nlh, ct);
	lab.extra.ct = ct;
	lab.extra.ifindex = 9;

	(void)say(&lab, true, ACK, "x", 1);	/* the answering side first */
	assert_true(lab.last.has_ct);
	assert_true(fw_tuple_equal(&lab.last.tuple, &lab.tuple));
	assert_true(fw_tuple_equal(&lab.last.ct[0], &raw[0]));
	assert_true(fw_tuple_equal(&lab.last.ct[1], &raw[1]));
	assert_int_equal(lab.last.ct_mark, 0x14000000);
	assert_string_equal(lab.last.profile->name, "strict");
	assert_int_equal(lab.last.ifindex[0], 0);
	assert_int_equal(lab.last.ifindex[1], 9);
	assert_int_equal(lab.door_asked, 0);
	lab_close(&lab);
}

static void new_plan(void **state)
{
	struct hello evil = hello_make("evil.example", 0, 0);
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	handshake(&lab);
	(void)say(&lab, false, ACK, evil.data, 60);
	/* the same profile, without rules */
	lab.profiles[0].n_rules = 0;
	lab_reload(&lab, 1);
	expect_trusted(&lab, say(&lab, false, ACK, evil.data + 60,
				 evil.len - 60));
	lab_close(&lab);

	/* no profile of that name: on under the old one */
	lab_open(&lab, 1);
	handshake(&lab);
	(void)say(&lab, false, ACK, evil.data, 60);
	lab.profiles[0].name = "renamed";
	lab.profiles[0].n_rules = 0;
	lab_reload(&lab, 1);
	expect_blocked(&lab, say(&lab, false, ACK, evil.data + 60,
				 evil.len - 60));
	assert_string_equal(lab.last.profile->name, "web");
	lab_close(&lab);
}

/* --- bounds --------------------------------------------------------------- */
static void memory_of_flow(void **state)
{
	struct hello hello = hello_make("good.example", 0, 8000);
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	lab.profiles[0].memory_flow = 4096;
	lab.profiles[0].on_overload = true;
	lab_reload(&lab, 1);
	handshake(&lab);
	expect_blocked(&lab, say(&lab, false, ACK, hello.data, 4000));
	assert_string_equal(lab.last.reason, "memory");
	lab_close(&lab);
}

static void memory_of_profile(void **state)
{
	struct hello hello = hello_make("good.example", 0, 1000);
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	lab.profiles[0].memory = 12000;
	lab.profiles[0].on_overload = true;
	lab_reload(&lab, 1);
	for (int i = 0; i < 8 && lab.last.verdict == FW_FLOW_UNVETTED; i++) {
		lab.tuple.sport++;
		handshake(&lab);
		(void)say(&lab, false, ACK, hello.data, 500);
		fw_inspector_sweep(&lab.inspector);
		assert_in_range(lab.inspector.stats.memory, 1, 12000);
	}
	assert_int_equal(lab.last.verdict, FW_FLOW_TRUSTED);
	assert_string_equal(lab.last.reason, "memory");
	lab_close(&lab);
}

/* The table holds 16: decided flows make room, open ones do not. */
static void table_full(void **state)
{
	struct fw_queue_verdict v;
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	for (int i = 0; i < 40; i++) {
		lab.tuple.sport++;
		handshake(&lab);
		expect_trusted(&lab, say(&lab, false, ACK, "GET /", 5));
		assert_in_range(fw_flow_table_size(lab.inspector.table), 1, 16);
	}
	for (int i = 0; i < 16; i++) {
		lab.tuple.sport++;
		handshake(&lab);
		(void)say(&lab, false, ACK, "\x16", 1);
	}
	lab.tuple.sport++;
	v = say(&lab, false, SYN, NULL, 0);
	assert_true(v.drop);
	assert_int_equal(lab.inspector.stats.odd, 1);
	lab.profiles[0].on_overload = true;
	lab_reload(&lab, 1);
	expect_undecided(&lab, say(&lab, false, SYN, NULL, 0));
	assert_int_equal(lab.inspector.stats.odd, 2);
	lab_close(&lab);
}

static void odd_packets(void **state)
{
	struct fw_queue_message message = { .data = (const uint8_t *)"\x45",
					    .len = 1, .full_len = 1 };
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	assert_true(fw_inspector_packet(&lab.inspector, &message).drop);
	assert_int_equal(lab.inspector.stats.odd, 1);
	assert_int_equal(lab.inspector.stats.packets, 1);
	assert_int_equal(lab.reports, 0);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profile_by_door),
		cmocka_unit_test(profile_by_connection),
		cmocka_unit_test(new_plan),
		cmocka_unit_test(memory_of_flow),
		cmocka_unit_test(memory_of_profile),
		cmocka_unit_test(table_full),
		cmocka_unit_test(odd_packets),
	};

	return cmocka_run_group_tests_name("inspector", tests, NULL, NULL);
}
