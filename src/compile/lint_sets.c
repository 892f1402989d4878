/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints of elements: those that stand twice, lie within another one, or overlap
 * one.
 *
 * In: the elements of a set of the file, or between the braces of a rule, with
 * their places. Out: warnings at the ones that add nothing. What nft refuses is
 * an error elsewhere; element files are merged without a word. Only memory
 * fails.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/lint.h"
#include "compile/sets.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"
#include "util/pages.h"

/* An element with its words, in the order of the file. */
struct element {
	struct fw_interval value;
	const struct fw_word *words;
	size_t n_words, nth;
};

/* What reaches furthest comes first, then what stands first. */
static int by_reach(const void *a, const void *b)
{
	const struct element *x = a, *y = b;

	if (x->value.lo != y->value.lo)
		return x->value.lo < y->value.lo ? -1 : 1;
	if (x->value.hi != y->value.hi)
		return x->value.hi > y->value.hi ? -1 : 1;
	return (x->nth > y->nth) - (x->nth < y->nth);
}

static struct fw_loc place_of(const struct element *element)
{
	return fw_loc_span(&element->words[0].loc,
			   &element->words[element->n_words - 1].loc);
}

static void tell_covered(struct fw_diags *diags, const struct element *inner,
			 const struct element *outer)
{
	struct fw_loc loc = place_of(inner), place = place_of(outer);
	bool same = inner->value.lo == outer->value.lo &&
		    inner->value.hi == outer->value.hi;
	struct fw_diag *diag =
		fw_lint_add(diags, FW_LINT_COVERED_ELEMENT, &loc,
			    same ? "this element stands here already" :
				   "this element lies within another one");

	fw_diag_related(diags, diag, &place, same ? "here" : "the wider one");
}

static void tell_overlap(struct fw_diags *diags, const struct element *a,
			 const struct element *b)
{
	const struct element *later = a->nth > b->nth ? a : b;
	struct fw_loc loc = place_of(later);
	struct fw_loc place = place_of(later == a ? b : a);
	struct fw_diag *diag = fw_lint_add(
		diags, FW_LINT_OVERLAPPING_ELEMENTS, &loc,
		"this element overlaps another one, and is merged with it");

	fw_diag_related(diags, diag, &place, "the other one");
}

/* As many as are shown anyway: a list may have a million of them. */
static void look_at(struct fw_diags *diags, struct element *elements, size_t n)
{
	size_t widest = 0, told = 0;

	for (size_t i = 1; i < n; i++) {
		int d = by_reach(&elements[i - 1], &elements[i]);

		if (d <= 0)
			continue;
		qsort(elements, n, sizeof(*elements), by_reach);
		break;
	}
	for (size_t i = 1; i < n && told < FW_DIAG_SHOWN; i++) {
		const struct element *wide = &elements[widest];
		const struct element *element = &elements[i];

		if (element->value.hi <= wide->value.hi)
			tell_covered(diags, element, wide);
		else if (element->value.lo <= wide->value.hi)
			tell_overlap(diags, element, wide);
		told += element->value.lo <= wide->value.hi;
		if (element->value.hi > wide->value.hi)
			widest = i;
	}
}

/* --- sets of the file ----------------------------------------------------- */
int fw_lint_elements(struct fw_set_check *check)
{
	size_t n = check->places.n;
	_cleanup_free_ struct element *elements = NULL;

	if (n < 2 || check->checker->diags->n_errors)
		return 0;
	elements = fw_pages_calloc(n, sizeof(*elements));
	if (!elements)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct fw_res_run *run = check->places.items[i];

		elements[i] = (struct element){ check->intervals.items[i],
						run->words, run->n_words, i };
	}
	look_at(check->checker->diags, elements, n);
	return 0;
}

/* --- lists of rules ------------------------------------------------------- */
static int look_at_list(const struct fw_lint_chain *lint,
			enum fw_value_type type, const struct fw_word *brace)
{
	FW_VEC(struct element) elements = { 0 };
	const struct fw_word *words = brace->words;

	for (size_t i = 0, n; i < brace->n_words; i += n + 1) {
		struct element *slot;

		n = fw_value_words(words + i, brace->n_words - i);
		if (!n || (i + n < brace->n_words &&
			   !fw_mark_is(&words[i + n], ",")))
			return 0;
		slot = fw_vec_push(lint->checker->arena, &elements);
		if (!slot)
			return -ENOMEM;
		*slot = (struct element){ .words = words + i, .n_words = n,
					  .nth = i };
		if (fw_value_read(lint->checker->diags, type, words + i, n,
				  &slot->value) != FW_VALUE_OK)
			return 0;
	}
	look_at(lint->checker->diags, elements.items, elements.n);
	return 0;
}

int fw_lint_lists(const struct fw_lint_chain *lint)
{
	int r = 0;

	for (size_t i = 0; !r && i < lint->chain->n_rules; i++) {
		const struct fw_typed_rule *rule = &lint->chain->rules[i];

		for (size_t p = 0; !r && p < rule->n_parts; p++) {
			const struct fw_part *part = &rule->parts[p];
			const struct fw_word *last =
				&part->words[part->n_words - 1];
			const struct fw_vocab_match *match;

			if (part->kind != FW_PART_MATCH ||
			    last->kind != FW_WORD_BRACE)
				continue;
			match = fw_vocab_match(part->words, part->n_words);
			if (match)
				r = look_at_list(lint, match->value, last);
		}
	}
	return r;
}
