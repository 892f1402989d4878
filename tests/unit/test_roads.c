/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rules keep flows on the stack: each field, each kind of statement, and
 * what stands around them.
 *
 * Catches: a field that a flow's packets do not have in common and that is taken
 * for one that they have; a new field of which nobody has said which it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compile/compile.h"
#include "grammar/parse.h"
#include "plan/plan.h"
#include "util/cleanup.h"

static struct fw_plan *compile(const char *text)
{
	static const struct fw_parse_options options;
	struct fw_arena *arena = fw_arena_new();
	struct fw_plan *plan = NULL;
	struct fw_diags diags;
	struct fw_ast *ast;

	assert_non_null(arena);
	fw_diags_init(&diags, arena);
	assert_int_equal(fw_parse_text(arena, "t", text, strlen(text), &options,
				       &diags, &ast), 0);
	assert_int_equal(fw_compile(arena, ast, &fw_facts_empty, &diags, &plan),
			 0);
	if (!plan)
		fail_msg("refused:\n%s", text);
	fw_arena_free(arena);
	return plan;
}

/* The text of the rule that is named, "" for none; in chain forward of hook,
 * with an inspect rule at the end. */
static void blocker(const char *hook, const char *rules, char *ret, size_t size)
{
	const struct fw_plan_rule *rule;
	char text[2048];
	struct fw_plan *plan;

	(void)snprintf(text, sizeof(text),
		       "table inet t {\n"
		       "\tset s { type ipv4_addr; elements = { 10.0.0.1 } }\n"
		       "\tset d { type ipv4_addr; flags dynamic; "
		       "timeout 1m; }\n"
		       "\tcounter c { }\n"
		       "\tchain sub { tcp dport 22 counter accept; }\n"
		       "\tchain slow { limit rate 1/second accept; }\n"
		       "\tchain one {\n\t\t%s\n%s\n\t}\n"
		       "\tchain two {\n\t\ttype filter hook forward priority "
		       "filter\n\t\ttcp dport 443 inspect web\n\t}\n}\n"
		       "inspect web { queue 0; default trust; }\n",
		       hook, rules);
	plan = compile(text);
	rule = fw_plan_road_blocker(plan);
	(void)snprintf(ret, size, "%s", rule ? rule->text : "");
	fw_plan_unref(plan);
}

#define FORWARD "type filter hook forward priority -5"

static void expect(const char *hook, const char *rules, bool blocks)
{
	char said[256];

	blocker(hook, rules, said, sizeof(said));
	if (!!said[0] != blocks)
		fail_msg("%s: %s: %s", hook, rules,
			 blocks ? "no road expected" : said);
}

/* --- each field ----------------------------------------------------------- */
static const struct {
	const char *rule;	/* NULL: in chains of forward it cannot be */
	bool blocks;
} fields[FW_FIELD_ALL_MAX_] = {
	[FW_FIELD_L3] = {"meta protocol ip drop"},
	[FW_FIELD_SADDR4] = {"ip saddr 10.0.0.1 drop"},
	[FW_FIELD_DADDR4] = {"ip daddr 10.0.0.1 drop"},
	[FW_FIELD_SADDR6] = {"ip6 saddr fd00::1 drop"},
	[FW_FIELD_DADDR6] = {"ip6 daddr fd00::1 drop"},
	[FW_FIELD_NEXTHDR] = {"ip protocol udp drop"},
	[FW_FIELD_L4PROTO] = {"meta l4proto udp drop"},
	[FW_FIELD_SPORT] = {"tcp sport 1 drop"},
	[FW_FIELD_DPORT] = {"udp dport 1 drop"},
	[FW_FIELD_TCP_FLAGS] = {"tcp flags & psh == psh drop", true},
	[FW_FIELD_ICMP_TYPE] = {"icmp type echo-request drop"},
	[FW_FIELD_ICMP_CODE] = {"icmp code 1 drop"},
	[FW_FIELD_PROTOCOL] = {"meta protocol 0x88cc drop"},
	[FW_FIELD_NFPROTO] = {"meta nfproto ipv6 drop"},
	[FW_FIELD_PKTTYPE] = {"meta pkttype broadcast drop"},
	[FW_FIELD_LENGTH] = {"meta length > 1000 drop", true},
	[FW_FIELD_MARK] = {"meta mark 7 drop", true},
	[FW_FIELD_SKUID] = {"meta skuid 7 drop", true},
	[FW_FIELD_SKGID] = {"meta skgid 7 drop", true},
	[FW_FIELD_ETHER_TYPE] = {"ether type ip drop", true},
	[FW_FIELD_ETHER_SADDR] = {"ether saddr 02:00:00:00:00:01 drop", true},
	[FW_FIELD_ETHER_DADDR] = {"ether daddr 02:00:00:00:00:01 drop", true},
	[FW_FIELD_VLAN_ID] = {"vlan id 7 drop", true},
	[FW_FIELD_VLAN_PCP] = {"vlan pcp 1 drop", true},
	[FW_FIELD_VLAN_DEI] = {"vlan dei 1 drop", true},
	[FW_FIELD_VLAN_TYPE] = {"vlan type ip drop", true},
	[FW_FIELD_ARP_OPERATION] = {NULL},
	[FW_FIELD_ARP_SADDR4] = {NULL},
	[FW_FIELD_ARP_DADDR4] = {NULL},
	[FW_FIELD_ARP_SADDR] = {NULL},
	[FW_FIELD_ARP_DADDR] = {NULL},
	[FW_FIELD_IP_LENGTH] = {"ip length > 1000 drop", true},
	[FW_FIELD_IP_ID] = {"ip id 7 drop", true},
	[FW_FIELD_FRAG_OFF] = {"ip frag-off & 0x1fff != 0 drop", true},
	[FW_FIELD_FRAG] = {"exthdr frag exists drop", true},
	[FW_FIELD_TTL] = {"ip ttl < 5 drop", true},
	[FW_FIELD_DSCP] = {"ip dscp cs1 drop", true},
	[FW_FIELD_ECN] = {"ip ecn ce drop", true},
	[FW_FIELD_FLOWLABEL] = {"ip6 flowlabel 7 drop", true},
	[FW_FIELD_TH_SPORT] = {"th sport 1 drop"},
	[FW_FIELD_TH_DPORT] = {"th dport 1 drop"},
	[FW_FIELD_UDP_LENGTH] = {"udp length > 1000 drop", true},
	[FW_FIELD_TCP_WINDOW] = {"tcp window 0 drop", true},
	[FW_FIELD_ICMP_ID] = {"icmp id 7 drop"},
	[FW_FIELD_ICMP_SEQUENCE] = {"icmp sequence 7 drop"},
	[FW_FIELD_CT_STATE] = {"ct state invalid drop"},
	[FW_FIELD_CT_STATUS] = {"ct status dnat drop", true},
	[FW_FIELD_CT_DIRECTION] = {"ct direction reply drop"},
	[FW_FIELD_CT_MARK] = {"ct mark 7 drop", true},
	[FW_FIELD_DNS_QTYPE] = {NULL},
	[FW_FIELD_DNS_CLASS] = {NULL},
	[FW_FIELD_IIFTYPE] = {"meta iiftype ether drop"},
};

static bool said_of(enum fw_field field)
{
	return fields[field].rule ||
	       (field >= FW_FIELD_ARP_OPERATION &&
		field <= FW_FIELD_ARP_DADDR) ||
	       field == FW_FIELD_DNS_QTYPE || field == FW_FIELD_DNS_CLASS;
}

static void each_field(void **state)
{
	(void)state;
	for (unsigned f = 0; f < FW_FIELD_ALL_MAX_; f++) {
		if (!said_of((enum fw_field)f))
			fail_msg("nothing is said of field %u", f);
		if (fields[f].rule)
			expect(FORWARD, fields[f].rule, fields[f].blocks);
	}
}

/* Behind what decides of every packet of an established connection no rule is
 * asked; behind what decides of some it is. */
static void behind_established(void **state)
{
	static const char *const accepts[] = {
		"ct state established accept", "ct state != new accept",
		"ct state vmap { established : accept, invalid : drop }",
		"accept",
	};
	static const char *const open[] = {
		"ct state new accept", "tcp dport 22 accept",
		"tcp flags & syn == syn accept", "jump sub",
		"ct state vmap { new : accept }",
	};

	(void)state;
	for (unsigned f = 0; f < FW_FIELD_ALL_MAX_; f++) {
		char rules[512];

		for (size_t i = 0; fields[f].rule && i < FW_ARRAY_SIZE(accepts);
		     i++) {
			(void)snprintf(rules, sizeof(rules), "%s\n%s",
				       accepts[i], fields[f].rule);
			expect(FORWARD, rules, false);
		}
		for (size_t i = 0; fields[f].rule && i < FW_ARRAY_SIZE(open);
		     i++) {
			(void)snprintf(rules, sizeof(rules), "%s\n%s",
				       open[i], fields[f].rule);
			expect(FORWARD, rules, fields[f].blocks);
		}
	}
}

/* --- statements and hooks -------------------------------------------------- */
static void statements(void **state)
{
	static const struct {
		const char *rules;
		bool blocks;
	} cases[] = {
		{ "counter", false },
		{ "counter accept", false },
		{ "counter name c accept", false },
		{ "tcp dport 22 counter drop", false },
		{ "ip saddr @s drop", false },
		{ "ip saddr . tcp dport { 10.0.0.1 . 22 } drop", false },
		{ "ip saddr . ip ttl { 10.0.0.1 . 22 } drop", true },
		{ "tcp dport vmap { 22 : jump sub, 23 : drop }", false },
		{ "tcp dport vmap { 22 : jump slow }", true },
		{ "ip dscp vmap { cs1 : drop }", true },
		{ "iifname \"eth9\" oifname \"eth8\" drop", false },
		{ "ct state new limit rate 5/second accept", false },
		{ "limit rate 5/second ct state new accept", true },
		{ "tcp dport 22 limit rate over 5/second drop", true },
		{ "tcp flags & (syn|ack) == syn limit rate 5/second accept",
		  false },
		{ "quota over 10 mbytes drop", true },
		{ "log", true },
		{ "ct state new log prefix \"new \"", false },
		{ "meta mark set 7", true },
		{ "ip dscp set cs1", true },
		{ "tcp flags syn tcp option maxseg size set rt mtu", false },
		{ "tcp option maxseg size set rt mtu", true },
		{ "add @d { ip saddr }", true },
		{ "ct state new add @d { ip saddr }", false },
		{ "dup to 10.0.0.9", true },
		{ "jump slow", true },
		{ "jump sub", false },
		{ "tcp dport 22 goto slow", true },
		{ "ct state new goto slow", false },
		{ "fib daddr type local drop", true },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++)
		expect(FORWARD, cases[i].rules, cases[i].blocks);
}

static void hooks(void **state)
{
	static const struct {
		const char *hook;
		bool blocks;
	} cases[] = {
		{ "type filter hook prerouting priority 0", true },
		{ "type filter hook forward priority 0", true },
		{ "type filter hook postrouting priority 0", true },
		{ "type filter hook input priority 0", false },
		{ "type filter hook output priority 0", false },
		{ "type route hook output priority 0", false },
		{ "type nat hook postrouting priority 0", false },
		{ "", false },		/* nobody comes there */
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++)
		expect(cases[i].hook, "limit rate 5/second", cases[i].blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field),
		cmocka_unit_test(behind_established),
		cmocka_unit_test(statements),
		cmocka_unit_test(hooks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
