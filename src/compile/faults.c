/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults: which parts of a configuration its errors make void.
 *
 * In: the typed configuration and its errors. Out: for each rule, set, element
 * and chain whether an error concerns it. What may fail: memory.
 *
 * An error concerns, in this order:
 *
 *	1. the rule, element or line that it lies in
 *	2. where it lies in none of them, as of a line that could not be read at
 *	   all, the set or object declared last before it: it may lack something.
 *	   What a chain or table lacks by that is a rule or a thing that it
 *	   holds, and who names that thing was told so
 *
 * A chain with a faulty line hooks nowhere: its rules can be judged all the
 * same. Rules that name a set which is left out are left out. An object is
 * named in too many ways; with a faulty one the rest is not judged, and neither
 * is it where braces or quotes are not closed, for then no place is certain.
 */
#include "compile/faults.h"

#include <errno.h>
#include <string.h>

#include "util/cleanup.h"

struct fw_faults {
	struct fw_arena *arena;
	FW_VEC(struct fw_loc) places;
	FW_VEC(const struct fw_res_set *) sets;		/* left out */
};

/* --- places --------------------------------------------------------------- */
/* What reads no further, or loses its way. */
static bool is_of_structure(const struct fw_diag *diag)
{
	static const char *const ids[] = {
		"unclosed", "nesting", "too-large", "file-too-large",
		"not-text", "line-too-long", "include-count", "include-depth",
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(ids); i++)
		if (!strcmp(diag->id, ids[i]))
			return true;
	return false;
}

static int add_places(struct fw_faults *faults, const struct fw_diags *diags,
		      bool *ret_lost)
{
	for (size_t i = 0; i < diags->n; i++) {
		const struct fw_diag *diag = &diags->items[i];
		struct fw_loc *slot;

		if (diag->severity != FW_SEVERITY_ERROR)
			continue;
		*ret_lost = *ret_lost || is_of_structure(diag);
		slot = fw_vec_push(faults->arena, &faults->places);
		if (!slot)
			return -ENOMEM;
		*slot = diag->loc;
	}
	return 0;
}

static bool in_span(const struct fw_faults *faults, const struct fw_loc *span)
{
	for (size_t i = 0; i < faults->places.n; i++)
		if (faults->places.items[i].source &&
		    fw_loc_within(&faults->places.items[i], span))
			return true;
	return false;
}

static bool in_lines(const struct fw_faults *faults, const fw_line_vec *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		if (in_span(faults, &lines->items[i].loc))
			return true;
	return false;
}

bool fw_faults_in_words(const struct fw_faults *faults,
			const struct fw_word *words, size_t n)
{
	struct fw_loc span;

	if (!faults || !n)
		return false;
	span = fw_loc_span(&words[0].loc, &words[n - 1].loc);
	return in_span(faults, &span);
}

/* --- what was declared last before an error ------------------------------- */
struct head {
	const struct fw_loc *error, *best;
	const struct fw_res_set *set;
	const struct fw_res_object *object;
};

static bool is_closer(struct head *head, const struct fw_loc *loc)
{
	if (loc->source != head->error->source ||
	    fw_loc_before(head->error, loc) ||
	    (head->best && fw_loc_before(loc, head->best)))
		return false;
	head->best = loc;
	head->set = NULL;
	head->object = NULL;
	return true;
}

static void look_at_sets(struct head *head, struct fw_res_set *const *sets,
			 size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_closer(head, &sets[i]->loc))
			head->set = sets[i];
}

static struct head head_before(const struct fw_resolved *in,
			       const struct fw_loc *error)
{
	struct head head = { .error = error };

	for (size_t i = 0; i < in->blocks.n; i++)
		(void)is_closer(&head, &in->blocks.items[i].loc);
	look_at_sets(&head, in->sets.items, in->sets.n);
	for (size_t t = 0; t < in->tables.n; t++) {
		const struct fw_res_table *table = in->tables.items[t];

		(void)is_closer(&head, &table->loc);
		for (size_t i = 0; i < table->chains.n; i++) {
			const struct fw_res_chain *c = table->chains.items[i];

			(void)is_closer(&head, &c->loc);
			for (size_t k = 0; k < c->rules.n; k++)
				(void)is_closer(&head, &c->rules.items[k].loc);
		}
		look_at_sets(&head, table->sets.items, table->sets.n);
		for (size_t i = 0; i < table->objects.n; i++)
			if (is_closer(&head, &table->objects.items[i]->loc))
				head.object = table->objects.items[i];
	}
	return head;
}

static bool in_elements(const struct fw_faults *faults,
			const struct fw_res_set *set)
{
	for (size_t i = 0; i < set->elements.n; i++)
		if (fw_faults_in_words(faults, set->elements.items[i].words,
				       set->elements.items[i].n_words))
			return true;
	return false;
}

/* --- sets ----------------------------------------------------------------- */
static int leave_out(struct fw_faults *faults, const struct fw_res_set *set)
{
	const struct fw_res_set **slot = fw_vec_push(faults->arena,
						     &faults->sets);

	if (slot)
		*slot = set;
	return slot ? 0 : -ENOMEM;
}

static int leave_out_sets(struct fw_faults *faults,
			  struct fw_res_set *const *sets, size_t n)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		if (sets[i]->broken || in_lines(faults, &sets[i]->lines))
			r = leave_out(faults, sets[i]);
	return r;
}

/* *ret_lost where an object lacks something. */
static int leave_out_heads(struct fw_faults *faults,
			   const struct fw_resolved *in, bool *ret_lost)
{
	int r = 0;

	for (size_t i = 0; !r && i < faults->places.n; i++) {
		const struct fw_loc *place = &faults->places.items[i];
		struct head head = head_before(in, place);

		if (!place->source)
			continue;	/* of a list's file, which nft has not */
		*ret_lost = *ret_lost || head.object;
		if (head.set && !in_elements(faults, head.set))
			r = leave_out(faults, head.set);
	}
	return r;
}

int fw_faults_find(const struct fw_typed *typed, const struct fw_diags *diags,
		   const struct fw_faults **ret)
{
	const struct fw_resolved *in = typed->resolved;
	struct fw_faults *faults = fw_arena_alloc(typed->arena,
						  sizeof(*faults));
	bool lost = diags->n_errors > FW_DIAG_SHOWN;
	int r;

	*ret = NULL;
	if (!faults)
		return -ENOMEM;
	if (lost)
		return 0;	/* more would not be seen */
	faults->arena = typed->arena;
	r = add_places(faults, diags, &lost);
	if (!r && !lost)
		r = leave_out_heads(faults, in, &lost);
	if (!r && !lost)
		r = leave_out_sets(faults, in->sets.items, in->sets.n);
	for (size_t i = 0; !r && !lost && i < in->tables.n; i++)
		r = leave_out_sets(faults, in->tables.items[i]->sets.items,
				   in->tables.items[i]->sets.n);
	if (!r && !lost)
		*ret = faults;
	return r;
}

bool fw_faults_in_set(const struct fw_faults *faults,
		      const struct fw_res_set *set)
{
	for (size_t i = 0; faults && i < faults->sets.n; i++)
		if (faults->sets.items[i] == set)
			return true;
	return false;
}

/* --- chains and rules ----------------------------------------------------- */
bool fw_faults_in_chain(const struct fw_faults *faults,
			const struct fw_res_chain *chain)
{
	return faults && (chain->broken || in_span(faults, &chain->loc) ||
			  in_lines(faults, &chain->lines));
}

bool fw_faults_in_rule(const struct fw_faults *faults,
		       const struct fw_res_rule *rule)
{
	if (!faults)
		return false;
	if (in_span(faults, &rule->loc))
		return true;
	for (size_t i = 0; i < faults->sets.n; i++)
		if (fw_res_names_set(rule->run.words, rule->run.n_words,
				     faults->sets.items[i]->name))
			return true;
	return false;
}
