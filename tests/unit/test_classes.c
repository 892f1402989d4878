/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The classifier's tables against a naive reading of the rules: seeded random
 * rule sets, packets with values at and beside the ends of intervals, fields
 * that are absent. And: the tables' shape, their order, a large set's time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compile/lower.h"
#include "plan/trie_walk.h"
#include "util/cleanup.h"

static uint64_t seed;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t below(uint64_t n)
{
	return draw() % n;
}

/* --- random rules --------------------------------------------------------- */
/* Few distinct values, so that rules overlap. */
static fw_u128 draw_value(enum fw_field field)
{
	fw_u128 max = fw_field_max(field);
	fw_u128 v = ((fw_u128)draw() << 64 | draw()) & max;

	if (max < 256)
		return v & (field == FW_FIELD_L3 ? 3 : max);
	switch (below(4)) {
	case 0:
		return max - below(3);
	case 1:
		return below(3);
	case 2:
		return ((fw_u128)below(16) << (field == FW_FIELD_SADDR6 ||
					       field == FW_FIELD_DADDR6 ?
					       120 : max > 65535 ? 24 : 8)) &
		       max;
	default:
		return v & max;
	}
}

static struct fw_interval draw_interval(enum fw_field field)
{
	fw_u128 max = fw_field_max(field);
	fw_u128 lo = draw_value(field), hi = lo;

	switch (below(3)) {
	case 0:
		hi = draw_value(field);
		break;
	case 1:		/* a prefix */
		hi = max >> below(max == ~(fw_u128)0 ? 128 : 32);
		lo &= ~hi;
		hi = (lo | hi) & max;
		break;
	default:
		break;
	}
	return lo <= hi ? (struct fw_interval){ lo, hi } :
			  (struct fw_interval){ hi, lo };
}

static void draw_match(struct fw_arena *arena, enum fw_field field,
		       struct fw_match *m)
{
	size_t n = 1 + below(4);
	struct fw_interval *iv = fw_arena_array(arena, n, sizeof(*iv));

	for (size_t i = 0; i < n; i++)
		iv[i] = draw_interval(field);
	*m = (struct fw_match){ field, iv, fw_intervals_merge(iv, n) };
	if (below(4) == 0)
		m->intervals = fw_intervals_complement(
			arena, iv, m->n_intervals, fw_field_max(field),
			&m->n_intervals);
}

static void draw_rule(struct fw_arena *arena, struct fw_xdp_rule *rule)
{
	struct fw_match *m = fw_arena_array(arena, FW_FIELD_ALL_MAX_, sizeof(*m));

	for (int f = 0; f < FW_FIELD_ALL_MAX_; f++)
		if (fw_field_in_xdp((enum fw_field)f) &&
		    below(f < FW_FIELD_MAX_ ? 5 : 20) == 0)
			draw_match(arena, (enum fw_field)f,
				   &m[rule->n_matches++]);
	rule->matches = m;
	rule->verdict = (enum fw_verdict)below(3);
	rule->counted = below(2);
	rule->rule = FW_NO_RULE;
}

/* --- packets -------------------------------------------------------------- */
struct packet {
	bool has[FW_FIELD_ALL_MAX_];
	fw_u128 value[FW_FIELD_ALL_MAX_];
};

/* A value at or beside an end of some rule's interval. */
static fw_u128 near_value(const struct fw_plan_xdp *xdp, enum fw_field field)
{
	const struct fw_xdp_rule *r = &xdp->rules[below(xdp->n_rules)];

	for (size_t i = 0; i < r->n_matches; i++) {
		const struct fw_match *m = &r->matches[i];
		const struct fw_interval *iv;

		if (m->field != field || !m->n_intervals)
			continue;
		iv = &m->intervals[below(m->n_intervals)];
		return ((below(2) ? iv->lo : iv->hi) + below(3) - 1) &
		       (field == FW_FIELD_L3 ? 3 : fw_field_max(field));
	}
	return draw_value(field);
}

static void draw_packet(const struct fw_plan_xdp *xdp, struct packet *p)
{
	for (int f = 0; f < FW_FIELD_ALL_MAX_; f++) {
		p->has[f] = f == FW_FIELD_L3 || below(4) > 0;
		p->value[f] = near_value(xdp, (enum fw_field)f);
	}
	/* Addresses of one version alone. */
	for (enum fw_field f = FW_FIELD_SADDR4; f <= FW_FIELD_DADDR4; f++)
		if (p->has[f] && p->has[FW_FIELD_BESIDE(f)])
			p->has[below(2) ? f : FW_FIELD_BESIDE(f)] = false;
}

static bool naive(const struct fw_xdp_rule *rule, const struct packet *p)
{
	if (rule->verdict == FW_VERDICT_NONE && !rule->counted)
		return false;
	for (size_t i = 0; i < rule->n_matches; i++) {
		const struct fw_match *m = &rule->matches[i];
		bool in = false;

		for (size_t k = 0; k < m->n_intervals; k++)
			in |= m->intervals[k].lo <= p->value[m->field] &&
			      p->value[m->field] <= m->intervals[k].hi;
		if (!in || !p->has[m->field])
			return false;
	}
	return true;
}

/* --- look-up, as the program does it -------------------------------------- */
static const struct fw_plan_table *table(const struct fw_plan *plan,
					 const char *name)
{
	const struct fw_plan_table *t = fw_plan_table(plan, name);

	assert_non_null(t);
	return t;
}

static uint32_t value_at(const struct fw_plan_table *t, size_t i)
{
	uint32_t v;

	assert_true(i < t->n);
	memcpy(&v, t->values + i * sizeof(v), sizeof(v));
	return v;
}

static bool covers(const uint8_t *net, uint32_t len, fw_u128 addr,
		   unsigned width)
{
	for (unsigned i = 0; i < len; i++)
		if ((net[i / 8] >> (7 - i % 8) & 1) !=
		    (unsigned)(addr >> (width - 1 - i) & 1))
			return false;
	return true;
}

static uint32_t lpm(const struct fw_plan_table *t, fw_u128 addr, uint32_t other)
{
	unsigned width = (t->key_size - 4) * 8;
	uint32_t found = other;
	int best = -1;

	for (size_t i = 0; i < t->n; i++) {
		const uint8_t *key = t->keys + i * t->key_size;
		uint32_t len;

		memcpy(&len, key, sizeof(len));
		if ((int)len > best && covers(key + 4, len, addr, width)) {
			best = (int)len;
			found = value_at(t, i);
		}
	}
	return found;
}

/* Writing takes longer than looking up: kept until another plan is built. Now and
 * then in the other form too, which must say the same. */
static struct fw_trie_line *written[FW_FIELD_MAX_];
static struct fw_trie_line *with_bits[FW_FIELD_MAX_];
static struct fw_plan_table bits_table[FW_FIELD_MAX_];
static unsigned n_written;

static void write_bits(enum fw_field f, const struct fw_plan_table *t)
{
	size_t lines;

	bits_table[f] = *t;
	assert_int_equal(fw_trie_bits_count(&bits_table[f], &lines), 0);
	bits_table[f].kind = FW_TABLE_BITS;
	bits_table[f].lines = (uint32_t)lines;
	with_bits[f] = calloc(lines, sizeof(*with_bits[f]));
	assert_non_null(with_bits[f]);
	fw_trie_write(&bits_table[f], with_bits[f]);
}

static uint32_t trie(enum fw_field f, const struct fw_plan_table *t,
		     uint32_t addr)
{
	uint32_t class;

	if (!t->n)
		return 0;
	if (!written[f]) {
		written[f] = calloc(t->lines, sizeof(*written[f]));
		assert_non_null(written[f]);
		fw_trie_write(t, written[f]);
		if (n_written++ % 50 == 0)
			write_bits(f, t);
	}
	class = fw_trie_class(t, written[f], addr);
	if (with_bits[f])
		assert_int_equal(fw_trie_class(&bits_table[f], with_bits[f], addr),
				 class);
	return class;
}

static void forget_tries(void)
{
	for (size_t f = 0; f < FW_ARRAY_SIZE(written); f++) {
		free(written[f]);
		free(with_bits[f]);
		written[f] = with_bits[f] = NULL;
	}
}

/* As the program does: the longest first, and no look-up past the filter. */
static uint32_t by_lengths(const struct fw_plan_table *t,
			   const struct fw_plan_table *filter,
			   const struct fw_lengths *lengths, fw_u128 addr)
{
	for (uint32_t i = 0; i < lengths->n; i++) {
		const struct fw_length *length = &lengths->of[i];
		struct fw_address6 { uint32_t len, words[4]; } key;
		uint64_t h, word;

		assert_true(!i || length->len < length[-1].len);
		key.len = length->len;
		for (int w = 0; w < 4; w++)
			key.words[w] = htonl((uint32_t)(addr >> (96 - 32 * w))) &
				       length->mask[w];
		h = fw_prefix_hash(key.words, key.len);
		assert_true((h & lengths->words) < filter->n);
		memcpy(&word, filter->values + (h & lengths->words) * 8, 8);
		if ((word & FW_PREFIX_BITS(h)) != FW_PREFIX_BITS(h))
			continue;
		for (size_t k = 0; k < t->n; k++)
			if (!memcmp(t->keys + k * sizeof(key), &key, sizeof(key)))
				return value_at(t, k);
	}
	return 0;
}

static uint32_t tested_row(const struct fw_plan *plan, enum fw_field f,
			   const struct packet *p)
{
	const struct fw_plan_table *cuts = table(plan, "cuts");
	struct fw_test test;
	struct fw_cut cut = { 0 };
	uint32_t row = 0;

	memcpy(&test, table(plan, "tests")->values +
		      FW_TEST_OF(f) * sizeof(test), sizeof(test));
	assert_int_not_equal(test.kind, FW_TEST_NONE);
	if (!p->has[f])
		return test.absent;
	assert_true(test.first + test.n <= cuts->n);
	for (uint32_t i = test.first; i < test.first + test.n; i++) {
		uint64_t before = i > test.first ? cut.from : 0;

		memcpy(&cut, cuts->values + i * sizeof(cut), sizeof(cut));
		assert_true(i == test.first ? !cut.from : cut.from > before);
		if (cut.from <= p->value[f])
			row = cut.row;
	}
	return row;
}

static bool is_tested(const struct fw_plan *plan, enum fw_field f)
{
	const struct fw_xdp_device all = {
		.n_words = (uint16_t)(plan->xdp.n_rules / 64),
	};

	return fw_plan_tested(&plan->xdp, &all).tests >> FW_TEST_OF(f) & 1;
}

static uint32_t row_of(const struct fw_plan *plan, const struct fw_gen *gen,
		       enum fw_field f, const struct packet *p)
{
	static const struct {
		const char *name, *filter, *lpm;
		uint32_t flag;
	} address[] = {
		[FW_FIELD_SADDR4] = { "saddr4", NULL, "saddr4_lpm",
				      FW_GEN_SADDR4_LPM },
		[FW_FIELD_DADDR4] = { "daddr4", NULL, "daddr4_lpm",
				      FW_GEN_DADDR4_LPM },
		[FW_FIELD_SADDR6] = { "saddr6", "saddr6_bits", "saddr6_lpm",
				      FW_GEN_SADDR6_LPM },
		[FW_FIELD_DADDR6] = { "daddr6", "daddr6_bits", "daddr6_lpm",
				      FW_GEN_DADDR6_LPM },
	};
	static const uint32_t small[FW_FIELD_MAX_] = {
		[FW_FIELD_L3] = FW_SMALL_L3,
		[FW_FIELD_NEXTHDR] = FW_SMALL_NEXTHDR,
		[FW_FIELD_L4PROTO] = FW_SMALL_L4PROTO,
		[FW_FIELD_TCP_FLAGS] = FW_SMALL_TCP_FLAGS,
		[FW_FIELD_ICMP_TYPE] = FW_SMALL_ICMP_TYPE,
		[FW_FIELD_ICMP_CODE] = FW_SMALL_ICMP_CODE,
	};

	if (!p->has[f])
		return gen->absent[f];
	switch (f) {
	case FW_FIELD_SADDR4 ... FW_FIELD_DADDR6:
		if (gen->flags & address[f].flag)
			return gen->other[f] + lpm(table(plan, address[f].lpm),
						   p->value[f], 0);
		if (!address[f].filter)
			return gen->other[f] + trie(f, table(plan, address[f].name),
						    (uint32_t)p->value[f]);
		return gen->other[f] +
		       by_lengths(table(plan, address[f].name),
				  table(plan, address[f].filter),
				  f == FW_FIELD_SADDR6 ? &gen->saddr6
						       : &gen->daddr6,
				  p->value[f]);
	case FW_FIELD_SPORT:
		return value_at(table(plan, "sport"), (size_t)p->value[f]);
	case FW_FIELD_DPORT:
		return value_at(table(plan, "dport"), (size_t)p->value[f]);
	default:
		return value_at(table(plan, "small"),
				small[f] + (size_t)p->value[f]);
	}
}

static void classify(const struct fw_plan *plan, const struct packet *p,
		     struct fw_row *ret)
{
	const struct fw_plan_table *rows = table(plan, "rows");
	struct fw_gen gen;

	memcpy(&gen, table(plan, "gen")->values, sizeof(gen));
	memset(ret, 0xff, sizeof(*ret));
	for (enum fw_field f = 0; f < FW_FIELD_ALL_MAX_; f++) {
		struct fw_row row;
		uint32_t id;

		if (f >= FW_FIELD_MAX_ && !is_tested(plan, f))
			continue;
		if (f >= FW_FIELD_SADDR4 && f <= FW_FIELD_DADDR6 && !p->has[f] &&
		    p->has[FW_FIELD_BESIDE(f)])
			continue;	/* its row has it */
		id = f < FW_FIELD_MAX_ ? row_of(plan, &gen, f, p)
				       : tested_row(plan, f, p);
		assert_true(id < rows->n);
		memcpy(&row, rows->values + id * sizeof(row), sizeof(row));
		for (int w = 0; w < FW_ROW_WORDS; w++) {
			assert_int_equal(row.any >> w & 1, row.words[w] != 0);
			ret->words[w] &= row.words[w];
		}
	}
}

/* --- tests ---------------------------------------------------------------- */
static const struct fw_facts facts;

static struct fw_plan *build(const struct fw_xdp_rule *rules, uint32_t n)
{
	struct fw_plan *plan = fw_plan_new();
	struct fw_typed typed = { .facts = &facts,
				  .options = { .mark_shift = 24 } };

	assert_non_null(plan);
	forget_tries();
	plan->xdp.rules = rules;
	plan->xdp.n_rules = n;
	assert_int_equal(fw_classes_build(&typed, plan), 0);
	return plan;
}

static void check_set(unsigned packets)
{
	struct fw_arena *arena = fw_arena_new();
	uint32_t n = 64 * (1 + (uint32_t)below(below(8)    ? 2 :
					       below(8) ? 16 : FW_ROW_WORDS));
	struct fw_xdp_rule *rules = fw_arena_array(arena, n, sizeof(*rules));
	struct fw_plan *plan;

	/* Some slots stay free. */
	for (uint32_t i = 0; i < n; i++)
		if (below(4) > 0)
			draw_rule(arena, &rules[i]);
	plan = build(rules, n);
	for (unsigned k = 0; k < packets; k++) {
		struct fw_row row, want = { 0 };
		struct packet p;

		draw_packet(&plan->xdp, &p);
		classify(plan, &p, &row);
		for (uint32_t i = 0; i < n; i++)
			want.words[i / 64] |= (uint64_t)naive(&rules[i], &p)
					      << (i % 64);
		assert_memory_equal(row.words, want.words, sizeof(row.words));
	}
	fw_plan_unref(plan);
	fw_arena_free(arena);
}

static void rows_say_what_rules_say(void **state)
{
	(void)state;
	seed = 20261122;
	for (int i = 0; i < 1000; i++)
		check_set(32);
}

/* Keys stand in the order of their bytes, but in a table of lines. */
static void tables_are_canonical(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_xdp_rule *rules = fw_arena_array(arena, 64, sizeof(*rules));
	struct fw_plan *one, *two;

	(void)state;
	seed = 7;
	for (int i = 0; i < 60; i++)
		draw_rule(arena, &rules[i]);
	one = build(rules, 64);
	two = build(rules, 64);
	assert_int_equal(fw_plan_seal(one), 0);
	assert_int_equal(fw_plan_seal(two), 0);
	assert_memory_equal(&one->hash, &two->hash, sizeof(one->hash));
	for (size_t i = 0; i < one->xdp.n_tables; i++) {
		const struct fw_plan_table *t = &one->xdp.tables[i];

		if (t->lines)
			continue;
		for (size_t k = 1; t->keys && k < t->n; k++)
			assert_true(memcmp(t->keys + (k - 1) * t->key_size,
					   t->keys + k * t->key_size,
					   t->key_size) < 0);
	}
	fw_plan_unref(one);
	fw_plan_unref(two);
	fw_arena_free(arena);
}

static void no_rules_still_have_tables(void **state)
{
	static const char *const empty[] = {
		"saddr4", "daddr4", "saddr6", "daddr6",
	};
	struct fw_plan *plan = build(NULL, 0);
	struct fw_gen gen;

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(empty); i++)
		assert_int_equal(table(plan, empty[i])->n, 0);
	assert_int_equal(table(plan, "sport")->n, 65536);
	assert_int_equal(table(plan, "small")->n, FW_SMALL_MAX);
	assert_int_equal(table(plan, "rows")->n, 1 + 4);	/* a class 0 each */
	memcpy(&gen, table(plan, "gen")->values, sizeof(gen));
	assert_int_equal(gen.magic, FW_GEN_MAGIC);
	assert_int_equal(gen.flags & FW_GEN_CLASSIFY, 0);
	assert_int_equal(gen.mark_shift, 24);
	fw_plan_unref(plan);
}

/* A prefix within another takes the blocks on its way, and no more. */
static void nested_prefixes_stay_few(void **state)
{
	static const struct fw_interval ten = { 0x0a000000, 0x0affffff };
	static const struct fw_interval host = { 0x0a010203, 0x0a010203 };
	static const struct fw_match m[] = {
		{ FW_FIELD_SADDR4, &ten, 1 },
		{ FW_FIELD_SADDR4, &host, 1 },
	};
	struct fw_xdp_rule rules[64] = {
		{ .matches = &m[0], .n_matches = 1,
		  .verdict = FW_VERDICT_DROP, .rule = 0, .counted = true },
		{ .matches = &m[1], .n_matches = 1,
		  .verdict = FW_VERDICT_ACCEPT, .rule = 1, .counted = true },
	};
	struct fw_plan *plan = build(rules, 64);

	(void)state;
	assert_int_equal(table(plan, "saddr4")->lines,
			 FW_TRIE_ROOT_LINES + 3);
	fw_plan_unref(plan);
}

static void hosts_are_alone(const struct fw_plan_table *t,
			    const struct fw_interval *iv, size_t n)
{
	struct fw_trie_line *lines = calloc(t->lines, sizeof(*lines));

	assert_non_null(lines);
	fw_trie_write(t, lines);
	for (size_t i = 0; i < n; i++) {
		uint32_t addr = (uint32_t)iv[i].lo;

		assert_int_equal(fw_trie_class(t, lines, addr), 1);
		assert_int_equal(fw_trie_class(t, lines, addr - 1), 0);
		assert_int_equal(fw_trie_class(t, lines, addr + 1), 0);
		assert_int_equal(fw_trie_class(t, lines, addr + 256), 0);
	}
	free(lines);
}

/* Hosts, each in a /24 of its own: of FEW the trie is smaller, of MANY bits. */
static void form_is_the_smaller_one(void **state)
{
	enum { FEW = 1000, MANY = 200000 };
	struct fw_interval *iv = calloc(MANY, sizeof(*iv));
	struct fw_match m = { FW_FIELD_SADDR4, iv, 0 };
	struct fw_xdp_rule rules[64] = {
		{ .matches = &m, .n_matches = 1,
		  .verdict = FW_VERDICT_DROP, .rule = 0, .counted = true },
	};
	struct fw_plan *plan;
	struct fw_gen gen;

	(void)state;
	assert_non_null(iv);
	for (uint32_t i = 0; i < MANY; i++)
		iv[i].lo = iv[i].hi = (fw_u128)i * 80 << 8 | 7;
	m.n_intervals = FEW;
	plan = build(rules, 64);
	assert_int_equal(table(plan, "saddr4")->kind, FW_TABLE_TRIE);
	memcpy(&gen, table(plan, "gen")->values, sizeof(gen));
	assert_int_equal(gen.flags & FW_GEN_SADDR4_BITS, 0);
	fw_plan_unref(plan);

	m.n_intervals = MANY;
	plan = build(rules, 64);
	assert_int_equal(table(plan, "saddr4")->kind, FW_TABLE_BITS);
	memcpy(&gen, table(plan, "gen")->values, sizeof(gen));
	assert_int_equal(gen.flags & (FW_GEN_SADDR4_BITS | FW_GEN_DADDR4_BITS),
			 FW_GEN_SADDR4_BITS);
	assert_int_equal(gen.saddr4.class[0], 0);
	assert_int_equal(gen.saddr4.class[1], 1);
	/* Runs of one address: an entry each, and no line. */
	assert_int_equal(table(plan, "saddr4")->entries, MANY);
	assert_int_equal(table(plan, "saddr4")->lines,
			 FW_BITS_LINES + MANY / FW_TRIE_ENTRIES);
	hosts_are_alone(table(plan, "saddr4"), iv, MANY);
	fw_plan_unref(plan);
	free(iv);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void large_set_is_quick(void **state)
{
	enum { N = 100000 };
	struct fw_interval *iv = calloc(N, sizeof(*iv));
	struct fw_match m = { FW_FIELD_SADDR4, iv, 0 };
	struct fw_xdp_rule rules[64] = {
		{ .matches = &m, .n_matches = 1,
		  .verdict = FW_VERDICT_DROP, .rule = 0, .counted = true },
	};
	struct fw_plan *plan;
	double begin;

	(void)state;
	assert_non_null(iv);
	seed = 99;
	for (size_t i = 0; i < N; i++) {
		iv[i].lo = (draw() & 0xffffff) << 8 | (i & 0x80);
		iv[i].hi = iv[i].lo + (i & 1 ? 0 : 127);
	}
	m.n_intervals = fw_intervals_merge(iv, N);
	begin = now();
	plan = build(rules, 64);
	/* A tenth of that without sanitizers; quadratic would be minutes. */
	assert_true(now() - begin < 5);
	print_message("%zu intervals, %u lines, %.0f ms\n", m.n_intervals,
		      table(plan, "saddr4")->lines, (now() - begin) * 1e3);
	fw_plan_unref(plan);
	free(iv);
}

/* Sixteen rules, one for each bit of a port, tell all ports apart; the same on
 * the other side are too many. */
static void too_many_classes_are_refused(void **state)
{
	static const struct fw_interval host = { 1, 1 };
	static const struct fw_match address = { FW_FIELD_SADDR4, &host, 1 };
	struct fw_arena *arena = fw_arena_new();
	struct fw_xdp_rule *rules = fw_arena_array(arena, 64, sizeof(*rules));
	struct fw_diags diags;
	struct fw_typed typed = { .facts = &facts, .diags = &diags };
	struct fw_plan *plan = fw_plan_new();

	(void)state;
	fw_diags_init(&diags, arena);
	for (unsigned i = 0; i < 32; i++) {
		struct fw_match *m = fw_arena_array(arena, 1, sizeof(*m));
		struct fw_interval *iv = fw_arena_array(arena, 32768,
							sizeof(*iv));
		unsigned bit = 1u << i % 16;

		for (unsigned v = 0, n = 0; v < 65536; v += 2 * bit, n++) {
			iv[n].lo = v + bit;
			iv[n].hi = v + 2 * bit - 1;
			m->n_intervals = n + 1;
		}
		m->field = i < 16 ? FW_FIELD_SPORT : FW_FIELD_DPORT;
		m->intervals = iv;
		rules[i] = (struct fw_xdp_rule){ .matches = m, .n_matches = 1,
						 .verdict = FW_VERDICT_DROP,
						 .rule = i, .counted = true };
	}
	/* The two share one row; this makes up for it. */
	rules[32] = (struct fw_xdp_rule){ .matches = &address, .n_matches = 1,
					  .verdict = FW_VERDICT_DROP,
					  .rule = 32, .counted = true };
	plan->xdp.rules = rules;
	plan->xdp.n_rules = 64;
	assert_int_equal(fw_classes_build(&typed, plan), 0);
	assert_int_equal(diags.n_errors, 1);
	assert_string_equal(diags.items[0].id, "too-many-classes");
	fw_plan_unref(plan);

	/* One side alone fits. */
	memset(&rules[16], 0, 16 * sizeof(*rules));
	plan = build(rules, 64);
	assert_true(table(plan, "rows")->n >= 65536);
	fw_plan_unref(plan);
	fw_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_say_what_rules_say),
		cmocka_unit_test(tables_are_canonical),
		cmocka_unit_test(no_rules_still_have_tables),
		cmocka_unit_test(nested_prefixes_stay_few),
		cmocka_unit_test(form_is_the_smaller_one),
		cmocka_unit_test(large_set_is_quick),
		cmocka_unit_test(too_many_classes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
