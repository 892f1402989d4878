/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan as JSON: what Flywall's own blocks, options, set keys and statements
 * say.
 *
 * In: a plan. Out: keys of the document. Fails with -ENOMEM.
 *
 * Decimals are numbers, times are milliseconds, what is not given is null.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "plan/json.h"

static json_t *rate(const struct fw_rate *r)
{
	if (!r->amount)
		return json_null();
	return json_pack("{s:I, s:i}", "amount", (json_int_t)r->amount,
			 "seconds", (int)r->seconds);
}

static json_t *number(bool given, uint64_t value)
{
	return given ? json_integer((json_int_t)value) : json_null();
}

static json_t *bits(uint32_t value, const char *(*name)(unsigned))
{
	json_t *array = json_array();

	for (unsigned i = 0; array && value >> i; i++)
		if (value >> i & 1 &&
		    fw_plan_json_append(array, json_string(name(i))) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static const char *dns_alert(unsigned i)
{
	return fw_dns_alert_name((enum fw_dns_alert)i);
}

static const char *dhcp_alert(unsigned i)
{
	return fw_dhcp_alert_name((enum fw_dhcp_alert)i);
}

static const char *kernel_log(unsigned i)
{
	return fw_kernel_log_name((enum fw_kernel_log)i);
}

/* --- options -------------------------------------------------------------- */
static int add_options(json_t *doc, const struct fw_plan *plan)
{
	const struct fw_plan_options *o = &plan->options;
	const struct fw_plan_service *s = &plan->service;
	json_t *groups = json_array();
	int r = fw_plan_json_set(doc, "options", json_pack(
		"{s:I, s:I, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, "
		"s:o, s:o}",
		"marks", (json_int_t)o->marks, "flows", (json_int_t)o->flows,
		"existing", o->existing_trust ? "trust" : "inspect",
		"vlan_offload", o->vlan_offload_off ? "off" : "keep",
		"syn_cookies", fw_syn_cookies_name(o->syn_cookies),
		"syn_cookies_above", rate(&o->syn_cookies_above),
		"malformed", o->malformed_drop ? "drop" : "nft",
		"rate_sources", number(o->rate_sources, o->rate_sources),
		"dns_pending", number(o->dns_pending, o->dns_pending),
		"leases", number(o->leases, o->leases),
		"metrics_listen", fw_plan_json_text(s->metrics_listen),
		"metrics_file", fw_plan_json_text(s->metrics_file),
		"sysctl", json_string(o->sysctl_set ? "set" : "keep")));

	if (r < 0) {
		json_decref(groups);
		return r;
	}
	r = fw_plan_json_set(json_object_get(doc, "options"), "control", groups);
	for (size_t i = 0; r == 0 && i < s->n_groups; i++)
		r = fw_plan_json_append(groups, json_pack(
			"{s:o, s:b}", "group", fw_plan_json_text(s->groups[i].name),
			"full", s->groups[i].full));
	return r;
}

/* --- blocks --------------------------------------------------------------- */
static int add_classes(json_t *doc, const struct fw_plan *plan)
{
	json_t *classes = json_array();
	int r = fw_plan_json_set(doc, "qos", classes);

	for (size_t i = 0; r == 0 && i < plan->n_classes; i++) {
		const struct fw_qos_class *c = &plan->classes[i];

		r = fw_plan_json_append(classes, json_pack(
			"{s:o, s:o, s:o, s:o, s:o}", "name",
			fw_plan_json_text(c->name), "rate", rate(&c->rate),
			"burst", number(c->burst, c->burst),
			"dscp", number(c->has_dscp, c->dscp),
			"priority", number(c->has_priority, c->priority)));
	}
	return r;
}

static json_t *address(const struct fw_plan_address *a)
{
	uint8_t bytes[16];
	char text[INET6_ADDRSTRLEN];

	for (int i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(a->high >> (56 - 8 * i));
		bytes[8 + i] = (uint8_t)(a->low >> (56 - 8 * i));
	}
	return json_string(inet_ntop(a->v6 ? AF_INET6 : AF_INET,
				     a->v6 ? bytes : bytes + 12, text,
				     sizeof(text)));
}

static int add_monitors(json_t *doc, const struct fw_plan *plan)
{
	const struct fw_plan_monitors *m = &plan->monitors;
	json_t *servers = json_array();
	int r = fw_plan_json_set(doc, "monitors", json_pack(
		"{s:{s:b, s:o}, s:{s:b}, s:{s:b, s:o, s:o, s:o}, "
		"s:{s:b, s:o, s:o}}",
		"dns", "log_queries", plan->log_dns_queries,
		"alert", bits(m->dns_alerts, dns_alert),
		"tls", "log_handshakes", m->tls_handshakes,
		"dhcp", "log_leases", m->dhcp_leases,
		"alert", bits(m->dhcp_alerts, dhcp_alert),
		"fingerprints", fw_plan_json_text(m->dhcp_fingerprints),
		"servers", servers,
		"kernel", "on", m->kernel,
		"log", bits(m->kernel_logs, kernel_log),
		"deviation", m->kernel_deviation ?
			json_real((double)m->kernel_deviation / FW_MILLION) :
			json_null()));

	for (size_t i = 0; r == 0 && i < m->n_dhcp_servers; i++)
		r = fw_plan_json_append(servers, address(&m->dhcp_servers[i]));
	return r;
}

static int add_events_and_learn(json_t *doc, const struct fw_plan *plan)
{
	const struct fw_plan_learn *l = &plan->learn;
	int r = fw_plan_json_set(doc, "events", json_pack(
		"{s:o, s:o}", "file", fw_plan_json_text(plan->events.file),
		"limit", rate(&plan->events.limit)));

	if (r < 0 || !l->given)
		return r < 0 ? r : fw_plan_json_set(doc, "learn", json_null());
	return fw_plan_json_set(doc, "learn", json_pack(
		"{s:o, s:o, s:I, s:I, s:I, s:f, s:I}",
		"database", fw_plan_json_text(l->database),
		"output", fw_plan_json_text(l->output),
		"flows", (json_int_t)l->flows, "peers", (json_int_t)l->peers,
		"ms", (json_int_t)l->ms,
		"confidence", (double)l->confidence / FW_MILLION,
		"retention_ms", (json_int_t)l->retention_ms));
}

/* --- sets, statements ----------------------------------------------------- */
static int add_sets(json_t *doc, const struct fw_plan *plan)
{
	json_t *sets = json_array();
	int r = fw_plan_json_set(doc, "sets", sets);

	for (size_t i = 0; r == 0 && i < plan->n_sets; i++) {
		const struct fw_plan_set *s = &plan->sets[i];

		if (!fw_plan_set_is_fed(s))
			continue;
		r = fw_plan_json_append(sets, json_pack(
			"{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}",
			"family", s->family, "table", s->table,
			"name", fw_plan_json_text(s->name),
			"type", fw_plan_json_text(s->type),
			"file", fw_plan_json_text(s->file),
			"format", fw_plan_json_text(s->format),
			"refresh_ms", number(s->refresh_ms, s->refresh_ms),
			"max_shrink", s->file ?
				json_real((double)s->max_shrink / FW_MILLION) :
				json_null(),
			"force", s->force,
			"timeout_ms", number(s->timeout_ms, s->timeout_ms)));
	}
	return r;
}

static int add_statements(json_t *doc, const struct fw_plan *plan)
{
	json_t *statements = json_array();
	int r = fw_plan_json_set(doc, "statements", statements);

	for (size_t i = 0; r == 0 && i < plan->n_statements; i++) {
		const struct fw_plan_statement *s = &plan->statements[i];
		bool qos = s->kind == FW_STATEMENT_QOS;
		bool block = s->kind == FW_STATEMENT_BLOCK;
		bool reply = s->kind == FW_STATEMENT_DNS_REPLY;

		r = fw_plan_json_append(statements, json_pack(
			"{s:I, s:s, s:o, s:o, s:o}", "rule",
			(json_int_t)s->rule, "what",
			fw_statement_name(s->kind),
			"class", qos ? fw_plan_json_text(
				plan->classes[s->class].name) : json_null(),
			"ms", number(block, s->ms),
			"rcode", number(reply, s->rcode)));
	}
	return r;
}

static int add_pending(json_t *doc, const struct fw_plan *plan)
{
	json_t *pending = json_array();
	int r = fw_plan_json_set(doc, "pending", pending);

	for (size_t i = 0; r == 0 && i < plan->n_pending; i++)
		r = fw_plan_json_append(pending, json_pack(
			"{s:o, s:i, s:o}", "file",
			fw_plan_json_text(plan->pending[i].file), "line",
			(int)plan->pending[i].line, "what",
			fw_plan_json_text(plan->pending[i].what)));
	return r;
}

int fw_plan_json_blocks(json_t *doc, const struct fw_plan *plan)
{
	static int (*const parts[])(json_t *doc, const struct fw_plan *plan) = {
		add_options, add_classes, add_monitors, add_events_and_learn,
		add_sets, add_statements, add_pending,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
		r = parts[i](doc, plan);
	return r;
}
