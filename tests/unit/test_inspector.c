/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inspector as a whole, without a kernel: packets in, verdicts and reports
 * out; evasion, and tuples that come again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "tests/unit/hello.h"
#include "tests/unit/inspector_lab.h"
#include "tests/unit/packets.h"
#include "util/cleanup.h"

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
	{ .fact = FW_FACT_DNS_QNAME, .domains = &bad_set,
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

/* Each rule that a flow meets acts once, in their order, the one that decides
 * last; a reload does not make them act again, other rules do. */
static void rules_act_once(void **state)
{
	static const struct fw_plan_rule plan_rules[] = {
		{ .key = { { 1 } } }, { .key = { { 2 } } }, { .key = { { 3 } } },
	};
	struct fw_inspect_rule rules[] = {
		{ .fact = FW_FACT_TLS_SNI, .domains = &bad_set, .counter = true,
		  .action = FW_INSPECT_NONE, .rule = 0 },
		{ .fact = FW_FACT_TLS_SNI, .domains = &bad_set, .audit = true,
		  .action = FW_INSPECT_DROP, .rule = 1 },
		{ .fact = FW_FACT_TLS_VERSION, .negate = true,
		  .action = FW_INSPECT_DROP, .rule = 2 },
	};
	struct hello hello = hello_make("evil.example", 0, 0);
	struct lab lab;

	(void)state;
	lab_open(&lab, 1);
	lab.rules = plan_rules;
	lab.n_rules = FW_ARRAY_SIZE(plan_rules);
	lab.profiles[0].rules = rules;
	lab.profiles[0].n_rules = 2;
	lab.profiles[0].fallback = FW_INSPECT_KEEP;
	lab_reload(&lab, 1);
	handshake(&lab);
	expect_undecided(&lab, say(&lab, false, ACK, hello.data, hello.len));
	expect_undecided(&lab, say(&lab, false, ACK, "x", 1));
	assert_int_equal(lab.n_met, 2);
	assert_int_equal(lab.met[0], 0);
	assert_int_equal(lab.met[1], 1);
	assert_int_equal(lab.last.rule, FW_NO_RULE);

	lab.profiles[0].n_rules = 3;
	lab_reload(&lab, 1);
	expect_blocked(&lab, say(&lab, false, ACK, "x", 1));
	expect_blocked(&lab, say(&lab, false, ACK, "x", 1));
	assert_int_equal(lab.n_met, 3);
	assert_int_equal(lab.met[2], 2);
	assert_int_equal(lab.last.rule, 2);
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
		cmocka_unit_test(rules_act_once),
	};

	return cmocka_run_group_tests_name("inspector", tests, NULL, NULL);
}
