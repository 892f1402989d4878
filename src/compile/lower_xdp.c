/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ingress chains to XDP.
 *
 * In: the typed configuration. Out: layer, reason, key and counted of every
 * rule of a chain; plan->xdp but for its tables; plan->devices; for each
 * ingress chain what stays in nft. Fails only for want of memory.
 *
 * The chains of a device are lowered in the order in which the kernel runs them:
 * by priority, of equal ones the last of the file first. Behind the first that
 * leaves something in nft none is. Each pair of chain and device is judged by
 * itself (judge.c), as an iif match or a device without XDP may tell them apart.
 * A rule's layer is xdp only where it moved on every device; where it moved on
 * some, the others run it in nft: the chain goes to nft once for each way in which
 * it was split, with the devices of that way.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/judge.h"
#include "compile/live.h"
#include "util/cleanup.h"

struct pair {
	struct fw_typed_chain *chain;
	const char *device;
	size_t order;		/* of the file */
	const char *stays;	/* why none of it is looked at, or NULL */
	struct fw_judged judged;
	bool placed;		/* in the plan, its rules in these words */
	uint16_t first_word, n_words;
};

struct lowering {
	struct fw_typed *typed;
	struct fw_plan *plan;
	FW_VEC(struct pair) pairs;	/* by device, as they run there */
	size_t n_devices;		/* with a chain in XDP */
	FW_VEC(struct fw_xdp_rule) rules;	/* whole words */
	FW_VEC(struct fw_xdp_device) devices;
	/* Sets' intervals are large and stand in many rules: copied once. */
	FW_VEC(struct copied {
		const struct fw_interval *from;
		size_t n;
		const struct fw_interval *to;
	}) copies;
};

/* --- which chain a device runs -------------------------------------------- */
static int add_pairs(struct lowering *l, struct fw_typed_chain *chain)
{
	for (size_t i = 0; i < chain->n_devices; i++) {
		struct pair *p;
		bool twice = false;

		for (size_t k = 0; k < i; k++)
			twice |= strcmp(chain->devices[k],
					chain->devices[i]) == 0;
		if (twice || !fw_device_exists(l->typed, chain->devices[i]))
			continue;
		p = fw_vec_push(l->typed->arena, &l->pairs);
		if (!p)
			return -ENOMEM;
		p->chain = chain;
		p->device = chain->devices[i];
		p->order = l->pairs.n;
	}
	return 0;
}

static int collect_pairs(struct lowering *l)
{
	int r = 0;

	for (size_t i = 0; i < l->typed->n_tables; i++) {
		struct fw_typed_table *t = &l->typed->tables[i];

		for (size_t k = 0; r == 0 && k < t->n_chains; k++)
			if (t->chains[k].hook == FW_HOOK_INGRESS)
				r = add_pairs(l, &t->chains[k]);
	}
	return r;
}

/* `flags dormant`: nft leaves the chains of the table unregistered. */
static bool sleeps(const struct pair *p)
{
	const char *body = p->chain->table->body;

	return body && strstr(body, "dormant");
}

/* Of one priority the kernel runs the chain first that came last. */
static int by_turn(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int r = strcmp(x->device, y->device);

	if (r != 0)
		return r;
	if (x->chain->priority != y->chain->priority)
		return x->chain->priority < y->chain->priority ? -1 : 1;
	return x->order > y->order ? -1 : x->order < y->order;
}

/* The last one on the device that runs before it, or NULL. */
static const struct pair *runs_before(const struct lowering *l,
				      const struct pair *p)
{
	while (p-- > l->pairs.items && strcmp(p->device, p[1].device) == 0)
		if (!sleeps(p))
			return p;
	return NULL;
}

static bool is_whole(const struct pair *p)
{
	return p->judged.lowered && p->judged.whole;
}

static size_t count_placed(const struct lowering *l, const struct pair *p)
{
	size_t n = 0;

	for (; p; p = runs_before(l, p))
		n += p->placed;
	return n;
}

/* Why nothing of a chain is lowered on a device; the first that holds:
 *  1. the user's word; 2. the kernel's; 3. the device's; 4. an earlier chain's. */
static int stays_whole(struct lowering *l, struct pair *p)
{
	const struct pair *before = runs_before(l, p);
	const struct fw_facts *facts = l->typed->facts;
	const struct fw_fact_device *d = fw_facts_device(facts, p->device);

	if (sleeps(p))
		p->stays = "dormant";
	else if (!p->chain->own && !fw_device_lowered(l->typed, p->device))
		p->stays = "lowering off";
	else if (fw_device_attach(l->typed, p->device) == FW_ATTACH_OFF)
		p->stays = "attach off";
	else if (facts->no_xdp && fw_device_attach(l->typed, p->device) ==
					  FW_ATTACH_AUTO)
		p->stays = "no xdp";
	else if (d && d->no_xdp && d->reason)
		p->stays = fw_arena_printf(l->typed->arena, "no xdp: %s",
					   d->reason);
	else if (d && d->no_xdp)
		p->stays = "no xdp";
	else if (before && !is_whole(before))
		p->stays = fw_arena_printf(l->typed->arena, "after chain %s",
					   before->chain->name);
	else if (!before && l->n_devices >= FW_DEVICES_MAX)
		p->stays = "devices limit";
	else if (count_placed(l, before) == FW_CHAINS_MAX)
		p->stays = "chains limit";
	else
		return 0;
	return p->stays ? 0 : -ENOMEM;
}

/* --- into the plan -------------------------------------------------------- */
static const struct fw_interval *copy_intervals(struct lowering *l,
						const struct fw_match *m)
{
	struct copied *c;

	for (size_t i = 0; i < l->copies.n; i++) {
		c = &l->copies.items[i];
		if (c->from == m->intervals && c->n == m->n_intervals)
			return c->to;
	}
	c = fw_vec_push(l->typed->arena, &l->copies);
	if (!c)
		return NULL;
	*c = (struct copied){
		.from = m->intervals,
		.n = m->n_intervals,
		.to = fw_arena_memdup(l->plan->arena, m->intervals,
				      m->n_intervals * sizeof(*m->intervals)),
	};
	return c->to;
}

static int copy_limit(struct lowering *l, const struct fw_plan_limit *from,
		      const struct fw_plan_limit **ret)
{
	struct fw_arena *arena = l->plan->arena;
	struct fw_plan_limit *to = fw_arena_memdup(arena, from, sizeof(*from));

	if (!to)
		return -ENOMEM;
	if (from->meter) {
		to->meter = fw_arena_memdup(arena, from->meter,
					    sizeof(*from->meter));
		if (!to->meter)
			return -ENOMEM;
	}
	*ret = to;
	return 0;
}

static int copy_rule(struct lowering *l, const struct fw_xdp_rule *from,
		     struct fw_xdp_rule *to)
{
	struct fw_match *m = fw_arena_memdup(l->plan->arena, from->matches,
					     from->n_matches * sizeof(*m));

	if (!m)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_matches; i++) {
		m[i].intervals = copy_intervals(l, &from->matches[i]);
		if (!m[i].intervals)
			return -ENOMEM;
	}
	*to = *from;
	to->matches = m;
	to->lives = fw_arena_memdup(l->plan->arena, from->lives,
				    from->n_lives * sizeof(*from->lives));
	if (!to->lives)
		return -ENOMEM;
	return from->limit ? copy_limit(l, from->limit, &to->limit) : 0;
}

static bool same_match(const struct fw_match *a, const struct fw_match *b)
{
	return a->field == b->field && a->n_intervals == b->n_intervals &&
	       (a->intervals == b->intervals ||
		memcmp(a->intervals, b->intervals,
		       a->n_intervals * sizeof(*a->intervals)) == 0);
}

static bool same_rule(const struct fw_xdp_rule *a, const struct fw_xdp_rule *b)
{
	if (a->rule != b->rule || a->verdict != b->verdict ||
	    a->skip_to != b->skip_to || a->counted != b->counted ||
	    a->log != b->log || a->synproxy != b->synproxy ||
	    !a->limit != !b->limit || a->n_matches != b->n_matches ||
	    a->n_lives != b->n_lives)
		return false;
	for (size_t i = 0; i < a->n_lives; i++)
		if (a->lives[i].set != b->lives[i].set ||
		    a->lives[i].field != b->lives[i].field ||
		    a->lives[i].negate != b->lives[i].negate)
			return false;
	for (size_t i = 0; i < a->n_matches; i++)
		if (!same_match(&a->matches[i], &b->matches[i]))
			return false;
	return true;
}

/* The chain on another device with the very same rules, to share them with. */
static const struct pair *find_same(const struct lowering *l,
				    const struct pair *p)
{
	for (size_t i = 0; i < l->pairs.n; i++) {
		const struct pair *q = &l->pairs.items[i];
		size_t k = 0;

		if (!q->placed || q->chain != p->chain ||
		    q->judged.rules.n != p->judged.rules.n)
			continue;
		while (k < p->judged.rules.n &&
		       same_rule(&p->judged.rules.items[k],
				 &q->judged.rules.items[k]))
			k++;
		if (k == p->judged.rules.n)
			return q;
	}
	return NULL;
}

static int place_rules(struct lowering *l, struct pair *p)
{
	const struct pair *same = find_same(l, p);
	size_t n = p->judged.rules.n;
	uint32_t first = (uint32_t)l->rules.n, end;
	int r = 0;

	p->first_word = same ? same->first_word : (uint16_t)(first / 64);
	p->n_words = same ? same->n_words : (uint16_t)((n + 63) / 64);
	end = first + p->n_words * 64u;
	for (uint32_t i = first; r == 0 && !same && i < end; i++) {
		struct fw_xdp_rule *x = fw_vec_push(l->plan->arena, &l->rules);

		if (!x)
			return -ENOMEM;
		if (i - first >= n) {
			x->rule = FW_NO_RULE;
			continue;
		}
		r = copy_rule(l, &p->judged.rules.items[i - first], x);
		if (x->verdict == FW_VERDICT_SKIP)
			x->skip_to = x->skip_to == FW_FLAT_END ?
					     end : first + x->skip_to;
	}
	p->placed = r == 0;
	return r;
}

static int place_pair(struct lowering *l, struct pair *p)
{
	const struct fw_typed_chain *c = p->chain;
	struct fw_arena *arena = l->plan->arena;
	struct fw_xdp_device d = {
		.device = fw_arena_strdup(arena, p->device),
		.family = fw_arena_strdup(arena, c->table->family),
		.table = fw_arena_strdup(arena, c->table->name),
		.chain = fw_arena_strdup(arena, c->name),
		.policy = p->judged.whole ? c->policy : FW_VERDICT_NONE,
	};
	struct fw_xdp_device *slot;
	int r;

	if (!d.device || !d.family || !d.table || !d.chain)
		return -ENOMEM;
	r = fw_rule_key(d.family, d.table, d.chain, "policy", 0,
			&d.policy_key);
	if (r == 0)
		r = place_rules(l, p);
	if (r < 0)
		return r;
	d.first_word = p->first_word;
	d.n_words = p->n_words;
	slot = fw_vec_push(arena, &l->devices);
	if (!slot)
		return -ENOMEM;
	*slot = d;
	l->n_devices += count_placed(l, p) == 1;
	return 0;
}

static int judge_pair(struct lowering *l, struct pair *p)
{
	int r = stays_whole(l, p);

	if (r < 0)
		return r;
	if (p->stays)
		return fw_judge_stays(l->typed, p->chain, p->device, p->stays,
				      &p->judged);
	r = fw_judge_chain(l->typed, p->chain, p->device,
			   FW_RULES_MAX - l->rules.n, &p->judged);
	if (r < 0 || !p->judged.lowered)
		return r;
	return place_pair(l, p);
}

/* --- what stays in nft ---------------------------------------------------- */
static struct fw_remainder *find_remainder(struct fw_remainder *items, size_t n,
					   const struct fw_remainder *like,
					   size_t n_rules)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].carry == like->carry &&
		    memcmp(items[i].kept, like->kept,
			   n_rules * sizeof(*like->kept)) == 0)
			return &items[i];
	return NULL;
}

static int split_pair(struct lowering *l, const struct pair *p,
		      struct fw_remainder *items, size_t *n)
{
	struct fw_typed_chain *c = p->chain;
	bool *kept = fw_arena_array(l->typed->arena, c->n_rules, sizeof(*kept));
	struct fw_remainder *rest, like = {
		.kept = kept, .carry = p->judged.carry,
	};
	const char **devices;

	if (!kept)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_rules; i++)
		kept[i] = p->judged.reasons[i] != NULL;
	rest = find_remainder(items, *n, &like, c->n_rules);
	if (!rest) {
		rest = &items[(*n)++];
		*rest = like;
		rest->devices = fw_arena_array(l->typed->arena, c->n_devices,
					       sizeof(*devices));
		if (!rest->devices)
			return -ENOMEM;
	}
	devices = (const char **)rest->devices;
	devices[rest->n_devices++] = p->device;
	return 0;
}

static int split_chain(struct lowering *l, struct fw_typed_chain *c)
{
	struct fw_remainder *items;
	size_t n = 0;
	int r = 0;

	if (c->only_xdp)
		return 0;
	items = fw_arena_array(l->typed->arena, c->n_devices, sizeof(*items));
	if (!items)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < l->pairs.n; i++) {
		const struct pair *p = &l->pairs.items[i];

		if (p->chain == c && !(p->judged.lowered && p->judged.whole))
			r = split_pair(l, p, items, &n);
	}
	c->remainders = items;
	c->n_remainders = n;
	return r;
}

/* --- what each rule is told ----------------------------------------------- */
/* What its words say, wherever it runs. */
static void tell_words(const struct fw_typed_rule *from,
		       struct fw_plan_rule *rule)
{
	bool named = false;

	rule->audit = fw_rule_audit(from);
	rule->counted = rule->audit;
	for (size_t i = 0; i < from->n_parts; i++) {
		const struct fw_part *part = &from->parts[i];

		named |= part->counter != NULL;
		rule->counted |= part->kind == FW_PART_COUNTER &&
				 !part->counter;
		if (!part->log_level)
			continue;
		rule->log_level = part->log_level;
		rule->log_prefix = part->log_prefix;
	}
	if (named && rule->audit)
		rule->counted = false;
}

/* Rule i of an ingress chain: xdp where it moved on every device. */
static int tell_ingress(struct lowering *l, const struct fw_typed_chain *c,
			size_t i)
{
	struct fw_plan_rule *rule = &l->typed->rules[c->rules[i].rule];
	const struct pair *stayed = NULL;
	size_t n = 0, n_stayed = 0;

	for (size_t k = 0; k < l->pairs.n; k++) {
		const struct pair *p = &l->pairs.items[k];

		if (p->chain != c)
			continue;
		n++;
		if (!p->judged.reasons[i])
			continue;
		n_stayed++;
		if (!stayed)
			stayed = p;
	}
	rule->layer = n > 0 && !stayed ? FW_LAYER_XDP : FW_LAYER_NFT;
	rule->reason = NULL;
	if (n == 0)
		rule->reason = "no device";
	else if (stayed && n_stayed == n)
		rule->reason = stayed->judged.reasons[i];
	else if (stayed)
		rule->reason = fw_arena_printf(l->typed->arena, "%s: %s",
					       stayed->device,
					       stayed->judged.reasons[i]);
	return stayed && !rule->reason ? -ENOMEM : 0;
}

static int tell_chain(struct lowering *l, const struct fw_typed_chain *c)
{
	bool flat = c->hook == FW_HOOK_NONE &&
		    strcmp(c->table->family, "netdev") == 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->n_rules; i++) {
		struct fw_plan_rule *rule =
			&l->typed->rules[c->rules[i].rule];

		tell_words(&c->rules[i], rule);
		rule->layer = FW_LAYER_NFT;
		rule->reason = flat ? "jump" : "hook";
		if (c->hook == FW_HOOK_INGRESS)
			r = tell_ingress(l, c, i);
	}
	return r;
}

/* -------------------------------------------------------------------------- */
/* Rules of chains that are jumped to run in XDP where all that jump there do. */
static int tell_jumps(struct lowering *l)
{
	bool *reached;
	int r = fw_reached_in_nft(l->typed, &reached);

	for (size_t i = 0; r == 0 && i < l->pairs.n; i++) {
		const struct pair *p = &l->pairs.items[i];

		for (size_t k = 0; k < p->judged.met.n; k++) {
			uint32_t at = p->judged.met.items[k];
			struct fw_plan_rule *rule = &l->typed->rules[at];

			if (reached[at] || rule->layer == FW_LAYER_XDP ||
			    !rule->reason || strcmp(rule->reason, "jump") != 0)
				continue;
			rule->layer = FW_LAYER_XDP;
			rule->reason = NULL;
		}
	}
	return r;
}

/* XDP counts each rule that does something there, with a counter or without; what
 * has a named one counts by that. */
static void tell_counted(const struct lowering *l)
{
	for (size_t i = 0; i < l->rules.n; i++) {
		const struct fw_xdp_rule *x = &l->rules.items[i];

		if (x->counted && x->rule != FW_NO_RULE &&
		    !l->typed->rules[x->rule].counter)
			l->typed->rules[x->rule].counted = true;
	}
}

static int lower_chains(struct lowering *l)
{
	int r = 0;

	for (size_t i = 0; i < l->typed->n_tables; i++) {
		struct fw_typed_table *t = &l->typed->tables[i];

		for (size_t k = 0; r == 0 && k < t->n_chains; k++) {
			if (t->chains[k].hook == FW_HOOK_INGRESS)
				r = split_chain(l, &t->chains[k]);
			if (r == 0)
				r = tell_chain(l, &t->chains[k]);
		}
	}
	return r ? r : tell_jumps(l);
}

int fw_lower_xdp(struct fw_typed *typed, struct fw_plan *plan)
{
	struct lowering l = { .typed = typed, .plan = plan };
	int r = fw_rule_keys(typed);

	if (r == 0)
		r = fw_lower_counters(typed, plan);
	if (r == 0)
		r = fw_live_open(typed);
	if (r == 0)
		r = collect_pairs(&l);
	if (r == 0 && l.pairs.n > 0)
		qsort(l.pairs.items, l.pairs.n, sizeof(*l.pairs.items), by_turn);
	for (size_t i = 0; r == 0 && i < l.pairs.n; i++)
		r = judge_pair(&l, &l.pairs.items[i]);
	if (r == 0)
		r = lower_chains(&l);
	if (r < 0)
		return r;
	tell_counted(&l);
	plan->xdp.rules = l.rules.items;
	plan->xdp.n_rules = (uint32_t)l.rules.n;
	plan->xdp.devices = l.devices.items;
	plan->xdp.n_devices = l.devices.n;
	r = fw_live_lower(typed, plan);
	return r ? r : fw_lower_devices(typed, plan);
}

bool fw_lower_carries(const struct fw_typed *typed)
{
	for (size_t i = 0; i < typed->n_tables; i++) {
		const struct fw_typed_table *t = &typed->tables[i];

		for (size_t k = 0; k < t->n_chains; k++)
			for (size_t n = 0; n < t->chains[k].n_remainders; n++)
				if (t->chains[k].remainders[n].carry)
					return true;
	}
	return false;
}
