/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands behind a key of a block: choices, lists, numbers, times, paths.
 *
 * In: a line. Out: a value, or false after a diagnostic at the word that is
 * wrong.
 */
#include <string.h>

#include "compile/blocks.h"
#include "util/cleanup.h"

void fw_check_takes(struct fw_checker *checker, const struct fw_line *line,
		    const char *example)
{
	struct fw_diag *diag = fw_error(checker->diags, "syntax", &line->loc,
					"'%s' is not written so",
					line->words[0].text);

	fw_diag_hint(checker->diags, diag, "%s", example);
}

static const char *all_of(struct fw_arena *arena, const char *const *names,
			  size_t n)
{
	const char *list = "";

	for (size_t i = 0; list && i < n; i++)
		list = fw_arena_printf(arena, "%s%s%s", list, i ? ", " : "",
				       names[i]);
	return list;
}

void fw_check_none_of(struct fw_checker *checker, const struct fw_word *word,
		      const char *what, const char *const *names, size_t n)
{
	struct fw_diag *diag = fw_error(checker->diags, "bad-value", &word->loc,
					"there is no %s '%s'", what,
					word->text);
	const char *near = fw_nearest(word->text, names, n);
	const char *all = near ? NULL : all_of(checker->arena, names, n);

	if (near)
		fw_diag_hint(checker->diags, diag, "did you mean '%s'?", near);
	else if (all)
		fw_diag_hint(checker->diags, diag, "%s", all);
}

bool fw_check_choice(struct fw_checker *checker, const struct fw_line *line,
		     const char *const *choices, size_t n, size_t *ret)
{
	const struct fw_word *word = line->n_words > 1 ? &line->words[1] : NULL;
	struct fw_diag *diag;
	const char *list;

	for (size_t i = 0; word && line->n_words == 2 && !line->has_body &&
	     i < n; i++) {
		if (!fw_word_is(word, choices[i]))
			continue;
		*ret = i;
		return true;
	}
	list = all_of(checker->arena, choices, n);
	diag = fw_error(checker->diags, "bad-value",
			word ? &word->loc : &line->loc,
			word ? "'%s %s' is not one of the choices" :
			       "'%s' takes a word",
			line->words[0].text, word ? word->text : "");
	if (list)
		fw_diag_hint(checker->diags, diag, "%s", list);
	return false;
}

bool fw_check_list(struct fw_checker *checker, const struct fw_line *line,
		   const struct fw_word **ret, size_t *ret_n)
{
	const struct fw_word *words = line->words + 1;
	size_t n = line->n_words - 1;

	if (n && fw_mark_is(&words[0], "=")) {
		words++;
		n--;
	}
	if (n == 1 && words[0].kind == FW_WORD_BRACE) {
		n = words[0].n_words;
		words = words[0].words;
	}
	/* A comma behind the last element is fine, as in nft. */
	if (n && fw_mark_is(&words[n - 1], ","))
		n--;
	if (!n) {
		fw_error(checker->diags, "syntax", &line->loc,
			 "'%s' lists nothing", line->words[0].text);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		bool comma = fw_mark_is(&words[i], ",");

		if (comma == (i % 2 != 0) &&
		    (comma || words[i].kind == FW_WORD_PLAIN ||
		     words[i].kind == FW_WORD_STRING))
			continue;
		fw_error(checker->diags, "syntax", &words[i].loc,
			 "a list is written 'a, b' or '{ a, b }'");
		return false;
	}
	*ret = words;
	*ret_n = n;
	return true;
}

bool fw_check_bits(struct fw_checker *checker, const struct fw_line *line,
		   const char *const *names, size_t n, uint32_t *ret)
{
	const struct fw_word *words;
	size_t n_words;

	if (!fw_check_list(checker, line, &words, &n_words))
		return false;
	for (size_t i = 0; i < n_words; i += 2) {
		size_t k = 0;

		while (k < n && !fw_word_is(&words[i], names[k]))
			k++;
		if (k == n) {
			fw_check_none_of(checker, &words[i],
					 line->words[0].text, names, n);
			return false;
		}
		*ret |= 1u << k;
	}
	return true;
}

bool fw_check_number(struct fw_checker *checker, const struct fw_line *line,
		     uint64_t max, uint64_t *ret)
{
	if (line->n_words != 2) {
		fw_error(checker->diags, "syntax", &line->loc,
			 "'%s' takes a number", line->words[0].text);
		return false;
	}
	if (!fw_check_count(checker, &line->words[1], max, ret))
		return false;
	if (!*ret) {
		fw_error(checker->diags, "bad-value", &line->words[1].loc,
			 "'%s' must be more than 0", line->words[0].text);
		return false;
	}
	return true;
}

bool fw_check_time_line(struct fw_checker *checker, const struct fw_line *line,
			const char *example, uint64_t *ret_ms)
{
	if (line->n_words != 2) {
		fw_check_takes(checker, line, example);
		return false;
	}
	if (!fw_check_time(checker, &line->words[1], ret_ms))
		return false;
	if (!*ret_ms) {
		fw_error(checker->diags, "bad-value", &line->words[1].loc,
			 "'%s' must be longer than none", line->words[0].text);
		return false;
	}
	return true;
}

bool fw_check_path(struct fw_checker *checker, const struct fw_line *line,
		   const char *example, const char **ret)
{
	if (line->n_words != 2 || line->words[1].kind != FW_WORD_STRING ||
	    !*line->words[1].text) {
		fw_check_takes(checker, line, example);
		return false;
	}
	*ret = line->words[1].text;
	return true;
}
