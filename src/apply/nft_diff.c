/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference between two records, as nft commands.
 *
 * In: what stands and what shall stand. Out: a script, one transaction. What
 * may fail: memory.
 *
 * Order of the script:
 *
 *	1. tables that go, whole
 *	2. in each table that stays: rules that go; elements that go; sets,
 *	   maps and objects that go; chains that go
 *	3. in each table: the table, its new objects without elements, its new
 *	   chains without rules, policies; elements; rules
 *
 * so that whatever is deleted has lost its users before, and whatever is used
 * is there before. Chains come before elements because verdict maps jump, and
 * objects before elements because maps name them.
 *
 * A rule stays when the rule at its place in a longest common run of the two
 * chains has the same text. A set, map or object whose declaration changed is
 * deleted and made anew, and with it everything whose text has its name as a
 * word: too much at times, never too little.
 */
#include "apply/nft_diff.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "apply/nft_lcs.h"
#include "util/cleanup.h"

/* One table on both sides. */
struct pair {
	const struct fw_nft_rec_table *live;	/* NULL: it comes */
	struct fw_nft_rec_table *next;
	struct fw_nft_script *script;
	const struct fw_nft_diff_options *options;
	/* by object of live and next: whether it is deleted, whether made */
	bool *goes, *comes;
	bool any_goes;
	int error;
};

/* --- lines ------------------------------------------------------------------ */
#define LINE(pair, ...)                                                \
	do {                                                           \
		if (!fw_nft_script_add((pair)->script, __VA_ARGS__))   \
			(pair)->error = -ENOMEM;                       \
	} while (0)

static void add_block(struct pair *pair, const struct fw_nft_origin *origin,
		      const char *text)
{
	if (fw_nft_script_add_block(pair->script, origin, text) < 0)
		pair->error = -ENOMEM;
}

static struct fw_nft_origin about(const struct pair *pair)
{
	return (struct fw_nft_origin){.table = pair->next};
}

/* --- what depends on what --------------------------------------------------- */
static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' ||
	       c == '/' || c == '\\';
}

/* Whether text has name as a word of its own. */
static bool mentions(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if ((at == text || !is_word_char(at[-1])) &&
		    !is_word_char(at[len]))
			return true;
	return false;
}

static bool mentions_gone(const struct pair *pair, const char *text)
{
	if (!pair->any_goes)
		return false;
	for (size_t i = 0; i < pair->live->n_objects; i++)
		if (pair->goes[i] && mentions(text, pair->live->objects[i].name))
			return true;
	return false;
}

/* Index in table, or table->n_objects. */
static size_t find_object(const struct fw_nft_rec_table *table, const char *kind,
			  const char *name)
{
	size_t i = 0;

	while (i < table->n_objects &&
	       (strcmp(table->objects[i].name, name) != 0 ||
		strcmp(table->objects[i].kind, kind) != 0))
		i++;
	return i;
}

/*
 * The one set whose content changes with every generation. It is made anew,
 * with its element in its declaration: commands on elements would make
 * libnftables fetch the content of every interval set there is.
 */
static bool is_epoch(const struct pair *pair,
		     const struct fw_nft_rec_object *object)
{
	return pair->next->own && strcmp(object->name, "epoch") == 0;
}

static bool same_elements(const struct fw_nft_rec_object *a,
			  const struct fw_nft_rec_object *b)
{
	if (a->n_elements != b->n_elements)
		return false;
	for (size_t i = 0; i < a->n_elements; i++)
		if (strcmp(a->elements[i], b->elements[i]) != 0)
			return false;
	return true;
}

/* Whether the declaration is the same, so that the object can stay. */
static bool same_object(const struct pair *pair,
			const struct fw_nft_rec_object *a,
			const struct fw_nft_rec_object *b)
{
	return strcmp(a->body, b->body) == 0 &&
	       (!is_epoch(pair, b) || same_elements(a, b));
}

static bool elements_mention_gone(const struct pair *pair,
				  const struct fw_nft_rec_object *object)
{
	if (!pair->any_goes || strcmp(object->kind, "map") != 0)
		return false;
	for (size_t i = 0; i < object->n_elements; i++)
		if (mentions_gone(pair, object->elements[i]))
			return true;
	return false;
}

/* Which objects are deleted, which are made. The second round finds maps whose
 * elements name an object that the first one has found. */
static int compare_objects(struct pair *pair)
{
	struct fw_nft_rec_table *next = pair->next;
	size_t n_live = pair->live ? pair->live->n_objects : 0;

	pair->goes = fw_arena_array(pair->script->arena, n_live, sizeof(bool));
	pair->comes = fw_arena_array(pair->script->arena, next->n_objects,
				     sizeof(bool));
	if (!pair->goes || !pair->comes)
		return -ENOMEM;
	for (size_t i = 0; i < next->n_objects; i++)
		pair->comes[i] = true;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < n_live; i++) {
			const struct fw_nft_rec_object *old = &pair->live->objects[i];
			size_t k = find_object(next, old->kind, old->name);
			bool stays = k < next->n_objects &&
				     same_object(pair, old, &next->objects[k]) &&
				     (round == 0 || !pair->goes[i]) &&
				     (round == 0 || !elements_mention_gone(pair, old));

			pair->goes[i] = !stays;
			if (k < next->n_objects)
				pair->comes[k] = !stays;
		}
		for (size_t i = 0; i < n_live; i++)
			pair->any_goes |= pair->goes[i];
	}
	return 0;
}

/* --- chains ----------------------------------------------------------------- */
static bool same_chain(const struct fw_nft_rec_chain *a,
		       const struct fw_nft_rec_chain *b)
{
	if (!a->base || !b->base)
		return !a->base && !b->base;
	return strcmp(a->base, b->base) == 0;
}

/* The live chain that chain goes on as; NULL when it is made. */
static const struct fw_nft_rec_chain *
standing(const struct pair *pair, const struct fw_nft_rec_chain *chain)
{
	const struct fw_nft_rec_chain *old =
		pair->live ? fw_nft_rec_chain(pair->live, chain->name) : NULL;

	return old && same_chain(old, chain) ? old : NULL;
}

/* And the other way round: NULL when the live chain goes. */
static struct fw_nft_rec_chain *
continued(const struct pair *pair, const struct fw_nft_rec_chain *old)
{
	struct fw_nft_rec_chain *chain = fw_nft_rec_chain(pair->next, old->name);

	return chain && same_chain(old, chain) ? chain : NULL;
}

static bool script_makes_rules(const struct pair *pair,
			       const struct fw_nft_rec_chain *chain)
{
	return !chain->queue || pair->options->queue_rules;
}

/* Gives each rule of chain that stays its handle; the others have none. Queue
 * rules that are not the script's count too, as theirs says. */
static void match_rules(struct pair *pair, const struct fw_nft_rec_chain *old,
			struct fw_nft_rec_chain *chain)
{
	_cleanup_free_ const char **a = calloc(old->n_rules + 1, sizeof(*a));
	_cleanup_free_ const char **b = calloc(chain->n_rules + 1, sizeof(*b));
	_cleanup_free_ size_t *match = calloc(chain->n_rules + 1, sizeof(*match));

	if (!a || !b || !match) {
		pair->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < old->n_rules; i++)
		if (*old->rules[i].text &&
		    !mentions_gone(pair, old->rules[i].text))
			a[i] = old->rules[i].text;
	for (size_t i = 0; i < chain->n_rules; i++)
		b[i] = chain->rules[i].text;
	if (fw_nft_common_run(a, old->n_rules, b, chain->n_rules, match) < 0) {
		pair->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < chain->n_rules; i++)
		chain->rules[i].handle = match[i] == FW_NFT_NO_MATCH ?
			0 : old->rules[match[i]].handle;
}

static void match_chains(struct pair *pair)
{
	for (size_t i = 0; i < pair->next->n_chains; i++) {
		struct fw_nft_rec_chain *chain = &pair->next->chains[i];
		const struct fw_nft_rec_chain *old = standing(pair, chain);

		if (old) {
			match_rules(pair, old, chain);
			continue;
		}
		pair->script->moves_base_chains |= chain->base != NULL;
		for (size_t k = 0; k < chain->n_rules; k++)
			chain->rules[k].handle = 0;
	}
	for (size_t i = 0; pair->live && i < pair->live->n_chains; i++)
		if (!continued(pair, &pair->live->chains[i]))
			pair->script->moves_base_chains |=
				pair->live->chains[i].base != NULL;
}

/* --- what goes -------------------------------------------------------------- */
/* Live rules that no rule of chain took over: both are in the same order. */
static void delete_rules(struct pair *pair, const struct fw_nft_rec_chain *old,
			 const struct fw_nft_rec_chain *chain)
{
	struct fw_nft_origin origin = about(pair);
	size_t k = 0;

	origin.chain = chain;
	for (size_t i = 0; i < old->n_rules; i++) {
		while (k < chain->n_rules && !chain->rules[k].handle)
			k++;
		if (k < chain->n_rules &&
		    chain->rules[k].handle == old->rules[i].handle) {
			k++;
			continue;
		}
		LINE(pair, &origin, "delete rule %s %s %s handle %" PRIu64,
		     pair->next->family, pair->next->name, old->name,
		     old->rules[i].handle);
	}
}

static void delete_all_rules(struct pair *pair)
{
	struct fw_nft_origin origin = about(pair);

	for (size_t i = 0; i < pair->live->n_chains; i++) {
		const struct fw_nft_rec_chain *old = &pair->live->chains[i];
		const struct fw_nft_rec_chain *chain = continued(pair, old);

		if (chain && script_makes_rules(pair, chain))
			delete_rules(pair, old, chain);
		else if (!chain && old->n_rules)
			LINE(pair, &origin, "flush chain %s %s %s",
			     pair->next->family, pair->next->name, old->name);
	}
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A sorted copy of an object's elements, on the heap. */
static const char **sorted(const struct fw_nft_rec_object *object)
{
	const char **copy = calloc(object->n_elements + 1, sizeof(*copy));

	if (copy && object->n_elements) {
		memcpy(copy, object->elements,
		       object->n_elements * sizeof(*copy));
		qsort(copy, object->n_elements, sizeof(*copy), compare_texts);
	}
	return copy;
}

/* Lines "verb element F T NAME {", an element each of from that is not in
 * except (which may be NULL), "}". */
static void list_elements(struct pair *pair, const char *verb,
			  struct fw_nft_rec_object *object,
			  const struct fw_nft_rec_object *from,
			  const struct fw_nft_rec_object *except)
{
	_cleanup_free_ const char **others = except ? sorted(except) : NULL;
	size_t open = SIZE_MAX, n_others = except ? except->n_elements : 0;
	struct fw_nft_origin origin = about(pair);

	if (except && !others) {
		pair->error = -ENOMEM;
		return;
	}
	origin.object = object;
	for (size_t i = 0; i < from->n_elements && !pair->error; i++) {
		if (n_others && bsearch(&from->elements[i], others, n_others,
					sizeof(*others), compare_texts))
			continue;
		if (open == SIZE_MAX) {
			open = pair->script->n;
			LINE(pair, &origin, "%s element %s %s %s {", verb,
			     pair->next->family, pair->next->name, object->name);
			origin.element = true;
			origin.removal = strcmp(verb, "delete") == 0;
		}
		LINE(pair, &origin, "%s,", from->elements[i]);
	}
	if (open == SIZE_MAX || pair->error)
		return;
	pair->script->lines[open].list =
		(uint32_t)(pair->script->n - open - 1);
	origin.element = false;
	LINE(pair, &origin, "}");
}

/* The object as it stands; NULL when it is made anew. */
static const struct fw_nft_rec_object *standing_object(const struct pair *pair,
						       size_t index)
{
	const struct fw_nft_rec_object *object = &pair->next->objects[index];

	if (pair->comes[index])
		return NULL;
	return &pair->live->objects[find_object(pair->live, object->kind,
						object->name)];
}

/* An interval set that merges does not hold the elements it was given, so they
 * cannot be taken out one by one. */
static bool replaces_content(const struct fw_nft_rec_object *old,
			     const struct fw_nft_rec_object *object)
{
	return (object->merges || object->reset) && !same_elements(old, object);
}

static void delete_elements(struct pair *pair)
{
	struct fw_nft_origin origin = about(pair);

	for (size_t i = 0; i < pair->next->n_objects; i++) {
		struct fw_nft_rec_object *object = &pair->next->objects[i];
		const struct fw_nft_rec_object *old = standing_object(pair, i);

		if (!old || same_elements(old, object))
			continue;
		if (!replaces_content(old, object)) {
			list_elements(pair, "delete", object, old, object);
			continue;
		}
		origin.object = object;
		LINE(pair, &origin, "flush %s %s %s %s", object->kind,
		     pair->next->family, pair->next->name, object->name);
	}
}

/* Backwards: what was declared later may name what was declared before. */
static void delete_objects(struct pair *pair)
{
	struct fw_nft_origin origin = about(pair);

	for (size_t i = pair->live->n_objects; i-- > 0;)
		if (pair->goes[i])
			LINE(pair, &origin, "delete %s %s %s %s",
			     pair->live->objects[i].kind, pair->next->family,
			     pair->next->name, pair->live->objects[i].name);
}

static void delete_chains(struct pair *pair)
{
	struct fw_nft_origin origin = about(pair);

	for (size_t i = 0; i < pair->live->n_chains; i++)
		if (!continued(pair, &pair->live->chains[i]))
			LINE(pair, &origin, "delete chain %s %s %s",
			     pair->next->family, pair->next->name,
			     pair->live->chains[i].name);
}

/* --- what comes ------------------------------------------------------------- */
static void declare_object(struct pair *pair, struct fw_nft_rec_object *object)
{
	struct fw_nft_origin origin = about(pair);

	origin.object = object;
	LINE(pair, &origin, "\t%s %s {", object->kind, object->name);
	add_block(pair, &origin, object->body);
	for (size_t i = 0; is_epoch(pair, object) && i < object->n_elements; i++)
		LINE(pair, &origin, "\t\telements = { %s }", object->elements[i]);
	LINE(pair, &origin, "\t}");
}

/* A chain that stands is declared again only to change its policy. */
static void declare_chain(struct pair *pair, const struct fw_nft_rec_chain *chain)
{
	const struct fw_nft_rec_chain *old = standing(pair, chain);
	struct fw_nft_origin origin = about(pair);

	if (old && (!chain->base || strcmp(old->policy, chain->policy) == 0))
		return;
	origin.chain = chain;
	LINE(pair, &origin, "\tchain %s {", chain->name);
	if (chain->comment && !old)
		LINE(pair, &origin, "\t\tcomment \"%s\"", chain->comment);
	if (chain->base) {
		LINE(pair, &origin, "\t\t%spolicy %s;", chain->base, chain->policy);
		if (!pair->error)
			pair->script->lines[pair->script->n - 1].hook = true;
	}
	LINE(pair, &origin, "\t}");
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The table with what is new in it, in its block form; nothing when all of it
 * stands. */
static void declare(struct pair *pair)
{
	struct fw_nft_origin origin = about(pair);
	size_t head = pair->script->n;

	LINE(pair, &origin, "table %s %s {", pair->next->family, pair->next->name);
	if (!pair->live || !same_text(pair->live->body, pair->next->body))
		add_block(pair, &origin, pair->next->body ? pair->next->body : "");
	for (size_t i = 0; i < pair->next->n_objects; i++)
		if (pair->comes[i])
			declare_object(pair, &pair->next->objects[i]);
	for (size_t i = 0; i < pair->next->n_chains; i++)
		declare_chain(pair, &pair->next->chains[i]);
	if (pair->live && pair->script->n == head + 1 &&
	    same_text(pair->live->body, pair->next->body))
		pair->script->n = head;
	else
		LINE(pair, &origin, "}");
}

static void add_elements(struct pair *pair)
{
	for (size_t i = 0; i < pair->next->n_objects; i++) {
		struct fw_nft_rec_object *object = &pair->next->objects[i];
		const struct fw_nft_rec_object *old = standing_object(pair, i);

		if (is_epoch(pair, object))
			continue;
		if (!old || replaces_content(old, object))
			list_elements(pair, "add", object, object, NULL);
		else if (!same_elements(old, object))
			list_elements(pair, "add", object, object, old);
	}
}

/* A rule that comes goes before the next one that stays, else to the end. */
static void add_rules(struct pair *pair, const struct fw_nft_rec_chain *chain)
{
	struct fw_nft_origin origin = about(pair);
	size_t stays = 0;

	origin.chain = chain;
	for (size_t i = 0; i < chain->n_rules; i++) {
		const struct fw_nft_rec_rule *rule = &chain->rules[i];

		if (rule->handle)
			continue;
		if (stays < i)
			stays = i;
		while (stays < chain->n_rules && !chain->rules[stays].handle)
			stays++;
		origin.rule = rule;
		if (stays < chain->n_rules)
			LINE(pair, &origin, "insert rule %s %s %s handle %" PRIu64
			     " %s", pair->next->family, pair->next->name,
			     chain->name, chain->rules[stays].handle, rule->text);
		else
			LINE(pair, &origin, "add rule %s %s %s %s",
			     pair->next->family, pair->next->name, chain->name,
			     rule->text);
	}
}

/* --- tables ----------------------------------------------------------------- */
static void remove_from(struct pair *pair)
{
	if (!pair->live)
		return;
	delete_all_rules(pair);
	delete_elements(pair);
	delete_objects(pair);
	delete_chains(pair);
}

static void add_to(struct pair *pair)
{
	declare(pair);
	add_elements(pair);
	for (size_t i = 0; i < pair->next->n_chains; i++)
		if (script_makes_rules(pair, &pair->next->chains[i]))
			add_rules(pair, &pair->next->chains[i]);
}

static int delete_table(struct fw_nft_script *script,
			const struct fw_nft_rec_table *table)
{
	struct fw_nft_origin origin = {.table = table};

	for (size_t i = 0; i < table->n_chains; i++)
		script->moves_base_chains |= table->chains[i].base != NULL;
	return fw_nft_script_add(script, &origin, "delete table %s %s",
				 table->family, table->name) ? 0 : -ENOMEM;
}

int fw_nft_diff(const struct fw_nft_record *live, struct fw_nft_record *next,
		const struct fw_nft_diff_options *options,
		struct fw_nft_script *script)
{
	struct pair *pairs = fw_arena_array(script->arena, next->n_tables,
					    sizeof(*pairs));
	int r = pairs ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < live->n_tables; i++) {
		const struct fw_nft_rec_table *table = &live->tables[i];

		if (table->foreign ||
		    !fw_nft_record_table(next, table->family, table->name))
			r = delete_table(script, table);
	}
	for (size_t i = 0; r == 0 && i < next->n_tables; i++) {
		struct fw_nft_rec_table *table = &next->tables[i];
		const struct fw_nft_rec_table *old =
			fw_nft_record_table(live, table->family, table->name);

		pairs[i].live = old && !old->foreign ? old : NULL;
		pairs[i].next = table;
		pairs[i].script = script;
		pairs[i].options = options;
		table->handle = pairs[i].live ? old->handle : 0;
		r = compare_objects(&pairs[i]);
		match_chains(&pairs[i]);
		remove_from(&pairs[i]);
		r = r ? r : pairs[i].error;
	}
	for (size_t i = 0; r == 0 && i < next->n_tables; i++) {
		add_to(&pairs[i]);
		r = pairs[i].error;
	}
	return r;
}
