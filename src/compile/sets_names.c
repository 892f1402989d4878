/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which set `@name` means, and what to say where it means none.
 *
 * In: a name and the table it stands in. Out: the typed set, marked as used, or
 * a diagnostic with the places and names that help.
 */
#include <string.h>

#include "compile/typecheck.h"

const char *fw_check_set_type(const struct fw_checker *checker,
			      const struct fw_typed_set *set)
{
	return checker->set_infos[set - checker->typed->sets].type;
}

static const struct fw_loc *set_loc(const struct fw_checker *checker,
				    const struct fw_typed_set *set)
{
	return &checker->set_infos[set - checker->typed->sets].loc;
}

/* nft's name, and in prose where there is more to it than the name. */
static const char *in_words(struct fw_checker *checker, const char *type)
{
	enum fw_value_type known;
	const char *text = type;

	if (fw_value_named(type, &known) && strcmp(type, fw_value_prose(known)))
		text = fw_arena_printf(checker->arena, "%s (%s)", type,
				       fw_value_prose(known));
	return text ? text : type;
}

struct fw_diag *fw_check_set_mismatch(struct fw_checker *checker,
				      const struct fw_typed_set *set,
				      const struct fw_word *word,
				      const char *meant)
{
	struct fw_diag *diag = fw_error(
		checker->diags, "set-type", &word->loc,
		"%s '%s' is of type %s, but %s is meant here",
		set->map ? "map" : "set", set->name,
		in_words(checker, fw_check_set_type(checker, set)),
		in_words(checker, meant));

	fw_diag_related(checker->diags, diag, set_loc(checker, set),
			"declared here");
	return diag;
}

static void unknown_set(struct fw_checker *checker,
			const struct fw_typed_table *table,
			const struct fw_word *word)
{
	const struct fw_typed *typed = checker->typed;
	struct fw_diag *diag = fw_error(checker->diags, "unknown-set",
					&word->loc, "there is no set '%s'",
					word->text);
	const struct fw_typed_set *elsewhere = NULL;
	FW_VEC(const char *) names = { 0 };
	const char *near;

	/* Looking through all of many names for each error would take long. */
	if (checker->diags->n_errors > FW_DIAG_SHOWN)
		return;
	for (size_t i = 0; i < typed->n_sets; i++) {
		const struct fw_typed_set *set = &typed->sets[i];
		const char **slot;

		if (table && set->table && set->table != table) {
			if (!strcmp(set->name, word->text))
				elsewhere = set;
			continue;
		}
		slot = fw_vec_push(checker->arena, &names);
		if (slot)
			*slot = set->name;
	}
	near = fw_nearest(word->text, names.items, names.n);
	if (elsewhere)
		fw_diag_related(checker->diags, diag,
				set_loc(checker, elsewhere),
				"a set of that name is in another table");
	if (near)
		fw_diag_hint(checker->diags, diag, "did you mean '@%s'?", near);
}

static void ambiguous_set(struct fw_checker *checker, const struct fw_word *word)
{
	const struct fw_typed *typed = checker->typed;
	struct fw_diag *diag = fw_error(checker->diags, "ambiguous-set",
					&word->loc, "several tables have a set "
					"'%s'", word->text);

	for (size_t i = 0; i < typed->n_sets; i++)
		if (!strcmp(typed->sets[i].name, word->text))
			fw_diag_related(checker->diags, diag,
					set_loc(checker, &typed->sets[i]),
					"one is here");
	fw_diag_hint(checker->diags, diag,
		     "a set at top level would be the one that is meant");
}

static struct fw_typed_set *typed_set(const struct fw_checker *checker,
				      const struct fw_res_set *set)
{
	return set ? &checker->typed->sets[set->index] : NULL;
}

static struct fw_typed_set *find_in(const struct fw_checker *checker,
				    size_t table, const char *name)
{
	return typed_set(checker,
			 fw_res_set(checker->resolved->tables.items[table],
				    name));
}

/* A block's set that is not at top level; *ret_n tables have one. */
static struct fw_typed_set *find_anywhere(const struct fw_checker *checker,
					  const char *name, size_t *ret_n)
{
	struct fw_typed_set *found = NULL;

	*ret_n = 0;
	for (size_t t = 0; t < checker->typed->n_tables; t++) {
		struct fw_typed_set *set = find_in(checker, t, name);

		found = set ? set : found;
		*ret_n += set != NULL;
	}
	return found;
}

struct fw_typed_set *fw_check_set_name(struct fw_checker *checker,
				       const struct fw_typed_table *table,
				       const struct fw_word *word)
{
	struct fw_typed_set *top = typed_set(
		checker, fw_names_get(&checker->resolved->set_names,
				      word->text, ""));
	struct fw_typed_set *found;
	size_t n = 1;

	/* A rule: its table's, else top level's. A block: the other way. */
	if (table) {
		found = find_in(checker,
				(size_t)(table - checker->typed->tables),
				word->text);
		if (!found)
			found = top;
	} else {
		found = top ? top : find_anywhere(checker, word->text, &n);
	}
	if (!found)
		unknown_set(checker, table, word);
	else if (n > 1)
		ambiguous_set(checker, word);
	if (!found || n > 1)
		return NULL;
	found->used = true;
	return found;
}
