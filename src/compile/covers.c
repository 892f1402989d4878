/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Covers: do earlier boxes, alone or together, take all packets of a box?
 *
 * In: boxes of earlier rules, and one of a later rule. Out: yes with the rules,
 * or no. Exact as long as it is not too long: then no. Fails only for want of
 * memory.
 *
 * A box is covered when the packet at its corner is in an earlier box, and what
 * that one leaves of it is covered too. So each step asks for boxes around one
 * point. Each box is filed under the one field where fewest others have the
 * same span of values, in an interval tree over sorted spans; a point asks the
 * tree of each of its fields.
 */
#include <errno.h>
#include <stdlib.h>

#include "compile/regions.h"

/* Pieces of one box, and the values of boxes that are cut up. */
#define MAX_PIECES 256
#define MAX_VALUES 4096

/* A test of a cover: how far its values reach. */
struct span {
	unsigned field;
	fw_u128 lo, hi;
	size_t cover;
};

/* Spans of one field, sorted by lo; most[mid] is the highest hi of the range
 * that has mid in its middle. */
struct tree {
	unsigned field;
	const struct span *spans;
	fw_u128 *most;
	size_t n;
};

struct fw_covers {
	struct fw_arena *arena;
	const struct fw_cover *covers;
	size_t n;
	FW_VEC(struct tree) trees;	/* by field */
	FW_VEC(size_t) always;		/* covers without a test */
	size_t *work;			/* done so far */
};

static int by_span(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	return (x->cover > y->cover) - (x->cover < y->cover);
}

static bool same_span(const struct span *a, const struct span *b)
{
	return a->field == b->field && a->lo == b->lo && a->hi == b->hi;
}

/* --- filing --------------------------------------------------------------- */
static fw_u128 fill_most(struct tree *tree, size_t from, size_t to)
{
	size_t mid = from + (to - from) / 2;
	fw_u128 most, side;

	if (from == to)
		return 0;
	most = tree->spans[mid].hi;
	side = fill_most(tree, from, mid);
	most = side > most ? side : most;
	side = fill_most(tree, mid + 1, to);
	most = side > most ? side : most;
	tree->most[mid] = most;
	return most;
}

static int plant(struct fw_covers *covers, const struct span *spans, size_t n)
{
	for (size_t from = 0, to; from < n; from = to) {
		struct tree *tree = fw_vec_push(covers->arena, &covers->trees);

		for (to = from; to < n && spans[to].field == spans[from].field;)
			to++;
		if (!tree)
			return -ENOMEM;
		*tree = (struct tree){ spans[from].field, spans + from, NULL,
				       to - from };
		tree->most = fw_arena_array(covers->arena, tree->n,
					    sizeof(*tree->most));
		if (!tree->most)
			return -ENOMEM;
		(void)fill_most(tree, 0, tree->n);
	}
	return 0;
}

/* Of each cover the span that fewest share. spans are sorted; those chosen move
 * to the front and stay so. */
static int choose(struct fw_covers *covers, struct span *spans, size_t n,
		  size_t *ret_n)
{
	size_t *best = fw_arena_array(covers->arena, covers->n, sizeof(*best));
	size_t *field = fw_arena_array(covers->arena, covers->n,
				       sizeof(*field));
	size_t out = 0;

	if (!best || !field)
		return -ENOMEM;
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from; to < n && same_span(&spans[to], &spans[from]);)
			to++;
		for (size_t i = from; i < to; i++) {
			size_t *least = &best[spans[i].cover];

			if (*least && *least <= to - from)
				continue;
			*least = to - from;
			field[spans[i].cover] = spans[i].field;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (field[spans[i].cover] == spans[i].field)
			spans[out++] = spans[i];
	*ret_n = out;
	return 0;
}

struct fw_covers *fw_covers_new(struct fw_arena *arena,
				const struct fw_cover *covers, size_t n,
				size_t *work)
{
	struct fw_covers *ret = fw_arena_alloc(arena, sizeof(*ret));
	struct span *spans;
	size_t n_spans = 0, k = 0;

	for (size_t i = 0; i < n; i++)
		n_spans += covers[i].box.n;
	spans = fw_arena_array(arena, n_spans, sizeof(*spans));
	if (!ret || !spans)
		return NULL;
	*ret = (struct fw_covers){ .arena = arena, .covers = covers, .n = n,
				     .work = work };
	for (size_t i = 0; i < n; i++) {
		const struct fw_box *box = &covers[i].box;
		size_t *slot;

		for (size_t t = 0; t < box->n; t++) {
			const struct fw_match *test = &box->tests[t];

			spans[k++] = (struct span){
				test->field, test->intervals[0].lo,
				test->intervals[test->n_intervals - 1].hi, i };
		}
		if (box->n)
			continue;
		slot = fw_vec_push(arena, &ret->always);
		if (!slot)
			return NULL;
		*slot = i;
	}
	if (n_spans)
		qsort(spans, n_spans, sizeof(*spans), by_span);
	if (choose(ret, spans, n_spans, &n_spans) ||
	    plant(ret, spans, n_spans))
		return NULL;
	return ret;
}

/* --- asking --------------------------------------------------------------- */
struct question {
	struct fw_covers *covers;
	struct fw_box box;
	size_t rule;
	const size_t *changed;
	const struct fw_cover *whole;	/* takes all; the first of those */
	const struct fw_cover *some;	/* takes the corner */
};

/* No rule between has changed what the cover looked at. */
static bool still_holds(const struct question *q, const struct fw_cover *cover)
{
	for (unsigned b = 0; b < 64; b++)
		if (cover->reads >> b & 1 && q->changed[b] > cover->rule)
			return false;
	return true;
}

static void consider(struct question *q, size_t i)
{
	const struct fw_cover *cover = &q->covers->covers[i];

	(*q->covers->work)++;
	if (cover->rule >= q->rule || (q->whole && q->whole <= cover) ||
	    !fw_box_has_corner(&cover->box, &q->box) ||
	    !still_holds(q, cover))
		return;
	*q->covers->work += q->box.n;
	if (fw_box_within(&q->box, &cover->box))
		q->whole = cover;
	else if (!q->some || cover < q->some)
		q->some = cover;
}

static void stab(struct question *q, const struct tree *tree, fw_u128 value,
		 size_t from, size_t to)
{
	while (from < to && *q->covers->work < FW_COVERS_WORK) {
		size_t mid = from + (to - from) / 2;

		(*q->covers->work)++;
		if (tree->most[mid] < value)
			return;
		if (tree->spans[mid].lo > value) {
			to = mid;
			continue;
		}
		stab(q, tree, value, from, mid);
		if (tree->spans[mid].hi >= value)
			consider(q, tree->spans[mid].cover);
		from = mid + 1;
	}
}

static void ask_corner(struct question *q)
{
	const struct fw_covers *covers = q->covers;

	q->whole = q->some = NULL;
	for (size_t i = 0; i < covers->always.n && !q->whole; i++)
		consider(q, covers->always.items[i]);
	for (size_t t = 0; t < covers->trees.n; t++) {
		const struct tree *tree = &covers->trees.items[t];
		const struct fw_match *test = fw_box_test(
			&q->box, (enum fw_field)tree->field);

		if (test)
			stab(q, tree, test->intervals[0].lo, 0, tree->n);
	}
}

/* Keeps the rules in order, each once. */
static void note_rule(size_t rule, size_t *rules, size_t max, size_t *n)
{
	size_t at = 0;

	while (at < *n && rules[at] < rule)
		at++;
	if (at == max || (at < *n && rules[at] == rule))
		return;
	if (*n < max)
		(*n)++;
	for (size_t i = *n - 1; i > at; i--)
		rules[i] = rules[i - 1];
	rules[at] = rule;
}

static size_t count_values(const struct fw_box *box)
{
	size_t n = 0;

	for (size_t i = 0; i < box->n; i++)
		n += box->tests[i].n_intervals;
	return n;
}

int fw_covers_ask(struct fw_covers *covers, const struct fw_box *box,
		  size_t rule, const size_t *changed, size_t *ret_rules,
		  size_t max, size_t *ret_n)
{
	struct question q = { .covers = covers, .rule = rule,
			      .changed = changed };
	fw_box_vec todo = { 0 };
	struct fw_box *slot = fw_vec_push(covers->arena, &todo);
	size_t n = 0;

	*ret_n = 0;
	if (!slot)
		return -ENOMEM;
	*slot = *box;
	for (size_t pieces = 0; todo.n; pieces++) {
		size_t values;
		int r;

		q.box = todo.items[--todo.n];
		ask_corner(&q);
		if (*covers->work >= FW_COVERS_WORK || pieces == MAX_PIECES ||
		    (!q.whole && !q.some))
			return 0;
		note_rule((q.whole ? q.whole : q.some)->rule, ret_rules, max,
			  &n);
		if (q.whole)
			continue;
		values = count_values(&q.box) + count_values(&q.some->box);
		if (values > MAX_VALUES)
			return 0;
		*covers->work += values;
		r = fw_box_subtract(covers->arena, &q.box, &q.some->box,
				    &todo);
		if (r)
			return r;
	}
	*ret_n = n;
	return 0;
}
