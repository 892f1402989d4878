/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a match is compared with: a relation, and values.
 *
 * In: the words behind a match's keywords. Out: the relation, and the values as
 * intervals: one value, prefix or range, a list, or the content of a named set.
 * OTHER where nft must judge: a set whose content is not known here, an element
 * with more to it than a value. A wrong value, or a set of another type, is a
 * diagnostic at its words that says what the match takes.
 */
#include <string.h>

#include "compile/rule.h"
#include "util/cleanup.h"

static const struct {
	const char *mark, *word;
} relations[] = {
	[FW_RELATION_EQ] = { "==", "eq" }, [FW_RELATION_NE] = { "!=", "ne" },
	[FW_RELATION_LT] = { "<", "lt" },  [FW_RELATION_GT] = { ">", "gt" },
	[FW_RELATION_LE] = { "<=", "le" }, [FW_RELATION_GE] = { ">=", "ge" },
};

bool fw_rule_relation(const struct fw_word *word, enum fw_relation *ret)
{
	*ret = FW_RELATION_EQ;
	for (size_t i = 0; word && i < FW_ARRAY_SIZE(relations); i++) {
		if (!fw_mark_is(word, relations[i].mark) &&
		    !fw_word_is(word, relations[i].word))
			continue;
		*ret = (enum fw_relation)i;
		return true;
	}
	return false;
}

bool fw_relation_holds(enum fw_relation relation, fw_u128 left, fw_u128 right)
{
	switch (relation) {
	case FW_RELATION_EQ: return left == right;
	case FW_RELATION_NE: return left != right;
	case FW_RELATION_LT: return left < right;
	case FW_RELATION_GT: return left > right;
	case FW_RELATION_LE: return left <= right;
	default: return left >= right;
	}
}

bool fw_rule_goes_on(const struct fw_word *word)
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

/* --- values --------------------------------------------------------------- */
static enum fw_value_result empty_element(struct fw_rule_check *check,
					  const struct fw_word *comma)
{
	fw_error(check->checker->diags, "empty-element", &comma->loc,
		 "there is no element before this comma");
	return FW_VALUE_WRONG;
}

bool fw_rule_element(struct fw_rule_check *check, const struct fw_word *brace,
		     size_t *pos, const struct fw_word **ret, size_t *ret_n,
		     enum fw_value_result *result)
{
	const struct fw_word *words = brace->words;
	size_t from = *pos, to = from;

	if (!brace->n_words) {
		fw_error(check->checker->diags, "syntax", &brace->loc,
			 "a list in a rule cannot be empty");
		*result = FW_VALUE_WRONG;
		return false;
	}
	if (from >= brace->n_words)
		return false;	/* { 22, } ends so too */
	while (to < brace->n_words && !fw_mark_is(&words[to], ","))
		to++;
	if (to == from) {
		*result = empty_element(check, &words[to]);
		return false;
	}
	*pos = to + 1;
	*ret = words + from;
	*ret_n = to - from;
	return true;
}

/* { 22, 80-90 } */
static enum fw_value_result read_list(struct fw_rule_check *check,
				      const struct fw_subject *subject,
				      const struct fw_word *brace,
				      struct fw_interval_vec *ret)
{
	enum fw_value_result result = FW_VALUE_OK;
	const struct fw_word *words;
	size_t pos = 0, n;

	while (fw_rule_element(check, brace, &pos, &words, &n, &result)) {
		struct fw_interval *slot = fw_vec_push(check->checker->arena,
						       ret);
		enum fw_value_result r;

		if (!slot) {
			check->checker->diags->oom = true;
			return FW_VALUE_WRONG;
		}
		r = fw_check_value(check->checker, subject, words, n, slot);
		if (r == FW_VALUE_OTHER)
			return r;
		if (r)
			result = r;
	}
	return result;
}

/* Whether the set's keys may be of this type: nft takes numbers of any width for
 * one type, and judges them itself. */
static enum fw_value_result fits(const struct fw_checker *checker,
				 const struct fw_typed_set *set,
				 enum fw_value_type type)
{
	if (set->map)
		return FW_VALUE_WRONG;
	if (checker->set_infos[set - checker->typed->sets].open)
		return FW_VALUE_OTHER;
	if (set->n_types != 1)
		return FW_VALUE_WRONG;
	if (fw_value_is_integer(type) && fw_value_is_integer(set->types[0]))
		return type == set->types[0] ? FW_VALUE_OK : FW_VALUE_OTHER;
	return type == set->types[0] ? FW_VALUE_OK : FW_VALUE_WRONG;
}

static enum fw_value_result read_set(struct fw_rule_check *check,
				     const struct fw_subject *subject,
				     const struct fw_word *word,
				     struct fw_rule_values *ret)
{
	struct fw_typed_set *set = fw_check_set_name(check->checker,
						     check->table, word);
	enum fw_value_result r;

	if (!set)
		return FW_VALUE_WRONG;
	r = fits(check->checker, set, subject->type);
	if (r == FW_VALUE_WRONG)
		fw_check_set_mismatch(check->checker, set, word,
				      fw_value_name(subject->type));
	if (r != FW_VALUE_OK)
		return r;
	ret->set = set;
	if (!set->constant)
		return FW_VALUE_OTHER;
	ret->vec.items = set->intervals;
	ret->vec.n = set->n_intervals;
	return FW_VALUE_OK;
}

enum fw_value_result fw_rule_values(struct fw_rule_check *check,
				    const struct fw_subject *subject,
				    size_t ahead, struct fw_rule_values *ret,
				    size_t *ret_n)
{
	const struct fw_word *word = fw_rule_at(check, ahead);
	struct fw_interval *slot;
	size_t n;

	*ret = (struct fw_rule_values){ .set = NULL };
	*ret_n = 1;
	if (!word) {
		fw_error(check->checker->diags, "syntax",
			 &check->rule->words[check->rule->n_words - 1].loc,
			 "%s %s is missing behind this",
			 fw_value_article(subject->type),
			 fw_value_prose(subject->type));
		return FW_VALUE_WRONG;
	}
	if (word->kind == FW_WORD_BRACE)
		return read_list(check, subject, word, &ret->vec);
	n = fw_rule_left(check) - ahead;
	if (word->kind == FW_WORD_SET && !fw_rule_is_payload(word, n, 0))
		return read_set(check, subject, word, ret);
	*ret_n = fw_value_words(word, n);
	if (!*ret_n)
		return FW_VALUE_OTHER;
	*ret_n += fw_words_touching(word, n, *ret_n);
	slot = fw_vec_push(check->checker->arena, &ret->vec);
	if (!slot) {
		check->checker->diags->oom = true;
		return FW_VALUE_WRONG;
	}
	return fw_check_value(check->checker, subject, word, *ret_n, slot);
}
