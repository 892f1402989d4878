/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of Flywall's own types: domain, ja3, ja4, pattern.
 *
 * In: elements, and what an element file gave. Out: the content of the typed
 * set, sorted. A wrong element is a diagnostic at its words; only memory fails.
 */
#include <errno.h>
#include <string.h>

#include "compile/sets.h"
#include "compile/vocabulary.h"

/* Words that belong together: `=example.com` may come as two. */
static const char *joined(struct fw_arena *arena, const struct fw_res_run *run,
			  size_t n)
{
	const char *text = run->words[0].text;

	for (size_t i = 1; text && i < n; i++)
		text = fw_arena_printf(arena, "%s%s", text, run->words[i].text);
	return text;
}

/* What stands behind a value: a comment, a time. False after a diagnostic. */
static bool read_options(struct fw_set_check *check,
			 const struct fw_res_run *run, size_t from,
			 uint64_t *ret_ms)
{
	struct fw_diags *diags = check->checker->diags;

	*ret_ms = 0;
	for (size_t i = from; i < run->n_words; i += 2) {
		const struct fw_word *word = &run->words[i];

		if (i + 1 == run->n_words) {
			fw_error(diags, "syntax", &word->loc,
				 "nothing stands behind '%s'", word->text);
			return false;
		}
		if (fw_word_is(word, "comment"))
			continue;
		if (!fw_word_is(word, "timeout")) {
			fw_error(diags, "bad-key", &word->loc,
				 "an element of type %s has no '%s'",
				 check->type, word->text);
			return false;
		}
		if (!fw_check_time(check->checker, &run->words[i + 1], ret_ms))
			return false;
	}
	return true;
}

static int keep_timed(struct fw_set_check *check, const char *text, uint64_t ms,
		      const struct fw_loc *loc)
{
	struct fw_timed_element *slot;
	int r;

	if (!ms)
		return 0;
	r = fw_pending_note(check->checker, "set of Flywall's own", "timeout",
			    NULL, loc);
	if (r)
		return r;
	slot = fw_vec_push(check->checker->arena, &check->timed);
	if (!slot)
		return -ENOMEM;
	*slot = (struct fw_timed_element){ text, ms };
	return 0;
}

int fw_set_own_element(struct fw_set_check *check, const struct fw_res_run *run)
{
	struct fw_checker *checker = check->checker;
	struct fw_value_error error = { .hint = "" };
	size_t n = fw_set_value_words(run);
	struct fw_loc span = fw_loc_span(&run->words[0].loc,
					 &run->words[n - 1].loc);
	const char *text = joined(checker->arena, run, n);
	struct fw_diag *diag;
	uint64_t ms;
	int r;

	if (!text)
		return -ENOMEM;
	r = fw_own_add(checker->arena, check->set->type, text, &check->own,
		       &error);
	if (!r)
		return read_options(check, run, n, &ms) ?
			       keep_timed(check, text, ms, &span) : 0;
	if (r != -EINVAL)
		return r;
	diag = fw_error(checker->diags, error.id, &span, "%s", error.text);
	if (error.hint[0])
		fw_diag_hint(checker->diags, diag, "%s", error.hint);
	return 0;
}

/* --- content -------------------------------------------------------------- */
static int finish_domains(struct fw_set_check *check)
{
	struct fw_domain_set *set = fw_arena_alloc(check->checker->arena,
						   sizeof(*set));
	struct fw_domain_vec *domains = &check->own.domains;
	const char *clash;

	if (!set)
		return -ENOMEM;
	if (fw_domains_sort(domains, &clash))
		fw_error(check->checker->diags, "contradiction",
			 &check->source->loc,
			 "set '%s' has '%s' as an entry and as an exception",
			 check->source->name, clash);
	*set = (struct fw_domain_set){ check->source->name, domains->items,
				       domains->n };
	check->set->domains = set;
	return 0;
}

static int finish_patterns(struct fw_set_check *check)
{
	struct fw_pattern_set *set = fw_arena_alloc(check->checker->arena,
						    sizeof(*set));
	struct fw_pattern_vec *patterns = &check->own.patterns;
	const char *clash;

	if (!set)
		return -ENOMEM;
	if (fw_patterns_sort(patterns, &clash))
		fw_error(check->checker->diags, "declared-twice",
			 &check->source->loc,
			 "set '%s' has two patterns of the name '%s'",
			 check->source->name, clash);
	*set = (struct fw_pattern_set){ check->source->name, patterns->items,
					patterns->n };
	check->set->patterns = set;
	return 0;
}

int fw_set_own_finish(struct fw_set_check *check)
{
	const struct fw_own_content *own = &check->own;
	size_t n = own->domains.n + own->texts.n + own->patterns.n;

	check->set->options.timed = check->timed.items;
	check->set->options.n_timed = check->timed.n;
	if (check->size && n > check->size)
		fw_error(check->checker->diags, "set-full", &check->source->loc,
			 "set '%s' has %zu elements, but 'size %llu'",
			 check->source->name, n,
			 (unsigned long long)check->size);
	switch (check->set->type) {
	case FW_SET_DOMAIN:
		return finish_domains(check);
	case FW_SET_PATTERN:
		return finish_patterns(check);
	default:
		check->set->texts = fw_texts_set(check->checker->arena,
						 check->source->name,
						 &check->own.texts);
		return check->set->texts ? 0 : -ENOMEM;
	}
}
