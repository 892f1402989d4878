/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two plans side by side: what a reload would change.
 *
 * In: the plan that runs and the one that would. Out: a list of changes: tables,
 * chains, sets and objects by their names, rules (plan_diff_rules.c), and the
 * settings of blocks and options, which are compared as they are printed. Fails
 * only for want of memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/diff.h"
#include "plan/print.h"
#include "util/cleanup.h"

#define SHOWN 5			/* elements of a set that are named */

int fw_plan_differ_add(struct fw_plan_differ *d,
		       const struct fw_plan_change *change)
{
	struct fw_plan_change *slot = fw_vec_push(d->arena, d->changes);

	if (!slot)
		return -ENOMEM;
	*slot = *change;
	return 0;
}

/* --- things with a name and a text ---------------------------------------- */
/* A table, chain, set or object as far as diff knows it. */
struct thing {
	const char *what, *name;
	const char *text;		/* all but the elements */
	const char *const *elements;
	size_t n_elements;
};

typedef FW_VEC(struct thing) thing_vec;

static int by_name(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;
	int d = strcmp(x->what, y->what);

	return d ? d : strcmp(x->name, y->name);
}

static int push(struct fw_plan_differ *d, thing_vec *things,
		const struct thing *thing)
{
	struct thing *slot = fw_vec_push(d->arena, things);

	if (!slot || !thing->name || !thing->text)
		return -ENOMEM;
	*slot = *thing;
	return 0;
}

/* --- elements ------------------------------------------------------------- */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted(struct fw_arena *arena, const struct thing *thing)
{
	const char **copy = fw_arena_memdup(arena, thing->elements,
					    thing->n_elements * sizeof(*copy));

	if (copy && thing->n_elements)
		qsort(copy, thing->n_elements, sizeof(*copy), by_text);
	return copy;
}

/* As a rule nothing has changed, and then not even the order. */
static bool same_elements(const struct thing *a, const struct thing *b)
{
	if (a->n_elements != b->n_elements)
		return false;
	for (size_t i = 0; i < a->n_elements; i++)
		if (strcmp(a->elements[i], b->elements[i]) != 0)
			return false;
	return true;
}

/* "2 added, 1 removed: + 192.0.2.1, - 192.0.2.2"; "" where nothing has changed.
 * The first few are named. */
static const char *compare_elements(struct fw_arena *arena,
				    const struct thing *old,
				    const struct thing *new)
{
	size_t added = 0, removed = 0;
	const char *named = "";
	const char **a, **b;

	if (same_elements(old, new))
		return "";
	a = sorted(arena, old);
	b = sorted(arena, new);
	for (size_t i = 0, k = 0; a && b && named &&
	     (i < old->n_elements || k < new->n_elements);) {
		int order = i >= old->n_elements ? 1 :
			    k >= new->n_elements ? -1 : strcmp(a[i], b[k]);

		if (order && added + removed < SHOWN)
			named = fw_arena_printf(arena, "%s%s%s %s", named,
						*named ? ", " : "",
						order < 0 ? "-" : "+",
						order < 0 ? a[i] : b[k]);
		removed += order < 0;
		added += order > 0;
		i += order <= 0;
		k += order >= 0;
	}
	if (!a || !b || !named)
		return NULL;
	if (!added && !removed)
		return "";
	return fw_arena_printf(arena, "%zu added, %zu removed: %s%s", added,
			       removed, named,
			       added + removed > SHOWN ? ", ..." : "");
}

/* --- comparison ----------------------------------------------------------- */
static int compare(struct fw_plan_differ *d, const struct thing *old,
		   const struct thing *new)
{
	struct fw_plan_change change = {
		.what = new->what, .sign = FW_PLAN_CHANGED, .name = new->name,
	};
	const char *elements = compare_elements(d->arena, old, new);

	if (!elements)
		return -ENOMEM;
	if (*elements)
		change.detail = elements;
	if (strcmp(old->text, new->text) != 0) {
		change.detail = fw_arena_printf(d->arena, "%s -> %s%s%s",
						*old->text ? old->text : "(none)",
						*new->text ? new->text : "(none)",
						*elements ? "; " : "", elements);
		if (!change.detail)
			return -ENOMEM;
	}
	return change.detail ? fw_plan_differ_add(d, &change) : 0;
}

static int add_alone(struct fw_plan_differ *d, const struct thing *thing,
		     enum fw_plan_sign sign)
{
	struct fw_plan_change change = {
		.what = thing->what, .sign = sign, .name = thing->name,
		.text = *thing->text ? thing->text : NULL,
	};

	if (thing->elements)
		change.detail = fw_arena_printf(d->arena, "%zu elements",
						thing->n_elements);
	if (thing->elements && !change.detail)
		return -ENOMEM;
	return fw_plan_differ_add(d, &change);
}

static int compare_all(struct fw_plan_differ *d, thing_vec *a, thing_vec *b)
{
	int r = 0;

	if (a->n)
		qsort(a->items, a->n, sizeof(*a->items), by_name);
	if (b->n)
		qsort(b->items, b->n, sizeof(*b->items), by_name);
	for (size_t i = 0, k = 0; r == 0 && (i < a->n || k < b->n);) {
		int order = i >= a->n ? 1 : k >= b->n ? -1 :
			    by_name(&a->items[i], &b->items[k]);

		if (order == 0)
			r = compare(d, &a->items[i], &b->items[k]);
		else if (order < 0)
			r = add_alone(d, &a->items[i], FW_PLAN_REMOVED);
		else
			r = add_alone(d, &b->items[k], FW_PLAN_ADDED);
		i += order <= 0;
		k += order >= 0;
	}
	return r;
}

/* --- what there is -------------------------------------------------------- */
/* Lines of a body as one. */
static const char *one_line(struct fw_arena *arena, const char *body)
{
	char *text = fw_arena_strdup(arena, body ? body : "");

	for (char *c = text; c && *c; c++)
		if (*c == '\n')
			*c = ';';
	return text;
}

static int collect_tables(struct fw_plan_differ *d, const struct fw_plan *plan,
			  thing_vec *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_tables; i++) {
		const struct fw_nft_table *t = &plan->tables[i];
		const struct thing table = {
			.what = "table",
			.name = fw_arena_printf(d->arena, "%s %s", t->family,
						t->name),
			.text = one_line(d->arena, t->body),
		};

		if (!t->own)
			r = push(d, ret, &table);
	}
	return r;
}

static const char *chain_text(struct fw_arena *arena,
			      const struct fw_plan_chain *c)
{
	static const char *const hooks[] = {
		"", "ingress", "prerouting", "input", "forward", "output",
		"postrouting", "egress",
	};
	const char *devices = "";

	if (c->hook == FW_HOOK_NONE)
		return "";
	for (size_t i = 0; devices && i < c->n_devices; i++)
		devices = fw_arena_printf(arena, "%s %s", devices,
					  c->devices[i]);
	return devices ? fw_arena_printf(arena, "type %s hook %s%s%s priority "
					 "%d policy %s", c->type, hooks[c->hook],
					 *devices ? " devices" : "", devices,
					 c->priority,
					 fw_verdict_name(c->policy)) : NULL;
}

static int collect_chains(struct fw_plan_differ *d, const struct fw_plan *plan,
			  thing_vec *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_chains; i++) {
		const struct fw_plan_chain *c = &plan->chains[i];
		const struct thing chain = {
			.what = "chain",
			.name = fw_arena_printf(d->arena, "%s %s %s", c->family,
						c->table, c->name),
			.text = chain_text(d->arena, c),
		};

		r = push(d, ret, &chain);
	}
	return r;
}

static int collect_objects(struct fw_plan_differ *d, const struct fw_plan *plan,
			   thing_vec *ret)
{
	int r = 0;

	for (size_t i = 0; i < plan->n_tables; i++) {
		const struct fw_nft_table *t = &plan->tables[i];

		for (size_t k = 0; r == 0 && !t->own && k < t->n_objects; k++) {
			const struct fw_nft_object *o = &t->objects[k];
			bool set = !strcmp(o->kind, "set") ||
				   !strcmp(o->kind, "map");
			const struct thing object = {
				.what = o->kind,
				.name = fw_arena_printf(d->arena, "%s %s %s",
							t->family, t->name,
							o->name),
				.text = one_line(d->arena, o->body),
				.elements = set ? o->elements : NULL,
				.n_elements = set ? o->n_elements : 0,
			};

			r = push(d, ret, &object);
		}
	}
	return r;
}

/* Names of sets of domains, as they are written. */
static int collect_domains(struct fw_plan_differ *d, const struct fw_plan *plan,
			   thing_vec *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n_domain_sets; i++) {
		const struct fw_domain_set *s = &plan->domain_sets[i];
		const char **names = fw_arena_array(d->arena, s->n_domains,
						    sizeof(*names));
		const struct thing set = {
			.what = "set", .name = s->name, .text = "",
			.elements = names, .n_elements = s->n_domains,
		};

		for (size_t k = 0; names && k < s->n_domains; k++) {
			const struct fw_domain *n = &s->domains[k];

			names[k] = fw_arena_printf(d->arena, "%s%s%s",
						   n->exception ? "!" : "",
						   n->exact ? "=" : "",
						   n->name);
			if (!names[k])
				return -ENOMEM;
		}
		if (!names)
			return -ENOMEM;
		if (*s->name)
			r = push(d, ret, &set);
	}
	return r;
}

/* --- settings ------------------------------------------------------------- */
/* A line of what is printed of a plan; its heading is the line before it that
 * is not indented. */
static int collect_settings(struct fw_plan_differ *d, const struct fw_plan *plan,
			    thing_vec *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *heading = "";
	char *line, *rest;
	int r = 0;

	if (!out)
		return -ENOMEM;
	fw_plan_print_settings(plan, out);
	if (fclose(out) != 0)
		return -ENOMEM;
	for (rest = text; r == 0 && (line = strsep(&rest, "\n"));) {
		struct thing setting = { .what = "setting", .text = "" };

		/* The last of them hangs on places. */
		if (!strcmp(line, "not run by this version"))
			break;
		if (!*line)
			continue;
		if (*line != ' ') {
			heading = fw_arena_strdup(d->arena, line);
			if (!heading)
				return -ENOMEM;
			continue;
		}
		line += strspn(line, " ");
		setting.name = fw_arena_printf(d->arena, "%s: %s", heading,
					       line);
		r = push(d, ret, &setting);
	}
	return r;
}

/* -------------------------------------------------------------------------- */
typedef int (*collect_fn)(struct fw_plan_differ *d, const struct fw_plan *plan,
			  thing_vec *ret);

static int diff_things(struct fw_plan_differ *d, collect_fn collect)
{
	thing_vec a = { 0 }, b = { 0 };
	int r = collect(d, d->from, &a);

	if (r == 0)
		r = collect(d, d->to, &b);
	return r == 0 ? compare_all(d, &a, &b) : r;
}

int fw_plan_diff(struct fw_arena *arena, const struct fw_plan *from,
		 const struct fw_plan *to, fw_plan_change_vec *ret)
{
	struct fw_plan_differ d = { arena, from, to, ret };
	int r = diff_things(&d, collect_tables);

	if (r == 0)
		r = diff_things(&d, collect_chains);
	if (r == 0)
		r = diff_things(&d, collect_objects);
	if (r == 0)
		r = diff_things(&d, collect_domains);
	if (r == 0)
		r = fw_plan_diff_rules(&d);
	if (r == 0)
		r = diff_things(&d, collect_settings);
	if (r < 0 || ret->n > 0 || !memcmp(&from->hash, &to->hash,
					   sizeof(from->hash)))
		return r;
	return fw_plan_differ_add(&d, &(struct fw_plan_change){
		.what = "setting", .sign = FW_PLAN_CHANGED,
		.name = "something that is not shown here" });
}
