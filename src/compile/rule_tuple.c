/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Concatenations and verdict maps: several fields tested at once.
 *
 *	ip saddr . tcp dport { 192.0.2.1 . 22, … }	TUPLE
 *	ip saddr . tcp dport != @pairs			TUPLE
 *	tcp dport vmap { 22 : accept, 80-90 : jump web }	VMAP
 *	ip saddr . tcp dport vmap @verdicts		VMAP
 *
 * In: words that begin with a selector of the vocabulary or a device. Out: the
 * part, its boxes those of the elements; a RAW one where a field, an element or
 * a set's content is not known here. A wrong field of an element, and a set or
 * map of other types, is a diagnostic that says which field.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"
#include "compile/rule.h"
#include "util/cleanup.h"

/* More than nft's registers hold. */
#define MAX_FIELDS 16

struct reading {
	struct fw_rule_check *check;
	struct fw_subject subjects[MAX_FIELDS];
	const struct fw_vocab_match *matches[MAX_FIELDS];	/* NULL: device */
	const struct fw_word *words[MAX_FIELDS];	/* the first of each */
	size_t n_fields;
	size_t n_words;		/* read so far */
	bool vmap, negate;
	bool whole;		/* n_words are all of the part's */
	bool known;		/* every field is one, every element a box */
	FW_VEC(struct fw_interval) boxes;
	FW_VEC(struct fw_vmap_verdict) verdicts;
	size_t n_boxes;
	const struct fw_typed_set *set;		/* whose boxes are meant */
	bool catch_all;
};

/* --- fields --------------------------------------------------------------- */
static enum fw_value_type device_type(const struct fw_word *word)
{
	return strstr(word->text, "name") ? FW_VALUE_IFNAME : FW_VALUE_IFINDEX;
}

/* The next selector; false where it is nft's. */
static bool read_field(struct reading *r)
{
	const struct fw_word *word = fw_rule_at(r->check, r->n_words);
	size_t left = fw_rule_left(r->check) - r->n_words, n;
	const struct fw_vocab_match *match;
	struct fw_subject *subject = &r->subjects[r->n_fields];
	bool out;

	if (!word || r->n_fields == MAX_FIELDS)
		return false;
	match = fw_vocab_find(word, left, &n);
	if (match)
		subject->type = match->value;
	else if (fw_vocab_device(word, left, &out, &n))
		subject->type = device_type(&word[n - 1]);
	else
		return false;
	subject->name = fw_words_text(r->check->checker->arena, word, n);
	subject->loc = fw_loc_span(&word[0].loc, &word[n - 1].loc);
	r->check->checker->diags->oom |= !subject->name;
	r->words[r->n_fields] = word;
	r->matches[r->n_fields++] = match;
	r->known = r->known && match &&
		   !fw_rule_is_loose(r->check, &match->needs);
	r->n_words += n;
	return subject->name != NULL;
}

static bool read_fields(struct reading *r)
{
	do {
		if (!read_field(r))
			return false;
	} while (fw_rule_at(r->check, r->n_words) &&
		 fw_mark_is(fw_rule_at(r->check, r->n_words), ".") &&
		 ++r->n_words);
	return true;
}

/* --- elements in the rule ------------------------------------------------- */
static enum fw_value_result no_verdict(struct reading *r,
				       const struct fw_word *words, size_t n)
{
	struct fw_loc here = fw_loc_span(&words[0].loc, &words[n - 1].loc);

	fw_error(r->check->checker->diags, "syntax", &here,
		 "this element has no verdict; write 'KEY : VERDICT'");
	return FW_VALUE_WRONG;
}

static enum fw_value_result read_element(struct reading *r,
					 const struct fw_word *words, size_t n)
{
	struct fw_arena *arena = r->check->checker->arena;
	struct fw_vmap_verdict verdict = { .chain = NULL };
	struct fw_vmap_verdict *slot;
	struct fw_interval key[MAX_FIELDS];
	struct fw_element element;
	enum fw_value_result data = FW_VALUE_OK, result = FW_VALUE_OK;

	if (!fw_check_element(words, n, &element) || element.stateful ||
	    (!r->vmap && element.data))
		return FW_VALUE_OTHER;
	if (r->vmap && !element.data)
		return no_verdict(r, words, n);
	for (size_t i = 0; i < r->n_fields; i++)
		key[i] = (struct fw_interval){
			0, fw_value_max(r->subjects[i].type) };
	r->catch_all = r->catch_all || element.catch_all;
	if (!element.catch_all)
		result = fw_check_key(r->check->checker, r->subjects,
				      r->n_fields, element.words,
				      element.n_words, key);
	if (r->vmap)
		data = fw_check_verdict(r->check->checker, element.data,
					element.n_data, &verdict);
	if (result || data)
		return result == FW_VALUE_WRONG ? result : data ? data : result;
	for (size_t i = 0; i < r->n_fields; i++) {
		struct fw_interval *box = fw_vec_push(arena, &r->boxes);

		r->check->checker->diags->oom |= !box;
		if (box)
			*box = key[i];
	}
	slot = fw_vec_push(arena, &r->verdicts);
	r->check->checker->diags->oom |= !slot;
	if (slot)
		*slot = verdict;
	r->n_boxes++;
	return FW_VALUE_OK;
}

static enum fw_value_result read_elements(struct reading *r,
					  const struct fw_word *brace)
{
	enum fw_value_result result = FW_VALUE_OK, end = FW_VALUE_OK;
	const struct fw_word *words;
	size_t pos = 0, n;

	while (fw_rule_element(r->check, brace, &pos, &words, &n, &end)) {
		enum fw_value_result one = read_element(r, words, n);

		if (one == FW_VALUE_WRONG || result == FW_VALUE_OK)
			result = one;
	}
	return end ? end : result;
}

/* --- a named set or map --------------------------------------------------- */
static const char *types_text(const struct reading *r)
{
	struct fw_arena *arena = r->check->checker->arena;
	const char *text = fw_value_name(r->subjects[0].type);

	for (size_t i = 1; text && i < r->n_fields; i++)
		text = fw_arena_printf(arena, "%s . %s", text,
				       fw_value_name(r->subjects[i].type));
	if (text && r->vmap)
		text = fw_arena_printf(arena, "%s : verdict", text);
	return text ? text : "";
}

static bool same_type(enum fw_value_type a, enum fw_value_type b)
{
	return a == b || (fw_value_is_integer(a) && fw_value_is_integer(b));
}

/* The first field that is another one in the set; n_fields for none. */
static size_t other_field(const struct reading *r,
			  const struct fw_typed_set *set)
{
	size_t i = 0;

	while (i < r->n_fields &&
	       same_type(r->subjects[i].type, set->types[i]))
		i++;
	return i;
}

static enum fw_value_result mismatch(struct reading *r,
				     const struct fw_typed_set *set,
				     const struct fw_word *word)
{
	struct fw_diag *diag = fw_check_set_mismatch(r->check->checker, set,
						     word, types_text(r));
	size_t i;

	if (set->n_types != r->n_fields || set->map != r->vmap)
		return FW_VALUE_WRONG;
	i = other_field(r, set);
	if (i < r->n_fields)
		fw_diag_related(r->check->checker->diags, diag,
				&r->subjects[i].loc,
				"this is of type %s; field %zu of the %s is of "
				"type %s", fw_value_name(r->subjects[i].type),
				i + 1, set->map ? "map" : "set",
				fw_value_name(set->types[i]));
	return FW_VALUE_WRONG;
}

/* A map gives verdicts where nothing else is known of it. */
static bool gives_verdicts(const struct fw_checker *checker,
			   const struct fw_typed_set *set)
{
	const char *type = fw_check_set_type(checker, set);
	size_t len = strlen(type);

	return set->map && len > 7 && !strcmp(type + len - 7, "verdict");
}

static enum fw_value_result read_set(struct reading *r,
				     const struct fw_word *word)
{
	struct fw_checker *checker = r->check->checker;
	struct fw_typed_set *set = fw_check_set_name(checker, r->check->table,
						     word);

	if (!set)
		return FW_VALUE_WRONG;
	if (set->map != r->vmap)
		return mismatch(r, set, word);
	if (checker->set_infos[set - checker->typed->sets].open)
		return FW_VALUE_OTHER;
	if (r->vmap && !gives_verdicts(checker, set))
		return mismatch(r, set, word);
	if (set->n_types != r->n_fields || other_field(r, set) != r->n_fields)
		return mismatch(r, set, word);
	r->set = set;
	r->n_boxes = set->n_boxes;
	r->catch_all = set->catch_all;
	return set->constant && set->boxes ? FW_VALUE_OK : FW_VALUE_OTHER;
}

/* --- what is compared ----------------------------------------------------- */
static enum fw_value_result read_operand(struct reading *r)
{
	const struct fw_word *word = fw_rule_at(r->check, r->n_words);
	enum fw_relation relation = FW_RELATION_EQ;
	struct fw_diag *diag;
	struct fw_loc loc;

	r->vmap = word && fw_word_is(word, "vmap");
	if (r->vmap)
		r->n_words++;
	else
		r->n_words += fw_rule_relation(word, &relation);
	r->negate = relation == FW_RELATION_NE;
	word = fw_rule_at(r->check, r->n_words);
	if (!word || relation > FW_RELATION_NE)
		return FW_VALUE_OTHER;
	r->n_words++;
	r->whole = word->kind == FW_WORD_BRACE || word->kind == FW_WORD_SET;
	if (word->kind == FW_WORD_BRACE)
		return read_elements(r, word);
	if (word->kind == FW_WORD_SET)
		return read_set(r, word);
	if (r->vmap || fw_rule_goes_on(word) || fw_word_is(word, "map"))
		return FW_VALUE_OTHER;
	loc = fw_loc_span(&r->subjects[0].loc, &r->subjects[r->n_fields - 1].loc);
	diag = fw_error(r->check->checker->diags, "needs-set", &loc,
			"a concatenation is compared with a set");
	fw_diag_hint(r->check->checker->diags, diag,
		     "write { … } around the value");
	return FW_VALUE_WRONG;
}

/* --- the part ------------------------------------------------------------- */
/* What the boxes say of one field. */
static int project(struct reading *r, const struct fw_interval *boxes, size_t i,
		   struct fw_match *ret)
{
	struct fw_interval *out = fw_arena_array(r->check->checker->arena,
						 r->n_boxes, sizeof(*out));

	if (!out)
		return -ENOMEM;
	for (size_t b = 0; b < r->n_boxes; b++)
		out[b] = boxes[b * r->n_fields + i];
	ret->intervals = out;
	ret->n_intervals = fw_intervals_merge(out, r->n_boxes);
	return 0;
}

/* Those of a set are made once, for all rules that name it. */
static int projections(struct reading *r, const struct fw_interval *boxes,
		       const struct fw_match **ret)
{
	struct fw_checker *checker = r->check->checker;
	struct fw_set_info *info =
		r->set ? &checker->set_infos[r->set - checker->typed->sets] :
			 NULL;
	struct fw_match *out;
	int e = 0;

	if (info && info->projections) {
		*ret = info->projections;
		return 0;
	}
	out = fw_arena_array(checker->arena, r->n_fields, sizeof(*out));
	if (!out)
		return -ENOMEM;
	for (size_t i = 0; !e && i < r->n_fields; i++)
		e = project(r, boxes, i, &out[i]);
	if (info)
		info->projections = out;
	*ret = out;
	return e;
}

static int add_projections(struct reading *r, struct fw_part *part)
{
	const struct fw_match *each;
	int e;

	if (r->negate || r->catch_all)
		return 0;
	e = projections(r, part->tuple.boxes, &each);
	for (size_t i = 0; !e && i < r->n_fields; i++) {
		part->matches[part->n_matches] = each[i];
		part->matches[part->n_matches++].field = part->tuple.fields[i];
	}
	return e;
}

/* As on the wire: a concatenation does not know meta protocol's other field. */
static int fields(struct reading *r, struct fw_part *part)
{
	enum fw_field *out = fw_arena_array(r->check->checker->arena,
					    r->n_fields, sizeof(*out));

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < r->n_fields; i++)
		out[i] = r->matches[i]->field == FW_FIELD_L3 ?
				 FW_FIELD_PROTOCOL : r->matches[i]->field;
	part->tuple.fields = out;
	part->tuple.n_fields = r->n_fields;
	part->tuple.boxes = r->set ? r->set->boxes : r->boxes.items;
	part->tuple.n_boxes = r->n_boxes;
	part->tuple.negate = r->negate;
	if (r->vmap)
		part->verdicts = r->set ? r->set->verdicts : r->verdicts.items;
	return add_projections(r, part);
}

static int imply(struct reading *r, struct fw_part *part)
{
	int e = 0;

	part->matches = fw_arena_array(r->check->checker->arena,
				       r->n_fields * (FW_RULE_IMPLIED + 1),
				       sizeof(*part->matches));
	if (!part->matches)
		return -ENOMEM;
	for (size_t i = 0; !e && !r->check->failed && i < r->n_fields; i++)
		if (r->matches[i])
			e = fw_rule_imply(r->check, part,
					  &r->matches[i]->needs,
					  &r->words[i]->loc);
	return e;
}

static int push_raw(struct reading *r)
{
	struct fw_part *part;
	const char *reason = r->vmap ? "vmap" : "concatenation";

	if (r->set)
		reason = fw_arena_printf(r->check->checker->arena, "set @%s",
					 r->set->name);
	part = fw_rule_push(r->check, FW_PART_RAW, r->n_words);
	if (!part || !reason)
		return -ENOMEM;
	part->reason = reason;
	part->is_match = true;
	return imply(r, part);
}

static bool in_xdp(const struct fw_part *part)
{
	for (size_t i = 0; i < part->tuple.n_fields; i++)
		if (!fw_field_in_xdp(part->tuple.fields[i]))
			return false;
	return true;
}

int fw_rule_tuple(struct fw_rule_check *check)
{
	struct reading r = { .check = check, .known = true };
	enum fw_value_result result;
	struct fw_part *part;
	int e;

	if (!read_fields(&r))
		return fw_rule_raw(check);
	result = read_operand(&r);
	if (result == FW_VALUE_WRONG) {
		check->failed = true;
		return 0;
	}
	if (!r.whole || fw_rule_goes_on(fw_rule_at(check, r.n_words)))
		return fw_rule_raw(check);
	if (result == FW_VALUE_OTHER || !r.known)
		return push_raw(&r);
	part = fw_rule_push(check, r.vmap ? FW_PART_VMAP : FW_PART_TUPLE,
			    r.n_words);
	if (!part)
		return -ENOMEM;
	e = imply(&r, part);
	if (!e && !check->failed)
		e = fields(&r, part);
	if (!e && !in_xdp(part))
		part->reason = r.vmap ? "vmap" : "concatenation";
	return e;
}
