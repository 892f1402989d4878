/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of sets and maps, and the verdicts of maps: `192.0.2.1 . 80-90 : drop`.
 *
 * In: the words of an element, and what each of its fields is compared with or
 * declared as. Out: an interval a field, a verdict. OTHER where a field is
 * nothing that is known here. A wrong one is a diagnostic at its words, with the
 * place that says what is meant.
 */
#include <string.h>

#include "compile/rule.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

/* A value and more, with no space between: 1.1.1.1.1 */
static bool is_broken(const struct fw_word *words, size_t n)
{
	size_t len = fw_value_words(words, n);

	return len && len < n && len + fw_words_touching(words, n, len) == n;
}

static enum fw_value_result broken(struct fw_checker *checker,
				   const struct fw_subject *subject,
				   const struct fw_word *words, size_t n)
{
	struct fw_loc loc = fw_loc_span(&words[0].loc, &words[n - 1].loc);
	const char *text = fw_words_as_one(checker->arena, words, n);

	checker->diags->oom |= !text;
	if (text)
		fw_error(checker->diags, "bad-value", &loc, "'%s' is no %s",
			 text, fw_value_prose(subject->type));
	return FW_VALUE_WRONG;
}

enum fw_value_result fw_check_value(struct fw_checker *checker,
				    const struct fw_subject *subject,
				    const struct fw_word *words, size_t n,
				    struct fw_interval *ret)
{
	struct fw_diags *diags = checker->diags;
	size_t before = diags->n;
	enum fw_value_result r;
	struct fw_diag *diag;

	if (is_broken(words, n))
		return broken(checker, subject, words, n);
	r = fw_value_read(diags, subject->type, words, n, ret);
	diag = diags->n > before ? &diags->items[before] : NULL;
	if (!diag || (strcmp(diag->id, "wrong-type") &&
		      strcmp(diag->id, "wrong-family")))
		return r;
	if (!strcmp(subject->name, fw_value_name(subject->type)))
		fw_diag_related(diags, diag, &subject->loc,
				"the type is declared here");
	else
		fw_diag_related(diags, diag, &subject->loc, "'%s' is of type %s",
				subject->name, fw_value_name(subject->type));
	return r;
}

/* The fields of a concatenation, each up to the next dot. */
static size_t field_words(const struct fw_word *words, size_t n)
{
	size_t i = 0;

	while (i < n && !fw_mark_is(&words[i], "."))
		i++;
	return i;
}

static size_t count_fields(const struct fw_word *words, size_t n)
{
	size_t k = 1;

	for (size_t i = 0; i < n; i++)
		k += fw_mark_is(&words[i], ".");
	return k;
}

static enum fw_value_result wrong_count(struct fw_checker *checker,
					const struct fw_subject *subjects,
					size_t n_subjects,
					const struct fw_word *words, size_t n)
{
	struct fw_loc here = fw_loc_span(&words[0].loc, &words[n - 1].loc);
	struct fw_loc there = fw_loc_span(&subjects[0].loc,
					  &subjects[n_subjects - 1].loc);
	size_t has = count_fields(words, n);
	struct fw_diag *diag = fw_error(checker->diags, "field-count", &here,
					"%zu field%s here, but %zu %s meant",
					has, has == 1 ? "" : "s", n_subjects,
					n_subjects == 1 ? "is" : "are");

	fw_diag_related(checker->diags, diag, &there, "by this");
	return FW_VALUE_WRONG;
}

enum fw_value_result fw_check_key(struct fw_checker *checker,
				  const struct fw_subject *subjects,
				  size_t n_subjects, const struct fw_word *words,
				  size_t n, struct fw_interval *ret)
{
	enum fw_value_result result = FW_VALUE_OK;
	size_t at = 0;

	if (count_fields(words, n) != n_subjects)
		return wrong_count(checker, subjects, n_subjects, words, n);
	for (size_t i = 0; i < n_subjects; i++) {
		size_t len = field_words(words + at, n - at);
		enum fw_value_result r = fw_check_value(checker, &subjects[i],
							words + at, len, &ret[i]);

		/* All wrong fields are said; wrong outweighs not known. */
		if (r == FW_VALUE_WRONG || result == FW_VALUE_OK)
			result = r;
		at += len + 1;
	}
	return result;
}

/* --- verdicts ------------------------------------------------------------- */
static const struct {
	const char *word;
	struct fw_vmap_verdict verdict;
	bool target;
} verdicts[] = {
	{ "accept", { FW_PART_VERDICT, FW_VERDICT_ACCEPT, NULL, false }, false },
	{ "drop", { FW_PART_VERDICT, FW_VERDICT_DROP, NULL, false }, false },
	{ "continue", { FW_PART_VERDICT, FW_VERDICT_NONE, NULL, false }, false },
	{ "return", { FW_PART_JUMP, FW_VERDICT_NONE, NULL, false }, false },
	{ "jump", { FW_PART_JUMP, FW_VERDICT_NONE, NULL, false }, true },
	{ "goto", { FW_PART_JUMP, FW_VERDICT_NONE, NULL, true }, true },
};

static enum fw_value_result no_verdict(struct fw_checker *checker,
				       const struct fw_word *word)
{
	const char *names[FW_ARRAY_SIZE(verdicts)], *near;
	struct fw_diag *diag = fw_error(checker->diags, "bad-value", &word->loc,
					"'%s' is no verdict", word->text);

	for (size_t i = 0; i < FW_ARRAY_SIZE(verdicts); i++)
		names[i] = verdicts[i].word;
	near = fw_nearest(word->text, names, FW_ARRAY_SIZE(verdicts));
	if (near)
		fw_diag_hint(checker->diags, diag, "did you mean '%s'?", near);
	return FW_VALUE_WRONG;
}

enum fw_value_result fw_check_verdict(struct fw_checker *checker,
				      const struct fw_word *words, size_t n,
				      struct fw_vmap_verdict *ret)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(verdicts); i++) {
		if (!fw_word_is(&words[0], verdicts[i].word))
			continue;
		if (n != (verdicts[i].target ? 2u : 1u))
			return FW_VALUE_OTHER;
		*ret = verdicts[i].verdict;
		if (verdicts[i].target)
			ret->chain = words[1].text;
		return FW_VALUE_OK;
	}
	if (words[0].kind != FW_WORD_PLAIN || fw_word_is(&words[0], "queue"))
		return FW_VALUE_OTHER;
	return no_verdict(checker, &words[0]);
}

/* Where the value ends that begins at from; behind it stand options. */
static size_t value_end(const struct fw_word *words, size_t from, size_t to, bool *stateful)
{
	size_t end = to;

	for (size_t i = to; i-- > from;)
		if (fw_element_option(&words[i])) {
			*stateful = *stateful || !fw_word_is(&words[i], "comment");
			end = i;
		}
	return end;
}

bool fw_check_element(const struct fw_word *words, size_t n,
		      struct fw_element *ret)
{
	size_t colon = 0, end;

	*ret = (struct fw_element){ .words = words };
	while (colon < n && !fw_mark_is(&words[colon], ":"))
		colon++;
	ret->n_words = value_end(words, 1, colon, &ret->stateful);
	end = value_end(words, colon + 1, n, &ret->stateful);
	ret->data = colon + 1 < end ? words + colon + 1 : NULL;
	ret->n_data = ret->data ? end - colon - 1 : 0;
	ret->catch_all = ret->n_words == 1 && fw_mark_is(&words[0], "*");
	return ret->n_words > 0;
}
