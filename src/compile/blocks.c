/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flywall's blocks: which there are, and how their keys are read.
 *
 * In: the blocks of the file. Out: options, profiles and monitors of the typed
 * configuration. Every key is honoured or refused: one that nothing runs yet is
 * an error that says so, one that is not known gets a "did you mean".
 */
#include <errno.h>
#include <string.h>

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

static void unknown_key(struct fw_checker *checker, const char *block,
			const struct fw_word *word,
			const struct fw_block_key *keys, size_t n)
{
	struct fw_diag *diag = fw_error(checker->diags, "unknown-key",
					&word->loc, "'%s' is no key of %s",
					word->text, block);
	FW_VEC(const char *) names = { 0 };
	const char *near;

	for (size_t i = 0; i < n; i++) {
		const char **slot = fw_vec_push(checker->arena, &names);

		if (slot)
			*slot = keys[i].name;
	}
	near = fw_nearest(word->text, names.items, names.n);
	if (near)
		fw_diag_hint(checker->diags, diag, "did you mean '%s'?", near);
}

static const struct fw_line *earlier(const struct fw_line *lines, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (lines[k].words[0].kind == FW_WORD_PLAIN &&
		    !strcmp(lines[k].words[0].text, lines[i].words[0].text))
			return &lines[k];
	return NULL;
}

static int check_key(struct fw_checker *checker, const char *block,
		     const struct fw_line *lines, size_t i,
		     const struct fw_block_key *keys, size_t n_keys, void *ctx)
{
	const struct fw_line *line = &lines[i], *first;
	const struct fw_word *word = &line->words[0];

	for (size_t k = 0; k < n_keys; k++) {
		struct fw_diag *diag;

		if (!fw_word_is(word, keys[k].name))
			continue;
		if (!keys[k].read) {
			fw_error(checker->diags, "unsupported", &word->loc,
				 "'%s' is not supported by this version",
				 word->text);
			return 0;
		}
		first = keys[k].many ? NULL : earlier(lines, i);
		if (first) {
			diag = fw_error(checker->diags, "key-twice", &word->loc,
					"'%s' was given already", word->text);
			fw_diag_related(checker->diags, diag, &first->loc,
					"first here");
			return 0;
		}
		return keys[k].read(checker, ctx, line);
	}
	unknown_key(checker, block, word, keys, n_keys);
	return 0;
}

int fw_check_keys(struct fw_checker *checker, const char *block,
		  const struct fw_line *lines, size_t n_lines,
		  const struct fw_block_key *keys, size_t n_keys, void *ctx)
{
	for (size_t i = 0; i < n_lines; i++) {
		int r = check_key(checker, block, lines, i, keys, n_keys, ctx);

		if (r)
			return r;
	}
	return 0;
}

bool fw_check_choice(struct fw_checker *checker, const struct fw_line *line,
		     const char *const *choices, size_t n, size_t *ret)
{
	const struct fw_word *word = line->n_words > 1 ? &line->words[1] : NULL;
	struct fw_diag *diag;
	const char *list = "";

	for (size_t i = 0; word && line->n_words == 2 && !line->has_body &&
	     i < n; i++) {
		if (!fw_word_is(word, choices[i]))
			continue;
		*ret = i;
		return true;
	}
	for (size_t i = 0; list && i < n; i++)
		list = fw_arena_printf(checker->arena, "%s%s%s", list,
				       i ? ", " : "", choices[i]);
	diag = fw_error(checker->diags, "bad-value",
			word ? &word->loc : &line->loc,
			word ? "'%s %s' is not one of the choices" :
			       "'%s' takes a word",
			line->words[0].text, word ? word->text : "");
	if (list)
		fw_diag_hint(checker->diags, diag, "%s", list);
	return false;
}

/* --- inspect -------------------------------------------------------------- */
static void too_many(struct fw_checker *checker,
		     const struct fw_res_block *block)
{
	fw_error(checker->diags, "too-many-profiles", &block->loc,
		 "this is profile %d; there can be %d at most", FW_PROFILES + 1,
		 FW_PROFILES);
}

/* True after a diagnostic. */
static bool same_name(struct fw_checker *checker,
		      const struct fw_res_block *block)
{
	const struct fw_resolved *resolved = checker->resolved;

	for (size_t i = 0; i < resolved->blocks.n; i++) {
		const struct fw_res_block *other = &resolved->blocks.items[i];
		struct fw_diag *diag;

		if (other == block)
			return false;
		if (strcmp(other->kind, "inspect") || !other->name ||
		    strcmp(other->name, block->name))
			continue;
		diag = fw_error(checker->diags, "declared-twice",
				&block->name_loc,
				"there is a profile '%s' already", block->name);
		fw_diag_related(checker->diags, diag, &other->name_loc,
				"declared here");
		return true;
	}
	return false;
}

static int check_profiles(struct fw_checker *checker)
{
	const struct fw_resolved *resolved = checker->resolved;
	struct fw_typed *typed = checker->typed;

	typed->profiles = fw_arena_array(checker->arena, FW_PROFILES,
					 sizeof(*typed->profiles));
	if (!typed->profiles)
		return -ENOMEM;
	for (size_t i = 0; i < resolved->blocks.n; i++) {
		const struct fw_res_block *block = &resolved->blocks.items[i];
		struct fw_profile *profile;
		int r;

		if (strcmp(block->kind, "inspect"))
			continue;
		if (!block->name) {
			fw_error(checker->diags, "syntax", &block->loc,
				 "a profile has a name: inspect NAME { … }");
			continue;
		}
		if (same_name(checker, block))
			continue;
		if (typed->n_profiles == FW_PROFILES) {
			too_many(checker, block);
			return 0;
		}
		profile = &typed->profiles[typed->n_profiles];
		profile->name = block->name;
		profile->id = (uint8_t)typed->n_profiles++;
		r = fw_check_inspect(checker, block, profile);
		if (r)
			return r;
	}
	return 0;
}

/* Profiles that share a queue must agree on what becomes of its packets. */
static void check_queues(struct fw_checker *checker)
{
	const struct fw_typed *typed = checker->typed;

	for (size_t i = 0; i < typed->n_profiles; i++) {
		const struct fw_profile *a = &typed->profiles[i];

		for (size_t k = 0; k < i; k++) {
			const struct fw_profile *b = &typed->profiles[k];
			const struct fw_res_block *block;

			if (a->queue_first > b->queue_last ||
			    b->queue_first > a->queue_last ||
			    (a->on_overload == b->on_overload &&
			     a->on_absent == b->on_absent))
				continue;
			block = fw_check_profile_block(checker, a->name);
			fw_error(checker->diags, "shared-queue",
				 &block->name_loc, "profiles '%s' and '%s' "
				 "share a queue, but differ in %s", a->name,
				 b->name, a->on_overload == b->on_overload ?
				 "on-absent" : "on-overload");
		}
	}
}

const struct fw_res_block *fw_check_profile_block(
	const struct fw_checker *checker, const char *name)
{
	const struct fw_resolved *resolved = checker->resolved;

	for (size_t i = 0; i < resolved->blocks.n; i++) {
		const struct fw_res_block *block = &resolved->blocks.items[i];

		if (!strcmp(block->kind, "inspect") && block->name &&
		    !strcmp(block->name, name))
			return block;
	}
	return NULL;
}

/* --- all ------------------------------------------------------------------ */
static int check_other(struct fw_checker *checker,
		       const struct fw_res_block *block)
{
	if (!strcmp(block->kind, "inspect") || !strcmp(block->kind, "options"))
		return 0;
	if (!strcmp(block->kind, "monitor"))
		return fw_check_monitor(checker, block);
	fw_error(checker->diags, "unsupported", &block->loc,
		 "'%s' is not supported by this version", block->kind);
	return 0;
}

int fw_check_blocks(struct fw_checker *checker)
{
	int r = fw_check_options(checker);

	if (!r)
		r = check_profiles(checker);
	if (!r)
		check_queues(checker);
	for (size_t i = 0; !r && i < checker->resolved->blocks.n; i++)
		r = check_other(checker, &checker->resolved->blocks.items[i]);
	return r;
}
