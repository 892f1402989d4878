/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of rules: what makes a rule of one generation the same as one of the
 * next, so that its counters carry over.
 *
 * In: the typed rules with table, chain and text. Out: their keys. Fails only
 * for want of memory.
 *
 * A key says table, chain, text, and how many equal rules of the chain stand
 * before it; not the line, which moves when a comment is added.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/lower.h"

static int compare(const struct fw_plan_rule *a, const struct fw_plan_rule *b)
{
	int d = strcmp(a->family, b->family);

	if (d == 0)
		d = strcmp(a->table, b->table);
	if (d == 0)
		d = strcmp(a->chain, b->chain);
	return d ? d : strcmp(a->text, b->text);
}

/* Sorts pointers to rules; equal ones keep the order of the file, which is that
 * of their addresses. */
static int by_text(const void *a, const void *b)
{
	const struct fw_plan_rule *const *x = a, *const *y = b;
	int d = compare(*x, *y);

	return d ? d : (*x > *y) - (*x < *y);
}

int fw_rule_key(const char *family, const char *table, const char *chain,
		const char *text, uint64_t nth, struct fw_hash *ret)
{
	struct fw_hasher *h = fw_hasher_new();

	if (!h)
		return -ENOMEM;
	fw_hasher_add_text(h, family);
	fw_hasher_add_text(h, table);
	fw_hasher_add_text(h, chain);
	fw_hasher_add_text(h, text);
	fw_hasher_add_u64(h, nth);
	fw_hasher_end(h, ret);
	return 0;
}

int fw_rule_keys(struct fw_typed *typed)
{
	struct fw_plan_rule **sorted;
	uint64_t nth = 0;
	int r = 0;

	sorted = fw_arena_array(typed->arena, typed->n_rules, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < typed->n_rules; i++)
		sorted[i] = &typed->rules[i];
	if (typed->n_rules > 0)
		qsort(sorted, typed->n_rules, sizeof(*sorted), by_text);
	for (size_t i = 0; r == 0 && i < typed->n_rules; i++) {
		struct fw_plan_rule *p = sorted[i];

		nth = i > 0 && compare(sorted[i - 1], p) == 0 ? nth + 1 : 0;
		r = fw_rule_key(p->family, p->table, p->chain, p->text, nth,
				&p->key);
	}
	return r;
}
