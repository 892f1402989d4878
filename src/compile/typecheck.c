/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The type check: the resolved file to the typed configuration.
 *
 * In: the tree. Out: struct fw_typed, whole where there was no error, and
 * diagnostics. The order: tables by name, sets (rules and profiles name them),
 * blocks (rules name profiles), chains and rules, what is reached from where,
 * and last the rules of the plan in the order of the file. Fails only for want
 * of memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/buf.h"

/* --- lines as nft gets them ----------------------------------------------- */
static int lines_text(struct fw_arena *arena, const fw_line_vec *lines,
		      const char **ret)
{
	struct fw_buf buf = { 0 };
	char *text;

	*ret = NULL;
	if (!lines->n)
		return 0;
	for (size_t i = 0; i < lines->n; i++) {
		const char *line = fw_words_text(arena, lines->items[i].words,
						 lines->items[i].n_words);

		if (!line) {
			fw_buf_done(&buf);
			return -ENOMEM;
		}
		fw_buf_printf(&buf, "%s%s", i ? "\n" : "", line);
	}
	text = fw_buf_take(&buf);
	*ret = text ? fw_arena_strdup(arena, text) : NULL;
	free(text);
	return *ret ? 0 : -ENOMEM;
}

/* --- tables --------------------------------------------------------------- */
static int check_objects(struct fw_checker *checker,
			 const struct fw_res_table *in,
			 struct fw_typed_table *table)
{
	int r = 0;

	table->n_objects = in->objects.n;
	table->objects = fw_arena_array(checker->arena, table->n_objects,
					sizeof(*table->objects));
	if (!table->objects)
		return -ENOMEM;
	for (size_t i = 0; !r && i < table->n_objects; i++) {
		const struct fw_res_object *from = in->objects.items[i];
		struct fw_typed_object *object = &table->objects[i];

		object->kind = from->kind;
		object->name = from->name;
		object->item = from->item;
		r = lines_text(checker->arena, &from->lines, &object->body);
		if (!r && !object->body)
			object->body = "";
	}
	return r;
}

/* Everything a table has but rules; sets come next and need it. */
static int open_tables(struct fw_checker *checker)
{
	const struct fw_resolved *in = checker->resolved;
	struct fw_typed *typed = checker->typed;
	int r = 0;

	typed->n_tables = in->tables.n;
	typed->tables = fw_arena_array(checker->arena,
				       typed->n_tables + FW_BLOCKED_TABLES,
				       sizeof(*typed->tables));
	if (!typed->tables)
		return -ENOMEM;
	for (size_t i = 0; !r && i < typed->n_tables; i++) {
		const struct fw_res_table *from = in->tables.items[i];
		struct fw_typed_table *table = &typed->tables[i];

		table->family = from->family;
		table->name = from->name;
		table->item = from->item;
		table->take_over = from->take_over;
		r = lines_text(checker->arena, &from->lines, &table->body);
		if (!r)
			r = check_objects(checker, from, table);
	}
	return r;
}

/* --- chains and rules ----------------------------------------------------- */
static int note_rule(struct fw_checker *checker,
		     const struct fw_typed_chain *chain,
		     const struct fw_res_rule *from,
		     struct fw_typed_rule *rule)
{
	struct fw_seq_rule *slot = fw_vec_push(checker->arena,
					       &checker->rules);

	if (!slot)
		return -ENOMEM;
	slot->seq = from->seq;
	slot->rule = (struct fw_plan_rule){
		.file = from->loc.file,
		.line = from->loc.line,
		.column = from->loc.col,
		.family = chain->table->family,
		.table = chain->table->name,
		.chain = chain->name,
		.layer = FW_LAYER_NFT,
		.text = rule->text,
	};
	rule->rule = (uint32_t)(checker->rules.n - 1);
	return 0;
}

static int check_rules(struct fw_checker *checker,
		       const struct fw_res_chain *from,
		       struct fw_typed_table *table,
		       struct fw_typed_chain *chain)
{
	int r = 0;

	chain->n_rules = from->rules.n;
	chain->rules = fw_arena_array(checker->arena, chain->n_rules,
				      sizeof(*chain->rules));
	if (!chain->rules)
		return -ENOMEM;
	for (size_t i = 0; !r && i < chain->n_rules; i++) {
		const struct fw_res_rule *in = &from->rules.items[i];
		struct fw_typed_rule *rule = &chain->rules[i];

		rule->item = in->item;
		rule->words = in->run.words;
		rule->n_words = in->run.n_words;
		rule->unit = in->unit;
		rule->text = fw_words_text(checker->arena, rule->words,
					   rule->n_words);
		if (!rule->text)
			return -ENOMEM;
		r = fw_check_rule(checker, table, rule);
		if (!r)
			r = note_rule(checker, chain, in, rule);
	}
	return r;
}

static int check_chains(struct fw_checker *checker,
			const struct fw_res_table *in,
			struct fw_typed_table *table)
{
	int r = 0;

	table->n_chains = in->chains.n;
	table->chains = fw_arena_array(checker->arena, table->n_chains,
				       sizeof(*table->chains));
	if (!table->chains)
		return -ENOMEM;
	for (size_t i = 0; !r && i < table->n_chains; i++) {
		const struct fw_res_chain *from = in->chains.items[i];
		struct fw_typed_chain *chain = &table->chains[i];

		in->chains.items[i]->index = i;
		chain->name = from->name;
		chain->item = from->item;
		chain->table = table;
		r = fw_check_chain(checker, from, chain);
		if (!r)
			r = check_rules(checker, from, table, chain);
	}
	return r;
}

/* --- the order of the file ------------------------------------------------ */
static int by_seq(const void *a, const void *b)
{
	const struct fw_seq_rule *const *x = a, *const *y = b;

	if ((*x)->seq != (*y)->seq)
		return (*x)->seq < (*y)->seq ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

/* From an index in checker->rules to the one in typed->rules. */
static void renumber(struct fw_checker *checker)
{
	const struct fw_seq_rule *rules = checker->rules.items;
	struct fw_typed *typed = checker->typed;

	for (size_t t = 0; t < typed->n_tables; t++)
		for (size_t c = 0; c < typed->tables[t].n_chains; c++) {
			const struct fw_typed_chain *chain =
				&typed->tables[t].chains[c];

			for (size_t i = 0; i < chain->n_rules; i++)
				chain->rules[i].rule =
					rules[chain->rules[i].rule].index;
		}
	for (size_t p = 0; p < typed->n_profiles; p++) {
		/* The profile's rules were made here: they may be written. */
		struct fw_inspect_rule *own =
			(struct fw_inspect_rule *)(uintptr_t)
				typed->profiles[p].rules;

		for (size_t i = 0; i < typed->profiles[p].n_rules; i++)
			own[i].rule = rules[own[i].rule].index;
	}
}

static int order_rules(struct fw_checker *checker)
{
	size_t n = checker->rules.n;
	struct fw_seq_rule **sorted = fw_arena_array(checker->arena, n,
						     sizeof(*sorted));

	checker->typed->rules = fw_arena_array(checker->arena, n,
					       sizeof(struct fw_plan_rule));
	if (!sorted || !checker->typed->rules)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &checker->rules.items[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), by_seq);
	for (size_t i = 0; i < n; i++) {
		sorted[i]->index = (uint32_t)i;
		checker->typed->rules[i] = sorted[i]->rule;
	}
	checker->typed->n_rules = n;
	renumber(checker);
	return 0;
}

/* --- files ---------------------------------------------------------------- */
/* The configuration, its includes as far as something stands in them, and
 * element files, in the order in which they are met. */
static int add_file(struct fw_checker *checker, const char *name)
{
	const char **slot;

	for (size_t i = 0; i < checker->files.n; i++)
		if (!strcmp(checker->files.items[i], name))
			return 0;
	slot = fw_vec_push(checker->arena, &checker->files);
	if (!slot)
		return -ENOMEM;
	*slot = name;
	return 0;
}

/* The files that items stand in; *last saves looking twice. */
static int add_sources(struct fw_checker *checker, const struct fw_item *items,
		       size_t n_items, const struct fw_source **last)
{
	int r = 0;

	for (size_t i = 0; !r && i < n_items; i++) {
		const struct fw_source *source = items[i].loc.source;

		if (source && source != *last && strcmp(source->name, "-D")) {
			*last = source;
			r = add_file(checker, source->name);
		}
		if (!r)
			r = add_sources(checker, items[i].items,
					items[i].n_items, last);
	}
	return r;
}

int fw_typecheck(struct fw_arena *arena, const struct fw_ast *ast,
		 const struct fw_facts *facts, struct fw_diags *diags,
		 struct fw_typed **ret)
{
	struct fw_resolved *resolved = fw_arena_alloc(arena, sizeof(*resolved));
	struct fw_checker checker = {
		.arena = arena,
		.diags = diags,
		.resolved = resolved,
	};
	const struct fw_source *last = NULL;
	size_t first = diags->n;
	int r;

	checker.typed = fw_arena_alloc(arena, sizeof(*checker.typed));
	if (!checker.typed || !resolved)
		return -ENOMEM;
	checker.typed->arena = arena;
	checker.typed->diags = diags;
	checker.typed->facts = facts;
	checker.typed->resolved = resolved;
	r = fw_resolve(arena, ast, diags, resolved);
	if (!r && ast->source)
		r = add_file(&checker, ast->source->name);
	if (!r)
		r = add_sources(&checker, ast->items, ast->n_items, &last);
	if (!r)
		r = open_tables(&checker);
	if (!r)
		r = fw_check_sets(&checker);
	if (!r)
		r = fw_check_blocks(&checker);
	for (size_t i = 0; !r && i < resolved->tables.n; i++)
		r = check_chains(&checker, resolved->tables.items[i],
				 &checker.typed->tables[i]);
	if (!r)
		r = fw_check_reach(&checker);
	if (!r && !diags->n_errors)
		r = fw_lint(&checker);
	if (!r && !diags->n_errors)
		r = fw_check_blocked(&checker);
	if (!r)
		r = order_rules(&checker);
	if (r)
		return r;
	fw_resolve_explain(resolved, diags, first);
	checker.typed->files = checker.files.items;
	checker.typed->n_files = checker.files.n;
	checker.typed->pending = checker.pending.items;
	checker.typed->n_pending = checker.pending.n;
	*ret = checker.typed;
	return diags->oom ? -ENOMEM : 0;
}
