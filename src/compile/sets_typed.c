/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets and maps of any of nft's types: what their keys are made of, and their
 * content.
 *
 * In: the lines and elements of a set. Out: its types; for concatenations and
 * maps a box an element, for verdict maps their verdicts, for sets of one field
 * its values, for sets of devices their names. A wrong element is a diagnostic
 * that points at the type too. What is not understood is left to nft: the set is
 * then not constant. Sets of the types that a file may hold are read in
 * sets_elements.c.
 */
#include <errno.h>
#include <string.h>

#include "compile/sets.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

#define MAX_FIELDS 16

struct typing {
	struct fw_set_check *check;
	struct fw_subject keys[MAX_FIELDS], data[MAX_FIELDS];
	size_t n_keys, n_data;
	bool known;		/* every key is of a type that is understood */
	bool verdicts;		/* the map gives verdicts */
	FW_VEC(struct fw_interval) boxes;
	FW_VEC(struct fw_vmap_verdict) says;
	FW_VEC(const char *) names;
	struct fw_vmap_verdict catch_all;
	bool has_catch_all;
	bool constant;
};

/* --- types ---------------------------------------------------------------- */
/* One field of `type a . b`, or of `typeof ip saddr . tcp dport`. */
static bool read_type(struct typing *t, const struct fw_word *words, size_t n,
		      bool expression, struct fw_subject *ret)
{
	const struct fw_vocab_match *match;
	size_t len;
	bool out;

	*ret = (struct fw_subject){
		.name = fw_words_text(t->check->checker->arena, words, n),
		.loc = fw_loc_span(&words[0].loc, &words[n - 1].loc),
	};
	if (!ret->name) {
		t->check->checker->diags->oom = true;
		return false;
	}
	if (!expression)
		return n == 1 && fw_value_named(words[0].text, &ret->type);
	match = fw_vocab_find(words, n, &len);
	if (match && len == n) {
		ret->type = match->value;
		return true;
	}
	if (!fw_vocab_device(words, n, &out, &len) || len != n)
		return false;
	ret->type = strstr(words[n - 1].text, "name") ? FW_VALUE_IFNAME :
							FW_VALUE_IFINDEX;
	return true;
}

static size_t up_to(const struct fw_word *words, size_t n, const char *mark)
{
	size_t i = 0;

	while (i < n && !fw_mark_is(&words[i], mark))
		i++;
	return i;
}

/* False where one of them is not understood. */
static bool read_types(struct typing *t, const struct fw_word *words, size_t n,
		       bool expression, struct fw_subject *ret, size_t *ret_n)
{
	for (size_t at = 0; at < n;) {
		size_t len = up_to(words + at, n - at, ".");

		if (!len || *ret_n == MAX_FIELDS ||
		    !read_type(t, words + at, len, expression, &ret[*ret_n]))
			return false;
		(*ret_n)++;
		at += len + 1;
	}
	return *ret_n > 0;
}

static bool read_line(struct typing *t, const struct fw_line *line)
{
	const struct fw_word *words = line->words + 1, *data;
	size_t n = line->n_words - 1, colon = up_to(words, n, ":"), n_data;
	bool expression = fw_word_is(&line->words[0], "typeof");
	struct fw_set_info *info = &t->check->checker->set_infos[
		t->check->set - t->check->checker->typed->sets];

	t->known = read_types(t, words, colon, expression, t->keys, &t->n_keys);
	info->open = expression && !t->known;
	if (colon + 1 >= n)
		return true;
	data = words + colon + 1;
	n_data = n - colon - 1;
	if (fw_word_is(&data[0], "interval")) {
		data++;
		n_data--;
	}
	t->verdicts = n_data == 1 && fw_word_is(&data[0], "verdict");
	if (!t->verdicts && !read_types(t, data, n_data, expression, t->data,
					&t->n_data))
		t->n_data = 0;
	return true;
}

static bool read_lines(struct typing *t)
{
	const struct fw_res_set *source = t->check->source;

	for (size_t i = 0; i < source->lines.n; i++) {
		const struct fw_line *line = &source->lines.items[i];

		if (line->n_words > 1 && (fw_word_is(&line->words[0], "type") ||
					  fw_word_is(&line->words[0], "typeof")))
			return read_line(t, line);
	}
	return false;
}

/* --- elements ------------------------------------------------------------- */
/* Prefixes and ranges need the flag. */
static void check_singles(struct typing *t, const struct fw_element *element)
{
	struct fw_checker *checker = t->check->checker;
	struct fw_diag *diag;

	for (size_t i = 0; i < element->n_words; i++) {
		const struct fw_word *word = &element->words[i];

		if (!fw_mark_is(word, "-") && !fw_mark_is(word, "/"))
			continue;
		diag = fw_error(checker->diags, "needs-interval", &word->loc,
				"%s '%s' holds single values only",
				t->check->set->map ? "map" : "set",
				t->check->source->name);
		fw_diag_related(checker->diags, diag, &t->check->source->loc,
				"declared here");
		fw_diag_hint(checker->diags, diag,
			     "'flags interval' admits prefixes and ranges");
		return;
	}
}

static void no_data(struct typing *t, const struct fw_element *element)
{
	struct fw_loc loc = fw_loc_span(
		&element->words[0].loc,
		&element->words[element->n_words - 1].loc);

	if (t->check->set->map && !element->data)
		fw_error(t->check->checker->diags, "bad-element", &loc,
			 "an element of a map is 'KEY : VALUE'; the value is "
			 "missing");
	else if (!t->check->set->map && element->data)
		fw_error(t->check->checker->diags, "bad-element", &loc,
			 "this is an element of a map, but '%s' is a set",
			 t->check->source->name);
}

static enum fw_value_result read_data(struct typing *t,
				      const struct fw_element *element,
				      struct fw_vmap_verdict *ret)
{
	struct fw_interval data[MAX_FIELDS];

	if (!element->data)
		return FW_VALUE_OK;
	if (t->verdicts)
		return fw_check_verdict(t->check->checker, element->data,
					element->n_data, ret);
	if (t->n_data)
		return fw_check_key(t->check->checker, t->data, t->n_data,
				    element->data, element->n_data, data);
	return FW_VALUE_OK;
}

static int push_box(struct typing *t, const struct fw_interval *key,
		    const struct fw_vmap_verdict *says)
{
	struct fw_arena *arena = t->check->checker->arena;
	struct fw_vmap_verdict *slot;

	for (size_t i = 0; i < t->n_keys; i++) {
		struct fw_interval *box = fw_vec_push(arena, &t->boxes);

		if (!box)
			return -ENOMEM;
		*box = key[i];
	}
	if (!t->verdicts)
		return 0;
	slot = fw_vec_push(arena, &t->says);
	if (!slot)
		return -ENOMEM;
	*slot = *says;
	return 0;
}

static int push_name(struct typing *t, const struct fw_word *word)
{
	const char **slot;

	if (t->n_keys != 1 || t->keys[0].type != FW_VALUE_IFNAME)
		return 0;
	slot = fw_vec_push(t->check->checker->arena, &t->names);
	if (!slot)
		return -ENOMEM;
	*slot = word->text;
	return 0;
}

static int read_element(struct typing *t, const struct fw_res_run *run)
{
	struct fw_vmap_verdict says = { .chain = NULL };
	struct fw_interval key[MAX_FIELDS];
	enum fw_value_result result = FW_VALUE_OK, data;
	struct fw_element element;
	int r;

	if (!fw_check_element(run->words, run->n_words, &element))
		return 0;
	t->constant = t->constant && !element.stateful;
	no_data(t, &element);
	data = read_data(t, &element, &says);
	if (data == FW_VALUE_OTHER)
		t->constant = false;
	if (element.catch_all) {
		t->has_catch_all = true;
		t->catch_all = says;
		return 0;
	}
	if (!t->check->set->interval)
		check_singles(t, &element);
	result = fw_check_key(t->check->checker, t->keys, t->n_keys,
			      element.words, element.n_words, key);
	r = push_name(t, &element.words[0]);
	if (r || result == FW_VALUE_WRONG)
		return r;
	if (result == FW_VALUE_OTHER)
		t->constant = t->constant && t->names.n > 0;
	return push_box(t, key, &says);
}

static int read_elements(struct typing *t)
{
	const struct fw_res_set *source = t->check->source;
	struct fw_arena *arena = t->check->checker->arena;
	size_t n = source->elements.n;
	int r = 0;

	if (!fw_vec_reserve(arena, &t->boxes, n * t->n_keys) ||
	    (t->verdicts && !fw_vec_reserve(arena, &t->says, n)))
		return -ENOMEM;
	for (size_t i = 0; !r && i < n; i++)
		if (source->elements.items[i].n_words)
			r = read_element(t, &source->elements.items[i]);
	return r;
}

/* --- the whole ------------------------------------------------------------ */
static int add_catch_all(struct typing *t)
{
	struct fw_interval all[MAX_FIELDS];

	for (size_t i = 0; i < t->n_keys; i++)
		all[i] = (struct fw_interval){ 0,
					       fw_value_max(t->keys[i].type) };
	return t->has_catch_all ? push_box(t, all, &t->catch_all) : 0;
}

static int finish(struct typing *t)
{
	struct fw_typed_set *set = t->check->set;
	int r = add_catch_all(t);

	if (r)
		return r;
	/* A set that is left empty is for others to fill. */
	set->constant = t->constant && !set->dynamic && !t->check->stateful &&
			(set->map || t->check->source->elements.n);
	set->catch_all = t->has_catch_all;
	set->names = t->names.items;
	set->n_names = t->names.n;
	if (t->names.n)
		return 0;
	if (t->n_keys == 1 && !set->map) {
		set->n_intervals = fw_intervals_merge(t->boxes.items,
						      t->boxes.n);
		set->intervals = t->boxes.items;
		return 0;
	}
	set->boxes = t->boxes.items;
	set->n_boxes = t->boxes.n / t->n_keys;
	set->verdicts = t->verdicts ? t->says.items : NULL;
	return 0;
}

int fw_set_check_types(struct fw_set_check *check)
{
	struct typing t = { .check = check, .constant = true };
	struct fw_arena *arena = check->checker->arena;
	struct fw_typed_set *set = check->set;
	enum fw_value_type *types, own;
	int r;

	if (set->type >= FW_SET_DOMAIN || !read_lines(&t) || !t.known)
		return 0;
	types = fw_arena_array(arena, t.n_keys, sizeof(*types));
	if (!types)
		return -ENOMEM;
	for (size_t i = 0; i < t.n_keys; i++)
		types[i] = t.keys[i].type;
	set->types = types;
	set->n_types = t.n_keys;
	if (fw_set_value_type(set->type, &own))
		return 0;
	r = read_elements(&t);
	return r ? r : finish(&t);
}
