/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: what a set is declared to hold, and what it is told at run time. Out: what
 * it holds. Only memory fails; a set is then as it was, but for the elements
 * that were done before.
 */
#include "plan/changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- intervals -------------------------------------------------------------- */
static int push(struct fw_arena *arena, fw_changed_vec *vec, fw_u128 lo,
		fw_u128 hi)
{
	struct fw_interval *slot = fw_vec_push(arena, vec);

	if (!slot)
		return -ENOMEM;
	*slot = (struct fw_interval){ .lo = lo, .hi = hi };
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct fw_interval *x = a, *y = b;

	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

/* Sorts, and makes one of those that touch. */
static void join(fw_changed_vec *vec)
{
	size_t n = 0;

	if (!vec->n)
		return;
	qsort(vec->items, vec->n, sizeof(*vec->items), by_place);
	for (size_t i = 1; i < vec->n; i++) {
		struct fw_interval *last = &vec->items[n];
		const struct fw_interval *next = &vec->items[i];

		if (last->hi + 1 == 0 || next->lo <= last->hi + 1)
			last->hi = next->hi > last->hi ? next->hi : last->hi;
		else
			vec->items[++n] = *next;
	}
	vec->n = n + 1;
}

/* The first of them that ends at lo or behind it. */
static size_t first_at(const struct fw_interval *items, size_t n, fw_u128 lo)
{
	size_t from = 0;

	while (from < n) {
		size_t middle = from + (n - from) / 2;

		if (items[middle].hi < lo)
			from = middle + 1;
		else
			n = middle;
	}
	return from;
}

/* The parts of items that are in value. */
static int clip(struct fw_arena *arena, const struct fw_interval *items,
		size_t n, struct fw_interval value, fw_changed_vec *ret)
{
	int r = 0;

	for (size_t i = first_at(items, n, value.lo);
	     r == 0 && i < n && items[i].lo <= value.hi; i++)
		r = push(arena, ret,
			 items[i].lo > value.lo ? items[i].lo : value.lo,
			 items[i].hi < value.hi ? items[i].hi : value.hi);
	return r;
}

/* The parts of value that are in none of items. */
static int rest_of(struct fw_arena *arena, struct fw_interval value,
		   const struct fw_interval *items, size_t n,
		   fw_changed_vec *ret)
{
	fw_u128 at = value.lo;
	int r = 0;

	for (size_t i = first_at(items, n, value.lo);
	     r == 0 && i < n && items[i].lo <= value.hi; i++) {
		if (items[i].lo > at)
			r = push(arena, ret, at, items[i].lo - 1);
		if (items[i].hi >= value.hi)
			return r;
		at = items[i].hi + 1;
	}
	return r ? r : push(arena, ret, at, value.hi);
}

static int without(struct fw_arena *arena, const struct fw_interval *from,
		   size_t n, const fw_changed_vec *cut, fw_changed_vec *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = rest_of(arena, from[i], cut->items, cut->n, ret);
	return r;
}

/* --- sets ------------------------------------------------------------------- */
static bool is_of(const struct fw_set_changes *of, const struct fw_plan_set *set)
{
	return !strcmp(of->name, set->name) && !strcmp(of->table, set->table) &&
	       !strcmp(of->family, set->family);
}

struct fw_set_changes *fw_changes_find(const struct fw_changes *changes,
				       const struct fw_plan_set *set)
{
	for (size_t i = 0; changes && i < changes->sets.n; i++) {
		struct fw_set_changes *of = &changes->sets.items[i];

		if (is_of(of, set) && !strcmp(of->type, set->type))
			return of;
	}
	return NULL;
}

struct fw_set_changes *fw_changes_open(struct fw_changes *changes,
				       const struct fw_plan_set *set)
{
	struct fw_set_changes *of = fw_changes_find(changes, set);
	struct fw_arena *arena = changes->arena;

	if (of)
		return of;
	of = fw_vec_push(arena, &changes->sets);
	if (!of)
		return NULL;
	*of = (struct fw_set_changes){
		.family = fw_arena_strdup(arena, set->family),
		.table = fw_arena_strdup(arena, set->table),
		.name = fw_arena_strdup(arena, set->name),
		.type = fw_arena_strdup(arena, set->type),
	};
	return of->family && of->table && of->name && of->type ? of : NULL;
}

static struct fw_plan_set named(const struct fw_set_changes *of)
{
	return (struct fw_plan_set){
		.family = of->family,
		.table = of->table,
		.name = of->name,
		.type = of->type,
	};
}

static int copy_set(struct fw_changes *to, const struct fw_set_changes *from)
{
	const struct fw_plan_set set = named(from);
	struct fw_set_changes *of = fw_changes_open(to, &set);

	if (!of || !fw_vec_reserve(to->arena, &of->added, from->added.n) ||
	    !fw_vec_reserve(to->arena, &of->deleted, from->deleted.n))
		return -ENOMEM;
	of->emptied = from->emptied;
	for (size_t i = 0; i < from->added.n; i++)
		of->added.items[of->added.n++] = from->added.items[i];
	for (size_t i = 0; i < from->deleted.n; i++)
		of->deleted.items[of->deleted.n++] = from->deleted.items[i];
	return 0;
}

struct fw_changes *fw_changes_copy(const struct fw_changes *from)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_changes *to = NULL;

	if (arena)
		to = fw_arena_alloc(arena, sizeof(*to));
	if (!to) {
		fw_arena_free(arena);
		return NULL;
	}
	to->arena = arena;
	for (size_t i = 0; from && i < from->sets.n; i++) {
		if (fw_set_is_idle(&from->sets.items[i]))
			continue;
		if (copy_set(to, &from->sets.items[i]) < 0) {
			fw_arena_free(arena);
			return NULL;
		}
	}
	return to;
}

void fw_changes_free(struct fw_changes *changes)
{
	if (changes)
		fw_arena_free(changes->arena);
}

int fw_changes_content(struct fw_arena *arena, const struct fw_set_changes *of,
		       const struct fw_interval *declared, size_t n,
		       fw_changed_vec *ret)
{
	static const fw_changed_vec nothing;
	int r;

	*ret = (fw_changed_vec){ 0 };
	r = without(arena, declared, of && of->emptied ? 0 : n,
		    of ? &of->deleted : &nothing, ret);
	for (size_t i = 0; r == 0 && of && i < of->added.n; i++)
		r = push(arena, ret, of->added.items[i].value.lo,
			 of->added.items[i].value.hi);
	join(ret);
	return r;
}

/* --- verbs ------------------------------------------------------------------ */
/* The first of what was added that ends at lo or behind it. */
static size_t first_added(const struct fw_set_changes *of, fw_u128 lo)
{
	size_t from = 0, n = of->added.n;

	while (from < n) {
		size_t middle = from + (n - from) / 2;

		if (of->added.items[middle].value.hi < lo)
			from = middle + 1;
		else
			n = middle;
	}
	return from;
}

/* What the set has of the value. */
static int part_of(const struct fw_set_edit *edit, struct fw_interval value,
		   fw_changed_vec *ret)
{
	const struct fw_set_changes *of = edit->of;
	fw_changed_vec declared = { 0 };
	int r = 0;

	*ret = (fw_changed_vec){ 0 };
	if (!of || !of->emptied)
		r = clip(edit->arena, edit->set->declared,
			 edit->set->n_declared, value, &declared);
	if (r == 0 && of)
		r = without(edit->arena, declared.items, declared.n,
			    &of->deleted, ret);
	else
		*ret = declared;
	for (size_t i = of ? first_added(of, value.lo) : 0;
	     r == 0 && of && i < of->added.n &&
	     of->added.items[i].value.lo <= value.hi; i++)
		r = clip(edit->arena, &of->added.items[i].value, 1, value, ret);
	join(ret);
	return r;
}

int fw_set_has(const struct fw_set_edit *edit, struct fw_interval value)
{
	fw_changed_vec part;
	int r = part_of(edit, value, &part);

	if (r < 0)
		return r;
	return part.n == 1 && part.items[0].lo == value.lo &&
	       part.items[0].hi == value.hi;
}

static int note_added(const struct fw_set_edit *edit, struct fw_interval value)
{
	struct fw_set_changes *of = edit->of;
	struct fw_added *slot = fw_vec_push(edit->arena, &of->added);

	if (!slot)
		return -ENOMEM;
	for (; slot > of->added.items && slot[-1].value.lo > value.lo; slot--)
		*slot = slot[-1];
	*slot = (struct fw_added){ value, edit->now_ns, edit->until_ns };
	return 0;
}

/* A declared element that was deleted is there again. */
static int undelete(const struct fw_set_edit *edit, struct fw_interval value)
{
	const fw_changed_vec old = edit->of->deleted;
	const fw_changed_vec cut = { .items = &value, .n = 1 };

	edit->of->deleted = (fw_changed_vec){ 0 };
	return without(edit->arena, old.items, old.n, &cut,
		       &edit->of->deleted);
}

int fw_set_add(const struct fw_set_edit *edit, struct fw_interval value)
{
	fw_changed_vec part, missing = { 0 };
	int r = fw_set_has(edit, value);

	if (r)
		return r < 0 ? r : 0;
	if (!edit->until_ns)
		r = undelete(edit, value);
	if (r == 0)
		r = part_of(edit, value, &part);
	if (r == 0)
		r = rest_of(edit->arena, value, part.items, part.n, &missing);
	for (size_t i = 0; r == 0 && i < missing.n; i++)
		r = note_added(edit, missing.items[i]);
	return r < 0 ? r : 1;
}

/* Of what was added the rest stays, with its times. */
static int drop_added(const struct fw_set_edit *edit, struct fw_interval value)
{
	const size_t n = edit->of->added.n;
	const struct fw_added *old = edit->of->added.items;
	int r = 0;

	edit->of->added.items = NULL;
	edit->of->added.n = edit->of->added.cap = 0;
	for (size_t i = 0; r == 0 && i < n; i++) {
		fw_changed_vec rest = { 0 };

		r = rest_of(edit->arena, old[i].value, &value, 1, &rest);
		for (size_t k = 0; r == 0 && k < rest.n; k++) {
			struct fw_added *slot = fw_vec_push(edit->arena,
							    &edit->of->added);

			if (!slot)
				return -ENOMEM;
			*slot = old[i];
			slot->value = rest.items[k];
		}
	}
	return r;
}

int fw_set_delete(const struct fw_set_edit *edit, struct fw_interval value)
{
	struct fw_set_changes *of = edit->of;
	int r = fw_set_has(edit, value);

	if (r <= 0)
		return r;
	r = drop_added(edit, value);
	if (r == 0 && !of->emptied)
		r = clip(edit->arena, edit->set->declared,
			 edit->set->n_declared, value, &of->deleted);
	join(&of->deleted);
	return r < 0 ? r : 1;
}

size_t fw_set_count(const struct fw_plan_set *set,
		    const struct fw_interval *values, size_t n)
{
	fw_u128 count = 0;

	if (set->interval)
		return n;
	for (size_t i = 0; i < n; i++)
		count += values[i].hi - values[i].lo + 1;
	return (size_t)count;
}

static int empty(const struct fw_set_edit *edit, fw_changed_vec *ret_old)
{
	struct fw_set_changes *of = edit->of;
	int r = fw_changes_content(edit->arena, of, edit->set->declared,
				   edit->set->n_declared, ret_old);

	if (r < 0)
		return r;
	of->emptied = true;
	of->added.n = 0;
	of->deleted.n = 0;
	return 0;
}

int fw_set_replace(const struct fw_set_edit *edit,
		   const struct fw_interval *values, size_t n,
		   size_t *ret_added, size_t *ret_deleted)
{
	fw_changed_vec old, gone = { 0 }, new = { 0 };
	size_t added = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		int has = fw_set_has(edit, values[i]);

		added += has == 0;
		r = has < 0 ? has : push(edit->arena, &new, values[i].lo,
					 values[i].hi);
	}
	join(&new);
	if (r == 0)
		r = empty(edit, &old);
	for (size_t i = 0; r == 0 && i < new.n; i++)
		r = note_added(edit, new.items[i]);
	if (r == 0)
		r = without(edit->arena, old.items, old.n, &new, &gone);
	if (r < 0)
		return r;
	*ret_added = added;
	*ret_deleted = fw_set_count(edit->set, gone.items, gone.n);
	return 0;
}

int fw_set_flush(const struct fw_set_edit *edit, size_t *ret_deleted)
{
	fw_changed_vec old;
	int r = empty(edit, &old);

	if (r == 0)
		*ret_deleted = fw_set_count(edit->set, old.items, old.n);
	return r;
}

/* Those stay that came later, and end later: how many go. */
static size_t keep_added(struct fw_set_changes *of, uint64_t since_ns,
			 uint64_t until_ns)
{
	size_t n = 0, old = of->added.n;

	for (size_t i = 0; i < old; i++) {
		const struct fw_added *a = &of->added.items[i];

		if (a->since_ns > since_ns &&
		    (!a->until_ns || a->until_ns > until_ns))
			of->added.items[n++] = *a;
	}
	of->added.n = n;
	return old - n;
}

size_t fw_set_expire(const struct fw_set_edit *edit, uint64_t since_ns)
{
	return keep_added(edit->of, since_ns, 0);
}

/* --- what others did -------------------------------------------------------- */
int fw_set_differ(struct fw_arena *arena, const fw_changed_vec *known,
		  const struct fw_added *held, size_t n,
		  struct fw_set_difference *ret)
{
	fw_changed_vec values = { 0 };
	int r = 0;

	*ret = (struct fw_set_difference){ .went = { 0 } };
	for (size_t i = 0; r == 0 && i < n; i++) {
		fw_changed_vec new = { 0 };

		r = push(arena, &values, held[i].value.lo, held[i].value.hi);
		if (r == 0)
			r = rest_of(arena, held[i].value, known->items,
				    known->n, &new);
		for (size_t k = 0; r == 0 && k < new.n; k++) {
			struct fw_added *slot = fw_vec_push(arena, &ret->came);

			if (!slot)
				return -ENOMEM;
			*slot = held[i];
			slot->value = new.items[k];
		}
	}
	join(&values);
	return r ? r : without(arena, known->items, known->n, &values,
			       &ret->went);
}

int fw_set_learn(const struct fw_set_edit *edit,
		 const struct fw_set_difference *news)
{
	struct fw_set_edit as = *edit;
	bool any = false;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < news->came.n; i++) {
		as.now_ns = news->came.items[i].since_ns;
		as.until_ns = news->came.items[i].until_ns;
		r = fw_set_add(&as, news->came.items[i].value);
		any |= r > 0;
	}
	for (size_t i = 0; r >= 0 && i < news->went.n; i++) {
		r = fw_set_delete(edit, news->went.items[i]);
		any |= r > 0;
	}
	return r < 0 ? r : any;
}

int fw_set_repeat(const struct fw_set_edit *edit,
		  const struct fw_set_changes *from,
		  const struct fw_interval *declared, size_t n)
{
	struct fw_set_edit as = *edit;
	fw_changed_vec kept = { 0 };
	int r = without(edit->arena, declared, n, &from->deleted, &kept);

	for (size_t i = 0; r >= 0 && i < from->deleted.n; i++)
		r = fw_set_delete(edit, from->deleted.items[i]);
	for (size_t i = 0; r >= 0 && i < kept.n; i++)
		r = fw_set_add(edit, kept.items[i]);
	for (size_t i = 0; r >= 0 && i < from->added.n; i++) {
		as.now_ns = from->added.items[i].since_ns;
		as.until_ns = from->added.items[i].until_ns;
		r = fw_set_add(&as, from->added.items[i].value);
	}
	return r < 0 ? r : 0;
}

/* --- all -------------------------------------------------------------------- */
bool fw_changes_prune(struct fw_changes *changes, uint64_t now_ns)
{
	size_t n = 0;

	for (size_t i = 0; i < changes->sets.n; i++)
		n += keep_added(&changes->sets.items[i], 0, now_ns);
	return n > 0;
}

uint64_t fw_changes_next(const struct fw_changes *changes)
{
	uint64_t next = 0;

	for (size_t i = 0; changes && i < changes->sets.n; i++)
		for (size_t k = 0; k < changes->sets.items[i].added.n; k++) {
			uint64_t until =
				changes->sets.items[i].added.items[k].until_ns;

			if (until && (!next || until < next))
				next = until;
		}
	return next;
}

void fw_changes_restore(struct fw_changes *changes)
{
	for (size_t i = 0; i < changes->sets.n; i++)
		changes->sets.items[i].emptied = false;
}

static const struct fw_plan_set *set_of(const struct fw_plan *plan,
					const struct fw_set_changes *of)
{
	const struct fw_plan_set set = named(of);

	return fw_plan_set_like(plan, &set);
}

int fw_changes_settle(struct fw_changes *changes, const struct fw_plan *plan)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < changes->sets.n; i++) {
		struct fw_set_changes *of = &changes->sets.items[i];
		const struct fw_plan_set *set = set_of(plan, of);
		const fw_changed_vec deleted = of->deleted;

		of->deleted = (fw_changed_vec){ 0 };
		if (!set) {
			of->emptied = false;
			of->added.n = 0;
		}
		for (size_t k = 0; r == 0 && set && k < deleted.n; k++)
			r = clip(changes->arena, set->declared,
				 set->n_declared, deleted.items[k],
				 &of->deleted);
	}
	return r;
}

void fw_changes_close(struct fw_changes *changes, const struct fw_plan *plan)
{
	for (size_t i = 0; i < changes->sets.n; i++) {
		struct fw_set_changes *of = &changes->sets.items[i];
		const struct fw_plan_set *set = set_of(plan, of);

		if (!set || !set->open)
			continue;
		of->added.n = of->deleted.n = 0;
	}
}
