/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The classifier's tables: field value -> equivalence class -> bit vector of
 * rules (aggregated bit vectors: Lakshman and Stiliadis, SIGCOMM 1998; Baboescu
 * and Varghese, SIGCOMM 2001).
 *
 * In: plan->xdp.rules, one match a field each. Out: plan->xdp.tables, in the
 * layout of abi.h, sorted, the same for the same rules. More classes than the
 * kernel should hold are a diagnostic; else it fails only for want of memory.
 *
 * Values with the same rules are one class, and the class is its row: rows are
 * interned, so equal ones are one. Row 0 is empty. Ports and bytes are swept
 * over the ends of their intervals, and so is what a test looks up
 * (classes_tests.c); addresses go by prefix, and have classes of their own, whose
 * rows stand side by side (classes_addresses.c).
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/classes.h"
#include "compile/lower.h"
#include "util/cleanup.h"

/* --- rows ----------------------------------------------------------------- */
/* 65 MiB, and as much again for the other slot. */
#define ROWS_MAX (1u << 17)

void fw_rows_done(struct fw_rows *rows)
{
	free(rows->items);
	free(rows->slots);
}

static uint32_t hash_row(const struct fw_row *row)
{
	uint64_t h = 0;

	for (int i = 0; i < FW_ROW_WORDS; i++) {
		h = (h ^ row->words[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return (uint32_t)(h ^ h >> 32);
}

static uint32_t *find_slot(struct fw_rows *rows, const struct fw_row *row)
{
	uint32_t i = hash_row(row) & (rows->n_slots - 1);

	while (rows->slots[i] &&
	       memcmp(&rows->items[rows->slots[i] - 1], row, sizeof(*row)) != 0)
		i = (i + 1) & (rows->n_slots - 1);
	return &rows->slots[i];
}

static int grow_rows(struct fw_rows *rows)
{
	uint32_t cap = rows->cap ? rows->cap * 2 : 64;
	struct fw_row *items;
	uint32_t *slots;

	if (cap > ROWS_MAX)
		return -ENOSPC;
	items = realloc(rows->items, cap * sizeof(*items));
	if (!items)
		return -ENOMEM;
	rows->items = items;
	slots = calloc(cap * 2, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(rows->slots);
	rows->slots = slots;
	rows->n_slots = cap * 2;
	rows->cap = cap;
	for (uint32_t i = 0; i < rows->n; i++)
		*find_slot(rows, &rows->items[i]) = i + 1;
	return 0;
}

static void sum_up(struct fw_row *row)
{
	row->any = 0;
	for (int w = 0; w < FW_ROW_WORDS; w++)
		row->any |= (uint64_t)(row->words[w] != 0) << w;
}

int fw_rows_intern(struct fw_rows *rows, struct fw_row *row, uint32_t *ret)
{
	uint32_t *slot;
	int r = rows->n == rows->cap ? grow_rows(rows) : 0;

	if (r < 0)
		return r;
	sum_up(row);
	slot = find_slot(rows, row);
	if (!*slot) {
		rows->items[rows->n++] = *row;
		*slot = rows->n;
	}
	*ret = *slot - 1;
	return 0;
}

int fw_classes_intern(struct fw_classes *b, struct fw_row *row, uint32_t *ret)
{
	return fw_rows_intern(&b->rows, row, ret);
}

int fw_rows_append(struct fw_rows *rows, const struct fw_rows *more,
		   uint32_t *ret)
{
	*ret = rows->n;
	for (uint32_t i = 0; i < more->n; i++) {
		int r = rows->n == rows->cap ? grow_rows(rows) : 0;

		if (r < 0)
			return r;
		rows->items[rows->n++] = more->items[i];
	}
	return 0;
}

static void flip(struct fw_row *row, uint32_t rule)
{
	row->words[rule / 64] ^= 1ULL << (rule % 64);
}

void fw_row_set(struct fw_row *row, uint32_t rule)
{
	row->words[rule / 64] |= 1ULL << (rule % 64);
}

void fw_row_and(struct fw_row *row, const struct fw_row *other)
{
	for (int w = 0; w < FW_ROW_WORDS; w++)
		row->words[w] &= other->words[w];
	sum_up(row);
}

/* --- the rules of a field ------------------------------------------------- */
const struct fw_match *fw_classes_match(const struct fw_xdp_rule *rule,
					enum fw_field field)
{
	const struct fw_match *found = NULL;

	if (!fw_xdp_rule_acts(rule))
		return NULL;
	for (size_t i = 0; i < rule->n_matches; i++)
		if (rule->matches[i].field == field) {
			assert(!found);
			found = &rule->matches[i];
		}
	return found;
}

static size_t count_intervals(const struct fw_classes *b, enum fw_field field)
{
	size_t n = 0;

	for (uint32_t i = 0; i < b->plan->xdp.n_rules; i++) {
		const struct fw_match *m =
			fw_classes_match(&b->plan->xdp.rules[i], field);

		n += m ? m->n_intervals : 0;
	}
	return n;
}

static int make_bases(struct fw_classes *b)
{
	const struct fw_plan_xdp *xdp = &b->plan->xdp;
	struct fw_row empty = { 0 }, every = { 0 };
	uint32_t row;
	int r = fw_classes_intern(b, &empty, &row);

	for (int f = 0; r == 0 && f < FW_FIELD_ALL_MAX_; f++)
		for (uint32_t i = 0; i < xdp->n_rules; i++)
			if (fw_xdp_rule_acts(&xdp->rules[i]) &&
			    !fw_classes_match(&xdp->rules[i], (enum fw_field)f))
				fw_row_set(&b->base[f], i);
	for (int f = 0; r == 0 && f < FW_FIELD_MAX_; f++) {
		struct fw_row absent = b->base[f];

		if (f >= FW_FIELD_SADDR4 && f <= FW_FIELD_DADDR6)
			fw_row_and(&absent, &b->base[FW_FIELD_BESIDE(f)]);
		r = fw_classes_intern(b, &absent, &b->gen.absent[f]);
	}
	for (uint32_t i = 0; i < xdp->n_rules; i++)
		if (fw_xdp_rule_acts(&xdp->rules[i]))
			fw_row_set(&every, i);
	return r ? r : fw_classes_intern(b, &every, &b->gen.every);
}

int fw_classes_table(struct fw_classes *b, const char *name,
		     enum fw_table_kind kind, size_t key_size,
		     size_t value_size, size_t n, const void *keys,
		     const void *values)
{
	struct fw_plan_table *t = fw_vec_push(b->plan->arena, &b->tables);

	if (!t)
		return -ENOMEM;
	*t = (struct fw_plan_table){
		.name = name,
		.kind = kind,
		.key_size = (uint32_t)key_size,
		.value_size = (uint32_t)value_size,
		.n = (uint32_t)n,
		.keys = keys,
		.values = values,
	};
	return 0;
}

/* --- ports and bytes ------------------------------------------------------ */
struct edge {
	uint64_t at;		/* from here on … */
	uint32_t rule;		/* … this rule is in, or out again */
};

static int by_place(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static size_t collect_edges(const struct fw_classes *b, enum fw_field field,
			    struct edge *edges)
{
	size_t n = 0;

	for (uint32_t i = 0; i < b->plan->xdp.n_rules; i++) {
		const struct fw_match *m =
			fw_classes_match(&b->plan->xdp.rules[i], field);

		for (size_t k = 0; m && k < m->n_intervals; k++) {
			edges[n++] = (struct edge){
				(uint64_t)m->intervals[k].lo, i };
			edges[n++] = (struct edge){
				(uint64_t)m->intervals[k].hi + 1, i };
		}
	}
	return n;
}

int fw_classes_sweep(struct fw_classes *b, enum fw_field field,
		     fw_classes_run_fn fn, void *ctx)
{
	size_t n = 2 * count_intervals(b, field), at = 0;
	_cleanup_free_ struct edge *edges = malloc((n + 1) * sizeof(*edges));
	uint64_t max = (uint64_t)fw_field_max(field), v = 0;
	struct fw_row row = b->base[field];
	int r = edges ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	n = collect_edges(b, field, edges);
	qsort(edges, n, sizeof(*edges), by_place);
	while (r == 0 && v <= max) {
		uint64_t end;
		uint32_t id;

		while (at < n && edges[at].at == v)
			flip(&row, edges[at++].rule);
		end = at < n && edges[at].at <= max ? edges[at].at : max + 1;
		r = fw_classes_intern(b, &row, &id);
		if (r == 0)
			r = fn(ctx, v, end - 1, id);
		v = end;
	}
	return r;
}

static int fill_values(void *ctx, uint64_t from, uint64_t to, uint32_t row)
{
	uint32_t *values = ctx;

	for (uint64_t v = from; v <= to; v++)
		values[v] = row;
	return 0;
}

static int build_ports(struct fw_classes *b, const char *name, enum fw_field field)
{
	uint32_t *values = fw_arena_array(b->plan->arena, 65536,
					  sizeof(*values));
	int r = values ? fw_classes_sweep(b, field, fill_values, values) :
			-ENOMEM;

	if (r < 0)
		return r;
	return fw_classes_table(b, name, FW_TABLE_ARRAY, sizeof(uint32_t),
			 sizeof(uint32_t), 65536, NULL, values);
}

static int build_small(struct fw_classes *b)
{
	static const struct {
		enum fw_field field;
		uint32_t base;
	} parts[] = {
		{ FW_FIELD_L3, FW_SMALL_L3 },
		{ FW_FIELD_NEXTHDR, FW_SMALL_NEXTHDR },
		{ FW_FIELD_L4PROTO, FW_SMALL_L4PROTO },
		{ FW_FIELD_TCP_FLAGS, FW_SMALL_TCP_FLAGS },
		{ FW_FIELD_ICMP_TYPE, FW_SMALL_ICMP_TYPE },
		{ FW_FIELD_ICMP_CODE, FW_SMALL_ICMP_CODE },
	};
	uint32_t *values = fw_arena_array(b->plan->arena, FW_SMALL_MAX,
					  sizeof(*values));
	int r = values ? 0 : -ENOMEM;

	/* L3 values that do not exist keep row 0. */
	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(parts); i++)
		r = fw_classes_sweep(b, parts[i].field, fill_values,
				     values + parts[i].base);
	if (r < 0)
		return r;
	return fw_classes_table(b, "small", FW_TABLE_ARRAY, sizeof(uint32_t),
			 sizeof(uint32_t), FW_SMALL_MAX, NULL, values);
}

/* --- the tables ----------------------------------------------------------- */
static int build_rows(struct fw_classes *b)
{
	void *values = fw_arena_memdup(b->plan->arena, b->rows.items,
				       b->rows.n * sizeof(*b->rows.items));

	if (!values)
		return -ENOMEM;
	return fw_classes_table(b, "rows", FW_TABLE_ARRAY, sizeof(uint32_t),
			 sizeof(struct fw_row), b->rows.n, NULL, values);
}

/* Where TC is the first to see packets, it judges which are malformed. */
static bool judges(const struct fw_plan *plan)
{
	for (size_t i = 0; i < plan->n_devices; i++)
		if (plan->devices[i].tc)
			return true;
	return plan->xdp.n_devices > 0;
}

static int build_gen(struct fw_classes *b, const struct fw_typed *typed)
{
	void *value;

	b->gen.magic = FW_GEN_MAGIC;
	b->gen.rules = b->plan->xdp.n_rules;
	b->gen.flags |= judges(b->plan) ? FW_GEN_CLASSIFY : 0;
	b->gen.mark_shift = typed->options.mark_shift;
	value = fw_arena_memdup(b->plan->arena, &b->gen, sizeof(b->gen));
	if (!value)
		return -ENOMEM;
	return fw_classes_table(b, "gen", FW_TABLE_ARRAY, sizeof(uint32_t),
			 sizeof(b->gen), 1, NULL, value);
}

/* At the first ingress chain: it is all of them together that are too many. */
static int refuse(const struct fw_typed *typed, int r)
{
	static const struct fw_loc nowhere = { .file = "" };
	const struct fw_loc *loc = &nowhere;

	for (size_t i = typed->n_tables; i-- > 0;)
		for (size_t k = typed->tables[i].n_chains; k-- > 0;)
			if (typed->tables[i].chains[k].hook == FW_HOOK_INGRESS &&
			    typed->tables[i].chains[k].item)
				loc = &typed->tables[i].chains[k].item->loc;
	if (r == -E2BIG)
		fw_error(typed->diags, "too-many-prefixes", loc,
			 "the addresses of ingress chains are more prefixes "
			 "than XDP can hold: a range may be many");
	else
		fw_error(typed->diags, "too-many-classes", loc,
			 "the rules of ingress chains tell more than %u classes "
			 "of values apart, as many as XDP can hold", ROWS_MAX);
	return 0;
}

int fw_classes_build(const struct fw_typed *typed, struct fw_plan *plan)
{
	struct fw_classes b = { .plan = plan };
	int r = make_bases(&b);

	if (r == 0)
		r = fw_classes_addresses(&b);
	if (r == 0)
		r = build_ports(&b, "sport", FW_FIELD_SPORT);
	if (r == 0)
		r = build_ports(&b, "dport", FW_FIELD_DPORT);
	if (r == 0)
		r = build_small(&b);
	if (r == 0)
		r = fw_classes_tests(&b);
	if (r == 0)
		r = build_rows(&b);
	if (r == 0)
		r = build_gen(&b, typed);
	fw_rows_done(&b.rows);
	if (r == -ENOSPC || r == -E2BIG)
		return refuse(typed, r);
	if (r < 0)
		return r;
	plan->xdp.tables = b.tables.items;
	plan->xdp.n_tables = b.tables.n;
	return 0;
}
