/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses to rows.
 *
 * In: the rules' matches on addresses. Out: a table for each address field, in
 * the form that fits: IPv4 a trie of arrays, or the kernel's LPM trie where that
 * would be too large; IPv6 the LPM trie. More classes than rows may be, or want
 * of memory, are errors.
 *
 * Every prefix of a rule is an entry, and its row has the rules of the prefixes
 * that cover it too, so the longest match finds them all. Where no prefix is,
 * no entry is: there the rules are those that do not test the address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/classes.h"
#include "util/cleanup.h"

/* --- addresses ------------------------------------------------------------ */
struct prefix {
	fw_u128 addr;		/* in the field's own width */
	uint32_t rule;
	uint8_t len;
};

typedef FW_VEC(struct prefix) prefix_vec;

static int by_prefix(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->len - y->len;
}

/* In the order of the key's bytes: abi.h's length (host order), then address. */
static int by_key(const void *a, const void *b)
{
	const struct fw_class_prefix *x = a, *y = b;
	const uint32_t x_len = x->len, y_len = y->len;

	if (x_len != y_len)
		return memcmp(&x_len, &y_len, sizeof(x_len));
	return (x->addr > y->addr) - (x->addr < y->addr);
}

static fw_u128 last_of(fw_u128 addr, unsigned len, unsigned width)
{
	if (len == 0)
		return width == 128 ? ~(fw_u128)0 : ((fw_u128)1 << width) - 1;
	return addr | (((fw_u128)1 << (width - len)) - 1);
}

/* lo..hi as prefixes, the largest that fit, from below. */
static int add_prefixes(struct fw_arena *arena, prefix_vec *prefixes,
			const struct fw_interval *interval, unsigned width,
			uint32_t rule)
{
	fw_u128 at = interval->lo;

	for (;;) {
		unsigned len = width;
		struct prefix *p = fw_vec_push(arena, prefixes);
		fw_u128 last;

		if (!p)
			return -ENOMEM;
		while (len > 0 &&
		       !(at & ((fw_u128)1 << (width - len))) &&
		       last_of(at, len - 1, width) <= interval->hi)
			len--;
		*p = (struct prefix){ at, rule, (uint8_t)len };
		last = last_of(at, len, width);
		if (last >= interval->hi)
			return 0;
		at = last + 1;
	}
}

static int collect_prefixes(struct fw_classes *c, struct fw_arena *arena,
			    enum fw_field field, unsigned width,
			    prefix_vec *prefixes)
{
	for (uint32_t i = 0; i < c->plan->xdp.n_rules; i++) {
		const struct fw_match *m =
			fw_class_match(&c->plan->xdp.rules[i], field);

		for (size_t k = 0; m && k < m->n_intervals; k++)
			if (add_prefixes(arena, prefixes, &m->intervals[k],
					 width, i) < 0)
				return -ENOMEM;
	}
	return 0;
}

/* What covers the present prefix, from the outside in. */
struct cover {
	struct fw_row row;
	fw_u128 last;
	uint32_t id;
};

/* Turns sorted prefixes into entries; returns their number or -errno. */
static ssize_t nest(struct fw_classes *c, enum fw_field field, unsigned width,
		    const prefix_vec *prefixes, struct fw_class_prefix *entries)
{
	_cleanup_free_ struct cover *stack = calloc(width + 2, sizeof(*stack));
	unsigned depth = 0;
	size_t n = 0;

	if (!stack)
		return -ENOMEM;
	stack[0] = (struct cover){ c->base[field], ~(fw_u128)0,
				   c->gen.other[field] };
	for (size_t i = 0; i < prefixes->n;) {
		const struct prefix *p = &prefixes->items[i];
		struct cover *top;
		int r;

		while (depth > 0 && stack[depth].last < p->addr)
			depth--;
		top = &stack[depth + 1];
		top->row = stack[depth].row;
		top->last = last_of(p->addr, p->len, width);
		for (; i < prefixes->n && by_prefix(&prefixes->items[i], p) == 0;
		     i++)
			fw_row_set(&top->row, prefixes->items[i].rule);
		r = fw_class_intern(&c->rows, &top->row, &top->id);
		if (r < 0)
			return r;
		entries[n++] = (struct fw_class_prefix){ p->addr, top->id,
							 p->len };
		depth++;
	}
	return (ssize_t)n;
}

static void put_key(uint8_t *key, const struct fw_class_prefix *e, unsigned width)
{
	const uint32_t len = e->len;

	memcpy(key, &len, sizeof(len));
	for (unsigned i = 0; i < width / 8; i++)
		key[sizeof(len) + i] =
			(uint8_t)(e->addr >> (width - 8 - 8 * i));
}

/* --- the tables ----------------------------------------------------------- */
struct form {
	enum fw_field field;
	unsigned width;
	const char *trie;	/* NULL: none of that width */
	const char *lpm;
	uint32_t flag;		/* of gen, where lpm stands for the trie */
};

static const struct form forms[] = {
	{ FW_FIELD_SADDR4, 32, "saddr4", "saddr4_lpm", FW_GEN_SADDR4_LPM },
	{ FW_FIELD_DADDR4, 32, "daddr4", "daddr4_lpm", FW_GEN_DADDR4_LPM },
	{ FW_FIELD_SADDR6, 128, NULL, "saddr6", 0 },
	{ FW_FIELD_DADDR6, 128, NULL, "daddr6", 0 },
};

static int put_lpm(struct fw_classes *c, const struct form *form,
		   struct fw_class_prefix *entries, size_t n)
{
	size_t key_size = sizeof(uint32_t) + form->width / 8;
	uint8_t *keys = fw_arena_array(c->plan->arena, n, key_size);
	uint32_t *values = fw_arena_array(c->plan->arena, n, sizeof(*values));

	if (!keys || !values)
		return -ENOMEM;
	if (n > 0)
		qsort(entries, n, sizeof(*entries), by_key);
	for (size_t i = 0; i < n; i++) {
		put_key(keys + i * key_size, &entries[i], form->width);
		values[i] = entries[i].row;
	}
	c->gen.flags |= form->flag;
	return fw_class_table(c, form->lpm, FW_TABLE_LPM, key_size,
			      sizeof(uint32_t), n, keys, values);
}

static int put_entries(struct fw_classes *c, const struct form *form,
		       struct fw_class_prefix *entries, size_t n)
{
	int r = 0;

	if (form->trie)
		r = fw_class_trie(c, form->trie, entries, n,
				  c->gen.other[form->field]);
	if (r == 0)
		r = put_lpm(c, form, entries, n);
	return r < 0 ? r : 0;
}

static int build(struct fw_classes *c, struct fw_arena *arena,
		 const struct form *form)
{
	struct fw_class_prefix *entries;
	prefix_vec prefixes = { 0 };
	ssize_t n;
	int r = collect_prefixes(c, arena, form->field, form->width, &prefixes);

	if (r < 0)
		return r;
	entries = fw_arena_array(arena, prefixes.n, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	if (prefixes.n > 0)
		qsort(prefixes.items, prefixes.n, sizeof(*prefixes.items),
		      by_prefix);
	c->gen.other[form->field] = c->gen.absent[form->field];
	n = nest(c, form->field, form->width, &prefixes, entries);
	return n < 0 ? (int)n : put_entries(c, form, entries, (size_t)n);
}

int fw_class_addresses(struct fw_classes *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(forms); i++) {
		struct fw_arena *arena = fw_arena_new();

		r = arena ? build(c, arena, &forms[i]) : -ENOMEM;
		fw_arena_free(arena);
	}
	return r;
}
