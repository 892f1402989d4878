/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inspector as a whole, without a kernel: packets in, verdicts and reports
 * out. Connections are spoken packet by packet.
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
#include <string.h>

#include <cmocka.h>

#include "inspect/inspector.h"
#include "tests/unit/hello.h"
#include "tests/unit/packets.h"
#include "util/cleanup.h"

#define SYN FW_TCP_SYN
#define ACK FW_TCP_ACK
#define TRUST 0x01000000u
#define BLOCK 0x02000000u
#define SOMEBODYS 0x00000042u

static const struct fw_domain bad_names[] = { { .name = "evil.example" } };
static const struct fw_domain_set bad = { "bad", bad_names, 1 };
static const struct fw_inspect_rule drop_bad[] = {
	{ .fact = FW_FACT_TLS_SNI, .domains = &bad,
	  .action = FW_INSPECT_DROP, .rule = 3 },
};

struct lab {
	struct fw_profile profiles[2];
	struct fw_plan *plan;
	struct fw_inspector inspector;
	struct fw_door door;
	struct fw_flow_report last;
	char sni[256];
	unsigned reports;
	int door_profile;	/* what the door answers */
	unsigned door_asked;
	/* the connection that is being spoken */
	struct fw_tuple tuple;
	uint32_t seq[2];
	struct fw_queue_message extra;	/* mark, ct, ifindex */
};

static void on_flow(void *ctx, const struct fw_flow_report *report)
{
	struct lab *lab = ctx;

	lab->last = *report;
	lab->reports++;
	lab->sni[0] = '\0';
	if (report->sni)
		strcpy(lab->sni, report->sni);
}

static int on_profile(void *ctx, const struct fw_tuple *tuple)
{
	struct lab *lab = ctx;

	(void)tuple;
	lab->door_asked++;
	return lab->door_profile;
}

static struct fw_plan *plan_with(const struct fw_profile *profiles, size_t n)
{
	struct fw_plan *plan = fw_plan_new();

	assert_non_null(plan);
	plan->options.marks = 0xff000000;
	plan->options.mark_shift = 24;
	plan->options.flows = 16;
	plan->profiles = fw_arena_memdup(plan->arena, profiles,
					 n * sizeof(*profiles));
	plan->n_profiles = n;
	return plan;
}

/* Profile 0 "web" drops evil.example; 1 "strict" drops by default. */
static void lab_open(struct lab *lab, size_t n_profiles)
{
	memset(lab, 0, sizeof(*lab));
	lab->profiles[0] = (struct fw_profile){
		.name = "web",
		.window_packets = 5,
		.window_bytes = 65536,
		.max_bytes = 4096,
		.max_ms = 30000,
		.memory = 1 << 20,
		.memory_flow = 64 << 10,
		.fallback = FW_INSPECT_TRUST,
		.rules = drop_bad,
		.n_rules = 1,
	};
	lab->profiles[1] = lab->profiles[0];
	lab->profiles[1].name = "strict";
	lab->profiles[1].id = 1;
	lab->profiles[1].fallback = FW_INSPECT_DROP;
	lab->plan = plan_with(lab->profiles, n_profiles);
	lab->door = (struct fw_door){ lab, on_flow, on_profile };
	lab->tuple = packet_tuple(4, IPPROTO_TCP);
	lab->seq[0] = 1000;
	lab->seq[1] = 0xfffffff0;
	lab->extra.mark = SOMEBODYS;
	lab->door_profile = -ENOENT;
	assert_int_equal(fw_inspector_init(&lab->inspector, 0, lab->plan,
					   &lab->door), 0);
}

/* Takes the profiles as they are now. */
static void lab_reload(struct lab *lab, size_t n_profiles)
{
	fw_plan_unref(lab->plan);
	lab->plan = plan_with(lab->profiles, n_profiles);
	fw_inspector_set_plan(&lab->inspector, fw_plan_ref(lab->plan));
}

/* All memory of flows is given back when they are gone. */
static void lab_close(struct lab *lab)
{
	lab->inspector.now_ms += 24 * 3600 * 1000;
	fw_inspector_sweep(&lab->inspector);
	assert_int_equal(lab->inspector.stats.memory, 0);
	assert_int_equal(fw_flow_table_size(lab->inspector.table), 0);
	fw_inspector_done(&lab->inspector);
	fw_plan_unref(lab->plan);
}

static struct fw_queue_verdict speak(struct lab *lab, bool reply,
				     uint8_t flags, uint32_t seq, uint32_t ack,
				     const void *payload, size_t len)
{
	struct fw_tuple tuple = reply ? fw_tuple_inverse(&lab->tuple) :
					lab->tuple;
	struct packet p = packet_make(&tuple, flags, seq, ack, payload, len);
	struct fw_queue_message message = lab->extra;

	message.data = p.data;
	message.len = message.full_len = p.len;
	return fw_inspector_packet(&lab->inspector, &message);
}

/* The next segment of a side. */
static struct fw_queue_verdict say(struct lab *lab, bool reply, uint8_t flags,
				   const void *payload, size_t len)
{
	struct fw_queue_verdict verdict =
		speak(lab, reply, flags, lab->seq[reply], lab->seq[!reply],
		      payload, len);

	lab->seq[reply] += (uint32_t)len + !!(flags & SYN);
	return verdict;
}

static void handshake(struct lab *lab)
{
	(void)say(lab, false, SYN, NULL, 0);
	(void)say(lab, true, SYN | ACK, NULL, 0);
	(void)say(lab, false, ACK, NULL, 0);
	assert_int_equal(lab->last.verdict, FW_FLOW_UNVETTED);
}

static uint32_t mark_of(struct lab *lab, struct fw_queue_verdict verdict)
{
	assert_false(verdict.drop);
	return verdict.set_mark ? verdict.mark : lab->extra.mark;
}

#define expect_undecided(lab, verdict) \
	assert_int_equal(mark_of(lab, verdict), SOMEBODYS)
#define expect_trusted(lab, verdict) \
	assert_int_equal(mark_of(lab, verdict), SOMEBODYS | TRUST)
#define expect_blocked(lab, verdict) \
	assert_int_equal(mark_of(lab, verdict), SOMEBODYS | BLOCK)

static void trusted_and_blocked(void **state)
{
	static const struct {
		const char *name;
		uint32_t bits;
	} names[] = {
		{ "good.example", TRUST },
		{ "a.Evil.Example", BLOCK },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(names); i++) {
		struct hello hello = hello_make(names[i].name, 0, 0);
		struct fw_queue_verdict v;
		struct lab lab;

		lab_open(&lab, 1);
		handshake(&lab);
		v = say(&lab, false, ACK, hello.data, hello.len);
		assert_int_equal(mark_of(&lab, v), SOMEBODYS | names[i].bits);
		assert_int_equal(lab.last.packets, 4);
		assert_int_equal(lab.last.bytes, 4 * 40 + hello.len);
		assert_string_equal(lab.last.profile->name, "web");
		assert_true(lab.sni[0]);
		/* what was queued before follows the verdict */
		v = say(&lab, true, ACK, "x", 1);
		assert_int_equal(mark_of(&lab, v), SOMEBODYS | names[i].bits);
		assert_int_equal(lab.last.packets, 5);
		assert_int_equal(lab.door_asked, 0);
		lab_close(&lab);
	}
}

static void marks(void **state)
{
	struct hello hello = hello_make("evil.example", 0, 0);
	struct fw_queue_verdict v;
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	lab.extra.mark = 0xffffffff;	/* a forged TRUST is taken off */
	v = say(&lab, false, SYN, NULL, 0);
	assert_int_equal(mark_of(&lab, v), 0xfcffffff);
	v = say(&lab, false, ACK, hello.data, hello.len);
	assert_int_equal(mark_of(&lab, v), 0xfeffffff);
	lab.extra.mark = 0;
	v = say(&lab, false, ACK, "x", 1);
	assert_int_equal(mark_of(&lab, v), BLOCK);
	lab_close(&lab);
}

/* The hello in two segments, cut at every byte, in order and the other way
 * round, with the first part sent twice. */
static void every_cut(void **state)
{
	struct hello hello = hello_make("evil.example", 90, 30);

	(void)state;
	for (size_t cut = 1; cut < hello.len; cut++) {
		for (int turned = 0; turned < 2; turned++) {
			const uint8_t *part[2] = { hello.data,
						   hello.data + cut };
			size_t len[2] = { cut, hello.len - cut };
			uint32_t at[2] = { 0, (uint32_t)cut };
			struct lab lab;

			lab_open(&lab, 1);
			handshake(&lab);
			for (int i = 0; i < 2; i++)
				expect_undecided(&lab,
					speak(&lab, false, ACK,
					      lab.seq[0] + at[turned],
					      lab.seq[1], part[turned],
					      len[turned]));
			expect_blocked(&lab, speak(&lab, false, ACK,
						   lab.seq[0] + at[!turned],
						   lab.seq[1], part[!turned],
						   len[!turned]));
			assert_int_equal(lab.last.rule, 3);
			lab_close(&lab);
		}
	}
}

/* Longer than the window: it is not trusted half-read. */
static void longer_than_window(void **state)
{
	struct hello hello = hello_make("evil.example", 0, 300);
	struct lab lab;
	size_t at;

	(void)state;
	lab_open(&lab, 1);
	handshake(&lab);
	for (at = 0; at + 10 < hello.len; at += 10)
		expect_undecided(&lab, say(&lab, false, ACK, hello.data + at,
					   10));
	expect_blocked(&lab, say(&lab, false, ACK, hello.data + at,
				 hello.len - at));
	assert_true(lab.last.packets > 30);
	lab_close(&lab);
}

static void incomplete(void **state)
{
	struct hello hello = hello_make("good.example", 0, 8000);
	struct fw_queue_verdict v = { 0 };
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	handshake(&lab);
	for (size_t at = 0; at < 5100; at += 100) {
		expect_undecided(&lab, v = say(&lab, false, ACK,
					       hello.data + at, 100));
		if (at >= 4400)	/* 500 in the window, then 4,096 */
			break;
	}
	expect_undecided(&lab, v);
	expect_blocked(&lab, say(&lab, false, ACK, hello.data + 4500, 100));
	assert_string_equal(lab.last.reason, "on-incomplete");
	lab_close(&lab);

	/* or by time, also when only acknowledgements come */
	lab_open(&lab, 1);
	handshake(&lab);
	for (size_t at = 0; at < 500; at += 100)
		(void)say(&lab, false, ACK, hello.data + at, 100);
	lab.inspector.now_ms += 29999;
	expect_undecided(&lab, say(&lab, true, ACK, NULL, 0));
	lab.inspector.now_ms += 1;
	expect_blocked(&lab, say(&lab, true, ACK, NULL, 0));
	lab_close(&lab);
}

/* What is not TLS is trusted at the client's first bytes; when the server
 * speaks first, and alone, at the window's end. Nothing without payload
 * counts, nor does what comes twice. */
static void other_protocols(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	handshake(&lab);
	for (int i = 0; i < 20; i++)
		expect_undecided(&lab, say(&lab, false, ACK, NULL, 0));
	expect_trusted(&lab, say(&lab, false, ACK, "GET /", 5));
	assert_string_equal(lab.last.reason, "default");
	lab_close(&lab);

	lab_open(&lab, 1);
	handshake(&lab);
	for (int i = 0; i < 4; i++) {
		expect_undecided(&lab, say(&lab, true, ACK, "220 hi", 6));
		expect_undecided(&lab, speak(&lab, true, ACK, lab.seq[1] - 6,
					     lab.seq[0], "220 hi", 6));
	}
	expect_trusted(&lab, say(&lab, true, ACK, "220 hi", 6));
	lab_close(&lab);
}

static void udp_and_others(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	lab.tuple = packet_tuple(6, IPPROTO_UDP);
	expect_undecided(&lab, speak(&lab, false, 0, 0, 0, NULL, 0));
	expect_trusted(&lab, speak(&lab, false, 0, 0, 0, "x", 1));
	lab.tuple = packet_tuple(4, IPPROTO_GRE);
	expect_trusted(&lab, speak(&lab, false, 0, 0, 0, "x", 1));
	assert_int_equal(lab.inspector.stats.flows, 2);
	lab_close(&lab);
}

static const struct fw_interval any_type = { 255, 255 };
static const struct fw_inspect_rule drop_questions[] = {
	{ .fact = FW_FACT_DNS_QNAME, .domains = &bad,
	  .action = FW_INSPECT_DROP, .rule = 5 },
	{ .fact = FW_FACT_DNS_QTYPE, .numbers = &any_type, .n_numbers = 1,
	  .action = FW_INSPECT_DROP, .rule = 6 },
};

static void dns_open(struct lab *lab, enum fw_inspect_action fallback)
{
	lab_open(lab, 1);
	lab->profiles[0].rules = drop_questions;
	lab->profiles[0].n_rules = FW_ARRAY_SIZE(drop_questions);
	lab->profiles[0].fallback = fallback;
	lab_reload(lab, 1);
	lab->tuple = packet_tuple(4, IPPROTO_UDP);
	lab->tuple.dport = 53;
}

#define ASK(flags, name, type) \
	"\x12\x34" flags "\0\1\0\0\0\0\0\0" name "\0\0" type "\0\1"

static struct fw_queue_verdict ask(struct lab *lab, const char *message,
				   size_t len)
{
	lab->tuple.sport++;
	return speak(lab, false, 0, 0, 0, message, len);
}

#define ASKED(lab, ...) ask(lab, __VA_ARGS__, sizeof(__VA_ARGS__) - 1)

static void dns_queries(void **state)
{
	static const char worse[] = ASK("\1\0", "\1a\4EVIL\7example", "\1");
	struct lab lab;

	(void)state;
	dns_open(&lab, FW_INSPECT_TRUST);
	expect_trusted(&lab, ASKED(&lab, ASK("\1\0", "\4good", "\1")));
	expect_blocked(&lab, ask(&lab, worse, sizeof(worse) - 1));
	assert_int_equal(lab.last.rule, 5);
	expect_blocked(&lab, ASKED(&lab, ASK("\1\0", "\4good", "\xff")));
	assert_int_equal(lab.last.rule, 6);
	/* no server takes it; no query at all; not to a server's port */
	expect_blocked(&lab, ASKED(&lab, "\x12\x34\1\0\0\1\0\0\0\0\0\0\4evil"));
	assert_string_equal(lab.last.reason, "malformed");
	expect_trusted(&lab, ASKED(&lab, ASK("\x81\0", "\4evil\7example", "\1")));
	lab.tuple.dport = 5353;
	expect_trusted(&lab, ask(&lab, worse, sizeof(worse) - 1));
	lab_close(&lab);

	/* one flow, query after query */
	dns_open(&lab, FW_INSPECT_KEEP);
	expect_undecided(&lab, ASKED(&lab, ASK("\1\0", "\4good", "\1")));
	expect_undecided(&lab, speak(&lab, true, 0, 0, 0, "answer", 6));
	expect_blocked(&lab, speak(&lab, false, 0, 0, 0, worse,
				   sizeof(worse) - 1));
	lab_close(&lab);
}

/* --- evasion -------------------------------------------------------------- */
static void half(struct lab *lab, const struct hello *hello)
{
	lab_open(lab, 1);
	handshake(lab);
	expect_undecided(lab, say(lab, false, ACK, hello->data, 100));
}

static void rest_is_blocked(struct lab *lab, const struct hello *hello)
{
	expect_blocked(lab, say(lab, false, ACK, hello->data + 100,
				hello->len - 100));
	lab_close(lab);
}

static void differing_retransmission(void **state)
{
	struct hello hello = hello_make("good.example", 0, 200);
	struct lab lab;

	(void)state;
	half(&lab, &hello);
	expect_blocked(&lab, speak(&lab, false, ACK, lab.seq[0] - 50,
				   lab.seq[1], "other", 5));
	assert_string_equal(lab.last.reason, "on-overlap");
	lab_close(&lab);
}

/* An end or a new begin that only we see does not hide the rest. */
static void false_ends(void **state)
{
	struct hello hello = hello_make("evil.example", 0, 200);
	struct lab lab;

	(void)state;
	half(&lab, &hello);
	(void)speak(&lab, false, FW_TCP_RST, lab.seq[0], 0, NULL, 0);
	rest_is_blocked(&lab, &hello);

	half(&lab, &hello);
	(void)speak(&lab, false, FW_TCP_FIN | ACK, lab.seq[0], 0, NULL, 0);
	rest_is_blocked(&lab, &hello);

	half(&lab, &hello);
	(void)speak(&lab, false, SYN, lab.seq[0] + 500000, 0, NULL, 0);
	rest_is_blocked(&lab, &hello);

	half(&lab, &hello);
	(void)speak(&lab, true, SYN, 77, 0, NULL, 0);
	rest_is_blocked(&lab, &hello);

	/* both: the rest cannot be placed any more */
	half(&lab, &hello);
	(void)speak(&lab, false, FW_TCP_RST, lab.seq[0], 0, NULL, 0);
	(void)speak(&lab, false, SYN, lab.seq[0] + 500000, 0, NULL, 0);
	rest_is_blocked(&lab, &hello);
}

static void urgent_data(void **state)
{
	struct hello hello = hello_make("good.example", 0, 200);
	struct lab lab;

	(void)state;
	half(&lab, &hello);
	expect_blocked(&lab, say(&lab, false, ACK | 0x20, hello.data + 100,
				 50));
	lab_close(&lab);
}

/* --- flows that begin anew ------------------------------------------------ */
static void same_tuple_again(void **state)
{
	struct hello good = hello_make("good.example", 0, 0);
	struct hello evil = hello_make("evil.example", 0, 0);
	struct lab lab;
	uint64_t id;

	(void)state;
	lab_open(&lab, 1);
	handshake(&lab);
	expect_trusted(&lab, say(&lab, false, ACK, good.data, good.len));
	id = lab.last.id;
	lab.seq[0] += 100000;
	handshake(&lab);
	assert_int_not_equal(lab.last.id, id);
	assert_int_equal(lab.last.packets, 3);
	expect_blocked(&lab, say(&lab, false, ACK, evil.data, evil.len));

	/* undecided, but its SYN is answered: the old one is gone */
	lab.tuple.sport++;
	handshake(&lab);
	(void)say(&lab, false, ACK, good.data, 50);
	id = lab.last.id;
	lab.seq[0] += 100000;
	handshake(&lab);
	assert_int_not_equal(lab.last.id, id);
	expect_blocked(&lab, say(&lab, false, ACK, evil.data, evil.len));

	/* undecided, but ended: a SYN is enough */
	lab.tuple.sport++;
	handshake(&lab);
	(void)say(&lab, false, FW_TCP_FIN | ACK, NULL, 0);
	id = lab.last.id;
	lab.seq[0] += 100000;
	(void)say(&lab, false, SYN, NULL, 0);
	assert_int_not_equal(lab.last.id, id);

	/* never answered: the client tries again with another number */
	lab.tuple.sport++;
	(void)say(&lab, false, SYN, NULL, 0);
	lab.seq[0] += 100000;
	handshake(&lab);
	expect_blocked(&lab, say(&lab, false, ACK, evil.data, evil.len));
	lab_close(&lab);
}

/* A verdict is not inherited by what comes long after it. */
static void verdict_expires(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	lab.tuple = packet_tuple(4, IPPROTO_UDP);
	for (int i = 0; i < 8; i++) {
		expect_trusted(&lab, speak(&lab, false, 0, 0, 0, "x", 1));
		lab.inspector.now_ms += 5000;
		fw_inspector_sweep(&lab.inspector);
	}
	assert_int_equal(lab.inspector.stats.flows, 2);
	lab_close(&lab);
}

/* The handshake was before our time: either side may be the client, and what
 * does not begin as TLS may be the rest of a listed name. */
static void picked_up(void **state)
{
	struct hello evil = hello_make("evil.example", 0, 0);
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	(void)say(&lab, true, ACK, "\x16\x03", 2);	/* server seen first */
	expect_blocked(&lab, say(&lab, false, ACK, evil.data, evil.len));
	lab_close(&lab);

	lab_open(&lab, 1);
	expect_blocked(&lab, say(&lab, false, ACK, "middle", 6));
	lab_close(&lab);

	/* from the answer on: the client's numbers are known by it */
	lab_open(&lab, 1);
	lab.seq[0]++;
	(void)say(&lab, true, SYN | ACK, NULL, 0);
	assert_int_equal(lab.last.tuple.dport, 443);
	expect_trusted(&lab, say(&lab, false, ACK, "GET /", 5));
	lab_close(&lab);
}

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
		cmocka_unit_test(trusted_and_blocked),
		cmocka_unit_test(marks),
		cmocka_unit_test(every_cut),
		cmocka_unit_test(longer_than_window),
		cmocka_unit_test(incomplete),
		cmocka_unit_test(other_protocols),
		cmocka_unit_test(udp_and_others),
		cmocka_unit_test(dns_queries),
		cmocka_unit_test(differing_retransmission),
		cmocka_unit_test(false_ends),
		cmocka_unit_test(urgent_data),
		cmocka_unit_test(same_tuple_again),
		cmocka_unit_test(verdict_expires),
		cmocka_unit_test(picked_up),
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
