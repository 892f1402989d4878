/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What moves to XDP on which device: devices that are missing, without XDP or
 * switched off, several chains of one, and the management that comes first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lowered.h"
#include "util/cleanup.h"

/* --- devices -------------------------------------------------------------- */
static void same_rules_are_shared(void **state)
{
	struct build b;
	struct fw_typed_chain *c;

	(void)state;
	build_init(&b);
	c = both_chain(&b);
	build_rule_of(&b, c, P_DPORT("tcp dport 22", 22), P_DROP);
	build_lower(&b);
	assert_int_equal(b.plan->xdp.n_devices, 2);
	assert_int_equal(b.plan->xdp.n_rules, 64);
	assert_int_equal(xdp_device(&b, "lan")->first_word,
			 xdp_device(&b, "wan")->first_word);
	build_done(&b);
}

static void iif_is_decided_by_device(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t lan_only, raw_lan, all;

	(void)state;
	build_init(&b);
	c = both_chain(&b);
	lan_only = build_rule_of(&b, c, P_IIF("lan"),
				 P_DPORT("tcp dport 22", 22), P_DROP);
	raw_lan = build_rule_of(&b, c, P_IIF("la*"), P_RAW("log"));
	all = build_rule_of(&b, c, P_DPORT("tcp dport 23", 23), P_DROP);
	build_lower(&b);
	assert_xdp(&b, lan_only);
	assert_nft(&b, raw_lan, "lan: log");
	assert_nft(&b, all, "lan: after line 2");
	/* On wan all of it moved: nft has lan only. */
	assert_int_equal(xdp_device(&b, "wan")->policy, FW_VERDICT_DROP);
	assert_int_equal(xdp_device(&b, "lan")->policy, FW_VERDICT_NONE);
	assert_string_equal(build_nft_chain(&b, "in")->base,
			    "type filter hook ingress device \"lan\" priority "
			    "-100; policy drop;");
	assert_true(b.typed.rules[all].counted);
	build_done(&b);
}

static void device_without_xdp_runs_nft(void **state)
{
	struct fw_fact_device known[] = {
		{ .name = "lan", .ifindex = 2, .no_xdp = true,
		  .reason = "driver says no" },
		{ .name = "wan", .ifindex = 3 },
	};
	struct build b;
	struct fw_typed_chain *c;
	uint32_t rule;

	(void)state;
	build_init(&b);
	b.facts = (struct fw_facts){ .known = true, .devices = known,
				     .n_devices = 2 };
	c = both_chain(&b);
	rule = build_rule_of(&b, c, P_DPORT("tcp dport 22", 22), P_DROP);
	build_lower(&b);
	assert_nft(&b, rule, "lan: no xdp: driver says no");
	assert_non_null(xdp_device(&b, "wan"));
	assert_null(xdp_device(&b, "lan"));
	assert_int_equal(build_nft_chain(&b, "in")->n_rules, 1);
	assert_non_null(strstr(build_nft_chain(&b, "in")->base,
			       "device \"lan\" "));
	build_done(&b);
}

/* A driver that takes tags out, and one that cannot be told not to. */
static void offload_of_tags(void **state)
{
	struct fw_fact_device known[] = {
		{ .name = "lan", .ifindex = 2, .vlan_offload = true,
		  .vlan_fixed = true },
		{ .name = "wan", .ifindex = 3, .vlan_offload = true },
	};
	struct build b;
	uint32_t rule;

	(void)state;
	for (int off = 0; off < 2; off++) {
		build_init(&b);
		b.facts = (struct fw_facts){ .known = true, .devices = known,
					     .n_devices = 2 };
		b.typed.options.vlan_offload_off = off;
		rule = build_rule_of(&b, both_chain(&b),
				     P_MATCH("vlan id 7", FW_FIELD_VLAN_ID, 7,
					     7), P_DROP);
		build_lower(&b);
		assert_nft(&b, rule, off ? "lan: vlan offload" :
					   "vlan offload");
		assert_int_equal(b.plan->n_devices, 2);
		assert_false(b.plan->devices[0].keeps_tags);
		assert_int_equal(b.plan->devices[1].keeps_tags, off);
		build_done(&b);
	}
}

static void missing_device_is_waited_for(void **state)
{
	struct fw_fact_device known[] = { { .name = "wan", .ifindex = 3 } };
	struct build b;
	uint32_t rule;

	(void)state;
	build_init(&b);
	b.facts = (struct fw_facts){ .known = true, .devices = known,
				     .n_devices = 1 };
	rule = build_rule_of(&b, both_chain(&b),
			     P_RAW("log"), P_DROP);
	build_lower(&b);
	assert_nft(&b, rule, "log");
	assert_non_null(strstr(build_nft_chain(&b, "in")->base,
			       "device \"wan\" "));
	assert_int_equal(b.plan->n_devices, 2);
	build_done(&b);

	build_init(&b);
	b.facts = (struct fw_facts){ .known = true };
	rule = build_rule_of(&b, wan_chain(&b), P_DROP);
	build_lower(&b);
	assert_nft(&b, rule, "no device");
	assert_null(build_nft_chain(&b, "in"));
	assert_int_equal(b.plan->n_devices, 1);
	build_done(&b);
}

/* As the kernel runs them: by priority, of one the later of the file first. */
static void chains_of_a_device_in_turn(void **state)
{
	static const char *const turns[] = { "same", "early", "late" };
	struct build b;
	struct fw_typed_table *t;
	uint32_t late, early, same;

	(void)state;
	build_init(&b);
	t = build_table(&b, "netdev", "early");
	late = build_rule_of(&b, build_chain(&b, t, "late", FW_HOOK_INGRESS, 0,
					     FW_VERDICT_ACCEPT, wan_base, wan),
			     P_DROP);
	early = build_rule_of(&b, build_chain(&b, t, "early", FW_HOOK_INGRESS,
					      -1, FW_VERDICT_ACCEPT, wan_base,
					      wan), P_DROP);
	same = build_rule_of(&b, build_chain(&b, t, "same", FW_HOOK_INGRESS,
					     -1, FW_VERDICT_ACCEPT, wan_base,
					     wan), P_DROP);
	build_lower(&b);
	assert_xdp(&b, late);
	assert_xdp(&b, early);
	assert_xdp(&b, same);
	assert_int_equal(b.plan->xdp.n_devices, 3);
	for (size_t i = 0; i < FW_ARRAY_SIZE(turns); i++)
		assert_string_equal(b.plan->xdp.devices[i].chain, turns[i]);
	build_done(&b);
}

static void what_stays_keeps_later_chains(void **state)
{
	struct build b;
	struct fw_typed_table *t;
	struct fw_typed_chain *c;
	uint32_t drop, late;

	(void)state;
	build_init(&b);
	t = build_table(&b, "netdev", "n");
	c = build_chain(&b, t, "first", FW_HOOK_INGRESS, 0, FW_VERDICT_ACCEPT,
			wan_base, wan);
	drop = build_rule_of(&b, c, P_DPORT("tcp dport 1", 1), P_DROP);
	build_rule_of(&b, c, P_RAW("log"));
	late = build_rule_of(&b, build_chain(&b, t, "late", FW_HOOK_INGRESS, 5,
					     FW_VERDICT_ACCEPT, wan_base, wan),
			     P_DROP);
	build_lower(&b);
	assert_xdp(&b, drop);
	assert_nft(&b, late, "after chain first");
	assert_int_equal(b.plan->xdp.n_devices, 1);
	build_done(&b);
}

static void dormant_tables_sleep(void **state)
{
	struct build b;
	struct fw_typed_table *t;
	uint32_t asleep, awake;

	(void)state;
	build_init(&b);
	t = build_table(&b, "netdev", "asleep");
	t->body = "flags dormant";
	asleep = build_rule_of(&b, build_chain(&b, t, "in", FW_HOOK_INGRESS,
					       -1, FW_VERDICT_ACCEPT, wan_base,
					       wan), P_DROP);
	awake = build_rule_of(&b, wan_chain(&b), P_DROP);
	build_lower(&b);
	assert_nft(&b, asleep, "dormant");
	assert_xdp(&b, awake);
	build_done(&b);
}

static void switched_off(void **state)
{
	static struct fw_device_option off = { .name = "wan",
					       .attach = FW_ATTACH_OFF };
	struct build b;
	uint32_t rule;

	(void)state;
	build_init(&b);
	b.typed.lowering = false;
	rule = build_rule_of(&b, wan_chain(&b), P_DROP);
	build_lower(&b);
	assert_nft(&b, rule, "lowering off");
	build_done(&b);

	build_init(&b);
	b.typed.device_options = &off;
	b.typed.n_device_options = 1;
	rule = build_rule_of(&b, wan_chain(&b), P_DROP);
	build_lower(&b);
	assert_nft(&b, rule, "attach off");
	assert_int_equal(b.plan->devices[0].attach, FW_ATTACH_OFF);
	build_done(&b);

	build_init(&b);
	b.facts.no_xdp = true;
	rule = build_rule_of(&b, wan_chain(&b), P_DROP);
	build_lower(&b);
	assert_nft(&b, rule, "no xdp");
	build_done(&b);

	/* Who asks for XDP is told that there is none when it is attached. */
	build_init(&b);
	b.facts.no_xdp = true;
	b.typed.attach = FW_ATTACH_NATIVE;
	rule = build_rule_of(&b, wan_chain(&b), P_DROP);
	build_lower(&b);
	assert_int_equal(b.plan->rules[rule].layer, FW_LAYER_XDP);
	build_done(&b);
}

/* --- management ----------------------------------------------------------- */
/* Rules of management at the head. */
static unsigned heads(const struct build *b, const char *device)
{
	unsigned n = 0;

	while (xdp_rule(b, device, n)->rule == FW_NO_RULE &&
	       xdp_rule(b, device, n)->verdict == FW_VERDICT_ACCEPT)
		n++;
	return n;
}

static void management_is_first(void **state)
{
	struct build b;
	const struct fw_xdp_rule *line, *mirror;
	uint32_t rule;

	(void)state;
	build_init(&b);
	build_management_of(&b, P_SADDR("ip saddr 192.0.2.1", 5, 5),
			    P_DPORT("tcp dport 22", 22));
	rule = build_rule_of(&b, wan_chain(&b), P_DROP);
	build_lower(&b);
	assert_xdp(&b, rule);
	/* The line, its mirror, ARP, ICMP, ICMPv6. */
	assert_int_equal(heads(&b, "wan"), 5);
	line = xdp_rule(&b, "wan", 0);
	mirror = xdp_rule(&b, "wan", 1);
	assert_int_equal(line->matches[0].field, FW_FIELD_SADDR4);
	assert_int_equal(line->matches[1].field, FW_FIELD_DPORT);
	assert_int_equal(mirror->matches[0].field, FW_FIELD_DADDR4);
	assert_int_equal(mirror->matches[1].field, FW_FIELD_SPORT);
	assert_int_equal(xdp_rule(&b, "wan", 2)->matches[0].intervals[0].lo,
			 FW_L3_ARP);
	assert_int_equal(xdp_rule(&b, "wan", 5)->rule, rule);
	build_done(&b);
}

static void management_of_another_device(void **state)
{
	struct build b;

	(void)state;
	build_init(&b);
	build_management_of(&b, P_IIF("mgmt"), P_DPORT("tcp dport 22", 22));
	build_rule_of(&b, wan_chain(&b), P_DROP);
	build_lower(&b);
	assert_int_equal(heads(&b, "wan"), 0);
	build_done(&b);

	/* On its own device: the line and what is implied, but no mirror, by
	 * which anyone who sends from port 22 would get in. */
	build_init(&b);
	build_management_of(&b, P_IIF("wan"), P_DPORT("tcp dport 22", 22));
	build_rule_of(&b, wan_chain(&b), P_DROP);
	build_lower(&b);
	assert_int_equal(heads(&b, "wan"), 4);
	assert_int_equal(xdp_rule(&b, "wan", 0)->matches[0].field,
			 FW_FIELD_DPORT);
	assert_int_equal(xdp_rule(&b, "wan", 1)->matches[0].field, FW_FIELD_L3);
	build_done(&b);
}

/* A line that XDP cannot judge holds back what it might meet, and its chain's
 * policy. */
static void raw_management_holds_back(void **state)
{
	struct build b;
	struct fw_typed_chain *c;
	uint32_t meets, apart;

	(void)state;
	build_init(&b);
	build_management_of(&b, P_DPORT("tcp dport 22", 22),
			    P_RAW_MATCH("ip ttl 255"));
	c = wan_chain(&b);
	apart = build_rule_of(&b, c, P_DPORT("tcp dport 23", 23),
			      P_MATCH("tcp sport 1", FW_FIELD_SPORT, 1, 1),
			      P_DROP);
	meets = build_rule_of(&b, c, P_SADDR("ip saddr 10.0.0.1", 1, 1),
			      P_DROP);
	build_lower(&b);
	assert_nft(&b, meets, "after management");
	assert_xdp(&b, apart);
	assert_int_equal(xdp_device(&b, "wan")->policy, FW_VERDICT_NONE);
	build_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_rules_are_shared),
		cmocka_unit_test(iif_is_decided_by_device),
		cmocka_unit_test(device_without_xdp_runs_nft),
		cmocka_unit_test(offload_of_tags),
		cmocka_unit_test(missing_device_is_waited_for),
		cmocka_unit_test(chains_of_a_device_in_turn),
		cmocka_unit_test(what_stays_keeps_later_chains),
		cmocka_unit_test(dormant_tables_sleep),
		cmocka_unit_test(switched_off),
		cmocka_unit_test(management_is_first),
		cmocka_unit_test(management_of_another_device),
		cmocka_unit_test(raw_management_holds_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
