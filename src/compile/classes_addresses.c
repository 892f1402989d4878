/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The classifier's tables of addresses: prefix -> class, and a row a class.
 *
 * In: the matches of plan->xdp.rules on addresses. Out: a table a field, in the
 * form that fits (classes_forms.c). Fails for want of memory, with -ENOSPC where
 * there are more rows than XDP can hold, and with -E2BIG where there are more
 * prefixes.
 *
 * Every prefix of a rule is an entry, and its class has the rules of the prefixes
 * that cover it too, so the longest match finds them all. Where no prefix is, no
 * entry is: there the rules are those that do not test the address, class 0.
 * Rules that test an address of the other version are in none of the rows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/classes.h"
#include "plan/prefixes.h"
#include "util/cleanup.h"

/* A range of IPv6 addresses may be 254 prefixes. */
#define PREFIXES_MAX (8u << 20)

/* The intervals of a large set stand once, for all the rules that name it. */
struct group {
	const struct fw_interval *intervals;
	size_t n_intervals;
	struct fw_row rules;
};

struct groups {
	struct group *items;
	size_t n;
};

/* A group stands in the place of the class, until there is one. */
typedef FW_VEC(struct fw_prefix_class) prefix_vec;

static void set_all(struct fw_row *row, const struct fw_row *more)
{
	for (int i = 0; i < FW_ROW_WORDS; i++)
		row->words[i] |= more->words[i];
}

static int by_prefix(const void *a, const void *b)
{
	const struct fw_prefix_class *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->len - y->len;
}

/* lo..hi as prefixes, the largest that fit, from below. */
static int add_prefixes(struct fw_arena *arena, prefix_vec *prefixes,
			const struct fw_interval *interval, unsigned width,
			uint32_t group)
{
	fw_u128 at = interval->lo;

	for (;;) {
		unsigned len = fw_prefix_length(at, interval->hi, width);
		struct fw_prefix_class *p = fw_vec_push(arena, prefixes);
		fw_u128 last = fw_prefix_last(at, len, width);

		if (!p)
			return -ENOMEM;
		if (prefixes->n > PREFIXES_MAX)
			return -E2BIG;
		*p = (struct fw_prefix_class){ at, group, (uint8_t)len };
		if (last >= interval->hi)
			return 0;
		at = last + 1;
	}
}

static struct group *find_group(const struct groups *groups,
				const struct fw_match *m)
{
	for (size_t i = 0; i < groups->n; i++)
		if (groups->items[i].intervals == m->intervals &&
		    groups->items[i].n_intervals == m->n_intervals)
			return &groups->items[i];
	return NULL;
}

static int collect_groups(const struct fw_classes *b, struct fw_arena *arena,
			  enum fw_field field, struct groups *groups)
{
	groups->items = fw_arena_array(arena, b->plan->xdp.n_rules,
				       sizeof(*groups->items));
	if (!groups->items)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->plan->xdp.n_rules; i++) {
		const struct fw_match *m =
			fw_classes_match(&b->plan->xdp.rules[i], field);
		struct group *group = m ? find_group(groups, m) : NULL;

		if (m && !group) {
			group = &groups->items[groups->n++];
			group->intervals = m->intervals;
			group->n_intervals = m->n_intervals;
		}
		if (m)
			fw_row_set(&group->rules, i);
	}
	return 0;
}

static int collect_prefixes(struct fw_arena *arena, const struct groups *groups,
			    unsigned width, prefix_vec *prefixes)
{
	size_t n = 0;

	for (size_t i = 0; i < groups->n; i++)
		n += groups->items[i].n_intervals;
	if (!fw_vec_reserve(arena, prefixes, n))
		return -ENOMEM;
	for (size_t i = 0; i < groups->n; i++) {
		const struct group *group = &groups->items[i];

		for (size_t k = 0; k < group->n_intervals; k++) {
			int r = add_prefixes(arena, prefixes,
					     &group->intervals[k], width,
					     (uint32_t)i);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* What covers the present prefix, from the outside in. */
struct cover {
	struct fw_row row;
	fw_u128 last;
	uint32_t id;
	uint32_t within, group;	/* the row is that of a prefix of this group
				   alone within that row */
	bool known;		/* within and group are valid */
};

/* The row of a prefix of these groups (prefixes of the same addresses), n of
 * them. The elements of a large set have the same, one after the other. */
static int cover_row(struct fw_rows *rows, const struct groups *groups,
		     const struct fw_prefix_class *p, size_t n, const struct cover *outer,
		     struct cover *top)
{
	if (n == 1 && top->known && top->within == outer->id &&
	    top->group == p->class)
		return 0;
	top->row = outer->row;
	for (size_t i = 0; i < n; i++)
		set_all(&top->row, &groups->items[p[i].class].rules);
	top->within = outer->id;
	top->group = p->class;
	top->known = n == 1;
	return fw_rows_intern(rows, &top->row, &top->id);
}

/* Sorted prefixes get their classes, each stands once then; returns their number
 * or -errno. Class 0 is that of the base. */
static ssize_t nest(struct fw_rows *rows, const struct fw_row *base,
		    unsigned width, const struct groups *groups,
		    prefix_vec *prefixes)
{
	_cleanup_free_ struct cover *stack = calloc(width + 2, sizeof(*stack));
	unsigned depth = 0;
	size_t n = 0;

	if (!stack)
		return -ENOMEM;
	stack[0] = (struct cover){ .row = *base, .last = ~(fw_u128)0 };
	for (size_t i = 0; i < prefixes->n;) {
		struct fw_prefix_class *p = &prefixes->items[i];
		size_t same = 1;
		struct cover *top;
		int r;

		while (depth > 0 && stack[depth].last < p->addr)
			depth--;
		while (i + same < prefixes->n && by_prefix(p + same, p) == 0)
			same++;
		top = &stack[depth + 1];
		top->last = fw_prefix_last(p->addr, p->len, width);
		r = cover_row(rows, groups, p, same, &stack[depth], top);
		if (r < 0)
			return r;
		prefixes->items[n] = *p;
		prefixes->items[n++].class = top->id;
		i += same;
		depth++;
	}
	return (ssize_t)n;
}

/* --- the tables ----------------------------------------------------------- */
/* The classes' rows, behind all others; class 0 has the rules that do not test
 * the field. */
static int classify(struct fw_classes *b, struct fw_arena *arena,
		    enum fw_field field, struct fw_rows *rows,
		    struct fw_prefix_classes *ret)
{
	struct groups groups = { 0 };
	prefix_vec prefixes = { 0 };
	uint32_t none;
	ssize_t n;
	int r = collect_groups(b, arena, field, &groups);

	ret->width = field <= FW_FIELD_DADDR4 ? 32 : 128;
	if (r == 0)
		r = collect_prefixes(arena, &groups, ret->width, &prefixes);
	if (r < 0)
		return r;
	if (groups.n > 1)
		qsort(prefixes.items, prefixes.n, sizeof(*prefixes.items),
		      by_prefix);
	r = fw_rows_intern(rows, &b->base[field], &none);
	if (r < 0)
		return r;
	n = nest(rows, &b->base[field], ret->width, &groups, &prefixes);
	ret->items = prefixes.items;
	ret->n = n < 0 ? 0 : (size_t)n;
	return n < 0 ? (int)n : 0;
}

static int build(struct fw_classes *b, enum fw_field field)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_prefix_classes prefixes = { 0 };
	struct fw_rows rows = { 0 };
	int r = arena ? classify(b, arena, field, &rows, &prefixes) : -ENOMEM;

	if (r == 0) {
		for (uint32_t i = 0; i < rows.n; i++)
			fw_row_and(&rows.items[i],
				   &b->base[FW_FIELD_BESIDE(field)]);
		r = fw_rows_append(&b->rows, &rows, &b->gen.other[field]);
	}
	if (r == 0)
		r = fw_classes_put(b, field, &prefixes);
	fw_rows_done(&rows);
	fw_arena_free(arena);
	return r;
}

int fw_classes_addresses(struct fw_classes *b)
{
	int r = 0;

	for (enum fw_field f = FW_FIELD_SADDR4; !r && f <= FW_FIELD_DADDR6; f++)
		r = build(b, f);
	return r;
}
