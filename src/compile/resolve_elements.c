/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands on sets, maps and their elements.
 *
 * In: `add set …`, `delete element …` and the like, behind their first words.
 * Out: the sets of the table, changed. `create` of what is there and `delete` of
 * what is not are diagnostics. Fails only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/command.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

static struct fw_res_set *read_set(struct fw_command *command,
				   const struct fw_res_table *table,
				   const char *what)
{
	const struct fw_word *name = fw_command_name(command, what);
	FW_VEC(const char *) names = { 0 };
	struct fw_res_set *set;

	if (!name)
		return NULL;
	set = fw_res_set(table, name->text);
	if (set)
		return set;
	for (size_t i = 0; i < table->sets.n; i++) {
		const char **slot = fw_vec_push(command->resolver->arena,
						&names);

		if (slot)
			*slot = table->sets.items[i]->name;
	}
	fw_command_unknown(command, what, name, names.items, names.n);
	return NULL;
}

int fw_command_set(struct fw_command *command, bool map)
{
	const char *what = map ? "map" : "set";
	struct fw_res_table *table = fw_command_table(command);
	struct fw_res_set *set;
	const struct fw_word *name;

	if (!table)
		return 0;
	if (fw_command_is(command, "delete") || fw_command_is(command, "flush")) {
		set = read_set(command, table, what);
		if (!set)
			return 0;
		if (fw_command_is(command, "flush")) {
			set->elements.n = 0;
			set->keys = (struct fw_names){ 0 };
			set->n_keys = 0;
			return 0;
		}
		FW_COMMAND_REMOVE(&table->sets, set);
		return fw_resolve_forget(command->resolver, &table->set_names,
					 set->name, "");
	}
	name = fw_command_name(command, what);
	if (!name)
		return 0;
	set = fw_res_set(table, name->text);
	if (set && fw_command_is(command, "create")) {
		fw_command_there_already(command, what, name, &set->loc);
		return 0;
	}
	return fw_resolve_set(command->resolver, command->item, table, map,
			      name->text, &name->loc,
			      &command->resolver->top);
}

/* The element as text without comment and the like: what names it. */
static const char *element_key(struct fw_arena *arena,
			       const struct fw_res_run *run)
{
	size_t n = 0;

	while (n < run->n_words &&
	       !(n && fw_element_option(&run->words[n])) &&
	       !(run->words[n].kind == FW_WORD_MARK &&
		 !strcmp(run->words[n].text, ":")))
		n++;
	return fw_words_text(arena, run->words, n);
}

/* Which element the run names; SIZE_MAX for none. Elements are indexed as far
 * as they have not been. */
static int find_element(struct fw_command *command, struct fw_res_set *set,
			const struct fw_res_run *run, size_t *ret)
{
	struct fw_arena *arena = command->resolver->arena;
	const char *key;
	void *found;

	for (; set->n_keys < set->elements.n; set->n_keys++) {
		struct fw_res_run *element =
			&set->elements.items[set->n_keys];

		key = element_key(arena, element);
		if (!key)
			return -ENOMEM;
		if (fw_names_get(&set->keys, key, ""))
			element->n_words = 0;	/* there already */
		else if (fw_names_put(arena, &set->keys, key, "",
				      (void *)(set->n_keys + 1)))
			return -ENOMEM;
	}
	key = element_key(arena, run);
	if (!key)
		return -ENOMEM;
	found = fw_names_get(&set->keys, key, "");
	*ret = found ? (size_t)(uintptr_t)found - 1 : SIZE_MAX;
	return 0;
}

static int delete_element(struct fw_command *command, struct fw_res_set *set,
			  const struct fw_res_run *run)
{
	const char *key;
	size_t i;
	int r = find_element(command, set, run, &i);

	if (r)
		return r;
	if (i == SIZE_MAX) {
		fw_error(command->resolver->diags, "unknown-name",
			 &run->words[0].loc,
			 "this element is not in '%s' so far", set->name);
		return 0;
	}
	key = element_key(command->resolver->arena, run);
	set->elements.items[i].n_words = 0;
	return key ? fw_resolve_forget(command->resolver, &set->keys, key,
				       "") : -ENOMEM;
}

static int create_element(struct fw_command *command, struct fw_res_set *set,
			  const struct fw_res_run *run)
{
	struct fw_res_run *slot;
	size_t i;
	int r = find_element(command, set, run, &i);

	if (r)
		return r;
	if (i != SIZE_MAX) {
		fw_error(command->resolver->diags, "declared-twice",
			 &run->words[0].loc,
			 "this element is in '%s' already, so it cannot be "
			 "created", set->name);
		return 0;
	}
	slot = fw_vec_push(command->resolver->arena, &set->elements);
	if (!slot)
		return -ENOMEM;
	*slot = *run;
	return 0;
}

int fw_command_element(struct fw_command *command)
{
	struct fw_resolver *resolver = command->resolver;
	struct fw_res_table *table = fw_command_table(command);
	struct fw_res_set *set =
		table ? read_set(command, table, "set") : NULL;
	struct fw_res_set parsed = { 0 };
	struct fw_res_run run;
	int r;

	if (!set)
		return 0;
	r = fw_resolve_words(resolver, &resolver->top, command->words,
			     command->n, &run);
	if (r)
		return r;
	if (!run.n_words && command->n)
		return 0;
	if (run.n_words != 1 || run.words[0].kind != FW_WORD_BRACE) {
		fw_error(resolver->diags, "syntax", fw_command_here(command),
			 "elements stand in braces here");
		return 0;
	}
	r = fw_resolve_elements(resolver, &parsed, run.words[0].words,
				run.words[0].n_words);
	for (size_t i = 0; !r && i < parsed.elements.n; i++) {
		struct fw_res_run *slot;

		if (fw_command_is(command, "delete")) {
			r = delete_element(command, set,
					   &parsed.elements.items[i]);
		} else if (fw_command_is(command, "create")) {
			r = create_element(command, set,
					   &parsed.elements.items[i]);
		} else {
			slot = fw_vec_push(resolver->arena, &set->elements);
			if (!slot)
				return -ENOMEM;
			*slot = parsed.elements.items[i];
		}
	}
	return r;
}
