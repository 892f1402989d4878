/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts as events: one a flow, with its rule; counters over plans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "daemon/verdicts.h"

/* --- a plan of two inspect rules and one of nft --------------------------- */

static const struct fw_plan_rule rules[] = {
	{ .file = "a.conf", .line = 3, .layer = FW_LAYER_NFT,
	  .key = { { 1 } }, .text = "accept" },
	{ .file = "a.conf", .line = 7, .layer = FW_LAYER_INSPECT,
	  .key = { { 2 } }, .text = "tls sni @bad drop" },
	{ .file = "a.conf", .line = 8, .layer = FW_LAYER_INSPECT,
	  .key = { { 3 } }, .text = "tls sni @worse drop" },
};

/* The same without the rule in the middle. */
static const struct fw_plan_rule fewer_rules[] = {
	{ .file = "b.conf", .line = 3, .layer = FW_LAYER_NFT,
	  .key = { { 1 } }, .text = "accept" },
	{ .file = "b.conf", .line = 6, .layer = FW_LAYER_INSPECT,
	  .key = { { 3 } }, .text = "tls sni @worse drop" },
};

static struct fw_plan *make_plan(const struct fw_plan_rule *from, size_t n)
{
	struct fw_plan *plan = fw_plan_new();
	struct fw_profile *profile;

	assert_non_null(plan);
	profile = fw_arena_alloc(plan->arena, sizeof(*profile));
	assert_non_null(profile);
	profile->name = "web";
	plan->rules = from;
	plan->n_rules = n;
	plan->profiles = profile;
	plan->n_profiles = 1;
	return plan;
}

/* --- the flows' door, and the loop ---------------------------------------- */

static int reports;

static void on_flow(void *ctx, const struct fw_flow_report *report)
{
	(void)ctx;
	(void)report;
	reports++;
}

static int on_profile(void *ctx, const struct fw_tuple *tuple)
{
	(void)ctx;
	return tuple->proto == 6 ? 4 : -1;
}

static const struct fw_door inner = { .flow = on_flow, .profile = on_profile };
static struct fw_mailbox *mailbox;
static json_t *heard;

static void hear(void *ctx, enum fw_record_type type, char *line)
{
	(void)ctx;
	assert_true(type == FW_RECORD_FLOW || type == FW_RECORD_LOG);
	(void)json_array_append_new(heard, json_loads(line, 0, NULL));
	free(line);
}

/* What came since the last time; lent until the next. */
static const json_t *listen_all(uint64_t lost)
{
	(void)json_array_clear(heard);
	assert_int_equal(fw_mailbox_drain(mailbox, hear, NULL), lost);
	return heard;
}

static int set_up(void **state)
{
	(void)state;
	reports = 0;
	heard = json_array();
	return fw_mailbox_new(8, &mailbox);
}

static int tear_down(void **state)
{
	(void)state;
	fw_mailbox_free(mailbox);
	json_decref(heard);
	return 0;
}

static struct fw_flow_report blocked(const struct fw_plan *plan, uint64_t id,
				     uint32_t rule)
{
	return (struct fw_flow_report){
		.id = id,
		.tuple = { .family = 4, .proto = 6, .saddr = { 10, 7, 1, 2 },
			   .daddr = { 10, 7, 2, 2 }, .sport = 4242,
			   .dport = 443 },
		.profile = &plan->profiles[0],
		.verdict = FW_FLOW_BLOCKED,
		.packets = 4,
		.sni = "www.evil.example",
		.reason = "rule",
		.rule = rule,
	};
}

static void report(const struct fw_verdicts *verdicts,
		   const struct fw_flow_report *r)
{
	const struct fw_door *door = fw_verdicts_door(verdicts);

	door->flow(door->ctx, r);
}

/* --- tests ---------------------------------------------------------------- */

static void test_one_event(void **state)
{
	struct fw_plan *plan = make_plan(rules, 3);
	struct fw_verdicts *verdicts = fw_verdicts_new(&inner, mailbox, plan);
	struct fw_flow_report r = blocked(plan, 0, 1);
	const json_t *events;
	json_t *expected;

	(void)state;
	r.verdict = FW_FLOW_UNVETTED;
	report(verdicts, &r);
	assert_int_equal(json_array_size(listen_all(0)), 0);
	r.verdict = FW_FLOW_BLOCKED;
	for (int i = 0; i < 3; i++)
		report(verdicts, &r);
	assert_int_equal(reports, 4);
	events = listen_all(0);
	assert_int_equal(json_array_size(events), 1);
	expected = json_pack("{s:O, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:i,"
			     " s:s, s:s, s:i, s:i, s:s, s:i, s:s}",
			     "time",
			     json_object_get(json_array_get(events, 0), "time"),
			     "type", "flow", "verdict", "blocked", "reason",
			     "rule", "proto", "tcp", "src", "10.7.1.2", "sport",
			     4242, "dst", "10.7.2.2", "dport", 443, "sni",
			     "www.evil.example", "profile", "web", "queue", 0,
			     "packets", 4, "file", "a.conf", "line", 7, "rule",
			     "tls sni @bad drop");
	assert_true(json_equal(json_array_get(events, 0), expected));
	json_decref(expected);
	fw_verdicts_free(verdicts);
	fw_plan_unref(plan);
}

/* Flows are told apart by worker and number, the first number included. */
static void test_each_flow(void **state)
{
	struct fw_plan *plan = make_plan(rules, 3);
	struct fw_verdicts *verdicts = fw_verdicts_new(&inner, mailbox, plan);
	struct fw_flow_report r = blocked(plan, 0, FW_NO_RULE);

	(void)state;
	report(verdicts, &r);
	r.id = 1;
	report(verdicts, &r);
	r.queue = 1;
	report(verdicts, &r);
	r.id = 0;
	report(verdicts, &r);
	report(verdicts, &r);
	assert_int_equal(json_array_size(listen_all(0)), 4);
	fw_verdicts_free(verdicts);
	fw_plan_unref(plan);
}

static void test_mailbox_full(void **state)
{
	struct fw_plan *plan = make_plan(rules, 3);
	struct fw_verdicts *verdicts = fw_verdicts_new(&inner, mailbox, plan);
	struct fw_flow_report r = blocked(plan, 0, FW_NO_RULE);

	(void)state;
	for (r.id = 0; r.id < 20; r.id++)
		report(verdicts, &r);
	assert_int_equal(json_array_size(listen_all(12)), 8);
	report(verdicts, &r);
	assert_int_equal(json_array_size(listen_all(0)), 1);
	fw_verdicts_free(verdicts);
	fw_plan_unref(plan);
}

/* A rule's count goes with the rule; a flow judged by the old plan says nothing
 * of the new plan's rules. */
static void test_new_plan(void **state)
{
	struct fw_plan *old = make_plan(rules, 3);
	struct fw_plan *new = make_plan(fewer_rules, 2);
	struct fw_verdicts *verdicts = fw_verdicts_new(&inner, mailbox, old);
	struct fw_rule_count counts[3] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct fw_flow_report r = blocked(old, 0, 1);
	const json_t *event;

	(void)state;
	report(verdicts, &r);
	r = blocked(old, 1, 2);
	report(verdicts, &r);
	report(verdicts, &r);
	fw_verdicts_rule_counts(verdicts, old, counts);
	assert_int_equal(counts[0].packets, -1);
	assert_int_equal(counts[1].packets, 1);
	assert_int_equal(counts[2].packets, 2);
	assert_int_equal(counts[2].bytes, -1);

	fw_verdicts_set_plan(verdicts, new);
	(void)listen_all(0);
	r = blocked(old, 2, 1);
	report(verdicts, &r);
	event = json_array_get(listen_all(0), 0);
	assert_string_equal(json_string_value(json_object_get(event, "sni")),
			    "www.evil.example");
	assert_null(json_object_get(event, "file"));
	counts[0].packets = counts[1].packets = -1;
	fw_verdicts_rule_counts(verdicts, old, counts);
	assert_int_equal(counts[1].packets, -1);
	fw_verdicts_rule_counts(verdicts, new, counts);
	assert_int_equal(counts[0].packets, -1);
	assert_int_equal(counts[1].packets, 2);
	fw_verdicts_free(verdicts);
	fw_plan_unref(old);
	fw_plan_unref(new);
}

static const char *text_of(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text ? text : "";
}

/* Rules that go on count the packet that met them; those that log and audit have
 * a record. The one that decides is counted by its reports. */
static void test_met(void **state)
{
	struct fw_plan *plan = make_plan(rules, 3);
	struct fw_verdicts *verdicts = fw_verdicts_new(&inner, mailbox, plan);
	const struct fw_door *door = fw_verdicts_door(verdicts);
	const struct fw_inspect_rule audit = {
		.action = FW_INSPECT_DROP, .audit = true, .rule = 1,
	};
	const struct fw_inspect_rule logs = {
		.action = FW_INSPECT_DROP, .log = true, .log_prefix = "bad: ",
		.log_level = "info", .rule = 2,
	};
	struct fw_rule_count counts[3] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	struct fw_flow_report r = blocked(plan, 0, 2);
	const json_t *events;

	(void)state;
	door->met(door->ctx, &r, &audit);
	door->met(door->ctx, &r, &logs);
	report(verdicts, &r);
	events = listen_all(0);
	assert_int_equal(json_array_size(events), 3);
	assert_string_equal(text_of(json_array_get(events, 0), "type"), "log");
	assert_string_equal(text_of(json_array_get(events, 0), "verdict"),
			    "AUDIT-DROP");
	assert_string_equal(text_of(json_array_get(events, 0), "rule"),
			    "tls sni @bad drop");
	assert_string_equal(text_of(json_array_get(events, 1), "prefix"),
			    "bad: ");
	assert_string_equal(text_of(json_array_get(events, 1), "level"), "info");
	assert_string_equal(text_of(json_array_get(events, 1), "verdict"), "");
	assert_string_equal(text_of(json_array_get(events, 2), "type"), "flow");
	fw_verdicts_rule_counts(verdicts, plan, counts);
	assert_int_equal(counts[1].packets, 1);
	assert_int_equal(counts[2].packets, 1);
	fw_verdicts_free(verdicts);
	fw_plan_unref(plan);
}

/* Of rules that log too much the rest is counted as lost. */
static void test_logs_bounded(void **state)
{
	struct fw_plan *plan = make_plan(rules, 3);
	struct fw_mailbox *small = mailbox;
	struct fw_verdicts *verdicts;
	const struct fw_door *door;
	const struct fw_inspect_rule logs = {
		.action = FW_INSPECT_NONE, .log = true, .log_prefix = "",
		.log_level = "warn", .rule = 2,
	};
	struct fw_flow_report r = blocked(plan, 0, FW_NO_RULE);

	(void)state;
	assert_int_equal(fw_mailbox_new(8192, &mailbox), 0);
	verdicts = fw_verdicts_new(&inner, mailbox, plan);
	door = fw_verdicts_door(verdicts);
	for (r.id = 0; r.id < 5000; r.id++)
		door->met(door->ctx, &r, &logs);
	/* a second may have ended meanwhile */
	(void)json_array_clear(heard);
	assert_true(fw_mailbox_drain(mailbox, hear, NULL) >= 2000);
	assert_true(json_array_size(heard) >= 1000);
	fw_verdicts_free(verdicts);
	fw_plan_unref(plan);
	fw_mailbox_free(mailbox);
	mailbox = small;
}

static void test_profile(void **state)
{
	struct fw_plan *plan = make_plan(rules, 3);
	struct fw_verdicts *verdicts = fw_verdicts_new(&inner, mailbox, plan);
	const struct fw_door *door = fw_verdicts_door(verdicts);

	(void)state;
	assert_int_equal(door->profile(door->ctx,
				       &(struct fw_tuple){ .proto = 6 }),
			 4);
	assert_int_equal(door->profile(door->ctx,
				       &(struct fw_tuple){ .proto = 17 }),
			 -1);
	fw_verdicts_free(verdicts);
	fw_plan_unref(plan);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_event), TEST(test_each_flow),
		TEST(test_mailbox_full), TEST(test_new_plan),
		TEST(test_profile),   TEST(test_met),
		TEST(test_logs_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
