/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The elements of a set: values, prefixes, ranges; Flywall's own in sets_own.c.
 *
 * In: runs of words between commas. Out: intervals for the types
 * that Flywall understands, and each element as a text for nft. A wrong one is
 * an error at its columns, and so are intervals that nft would not take beside
 * each other; of other types nft is the judge.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/sets.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"
#include "util/pages.h"

size_t fw_set_value_words(const struct fw_res_run *run)
{
	size_t n = 1;

	while (n < run->n_words && !fw_element_option(&run->words[n]))
		n++;
	return n;
}

/* A lone word has its text already. */
static int keep_text(struct fw_set_check *check, const struct fw_res_run *run)
{
	const char **slot = fw_vec_push(check->checker->arena, &check->texts);

	if (!slot)
		return -ENOMEM;
	*slot = run->words->text;
	if (run->n_words > 1 || run->words->kind != FW_WORD_PLAIN)
		*slot = fw_words_element(check->checker->arena, run->words,
					 run->n_words);
	return *slot ? 0 : -ENOMEM;
}

static void needs_interval(struct fw_set_check *check, const struct fw_loc *loc)
{
	struct fw_diag *diag = fw_error(
		check->checker->diags, "needs-interval", loc,
		"set '%s' holds single values only", check->source->name);

	fw_diag_related(check->checker->diags, diag, &check->source->loc,
			"declared here");
	fw_diag_hint(check->checker->diags, diag,
		     "'flags interval' admits prefixes and ranges");
}

static void note_option(struct fw_set_check *check, const struct fw_word *word)
{
	if (!fw_element_option(word) || fw_word_is(word, "comment"))
		return;
	check->stateful = true;
	check->judges |= !fw_word_is(word, "timeout") &&
			 !fw_word_is(word, "expires");
}

/* nft takes IPv6 addresses in brackets, too: `[2001:db8::1]`. The run without
 * them, or itself where it has none; NULL when memory runs out. */
static const struct fw_res_run *without_brackets(struct fw_arena *arena,
						 const struct fw_res_run *run)
{
	struct fw_res_run *bare;
	struct fw_word *words;
	size_t at = 0;

	while (at < run->n_words && !fw_mark_is(&run->words[at], "["))
		at++;
	if (at == run->n_words)
		return run;
	bare = fw_arena_array(arena, 1, sizeof(*bare));
	words = fw_arena_array(arena, run->n_words, sizeof(*words));
	if (!bare || !words)
		return NULL;
	*bare = *run;
	bare->words = words;
	bare->n_words = 0;
	for (size_t i = 0; i < run->n_words; i++) {
		bool pair = i + 2 < run->n_words &&
			    fw_mark_is(&run->words[i], "[") &&
			    fw_mark_is(&run->words[i + 2], "]");

		words[bare->n_words++] = run->words[pair ? i + 1 : i];
		if (pair)
			i += 2;
	}
	return bare;
}

static int value_element(struct fw_set_check *check, enum fw_value_type type,
			 const struct fw_res_run *run)
{
	struct fw_checker *checker = check->checker;
	size_t n = fw_set_value_words(run);
	struct fw_loc span = fw_loc_span(&run->words[0].loc,
					 &run->words[n - 1].loc);
	struct fw_interval value, *slot;
	const struct fw_res_run **place;

	/* A catch-all element, or one with a state of its own, is nft's. */
	if (fw_mark_is(&run->words[0], "*"))
		check->stateful = check->judges = true;
	for (size_t i = n; i < run->n_words; i++)
		note_option(check, &run->words[i]);
	if (fw_mark_is(&run->words[0], "*"))
		return keep_text(check, run);
	switch (fw_value_read(checker->diags, type, run->words, n, &value)) {
	case FW_VALUE_OK:
		break;
	case FW_VALUE_WRONG:
		return 0;
	default:
		fw_error(checker->diags, "bad-value", &span, "this is no %s",
			 fw_value_prose(type));
		return 0;
	}
	if (n == 3 && !check->set->interval) {
		needs_interval(check, &span);
		return 0;
	}
	/* A plain nft set may hold everything; one that is fed may not. */
	if (check->file && !check->options.force && !value.lo &&
	    value.hi == fw_value_max(type) &&
	    (type == FW_VALUE_IPV4 || type == FW_VALUE_IPV6)) {
		struct fw_diag *diag = fw_error(checker->diags, "everything",
						&span,
						"this covers every address");

		fw_diag_hint(checker->diags, diag,
			     "'force' in the set admits it");
		return 0;
	}
	slot = fw_vec_push(checker->arena, &check->intervals);
	place = fw_vec_push(checker->arena, &check->places);
	if (!slot || !place)
		return -ENOMEM;
	*slot = value;
	*place = run;
	return keep_text(check, run);
}

static int read_elements(struct fw_set_check *check)
{
	const struct fw_res_set *source = check->source;
	enum fw_value_type type = FW_VALUE_MAX_;
	bool values = fw_set_value_type(check->set->type, &type);
	struct fw_arena *arena = check->checker->arena;
	size_t n = source->elements.n;
	int r = 0;

	if (check->set->type < FW_SET_DOMAIN &&
	    (!fw_vec_reserve(arena, &check->texts, n) ||
	     (values && (!fw_vec_reserve(arena, &check->intervals, n) ||
			 !fw_vec_reserve(arena, &check->places, n)))))
		return -ENOMEM;
	for (size_t i = 0; !r && i < source->elements.n; i++) {
		const struct fw_res_run *run = &source->elements.items[i];

		if (!run->n_words)
			continue;	/* deleted again */
		if (check->set->type >= FW_SET_DOMAIN)
			r = fw_set_own_element(check, run);
		else if (values && type == FW_VALUE_IPV6 &&
			 !(run = without_brackets(arena, run)))
			r = -ENOMEM;
		else if (values)
			r = value_element(check, type, run);
		else
			r = keep_text(check, run);
	}
	return r;
}

/* An element with its place, to find overlaps. */
struct placed {
	struct fw_interval value;
	const struct fw_res_run *run;
};

static int by_value(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->value.lo != y->value.lo)
		return x->value.lo < y->value.lo ? -1 : 1;
	if (x->value.hi != y->value.hi)
		return x->value.hi < y->value.hi ? -1 : 1;
	return x->run < y->run ? -1 : x->run > y->run;
}

static struct fw_loc place_of(const struct fw_res_run *run)
{
	return fw_loc_span(&run->words[0].loc,
			   &run->words[fw_set_value_words(run) - 1].loc);
}

static void overlap(struct fw_set_check *check, const struct fw_res_run *a,
		    const struct fw_res_run *b)
{
	const struct fw_loc later = place_of(a > b ? a : b);
	const struct fw_loc earlier = place_of(a > b ? b : a);
	struct fw_diag *diag = fw_error(check->checker->diags, "overlap", &later,
					"this element overlaps another one");

	fw_diag_related(check->checker->diags, diag, &earlier, "the other one");
	fw_diag_hint(check->checker->diags, diag,
		     "'auto-merge' in the set merges them");
}

/* nft refuses intervals that overlap, unless they are equal or it may merge
 * them. */
static int check_overlaps(struct fw_set_check *check)
{
	size_t n = check->intervals.n, widest = 0;
	_cleanup_free_ struct placed *sorted = NULL;

	if (!check->set->interval || check->set->merges || check->file || n < 2)
		return 0;
	sorted = fw_pages_calloc(n, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = (struct placed){ check->intervals.items[i],
					     check->places.items[i] };
	qsort(sorted, n, sizeof(*sorted), by_value);
	for (size_t i = 1; i < n; i++) {
		const struct placed *wide = &sorted[widest];
		bool equal = sorted[i].value.lo == wide->value.lo &&
			     sorted[i].value.hi == wide->value.hi;

		if (sorted[i].value.lo <= wide->value.hi && !equal)
			overlap(check, wide->run, sorted[i].run);
		if (sorted[i].value.hi > wide->value.hi)
			widest = i;
	}
	return 0;
}
int fw_set_check_elements(struct fw_set_check *check)
{
	int r = read_elements(check);

	if (!r)
		r = check_overlaps(check);
	return r ? r : fw_lint_elements(check);
}
