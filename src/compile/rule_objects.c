/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects that a rule names: `counter name "web"`, `ct helper set "ftp"`,
 * `flow add @fast`; and those that maps give.
 *
 * In: the words of a rule; a map. Out: an error for each object that the table
 * has not, which the kernel would refuse. A rule whose object comes from a map
 * (`counter name ip saddr map ...`) names those of the map's elements. Fails
 * only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/rule.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

#define NAMES_MAX 64

static const struct {
	const char *words[3];		/* what stands before the name */
	const char *kind;		/* as it is declared */
} references[] = {
	{ { "counter", "name" }, "counter" },
	{ { "quota", "name" }, "quota" },
	{ { "limit", "name" }, "limit" },
	{ { "synproxy", "name" }, "synproxy" },
	{ { "ct", "helper", "set" }, "ct helper" },
	{ { "ct", "timeout", "set" }, "ct timeout" },
	{ { "ct", "expectation", "set" }, "ct expectation" },
	{ { "meta", "secmark", "set" }, "secmark" },
	{ { "flow", "add" }, "flowtable" },
	{ { "flow", "offload" }, "flowtable" },
};

static const char *kind_named_at(const struct fw_word *words, size_t n, size_t *ret)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(references); i++) {
		size_t k = 0;

		while (k < FW_ARRAY_SIZE(references[i].words) && k < n &&
		       references[i].words[k] &&
		       fw_word_is(&words[k], references[i].words[k]))
			k++;
		if (k < n && (k == FW_ARRAY_SIZE(references[i].words) ||
			      !references[i].words[k])) {
			*ret = k;
			return references[i].kind;
		}
	}
	return NULL;
}

/* False after a diagnostic. Only the name of a flowtable has an @, and what is
 * no name is no object's. */
static bool is_there(struct fw_diags *diags, const struct fw_res_table *table,
		     const char *kind, const struct fw_word *name)
{
	const char *names[NAMES_MAX], *near;
	struct fw_diag *diag;
	size_t n = 0;

	if ((name->kind != FW_WORD_PLAIN && name->kind != FW_WORD_STRING &&
	     name->kind != FW_WORD_SET) ||
	    (name->kind == FW_WORD_SET) != !strcmp(kind, "flowtable") ||
	    fw_res_object(table, kind, name->text))
		return true;
	diag = fw_error(diags, "unknown-object", &name->loc,
			"there is no %s '%s' in table %s %s", kind, name->text,
			table->family, table->name);
	for (size_t i = 0; i < table->objects.n && n < NAMES_MAX; i++)
		if (!strcmp(table->objects.items[i]->kind, kind))
			names[n++] = table->objects.items[i]->name;
	near = fw_nearest(name->text, names, n);
	if (near)
		fw_diag_hint(diags, diag, "did you mean '%s'?", near);
	return false;
}

/* --- maps ----------------------------------------------------------------- */
static bool data_is_there(struct fw_diags *diags,
			  const struct fw_res_table *table, const char *kind,
			  const struct fw_word *words, size_t n)
{
	struct fw_element element;

	return !fw_check_element(words, n, &element) || !element.data ||
	       element.n_data != 1 ||
	       is_there(diags, table, kind, &element.data[0]);
}

/* map { 192.0.2.1 : "a", 192.0.2.2 : "b" } */
static bool all_are_there(struct fw_diags *diags,
			  const struct fw_res_table *table, const char *kind,
			  const struct fw_word *brace)
{
	bool there = true;

	for (size_t from = 0, i = 0; i <= brace->n_words; i++) {
		if (i < brace->n_words && !fw_mark_is(&brace->words[i], ","))
			continue;
		there = (i == from ||
			 data_is_there(diags, table, kind, &brace->words[from],
				       i - from)) && there;
		from = i + 1;
	}
	return there;
}

/* What a map gives, if it gives objects: `type ipv4_addr : ct helper`. */
static int given_kind(struct fw_arena *arena, const struct fw_res_set *map,
		      const char **ret)
{
	for (size_t i = 0; i < map->lines.n; i++) {
		const struct fw_line *line = &map->lines.items[i];
		size_t colon = 0;
		const char *text;

		while (colon < line->n_words &&
		       !fw_mark_is(&line->words[colon], ":"))
			colon++;
		if (colon + 1 >= line->n_words)
			continue;
		text = fw_words_text(arena, &line->words[colon + 1],
				     line->n_words - colon - 1);
		if (!text)
			return -ENOMEM;
		for (size_t k = 0; k < FW_ARRAY_SIZE(references); k++)
			if (!strcmp(references[k].kind, text))
				*ret = references[k].kind;
	}
	return 0;
}

int fw_check_map_objects(struct fw_checker *checker,
			 const struct fw_res_table *table,
			 const struct fw_res_set *map)
{
	const char *kind = NULL;
	int r = map->map ? given_kind(checker->arena, map, &kind) : 0;

	for (size_t i = 0; !r && kind && i < map->elements.n; i++)
		(void)data_is_there(checker->diags, table, kind,
				    map->elements.items[i].words,
				    map->elements.items[i].n_words);
	return r;
}

/* --- rules ---------------------------------------------------------------- */
/* The statement of n words, the name or what gives it from name on. */
static bool statement_is_sound(struct fw_diags *diags,
			       const struct fw_res_table *table,
			       const char *kind, const struct fw_word *words,
			       size_t name, size_t n)
{
	for (size_t i = name + 1; i + 1 < n; i++)
		if (fw_word_is(&words[i], "map"))
			return words[i + 1].kind != FW_WORD_BRACE ||
			       all_are_there(diags, table, kind, &words[i + 1]);
	/* `meta secmark set ct secmark` names none. */
	return name + 1 < n || is_there(diags, table, kind, &words[name]);
}

int fw_rule_objects(struct fw_rule_check *check)
{
	const struct fw_word *words = check->rule->words;
	size_t n = check->rule->n_words, name;
	const struct fw_res_table *table =
		check->table ? fw_res_table(check->checker->resolved,
					    check->table->family,
					    check->table->name) : NULL;
	int r = 0;

	for (size_t i = 0; !r && table && i < n; i++) {
		const char *kind = kind_named_at(words + i, n - i, &name);
		struct fw_shape shape;

		if (!kind)
			continue;
		r = fw_shape(check->checker->arena, words + i, n - i, &shape);
		if (!r && name < shape.n_words &&
		    !statement_is_sound(check->checker->diags, table, kind,
					words + i, name, shape.n_words))
			check->failed = true;
	}
	return r;
}
