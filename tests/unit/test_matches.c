/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether two rules may meet in a packet: what is said of one field, and of
 * fields that are read from the same bytes. A wrong "never" would let a rule
 * overtake another one that it must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compile/lower.h"
#include "tests/unit/typed_text.h"

struct matches {
	struct fw_match items[FW_FIELD_ALL_MAX_];
	size_t n;
};

static void collect(struct typed_text *t, const struct fw_typed_rule *rule,
		    struct matches *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < rule->n_parts; i++)
		for (size_t k = 0; k < rule->parts[i].n_matches; k++)
			assert_int_equal(fw_matches_add(
				t->arena, ret->items, &ret->n,
				&rule->parts[i].matches[k]), 0);
}

static bool meet(const char *family, const char *a, const char *b)
{
	struct matches x, y;
	struct typed_text t;
	char rules[1024];
	bool disjoint;
	const struct fw_typed_table *table;
	const struct fw_typed_chain *chain;

	(void)snprintf(rules, sizeof(rules), "%s\n%s", a, b);
	typed_text_rule_in(&t, family, rules);
	if (*typed_text_error(&t))
		fail_msg("%s: %s", rules, t.diags.items[0].text);
	table = &t.typed->tables[0];
	chain = &table->chains[table->n_chains - 1];
	assert_int_equal(chain->n_rules, 2);
	collect(&t, &chain->rules[0], &x);
	collect(&t, &chain->rules[1], &y);
	disjoint = fw_matches_disjoint(x.items, x.n, y.items, y.n);
	if (disjoint != fw_matches_disjoint(y.items, y.n, x.items, x.n))
		fail_msg("%s: it matters which comes first", rules);
	typed_text_close(&t);
	return !disjoint;
}

static void never(const char *a, const char *b)
{
	if (meet("netdev", a, b))
		fail_msg("%s / %s: may meet", a, b);
}

static void perhaps(const char *a, const char *b)
{
	if (!meet("netdev", a, b))
		fail_msg("%s / %s: never meet", a, b);
}

static void one_field(void **state)
{
	(void)state;
	never("tcp dport 22", "tcp dport 23-80");
	never("tcp dport 22", "udp dport 22");
	never("ip saddr 10.0.0.0/8", "ip6 saddr ::1");
	perhaps("tcp dport 22", "tcp sport 80");
	perhaps("ip saddr 10.0.0.0/8", "ip saddr { 1.1.1.1, 10.1.1.1 }");
	perhaps("tcp dport 22", "ip saddr 10.0.0.1");
}

static void transport_protocols(void **state)
{
	(void)state;
	never("ip protocol udp udp sport 53", "tcp sport 53");
	never("ip protocol { tcp, 200 }", "meta l4proto udp");
	perhaps("ip protocol { tcp, udp }", "udp dport 53");
	never("ip6 nexthdr udp", "tcp dport 22");
	/* Behind an extension header anything may come, in IPv6 alone. */
	perhaps("ip6 nexthdr { udp, 44 }", "tcp dport 22");
	perhaps("ip6 nexthdr 0", "tcp dport 22");
	never("ip protocol 51", "tcp dport 22");
	perhaps("ip protocol != udp", "tcp dport 22");
	never("ip protocol != udp", "ip saddr 10.0.0.1 meta l4proto udp");
}

static void network_protocols(void **state)
{
	(void)state;
	never("ether type arp", "ip saddr 10.0.0.1");
	never("ether type ip", "ip6 saddr ::1");
	never("ether type 0x88cc", "ip saddr 10.0.0.1");
	perhaps("ether type ip", "ip saddr 10.0.0.1");
	/* Behind a tag there may be anything, but what the rule says. */
	perhaps("ether type 8021q", "ip saddr 10.0.0.1");
	perhaps("ether type != ip", "ip saddr 10.0.0.1");
	perhaps("vlan id 5", "ip saddr 10.0.0.1");
	never("vlan type arp", "ip saddr 10.0.0.1");
	never("vlan id 5 ip saddr 10.0.0.1", "ip6 saddr ::1");
	never("meta protocol 0x88cc", "ip saddr 10.0.0.1");
	never("meta protocol { 0x88cc, arp }", "ip6 saddr ::1");
	perhaps("meta protocol { ip, 0x88cc }", "ip saddr 10.0.0.1");
	perhaps("meta protocol > 5", "ip saddr 10.0.0.1");
	perhaps("meta protocol != ip", "meta protocol 0x88cc");
	never("meta protocol ip", "meta protocol 0x88cc");
	assert_false(meet("inet", "meta nfproto ipv4", "ip6 saddr ::1"));
	assert_true(meet("inet", "meta nfproto ipv4", "ip saddr 10.0.0.1"));
	assert_true(meet("inet", "meta nfproto != ipv4", "ip saddr 10.0.0.1"));
}

static void ports_of_any_transport(void **state)
{
	(void)state;
	never("th dport 22", "tcp dport 23");
	never("th sport { 1, 2 }", "udp sport 3-5");
	perhaps("th dport 22", "tcp dport 22-23");
	perhaps("th dport 22", "tcp sport 23");
}

/* What the boxes of a concatenation say of each field. */
static void tuples(void **state)
{
	(void)state;
	never("ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 80 }",
	      "ip saddr 10.0.0.3");
	never("ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 80 }",
	      "tcp dport 23-79");
	never("ip saddr . tcp dport vmap { 10.0.0.1 . 22 : drop }",
	      "udp dport 22");
	perhaps("ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 80 }",
		"ip saddr 10.0.0.1 tcp dport 80");
	perhaps("ip saddr . tcp dport != { 10.0.0.1 . 22 }",
		"ip saddr 10.0.0.1 tcp dport 22");
	perhaps("ip saddr . tcp dport vmap { 10.0.0.1 . 22 : drop, "
		"* : accept }", "ip saddr 10.0.0.3");
	perhaps("ip saddr . tcp dport @late2", "ip saddr 10.0.0.3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_field),
		cmocka_unit_test(transport_protocols),
		cmocka_unit_test(network_protocols),
		cmocka_unit_test(ports_of_any_transport),
		cmocka_unit_test(tuples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
