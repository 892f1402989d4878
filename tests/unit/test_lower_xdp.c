/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What moves to XDP and what stays, rule by rule: order is kept, accepts are
 * carried or held back, jumps become rules, limits have their say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lowered.h"
#include "util/cleanup.h"

/* --- the whole chain ------------------------------------------------------ */
static void whole_chain_moves_with_policy(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t first, second;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	first = build_rule_of(&b, c, P_SADDR("ip saddr 10.0.0.1", 1, 1),
			      P_COUNTER, P_DROP);
	second = build_rule_of(&b, c, P_DPORT("tcp dport 22", 22), P_ACCEPT);
	build_lower(&b);
	assert_xdp(&b, first);
	assert_xdp(&b, second);
	assert_true(b.typed.rules[second].counted);
	assert_int_equal(xdp_device(&b, "wan")->policy, FW_VERDICT_DROP);
	assert_int_equal(b.plan->xdp.n_rules, 64);
	assert_int_equal(xdp_rule(&b, "wan", 0)->rule, first);
	assert_int_equal(xdp_rule(&b, "wan", 1)->verdict, FW_VERDICT_ACCEPT);
	assert_null(build_nft_chain(&b, "in"));
	assert_int_equal(b.plan->n_devices, 1);
	assert_true(b.plan->devices[0].xdp && b.plan->devices[0].tc);
	build_done(&b);
}

static void other_hooks_stay(void **state)
{
	struct build b;
	struct fw_typed_table *t;
	struct fw_typed_chain *c;
	uint32_t rule, regular;

	(void)state;
	build_init(&b);
	t = build_table(&b, "inet", "filter");
	c = build_chain(&b, t, "input", FW_HOOK_INPUT, 0, FW_VERDICT_DROP,
			"type filter hook input priority 0; policy drop;",
			NULL);
	rule = build_rule_of(&b, c, P_COUNTER, P_DROP);
	t = build_table(&b, "netdev", "n");
	c = build_chain(&b, t, "sub", FW_HOOK_NONE, 0, FW_VERDICT_NONE, NULL,
			NULL);
	regular = build_rule_of(&b, c, P_DROP);
	build_lower(&b);
	assert_nft(&b, rule, "hook");
	assert_true(b.typed.rules[rule].counted);
	assert_nft(&b, regular, "jump");
	assert_false(b.typed.rules[regular].counted);
	assert_int_equal(b.plan->xdp.n_devices, 0);
	build_done(&b);
}

/* XDP has nothing to count it by. */
static void matches_alone_are_not_counted(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t bare, ends;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	bare = build_rule_of(&b, c, P_SADDR("ip saddr 10.0.0.1", 1, 1));
	ends = build_rule_of(&b, c, P_DPORT("tcp dport 22", 22), P_DROP);
	build_lower(&b);
	assert_xdp(&b, bare);
	assert_false(b.typed.rules[bare].counted);
	assert_true(b.typed.rules[ends].counted);
	build_done(&b);
}

/* --- order ---------------------------------------------------------------- */
static void later_rules_wait_for_earlier_ones(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t raw, meets, apart, other, chained, wide;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	raw = build_rule_of(&b, c, P_DPORT("tcp dport 22", 22),
			    P_RAW("limit rate 1/second"), P_ACCEPT);
	apart = build_rule_of(&b, c, P_DPORT("tcp dport 23", 23), P_DROP);
	other = build_rule_of(&b, c, P_DPORT("tcp dport 80", 80),
			      P_SADDR("ip saddr 10.0.0.1", 1, 1), P_DROP);
	meets = build_rule_of(&b, c, P_SADDR("ip saddr 10.0.0.1", 1, 1),
			      P_DROP);
	chained = build_rule_of(&b, c, P_DPORT("tcp dport 23", 23), P_DROP);
	wide = build_rule_of(&b, c, P_COUNTER);
	build_lower(&b);
	assert_nft(&b, raw, "limit rate 1/second");
	assert_nft(&b, meets, "after line 1");
	assert_xdp(&b, apart);
	/* Port 80 is apart from 22, whatever else the rule says. */
	assert_xdp(&b, other);
	/* What waits holds back in its turn. */
	assert_nft(&b, chained, "after line 4");
	assert_nft(&b, wide, "after line 1");
	assert_int_equal(xdp_device(&b, "wan")->policy, FW_VERDICT_NONE);
	assert_int_equal(build_nft_chain(&b, "in")->n_rules, 4);
	build_done(&b);
}

/* What stands left of the first effect tells whom a raw rule can hit. */
static void effects_reach_further_than_verdicts(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t apart, late;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	build_rule_of(&b, c, P_RAW_MATCH("ct state new"), P_DPORT("tcp dport 22", 22),
		      P_DROP);
	apart = build_rule_of(&b, c, P_DPORT("tcp dport 23", 23), P_DROP);
	build_rule_of(&b, c, P_RAW("log"), P_DPORT("tcp dport 22", 22), P_DROP);
	late = build_rule_of(&b, c, P_DPORT("tcp dport 23", 23), P_DROP);
	build_lower(&b);
	assert_xdp(&b, apart);
	assert_nft(&b, late, "after line 3");
	build_done(&b);

	/* Matches that write or judge are effects too. */
	build_init(&b);
	c = wan_chain(&b);
	build_rule_of(&b, c, P_RAW_MATCH("meta mark set 1"),
		      P_DPORT("tcp dport 22", 22));
	late = build_rule_of(&b, c, P_DPORT("tcp dport 23", 23), P_DROP);
	build_lower(&b);
	assert_nft(&b, late, "after line 1");
	build_done(&b);
}

static void raw_implications_count(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t tcp, udp;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	build_rule_of(&b, c, P_RAW_IMPLIES("udp length 8", FW_FIELD_L4PROTO,
					   17, 17), P_DROP);
	tcp = build_rule_of(&b, c, P_MATCH("meta l4proto 6", FW_FIELD_L4PROTO,
					   6, 6), P_DROP);
	udp = build_rule_of(&b, c, P_MATCH("meta l4proto 17",
					   FW_FIELD_L4PROTO, 17, 17), P_DROP);
	build_lower(&b);
	assert_xdp(&b, tcp);
	assert_nft(&b, udp, "after line 1");
	build_done(&b);
}

/* The jump, the chain's `return` and drop, and the rule behind it. */
static void jumps_become_rules(void **state)
{
	static const struct {
		enum fw_verdict verdict;
		size_t n_matches;
		bool counted;
	} want[] = {
		{ FW_VERDICT_NONE, 1, true }, { FW_VERDICT_NONE, 2, true },
		{ FW_VERDICT_SKIP, 2, false }, { FW_VERDICT_DROP, 1, true },
		{ FW_VERDICT_DROP, 1, true },
	};
	struct build b;
	struct fw_typed_table *t;
	struct fw_typed_chain *c;
	uint32_t back, drop, jump, after;

	(void)state;
	build_init(&b);
	t = build_table(&b, "netdev", "n");
	c = build_chain(&b, t, "sub", FW_HOOK_NONE, 0, FW_VERDICT_NONE, NULL,
			NULL);
	back = build_rule_of(&b, c, P_DPORT("tcp dport 1", 1), P_RETURN);
	drop = build_rule_of(&b, c, P_DROP);
	c = build_chain(&b, t, "in", FW_HOOK_INGRESS, 0, FW_VERDICT_ACCEPT,
			wan_base, wan);
	jump = build_rule_of(&b, c, P_SADDR("ip saddr 10.0.0.1", 1, 1),
			     P_JUMP("sub"));
	after = build_rule_of(&b, c, P_DPORT("tcp dport 2", 2), P_DROP);
	build_lower(&b);
	assert_xdp(&b, back);
	assert_xdp(&b, drop);
	assert_xdp(&b, jump);
	assert_xdp(&b, after);
	for (uint32_t i = 0; i < FW_ARRAY_SIZE(want); i++) {
		const struct fw_xdp_rule *rule = xdp_rule(&b, "wan", i);

		assert_int_equal(rule->verdict, want[i].verdict);
		assert_int_equal(rule->n_matches, want[i].n_matches);
		assert_int_equal(rule->counted, want[i].counted);
	}
	assert_int_equal(xdp_rule(&b, "wan", 2)->skip_to, 4);
	build_done(&b);
}

/* What nft still jumps to is nft's, and a jump holds later rules back. */
static void a_chain_with_more_stays(void **state)
{
	struct build b;
	struct fw_typed_table *t;
	struct fw_typed_chain *c;
	uint32_t log, drop, jump, after;

	(void)state;
	build_init(&b);
	t = build_table(&b, "netdev", "n");
	c = build_chain(&b, t, "sub", FW_HOOK_NONE, 0, FW_VERDICT_NONE, NULL,
			NULL);
	drop = build_rule_of(&b, c, P_DPORT("tcp dport 1", 1), P_DROP);
	log = build_rule_of(&b, c, P_RAW("log"));
	c = build_chain(&b, t, "in", FW_HOOK_INGRESS, 0, FW_VERDICT_ACCEPT,
			wan_base, wan);
	jump = build_rule_of(&b, c, P_JUMP("sub"));
	after = build_rule_of(&b, c, P_DPORT("tcp dport 2", 2), P_DROP);
	build_lower(&b);
	assert_nft(&b, drop, "jump");
	assert_nft(&b, log, "jump");
	assert_nft(&b, jump, "sub: log");
	assert_nft(&b, after, "after line 3");
	build_done(&b);
}

/* --- counters ------------------------------------------------------------- */
static void counter_before_a_match_counts_more(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t rule;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	rule = build_rule_of(&b, c, P_SADDR("ip saddr 10.0.0.1", 1, 1),
			     P_COUNTER, P_DPORT("tcp dport 22", 22), P_DROP);
	build_lower(&b);
	assert_xdp(&b, rule);
	assert_int_equal(xdp_rule(&b, "wan", 0)->verdict, FW_VERDICT_NONE);
	assert_true(xdp_rule(&b, "wan", 0)->counted);
	assert_int_equal(xdp_rule(&b, "wan", 0)->n_matches, 1);
	assert_int_equal(xdp_rule(&b, "wan", 1)->verdict, FW_VERDICT_DROP);
	assert_false(xdp_rule(&b, "wan", 1)->counted);
	assert_int_equal(xdp_rule(&b, "wan", 1)->n_matches, 2);
	build_done(&b);
}

static void matches_of_one_field_are_one(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	const struct fw_xdp_rule *x;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	build_rule_of(&b, c, P_MATCH("tcp dport 1-100", FW_FIELD_DPORT, 1, 100),
		      P_SADDR("ip saddr 10.0.0.1", 1, 1),
		      P_MATCH("tcp dport 50-200", FW_FIELD_DPORT, 50, 200),
		      P_DROP);
	build_lower(&b);
	x = xdp_rule(&b, "wan", 0);
	assert_int_equal(x->n_matches, 2);
	assert_int_equal(x->matches[0].field, FW_FIELD_SADDR4);
	assert_int_equal(x->matches[1].field, FW_FIELD_DPORT);
	assert_int_equal(x->matches[1].intervals[0].lo, 50);
	assert_int_equal(x->matches[1].intervals[0].hi, 100);
	build_done(&b);
}

/* --- accepts in a chain that moved in part -------------------------------- */
static void accept_is_carried(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	const struct fw_nft_chain *rest;
	uint32_t accept;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	accept = build_rule_of(&b, c, P_DPORT("tcp dport 22", 22), P_ACCEPT);
	build_rule_of(&b, c, P_RAW("log"));
	build_lower(&b);
	assert_xdp(&b, accept);
	rest = build_nft_chain(&b, "in");
	assert_int_equal(rest->n_rules, 2);
	assert_string_equal(rest->rules[0].text,
			    "meta mark & " FW_NFT_CARRY " != 0 accept");
	build_done(&b);
}

static void drops_need_no_carrying(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	const struct fw_nft_chain *rest;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	build_rule_of(&b, c, P_DPORT("tcp dport 22", 22), P_DROP);
	build_rule_of(&b, c, P_RAW("log"));
	build_lower(&b);
	rest = build_nft_chain(&b, "in");
	assert_int_equal(rest->n_rules, 1);
	assert_string_equal(rest->rules[0].text, "log");
	build_done(&b);
}

/* Without TC an accept of a split chain stays, and holds back what it meets. */
static void accept_stays_without_tc(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t drop, accept, meets, apart;

	(void)state;
	build_init(&b);
	b.facts.no_tc = true;
	c = wan_chain(&b);
	drop = build_rule_of(&b, c, P_DPORT("tcp dport 1", 1), P_DROP);
	accept = build_rule_of(&b, c, P_DPORT("tcp dport 22", 22), P_ACCEPT);
	apart = build_rule_of(&b, c, P_DPORT("tcp dport 23", 23), P_DROP);
	meets = build_rule_of(&b, c, P_SADDR("ip saddr 10.0.0.1", 1, 1),
			      P_DROP);
	build_rule_of(&b, c, P_RAW("log"));
	build_lower(&b);
	assert_xdp(&b, drop);
	assert_nft(&b, accept, "no tc");
	assert_nft(&b, meets, "after line 2");
	assert_xdp(&b, apart);
	assert_false(b.plan->devices[0].tc);
	assert_string_equal(build_nft_chain(&b, "in")->rules[0].text,
			    "tcp dport 22 accept");
	build_done(&b);
}

static void whole_chain_needs_no_tc(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t accept;

	(void)state;
	build_init(&b);
	b.facts.no_tc = true;
	c = wan_chain(&b);
	accept = build_rule_of(&b, c, P_DPORT("tcp dport 22", 22), P_ACCEPT);
	build_lower(&b);
	assert_xdp(&b, accept);
	build_done(&b);
}

/* --- limits --------------------------------------------------------------- */
static void rules_beyond_the_limit_stay(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t last = 0, over, again;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	for (unsigned i = 0; i < FW_RULES_MAX; i++)
		last = build_rule_of(&b, c,
				     P_DPORT("tcp dport 22", i + 1), P_DROP);
	over = build_rule_of(&b, c, P_DPORT("tcp dport 22", 5000), P_DROP);
	again = build_rule_of(&b, c, P_DPORT("tcp dport 22", 5001), P_DROP);
	build_lower(&b);
	assert_xdp(&b, last);
	assert_nft(&b, over, "rules limit");
	assert_nft(&b, again, "rules limit");
	assert_int_equal(b.plan->xdp.n_rules, FW_RULES_MAX);
	assert_int_equal(xdp_device(&b, "wan")->policy, FW_VERDICT_NONE);
	build_done(&b);
}

/* --- keys ----------------------------------------------------------------- */
static void keys_tell_rules_apart(void **state)
{
	struct build b, again;
	struct fw_typed_chain *c;
	struct fw_plan_rule *r;

	(void)state;
	build_init(&b);
	c = wan_chain(&b);
	for (int i = 0; i < 2; i++)
		build_rule_of(&b, c, P_DPORT("tcp dport 22", 22), P_DROP);
	build_rule_of(&b, c, P_DPORT("tcp dport 23", 23), P_DROP);
	build_lower(&b);
	r = b.typed.rules;
	assert_memory_not_equal(&r[0].key, &r[1].key, sizeof(r[0].key));
	assert_memory_not_equal(&r[0].key, &r[2].key, sizeof(r[0].key));

	/* One more rule in front changes no other rule's key. */
	build_init(&again);
	c = wan_chain(&again);
	build_rule_of(&again, c, P_DPORT("tcp dport 1", 1), P_DROP);
	build_rule_of(&again, c, P_DPORT("tcp dport 22", 22), P_DROP);
	build_lower(&again);
	assert_memory_equal(&r[0].key, &again.typed.rules[1].key,
			    sizeof(r[0].key));
	build_done(&again);
	build_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_chain_moves_with_policy),
		cmocka_unit_test(other_hooks_stay),
		cmocka_unit_test(matches_alone_are_not_counted),
		cmocka_unit_test(later_rules_wait_for_earlier_ones),
		cmocka_unit_test(effects_reach_further_than_verdicts),
		cmocka_unit_test(raw_implications_count),
		cmocka_unit_test(jumps_become_rules),
		cmocka_unit_test(a_chain_with_more_stays),
		cmocka_unit_test(counter_before_a_match_counts_more),
		cmocka_unit_test(matches_of_one_field_are_one),
		cmocka_unit_test(accept_is_carried),
		cmocka_unit_test(drops_need_no_carrying),
		cmocka_unit_test(accept_stays_without_tc),
		cmocka_unit_test(whole_chain_needs_no_tc),
		cmocka_unit_test(rules_beyond_the_limit_stay),
		cmocka_unit_test(keys_tell_rules_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
