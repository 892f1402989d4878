/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits of a field: `& mask`, and flags in all of nft's forms.
 *
 * In: the words behind a match's keywords. Out: a MATCH part with the values
 * that pass, exactly, as far as they are few intervals; else a RAW one. A wrong
 * value or flag is a diagnostic. Fails only for want of memory.
 */
#include <errno.h>

#include "compile/rule.h"

/* More intervals than this are not worth having: `meta mark & 1 == 1` would be
 * two thousand million. */
#define MAX_INTERVALS 1024
/* Nor are more values tried. */
#define MAX_BLOCKS 65536

static int raw_or_failed(struct fw_rule_check *check, enum fw_value_result r)
{
	if (r == FW_VALUE_OTHER)
		return fw_rule_raw(check);
	check->failed = true;
	return 0;
}

static int push_interval(struct fw_rule_check *check, struct fw_interval_vec *vec,
			 fw_u128 lo, fw_u128 hi)
{
	struct fw_interval *slot;

	if (vec->n && vec->items[vec->n - 1].hi + 1 == lo) {
		vec->items[vec->n - 1].hi = hi;
		return 0;
	}
	slot = fw_vec_push(check->checker->arena, vec);
	if (!slot)
		return -ENOMEM;
	*slot = (struct fw_interval){ lo, hi };
	return 0;
}

/* --- masks ---------------------------------------------------------------- */
struct mask {
	fw_u128 mask, value, max;
	enum fw_relation relation;
};

/* Values with the same bits above the mask's lowest one pass or fail together:
 * a block of them. False where there are too many. */
static bool few_blocks(const struct mask *m)
{
	fw_u128 block = m->mask & ~(m->mask - 1);

	return m->mask && m->max / block < MAX_BLOCKS;
}

/* The values that pass; *ret_few says whether these are all. */
static int mask_blocks(struct fw_rule_check *check, const struct mask *m,
		       struct fw_interval_vec *ret, bool *ret_few)
{
	fw_u128 block = m->mask & ~(m->mask - 1), lo = 0;
	size_t n = (size_t)(m->max / block) + 1;
	int r = 0;

	for (size_t i = 0; !r && i < n && ret->n <= MAX_INTERVALS; i++) {
		if (fw_relation_holds(m->relation, lo & m->mask, m->value))
			r = push_interval(check, ret, lo, lo + block - 1);
		lo += block;
	}
	*ret_few = ret->n <= MAX_INTERVALS;
	return r;
}

/* ip saddr & 255.255.255.0 == 192.0.2.0: a prefix. */
static bool is_prefix(const struct mask *m)
{
	fw_u128 low = m->max & ~m->mask;

	return !(low & (low + 1)) && m->relation <= FW_RELATION_NE;
}

static int mask_prefix(struct fw_rule_check *check, const struct mask *m,
		       struct fw_interval_vec *ret)
{
	if (m->value & ~m->mask)
		return 0;	/* never */
	return push_interval(check, ret, m->value,
			     m->value | (m->max & ~m->mask));
}

int fw_rule_masked(struct fw_rule_check *check,
		   const struct fw_vocab_match *match, size_t n)
{
	const struct fw_word *word = fw_rule_at(check, n + 1), *value;
	struct fw_subject subject = { "", { 0 }, match->value };
	struct mask m = { .max = fw_field_max(match->field) };
	struct fw_rule_values values = { .computed = true };
	struct fw_interval read;
	enum fw_value_result result;
	bool negate = false, few = true;
	int r = 0;

	if (match->field == FW_FIELD_L3 || !word || word->kind != FW_WORD_PLAIN)
		return fw_rule_raw(check);
	result = fw_check_value(check->checker, &subject, word, 1, &read);
	if (result)
		return raw_or_failed(check, result);
	m.mask = read.lo;
	n += 2;
	n += fw_rule_relation(fw_rule_at(check, n), &m.relation);
	value = fw_rule_at(check, n);
	if (!value || value->kind != FW_WORD_PLAIN ||
	    fw_value_words(value, fw_rule_left(check) - n) != 1 ||
	    fw_rule_goes_on(fw_rule_at(check, n + 1)))
		return fw_rule_raw(check);
	result = fw_check_value(check->checker, &subject, value, 1, &read);
	if (result)
		return raw_or_failed(check, result);
	m.value = read.lo;
	if (is_prefix(&m)) {
		negate = m.relation == FW_RELATION_NE;
		r = mask_prefix(check, &m, &values.vec);
	} else if (few_blocks(&m)) {
		r = mask_blocks(check, &m, &values.vec, &few);
	} else {
		few = false;
	}
	if (!r && !few)
		return fw_rule_raw(check);
	return r ? r : fw_rule_push_match(check, match, n + 1, &values, negate);
}

/* --- flags ---------------------------------------------------------------- */
int fw_rule_flags(struct fw_rule_check *check,
		  const struct fw_vocab_match *match, size_t n)
{
	struct fw_rule_values values = { .computed = true };
	const struct fw_word *words = fw_rule_at(check, 0);
	fw_u128 max = fw_field_max(match->field);
	struct fw_flags flags;
	enum fw_value_result result;
	int r;

	values.vec.items = fw_arena_array(check->checker->arena, 128,
					  sizeof(*values.vec.items));
	if (!values.vec.items)
		return -ENOMEM;
	result = fw_check_flags(check->checker, match->value, words,
				fw_rule_left(check), n, values.vec.items,
				&values.vec.n, &flags);
	if (result)
		return raw_or_failed(check, result);
	if (match->value == FW_VALUE_CT_STATUS) {
		const struct mask any = { .mask = flags.any, .max = max,
					  .relation = FW_RELATION_NE };
		bool few = flags.any && !(flags.any & ~max);

		values.vec = (struct fw_interval_vec){ 0 };
		r = few ? mask_blocks(check, &any, &values.vec, &few) : 0;
		if (r || !few)
			return r ? r : fw_rule_raw(check);
	}
	return fw_rule_push_match(check, match, flags.n_words, &values, false);
}
