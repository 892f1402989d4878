/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan as admins read it: what Flywall's own blocks, options and statements
 * say, where they say more than the defaults.
 *
 * In: a plan. Out: text on a stream. Nothing fails.
 */
#include <arpa/inet.h>
#include <inttypes.h>

#include "plan/print.h"
#include "util/cleanup.h"

/* --- values --------------------------------------------------------------- */
static void print_rate(const struct fw_rate *rate, const char *unit, FILE *out)
{
	fprintf(out, "%" PRIu64 "%s per %us", rate->amount, unit,
		rate->seconds);
}

/* Millionths as a decimal without trailing zeroes: 900000 is 0.9. */
static void print_decimal(uint64_t value, FILE *out)
{
	unsigned rest = (unsigned)(value % FW_MILLION), digits = 6;

	fprintf(out, "%" PRIu64, value / FW_MILLION);
	while (rest && rest % 10 == 0) {
		rest /= 10;
		digits--;
	}
	if (rest)
		fprintf(out, ".%0*u", (int)digits, rest);
}

/* Names of the bits that are set, commas between them. */
static void print_bits(uint32_t bits, const char *(*name)(unsigned), FILE *out)
{
	const char *comma = " ";

	for (unsigned i = 0; bits >> i; i++) {
		if (!(bits >> i & 1))
			continue;
		fprintf(out, "%s%s", comma, name(i));
		comma = ", ";
	}
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
static void print_option(bool given, const char *text, bool *head, FILE *out)
{
	if (!given)
		return;
	fprintf(out, "%s  %s\n", *head ? "" : "\noptions\n", text);
	*head = true;
}

static void print_number(uint32_t value, const char *key, bool *head,
			 FILE *out)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s %" PRIu32, key, value);
	print_option(value, text, head, out);
}

/* The line is left open. */
static void print_text(const char *key, const char *text, bool *head, FILE *out)
{
	fprintf(out, "%s  %s %s", *head ? "" : "\noptions\n", key, text);
	*head = true;
}

static void print_line(const char *text, const char *key, bool *head, FILE *out)
{
	if (!text)
		return;
	print_text(key, text, head, out);
	fputs("\n", out);
}

static void print_options(const struct fw_plan *plan, FILE *out)
{
	const struct fw_plan_options *o = &plan->options;
	const struct fw_plan_service *s = &plan->service;
	bool head = false;

	print_option(o->existing_trust, "existing trust", &head, out);
	print_option(o->vlan_offload_off, "vlan-offload off", &head, out);
	print_number(o->rate_sources, "rate-sources", &head, out);
	print_number(o->dns_pending, "dns-pending", &head, out);
	print_number(o->leases, "leases", &head, out);
	print_option(o->malformed_drop, "malformed drop", &head, out);
	print_option(o->syn_cookies == FW_SYN_COOKIES_ON, "syn-cookies on",
		     &head, out);
	print_option(o->syn_cookies == FW_SYN_COOKIES_OFF, "syn-cookies off",
		     &head, out);
	print_option(o->sysctl_set, "sysctl set", &head, out);
	for (size_t i = 0; i < s->n_groups; i++) {
		print_text("control group", s->groups[i].name, &head, out);
		fputs(s->groups[i].full ? " full\n" : " read\n", out);
	}
	print_line(s->metrics_listen, "metrics listen", &head, out);
	print_line(s->metrics_file, "metrics file", &head, out);
}

/* --- blocks --------------------------------------------------------------- */
static void print_classes(const struct fw_plan *plan, FILE *out)
{
	if (plan->n_classes > 0)
		fputs("\nqos classes\n", out);
	for (size_t i = 0; i < plan->n_classes; i++) {
		const struct fw_qos_class *c = &plan->classes[i];
		const char *comma = ": ";

		fprintf(out, "  %s", c->name);
		if (c->rate.amount) {
			fprintf(out, "%srate ", comma);
			print_rate(&c->rate, " bytes", out);
			comma = ", ";
		}
		if (c->burst) {
			fprintf(out, "%sburst %" PRIu64 " bytes", comma,
				c->burst);
			comma = ", ";
		}
		if (c->has_dscp) {
			fprintf(out, "%sdscp %u", comma, c->dscp);
			comma = ", ";
		}
		if (c->has_priority)
			fprintf(out, "%spriority %x:%x", comma,
				c->priority >> 16, c->priority & 0xffff);
		fputs("\n", out);
	}
}

static void print_address(const struct fw_plan_address *a, FILE *out)
{
	uint8_t bytes[16];
	char text[INET6_ADDRSTRLEN];

	for (int i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(a->high >> (56 - 8 * i));
		bytes[8 + i] = (uint8_t)(a->low >> (56 - 8 * i));
	}
	fprintf(out, " %s", inet_ntop(a->v6 ? AF_INET6 : AF_INET,
				      a->v6 ? bytes : bytes + 12, text,
				      sizeof(text)));
}

static void print_local(const struct fw_domain_set *set, FILE *out)
{
	fputs("  local", out);
	for (size_t i = 0; i < set->n_domains; i++)
		fprintf(out, "%s %s%s", i ? "," : "",
			set->domains[i].exception ? "!" :
			set->domains[i].exact	  ? "=" :
						    "",
			set->domains[i].name);
	fputs("\n", out);
}

static void print_monitors(const struct fw_plan *plan, FILE *out)
{
	const struct fw_plan_monitors *m = &plan->monitors;

	if (plan->log_dns_queries || m->dns_alerts || m->dns_local) {
		fputs("\nmonitor dns\n", out);
		if (plan->log_dns_queries)
			fputs("  log queries\n", out);
		if (m->dns_local)
			print_local(m->dns_local, out);
		if (m->dns_alerts) {
			fputs("  alert", out);
			print_bits(m->dns_alerts, dns_alert, out);
			fputs("\n", out);
		}
	}
	if (m->tls_handshakes)
		fputs("\nmonitor tls\n  log handshakes\n", out);
	if (m->n_dhcp_servers || m->dhcp_leases || m->dhcp_alerts ||
	    m->dhcp_fingerprints)
		fputs("\nmonitor dhcp\n", out);
	if (m->n_dhcp_servers) {
		fputs("  servers", out);
		for (size_t i = 0; i < m->n_dhcp_servers; i++)
			print_address(&m->dhcp_servers[i], out);
		fputs("\n", out);
	}
	if (m->dhcp_leases)
		fputs("  log leases\n", out);
	if (m->dhcp_alerts) {
		fputs("  alert", out);
		print_bits(m->dhcp_alerts, dhcp_alert, out);
		fputs("\n", out);
	}
	if (m->dhcp_fingerprints)
		fprintf(out, "  fingerprints %s (%zu lines)\n",
			m->dhcp_fingerprints, m->dhcp_prints.n);
	if (!m->kernel)
		return;
	fputs("\nmonitor kernel\n", out);
	if (m->kernel_logs) {
		fputs("  log", out);
		print_bits(m->kernel_logs, kernel_log, out);
		fputs("\n", out);
	}
	if (m->kernel_deviation) {
		fputs("  alert deviation over ", out);
		print_decimal(m->kernel_deviation, out);
		fputs("\n", out);
	}
}

static void print_events(const struct fw_plan *plan, FILE *out)
{
	const struct fw_plan_events *e = &plan->events;

	if (!e->file && !e->limit.amount)
		return;
	fputs("\nevents\n", out);
	if (e->file)
		fprintf(out, "  file %s\n", e->file);
	if (e->limit.amount) {
		fputs("  limit ", out);
		print_rate(&e->limit, "", out);
		fputs(" and type\n", out);
	}
}

static void print_learn(const struct fw_plan *plan, FILE *out)
{
	const struct fw_plan_learn *l = &plan->learn;

	if (!l->given)
		return;
	fprintf(out, "\nlearn\n  database %s\n  output %s\n"
		"  minimum %" PRIu64 " flows, %" PRIu64 " peers, %" PRIu64
		" ms\n  confidence ", l->database, l->output, l->flows,
		l->peers, l->ms);
	print_decimal(l->confidence, out);
	fprintf(out, "\n  retention %" PRIu64 " ms\n", l->retention_ms);
}

/* --- sets ----------------------------------------------------------------- */
static void print_fed_sets(const struct fw_plan *plan, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < plan->n_sets; i++) {
		const struct fw_plan_set *s = &plan->sets[i];

		if (!fw_plan_set_is_fed(s))
			continue;
		fputs(any ? "" : "\nsets\n", out);
		any = true;
		fprintf(out, "  %s%s%s%s%s: type %s", s->family,
			*s->family ? " " : "", s->table,
			*s->table ? " " : "", s->name, s->type);
		if (s->file)
			fprintf(out, ", file %s, format %s", s->file,
				s->format);
		if (s->refresh_ms)
			fprintf(out, ", refresh %" PRIu64 " ms",
				s->refresh_ms);
		if (s->file) {
			fputs(", max-shrink ", out);
			print_decimal((uint64_t)s->max_shrink * 100, out);
			fputs("%", out);
		}
		fprintf(out, "%s", s->force ? ", force" : "");
		if (s->timeout_ms)
			fprintf(out, ", timeout %" PRIu64 " ms",
				s->timeout_ms);
		if (s->n_timed)
			fprintf(out, ", %zu elements for a time", s->n_timed);
		fputs("\n", out);
	}
}

static void print_own_sets(const struct fw_plan *plan, bool terse, FILE *out)
{
	if (plan->n_text_sets > 0)
		fputs("\ntext sets\n", out);
	for (size_t i = 0; i < plan->n_text_sets; i++) {
		const struct fw_text_set *s = &plan->text_sets[i];

		fprintf(out, "  %s: %zu texts\n",
			*s->name ? s->name : "(in a rule)", s->n_texts);
		for (size_t k = 0; !terse && k < s->n_texts; k++)
			fprintf(out, "    %s\n", s->texts[k]);
	}
	if (plan->n_pattern_sets > 0)
		fputs("\npattern sets\n", out);
	for (size_t i = 0; i < plan->n_pattern_sets; i++) {
		const struct fw_pattern_set *s = &plan->pattern_sets[i];

		fprintf(out, "  %s: %zu patterns\n", s->name, s->n_patterns);
		for (size_t k = 0; !terse && k < s->n_patterns; k++)
			fprintf(out, "    %s: /%s/%s\n", s->patterns[k].name,
				s->patterns[k].regex, s->patterns[k].flags);
	}
}

/* --- what is not run ------------------------------------------------------ */
static void print_pending(const struct fw_plan *plan, FILE *out)
{
	if (plan->n_pending > 0)
		fputs("\nnot run by this version\n", out);
	for (size_t i = 0; i < plan->n_pending; i++)
		fprintf(out, "  %s:%u: %s\n", plan->pending[i].file,
			plan->pending[i].line, plan->pending[i].what);
}

void fw_plan_print_blocks(const struct fw_plan *plan, bool terse, FILE *out)
{
	print_options(plan, out);
	print_classes(plan, out);
	print_monitors(plan, out);
	print_events(plan, out);
	print_learn(plan, out);
	print_fed_sets(plan, out);
	print_own_sets(plan, terse, out);
	print_pending(plan, out);
}
