/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolve: sets, maps and objects, and what stands in them.
 *
 * In: their items. Out: lines and elements in the table, or at top level, with
 * defines replaced. What is declared twice and differs is a diagnostic; only
 * memory fails.
 */
#include <errno.h>
#include <string.h>

#include "compile/resolve.h"

/* --- sets, maps ----------------------------------------------------------- */
int fw_resolve_elements(struct fw_resolver *resolver, struct fw_res_set *set,
			struct fw_word *words, size_t n_words)
{
	size_t from = 0, n = 1;

	for (size_t i = 0; i < n_words; i++)
		n += words[i].kind == FW_WORD_MARK && *words[i].text == ',';
	if (!fw_vec_reserve(resolver->arena, &set->elements, n))
		return -ENOMEM;
	for (size_t i = 0; i <= n_words; i++) {
		struct fw_res_run *slot;

		if (i < n_words && (words[i].kind != FW_WORD_MARK ||
				    strcmp(words[i].text, ",")))
			continue;
		if (i > from) {
			slot = fw_vec_push(resolver->arena, &set->elements);
			if (!slot)
				return -ENOMEM;
			*slot = (struct fw_res_run){ words + from, i - from };
		} else if (i < n_words) {
			fw_error(resolver->diags, "empty-element",
				 &words[i].loc, "there is no element before "
				 "this comma");
		}
		from = i + 1;
	}
	return 0;
}

/* elements = { … }, or what a define put there. */
static int elements_line(struct fw_resolver *resolver, struct fw_res_set *set,
			 const struct fw_line *line)
{
	if (line->n_words == 3 && !strcmp(line->words[1].text, "=") &&
	    line->words[2].kind == FW_WORD_BRACE)
		return fw_resolve_elements(resolver, set, line->words[2].words,
					   line->words[2].n_words);
	fw_error(resolver->diags, "syntax", &line->loc,
		 "elements are written 'elements = { …, … }'");
	return 0;
}

/* Of the same key twice in one body nft takes the last; two comments it refuses. */
static void forget_line(fw_line_vec *lines, size_t from, const struct fw_line *line)
{
	for (size_t i = from; line->n_words && i < lines->n; i++)
		if (fw_line_begins_with(&lines->items[i], line->words[0].text) &&
		    strcmp(line->words[0].text, "comment")) {
			lines->n--;
			memmove(&lines->items[i], &lines->items[i + 1],
				(lines->n - i) * sizeof(*lines->items));
			return;
		}
}

static struct fw_res_set *new_set(struct fw_arena *arena,
				  const struct fw_item *item, bool map,
				  const char *name, const struct fw_loc *loc)
{
	struct fw_res_set *set = fw_arena_alloc(arena, sizeof(*set));

	if (set) {
		set->name = name;
		set->loc = *loc;
		set->item = item;
		set->map = map;
	}
	return set;
}

int fw_resolve_set(struct fw_resolver *resolver, const struct fw_item *item,
		   struct fw_res_table *table, bool map, const char *name,
		   const struct fw_loc *loc, const struct fw_scope *parent)
{
	struct fw_scope scope = { .parent = parent };
	struct fw_names *names = table ? &table->set_names :
					 &resolver->out->set_names;
	size_t lines, elements;
	struct fw_res_set *set;
	int r = 0;

	resolver->head = false;
	set = fw_names_get(names, name, "");
	if (set && (set->map != map || !table)) {
		struct fw_diag *diag = fw_error(
			resolver->diags, "declared-twice", loc,
			"'%s' is declared already", name);

		fw_diag_related(resolver->diags, diag, &set->loc,
				"declared here");
		return 0;
	}
	if (!set) {
		struct fw_res_set **slot =
			table ? fw_vec_push(resolver->arena, &table->sets) :
				fw_vec_push(resolver->arena,
					    &resolver->out->sets);

		set = new_set(resolver->arena, item, map, name, loc);
		if (!slot || !set)
			return -ENOMEM;
		*slot = set;
		set->unit = resolver->unit;
		r = fw_names_put(resolver->arena, names, name, "", set);
	}
	set->broken = set->broken || item->broken;
	lines = set->lines.n;
	elements = set->elements.n;
	for (size_t i = 0; !r && i < item->n_items; i++) {
		const struct fw_item *child = &item->items[i];
		struct fw_line line;

		if (child->kind == FW_ITEM_DEFINE ||
		    child->kind == FW_ITEM_REDEFINE ||
		    child->kind == FW_ITEM_UNDEFINE) {
			r = fw_resolve_define(resolver, &scope, child);
			continue;
		}
		r = fw_resolve_line(resolver, &scope, &child->line, &line);
		set->broken = set->broken || (!r && !line.n_words);
		if (r)
			break;
		if (fw_line_begins_with(&line, "elements")) {
			set->elements.n = elements;
			r = elements_line(resolver, set, &line);
		} else {
			forget_line(&set->lines, lines, &line);
			r = fw_resolve_add_line(resolver, &set->lines, &line,
						map ? "map" : "set", name);
		}
	}
	return r;
}

/* --- objects -------------------------------------------------------------- */
int fw_resolve_object(struct fw_resolver *resolver, const struct fw_item *item,
		      struct fw_res_table *table, const char *kind,
		      const char *name, const struct fw_loc *loc,
		      const struct fw_scope *parent)
{
	struct fw_res_object *object = fw_res_object(table, kind, name);
	struct fw_scope scope = { .parent = parent };
	struct fw_line line;
	bool again = object;
	int r = 0;

	resolver->head = false;
	if (!object) {
		struct fw_res_object **slot =
			fw_vec_push(resolver->arena, &table->objects);

		object = fw_arena_alloc(resolver->arena, sizeof(*object));
		if (!slot || !object)
			return -ENOMEM;
		*slot = object;
		object->kind = kind;
		object->name = name;
		object->loc = *loc;
		object->item = item;
		object->unit = resolver->unit;
		r = fw_names_put(resolver->arena, &table->object_names, kind,
				 name, object);
	}
	if (!r && item->kind == FW_ITEM_OBJECT && item->line.n_words) {
		r = fw_resolve_line(resolver, &scope, &item->line, &line);
		if (!r)
			r = fw_resolve_add_line(resolver, &object->lines,
						&line, kind, name);
	}
	for (size_t i = 0; !r && i < item->n_items; i++) {
		struct fw_line *slot;

		if (item->items[i].kind != FW_ITEM_LINE) {
			r = fw_resolve_define(resolver, &scope,
					      &item->items[i]);
			continue;
		}
		r = fw_resolve_line(resolver, &scope, &item->items[i].line,
				    &line);
		if (r)
			break;
		if (again || !line.n_words) {
			r = fw_resolve_add_line(resolver, &object->lines,
						&line, kind, name);
			continue;
		}
		slot = fw_vec_push(resolver->arena, &object->lines);
		if (!slot)
			return -ENOMEM;
		*slot = line;
	}
	return r;
}
