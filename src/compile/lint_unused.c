/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints of what is declared and then not named again: sets, maps, defines,
 * chains, objects, profiles, classes.
 *
 * In: a table with its rules, and what the file has built. Out: warnings at the
 * names. Any word that could name a thing counts as naming it, so that there is
 * silence rather than a false alarm. Only memory fails.
 */
#include <errno.h>
#include <string.h>

#include "compile/lint.h"
#include "compile/vocabulary.h"

/* --- chains, objects ------------------------------------------------------ */
struct uses {
	struct fw_lint_table table;
	struct fw_names chains, objects;	/* to bool: named */
};

static int declare(struct fw_arena *arena, struct fw_names *names,
		   const char *name)
{
	bool *named = fw_arena_alloc(arena, sizeof(*named));

	if (!named)
		return -ENOMEM;
	return fw_names_put(arena, names, name, "", named);
}

static int declare_all(struct uses *uses)
{
	struct fw_arena *arena = uses->table.checker->arena;
	const struct fw_res_table *source = uses->table.source;
	int r = 0;

	for (size_t i = 0; !r && i < source->chains.n; i++)
		r = declare(arena, &uses->chains, source->chains.items[i]->name);
	for (size_t i = 0; !r && i < source->objects.n; i++)
		r = declare(arena, &uses->objects,
			    source->objects.items[i]->name);
	return r;
}

static void name(const struct fw_names *names, const char *text)
{
	bool *named = fw_names_get(names, text, "");

	if (named)
		*named = true;
}

static void look_at(struct uses *uses, const struct fw_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (words[i].kind == FW_WORD_BRACE) {
			look_at(uses, words[i].words, words[i].n_words);
			continue;
		}
		if (uses->objects.n)
			name(&uses->objects, words[i].text);
		if (i && (fw_word_is(&words[i - 1], "jump") ||
			  fw_word_is(&words[i - 1], "goto")))
			name(&uses->chains, words[i].text);
	}
}

static void look_at_rules(struct uses *uses)
{
	const struct fw_typed_table *table = uses->table.table;

	for (size_t c = 0; c < table->n_chains; c++)
		for (size_t i = 0; i < table->chains[c].n_rules; i++)
			look_at(uses, table->chains[c].rules[i].words,
				table->chains[c].rules[i].n_words);
}

/* What a map gives may be a chain or an object. */
static void look_at_maps(struct uses *uses)
{
	const struct fw_res_table *source = uses->table.source;

	for (size_t s = 0; s < source->sets.n; s++) {
		const struct fw_res_set *set = source->sets.items[s];

		for (size_t i = 0; set->map && i < set->elements.n; i++)
			look_at(uses, set->elements.items[i].words,
				set->elements.items[i].n_words);
	}
}

static bool is_named(const struct fw_names *names, const char *text)
{
	const bool *named = fw_names_get(names, text, "");

	return named && *named;
}

static void tell_unnamed(const struct uses *uses)
{
	const struct fw_res_table *source = uses->table.source;
	struct fw_diags *diags = uses->table.checker->diags;

	for (size_t i = 0; i < source->chains.n; i++) {
		const struct fw_res_chain *chain = source->chains.items[i];

		if (!uses->table.table->chains[i].hook &&
		    !is_named(&uses->chains, chain->name))
			fw_lint_add(diags, FW_LINT_UNUSED_CHAIN, &chain->loc,
				    "chain '%s' has no hook, and nothing jumps "
				    "to it", chain->name);
	}
	for (size_t i = 0; i < source->objects.n; i++) {
		const struct fw_res_object *object = source->objects.items[i];

		if (!is_named(&uses->objects, object->name))
			fw_lint_add(diags, FW_LINT_UNUSED_OBJECT, &object->loc,
				    "%s '%s' is not used", object->kind,
				    object->name);
	}
}

int fw_lint_unused(const struct fw_lint_table *table)
{
	struct uses uses = { .table = *table };
	int r = declare_all(&uses);

	if (r)
		return r;
	look_at_rules(&uses);
	look_at_maps(&uses);
	tell_unnamed(&uses);
	return 0;
}

/* --- sets, defines, blocks ------------------------------------------------ */
void fw_lint_unused_sets(struct fw_checker *checker)
{
	const struct fw_typed *typed = checker->typed;

	for (size_t i = 0; i < typed->n_sets; i++) {
		const struct fw_typed_set *set = &typed->sets[i];

		if (!set->used)
			fw_lint_add(checker->diags, FW_LINT_UNUSED_SET,
				    &checker->set_infos[i].loc,
				    "%s '%s' is not used",
				    set->map ? "map" : "set", set->name);
	}
}

/* Includes are shared by files that use one part of them or another. */
static bool is_shared(const struct fw_loc *loc)
{
	return loc->source->includer != NULL;
}

void fw_lint_unused_defines(struct fw_checker *checker)
{
	const struct fw_resolved *resolved = checker->resolved;

	for (size_t i = 0; i < resolved->defines.n; i++) {
		const struct fw_define *define = resolved->defines.items[i];

		if (define->used || is_shared(&define->loc) ||
		    !strcmp(define->loc.source->name, "-D"))
			continue;
		fw_lint_add(checker->diags, FW_LINT_UNUSED_DEFINE,
			    &define->loc, "'$%s' is not used", define->name);
	}
}

void fw_lint_unused_blocks(struct fw_checker *checker)
{
	const struct fw_typed *typed = checker->typed;

	for (size_t i = 0; i < typed->n_profiles; i++)
		if (!checker->profiles[i].named &&
		    !is_shared(&checker->profiles[i].loc))
			fw_lint_add(checker->diags, FW_LINT_UNUSED_PROFILE,
				    &checker->profiles[i].loc,
				    "no rule says 'inspect %s'",
				    typed->profiles[i].name);
	for (size_t i = 0; i < typed->n_qos; i++)
		if (!checker->classes[i].named &&
		    !is_shared(&checker->classes[i].loc))
			fw_lint_add(checker->diags, FW_LINT_UNUSED_CLASS,
				    &checker->classes[i].loc,
				    "no rule says 'qos class %s'",
				    typed->qos[i].name);
}
