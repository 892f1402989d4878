/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flywall's own blocks and statements: the values that a line comes to.
 *
 * Catches: a bound that is off by one, a unit that is off by a factor, a key
 * that is read into its neighbour, something that is not run and not said so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/typed_text.h"
#include "util/cleanup.h"

static void open_valid(struct typed_text *t, const char *text)
{
	typed_text_open(t, text);
	if (*typed_text_error(t))
		fail_msg("%s: %s", text, t->diags.items[0].text);
}

/* --- rules of profiles ---------------------------------------------------- */
static const struct fw_inspect_rule *open_rule(struct typed_text *t,
					       const char *rule)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "qos { class a { dscp ef }; class b { dscp ef } }\n"
		       "inspect p {\nqueue 0\n%s\n}\n", rule);
	open_valid(t, text);
	assert_int_equal(t->typed->n_profiles, 1);
	assert_int_equal(t->typed->profiles[0].n_rules, 1);
	return &t->typed->profiles[0].rules[0];
}

static void numbers_of_facts(void **state)
{
	static const struct {
		const char *rule;
		enum fw_fact_kind fact;
		uint16_t lo, hi;
		bool negate;
	} cases[] = {
		{ "tls version < 1.2 drop", FW_FACT_TLS_VERSION,
		  0, 0x302, false },
		{ "tls version <= 1.2 drop", FW_FACT_TLS_VERSION,
		  0, 0x303, false },
		{ "tls version > 1.2 drop", FW_FACT_TLS_VERSION,
		  0x304, 0xffff, false },
		{ "tls version >= 1.2 drop", FW_FACT_TLS_VERSION,
		  0x303, 0xffff, false },
		{ "tls version 1.0 drop", FW_FACT_TLS_VERSION,
		  0x301, 0x301, false },
		{ "tls version == 1.3 drop", FW_FACT_TLS_VERSION,
		  0x304, 0x304, false },
		{ "tls version != { 1.0, 1.1 } drop", FW_FACT_TLS_VERSION,
		  0x301, 0x302, true },
		{ "ssh version < 2.0 drop", FW_FACT_SSH_VERSION,
		  0, 0x1ff, false },
		{ "ssh version 1.99 drop", FW_FACT_SSH_VERSION,
		  0x163, 0x163, false },
		{ "dns qtype aaaa drop", FW_FACT_DNS_QTYPE,
		  28, 28, false },
		{ "dns qtype 27, aaaa drop", FW_FACT_DNS_QTYPE,
		  27, 28, false },
		{ "dns qtype != { any } drop", FW_FACT_DNS_QTYPE,
		  255, 255, true },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		const struct fw_inspect_rule *rule;
		struct typed_text t;

		rule = open_rule(&t, cases[i].rule);
		assert_int_equal(rule->fact, cases[i].fact);
		assert_int_equal(rule->negate, cases[i].negate);
		assert_int_equal(rule->n_numbers, 1);
		assert_int_equal((uint64_t)rule->numbers[0].lo, cases[i].lo);
		assert_int_equal((uint64_t)rule->numbers[0].hi, cases[i].hi);
		typed_text_close(&t);
	}
}

static void statements_of_rules(void **state)
{
	const struct fw_inspect_rule *rule;
	struct typed_text t;

	(void)state;
	rule = open_rule(&t, "http host \"A.Example.\" counter log "
			 "qos class b audit block for 1h30m");
	assert_int_equal(rule->fact, FW_FACT_HTTP_HOST);
	assert_string_equal(rule->domains->domains[0].name, "a.example");
	assert_true(rule->counter && rule->log && rule->audit);
	assert_int_equal(rule->class, 1);
	assert_int_equal(rule->action, FW_INSPECT_BLOCK);
	assert_int_equal(rule->block_ms, 5400000);
	typed_text_close(&t);
	rule = open_rule(&t, "tls alpn { h2, \"http/1.1\", h2 } qos class a");
	assert_int_equal(rule->action, FW_INSPECT_NONE);
	assert_int_equal(rule->class, 0);
	assert_int_equal(rule->texts->n_texts, 2);
	assert_string_equal(rule->texts->texts[0], "h2");
	typed_text_close(&t);
	rule = open_rule(&t, "tls sni \"a.example\" drop");
	assert_int_equal(rule->class, FW_NO_CLASS);
	assert_false(rule->counter || rule->log || rule->audit);
	typed_text_close(&t);
}

/* --- blocks --------------------------------------------------------------- */
static void options(void **state)
{
	const struct fw_plan_options *o;
	struct typed_text t;

	(void)state;
	open_valid(&t, "options {\nrate-sources 1\ndns-pending 2\nleases 3\n"
		   "existing trust\nsyn-cookies auto above 60/minute\n"
		   "device a { lowering off }\ndevice b { attach off }\n"
		   "control group g full\n}\n");
	o = &t.typed->options;
	assert_int_equal(o->rate_sources, 1);
	assert_int_equal(o->dns_pending, 2);
	assert_int_equal(o->leases, 3);
	assert_true(o->existing_trust);
	assert_false(o->malformed_drop || o->vlan_offload_off || o->sysctl_set);
	assert_int_equal(o->syn_cookies, FW_SYN_COOKIES_AUTO);
	assert_int_equal(o->syn_cookies_above.amount, 60);
	assert_int_equal(o->syn_cookies_above.seconds, 60);
	assert_true(t.typed->device_options[0].lowering_off);
	assert_false(t.typed->device_options[1].lowering_off);
	assert_true(t.typed->service.groups[0].full);
	typed_text_close(&t);
	/* Defaults where nothing is said. */
	open_valid(&t, "");
	o = &t.typed->options;
	assert_int_equal(o->syn_cookies_above.amount, 1000);
	assert_int_equal(o->syn_cookies_above.seconds, 1);
	assert_int_equal(o->flows, 262144);
	assert_int_equal(o->rate_sources, 0);
	assert_false(t.typed->learn.given);
	assert_int_equal(t.typed->n_pending, 0);
	typed_text_close(&t);
}

static void classes(void **state)
{
	const struct fw_qos_class *c;
	struct typed_text t;

	(void)state;
	open_valid(&t, "qos { class a { rate 3 kbytes/minute burst 2 mbytes } }\n"
		   "qos { class b { dscp af21; priority ffff:1 } }\n");
	assert_int_equal(t.typed->n_qos, 2);
	c = &t.typed->qos[0];
	assert_int_equal(c->rate.amount, 3072);
	assert_int_equal(c->rate.seconds, 60);
	assert_int_equal(c->burst, 2097152);
	assert_false(c->has_dscp || c->has_priority);
	c = &t.typed->qos[1];
	assert_int_equal(c->dscp, 18);
	assert_int_equal(c->priority, 0xffff0001);
	assert_int_equal(c->rate.amount, 0);
	typed_text_close(&t);
}

static void learning(void **state)
{
	const struct fw_plan_learn *l;
	struct typed_text t;

	(void)state;
	open_valid(&t, "learn { }\n");
	l = &t.typed->learn;
	assert_int_equal(l->flows, 10);
	assert_int_equal(l->peers, 3);
	assert_int_equal(l->ms, 2 * 86400000);
	assert_int_equal(l->confidence, 900000);
	assert_int_equal(l->retention_ms, 30ull * 86400000);
	typed_text_close(&t);
	open_valid(&t, "learn {\nminimum 1 flows from 2 peers over 3 weeks\n"
		   "confidence 0.125\nretention 1d12h\n}\n");
	l = &t.typed->learn;
	assert_int_equal(l->flows, 1);
	assert_int_equal(l->peers, 2);
	assert_int_equal(l->ms, 21ull * 86400000);
	assert_int_equal(l->confidence, 125000);
	assert_int_equal(l->retention_ms, 36 * 3600000);
	typed_text_close(&t);
}

static void monitors(void **state)
{
	const struct fw_plan_monitors *m;
	struct typed_text t;

	(void)state;
	open_valid(&t, "monitor dhcp {\ndevices = a\nservers 10.0.0.1, "
		   "2001:db8::1\nalert conflict\n}\n"
		   "monitor dns { devices = b; alert { tunnel, rebind } }\n"
		   "monitor kernel { log resets; alert deviation over 2.5 }\n");
	m = &t.typed->monitors;
	assert_int_equal(m->n_dhcp_servers, 2);
	assert_false(m->dhcp_servers[0].v6);
	assert_int_equal(m->dhcp_servers[0].low, 0x0a000001);
	assert_true(m->dhcp_servers[1].v6);
	assert_int_equal(m->dhcp_servers[1].high, 0x20010db800000000);
	assert_int_equal(m->dhcp_servers[1].low, 1);
	assert_int_equal(m->dhcp_alerts, 1 << FW_DHCP_ALERT_CONFLICT);
	assert_int_equal(m->dns_alerts, 1 << FW_DNS_ALERT_REBIND |
					1 << FW_DNS_ALERT_TUNNEL);
	assert_int_equal(m->kernel_logs, 1 << FW_KERNEL_LOG_RESETS);
	assert_int_equal(m->kernel_deviation, 2500000);
	assert_string_equal(t.typed->dhcp_devices.names[0], "a");
	assert_int_equal(t.typed->tls_devices.n, 0);
	typed_text_close(&t);
}

/* --- what is not run ------------------------------------------------------ */
static void is_pending(const char *text, const char *what)
{
	struct typed_text t;

	open_valid(&t, text);
	assert_int_equal(t.typed->n_pending, *what != '\0');
	if (*what)
		assert_string_equal(t.typed->pending[0].what, what);
	typed_text_close(&t);
}

static void pending(void **state)
{
	(void)state;
	is_pending("options { syn-cookies off }\n", "");
	is_pending("options { syn-cookies on }\n", "");
	is_pending("options { malformed nft }\n", "");
	is_pending("options { malformed drop }\n", "");
	is_pending("options { metrics listen \"/x\" }\n", "");
	is_pending("options { existing inspect }\n", "");
	is_pending("monitor dns { devices = a; log queries }\n", "");
	is_pending("monitor dns { devices = a; local = a }\n", "");
	is_pending("events { file \"x\"; limit 1/second per type }\n", "");
	is_pending("monitor kernel { log drops; alert deviation over 4 }\n",
		   "");
	is_pending("learn { output \"x\"; database \"y\" }\n", "");
	is_pending("inspect p { queue 0; tls sni \"a.b\" drop }\n", "");
	is_pending("inspect p { queue 0; tls sni \"a.b\" audit drop }\n",
		   "");
	is_pending("inspect p { queue 0; tls sni \"a.b\" counter log }\n",
		   "");
	is_pending("inspect p { queue 0; tls sni \"a.b\" block for 1h }\n",
		   "");
	is_pending("qos { class b { dscp ef } }\n"
		   "inspect p { queue 0; tls sni \"a.b\" qos class b }\n", "");
	is_pending("inspect p { queue 0; ssh version 2.0 drop }\n", "");
	is_pending("set p { type pattern }\n", "");
	is_pending("set s { type domain }\n", "");
	is_pending("set s { type domain; timeout 1h }\n", "timeout");
	is_pending("table ip t { set s { type ipv4_addr; timeout 1h; } }\n",
		   "");
	is_pending("table ip t { chain c { learn; } }\n", "");
	is_pending("table ip t { chain c { audit drop; } }\n", "");
	is_pending("table ip t { chain c { block for 1h; } }\n", "");
	is_pending("table ip t { chain c { synproxy mss 1460; } }\n", "");
	is_pending("table netdev t { chain c { synproxy mss 1460; } }\n", "");
	is_pending("table netdev t { chain c { synproxy name \"x\"; }\n"
		   "synproxy x { mss 1460; wscale 7; } }\n", "");
	is_pending("table netdev t { synproxy x { mss 1460; wscale 7; }\n"
		   "chain c { synproxy name tcp dport map { 80 : \"x\" }\n} }\n",
		   "synproxy map");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_facts),
		cmocka_unit_test(statements_of_rules),
		cmocka_unit_test(options),
		cmocka_unit_test(classes),
		cmocka_unit_test(learning),
		cmocka_unit_test(monitors),
		cmocka_unit_test(pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
