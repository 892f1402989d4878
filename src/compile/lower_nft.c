/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes to nft: the user's tables, and Flywall's own behind them.
 *
 * In: the typed configuration, and what fw_lower_xdp() left of its ingress
 * chains. Out: plan->tables. A whole write of the connection mark that is not
 * constant is a diagnostic, and so is a chain that has the name of one of
 * Flywall's; else it fails only for want of memory.
 *
 * A table goes as it was written, but for this: ingress chains hold what stayed
 * there, `inspect NAME` jumps to a chain of that profile, marks keep Flywall's
 * bits (marks.c), base chains of type filter begin with management, and with
 * the carried accept where XDP took a part. Sets of Flywall's own types stay
 * out.
 */
#include <errno.h>
#include <string.h>

#include "compile/live.h"
#include "compile/lower.h"
#include "compile/typecheck.h"

/* A set of a file this long that no rule in nft asks is not loaded there: XDP
 * has it already. Shorter ones are, so that `nft list` shows what was written. */
#define LEFT_OUT 10000

struct lowering {
	struct fw_typed *typed;
	struct fw_plan *plan;
	struct fw_arena *arena;		/* the plan's */
	FW_VEC(struct fw_nft_table) tables;
};

/* One table on its way. */
struct draft {
	struct lowering *l;
	const struct fw_typed_table *from;
	FW_VEC(struct fw_nft_object) objects;
	FW_VEC(struct fw_nft_chain) chains;
	bool *inspects;		/* by profile: its chain is needed */
};

static int dup(struct fw_arena *arena, const char *from, const char **to)
{
	*to = from ? fw_arena_strdup(arena, from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

/* --- which rules go ------------------------------------------------------- */
/* In an ingress chain those that stayed on any device. */
static bool rule_goes(const struct fw_typed_chain *c, size_t i)
{
	if (c->hook != FW_HOOK_INGRESS)
		return true;
	for (size_t k = 0; k < c->n_remainders; k++)
		if (c->remainders[k].kept[i])
			return true;
	return false;
}

static bool words_name_set(const struct fw_word *words, size_t n,
			   const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (words[i].kind == FW_WORD_SET &&
		    strcmp(words[i].text, name) == 0)
			return true;
		if (words[i].kind == FW_WORD_BRACE &&
		    words_name_set(words[i].words, words[i].n_words, name))
			return true;
	}
	return false;
}

static bool table_names_set(const struct fw_typed_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_chains; i++) {
		const struct fw_typed_chain *c = &t->chains[i];

		for (size_t k = 0; k < c->n_rules; k++)
			if (rule_goes(c, k) &&
			    words_name_set(c->rules[k].words,
					   c->rules[k].n_words, name))
				return true;
	}
	return false;
}

/* --- sets and objects ----------------------------------------------------- */
static bool is_nfts(enum fw_set_type type)
{
	return type < FW_SET_DOMAIN;
}

/* XDP asks sets of tables with ingress chains. */
static bool may_be_asked(const struct draft *d)
{
	bool ingress = false;

	for (size_t i = 0; i < d->from->n_chains; i++)
		ingress |= d->from->chains[i].hook == FW_HOOK_INGRESS;
	return ingress && d->l->typed->lowering;
}

static int add_set(struct draft *d, const struct fw_typed_set *set)
{
	struct fw_arena *arena = d->l->arena;
	struct fw_nft_object *o = fw_vec_push(arena, &d->objects);
	const char **elements;

	if (!o)
		return -ENOMEM;
	elements = fw_arena_array(arena, set->n_elements, sizeof(*elements));
	if (!elements)
		return -ENOMEM;
	if (fw_set_texts(arena, set, elements) < 0)
		return -ENOMEM;
	o->kind = set->map ? "map" : "set";
	o->elements = elements;
	o->n_elements = set->n_elements;
	o->merges = set->merges;
	if (dup(arena, set->name, &o->name) < 0)
		return -ENOMEM;
	return dup(arena, set->timed_body && may_be_asked(d) ?
				  set->timed_body : set->body, &o->body);
}

static const struct fw_typed_set *own_set(const struct fw_typed_table *t,
					  const char *name)
{
	for (size_t i = 0; i < t->n_sets; i++)
		if (strcmp(t->sets[i]->name, name) == 0)
			return t->sets[i];
	return NULL;
}

static int add_sets(struct draft *d)
{
	const struct fw_typed_table *t = d->from;
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->n_sets; i++) {
		const struct fw_typed_set *s = t->sets[i];

		if (is_nfts(s->type) && (s->n_elements <= LEFT_OUT ||
					 table_names_set(t, s->name) ||
					 fw_live_asks(d->l->typed, t, s)))
			r = add_set(d, s);
	}
	/* Those at top level, under their name, where rules here ask them. */
	for (size_t i = 0; r == 0 && i < d->l->typed->n_sets; i++) {
		const struct fw_typed_set *s = &d->l->typed->sets[i];

		if (!s->table && is_nfts(s->type) && !own_set(t, s->name) &&
		    (table_names_set(t, s->name) ||
		     fw_live_asks(d->l->typed, t, s)))
			r = add_set(d, s);
	}
	return r;
}

/* Before the sets: elements of maps name them. */
static int add_objects(struct draft *d)
{
	for (size_t i = 0; i < d->from->n_objects; i++) {
		const struct fw_typed_object *from = &d->from->objects[i];
		struct fw_nft_object *o;

		if (!fw_object_is_nfts(d->from->family, from->kind))
			continue;
		o = fw_vec_push(d->l->arena, &d->objects);
		if (!o || dup(d->l->arena, from->kind, &o->kind) < 0 ||
		    dup(d->l->arena, from->name, &o->name) < 0 ||
		    dup(d->l->arena, from->body, &o->body) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- rules ---------------------------------------------------------------- */
/* The chains of the profiles that the rule hands flows to. */
static void note_inspects(struct draft *d, const struct fw_typed_rule *rule)
{
	for (size_t i = 0; i < rule->n_parts; i++)
		if (rule->parts[i].kind == FW_PART_INSPECT)
			d->inspects[rule->parts[i].profile] = true;
}

/* Marks the queries that the rule is to be asked for; the rest of it is behind
 * the queue. */
static int add_query(struct draft *d, const struct fw_typed_query *query,
		     fw_nft_rule_vec *rules)
{
	unsigned group = fw_query_mark(1u << query->rule.group);
	const struct fw_typed *typed = d->l->typed;
	const struct fw_word *words;
	struct fw_nft_rule *out = fw_vec_push(d->l->arena, rules);
	size_t n;

	if (!out || fw_marks_rewrite(d->l->typed, typed->arena, query->early,
				     query->n_early, &words, &n) < 0)
		return -ENOMEM;
	out->rule = query->rule.rule;
	out->text = fw_arena_printf(d->l->arena, "%s%sudp dport 53 meta mark set "
				    "meta mark | 0x%08x",
				    fw_words_text(typed->arena, words, n),
				    n ? " " : "",
				    group << typed->options.mark_shift);
	return out->text ? 0 : -ENOMEM;
}

static int add_rule(struct draft *d, const struct fw_typed_rule *rule,
		    fw_nft_rule_vec *rules)
{
	const struct fw_typed_query *query;
	const struct fw_word *words;
	struct fw_nft_rule *out;
	size_t n;
	int r;

	query = fw_query_of(d->l->typed, rule);
	if (query)
		return add_query(d, query, rules);
	if (!fw_form_is_nfts(rule))
		return 0;
	note_inspects(d, rule);
	r = fw_form(d->l->typed, d->l->typed->arena, rule, &words, &n);
	if (r == 0)
		r = fw_marks_rewrite(d->l->typed, d->l->typed->arena, words, n,
				     &words, &n);
	if (r < 0)
		return r;
	out = fw_vec_push(d->l->arena, rules);
	if (!out)
		return -ENOMEM;
	out->text = fw_words_text(d->l->arena, words, n);
	out->rule = rule->rule;
	return out->text ? 0 : -ENOMEM;
}

/* --- chains --------------------------------------------------------------- */
/* A base chain's head: what goes before every rule of the user's. */
static int add_head(struct draft *d, const struct fw_typed_chain *c,
		    fw_nft_rule_vec *rules)
{
	if (!c->base || strcmp(c->type, "filter") != 0)
		return 0;
	return fw_management_rules(d->l->typed, d->l->arena, d->from->family,
				   c->hook, rules);
}

static int add_chain(struct draft *d, const struct fw_typed_chain *c,
		     const char *name, const char *base,
		     const fw_nft_rule_vec *rules)
{
	struct fw_nft_chain *out = fw_vec_push(d->l->arena, &d->chains);

	if (!out || dup(d->l->arena, name, &out->name) < 0 ||
	    dup(d->l->arena, base, &out->base) < 0 ||
	    dup(d->l->arena, c->comment, &out->comment) < 0)
		return -ENOMEM;
	out->rules = rules->items;
	out->n_rules = rules->n;
	return 0;
}

/* A chain's own line, but for these devices. */
static char *base_line(struct draft *d, const struct fw_typed_chain *c,
		       const char *const *devices, size_t n)
{
	struct fw_arena *arena = d->l->typed->arena;
	const char *hook = c->hook == FW_HOOK_EGRESS ? "egress" : "ingress";
	char *list = fw_arena_printf(arena, "\"%s\"", devices[0]);

	for (size_t i = 1; list && i < n; i++)
		list = fw_arena_printf(arena, "%s, \"%s\"", list, devices[i]);
	if (!list)
		return NULL;
	return fw_arena_printf(arena, n == 1 ?
			       "type %s hook %s device %s priority %d; "
			       "policy %s;" :
			       "type %s hook %s devices = { %s } priority %d; "
			       "policy %s;",
			       c->type, hook, list, c->priority,
			       fw_verdict_name(c->policy));
}

static const struct fw_typed_chain *own_chain(const struct fw_typed_table *t,
					      const char *name)
{
	for (size_t i = 0; i < t->n_chains; i++)
		if (strcmp(t->chains[i].name, name) == 0)
			return &t->chains[i];
	return NULL;
}

/* The first remainder keeps the chain's name, the next ones have a number, one
 * that makes a name of their own. */
static const char *remainder_name(struct draft *d,
				  const struct fw_typed_chain *c, size_t nth)
{
	const char *name = c->name;

	for (size_t i = nth + 1; name && nth > 0; i += c->n_remainders) {
		name = fw_arena_printf(d->l->typed->arena, "%s_flywall_%zu",
				       c->name, i);
		if (name && !own_chain(d->from, name))
			break;
	}
	return name;
}

static int add_remainder(struct draft *d, const struct fw_typed_chain *c,
			 size_t nth)
{
	const struct fw_remainder *rest = &c->remainders[nth];
	fw_nft_rule_vec rules = { 0 };
	const char *base = rest->n_devices == c->n_devices && c->base ?
				   c->base :
				   base_line(d, c, rest->devices,
					     rest->n_devices);
	const char *name = remainder_name(d, c, nth);
	int r = base && name ? add_head(d, c, &rules) : -ENOMEM;

	if (r == 0 && rest->carry)
		r = fw_nft_rule_add(d->l->arena, &rules, "meta mark & "
				    FW_NFT_CARRY " != 0 accept");
	for (size_t i = 0; r == 0 && i < c->n_rules; i++)
		if (rest->kept[i])
			r = add_rule(d, &c->rules[i], &rules);
	return r < 0 ? r : add_chain(d, c, name, base, &rules);
}

/* An egress chain on the devices that are there; nothing where none is. */
static int egress_base(struct draft *d, const struct fw_typed_chain *c,
		       const char **ret)
{
	const char **there = fw_arena_array(d->l->typed->arena, c->n_devices,
					    sizeof(*there));
	size_t n = 0;

	if (!there)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_devices; i++)
		if (fw_device_exists(d->l->typed, c->devices[i]))
			there[n++] = c->devices[i];
	*ret = n == c->n_devices ? c->base : NULL;
	if (n == 0 || *ret)
		return 0;
	*ret = base_line(d, c, there, n);
	return *ret ? 0 : -ENOMEM;
}

static int add_whole(struct draft *d, const struct fw_typed_chain *c)
{
	fw_nft_rule_vec rules = { 0 };
	const char *base = c->base;
	int r = 0;

	if (c->hook == FW_HOOK_EGRESS) {
		r = egress_base(d, c, &base);
		if (r < 0 || !base)
			return r;
	}
	r = add_head(d, c, &rules);
	for (size_t i = 0; r == 0 && i < c->n_rules; i++)
		r = add_rule(d, &c->rules[i], &rules);
	return r < 0 ? r : add_chain(d, c, c->name, base, &rules);
}

/* The chains that `inspect` jumps to. */
static int add_inspects(struct draft *d)
{
	for (size_t i = 0; i < d->l->typed->n_profiles; i++) {
		const struct fw_typed_chain *clash;
		struct fw_nft_chain *c;

		if (!d->inspects[i])
			continue;
		c = fw_vec_push(d->l->arena, &d->chains);
		if (!c || fw_gate_inspect_chain(d->l->typed, d->l->arena,
						(uint32_t)i, c) < 0)
			return -ENOMEM;
		clash = own_chain(d->from, c->name);
		if (clash)
			fw_error(d->l->typed->diags, "reserved-name",
				 &clash->item->name_loc,
				 "the chain '%s' is Flywall's own: `inspect %s` "
				 "jumps there", c->name,
				 d->l->typed->profiles[i].name);
	}
	return 0;
}

/* The chain that `block for` a time jumps to, once. */
static int add_blocked(struct draft *d, uint64_t ms)
{
	struct fw_arena *arena = d->l->arena;
	char *name = fw_blocked_name(arena, ms);
	const struct fw_typed_chain *clash;
	struct fw_nft_chain *c;

	if (!name)
		return -ENOMEM;
	for (size_t i = 0; i < d->chains.n; i++)
		if (strcmp(d->chains.items[i].name, name) == 0 &&
		    !own_chain(d->from, name))
			return 0;
	clash = own_chain(d->from, name);
	if (clash)
		fw_error(d->l->typed->diags, "reserved-name",
			 &clash->item->name_loc,
			 "the chain '%s' is Flywall's own: `block for` jumps "
			 "there", name);
	c = fw_vec_push(arena, &d->chains);
	return c ? fw_blocked_chain(arena, d->from, ms, c) : -ENOMEM;
}

static int add_blocking(struct draft *d)
{
	const struct fw_typed_table *t = d->from;
	int r = 0;

	for (size_t i = 0; i < t->n_chains; i++)
		for (size_t k = 0; k < t->chains[i].n_rules; k++) {
			const struct fw_typed_rule *rule =
				&t->chains[i].rules[k];

			for (size_t p = 0; r == 0 && p < rule->n_parts; p++)
				if (rule->parts[p].kind == FW_PART_BLOCK)
					r = add_blocked(d, rule->parts[p].ms);
		}
	return r;
}

static int add_chains(struct draft *d)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->from->n_chains; i++) {
		const struct fw_typed_chain *c = &d->from->chains[i];

		if (c->hook != FW_HOOK_INGRESS) {
			r = add_whole(d, c);
			continue;
		}
		for (size_t k = 0; r == 0 && k < c->n_remainders; k++)
			r = add_remainder(d, c, k);
	}
	if (r == 0)
		r = add_inspects(d);
	return r < 0 ? r : add_blocking(d);
}

/* --- tables --------------------------------------------------------------- */
static int add_table(struct lowering *l, const struct fw_typed_table *from)
{
	struct fw_nft_table *t = fw_vec_push(l->arena, &l->tables);
	struct draft d = { .l = l, .from = from };
	int r;

	d.inspects = fw_arena_array(l->typed->arena, l->typed->n_profiles,
				    sizeof(*d.inspects));
	if (!t || !d.inspects || dup(l->arena, from->family, &t->family) < 0 ||
	    dup(l->arena, from->name, &t->name) < 0 ||
	    dup(l->arena, from->body, &t->body) < 0)
		return -ENOMEM;
	t->take_over = from->take_over;
	r = add_objects(&d);
	if (r == 0)
		r = add_sets(&d);
	if (r == 0)
		r = add_chains(&d);
	t->objects = d.objects.items;
	t->n_objects = d.objects.n;
	t->chains = d.chains.items;
	t->n_chains = d.chains.n;
	return r;
}

int fw_lower_nft(struct fw_typed *typed, struct fw_plan *plan)
{
	struct lowering l = {
		.typed = typed, .plan = plan, .arena = plan->arena,
	};
	struct fw_nft_table *own;
	int r = 0;

	for (size_t i = 0; r == 0 && i < typed->n_tables; i++)
		r = add_table(&l, &typed->tables[i]);
	if (r < 0)
		return r;
	own = fw_vec_push(l.arena, &l.tables);
	r = own ? fw_gate_table(typed, plan, own) : -ENOMEM;
	plan->tables = l.tables.items;
	plan->n_tables = l.tables.n;
	return r;
}
