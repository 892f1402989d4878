/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of two plans: which came, went, moved, or run elsewhere.
 *
 * In: two plans. Out: changes. Fails only for want of memory.
 *
 * Rules are the same by their keys: table, chain, text, and how many equal ones
 * stand before. Those that kept their order among themselves are the longest
 * run of old places that rises (Schensted 1961); the others have moved.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/diff.h"
#include "util/cleanup.h"

#define NOWHERE UINT32_MAX

struct matching {
	uint32_t *old;		/* by rule of the new plan: the old one's place,
				   or NOWHERE */
	bool *kept;		/* by rule of the old plan */
};

/* --- by key --------------------------------------------------------------- */
static int by_key(const void *a, const void *b)
{
	const struct fw_plan_rule *const *x = a, *const *y = b;
	int d = memcmp(&(*x)->key, &(*y)->key, sizeof((*x)->key));

	return d ? d : (*x > *y) - (*x < *y);
}

static const struct fw_plan_rule **sorted(struct fw_arena *arena,
					  const struct fw_plan *plan)
{
	const struct fw_plan_rule **rules =
		fw_arena_array(arena, plan->n_rules, sizeof(*rules));

	for (size_t i = 0; rules && i < plan->n_rules; i++)
		rules[i] = &plan->rules[i];
	if (rules && plan->n_rules)
		qsort(rules, plan->n_rules, sizeof(*rules), by_key);
	return rules;
}

static int match(struct fw_plan_differ *d, struct matching *m)
{
	const struct fw_plan_rule **a = sorted(d->arena, d->from);
	const struct fw_plan_rule **b = sorted(d->arena, d->to);

	m->old = fw_arena_array(d->arena, d->to->n_rules, sizeof(*m->old));
	m->kept = fw_arena_array(d->arena, d->from->n_rules, sizeof(*m->kept));
	if (!a || !b || !m->old || !m->kept)
		return -ENOMEM;
	for (size_t i = 0; i < d->to->n_rules; i++)
		m->old[i] = NOWHERE;
	for (size_t i = 0, k = 0; i < d->from->n_rules && k < d->to->n_rules;) {
		int order = memcmp(&a[i]->key, &b[k]->key, sizeof(a[i]->key));

		if (order == 0) {
			m->old[b[k] - d->to->rules] =
				(uint32_t)(a[i] - d->from->rules);
			m->kept[a[i] - d->from->rules] = true;
		}
		i += order <= 0;
		k += order >= 0;
	}
	return 0;
}

/* --- order ---------------------------------------------------------------- */
static int by_chain(const void *a, const void *b)
{
	const struct fw_plan_rule *x = *(const struct fw_plan_rule *const *)a;
	const struct fw_plan_rule *y = *(const struct fw_plan_rule *const *)b;
	int d = strcmp(x->family, y->family);

	d = d ? d : strcmp(x->table, y->table);
	d = d ? d : strcmp(x->chain, y->chain);
	return d ? d : (x > y) - (x < y);
}

static bool same_chain(const struct fw_plan_rule *a,
		       const struct fw_plan_rule *b)
{
	return !strcmp(a->family, b->family) && !strcmp(a->table, b->table) &&
	       !strcmp(a->chain, b->chain);
}

/* Marks in stays the longest rising run of old[], n of them, in one chain.
 * room is for 2 * n numbers. */
static void rise(const uint32_t *old, size_t n, uint32_t *room, bool *stays)
{
	uint32_t *tails = room, *before = room + n;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		size_t lo = 0, hi = len;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (old[tails[mid]] < old[i])
				lo = mid + 1;
			else
				hi = mid;
		}
		before[i] = lo > 0 ? tails[lo - 1] : NOWHERE;
		tails[lo] = (uint32_t)i;
		len += lo == len;
	}
	for (uint32_t i = len ? tails[len - 1] : NOWHERE; i != NOWHERE;
	     i = before[i])
		stays[i] = true;
}

/* Which rules of the new plan stand elsewhere in their chain than before. */
static int find_moved(struct fw_plan_differ *d, const struct matching *m,
		      bool *moved)
{
	size_t n = d->to->n_rules;
	const struct fw_plan_rule **rules =
		fw_arena_array(d->arena, n, sizeof(*rules));
	uint32_t *old = fw_arena_array(d->arena, n, sizeof(*old));
	uint32_t *room = fw_arena_array(d->arena, n, 2 * sizeof(*room));
	bool *stays = fw_arena_array(d->arena, n, sizeof(*stays));
	size_t k = 0;

	if (!rules || !old || !room || !stays)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (m->old[i] != NOWHERE)
			rules[k++] = &d->to->rules[i];
	if (k)
		qsort(rules, k, sizeof(*rules), by_chain);
	for (size_t from = 0, end; from < k; from = end) {
		for (end = from; end < k && same_chain(rules[from], rules[end]);
		     end++) {
			old[end - from] = m->old[rules[end] - d->to->rules];
			stays[end - from] = false;
		}
		rise(old, end - from, room, stays);
		for (size_t i = from; i < end; i++)
			moved[rules[i] - d->to->rules] = !stays[i - from];
	}
	return 0;
}

/* --- what their sets hold ------------------------------------------------- */
static const struct fw_chain_rule **meanings(struct fw_arena *arena,
					     const struct fw_plan *plan)
{
	const struct fw_chain_rule **ret =
		fw_arena_array(arena, plan->n_rules, sizeof(*ret));

	for (size_t c = 0; ret && c < plan->n_chains; c++)
		for (size_t i = 0; i < plan->chains[c].n_rules; i++) {
			const struct fw_chain_rule *r =
				&plan->chains[c].rules[i];

			if (r->rule != FW_NO_RULE)
				ret[r->rule] = r;
		}
	return ret;
}

static bool same_intervals(const struct fw_interval *a, size_t n_a,
			   const struct fw_interval *b, size_t n_b)
{
	return n_a == n_b && (n_a == 0 || !memcmp(a, b, n_a * sizeof(*a)));
}

static bool same_step(const struct fw_step *a, const struct fw_step *b)
{
	if (a->kind != b->kind || a->n_matches != b->n_matches ||
	    !a->tuple != !b->tuple)
		return false;
	for (size_t i = 0; i < a->n_matches; i++)
		if (!same_intervals(a->matches[i].intervals,
				    a->matches[i].n_intervals,
				    b->matches[i].intervals,
				    b->matches[i].n_intervals))
			return false;
	return !a->tuple ||
	       same_intervals(a->tuple->boxes,
			      a->tuple->n_boxes * a->tuple->n_fields,
			      b->tuple->boxes,
			      b->tuple->n_boxes * b->tuple->n_fields);
}

static bool same_meaning(const struct fw_chain_rule *a,
			 const struct fw_chain_rule *b)
{
	if (!a || !b)
		return true;
	if (a->n_steps != b->n_steps)
		return false;
	for (size_t i = 0; i < a->n_steps; i++)
		if (!same_step(&a->steps[i], &b->steps[i]))
			return false;
	return true;
}

/* A set that goes to nft is shown there, with its elements. */
static bool is_said(const struct fw_plan_differ *d,
		    const struct fw_plan_rule *rule)
{
	for (size_t i = 0; i < d->changes->n; i++) {
		const struct fw_plan_change *c = &d->changes->items[i];
		const char *name = strrchr(c->name, ' ');
		const char *at = name ? strstr(rule->text, name + 1) : NULL;

		if ((!strcmp(c->what, "set") || !strcmp(c->what, "map")) &&
		    at && at > rule->text && at[-1] == '@')
			return true;
	}
	return false;
}

/* --- changes -------------------------------------------------------------- */
static int add(struct fw_plan_differ *d, const struct fw_plan_rule *rule,
	       enum fw_plan_sign sign, const char *detail)
{
	const char *name = fw_arena_printf(d->arena, "%s%s%s %s", rule->family,
					   *rule->family ? " " : "",
					   rule->table, rule->chain);
	const struct fw_plan_change change = {
		.what = "rule", .sign = sign, .file = rule->file,
		.line = rule->line, .name = name, .text = rule->text,
		.detail = detail,
	};

	return name ? fw_plan_differ_add(d, &change) : -ENOMEM;
}

static int add_kept(struct fw_plan_differ *d, const struct fw_plan_rule *old,
		    const struct fw_plan_rule *new, bool moved, bool same)
{
	const char *detail = moved ? fw_arena_printf(d->arena,
						     "moved from line %u",
						     old->line) : "";

	if (detail && old->layer != new->layer)
		detail = fw_arena_printf(d->arena, "%s%slayer %s -> %s%s%s%s",
					 detail, *detail ? ", " : "",
					 fw_layer_name(old->layer),
					 fw_layer_name(new->layer),
					 new->reason ? " (" : "",
					 new->reason ? new->reason : "",
					 new->reason ? ")" : "");
	if (detail && !same && !is_said(d, new))
		detail = fw_arena_printf(d->arena, "%s%sother elements", detail,
					 *detail ? ", " : "");
	if (!detail)
		return -ENOMEM;
	return *detail ? add(d, new, FW_PLAN_CHANGED, detail) : 0;
}

int fw_plan_diff_rules(struct fw_plan_differ *d)
{
	const struct fw_chain_rule **a = meanings(d->arena, d->from);
	const struct fw_chain_rule **b = meanings(d->arena, d->to);
	bool *moved = fw_arena_array(d->arena, d->to->n_rules, sizeof(*moved));
	struct matching m;
	int r = a && b && moved ? match(d, &m) : -ENOMEM;

	if (r == 0)
		r = find_moved(d, &m, moved);
	for (size_t i = 0; r == 0 && i < d->from->n_rules; i++)
		if (!m.kept[i])
			r = add(d, &d->from->rules[i], FW_PLAN_REMOVED, NULL);
	for (size_t i = 0; r == 0 && i < d->to->n_rules; i++) {
		const struct fw_plan_rule *rule = &d->to->rules[i];

		if (m.old[i] == NOWHERE)
			r = add(d, rule, FW_PLAN_ADDED, NULL);
		else
			r = add_kept(d, &d->from->rules[m.old[i]], rule,
				     moved[i],
				     same_meaning(a[m.old[i]], b[i]));
	}
	return r;
}
