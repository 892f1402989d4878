/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands: `add`, `create`, `insert`, `delete` and `flush` act on what the
 * file itself has built so far.
 *
 * In: a COMMAND item. Out: changed tables. A verb that is no part of a ruleset,
 * a handle, `create` of what is there and `delete` of what is not are
 * diagnostics that name the declarative form. At the head of the file,
 * `flush ruleset`, `delete table` and `table X; delete table X` only note that
 * the tables are to be taken over.
 */
#include <errno.h>
#include <string.h>

#include "compile/command.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

static const struct {
	const char *verb, *instead;
} refused[] = {
	{ "list", "'flywall list' shows what runs" },
	{ "get", "'flywall set … test' asks for an element" },
	{ "reset", "'flywall zero' resets counters" },
	{ "monitor", "'flywall events' follows what happens" },
	{ "describe", "'nft describe' explains types" },
	{ "export", "'flywall list config' shows what runs" },
	{ "import", "'include' reads another file" },
	{ "replace", "write the rule as it shall be, in its place" },
	{ "rename", "declare the chain under its new name" },
	{ "destroy", "leave out what shall not be" },
};

static const char *const families[] = { "ip",  "ip6",	 "inet",
					"arp", "bridge", "netdev" };

static void take(struct fw_command *command, size_t n)
{
	command->words += n;
	command->n -= n;
}

static void read_family(struct fw_command *command)
{
	command->family = "ip";
	/* `add table ip` is a table of that name. */
	for (size_t i = 0; command->n > 1 && i < FW_ARRAY_SIZE(families); i++) {
		if (fw_word_is(command->words, families[i]) &&
		    command->words[1].kind != FW_WORD_BRACE) {
			command->family = families[i];
			take(command, 1);
			return;
		}
	}
}

const struct fw_loc *fw_command_here(const struct fw_command *command)
{
	return command->n ? &command->words[0].loc : &command->item->loc;
}

/* The next word as a name; NULL after a diagnostic. */
const struct fw_word *fw_command_name(struct fw_command *command,
				      const char *what)
{
	const struct fw_word *word = command->words;

	if (!command->n || (word->kind != FW_WORD_PLAIN &&
			    word->kind != FW_WORD_STRING)) {
		fw_error(command->resolver->diags, "syntax",
			 fw_command_here(command),
			 "the name of a %s is missing here", what);
		return NULL;
	}
	take(command, 1);
	return word;
}

void fw_command_unknown(struct fw_command *command, const char *what,
			const struct fw_word *word, const char *const *names,
		    size_t n)
{
	struct fw_diags *diags = command->resolver->diags;
	struct fw_diag *diag = fw_error(diags, "unknown-name", &word->loc,
					"there is no %s '%s' in this file so "
					"far", what, word->text);
	const char *near = fw_nearest(word->text, names, n);

	if (near)
		fw_diag_hint(diags, diag, "did you mean '%s'?", near);
}

void fw_command_there_already(struct fw_command *command, const char *what,
			      const struct fw_word *word, const struct fw_loc *loc)
{
	struct fw_diags *diags = command->resolver->diags;
	struct fw_diag *diag = fw_error(diags, "declared-twice", &word->loc,
					"%s '%s' is there already, so it "
					"cannot be created", what, word->text);

	fw_diag_related(diags, diag, loc, "declared here");
}

bool fw_command_is(const struct fw_command *command, const char *verb)
{
	return !strcmp(command->verb, verb);
}

/* `rule intte t c`: what was read as a table's name, with one behind it. */
static bool is_misspelt_family(struct fw_command *command,
			       const struct fw_word *word,
			       const char *const *tables, size_t n)
{
	struct fw_diags *diags = command->resolver->diags;
	const char *near = fw_nearest(word->text, families,
				      FW_ARRAY_SIZE(families));
	size_t i = 0;

	while (command->n && i < n && !fw_word_is(command->words, tables[i]))
		i++;
	if (!near || !command->n || i == n)
		return false;
	fw_diag_hint(diags, fw_error(diags, "unknown-family", &word->loc,
				     "there is no family '%s'", word->text),
		     "did you mean '%s'?", near);
	return true;
}

/* Family and name of a table that the file has declared; NULL after a
 * diagnostic. */
struct fw_res_table *fw_command_table(struct fw_command *command)
{
	const struct fw_resolved *out = command->resolver->out;
	const struct fw_word *word;
	struct fw_res_table *table;
	FW_VEC(const char *) names = { 0 };

	read_family(command);
	word = fw_command_name(command, "table");
	if (!word)
		return NULL;
	table = fw_res_table(out, command->family, word->text);
	if (table)
		return table;
	for (size_t i = 0; i < out->tables.n; i++) {
		const char **slot = fw_vec_push(command->resolver->arena,
						&names);

		if (slot)
			*slot = out->tables.items[i]->name;
	}
	if (is_misspelt_family(command, word, names.items, names.n))
		return NULL;
	fw_command_unknown(command, "table", word, names.items, names.n);
	return NULL;
}

/* --- tables --------------------------------------------------------------- */
static int note_taken(struct fw_command *command, const char *name)
{
	static bool yes = true;

	return fw_names_put(command->resolver->arena,
			    &command->resolver->taken, command->family, name,
			    &yes);
}

static int delete_table(struct fw_command *command, const struct fw_word *name)
{
	struct fw_resolved *out = command->resolver->out;
	struct fw_res_table *table = fw_res_table(out, command->family,
						  name->text);

	if (!table && !command->resolver->head) {
		fw_command_unknown(command, "table", name, NULL, 0);
		return 0;
	}
	if (table) {
		FW_COMMAND_REMOVE(&out->tables, table);
		if (fw_resolve_forget(command->resolver, &out->table_names,
				      table->family, table->name))
			return -ENOMEM;
	}
	return note_taken(command, name->text);
}

static int table_command(struct fw_command *command)
{
	struct fw_resolver *resolver = command->resolver;
	struct fw_res_table *table;
	const struct fw_word *name;
	int r;

	read_family(command);
	name = fw_command_name(command, "table");
	if (!name)
		return 0;
	if (fw_command_is(command, "delete"))
		return delete_table(command, name);
	table = fw_res_table(resolver->out, command->family, name->text);
	if (fw_command_is(command, "flush")) {
		if (!table) {
			fw_command_unknown(command, "table", name, NULL, 0);
			return 0;
		}
		for (size_t i = 0; i < table->chains.n; i++)
			table->chains.items[i]->rules.n = 0;
		return 0;
	}
	if (table && fw_command_is(command, "create")) {
		fw_command_there_already(command, "table", name, &table->loc);
		return 0;
	}
	r = fw_resolve_table(resolver, command->item, command->family,
			     name->text, &name->loc, &table);
	if (r || !table)
		return r;
	return fw_resolve_table_body(resolver, table, command->item->items,
				     command->item->n_items);
}

/* --- chains --------------------------------------------------------------- */
static struct fw_res_chain *read_chain(struct fw_command *command,
				       const struct fw_res_table *table)
{
	const struct fw_word *name = fw_command_name(command, "chain");
	FW_VEC(const char *) names = { 0 };
	struct fw_res_chain *chain;

	if (!name)
		return NULL;
	chain = fw_res_chain(table, name->text);
	if (chain)
		return chain;
	for (size_t i = 0; i < table->chains.n; i++) {
		const char **slot = fw_vec_push(command->resolver->arena,
						&names);

		if (slot)
			*slot = table->chains.items[i]->name;
	}
	fw_command_unknown(command, "chain", name, names.items, names.n);
	return NULL;
}

static int chain_command(struct fw_command *command)
{
	struct fw_res_table *table = fw_command_table(command);
	struct fw_res_chain *chain;
	const struct fw_word *name;

	if (!table)
		return 0;
	if (fw_command_is(command, "delete") || fw_command_is(command, "flush")) {
		chain = read_chain(command, table);
		if (!chain)
			return 0;
		if (fw_command_is(command, "flush")) {
			chain->rules.n = 0;
			return 0;
		}
		FW_COMMAND_REMOVE(&table->chains, chain);
		return fw_resolve_forget(command->resolver,
					 &table->chain_names, chain->name, "");
	}
	name = fw_command_name(command, "chain");
	if (!name)
		return 0;
	chain = fw_res_chain(table, name->text);
	if (chain && fw_command_is(command, "create")) {
		fw_command_there_already(command, "chain", name, &chain->loc);
		return 0;
	}
	return fw_resolve_chain(command->resolver, command->item, table,
				name->text, &name->loc,
				&command->resolver->top);
}

/* --- rules ---------------------------------------------------------------- */
static int rule_command(struct fw_command *command)
{
	static const char *const places[] = { "handle", "index", "position" };
	struct fw_res_table *table;
	struct fw_res_chain *chain;
	struct fw_line line;

	if (fw_command_is(command, "delete") || fw_command_is(command, "create")) {
		struct fw_diag *diag = fw_error(
			command->resolver->diags, "refused-command",
			&command->item->loc,
			"'%s rule' is no part of a ruleset", command->verb);

		fw_diag_hint(command->resolver->diags, diag,
			     "write the rules that shall be, in their order");
		return 0;
	}
	table = fw_command_table(command);
	chain = table ? read_chain(command, table) : NULL;
	if (!chain)
		return 0;
	for (size_t i = 0; command->n && i < FW_ARRAY_SIZE(places); i++) {
		struct fw_diag *diag;

		if (!fw_word_is(command->words, places[i]))
			continue;
		diag = fw_error(command->resolver->diags, "refused-command",
				fw_command_here(command), "a rule has no %s "
				"before it is loaded", places[i]);
		fw_diag_hint(command->resolver->diags, diag,
			     "rules stand in the order of the file; 'insert' "
			     "puts one first");
		return 0;
	}
	if (!command->n) {
		fw_error(command->resolver->diags, "syntax",
			 &command->item->loc, "the rule is empty");
		return 0;
	}
	line = command->item->line;
	line.words = command->words;
	line.n_words = command->n;
	line.loc = fw_loc_span(&command->words[0].loc,
			       &command->words[command->n - 1].loc);
	return fw_resolve_rule(command->resolver, command->item, chain, &line,
			       &command->resolver->top,
			       fw_command_is(command, "insert"));
}

/* --- counters and other objects ------------------------------------------- */
/* `ct helper`, `ct timeout`, `ct expectation` are kinds of two words. */
static const char *read_kind(struct fw_command *command)
{
	const char *kind = command->words[0].text;

	if (strcmp(kind, "ct") || command->n < 2) {
		take(command, 1);
		return kind;
	}
	kind = fw_arena_printf(command->resolver->arena, "ct %s",
			       command->words[1].text);
	take(command, 2);
	return kind;
}

/* What may stand without braces: `add counter ip t c packets 0 bytes 0`. */
static bool is_inline(struct fw_command *command, const char *kind)
{
	struct fw_diags *diags = command->resolver->diags;

	if (!strcmp(kind, "flowtable") || !strncmp(kind, "ct ", 3)) {
		fw_error(diags, "syntax", &command->words[0].loc,
			 "what a %s is stands in braces", kind);
		return false;
	}
	for (size_t i = 0; i < command->n; i++)
		if (fw_word_is(&command->words[i], "comment")) {
			fw_error(diags, "syntax", &command->words[i].loc,
				 "a comment needs braces around what the %s is",
				 kind);
			return false;
		}
	return true;
}

static int object_command(struct fw_command *command)
{
	struct fw_resolver *resolver = command->resolver;
	const char *kind = read_kind(command);
	struct fw_res_table *table;
	struct fw_res_object *object;
	const struct fw_word *name;

	if (!kind)
		return -ENOMEM;
	table = fw_command_table(command);
	name = table ? fw_command_name(command, kind) : NULL;
	if (!name)
		return 0;
	object = fw_res_object(table, kind, name->text);
	if (fw_command_is(command, "delete")) {
		if (!object) {
			fw_command_unknown(command, kind, name, NULL, 0);
			return 0;
		}
		FW_COMMAND_REMOVE(&table->objects, object);
		return fw_resolve_forget(resolver, &table->object_names,
					 object->kind, object->name);
	}
	if (object && fw_command_is(command, "create")) {
		fw_command_there_already(command, kind, name, &object->loc);
		return 0;
	}
	if (command->n && command->words[0].kind != FW_WORD_BRACE) {
		struct fw_item *item = fw_arena_memdup(
			resolver->arena, command->item, sizeof(*item));

		if (!item)
			return -ENOMEM;
		if (!is_inline(command, kind))
			return 0;
		item->kind = FW_ITEM_OBJECT;
		item->line.words = command->words;
		item->line.n_words = command->n;
		return fw_resolve_object(resolver, item, table, kind,
					 name->text, &name->loc,
					 &resolver->top);
	}
	return fw_resolve_object(resolver, command->item, table, kind,
				 name->text, &name->loc, &resolver->top);
}

/* --- all ------------------------------------------------------------------ */
static int flush_ruleset(struct fw_command *command)
{
	struct fw_resolver *resolver = command->resolver;

	/* Sets at top level and blocks are no part of nft's ruleset. */
	resolver->out->tables.n = 0;
	resolver->out->table_names = (struct fw_names){ 0 };
	resolver->flush_all = true;
	return 0;
}

static void refuse(struct fw_command *command, const char *instead)
{
	struct fw_diags *diags = command->resolver->diags;
	struct fw_diag *diag = fw_error(diags, "refused-command",
					&command->item->loc,
					"'%s' is no part of a ruleset",
					command->verb);

	if (instead)
		fw_diag_hint(diags, diag, "%s", instead);
}

static bool is_object(const char *word)
{
	static const char *const kinds[] = { "counter", "quota",   "limit",
					     "synproxy", "secmark", "flowtable",
					     "ct" };

	for (size_t i = 0; i < FW_ARRAY_SIZE(kinds); i++)
		if (!strcmp(word, kinds[i]))
			return true;
	return false;
}

static int act(struct fw_command *command, const struct fw_word *object)
{
	const char *text = object->text;

	if (!strcmp(text, "ruleset") && fw_command_is(command, "flush"))
		return flush_ruleset(command);
	if (is_object(text) && !fw_command_is(command, "flush"))
		return object_command(command);
	take(command, 1);
	if (!strcmp(text, "table"))
		return table_command(command);
	if (!strcmp(text, "chain"))
		return chain_command(command);
	if (!strcmp(text, "rule"))
		return rule_command(command);
	if (!strcmp(text, "set") || !strcmp(text, "map"))
		return fw_command_set(command, !strcmp(text, "map"));
	if (!strcmp(text, "element"))
		return fw_command_element(command);
	fw_error(command->resolver->diags, "syntax", &object->loc,
		 "'%s %s' is no command of a ruleset", command->verb, text);
	return 0;
}

int fw_resolve_command(struct fw_resolver *resolver,
		       const struct fw_item *item)
{
	static const char *const verbs[] = { "add", "create", "insert",
					     "delete", "flush" };
	struct fw_command command = {
		.resolver = resolver,
		.item = item,
		.verb = item->object,
		.words = item->line.words,
		.n = item->line.n_words,
	};
	bool known = false;

	for (size_t i = 0; i < FW_ARRAY_SIZE(verbs); i++)
		known = known || fw_command_is(&command, verbs[i]);
	if (!known) {
		const char *instead = NULL;

		for (size_t i = 0; i < FW_ARRAY_SIZE(refused); i++)
			if (fw_command_is(&command, refused[i].verb))
				instead = refused[i].instead;
		refuse(&command, instead);
		return 0;
	}
	if (!command.n || command.words[0].kind != FW_WORD_PLAIN) {
		fw_error(resolver->diags, "syntax", &item->loc,
			 "'%s' what?", command.verb);
		return 0;
	}
	return act(&command, &command.words[0]);
}
