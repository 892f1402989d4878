/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolve: the file read in order, from an empty state of its own.
 *
 * In: the tree. Out: tables, top-level sets and blocks as they stand at the end
 * of the file: repeated blocks merged, defines replaced, commands obeyed.
 * Nothing is understood yet but what names things. Scopes of defines are the
 * file, a table, a chain or set, and a block of Flywall's. Everything that is
 * declared twice and differs, or acted on and not there, is a diagnostic; only
 * memory fails.
 */
#include <errno.h>
#include <string.h>

#include "compile/resolve.h"
#include "util/cleanup.h"

#define FIRST_ROOM 16
#define LINES_MAX 1000		/* of one set, chain, table or object */

/* --- finding -------------------------------------------------------------- */
struct fw_res_table *fw_res_table(const struct fw_resolved *resolved,
				  const char *family, const char *name)
{
	return fw_names_get(&resolved->table_names, family, name);
}

struct fw_res_chain *fw_res_chain(const struct fw_res_table *table,
				  const char *name)
{
	return fw_names_get(&table->chain_names, name, "");
}

struct fw_res_set *fw_res_set(const struct fw_res_table *table,
			      const char *name)
{
	return fw_names_get(&table->set_names, name, "");
}

struct fw_res_object *fw_res_object(const struct fw_res_table *table,
				    const char *kind, const char *name)
{
	return fw_names_get(&table->object_names, kind, name);
}

bool fw_res_names_set(const struct fw_word *words, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if ((words[i].kind == FW_WORD_SET &&
		     !strcmp(words[i].text, name)) ||
		    (words[i].kind == FW_WORD_BRACE &&
		     fw_res_names_set(words[i].words, words[i].n_words, name)))
			return true;
	return false;
}

int fw_resolve_forget(struct fw_resolver *resolver, struct fw_names *names,
		      const char *first, const char *second)
{
	return fw_names_put(resolver->arena, names, first, second, NULL);
}

/* --- lines ---------------------------------------------------------------- */
static int same_words(struct fw_arena *arena, const struct fw_line *a,
		      const struct fw_line *b, bool *ret)
{
	const char *x = fw_words_text(arena, a->words, a->n_words);
	const char *y = fw_words_text(arena, b->words, b->n_words);

	if (!x || !y)
		return -ENOMEM;
	*ret = !strcmp(x, y);
	return 0;
}

int fw_resolve_add_line(struct fw_resolver *resolver, fw_line_vec *lines,
			const struct fw_line *line, const char *what,
			const char *name)
{
	struct fw_line *slot;

	if (!line->n_words || lines->n > LINES_MAX)
		return 0;
	for (size_t i = 0; i < lines->n; i++) {
		const struct fw_line *old = &lines->items[i];
		struct fw_diag *diag;
		bool same;

		if (!old->n_words || !line->n_words ||
		    old->words[0].kind != line->words[0].kind ||
		    strcmp(old->words[0].text, line->words[0].text))
			continue;
		if (same_words(resolver->arena, old, line, &same))
			return -ENOMEM;
		if (same)
			return 0;
		diag = fw_error(resolver->diags, "declared-twice", &line->loc,
				"%s '%s' is declared with another '%s' already",
				what, name, line->words[0].text);
		fw_diag_related(resolver->diags, diag, &old->loc,
				"declared here");
		return 0;
	}
	if (lines->n == LINES_MAX)
		fw_error(resolver->diags, "too-many-lines", &line->loc,
			 "%s '%s' has more than %d lines", what, name, LINES_MAX);
	slot = fw_vec_push(resolver->arena, lines);
	if (!slot)
		return -ENOMEM;
	*slot = *line;
	return 0;
}

bool fw_line_begins_with(const struct fw_line *line, const char *word)
{
	return line->n_words && line->words[0].kind == FW_WORD_PLAIN &&
	       !strcmp(line->words[0].text, word);
}

/* --- rules, chains -------------------------------------------------------- */
static int put_last(struct fw_arena *arena, struct fw_res_chain *chain,
		    const struct fw_res_rule *rule)
{
	const struct fw_res_rule *before = chain->rules.items;
	struct fw_res_rule *slot = fw_vec_push(arena, &chain->rules);

	if (!slot)
		return -ENOMEM;
	if (chain->rules.items != before)
		chain->front = 0;
	*slot = *rule;
	return 0;
}

/* Room grows at the front, too: thousands may be inserted. */
static int put_first(struct fw_arena *arena, struct fw_res_chain *chain,
		     const struct fw_res_rule *rule)
{
	if (!chain->front) {
		size_t room = chain->rules.n + FIRST_ROOM;
		struct fw_res_rule *grown = fw_arena_array(
			arena, room + chain->rules.n, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		if (chain->rules.n)
			memcpy(grown + room, chain->rules.items,
			       chain->rules.n * sizeof(*grown));
		chain->rules.items = grown + room;
		chain->rules.cap = chain->rules.n;
		chain->front = room;
	}
	chain->front--;
	chain->rules.n++;
	chain->rules.cap++;
	*--chain->rules.items = *rule;
	return 0;
}

int fw_resolve_rule(struct fw_resolver *resolver, const struct fw_item *item,
		    struct fw_res_chain *chain, const struct fw_line *line,
		    const struct fw_scope *scope, bool first)
{
	struct fw_res_rule rule = {
		.item = item,
		.loc = line->loc,
		.allow = item->line.allow,
		.seq = ++resolver->out->seq,
		.unit = resolver->unit,
	};
	int r = fw_resolve_words(resolver, scope, line->words, line->n_words,
				 &rule.run);

	if (r || !rule.run.n_words)
		return r;
	return first ? put_first(resolver->arena, chain, &rule) :
		       put_last(resolver->arena, chain, &rule);
}

/* policy may change when a chain is declared again; the last one holds. policy:
 * where this declaration has one already, or NULL. */
static int chain_line(struct fw_resolver *resolver, struct fw_res_chain *chain,
		      const struct fw_line *line, const struct fw_loc *policy)
{
	struct fw_diag *diag;

	if (policy && fw_line_begins_with(line, "policy")) {
		diag = fw_error(resolver->diags, "declared-twice", &line->loc,
				"chain '%s' has a policy already", chain->name);
		fw_diag_related(resolver->diags, diag, policy,
				"declared here");
		return 0;
	}
	for (size_t i = 0; i < chain->lines.n; i++) {
		if (fw_line_begins_with(line, "policy") &&
		    fw_line_begins_with(&chain->lines.items[i], "policy")) {
			chain->lines.items[i] = *line;
			return 0;
		}
	}
	return fw_resolve_add_line(resolver, &chain->lines, line, "chain",
				   chain->name);
}

int fw_resolve_chain(struct fw_resolver *resolver, const struct fw_item *item,
		     struct fw_res_table *table, const char *name,
		     const struct fw_loc *loc, const struct fw_scope *parent)
{
	struct fw_res_chain *chain = fw_res_chain(table, name);
	struct fw_scope scope = { .parent = parent };
	const struct fw_loc *policy = NULL;
	int r = 0;

	resolver->head = false;
	if (!chain) {
		struct fw_res_chain **slot;

		chain = fw_arena_alloc(resolver->arena, sizeof(*chain));
		slot = fw_vec_push(resolver->arena, &table->chains);
		if (!chain || !slot)
			return -ENOMEM;
		*slot = chain;
		chain->name = name;
		chain->loc = *loc;
		chain->item = item;
		chain->unit = resolver->unit;
		r = fw_names_put(resolver->arena, &table->chain_names, name,
				 "", chain);
	}
	for (size_t i = 0; !r && i < item->n_items; i++) {
		const struct fw_item *child = &item->items[i];
		struct fw_line line = { 0 };

		switch (child->kind) {
		case FW_ITEM_DEFINE:
		case FW_ITEM_REDEFINE:
		case FW_ITEM_UNDEFINE:
			r = fw_resolve_define(resolver, &scope, child);
			break;
		case FW_ITEM_RULE:
			r = fw_resolve_rule(resolver, child, chain,
					    &child->line, &scope, false);
			break;
		default:
			r = fw_resolve_line(resolver, &scope, &child->line,
					    &line);
			chain->broken = chain->broken || !line.n_words;
			if (!r)
				r = chain_line(resolver, chain, &line, policy);
			if (fw_line_begins_with(&line, "policy"))
				policy = &child->line.loc;
		}
	}
	return r;
}

/* --- tables --------------------------------------------------------------- */
static bool was_taken(const struct fw_resolver *resolver, const char *family,
		      const char *name)
{
	return resolver->flush_all ||
	       fw_names_get(&resolver->taken, family, name);
}

static const char *const families[] = { "ip",  "ip6",	 "inet",
					"arp", "bridge", "netdev" };

static bool is_family(const char *name)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(families); i++)
		if (!strcmp(name, families[i]))
			return true;
	return false;
}

static void unknown_family(struct fw_resolver *resolver, const char *family,
			   const struct fw_loc *loc)
{
	struct fw_diag *diag = fw_error(resolver->diags, "unknown-family", loc,
					"there is no family '%s'", family);
	const char *near = fw_nearest(family, families,
				      FW_ARRAY_SIZE(families));

	if (near)
		fw_diag_hint(resolver->diags, diag, "did you mean '%s'?", near);
}

int fw_resolve_table(struct fw_resolver *resolver, const struct fw_item *item,
		     const char *family, const char *name,
		     const struct fw_loc *loc, struct fw_res_table **ret)
{
	struct fw_res_table *table;
	struct fw_res_table **slot;

	if (!family)
		family = "ip";
	*ret = NULL;
	if (!is_family(family)) {
		unknown_family(resolver, family, &item->family_loc);
		return 0;
	}
	if (!strcmp(name, "flywall")) {
		fw_error(resolver->diags, "reserved-table", loc,
			 "the table name 'flywall' is reserved, in every "
			 "family");
		return 0;
	}
	*ret = fw_res_table(resolver->out, family, name);
	if (*ret)
		return 0;
	table = fw_arena_alloc(resolver->arena, sizeof(*table));
	slot = fw_vec_push(resolver->arena, &resolver->out->tables);
	if (!table || !slot)
		return -ENOMEM;
	*slot = table;
	table->family = family;
	table->name = name;
	table->loc = *loc;
	table->item = item;
	table->take_over = was_taken(resolver, family, name);
	*ret = table;
	return fw_names_put(resolver->arena, &resolver->out->table_names,
			    family, name, table);
}

int fw_resolve_table_body(struct fw_resolver *resolver,
			  struct fw_res_table *table,
			  const struct fw_item *items, size_t n_items)
{
	struct fw_scope scope = { .parent = &resolver->top };
	int r = 0;

	for (size_t i = 0; !r && i < n_items; i++) {
		const struct fw_item *item = &items[i];
		struct fw_line line;

		switch (item->kind) {
		case FW_ITEM_DEFINE:
		case FW_ITEM_REDEFINE:
		case FW_ITEM_UNDEFINE:
			r = fw_resolve_define(resolver, &scope, item);
			break;
		case FW_ITEM_CHAIN:
			r = fw_resolve_chain(resolver, item, table, item->name,
					     &item->name_loc, &scope);
			break;
		case FW_ITEM_SET:
		case FW_ITEM_MAP:
			r = fw_resolve_set(resolver, item, table,
					   item->kind == FW_ITEM_MAP,
					   item->name, &item->name_loc, &scope);
			break;
		case FW_ITEM_OBJECT:
			r = fw_resolve_object(resolver, item, table,
					      item->object, item->name,
					      &item->name_loc, &scope);
			break;
		case FW_ITEM_LINE:
			resolver->head = false;
			r = fw_resolve_line(resolver, &scope, &item->line,
					    &line);
			if (!r)
				r = fw_resolve_add_line(
					resolver, &table->lines, &line,
					"table", table->name);
			break;
		default:
			fw_error(resolver->diags, "misplaced", &item->loc,
				 "a %s cannot stand in a table",
				 fw_item_kind_name(item->kind));
		}
	}
	return r;
}

/* --- Flywall's blocks ----------------------------------------------------- */
static int resolve_block(struct fw_resolver *resolver,
			 const struct fw_item *item)
{
	struct fw_scope scope = { .parent = &resolver->top };
	struct fw_res_block block = {
		.kind = item->object,
		.name = item->name,
		.loc = item->loc,
		.name_loc = item->name ? item->name_loc : item->loc,
		.seq = ++resolver->out->seq,
	};
	struct fw_res_block *slot;
	int r = 0;

	resolver->own_words = true;
	for (size_t i = 0; !r && i < item->n_items; i++) {
		const struct fw_item *child = &item->items[i];
		struct fw_line line, *line_slot;

		if (child->kind != FW_ITEM_LINE) {
			r = fw_resolve_define(resolver, &scope, child);
			continue;
		}
		r = fw_resolve_line(resolver, &scope, &child->line, &line);
		if (r || !line.n_words)
			continue;
		line_slot = fw_vec_push(resolver->arena, &block.lines);
		if (!line_slot)
			return -ENOMEM;
		*line_slot = line;
		resolver->out->seq++;
	}
	resolver->own_words = false;
	if (r)
		return r;
	slot = fw_vec_push(resolver->arena, &resolver->out->blocks);
	if (!slot)
		return -ENOMEM;
	*slot = block;
	return 0;
}

/* --- the file ------------------------------------------------------------- */
static int resolve_item(struct fw_resolver *resolver,
			const struct fw_item *item)
{
	struct fw_res_table *table;
	int r;

	switch (item->kind) {
	case FW_ITEM_DEFINE:
	case FW_ITEM_REDEFINE:
	case FW_ITEM_UNDEFINE:
		return fw_resolve_define(resolver, &resolver->top, item);
	case FW_ITEM_TABLE:
		r = fw_resolve_table(resolver, item, item->family, item->name,
				     &item->name_loc, &table);
		if (r || !table)
			return r;
		return fw_resolve_table_body(resolver, table, item->items,
					     item->n_items);
	case FW_ITEM_SET:
		return fw_resolve_set(resolver, item, NULL, false, item->name,
				      &item->name_loc, &resolver->top);
	case FW_ITEM_BLOCK:
		return resolve_block(resolver, item);
	case FW_ITEM_COMMAND:
		return fw_resolve_command(resolver, item);
	default:
		fw_error(resolver->diags, "misplaced", &item->loc,
			 "a %s cannot stand at top level",
			 fw_item_kind_name(item->kind));
		return 0;
	}
}

static int resolve_items(struct fw_resolver *resolver,
			 const struct fw_item *items, size_t n_items)
{
	for (size_t i = 0; i < n_items; i++) {
		int r;

		resolver->unit++;
		r = resolve_item(resolver, &items[i]);

		if (r)
			return r;
	}
	return 0;
}

int fw_resolve(struct fw_arena *arena, const struct fw_ast *ast,
	       struct fw_diags *diags, struct fw_resolved *ret)
{
	struct fw_resolver resolver = {
		.arena = arena,
		.diags = diags,
		.out = ret,
		.head = true,
	};

	*ret = (struct fw_resolved){ 0 };
	return resolve_items(&resolver, ast->items, ast->n_items);
}
