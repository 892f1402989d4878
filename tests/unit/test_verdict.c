/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict over facts and window: the order of precedence, one case a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inspect/verdict.h"
#include "util/cleanup.h"

static const struct fw_domain bad_names[] = { { .name = "evil.example" } };
static const struct fw_domain good_names[] = { { .name = "good.example" } };
static const struct fw_domain_set bad = { "bad", bad_names, 1 };
static const struct fw_domain_set good = { "good", good_names, 1 };

static const struct fw_inspect_rule drop_bad[] = {
	{ .fact = FW_FACT_TLS_SNI, .domains = &bad,
	  .action = FW_INSPECT_DROP, .rule = 11 },
};
static const struct fw_inspect_rule trust_good_drop_bad[] = {
	{ .fact = FW_FACT_TLS_SNI, .domains = &good,
	  .action = FW_INSPECT_TRUST, .rule = 21 },
	{ .fact = FW_FACT_TLS_SNI, .domains = &bad,
	  .action = FW_INSPECT_DROP, .rule = 22 },
};
static const struct fw_inspect_rule only_good[] = {
	{ .fact = FW_FACT_TLS_SNI,
	  .negate = true, .domains = &good,
	  .action = FW_INSPECT_DROP, .rule = 31 },
};
static const struct fw_inspect_rule keep_good[] = {
	{ .fact = FW_FACT_TLS_SNI, .domains = &good,
	  .action = FW_INSPECT_KEEP, .rule = 41 },
};

static struct fw_profile profile_with(const struct fw_inspect_rule *rules,
				      size_t n)
{
	return (struct fw_profile){
		.name = "web",
		.window_packets = 10,
		.window_bytes = 1000,
		.max_bytes = 500,
		.max_ms = 3000,
		.fallback = FW_INSPECT_TRUST,
		.rules = rules,
		.n_rules = n,
	};
}

#define PROFILE(rules) profile_with(rules, FW_ARRAY_SIZE(rules))

static struct fw_window window_of(enum fw_fact_state fact, const char *name)
{
	struct fw_window window = { .packets = 1, .bytes = 100 };

	window.facts[FW_FACT_TLS_SNI].state = fact;
	window.facts[FW_FACT_TLS_SNI].text = name;
	window.facts[FW_FACT_TLS_SNI].len = name ? strlen(name) : 0;
	return window;
}

static void expect(const struct fw_profile *profile,
		   const struct fw_window *window,
		   enum fw_flow_verdict verdict, const char *reason,
		   uint32_t rule)
{
	struct fw_judgement j = fw_verdict_judge(profile, window);

	assert_int_equal(j.verdict, verdict);
	assert_int_equal(j.rule, rule);
	if (reason)
		assert_string_equal(j.reason, reason);
	else
		assert_null(j.reason);
}

#define expect_undecided(profile, window) \
	expect(profile, window, FW_FLOW_UNVETTED, NULL, FW_NO_RULE)

static void rules_decide(void **state)
{
	struct fw_profile p = PROFILE(drop_bad);
	struct fw_window w = window_of(FW_FACT_KNOWN, "a.evil.example");

	(void)state;
	expect(&p, &w, FW_FLOW_BLOCKED, "rule", 11);
	w = window_of(FW_FACT_KNOWN, "notevil.example");
	expect(&p, &w, FW_FLOW_TRUSTED, "default", FW_NO_RULE);
	w = window_of(FW_FACT_ABSENT, NULL);
	expect(&p, &w, FW_FLOW_TRUSTED, "default", FW_NO_RULE);
}

static void order_of_rules(void **state)
{
	struct fw_profile p = PROFILE(trust_good_drop_bad);
	struct fw_window w = window_of(FW_FACT_KNOWN, "good.example");

	(void)state;
	p.fallback = FW_INSPECT_DROP;
	expect(&p, &w, FW_FLOW_TRUSTED, "rule", 21);
	w = window_of(FW_FACT_KNOWN, "evil.example");
	expect(&p, &w, FW_FLOW_BLOCKED, "rule", 22);
	w = window_of(FW_FACT_KNOWN, "other.example");
	expect(&p, &w, FW_FLOW_BLOCKED, "default", FW_NO_RULE);
}

/* A packet without the field matches neither == nor !=, as in nft. */
static void negation(void **state)
{
	struct fw_profile p = PROFILE(only_good);
	struct fw_window w = window_of(FW_FACT_KNOWN, "good.example");

	(void)state;
	expect(&p, &w, FW_FLOW_TRUSTED, "default", FW_NO_RULE);
	w = window_of(FW_FACT_KNOWN, "other.example");
	expect(&p, &w, FW_FLOW_BLOCKED, "rule", 31);
	w = window_of(FW_FACT_ABSENT, NULL);
	expect(&p, &w, FW_FLOW_TRUSTED, "default", FW_NO_RULE);
}

static void waits_for_its_fact(void **state)
{
	struct fw_profile p = PROFILE(drop_bad);
	struct fw_window w = window_of(FW_FACT_UNKNOWN, NULL);

	(void)state;
	expect_undecided(&p, &w);
	w.packets = 9;
	w.bytes = 999;
	expect_undecided(&p, &w);
	w.packets = 10;			/* nothing has begun */
	expect(&p, &w, FW_FLOW_TRUSTED, "default", FW_NO_RULE);
	w.packets = 9;
	w.bytes = 1000;
	expect(&p, &w, FW_FLOW_TRUSTED, "default", FW_NO_RULE);
}

/* A first message that is unfinished at the window's end may go on for max. */
static void unfinished_message(void **state)
{
	struct fw_profile p = PROFILE(drop_bad);
	struct fw_window w = window_of(FW_FACT_UNKNOWN, NULL);

	(void)state;
	w.facts[FW_FACT_TLS_SNI].begun = true;
	w.packets = 10;
	expect_undecided(&p, &w);
	w.bytes_after = 499;
	w.ms_after = 2999;
	expect_undecided(&p, &w);
	w.bytes_after = 500;
	expect(&p, &w, FW_FLOW_BLOCKED, "on-incomplete", FW_NO_RULE);
	w.bytes_after = 0;
	w.ms_after = 3000;
	expect(&p, &w, FW_FLOW_BLOCKED, "on-incomplete", FW_NO_RULE);
	p.on_incomplete = true;
	expect(&p, &w, FW_FLOW_TRUSTED, "on-incomplete", FW_NO_RULE);
}

static void no_rules(void **state)
{
	struct fw_profile p = profile_with(NULL, 0);
	struct fw_window w = window_of(FW_FACT_UNKNOWN, NULL);

	(void)state;
	w.facts[FW_FACT_TLS_SNI].begun = true;
	expect(&p, &w, FW_FLOW_TRUSTED, "default", FW_NO_RULE);
	p.fallback = FW_INSPECT_DROP;
	expect(&p, &w, FW_FLOW_BLOCKED, "default", FW_NO_RULE);
}

static void keep_inspecting(void **state)
{
	struct fw_profile p = PROFILE(drop_bad);
	struct fw_window w = window_of(FW_FACT_KNOWN, "good.example");

	(void)state;
	p.fallback = FW_INSPECT_KEEP;
	w.packets = 1000;
	expect_undecided(&p, &w);
	w = window_of(FW_FACT_KNOWN, "evil.example");
	expect(&p, &w, FW_FLOW_BLOCKED, "rule", 11);

	p = PROFILE(keep_good);
	p.fallback = FW_INSPECT_DROP;
	w = window_of(FW_FACT_KNOWN, "good.example");
	expect_undecided(&p, &w);
}

static void troubles(void **state)
{
	static const struct {
		enum fw_fact_state fact;
		const char *reason;
		bool overload;
	} cases[] = {
		{ FW_FACT_MALFORMED, "malformed", false },
		{ FW_FACT_NO_ROOM, "memory", false },
		{ FW_FACT_NO_MEMORY, "memory", true },
	};
	struct fw_profile none = profile_with(NULL, 0);

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		struct fw_profile p = PROFILE(drop_bad);
		struct fw_window w = window_of(cases[i].fact, NULL);

		expect(&p, &w, FW_FLOW_BLOCKED, cases[i].reason, FW_NO_RULE);
		p.on_overload = cases[i].overload;
		p.on_incomplete = !cases[i].overload;
		expect(&p, &w, FW_FLOW_TRUSTED, cases[i].reason, FW_NO_RULE);
		p.on_overload = !p.on_overload;
		p.on_incomplete = !p.on_incomplete;
		expect(&p, &w, FW_FLOW_BLOCKED, cases[i].reason, FW_NO_RULE);
		/* no rule needs the fact */
		expect(&none, &w, FW_FLOW_TRUSTED, "default", FW_NO_RULE);
	}
}

static void overlap(void **state)
{
	struct fw_profile p = PROFILE(drop_bad);
	struct fw_window w = window_of(FW_FACT_KNOWN, "good.example");

	(void)state;
	w.conflict = true;
	expect(&p, &w, FW_FLOW_BLOCKED, "on-overlap", FW_NO_RULE);
	p.on_overlap_first = true;
	expect(&p, &w, FW_FLOW_TRUSTED, "default", FW_NO_RULE);
}

/* What has matched is known at once, but no rule overtakes another; that nothing
 * matches is known with the whole window. */
static void patterns(void **state)
{
	static const struct fw_pattern_set sets[2];
	static const struct fw_inspect_rule rules[] = {
		{ .fact = FW_FACT_PAYLOAD, .patterns = &sets[0],
		  .pattern_set = 0, .action = FW_INSPECT_DROP, .rule = 51 },
		{ .fact = FW_FACT_PAYLOAD, .patterns = &sets[1],
		  .pattern_set = 1, .negate = true, .action = FW_INSPECT_DROP,
		  .rule = 52 },
	};
	static const struct {
		enum fw_fact_state fact;
		uint64_t matched;
		enum fw_flow_verdict verdict;
		uint32_t rule;
	} cases[] = {
		{ FW_FACT_UNKNOWN, 0, FW_FLOW_UNVETTED, FW_NO_RULE },
		{ FW_FACT_UNKNOWN, 1, FW_FLOW_BLOCKED, 51 },
		{ FW_FACT_UNKNOWN, 2, FW_FLOW_UNVETTED, FW_NO_RULE },
		{ FW_FACT_KNOWN, 0, FW_FLOW_BLOCKED, 52 },
		{ FW_FACT_KNOWN, 1, FW_FLOW_BLOCKED, 51 },
		{ FW_FACT_KNOWN, 2, FW_FLOW_TRUSTED, FW_NO_RULE },
		{ FW_FACT_NO_MEMORY, 1, FW_FLOW_BLOCKED, 51 },
		{ FW_FACT_NO_MEMORY, 2, FW_FLOW_BLOCKED, FW_NO_RULE },
	};
	const struct fw_profile profile = PROFILE(rules);

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		struct fw_window window = { .packets = 1, .bytes = 100 };
		struct fw_judgement judgement;

		window.facts[FW_FACT_PAYLOAD].state = cases[i].fact;
		window.facts[FW_FACT_PAYLOAD].number = cases[i].matched;
		judgement = fw_verdict_judge(&profile, &window);
		assert_int_equal(judgement.verdict, cases[i].verdict);
		assert_int_equal(judgement.rule, cases[i].rule);
	}
}

/* Rules without a verdict, and those that only tell of it, are passed. */
static void passed(void **state)
{
	static const struct fw_inspect_rule rules[] = {
		{ .fact = FW_FACT_TLS_SNI, .domains = &bad, .counter = true,
		  .action = FW_INSPECT_NONE, .rule = 61 },
		{ .fact = FW_FACT_TLS_SNI, .domains = &bad, .audit = true,
		  .action = FW_INSPECT_DROP, .rule = 62 },
		{ .fact = FW_FACT_HTTP_HOST, .domains = &bad,
		  .action = FW_INSPECT_DROP, .rule = 63 },
		{ .fact = FW_FACT_TLS_SNI, .domains = &bad,
		  .action = FW_INSPECT_DROP, .rule = 64 },
		{ .fact = FW_FACT_TLS_SNI, .domains = &good,
		  .action = FW_INSPECT_DROP, .rule = 65 },
	};
	const struct fw_profile p = PROFILE(rules);
	struct fw_window w = window_of(FW_FACT_KNOWN, "evil.example");

	(void)state;
	expect_undecided(&p, &w);
	assert_int_equal(fw_verdict_judge(&p, &w).decided, 2);
	assert_true(fw_verdict_met(&rules[0], &w));
	assert_false(fw_verdict_met(&rules[2], &w));
	assert_false(fw_verdict_met(&rules[4], &w));
	w.facts[FW_FACT_HTTP_HOST].state = FW_FACT_ABSENT;
	expect(&p, &w, FW_FLOW_BLOCKED, "rule", 64);
	assert_int_equal(fw_verdict_judge(&p, &w).decided, 4);
	w = window_of(FW_FACT_MALFORMED, NULL);
	assert_int_equal(fw_verdict_judge(&p, &w).decided, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_decide),
		cmocka_unit_test(order_of_rules),
		cmocka_unit_test(negation),
		cmocka_unit_test(waits_for_its_fact),
		cmocka_unit_test(unfinished_message),
		cmocka_unit_test(no_rules),
		cmocka_unit_test(keep_inspecting),
		cmocka_unit_test(troubles),
		cmocka_unit_test(overlap),
		cmocka_unit_test(patterns),
		cmocka_unit_test(passed),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
