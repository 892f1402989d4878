/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows that are judged anew: what is kept of them, and what the inspector makes
 * of it.
 *
 * Catches: a second look that goes by the first one's verdict, one that wants a
 * hello that is long gone, a name that is forgotten, a flow in its midst that is
 * taken for one that was judged, what is kept of a process that lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inspect/kept.h"
#include "tests/unit/hello.h"
#include "tests/unit/inspector_lab.h"
#include "util/cleanup.h"

/* --- kept ----------------------------------------------------------------- */
static struct fw_fact text(const char *of, size_t len)
{
	return (struct fw_fact){ .state = FW_FACT_KNOWN, .text = of, .len = len };
}

static void kept_and_given(void **state)
{
	static const char protocols[] = "\x02h2\x08http/1.1";
	char longest[FW_KEPT_TEXT_MAX + 1];
	struct fw_fact facts[FW_FACT_MAX_] = { 0 }, back[FW_FACT_MAX_] = { 0 };
	struct fw_kept kept;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	facts[FW_FACT_TLS_SNI] = text("good.example", 12);
	facts[FW_FACT_TLS_VERSION].state = FW_FACT_KNOWN;
	facts[FW_FACT_TLS_VERSION].number = 0x0304;
	facts[FW_FACT_TLS_ALPN] = text(protocols, sizeof(protocols) - 1);
	facts[FW_FACT_TLS_JA3].state = FW_FACT_MALFORMED;
	facts[FW_FACT_HTTP_HOST] = text(longest, sizeof(longest));
	fw_kept_take(&kept, facts);
	assert_true(fw_kept_valid(&kept));
	back[FW_FACT_PAYLOAD].number = 5;
	fw_kept_give(&kept, back);
	assert_int_equal(back[FW_FACT_TLS_SNI].state, FW_FACT_KNOWN);
	assert_int_equal(back[FW_FACT_TLS_SNI].len, 12);
	assert_memory_equal(back[FW_FACT_TLS_SNI].text, "good.example", 12);
	assert_int_equal(back[FW_FACT_TLS_VERSION].number, 0x0304);
	assert_int_equal(back[FW_FACT_TLS_ALPN].len, sizeof(protocols) - 1);
	assert_memory_equal(back[FW_FACT_TLS_ALPN].text, protocols,
			    sizeof(protocols) - 1);
	assert_int_equal(back[FW_FACT_TLS_JA3].state, FW_FACT_ABSENT);
	assert_int_equal(back[FW_FACT_HTTP_HOST].state, FW_FACT_ABSENT);
	assert_int_equal(back[FW_FACT_PAYLOAD].number, 5);
}

static void nonsense(void **state)
{
	struct fw_fact facts[FW_FACT_MAX_] = { 0 };
	struct fw_kept good, bad;

	(void)state;
	facts[FW_FACT_TLS_ALPN] = text("\x02h2", 3);
	fw_kept_take(&good, facts);
	assert_true(fw_kept_valid(&good));
	bad = good;
	bad.size = FW_KEPT_TEXTS + 1;
	assert_false(fw_kept_valid(&bad));
	bad = good;
	bad.known |= 1u << FW_FACT_PAYLOAD;
	assert_false(fw_kept_valid(&bad));
	bad = good;
	bad.known |= 1u << FW_FACT_TLS_SNI;
	assert_false(fw_kept_valid(&bad));
	bad = good;
	bad.texts[1] = 200;	/* the text's length */
	assert_false(fw_kept_valid(&bad));
	bad = good;
	bad.texts[2] = 200;	/* the first protocol's */
	assert_false(fw_kept_valid(&bad));
}

/* --- the inspector -------------------------------------------------------- */
static struct {
	bool yes, turned;
	unsigned asked, asked_ended, kept_told;
	bool ended;
	struct fw_kept kept;
} door;

static bool on_again(void *ctx, const struct fw_tuple *tuple,
		     struct fw_kept *ret, bool *ret_turned)
{
	(void)ctx;
	(void)tuple;
	door.asked++;
	*ret = door.kept;
	*ret_turned = door.turned;
	return door.yes;
}

static bool on_ended(void *ctx, const struct fw_tuple *tuple)
{
	(void)ctx;
	(void)tuple;
	door.asked_ended++;
	return door.ended;
}

static void on_flow(void *ctx, const struct fw_flow_report *report)
{
	struct lab *lab = ctx;

	lab->last = *report;
	if (!report->kept)
		return;
	door.kept_told++;
	memcpy(&door.kept, report->kept, fw_kept_size(report->kept));
}

static void open_lab(struct lab *lab)
{
	memset(&door, 0, sizeof(door));
	lab_open(lab, 1);
	lab->door.flow = on_flow;
	lab->door.again = on_again;
	lab->door.ended = on_ended;
}

/* A flow with that name, up to its verdict. */
static void speak_hello(struct lab *lab, const char *name)
{
	struct hello hello = hello_make(name, 0, 0);

	handshake(lab);
	(void)say(lab, false, ACK, hello.data, hello.len);
	assert_int_equal(door.kept_told, 1);
}

/* What was said first decides, by the rules as they are now. */
static void second_look(void **state)
{
	static const struct fw_domain good[] = { { .name = "good.example" } };
	static const struct fw_domain_set set = { "good", good, 1 };
	static const struct fw_inspect_rule drop_good[] = {
		{ .fact = FW_FACT_TLS_SNI, .domains = &set,
		  .action = FW_INSPECT_DROP, .rule = 3 },
	};
	uint64_t first;
	struct lab lab;

	(void)state;
	open_lab(&lab);
	speak_hello(&lab, "good.example");
	expect_trusted(&lab, say(&lab, false, ACK, "x", 1));
	assert_int_equal(door.asked, 0);
	first = lab.last.id;

	lab.inspector.renewals++;
	door.yes = true;
	expect_undecided(&lab, say(&lab, true, ACK, NULL, 0));
	assert_int_equal(door.asked, 1);
	assert_true(lab.last.again);
	assert_int_not_equal(lab.last.id, first);
	expect_trusted(&lab, say(&lab, false, ACK, "x", 1));
	assert_string_equal(lab.last.reason, "default");
	assert_string_equal(lab.last.sni, "good.example");
	assert_int_equal(door.kept_told, 2);
	assert_int_equal(door.asked, 1);

	lab.profiles[0].rules = drop_good;
	lab_reload(&lab, 1);
	lab.inspector.renewals++;
	expect_blocked(&lab, say(&lab, true, ACK, "x", 1));
	assert_string_equal(lab.last.reason, "rule");
	lab_close(&lab);
}

/* The verdict of others was taken back. */
static void another_one(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	speak_hello(&lab, "evil.example");
	lab.inspector.renewals++;
	expect_blocked(&lab, say(&lab, false, ACK, "x", 1));
	expect_blocked(&lab, say(&lab, false, ACK, "x", 1));
	assert_int_equal(door.asked, 1);
	assert_false(lab.last.again);
	lab_close(&lab);
}

/* Nothing is remembered here, nor there: it was judged, and that is all. */
static void in_the_midst(void **state)
{
	struct lab lab;

	(void)state;
	for (int judged = 0; judged < 2; judged++) {
		open_lab(&lab);
		door.yes = judged;
		door.turned = judged;
		lab.inspector.renewals = 1;
		if (judged)
			expect_trusted(&lab, say(&lab, true, ACK, "\x17\x03", 2));
		else
			expect_blocked(&lab, say(&lab, true, ACK, "\x17\x03", 2));
		assert_int_equal(lab.last.again, judged);
		assert_int_equal(lab.last.tuple.dport == lab.tuple.dport, judged);
		lab_close(&lab);
	}
}

/* A connection that begins is never an old one. */
static void new_connection(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	lab.inspector.renewals = 1;
	door.yes = true;
	handshake(&lab);
	assert_int_equal(door.asked, 0);
	assert_false(lab.last.again);
	lab_close(&lab);
}

/* Blocked by hand and forgotten before it was judged: the look goes on. */
static void undecided(void **state)
{
	struct hello hello = hello_make("evil.example", 0, 0);
	uint64_t first;
	struct lab lab;

	(void)state;
	open_lab(&lab);
	handshake(&lab);
	expect_undecided(&lab, say(&lab, false, ACK, hello.data, 50));
	first = lab.last.id;
	lab.inspector.renewals = 1;
	door.yes = true;
	expect_blocked(&lab, say(&lab, false, ACK, hello.data + 50,
				 hello.len - 50));
	assert_int_not_equal(lab.last.id, first);
	assert_true(lab.last.again);
	lab_close(&lab);
}

/* Late packets of a connection are its own; those of the next one are not. */
static void ended(void **state)
{
	uint64_t first;
	struct lab lab;

	(void)state;
	open_lab(&lab);
	speak_hello(&lab, "good.example");
	expect_trusted(&lab, say(&lab, false, ACK, "x", 1));
	first = lab.last.id;
	assert_int_equal(door.asked_ended, 0);

	lab.inspector.now_ms += 5000;
	expect_trusted(&lab, say(&lab, false, ACK, "x", 1));
	assert_int_equal(door.asked_ended, 1);
	assert_int_equal(lab.last.id, first);

	door.ended = true;
	expect_blocked(&lab, say(&lab, false, ACK, "\x17\x03", 2));
	assert_int_not_equal(lab.last.id, first);
	assert_false(lab.last.again);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_and_given),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(second_look),
		cmocka_unit_test(another_one),
		cmocka_unit_test(in_the_midst),
		cmocka_unit_test(new_connection),
		cmocka_unit_test(undecided),
		cmocka_unit_test(ended),
	};

	return cmocka_run_group_tests_name("again", tests, NULL, NULL);
}
