/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matches of the vocabulary: one field, a relation, values.
 *
 * In: the words from a match's keywords on. Out: a MATCH part with the tests
 * that nft makes before it; a RAW one where there is more to it than values (a
 * map, arithmetic, a set whose content is not known here). A wrong value is a
 * diagnostic.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"
#include "compile/rule.h"
#include "util/cleanup.h"

/* The intervals of a set may be a million, and many rules may name it: all share
 * them, and what is not in them. */
static int complement(struct fw_rule_check *check,
		      const struct fw_typed_set *set, struct fw_match *match)
{
	struct fw_checker *checker = check->checker;
	struct fw_match own = { 0 };
	struct fw_match *others =
		set ? &checker->set_infos[set - checker->typed->sets].others :
		      &own;

	if (!others->intervals)
		others->intervals = fw_intervals_complement(
			checker->arena, match->intervals, match->n_intervals,
			fw_field_max(match->field), &others->n_intervals);
	match->intervals = others->intervals;
	match->n_intervals = others->n_intervals;
	return match->intervals ? 0 : -ENOMEM;
}

/* Only one bit of it is ever set. */
static int only_states(struct fw_rule_check *check, struct fw_match *match)
{
	static const struct fw_interval states[] = {
		{ 1, 2 }, { 4, 4 }, { 8, 8 }, { 64, 64 },
	};
	const struct fw_match all = { match->field, states,
				      FW_ARRAY_SIZE(states) };
	struct fw_match both[2] = { all };
	size_t n = 1;
	int r = fw_matches_add(check->checker->arena, both, &n, match);

	*match = both[0];
	return r;
}

/* The words that keep a match in nft: its keywords. */
static const char *words_of(struct fw_rule_check *check, size_t n)
{
	return fw_words_text(check->checker->arena, fw_rule_at(check, 0), n);
}

static size_t keywords(const struct fw_part *part)
{
	size_t n;

	(void)fw_vocab_find(part->words, part->n_words, &n);
	return n;
}

int fw_rule_push_match(struct fw_rule_check *check,
		       const struct fw_vocab_match *match, size_t n,
		       const struct fw_rule_values *values, bool negate)
{
	struct fw_part *part = fw_rule_push(check, FW_PART_MATCH, n);
	struct fw_match *last;
	int r;

	if (!part)
		return -ENOMEM;
	part->matches = fw_arena_array(check->checker->arena,
				       FW_RULE_IMPLIED + 1,
				       sizeof(*part->matches));
	if (!part->matches)
		return -ENOMEM;
	r = fw_rule_imply(check, part, &match->needs, &part->words[0].loc);
	if (r || check->failed)
		return r;
	if (!fw_field_in_xdp(match->field)) {
		part->reason = fw_words_text(check->checker->arena, part->words,
					     keywords(part));
		if (!part->reason)
			return -ENOMEM;
	}
	last = &part->matches[part->n_matches++];
	*last = (struct fw_match){ match->field, values->vec.items,
				   values->vec.n };
	if (!negate && !values->set && !values->computed)
		r = fw_rule_learn(check, last, &part->words[0].loc);
	if (!values->set)
		last->n_intervals = fw_intervals_merge(values->vec.items,
						       values->vec.n);
	if (!r && negate)
		r = complement(check, values->set, last);
	if (!r && match->field == FW_FIELD_CT_STATE)
		r = only_states(check, last);
	return r;
}

/* --- meta protocol -------------------------------------------------------- */
/* Ethernet protocols as far as the programs' field knows them. */
static bool known_l3(fw_u128 ether, fw_u128 *ret)
{
	switch ((unsigned)ether) {
	case 0x0800: *ret = FW_L3_IP; return true;
	case 0x86dd: *ret = FW_L3_IP6; return true;
	case 0x0806: *ret = FW_L3_ARP; return true;
	default: return false;
	}
}

/* Where it does not know all of them, the match is one of the protocol as it is
 * on the wire. */
static struct fw_vocab_match protocol_field(const struct fw_vocab_match *match,
					    enum fw_relation relation,
					    struct fw_rule_values *values)
{
	struct fw_vocab_match wire = *match;
	fw_u128 l3;

	wire.field = FW_FIELD_PROTOCOL;
	if (relation > FW_RELATION_NE || values->set)
		return wire;
	for (size_t i = 0; i < values->vec.n; i++)
		if (values->vec.items[i].lo != values->vec.items[i].hi ||
		    !known_l3(values->vec.items[i].lo, &l3))
			return wire;
	for (size_t i = 0; i < values->vec.n; i++) {
		struct fw_interval *value = &values->vec.items[i];

		(void)known_l3(value->lo, &value->lo);
		value->hi = value->lo;
	}
	return *match;
}

/* --- matches -------------------------------------------------------------- */
/* < 1024 and the like; `!= 5-10` is not here. */
static void compare(enum fw_relation relation, fw_u128 max,
		    struct fw_interval_vec *values)
{
	fw_u128 v = values->items[0].lo;
	bool ever = true;

	switch (relation) {
	case FW_RELATION_LT:
		ever = v > 0;
		values->items[0] = (struct fw_interval){ 0, v - 1 };
		break;
	case FW_RELATION_LE:
		values->items[0] = (struct fw_interval){ 0, v };
		break;
	case FW_RELATION_GT:
		ever = v < max;
		values->items[0] = (struct fw_interval){ v + 1, max };
		break;
	case FW_RELATION_GE:
		values->items[0] = (struct fw_interval){ v, max };
		break;
	default:
		break;
	}
	values->n = ever ? values->n : 0;
}

static bool is_address(enum fw_field field)
{
	return field >= FW_FIELD_SADDR4 && field <= FW_FIELD_DADDR6;
}

/* The words are read, but what they match is for the kernel to say: nft, or a
 * program that asks a live set (not NULL). */
static int stays_open(struct fw_rule_check *check, size_t n,
		      const struct fw_word *operand,
		      const struct fw_typed_set *live, enum fw_field field,
		      bool negate)
{
	const char *reason = fw_arena_printf(check->checker->arena, "set @%s",
					     operand->text);
	int r = fw_rule_push_raw(check, n, reason, true);
	struct fw_part *part;

	if (r || !live || !live->live || !is_address(field))
		return r;
	part = &check->parts.items[check->parts.n - 1];
	part->live = live;
	part->field = field;
	part->negate = negate;
	return 0;
}

static bool is_flags(const struct fw_vocab_match *match)
{
	return match->value == FW_VALUE_TCP_FLAGS ||
	       match->value == FW_VALUE_CT_STATE ||
	       match->value == FW_VALUE_CT_STATUS;
}

static bool is_masked(const struct fw_word *word)
{
	return word && (fw_mark_is(word, "&") || fw_word_is(word, "and"));
}

/* Elsewhere it is always the same. A management line goes where it fits. */
static bool fits_nfproto(struct fw_rule_check *check,
			 const struct fw_subject *subject)
{
	if (!check->table || !strcmp(check->table->family, "inet"))
		return true;
	fw_error(check->checker->diags, "conflicting-protocols", &subject->loc,
		 "meta nfproto says something in tables of family inet only");
	check->failed = true;
	return false;
}

static bool begins_tuple(const struct fw_word *word)
{
	return word && (fw_mark_is(word, ".") || fw_word_is(word, "vmap"));
}

static int push_values(struct fw_rule_check *check,
		       const struct fw_vocab_match *match, size_t n,
		       enum fw_relation relation, struct fw_rule_values *values)
{
	struct fw_vocab_match field = *match;

	if (match->field == FW_FIELD_L3)
		field = protocol_field(match, relation, values);
	if (relation > FW_RELATION_NE)
		compare(relation, fw_field_max(field.field), &values->vec);
	return fw_rule_push_match(check, &field, n, values,
				  relation == FW_RELATION_NE);
}

static int push_read(struct fw_rule_check *check,
		     const struct fw_vocab_match *match, size_t n,
		     const struct fw_word *operand, size_t n_values,
		     enum fw_relation relation, struct fw_rule_values *values)
{
	/* What is more than a value has no order. */
	if (relation > FW_RELATION_NE &&
	    (operand->kind != FW_WORD_PLAIN || n_values != 1))
		return fw_rule_raw(check);
	return push_values(check, match, n, relation, values);
}

int fw_rule_match(struct fw_rule_check *check,
		  const struct fw_vocab_match *match, size_t n)
{
	const struct fw_word *operand, *first = fw_rule_at(check, 0);
	struct fw_subject subject = {
		words_of(check, n), fw_loc_span(&first[0].loc, &first[n - 1].loc),
		match->value,
	};
	bool loose = fw_rule_is_loose(check, &match->needs);
	size_t ahead = n, n_values;
	enum fw_relation relation;
	struct fw_rule_values values;
	enum fw_value_result result;

	if (!subject.name)
		return -ENOMEM;
	if (begins_tuple(fw_rule_at(check, n)))
		return fw_rule_tuple(check);
	if (match->field == FW_FIELD_NFPROTO && !fits_nfproto(check, &subject))
		return 0;
	if (loose && (is_flags(match) || is_masked(fw_rule_at(check, n))))
		return fw_rule_raw(check);
	if (is_flags(match))
		return fw_rule_flags(check, match, n);
	if (is_masked(fw_rule_at(check, n)))
		return fw_rule_masked(check, match, n);
	if (fw_rule_goes_on(fw_rule_at(check, n)))
		return fw_rule_raw(check);
	ahead += fw_rule_relation(fw_rule_at(check, ahead), &relation);
	operand = fw_rule_at(check, ahead);
	result = fw_rule_values(check, &subject, ahead, &values, &n_values);
	if (result == FW_VALUE_WRONG) {
		check->failed = true;
		return 0;
	}
	if (loose)
		return fw_rule_raw(check);
	if (fw_rule_goes_on(fw_rule_at(check, ahead + n_values)))
		values.set = NULL;
	else if (result == FW_VALUE_OK)
		return push_read(check, match, ahead + n_values, operand,
				 n_values, relation, &values);
	if (operand->kind == FW_WORD_SET)
		return stays_open(check, ahead + n_values, operand,
				  relation > FW_RELATION_NE ? NULL : values.set,
				  match->field, relation == FW_RELATION_NE);
	return fw_rule_raw(check);
}
