/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sealing: the content hashes of a plan and of its tables.
 *
 * In: a plan that is complete but for them. Out: plan->hash and every table's.
 * Fails with -ENOMEM only.
 *
 * The plan's hash is that of its meaning. Places (file, line), and reasons,
 * which may name a line, stay out of it: a file and its canonical print have
 * one hash.
 */
#include <errno.h>

#include "plan/seal.h"

static void add_hash(struct fw_hasher *h, const struct fw_hash *hash)
{
	fw_hasher_add(h, hash->bytes, sizeof(hash->bytes));
}

void fw_seal_text(struct fw_hasher *h, const char *text)
{
	fw_hasher_add_u64(h, text != NULL);
	fw_hasher_add_text(h, text ? text : "");
}

static int seal_table(struct fw_plan_table *t)
{
	struct fw_hasher *h = fw_hasher_new();

	if (!h)
		return -ENOMEM;
	fw_seal_text(h, t->name);
	fw_hasher_add_u64(h, t->kind);
	fw_hasher_add_u64(h, t->key_size);
	fw_hasher_add_u64(h, t->value_size);
	fw_hasher_add_u64(h, t->n);
	fw_hasher_add(h, t->keys, t->keys ? (size_t)t->n * t->key_size : 0);
	fw_hasher_add(h, t->values, (size_t)t->n * t->value_size);
	fw_hasher_end(h, &t->hash);
	return 0;
}

static void add_options(struct fw_hasher *h, const struct fw_plan_options *o)
{
	fw_hasher_add_u64(h, o->marks);
	fw_hasher_add_u64(h, o->mark_shift);
	fw_hasher_add_u64(h, o->flows);
	fw_hasher_add_u64(h, o->flush_on_exit);
	fw_hasher_add_u64(h, o->log_where);
	fw_hasher_add_u64(h, (uint64_t)o->log_level);
	fw_hasher_add_u64(h, o->log_given);
	fw_seal_block_options(h, o);
}

static void add_rules(struct fw_hasher *h, const struct fw_plan *plan)
{
	fw_hasher_add_u64(h, plan->n_rules);
	for (size_t i = 0; i < plan->n_rules; i++) {
		const struct fw_plan_rule *r = &plan->rules[i];

		fw_seal_text(h, r->family);
		fw_seal_text(h, r->table);
		fw_seal_text(h, r->chain);
		fw_seal_text(h, r->text);
		fw_hasher_add_u64(h, r->layer);
		fw_hasher_add_u64(h, r->counted | (uint64_t)r->counter << 1);
	}
}

static void add_limit(struct fw_hasher *h, const struct fw_plan_limit *limit)
{
	fw_hasher_add_u64(h, limit->rate.amount);
	fw_hasher_add_u64(h, limit->rate.seconds);
	fw_hasher_add_u64(h, limit->burst);
	fw_hasher_add_u64(h, limit->over);
	fw_hasher_add_u64(h, limit->bytes);
	if (!limit->meter)
		return;
	fw_hasher_add_u64(h, limit->meter->field);
	fw_hasher_add_u64(h, limit->meter->port);
	fw_hasher_add(h, &limit->meter->mask, sizeof(limit->meter->mask));
}

/* Of a match's values only how many: which, the tables say, and a set of a
 * million may stand in many rules. */
static void add_xdp_rule(struct fw_hasher *h, const struct fw_xdp_rule *r)
{
	fw_hasher_add_u64(h, r->rule);
	fw_hasher_add_u64(h, r->verdict | (uint64_t)r->synproxy << 8);
	fw_hasher_add_u64(h, r->skip_to);
	fw_hasher_add_u64(h, r->counted | (r->limit ? 2u : 0) |
				     (r->log ? 4u : 0));
	if (r->limit)
		add_limit(h, r->limit);
	fw_hasher_add_u64(h, r->n_matches);
	for (size_t i = 0; i < r->n_matches; i++) {
		const struct fw_match *m = &r->matches[i];

		fw_hasher_add_u64(h, m->field);
		fw_hasher_add_u64(h, m->n_intervals);
	}
	fw_hasher_add_u64(h, r->n_lives);
	for (size_t i = 0; i < r->n_lives; i++) {
		fw_hasher_add_u64(h, r->lives[i].set);
		fw_hasher_add_u64(h, r->lives[i].field);
		fw_hasher_add_u64(h, r->lives[i].negate);
	}
}

static void add_xdp(struct fw_hasher *h, const struct fw_plan_xdp *xdp)
{
	fw_hasher_add_u64(h, xdp->n_rules);
	for (uint32_t i = 0; i < xdp->n_rules; i++)
		add_xdp_rule(h, &xdp->rules[i]);
	fw_hasher_add_u64(h, xdp->n_devices);
	for (size_t i = 0; i < xdp->n_devices; i++) {
		const struct fw_xdp_device *d = &xdp->devices[i];

		fw_seal_text(h, d->device);
		fw_seal_text(h, d->family);
		fw_seal_text(h, d->table);
		fw_seal_text(h, d->chain);
		fw_hasher_add_u64(h, d->first_word);
		fw_hasher_add_u64(h, d->n_words);
		fw_hasher_add_u64(h, d->policy);
	}
	fw_hasher_add_u64(h, xdp->n_tables);
	for (size_t i = 0; i < xdp->n_tables; i++)
		add_hash(h, &xdp->tables[i].hash);
}

static void add_synproxies(struct fw_hasher *h, const struct fw_plan *plan)
{
	for (uint8_t i = 1; i <= plan->n_synproxies; i++) {
		fw_hasher_add_u64(h, plan->synproxies[i].offers);
		fw_hasher_add_u64(h, plan->synproxies[i].mss);
		fw_hasher_add_u64(h, plan->synproxies[i].wscale);
	}
}

static void add_object(struct fw_hasher *h, const struct fw_nft_object *o)
{
	fw_seal_text(h, o->kind);
	fw_seal_text(h, o->name);
	fw_seal_text(h, o->body);
	fw_hasher_add_u64(h, o->merges);
	fw_hasher_add_u64(h, o->n_elements);
	for (size_t i = 0; i < o->n_elements; i++)
		fw_hasher_add_text(h, o->elements[i]);
}

static void add_chain(struct fw_hasher *h, const struct fw_nft_chain *c)
{
	fw_seal_text(h, c->name);
	fw_seal_text(h, c->base);
	fw_seal_text(h, c->comment);
	fw_hasher_add_u64(h, c->queue);
	fw_hasher_add_u64(h, c->queue_first | (uint64_t)c->queue_last << 16 |
				     (uint64_t)c->bypass << 32);
	fw_hasher_add_u64(h, c->n_rules);
	for (size_t i = 0; i < c->n_rules; i++) {
		fw_seal_text(h, c->rules[i].text);
		fw_hasher_add_u64(h, c->rules[i].rule);
	}
}

static void add_nft_tables(struct fw_hasher *h, const struct fw_plan *plan)
{
	fw_hasher_add_u64(h, plan->n_tables);
	for (size_t i = 0; i < plan->n_tables; i++) {
		const struct fw_nft_table *t = &plan->tables[i];

		fw_seal_text(h, t->family);
		fw_seal_text(h, t->name);
		fw_seal_text(h, t->body);
		fw_hasher_add_u64(h, t->own);
		fw_hasher_add_u64(h, t->take_over);
		fw_hasher_add_u64(h, t->n_objects);
		for (size_t k = 0; k < t->n_objects; k++)
			add_object(h, &t->objects[k]);
		fw_hasher_add_u64(h, t->n_chains);
		for (size_t k = 0; k < t->n_chains; k++)
			add_chain(h, &t->chains[k]);
	}
}

void fw_seal_domains(struct fw_hasher *h, const struct fw_domain_set *s)
{
	fw_seal_text(h, s->name);
	fw_hasher_add_u64(h, s->n_domains);
	for (size_t i = 0; i < s->n_domains; i++) {
		fw_hasher_add_text(h, s->domains[i].name);
		fw_hasher_add_u64(h, s->domains[i].exact);
		fw_hasher_add_u64(h, s->domains[i].exception);
	}
}

static void add_inspect_rules(struct fw_hasher *h,
			      const struct fw_inspect_rule *rules, size_t n)
{
	fw_hasher_add_u64(h, n);
	for (size_t i = 0; i < n; i++) {
		const struct fw_inspect_rule *r = &rules[i];

		fw_hasher_add_u64(h, r->fact);
		fw_hasher_add_u64(h, r->negate);
		fw_hasher_add_u64(h, r->action);
		fw_hasher_add_u64(h, r->rule);
		if (r->domains)
			fw_seal_domains(h, r->domains);
		fw_seal_inspect_rule(h, r);
	}
}

/* What decides of a flow, without numbers of rules, which others change. */
static void add_meaning(struct fw_hasher *h, const struct fw_profile *p)
{
	fw_hasher_add_u64(h, p->window_packets);
	fw_hasher_add_u64(h, p->window_bytes);
	fw_hasher_add_u64(h, p->max_bytes);
	fw_hasher_add_u64(h, p->max_ms);
	fw_hasher_add_u64(h, p->on_incomplete);
	fw_hasher_add_u64(h, p->on_overlap_first);
	fw_hasher_add_u64(h, p->fallback);
	fw_hasher_add_u64(h, p->n_rules);
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct fw_inspect_rule *r = &p->rules[i];

		fw_hasher_add_u64(h, r->fact);
		fw_hasher_add_u64(h, r->negate);
		fw_hasher_add_u64(h, r->action);
		if (r->domains)
			fw_seal_domains(h, r->domains);
		fw_seal_inspect_rule(h, r);
	}
}

static int seal_profiles(struct fw_plan *plan)
{
	for (size_t i = 0; i < plan->n_profiles; i++) {
		struct fw_hasher *h = fw_hasher_new();

		if (!h)
			return -ENOMEM;
		add_meaning(h, &plan->profiles[i]);
		fw_hasher_end(h, (struct fw_hash *)&plan->profiles[i].hash);
	}
	return 0;
}

static void add_profile(struct fw_hasher *h, const struct fw_profile *p)
{
	fw_seal_text(h, p->name);
	fw_hasher_add_u64(h, p->id);
	fw_hasher_add_u64(h, p->queue_first);
	fw_hasher_add_u64(h, p->queue_last);
	fw_hasher_add_u64(h, p->window_packets);
	fw_hasher_add_u64(h, p->window_bytes);
	fw_hasher_add_u64(h, p->max_bytes);
	fw_hasher_add_u64(h, p->max_ms);
	fw_hasher_add_u64(h, p->memory);
	fw_hasher_add_u64(h, p->memory_flow);
	fw_hasher_add_u64(h, p->on_incomplete);
	fw_hasher_add_u64(h, p->on_overload);
	fw_hasher_add_u64(h, p->on_absent);
	fw_hasher_add_u64(h, p->on_overlap_first);
	fw_hasher_add_u64(h, p->fallback);
	fw_hasher_add_u64(h, p->recheck_ms);
	add_inspect_rules(h, p->rules, p->n_rules);
}

static void add_queries(struct fw_hasher *h, const struct fw_plan_queries *q)
{
	if (!q->n_rules)
		return;
	fw_hasher_add_u64(h, q->queue);
	fw_hasher_add_u64(h, q->n_rules);
	for (size_t i = 0; i < q->n_rules; i++) {
		const struct fw_query_rule *r = &q->rules[i];

		fw_hasher_add_u64(h, r->group);
		fw_hasher_add_u64(h, r->number);
		fw_hasher_add_u64(h, r->rcode);
		fw_hasher_add_u64(h, r->rule);
		add_inspect_rules(h, r->tests, r->n_tests);
	}
}

static void add_devices(struct fw_hasher *h, const struct fw_plan *plan)
{
	fw_hasher_add_u64(h, plan->n_devices);
	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct fw_plan_device *d = &plan->devices[i];

		fw_seal_text(h, d->name);
		fw_hasher_add_u64(h, d->attach);
		fw_hasher_add_u64(h, d->xdp);
		fw_hasher_add_u64(h, d->tc);
		fw_hasher_add_u64(h, d->watch_dns | (d->keeps_tags ? 2u : 0));
		fw_hasher_add_u64(h, d->watch_tls);
		fw_hasher_add_u64(h, d->watch_dhcp);
		fw_hasher_add_u64(h, d->learn);
	}
}

int fw_plan_seal(struct fw_plan *plan)
{
	struct fw_hasher *h;
	int r;

	for (size_t i = 0; i < plan->xdp.n_tables; i++) {
		r = seal_table((struct fw_plan_table *)&plan->xdp.tables[i]);
		if (r < 0)
			return r;
	}
	r = seal_profiles(plan);
	if (r < 0)
		return r;
	h = fw_hasher_new();
	if (!h)
		return -ENOMEM;
	add_options(h, &plan->options);
	add_rules(h, plan);
	add_synproxies(h, plan);
	add_xdp(h, &plan->xdp);
	add_nft_tables(h, plan);
	fw_hasher_add_u64(h, plan->n_profiles);
	for (size_t i = 0; i < plan->n_profiles; i++)
		add_profile(h, &plan->profiles[i]);
	add_queries(h, &plan->queries);
	add_devices(h, plan);
	fw_hasher_add_u64(h, plan->log_dns_queries);
	fw_seal_blocks(h, plan);
	fw_hasher_end(h, &plan->hash);
	return 0;
}
