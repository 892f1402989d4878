/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matches of the vocabulary: relation and values.
 *
 * In: the words behind a match's keywords: a value, prefix, range, list or
 * named set, negated or compared. Out: a MATCH or IIF part; a RAW one where
 * there is more to it than that (a concatenation, a map, arithmetic, a set
 * whose content is not known here). A wrong value is a diagnostic.
 */
#include <errno.h>
#include <string.h>

#include "compile/rule.h"
#include "util/cleanup.h"

/* --- values of a match ---------------------------------------------------- */
enum relation { REL_EQ, REL_NE, REL_LT, REL_GT, REL_LE, REL_GE, REL_NOT };

static const struct {
	const char *mark, *word;
} relations[] = {
	[REL_EQ] = { "==", "eq" }, [REL_NE] = { "!=", "ne" },
	[REL_LT] = { "<", "lt" },  [REL_GT] = { ">", "gt" },
	[REL_LE] = { "<=", "le" }, [REL_GE] = { ">=", "ge" },
};

static bool find_relation(const struct fw_word *word, enum relation *ret)
{
	*ret = REL_EQ;
	for (size_t i = 0; word && i < FW_ARRAY_SIZE(relations); i++) {
		if (!fw_mark_is(word, relations[i].mark) &&
		    !fw_word_is(word, relations[i].word))
			continue;
		*ret = (enum relation)i;
		return true;
	}
	return false;
}

/* { 22, 80-90 }; OTHER where an element has more to it than a value. */
static enum fw_value_result read_list(struct fw_rule_check *check,
				      enum fw_value_type type,
				      const struct fw_word *brace,
				      struct fw_interval_vec *ret)
{
	const struct fw_word *words = brace->words;
	enum fw_value_result result = FW_VALUE_OK;
	size_t from = 0;

	if (!brace->n_words) {
		fw_error(check->checker->diags, "syntax", &brace->loc,
			 "a list in a rule cannot be empty");
		return FW_VALUE_WRONG;
	}
	for (size_t i = 0; i <= brace->n_words; i++) {
		struct fw_interval *slot;
		enum fw_value_result r;

		if (i < brace->n_words && !fw_mark_is(&words[i], ","))
			continue;
		if (i == from && i == brace->n_words && i)
			break;	/* { 22, } */
		if (i == from) {
			fw_error(check->checker->diags, "empty-element",
				 &words[i].loc,
				 "there is no element before this comma");
			return FW_VALUE_WRONG;
		}
		slot = fw_vec_push(check->checker->arena, ret);
		if (!slot) {
			check->checker->diags->oom = true;
			return FW_VALUE_WRONG;
		}
		r = fw_value_read(check->checker->diags, type, words + from,
				  i - from, slot);
		if (r == FW_VALUE_OTHER)
			return r;
		if (r)
			result = r;
		from = i + 1;
	}
	return result;
}

/* < 1024 and the like; `!= 5-10` is not here. */
static bool compare(enum relation relation, fw_u128 max,
		    struct fw_interval *value)
{
	fw_u128 v = value->lo;

	switch (relation) {
	case REL_LT:
		*value = (struct fw_interval){ 0, v - 1 };
		return v > 0;
	case REL_LE:
		*value = (struct fw_interval){ 0, v };
		return true;
	case REL_GT:
		*value = (struct fw_interval){ v + 1, max };
		return v < max;
	case REL_GE:
		*value = (struct fw_interval){ v, max };
		return true;
	default:
		return true;
	}
}

static enum fw_value_result read_set(struct fw_rule_check *check,
				     enum fw_value_type type,
				     const struct fw_word *word,
				     struct fw_interval_vec *ret)
{
	struct fw_typed_set *set = fw_check_set_name(check->checker,
						     check->table, word);
	enum fw_value_type has;

	if (!set)
		return FW_VALUE_WRONG;
	if (!set->map && set->type == FW_SET_OTHER &&
	    !strcmp(fw_check_set_type(check->checker, set),
		    fw_value_name(type)))
		return FW_VALUE_OTHER;
	if (set->map || !fw_set_value_type(set->type, &has) || has != type) {
		fw_check_set_mismatch(check->checker, set, word,
				      fw_value_name(type));
		return FW_VALUE_WRONG;
	}
	if (!set->constant)
		return FW_VALUE_OTHER;
	ret->items = set->intervals;
	ret->n = set->n_intervals;
	return FW_VALUE_OK;
}

/* Ethernet protocols as far as the field knows them. */
static bool to_l3(struct fw_interval_vec *values)
{
	static const struct {
		unsigned ether;
		enum fw_l3 l3;
	} known[] = { { 0x0800, FW_L3_IP },
		      { 0x86dd, FW_L3_IP6 },
		      { 0x0806, FW_L3_ARP } };

	for (size_t i = 0; i < values->n; i++) {
		struct fw_interval *value = &values->items[i];
		bool found = false;

		for (size_t k = 0; k < FW_ARRAY_SIZE(known); k++) {
			if (value->lo != known[k].ether ||
			    value->hi != value->lo)
				continue;
			value->lo = value->hi = known[k].l3;
			found = true;
			break;
		}
		if (!found)
			return false;
	}
	return true;
}

/* What stands behind a relation. *ret_n words; OTHER where nft must judge. */
static enum fw_value_result read_operand(struct fw_rule_check *check,
					 enum fw_value_type type, size_t ahead,
					 struct fw_interval_vec *ret, size_t *ret_n)
{
	const struct fw_word *word = fw_rule_at(check, ahead);
	struct fw_interval *slot;
	size_t n;

	*ret_n = 1;
	if (!word) {
		fw_error(check->checker->diags, "syntax",
			 &check->rule->words[check->rule->n_words - 1].loc,
			 "%s %s is missing behind this",
			 strchr("AEIO", *fw_value_prose(type)) ? "an" : "a",
			 fw_value_prose(type));
		return FW_VALUE_WRONG;
	}
	if (word->kind == FW_WORD_BRACE)
		return read_list(check, type, word, ret);
	n = fw_rule_left(check) - ahead;
	if (word->kind == FW_WORD_SET && !fw_rule_is_payload(word, n, 0))
		return read_set(check, type, word, ret);
	*ret_n = fw_value_words(word, n);
	if (!*ret_n)
		return FW_VALUE_OTHER;
	slot = fw_vec_push(check->checker->arena, ret);
	if (!slot) {
		check->checker->diags->oom = true;
		return FW_VALUE_WRONG;
	}
	return fw_value_read(check->checker->diags, type, word, *ret_n, slot);
}

/* The intervals of a set may be a million, and many rules may name it: all share
 * them, and what is not in them. */
static int complement(struct fw_rule_check *check, const struct fw_word *operand,
		      struct fw_match *match)
{
	struct fw_checker *checker = check->checker;
	const struct fw_typed_set *set =
		operand->kind == FW_WORD_SET ?
		fw_check_set_name(checker, check->table, operand) : NULL;
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

/* --- matches -------------------------------------------------------------- */
/* Words behind a selector that make it more than a plain match. */
static bool goes_on(const struct fw_word *word)
{
	static const char *const marks[] = { ".", "&", "|", "^", "<<", ">>",
					     ",", ":", "(" };
	static const char *const words[] = { "vmap", "map",    "set",	"and",
					     "or",   "xor",    "lshift",
					     "rshift" };

	for (size_t i = 0; word && i < FW_ARRAY_SIZE(marks); i++)
		if (fw_mark_is(word, marks[i]))
			return true;
	for (size_t i = 0; word && i < FW_ARRAY_SIZE(words); i++)
		if (fw_word_is(word, words[i]))
			return true;
	return false;
}

static int push_match(struct fw_rule_check *check,
		      const struct fw_vocab_match *match, size_t n,
		      struct fw_interval_vec *values, bool negate)
{
	struct fw_part *part = fw_rule_push(check, FW_PART_MATCH, n);
	struct fw_match *last;
	int r;

	if (!part)
		return -ENOMEM;
	r = fw_rule_imply(check, part, match->l3, match->l4, &part->words[0].loc);
	if (r)
		return r;
	last = &part->matches[part->n_matches++];
	last->field = match->field;
	last->intervals = values->items;
	last->n_intervals = values->n;
	if (part->words[n - 1].kind != FW_WORD_SET)
		last->n_intervals = fw_intervals_merge(values->items, values->n);
	if (!negate) {
		fw_rule_learn(check, match->field, last,
			       part->words[n - 1].kind == FW_WORD_BRACE,
			       &part->words[0].loc);
		return 0;
	}
	return complement(check, &part->words[n - 1], last);
}

/* What changes them needs intervals of its own. */
static int own_values(struct fw_rule_check *check, struct fw_interval_vec *values)
{
	values->items = fw_arena_memdup(check->checker->arena, values->items,
					values->n * sizeof(*values->items));
	return values->items ? 0 : -ENOMEM;
}

static int check_tcp_flags(struct fw_rule_check *check,
			   const struct fw_vocab_match *match)
{
	struct fw_interval_vec values = { 0 };
	size_t n;

	values.items = fw_arena_array(check->checker->arena, 128,
				      sizeof(*values.items));
	if (!values.items)
		return -ENOMEM;
	switch (fw_check_tcp_flags(check->checker, fw_rule_at(check, 0),
				   fw_rule_left(check),
				   values.items, &values.n, &n)) {
	case FW_VALUE_OK:
		return push_match(check, match, n, &values, false);
	case FW_VALUE_WRONG:
		check->failed = true;
		return 0;
	default:
		return fw_rule_raw(check);
	}
}

/* Values were read, but not as the field's own: nft judges the whole match. */
static int stays_in_nft(struct fw_rule_check *check, size_t n,
			const struct fw_word *operand)
{
	struct fw_arena *arena = check->checker->arena;
	const char *reason;

	if (operand->kind == FW_WORD_SET)
		reason = fw_arena_printf(arena, "set @%s", operand->text);
	else
		reason = fw_arena_printf(arena, "%s %s", fw_rule_at(check, 0)->text,
					 fw_rule_at(check, 1)->text);
	return fw_rule_push_raw(check, n, reason, true);
}

int fw_rule_match(struct fw_rule_check *check,
		       const struct fw_vocab_match *match)
{
	size_t ahead = fw_vocab_match_words(match), n;
	enum relation relation;
	struct fw_interval_vec values = { 0 };
	const struct fw_word *operand;
	enum fw_value_result result;

	if ((match->l3 != FW_ANY && check->l3_list) ||
	    (match->l4 != FW_ANY && check->l4_list))
		return fw_rule_raw(check);
	if (match->value == FW_VALUE_TCP_FLAGS)
		return check_tcp_flags(check, match);
	if (goes_on(fw_rule_at(check, ahead)))
		return fw_rule_raw(check);
	ahead += find_relation(fw_rule_at(check, ahead), &relation);
	operand = fw_rule_at(check, ahead);
	result = read_operand(check, match->value, ahead, &values, &n);
	if (result == FW_VALUE_WRONG) {
		check->failed = true;
		return 0;
	}
	if (result == FW_VALUE_OTHER || goes_on(fw_rule_at(check, ahead + n))) {
		if (operand->kind == FW_WORD_SET)
			return stays_in_nft(check, ahead + n, operand);
		return fw_rule_raw(check);
	}
	if ((match->field == FW_FIELD_L3 || relation > REL_NE) &&
	    own_values(check, &values))
		return -ENOMEM;
	if (match->field == FW_FIELD_L3 && !to_l3(&values))
		return stays_in_nft(check, ahead + n, operand);
	if (relation > REL_NE) {
		if (operand->kind != FW_WORD_PLAIN || n != 1 ||
		    match->field == FW_FIELD_L3)
			return fw_rule_raw(check);
		if (!compare(relation, fw_value_max(match->value),
			     &values.items[0]))
			values.n = 0;
	}
	return push_match(check, match, ahead + n, &values, relation == REL_NE);
}

/* --- iif ------------------------------------------------------------------ */
/* A device by its name, or names that begin so (`eth*`); another wildcard or
 * an index is nft's affair. */
static bool is_device(const struct fw_word *word)
{
	size_t len = strlen(word->text);

	return (word->kind == FW_WORD_STRING || word->kind == FW_WORD_PLAIN) &&
	       len > 0 && strcspn(word->text, "*\\") >= len - 1 &&
	       word->text[len - 1] != '\\' && strcmp(word->text, "*") &&
	       strspn(word->text, "0123456789") != len;
}

int fw_rule_iif(struct fw_rule_check *check, size_t ahead)
{
	enum relation relation;
	size_t start = ahead + find_relation(fw_rule_at(check, ahead), &relation);
	const struct fw_word *word = fw_rule_at(check, start), *words = word;
	FW_VEC(const char *) names = { 0 };
	struct fw_part *part;
	size_t n = 1;

	if (!word || relation > REL_NE || goes_on(fw_rule_at(check, start + 1)))
		return fw_rule_raw(check);
	if (word->kind == FW_WORD_BRACE) {
		words = word->words;
		n = word->n_words;
	}
	for (size_t i = 0; i < n; i += 2) {
		const char **slot;

		if (!is_device(&words[i]) ||
		    (i + 1 < n && !fw_mark_is(&words[i + 1], ",")))
			return fw_rule_raw(check);
		slot = fw_vec_push(check->checker->arena, &names);
		if (!slot)
			return -ENOMEM;
		*slot = words[i].text;
	}
	if (!names.n)
		return fw_rule_raw(check);
	part = fw_rule_push(check, FW_PART_IIF, start + 1);
	if (!part)
		return -ENOMEM;
	part->names = names.items;
	part->n_names = names.n;
	part->negate = relation == REL_NE;
	return 0;
}
