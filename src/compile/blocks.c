/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flywall's blocks: which there are, and how their keys are read.
 *
 * In: the blocks of the file. Out: options, profiles, classes, monitors and the
 * rest of the typed configuration. One table of blocks, one of keys for each:
 * a key that is not known gets a "did you mean", one that stands twice the
 * place where it stood first. Blocks of one kind are taken as one.
 */
#include <errno.h>
#include <string.h>

#include "compile/blocks.h"
#include "util/cleanup.h"

/* --- keys ----------------------------------------------------------------- */
static void unknown_key(struct fw_checker *checker, const char *block,
			const struct fw_word *word,
			const struct fw_block_keys *keys)
{
	struct fw_diag *diag = fw_error(checker->diags, "unknown-key",
					&word->loc, "'%s' is no key of %s",
					word->text, block);
	FW_VEC(const char *) names = { 0 };
	const char *near;

	for (size_t i = 0; i < keys->n; i++) {
		const char **slot = fw_vec_push(checker->arena, &names);

		if (slot)
			*slot = keys->keys[i].name;
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
		     const struct fw_block_keys *keys, void *ctx)
{
	const struct fw_line *line = &lines[i], *first;
	const struct fw_word *word = &line->words[0];

	for (size_t k = 0; k < keys->n; k++) {
		const struct fw_block_key *key = &keys->keys[k];
		struct fw_diag *diag;
		int r;

		if (!fw_word_is(word, key->name))
			continue;
		first = key->many ? NULL : earlier(lines, i);
		if (first) {
			diag = fw_error(checker->diags, "key-twice", &word->loc,
					"'%s' was given already", word->text);
			fw_diag_related(checker->diags, diag, &first->loc,
					"first here");
			return 0;
		}
		r = fw_pending_note(checker, block, word->text,
				    line->n_words > 1 ? line->words[1].text :
							NULL, &line->loc);
		return r ? r : key->read(checker, ctx, line);
	}
	unknown_key(checker, block, word, keys);
	return 0;
}

int fw_check_keys(struct fw_checker *checker, const char *block,
		  const struct fw_line *lines, size_t n_lines,
		  const struct fw_block_keys *keys, void *ctx)
{
	for (size_t i = 0; i < n_lines; i++) {
		int r = check_key(checker, block, lines, i, keys, ctx);

		if (r)
			return r;
	}
	return 0;
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
	checker->profiles = fw_arena_array(checker->arena, FW_PROFILES,
					   sizeof(*checker->profiles));
	if (!typed->profiles || !checker->profiles)
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
		checker->profiles[typed->n_profiles].loc = block->name_loc;
		profile->name = block->name;
		typed->n_profiles++;
		r = fw_check_inspect(checker, block, profile);
		if (r)
			return r;
	}
	return 0;
}

/* --- numbers --------------------------------------------------------------- */
/* What bears a number: a profile of the file, or connections, for another one. */
enum bearer { NOBODY, CONNECTIONS, PROFILE };

static bool has_number(const struct fw_facts *facts, const char *name,
		       unsigned *ret)
{
	for (size_t i = 0; i < facts->n_profiles; i++) {
		if (strcmp(facts->profiles[i].name, name) ||
		    facts->profiles[i].number >= FW_PROFILES)
			continue;
		*ret = facts->profiles[i].number;
		return true;
	}
	return false;
}

/* There are as many numbers as profiles can be. */
static unsigned lowest(const enum bearer bearers[FW_PROFILES])
{
	for (enum bearer of = NOBODY; of < PROFILE; of++)
		for (unsigned i = 0; i < FW_PROFILES; i++)
			if (bearers[i] == of)
				return i;
	return 0;
}

/* A profile keeps its number wherever it stands in the file. A new one gets the
 * lowest that nobody bears, or else one whose profile is not in the file. */
static void number_profiles(struct fw_checker *checker)
{
	const struct fw_facts *facts = checker->typed->facts;
	struct fw_profile *profiles = checker->typed->profiles;
	enum bearer bearers[FW_PROFILES] = { NOBODY };
	size_t n = checker->typed->n_profiles;
	unsigned number;

	for (size_t i = 0; i < facts->n_profiles; i++)
		if (facts->profiles[i].number < FW_PROFILES)
			bearers[facts->profiles[i].number] = CONNECTIONS;
	for (size_t i = 0; i < n; i++)
		if (has_number(facts, profiles[i].name, &number))
			bearers[number] = PROFILE;
	for (size_t i = 0; i < n; i++) {
		if (!has_number(facts, profiles[i].name, &number))
			number = lowest(bearers);
		bearers[number] = PROFILE;
		profiles[i].id = (uint8_t)number;
	}
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
/* Blocks that are taken as one: all but the profiles. */
static const struct {
	const char *kind, *name;	/* name NULL: it has none */
	const char *title;
	int (*check)(struct fw_checker *checker, const struct fw_block *block);
	bool always;		/* there are defaults where there is none */
} blocks[] = {
	{ "options", NULL, "options", fw_check_options, true },
	{ "qos", NULL, "qos", fw_check_qos, false },
	{ "monitor", "dns", "monitor dns", fw_check_monitor_dns, false },
	{ "monitor", "tls", "monitor tls", fw_check_monitor_tls, false },
	{ "monitor", "dhcp", "monitor dhcp", fw_check_monitor_dhcp, false },
	{ "monitor", "kernel", "monitor kernel", fw_check_monitor_kernel,
	  false },
	{ "events", NULL, "events", fw_check_events, false },
	{ "learn", NULL, "learn", fw_check_learn, false },
};

static bool is_block(const struct fw_res_block *block, size_t row)
{
	return !strcmp(block->kind, blocks[row].kind) &&
	       !block->name == !blocks[row].name &&
	       (!block->name || !strcmp(block->name, blocks[row].name));
}

static int check_block(struct fw_checker *checker, size_t row)
{
	const struct fw_resolved *resolved = checker->resolved;
	struct fw_block whole = { .title = blocks[row].title };
	bool found = false;
	int r = 0;

	for (size_t b = 0; b < resolved->blocks.n; b++) {
		const struct fw_res_block *block = &resolved->blocks.items[b];

		if (!is_block(block, row))
			continue;
		if (!found)
			whole.loc = block->loc;
		found = true;
		for (size_t i = 0; i < block->lines.n; i++) {
			struct fw_line *slot = fw_vec_push(checker->arena,
							   &whole.lines);

			if (!slot)
				return -ENOMEM;
			*slot = block->lines.items[i];
		}
	}
	if (found)
		r = fw_pending_note(checker, whole.title, NULL, NULL,
				    &whole.loc);
	if (r || (!found && !blocks[row].always))
		return r;
	return blocks[row].check(checker, &whole);
}

/* A block that no row of the table reads: its name is wrong. (A name where there
 * can be none is the parser's to say.) */
static void check_name(struct fw_checker *checker,
		       const struct fw_res_block *block)
{
	FW_VEC(const char *) names = { 0 };
	bool named = false;

	if (!strcmp(block->kind, "inspect"))
		return;
	for (size_t i = 0; i < FW_ARRAY_SIZE(blocks); i++) {
		const char **slot;

		if (is_block(block, i))
			return;
		if (strcmp(block->kind, blocks[i].kind) || !blocks[i].name)
			continue;
		named = true;
		slot = fw_vec_push(checker->arena, &names);
		if (slot)
			*slot = blocks[i].name;
	}
	if (block->name && named) {
		struct fw_word word = { .text = block->name,
					.loc = block->name_loc };

		fw_check_none_of(checker, &word, block->kind, names.items,
				 names.n);
	} else if (!block->name) {
		fw_error(checker->diags, "syntax", &block->loc,
			 "%s what? '%s %s { … }'", block->kind, block->kind,
			 names.n ? names.items[0] : "NAME");
	}
}

int fw_check_blocks(struct fw_checker *checker)
{
	const struct fw_resolved *resolved = checker->resolved;
	int r = 0;

	/* Rules of profiles name classes, so these come first. */
	for (size_t i = 0; !r && i < FW_ARRAY_SIZE(blocks); i++)
		r = check_block(checker, i);
	if (!r)
		r = check_profiles(checker);
	if (!r)
		check_queues(checker);
	if (r == 0)
		number_profiles(checker);
	for (size_t i = 0; !r && i < resolved->blocks.n; i++)
		check_name(checker, &resolved->blocks.items[i]);
	return r;
}
