/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan as admins read it: what runs where, and why not further down.
 *
 * In: a plan. Out: text on a stream, the same for the same plan; whether it
 * could be written is the stream's to say.
 */
#include <inttypes.h>
#include <string.h>

#include "plan/print.h"
#include "util/cleanup.h"

static void print_head(const struct fw_plan *plan, FILE *out)
{
	char hash[FW_HASH_HEX];
	size_t n[FW_LAYER_MAX_] = { 0 };

	for (size_t i = 0; i < plan->n_rules; i++)
		n[plan->rules[i].layer]++;
	fw_hash_hex(&plan->hash, hash);
	fprintf(out, "plan %.16s: %zu rules, %zu in xdp, %zu in nft, "
		"%zu in inspect\n", hash, plan->n_rules, n[FW_LAYER_XDP],
		n[FW_LAYER_NFT], n[FW_LAYER_INSPECT]);
}

/* "netdev early wan_in", "inspect web" */
static void print_chain(const char *family, const char *table,
			const char *chain, FILE *out)
{
	fprintf(out, "%s%s%s %s", family, *family ? " " : "", table, chain);
}

static bool same_chain(const struct fw_plan_rule *a,
		       const struct fw_plan_rule *b)
{
	return strcmp(a->family, b->family) == 0 &&
	       strcmp(a->table, b->table) == 0 &&
	       strcmp(a->chain, b->chain) == 0;
}

struct names {
	FILE *out;
	bool any;
};

static void print_table_name(void *ctx, const char *table)
{
	struct names *names = ctx;

	fprintf(names->out, " %s", table);
	names->any = true;
}

/* Which rules of the maps it became, and where they have rows. */
static void print_rows(const struct fw_plan *plan, uint32_t rule, FILE *out)
{
	const struct fw_plan_xdp *xdp = &plan->xdp;
	bool any = false;

	for (uint32_t i = 0; i < xdp->n_rules; i++) {
		struct names names = { out, false };

		if (xdp->rules[i].rule != rule)
			continue;
		fprintf(out, "%s%u:", any ? "; " : "  [map rule ", i);
		fw_plan_rule_tables(plan, &xdp->rules[i], print_table_name,
				    &names);
		fputs(names.any ? "" : " any packet", out);
		any = true;
	}
	fputs(any ? "]" : "", out);
}

static void print_rules(const struct fw_plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->n_rules; i++) {
		const struct fw_plan_rule *r = &plan->rules[i];

		if (i == 0 || !same_chain(r - 1, r)) {
			fputs("\n", out);
			print_chain(r->family, r->table, r->chain, out);
			fputs("\n", out);
		}
		fprintf(out, "  %-7s  %s:%u: %s", fw_layer_name(r->layer),
			r->file, r->line, r->text);
		if (r->reason)
			fprintf(out, "  (%s)", r->reason);
		print_rows(plan, (uint32_t)i, out);
		fputs("\n", out);
	}
}

/* The line is left open. */
static void print_device(const struct fw_plan_device *d, FILE *out)
{
	fprintf(out, "  %s: attach %s%s%s%s%s%s%s", d->name,
		fw_attach_name(d->attach), d->tc ? ", tc" : "",
		d->watch_dns ? ", monitor dns" : "",
		d->watch_tls ? ", monitor tls" : "",
		d->watch_dhcp ? ", monitor dhcp" : "",
		d->learn ? ", learn" : "",
		d->keeps_tags ? ", vlan-offload off" : "");
}

static void print_runs(const struct fw_xdp_device *x, FILE *out)
{
	fputs(", xdp runs ", out);
	print_chain(x->family, x->table, x->chain, out);
	fprintf(out, " (rules %u-%u of the maps, policy %s)",
		x->first_word * 64u,
		(x->first_word + x->n_words) * 64u - (x->n_words > 0),
		x->policy == FW_VERDICT_NONE ? "in nft" :
		fw_verdict_name(x->policy));
}

static void print_devices(const struct fw_plan *plan, FILE *out)
{
	if (plan->n_devices > 0)
		fputs("\ndevices\n", out);
	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct fw_plan_device *d = &plan->devices[i];

		print_device(d, out);
		for (size_t k = 0; k < plan->xdp.n_devices; k++)
			if (strcmp(plan->xdp.devices[k].device, d->name) == 0)
				print_runs(&plan->xdp.devices[k], out);
		fputs("\n", out);
	}
}

static void print_map_rules(const struct fw_plan *plan, FILE *out)
{
	const struct fw_plan_xdp *xdp = &plan->xdp;

	if (xdp->n_rules > 0)
		fputs("\nrules of the maps\n", out);
	for (uint32_t i = 0; i < xdp->n_rules; i++) {
		const struct fw_xdp_rule *r = &xdp->rules[i];

		if (!fw_xdp_rule_acts(r))
			continue;	/* a slot without a rule */
		fprintf(out, "  %u: %s%s%s%s", i,
			r->verdict != FW_VERDICT_NONE ?
			fw_verdict_name(r->verdict) : r->counted ? "count" :
			"log",
			r->verdict != FW_VERDICT_NONE && r->counted ?
			", counted" : "",
			r->log && (r->counted ||
				   r->verdict != FW_VERDICT_NONE) ?
			", logged" : "", r->limit ? ", limited" : "");
		if (r->verdict == FW_VERDICT_SKIP)
			fprintf(out, " to %u", r->skip_to);
		if (r->rule == FW_NO_RULE)
			fputs(", management\n", out);
		else
			fprintf(out, ", %s:%u\n", plan->rules[r->rule].file,
				plan->rules[r->rule].line);
	}
}

static int print_entry(void *ctx, const char *key, const char *value)
{
	fprintf(ctx, "    %s: %s\n", key, value);
	return 0;
}

static void print_tables(const struct fw_plan *plan, bool terse, FILE *out)
{
	if (plan->xdp.n_tables > 0)
		fputs("\nmaps\n", out);
	for (size_t i = 0; i < plan->xdp.n_tables; i++) {
		const struct fw_plan_table *t = &plan->xdp.tables[i];

		fprintf(out, "  %s: %s, %u entries, %zu bytes\n", t->name,
			fw_table_kind_name(t->kind), t->n,
			fw_plan_table_bytes(t));
		/* Written to a stream: the printer itself cannot fail. */
		if (!terse)
			(void)fw_plan_table_entries(t, print_entry, out);
	}
}

/* Apply makes them, with a key of the daemon's. */
static void print_names(const struct fw_plan *plan, bool terse, FILE *out)
{
	const struct fw_suffixes *suffixes = &plan->xdp.suffixes;

	if (!suffixes->n_sets)
		return;
	fprintf(out, "  " FW_NAMES_TABLE ": hash, %zu entries, %zu bytes\n",
		suffixes->n, fw_suffix_table_bytes(suffixes));
	if (!terse)
		(void)fw_plan_name_entries(suffixes, print_entry, out);
}

static void print_live_sets(const struct fw_plan *plan, FILE *out)
{
	if (plan->xdp.n_live_sets > 0)
		fputs("\nlive sets (nft has the elements, the maps follow)\n",
		      out);
	for (size_t i = 0; i < plan->xdp.n_live_sets; i++) {
		const struct fw_live_set *set = &plan->xdp.live_sets[i];

		fprintf(out, "  %s %s %s: %s\n", set->family, set->table,
			set->name, set->interval ? "hash and lpm" : "hash");
	}
}

static const char *drop_or_accept(bool accept)
{
	return accept ? "accept" : "drop";
}

static void print_profile(const struct fw_profile *p, FILE *out)
{
	static const char *const fallbacks[] = {
		[FW_INSPECT_DROP] = "drop",
		[FW_INSPECT_TRUST] = "trust",
		[FW_INSPECT_KEEP] = "keep-inspecting",
	};

	fprintf(out, "  %s (%u): queue %u-%u, window %u packets %llu bytes, "
		"max %llu bytes %llu ms, memory %llu per-flow %llu,\n"
		"    on-incomplete %s, on-overlap %s, on-overload %s, "
		"on-absent %s, default %s",
		p->name, p->id, p->queue_first, p->queue_last,
		p->window_packets, (unsigned long long)p->window_bytes,
		(unsigned long long)p->max_bytes,
		(unsigned long long)p->max_ms, (unsigned long long)p->memory,
		(unsigned long long)p->memory_flow,
		drop_or_accept(p->on_incomplete),
		p->on_overlap_first ? "first" : "drop",
		drop_or_accept(p->on_overload), drop_or_accept(p->on_absent),
		fallbacks[p->fallback]);
	if (p->recheck_ms)
		fprintf(out, ", recheck %llu ms",
			(unsigned long long)p->recheck_ms);
	fputs("\n", out);
}

static void print_profiles(const struct fw_plan *plan, FILE *out)
{
	if (plan->n_profiles > 0)
		fputs("\nprofiles\n", out);
	for (size_t i = 0; i < plan->n_profiles; i++)
		print_profile(&plan->profiles[i], out);
}

static void print_domains(const struct fw_plan *plan, bool terse, FILE *out)
{
	if (plan->n_domain_sets > 0)
		fputs("\ndomain sets\n", out);
	for (size_t i = 0; i < plan->n_domain_sets; i++) {
		const struct fw_domain_set *s = &plan->domain_sets[i];

		fprintf(out, "  %s: %zu names\n",
			*s->name ? s->name : "(in a rule)", s->n_domains);
		for (size_t k = 0; !terse && k < s->n_domains; k++)
			fprintf(out, "    %s%s%s\n",
				s->domains[k].exception ? "!" : "",
				s->domains[k].exact ? "=" : "",
				s->domains[k].name);
	}
}

static void print_nft(const struct fw_plan *plan, bool terse, FILE *out)
{
	_cleanup_(fw_buf_done) struct fw_buf text = { 0 };

	fw_plan_nft_text(plan, terse, &text);
	if (text.text && !text.failed)
		fprintf(out, "\nnft\n%s", text.text);
}

/* --- settings ------------------------------------------------------------- */
static void print_own_rules(const struct fw_plan_chain *c, FILE *out)
{
	for (size_t i = 0; i < c->n_rules; i++) {
		const struct fw_chain_rule *r = &c->rules[i];

		if (r->rule != FW_NO_RULE)
			continue;
		fprintf(out, "  %s %s %s:", c->family, c->table, c->name);
		for (size_t k = 0; k < r->n_steps; k++)
			if (r->steps[k].words)
				fprintf(out, " %s", r->steps[k].words);
		fputs(" accept\n", out);
	}
}

static void print_comments(const struct fw_plan *plan, FILE *out)
{
	fputs("comments\n", out);
	for (size_t t = 0; t < plan->n_tables; t++) {
		const struct fw_nft_table *table = &plan->tables[t];

		for (size_t i = 0; !table->own && i < table->n_chains; i++)
			if (table->chains[i].comment)
				fprintf(out, "  %s %s %s: %s\n", table->family,
					table->name, table->chains[i].name,
					table->chains[i].comment);
	}
}

void fw_plan_print_settings(const struct fw_plan *plan, FILE *out)
{
	const struct fw_plan_options *o = &plan->options;

	fprintf(out, "options\n  marks 0x%x\n  flows %u\n  on-exit %s\n",
		o->marks, o->flows, o->flush_on_exit ? "flush" : "keep");
	if (o->log_given)
		fprintf(out, "  log %d level %d\n", o->log_where, o->log_level);
	if (o->syn_cookies == FW_SYN_COOKIES_AUTO)
		fprintf(out, "  syn-cookies auto above %" PRIu64
			" per %us\n", o->syn_cookies_above.amount,
			o->syn_cookies_above.seconds);
	fputs("devices\n", out);
	for (size_t i = 0; i < plan->n_devices; i++) {
		print_device(&plan->devices[i], out);
		fputs("\n", out);
	}
	print_comments(plan, out);
	fputs("management\n", out);
	for (size_t i = 0; i < plan->n_chains; i++)
		print_own_rules(&plan->chains[i], out);
	print_profiles(plan, out);
	fw_plan_print_blocks(plan, false, out);
}

void fw_plan_print(const struct fw_plan *plan, bool terse, FILE *out)
{
	print_head(plan, out);
	print_rules(plan, out);
	print_devices(plan, out);
	print_map_rules(plan, out);
	print_tables(plan, terse, out);
	print_names(plan, terse, out);
	print_live_sets(plan, out);
	print_profiles(plan, out);
	print_domains(plan, terse, out);
	fw_plan_print_blocks(plan, terse, out);
	print_nft(plan, terse, out);
}
