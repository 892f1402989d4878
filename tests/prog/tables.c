/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a plan with XDP rules. Out: its generational tables. Memory may run out.
 *
 * A field's range falls into segments in which no rule changes its mind; each is
 * asked once, through one of its values. Addresses become prefixes of the LPM
 * tries, so that no prefix lies within another; a class is its row's distance from
 * that of class 0.
 */
#include "tables.h"

#include <errno.h>
#include <string.h>

#include "compile/lower.h"
#include "plans.h"
#include "util/vec.h"

struct builder {
	struct fw_plan *plan;
	FW_VEC(struct fw_row) rows;
	FW_VEC(struct fw_plan_table) tables;
	struct fw_gen gen;
};

struct segments {
	FW_VEC(fw_u128) starts;
};

static bool admits(const struct fw_xdp_rule *rule, enum fw_field field,
		   const fw_u128 *value)
{
	for (size_t m = 0; m < rule->n_matches; m++) {
		const struct fw_match *match = &rule->matches[m];
		bool in = false;

		if (match->field != field)
			continue;
		for (size_t i = 0; value && i < match->n_intervals; i++)
			in |= *value >= match->intervals[i].lo &&
			      *value <= match->intervals[i].hi;
		if (!in)
			return false;
	}
	return true;
}

static bool in_use(const struct fw_xdp_rule *rule)
{
	return rule->rule != FW_NO_RULE;
}

static void add_rule(struct fw_row *row, uint32_t rule)
{
	row->words[rule / 64] |= UINT64_C(1) << rule % 64;
	row->any |= UINT64_C(1) << rule / 64;
}

/* The number of a row; -ENOMEM. */
static int find_row(struct builder *b, const struct fw_row *row, uint32_t *ret)
{
	struct fw_row *fresh;

	for (uint32_t i = 0; i < b->rows.n; i++)
		if (memcmp(&b->rows.items[i], row, sizeof(*row)) == 0) {
			*ret = i;
			return 0;
		}
	*ret = (uint32_t)b->rows.n;
	fresh = fw_vec_push(b->plan->arena, &b->rows);
	if (!fresh)
		return -ENOMEM;
	*fresh = *row;
	return 0;
}

/* Of an address, the one of the other version, which no packet has beside it; of
 * other fields the field itself. */
static enum fw_field beside(enum fw_field field)
{
	switch (field) {
	case FW_FIELD_SADDR4:
		return FW_FIELD_SADDR6;
	case FW_FIELD_SADDR6:
		return FW_FIELD_SADDR4;
	case FW_FIELD_DADDR4:
		return FW_FIELD_DADDR6;
	case FW_FIELD_DADDR6:
		return FW_FIELD_DADDR4;
	default:
		return field;
	}
}

/* The number of the row for a value of the field; value NULL: it is absent. */
static int row_of(struct builder *b, enum fw_field field, const fw_u128 *value,
		  uint32_t *ret)
{
	enum fw_field other = beside(field);
	struct fw_row row = {0};

	for (uint32_t r = 0; r < b->plan->xdp.n_rules; r++)
		if (in_use(&b->plan->xdp.rules[r]) &&
		    admits(&b->plan->xdp.rules[r], field, value) &&
		    (other == field ||
		     admits(&b->plan->xdp.rules[r], other, NULL)))
			add_rule(&row, r);
	return find_row(b, &row, ret);
}

static int add_start(struct builder *b, struct segments *segments, fw_u128 at)
{
	fw_u128 *start;
	size_t i;

	for (i = 0; i < segments->starts.n; i++)
		if (segments->starts.items[i] == at)
			return 0;
	start = fw_vec_push(b->plan->arena, &segments->starts);
	if (!start)
		return -ENOMEM;
	for (i = segments->starts.n - 1;
	     i && segments->starts.items[i - 1] > at; i--)
		segments->starts.items[i] = segments->starts.items[i - 1];
	segments->starts.items[i] = at;
	return 0;
}

static int find_segments(struct builder *b, enum fw_field field,
			 struct segments *segments)
{
	int r = add_start(b, segments, 0);

	for (uint32_t i = 0; i < b->plan->xdp.n_rules; i++) {
		const struct fw_xdp_rule *rule = &b->plan->xdp.rules[i];

		for (size_t m = 0; m < rule->n_matches; m++) {
			const struct fw_match *match = &rule->matches[m];

			for (size_t k = 0; !r && k < match->n_intervals; k++) {
				if (match->field != field)
					continue;
				r = add_start(b, segments,
					      match->intervals[k].lo);
				if (!r && match->intervals[k].hi <
						  field_max(field))
					r = add_start(b, segments,
						      match->intervals[k].hi + 1);
			}
		}
	}
	return r;
}

static fw_u128 segment_end(const struct segments *segments, size_t i,
			   enum fw_field field)
{
	return i + 1 < segments->starts.n ? segments->starts.items[i + 1] - 1
					  : field_max(field);
}

static int add_table(struct builder *b, const char *name,
		     enum fw_table_kind kind, uint32_t key_size,
		     uint32_t value_size, uint32_t n, const void *keys,
		     const void *values)
{
	struct fw_plan_table *table = fw_vec_push(b->plan->arena, &b->tables);

	if (!table)
		return -ENOMEM;
	*table = (struct fw_plan_table){
		.name = name,
		.kind = kind,
		.key_size = key_size,
		.value_size = value_size,
		.n = n,
		.keys = keys,
		.values = values,
	};
	return 0;
}

/* Rows of values 0 to the field's largest. */
static int fill_array(struct builder *b, enum fw_field field, uint32_t *values)
{
	struct segments segments = {0};
	int r = find_segments(b, field, &segments);

	for (size_t i = 0; !r && i < segments.starts.n; i++) {
		fw_u128 at = segments.starts.items[i];
		uint32_t row;

		r = row_of(b, field, &at, &row);
		for (; !r && at <= segment_end(&segments, i, field); at++)
			values[at] = row;
	}
	if (!r)
		r = row_of(b, field, NULL, &b->gen.absent[field]);
	return r;
}

struct prefixes {
	FW_VEC(uint8_t) keys;
	FW_VEC(uint32_t) values;
};

static int add_prefix(struct builder *b, struct prefixes *prefixes,
		      fw_u128 address, uint32_t len, uint32_t size,
		      uint32_t class)
{
	uint32_t *value = fw_vec_push(b->plan->arena, &prefixes->values);

	if (!value)
		return -ENOMEM;
	*value = class;
	for (uint32_t i = 0; i < 4 + size; i++) {
		uint8_t *byte = fw_vec_push(b->plan->arena, &prefixes->keys);

		if (!byte)
			return -ENOMEM;
		if (i < 4)
			*byte = ((const uint8_t *)&len)[i];
		else
			*byte = (uint8_t)(address >> 8 * (size - 1 - (i - 4)));
	}
	return 0;
}

/* lo to hi, as the fewest prefixes. */
static int add_range(struct builder *b, struct prefixes *prefixes, fw_u128 lo,
		     fw_u128 hi, uint32_t size, uint32_t class)
{
	for (;;) {
		uint32_t free_bits = 0;
		fw_u128 last = lo;
		int r;

		while (free_bits < size * 8 && !(lo >> free_bits & 1)) {
			fw_u128 wider = last | (fw_u128)1 << free_bits;

			if (wider > hi)
				break;
			last = wider;
			free_bits++;
		}
		r = add_prefix(b, prefixes, lo, size * 8 - free_bits, size,
			       class);
		if (r || last == hi)
			return r;
		lo = last + 1;
	}
}

static int add_addresses(struct builder *b, const char *name,
			 enum fw_field field, uint32_t size)
{
	struct segments segments = {0};
	struct prefixes prefixes = {0};
	int r = find_segments(b, field, &segments);

	if (!r)
		r = row_of(b, field, NULL, &b->gen.absent[field]);
	/* The first segment is what has no entry. */
	for (size_t i = 0; !r && i < segments.starts.n; i++) {
		fw_u128 at = segments.starts.items[i];
		uint32_t row;

		r = row_of(b, field, &at, &row);
		if (!i)
			b->gen.other[field] = row;
		else if (!r && row != b->gen.other[field])
			r = add_range(b, &prefixes, at,
				      segment_end(&segments, i, field), size,
				      row - b->gen.other[field]);
	}
	if (r)
		return r;
	return add_table(b, name, FW_TABLE_LPM, 4 + size, 4,
			 (uint32_t)prefixes.values.n, prefixes.keys.items,
			 (const uint8_t *)prefixes.values.items);
}

static int add_ports(struct builder *b, const char *name, enum fw_field field)
{
	uint32_t *values = fw_arena_array(b->plan->arena, 65536, 4);
	int r = values ? fill_array(b, field, values) : -ENOMEM;

	return r ? r
		 : add_table(b, name, FW_TABLE_ARRAY, 4, 4, 65536, NULL, values);
}

static int add_small(struct builder *b)
{
	static const struct {
		enum fw_field field;
		uint32_t base;
	} fields[] = {
		{FW_FIELD_L3, FW_SMALL_L3},
		{FW_FIELD_NEXTHDR, FW_SMALL_NEXTHDR},
		{FW_FIELD_L4PROTO, FW_SMALL_L4PROTO},
		{FW_FIELD_TCP_FLAGS, FW_SMALL_TCP_FLAGS},
		{FW_FIELD_ICMP_TYPE, FW_SMALL_ICMP_TYPE},
		{FW_FIELD_ICMP_CODE, FW_SMALL_ICMP_CODE},
	};
	uint32_t *values = fw_arena_array(b->plan->arena, FW_SMALL_MAX, 4);
	int r = values ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < sizeof(fields) / sizeof(fields[0]); i++)
		r = fill_array(b, fields[i].field, values + fields[i].base);
	return r ? r
		 : add_table(b, "small", FW_TABLE_ARRAY, 4, 4, FW_SMALL_MAX,
			     NULL, values);
}

/* Every segment is a cut of its own, also where rows are alike. */
static int add_tests(struct builder *b)
{
	struct fw_test *tests = fw_arena_array(b->plan->arena, FW_TESTS_MAX,
					       sizeof(*tests));
	FW_VEC(struct fw_cut) cuts = {0};
	int r = tests ? 0 : -ENOMEM;

	for (enum fw_field f = FW_FIELD_MAX_; !r && f < FW_FIELD_ALL_MAX_; f++) {
		struct segments segments = {0};
		struct fw_test *test = &tests[FW_TEST_OF(f)];

		if (!fw_field_in_xdp(f))
			continue;
		*test = *fw_field_test(f);
		test->first = (uint32_t)cuts.n;
		r = find_segments(b, f, &segments);
		if (!r)
			r = row_of(b, f, NULL, &test->absent);
		for (size_t i = 0; !r && i < segments.starts.n; i++) {
			fw_u128 at = segments.starts.items[i];
			struct fw_cut *cut = fw_vec_push(b->plan->arena, &cuts);

			if (!cut)
				return -ENOMEM;
			*cut = (struct fw_cut){.from = (uint64_t)at};
			r = row_of(b, f, &at, &cut->row);
		}
		test->n = (uint32_t)cuts.n - test->first;
	}
	r = r ? r
	      : add_table(b, "tests", FW_TABLE_ARRAY, 4, sizeof(*tests),
			  FW_TESTS_MAX, NULL, tests);
	return r ? r
		 : add_table(b, "cuts", FW_TABLE_ARRAY, 4,
			     sizeof(struct fw_cut), (uint32_t)cuts.n, NULL,
			     cuts.items);
}

static int add_gen(struct builder *b)
{
	struct fw_row every = {0};
	struct fw_gen *gen;
	int r;

	for (uint32_t i = 0; i < b->plan->xdp.n_rules; i++)
		if (in_use(&b->plan->xdp.rules[i]))
			add_rule(&every, i);
	r = find_row(b, &every, &b->gen.every);
	if (r)
		return r;
	b->gen.magic = FW_GEN_MAGIC;
	b->gen.flags = FW_GEN_CLASSIFY | FW_GEN_SADDR4_LPM | FW_GEN_DADDR4_LPM |
		       FW_GEN_SADDR6_LPM | FW_GEN_DADDR6_LPM;
	b->gen.mark_shift = b->plan->options.mark_shift;
	b->gen.rules = b->plan->xdp.n_rules;
	gen = fw_arena_memdup(b->plan->arena, &b->gen, sizeof(b->gen));
	return gen ? add_table(b, "gen", FW_TABLE_ARRAY, 4, sizeof(*gen), 1,
			       NULL, gen)
		   : -ENOMEM;
}

int tables_build(struct fw_plan *plan)
{
	struct builder b = {.plan = plan};
	int r = add_addresses(&b, "saddr4_lpm", FW_FIELD_SADDR4, 4);

	r = r ? r : add_addresses(&b, "daddr4_lpm", FW_FIELD_DADDR4, 4);
	r = r ? r : add_addresses(&b, "saddr6_lpm", FW_FIELD_SADDR6, 16);
	r = r ? r : add_addresses(&b, "daddr6_lpm", FW_FIELD_DADDR6, 16);
	r = r ? r : add_ports(&b, "sport", FW_FIELD_SPORT);
	r = r ? r : add_ports(&b, "dport", FW_FIELD_DPORT);
	r = r ? r : add_small(&b);
	r = r ? r : add_tests(&b);
	r = r ? r : add_gen(&b);
	r = r ? r
	      : add_table(&b, "rows", FW_TABLE_ARRAY, 4, sizeof(struct fw_row),
			  (uint32_t)b.rows.n, NULL, b.rows.items);
	if (r)
		return r;
	plan->xdp.tables = b.tables.items;
	plan->xdp.n_tables = b.tables.n;
	return 0;
}
