/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sealing, for the parts that Flywall's own blocks and statements make: what
 * they say goes into the hash; where they stand (`pending`), and where a file
 * was found, does not.
 *
 * In: a plan. Out: a longer hash. Nothing fails.
 */
#include "plan/seal.h"

static void add_rate(struct fw_hasher *h, const struct fw_rate *rate)
{
	fw_hasher_add_u64(h, rate->amount);
	fw_hasher_add_u64(h, rate->seconds);
}

void fw_seal_block_options(struct fw_hasher *h,
			   const struct fw_plan_options *o)
{
	fw_hasher_add_u64(h, o->existing_trust);
	fw_hasher_add_u64(h, o->vlan_offload_off);
	fw_hasher_add_u64(h, o->malformed_drop);
	fw_hasher_add_u64(h, o->sysctl_set);
	fw_hasher_add_u64(h, o->syn_cookies);
	add_rate(h, &o->syn_cookies_above);
	fw_hasher_add_u64(h, o->rate_sources);
	fw_hasher_add_u64(h, o->dns_pending);
	fw_hasher_add_u64(h, o->leases);
}

static void add_service(struct fw_hasher *h, const struct fw_plan_service *s)
{
	fw_hasher_add_u64(h, s->n_groups);
	for (size_t i = 0; i < s->n_groups; i++) {
		fw_seal_text(h, s->groups[i].name);
		fw_hasher_add_u64(h, s->groups[i].full);
	}
	fw_seal_text(h, s->metrics_listen);
	fw_seal_text(h, s->metrics_file);
}

static void add_classes(struct fw_hasher *h, const struct fw_plan *plan)
{
	fw_hasher_add_u64(h, plan->n_classes);
	for (size_t i = 0; i < plan->n_classes; i++) {
		const struct fw_qos_class *c = &plan->classes[i];

		fw_seal_text(h, c->name);
		add_rate(h, &c->rate);
		fw_hasher_add_u64(h, c->burst);
		fw_hasher_add_u64(h, c->has_dscp ? c->dscp + 1u : 0);
		fw_hasher_add_u64(h, c->has_priority);
		fw_hasher_add_u64(h, c->priority);
	}
}

static void add_prints(struct fw_hasher *h, const struct fw_prints *prints)
{
	for (size_t i = 0; i < prints->n; i++) {
		fw_seal_text(h, prints->items[i].name);
		for (size_t j = 0; j < FW_PRINT_MAX_; j++)
			fw_seal_text(h, prints->items[i].patterns[j]);
	}
}

static void add_monitors(struct fw_hasher *h, const struct fw_plan_monitors *m)
{
	fw_hasher_add_u64(h, m->dns_local != NULL);
	if (m->dns_local)
		fw_seal_domains(h, m->dns_local);
	fw_hasher_add_u64(h, m->dns_alerts);
	fw_hasher_add_u64(h, m->tls_handshakes);
	fw_hasher_add_u64(h, m->n_dhcp_servers);
	for (size_t i = 0; i < m->n_dhcp_servers; i++) {
		fw_hasher_add_u64(h, m->dhcp_servers[i].v6);
		fw_hasher_add_u64(h, m->dhcp_servers[i].high);
		fw_hasher_add_u64(h, m->dhcp_servers[i].low);
	}
	fw_hasher_add_u64(h, m->dhcp_leases);
	fw_hasher_add_u64(h, m->dhcp_alerts);
	fw_seal_text(h, m->dhcp_fingerprints);
	add_prints(h, &m->dhcp_prints);
	fw_hasher_add_u64(h, m->kernel);
	fw_hasher_add_u64(h, m->kernel_logs);
	fw_hasher_add_u64(h, m->kernel_deviation);
}

static void add_learn(struct fw_hasher *h, const struct fw_plan_learn *l)
{
	fw_hasher_add_u64(h, l->given);
	fw_seal_text(h, l->database);
	fw_seal_text(h, l->output);
	fw_hasher_add_u64(h, l->flows);
	fw_hasher_add_u64(h, l->peers);
	fw_hasher_add_u64(h, l->ms);
	fw_hasher_add_u64(h, l->confidence);
	fw_hasher_add_u64(h, l->retention_ms);
}

static void add_texts(struct fw_hasher *h, const struct fw_text_set *set)
{
	fw_seal_text(h, set->name);
	fw_hasher_add_u64(h, set->n_texts);
	for (size_t i = 0; i < set->n_texts; i++)
		fw_hasher_add_text(h, set->texts[i]);
}

static void add_patterns(struct fw_hasher *h, const struct fw_pattern_set *set)
{
	fw_seal_text(h, set->name);
	fw_hasher_add_u64(h, set->n_patterns);
	for (size_t i = 0; i < set->n_patterns; i++) {
		fw_hasher_add_text(h, set->patterns[i].name);
		fw_hasher_add_text(h, set->patterns[i].regex);
		fw_hasher_add_text(h, set->patterns[i].flags);
	}
}

void fw_seal_inspect_rule(struct fw_hasher *h, const struct fw_inspect_rule *r)
{
	if (r->texts)
		add_texts(h, r->texts);
	if (r->patterns)
		add_patterns(h, r->patterns);
	fw_hasher_add_u64(h, r->n_numbers);
	fw_hasher_add(h, r->numbers, r->n_numbers * sizeof(*r->numbers));
	fw_hasher_add_u64(h, r->counter);
	fw_hasher_add_u64(h, r->log);
	fw_hasher_add_text(h, r->log ? r->log_prefix : "");
	fw_hasher_add_text(h, r->log ? r->log_level : "");
	fw_hasher_add_u64(h, r->class);
	fw_hasher_add_u64(h, r->audit);
	fw_hasher_add_u64(h, r->block_ms);
}

static void add_sets(struct fw_hasher *h, const struct fw_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_sets; i++)
		n += fw_plan_set_is_fed(&plan->sets[i]);
	fw_hasher_add_u64(h, n);
	for (size_t i = 0; i < plan->n_sets; i++) {
		const struct fw_plan_set *s = &plan->sets[i];

		if (!fw_plan_set_is_fed(s))
			continue;
		fw_seal_text(h, s->family);
		fw_seal_text(h, s->table);
		fw_seal_text(h, s->name);
		fw_seal_text(h, s->type);
		fw_seal_text(h, s->file);
		fw_seal_text(h, s->format);
		fw_hasher_add_u64(h, s->refresh_ms);
		fw_hasher_add_u64(h, s->max_shrink);
		fw_hasher_add_u64(h, s->force);
		fw_hasher_add_u64(h, s->timeout_ms);
		fw_hasher_add_u64(h, s->n_timed);
		for (size_t k = 0; k < s->n_timed; k++) {
			fw_hasher_add_text(h, s->timed[k].text);
			fw_hasher_add_u64(h, s->timed[k].ms);
		}
	}
}

static void add_statements(struct fw_hasher *h, const struct fw_plan *plan)
{
	fw_hasher_add_u64(h, plan->n_statements);
	for (size_t i = 0; i < plan->n_statements; i++) {
		const struct fw_plan_statement *s = &plan->statements[i];

		fw_hasher_add_u64(h, s->rule);
		fw_hasher_add_u64(h, s->kind);
		fw_hasher_add_u64(h, s->negate);
		fw_hasher_add_u64(h, s->class);
		fw_hasher_add_u64(h, s->ms);
		fw_hasher_add_u64(h, s->rcode);
		if (s->domains)
			fw_seal_domains(h, s->domains);
		fw_hasher_add_u64(h, s->n_qtypes);
		fw_hasher_add(h, s->qtypes, s->n_qtypes * sizeof(*s->qtypes));
	}
}

void fw_seal_blocks(struct fw_hasher *h, const struct fw_plan *plan)
{
	add_service(h, &plan->service);
	add_classes(h, plan);
	add_monitors(h, &plan->monitors);
	fw_seal_text(h, plan->events.file);
	add_rate(h, &plan->events.limit);
	add_learn(h, &plan->learn);
	add_sets(h, plan);
	add_statements(h, plan);
}
