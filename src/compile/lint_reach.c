/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints of rules: those that no packet reaches, that no packet can match, and
 * that change nothing.
 *
 * In: the rules of a chain. Out: a warning at each such rule, with the places
 * of those that make it so. What packets a rule sees is decided on its typed
 * fields (regions.h); where that cannot be known, there is silence. Only memory
 * fails.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "compile/lint.h"
#include "compile/lower.h"
#include "compile/regions.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

struct reach {
	const struct fw_lint_chain *lint;
	const struct fw_regions *regions;
	FW_VEC(struct fw_cover) covers;
	bool *dead;		/* by rule: said already */
};

static struct fw_diags *diags_of(const struct reach *reach)
{
	return reach->lint->checker->diags;
}

static void relate(const struct reach *reach, struct fw_diag *diag,
		   size_t rule, const char *text)
{
	struct fw_loc loc = fw_lint_rule_loc(&reach->lint->chain->rules[rule]);

	fw_diag_related(diags_of(reach), diag, &loc, "%s", text);
}

/* --- never-matches -------------------------------------------------------- */
/* One test of a rule, and the part that makes it. */
struct claim {
	struct fw_match test;
	const struct fw_part *part;	/* NULL: the table's family */
};

typedef FW_VEC(struct claim) claim_vec;

static struct fw_loc part_loc(const struct fw_part *part)
{
	return fw_loc_span(&part->words[0].loc,
			   &part->words[part->n_words - 1].loc);
}

/* Wherever it stands it concerns TCP, and others go on behind the rule. */
static bool is_synproxy(const struct fw_part *part)
{
	return part->kind == FW_PART_SYNPROXY ||
	       (part->kind == FW_PART_RAW && !part->is_match &&
		part->n_words > 0 && fw_word_is(&part->words[0], "synproxy"));
}

/* other NULL: no value at all, or what several say together. */
static void never_matches(const struct reach *reach, const struct claim *claim,
			  const struct claim *other, bool alone)
{
	struct fw_loc loc = part_loc(claim->part), place;
	struct fw_diag *diag;

	if (other && !other->part) {
		fw_lint_add(diags_of(reach), FW_LINT_NEVER_MATCHES, &loc,
			    "no packet of family %s matches this",
			    reach->lint->table->family);
		return;
	}
	diag = fw_lint_add(diags_of(reach), FW_LINT_NEVER_MATCHES, &loc,
			   alone ? "no packet matches this" :
			   "no packet matches this and what stands before it");
	if (is_synproxy(claim->part))
		fw_diag_hint(diags_of(reach), diag, "synproxy concerns TCP alone");
	if (!other)
		return;
	place = part_loc(other->part);
	fw_diag_related(diags_of(reach), diag, &place,
			"what matches this does not match that");
}

static bool meets(const struct fw_match *a, const struct fw_match *b)
{
	return a->field != b->field ||
	       fw_intervals_meet(a->intervals, a->n_intervals, b->intervals,
				 b->n_intervals);
}

/* Each claim against each before it; what they say together comes last. */
static int check_claim(struct reach *reach, claim_vec *claims,
		       const struct claim *claim, bool *ret_never)
{
	struct claim *slot;

	*ret_never = true;
	if (claim->part && !claim->test.n_intervals) {
		never_matches(reach, claim, NULL, true);
		return 0;
	}
	for (size_t i = 0; i < claims->n; i++) {
		if (meets(&claims->items[i].test, &claim->test))
			continue;
		never_matches(reach, claim, &claims->items[i], false);
		return 0;
	}
	*ret_never = false;
	slot = fw_vec_push(reach->regions->arena, claims);
	if (!slot)
		return -ENOMEM;
	*slot = *claim;
	return 0;
}

static int check_together(struct reach *reach, const claim_vec *claims,
			  bool *ret_never)
{
	struct fw_match tests[FW_BOX_TESTS];
	struct fw_box box = { tests, 0 };
	int r = 0;

	for (size_t i = 0; !r && i < claims->n; i++)
		r = fw_box_add(reach->regions->arena, &box,
			       &claims->items[i].test);
	if (r || !claims->n)
		return r;
	r = fw_region_infer(reach->regions, &box);
	if (r || !fw_box_is_empty(&box) || !claims->items[claims->n - 1].part)
		return r;
	never_matches(reach, &claims->items[claims->n - 1], NULL, false);
	*ret_never = true;
	return 0;
}

/* What was said of fields that a statement then writes holds no longer. */
static void forget(claim_vec *claims, uint64_t writes)
{
	size_t kept = 0;

	if (!writes)
		return;
	for (size_t i = 0; i < claims->n; i++)
		if (!(fw_region_reads(&claims->items[i].test) & writes))
			claims->items[kept++] = claims->items[i];
	claims->n = kept;
}

static bool tuple_meets(const struct fw_tuple *tuple, const claim_vec *claims)
{
	for (size_t b = 0; b < tuple->n_boxes; b++) {
		bool possible = true;

		for (size_t f = 0; f < tuple->n_fields; f++) {
			const struct fw_match test = {
				tuple->fields[f],
				&tuple->boxes[b * tuple->n_fields + f], 1 };

			for (size_t i = 0; possible && i < claims->n; i++)
				possible = meets(&claims->items[i].test,
						 &test);
		}
		if (possible)
			return true;
	}
	return false;
}

static int check_part(struct reach *reach, const struct fw_part *part,
		      claim_vec *claims, bool *ret_never)
{
	struct fw_arena *arena = reach->regions->arena;
	struct claim claim = { .part = part };
	struct fw_match *tests = fw_arena_array(arena, part->n_matches + 1,
						sizeof(*tests));
	bool exact;
	size_t n;
	int r;

	if (!tests)
		return -ENOMEM;
	r = fw_region_part(reach->regions, part, tests, &n, &exact);
	for (size_t i = 0; !r && !*ret_never && i < n; i++) {
		claim.test = tests[i];
		r = check_claim(reach, claims, &claim, ret_never);
	}
	if (r || *ret_never || !part->tuple.n_fields || part->tuple.negate ||
	    fw_region_names_set(part) || tuple_meets(&part->tuple, claims))
		return r;
	never_matches(reach, &claim, NULL, false);
	*ret_never = true;
	return 0;
}

/* Nothing that is understood of nft's own says that it is for TCP. */
static int check_synproxy(struct reach *reach, const struct fw_part *part,
			  claim_vec *claims, bool *ret_never)
{
	static const struct fw_interval tcp = { IPPROTO_TCP, IPPROTO_TCP };
	const struct claim claim = {
		.test = { FW_FIELD_L4PROTO, &tcp, 1 },
		.part = part,
	};

	return check_claim(reach, claims, &claim, ret_never);
}

static int check_matches(struct reach *reach, const struct fw_typed_rule *rule,
			 bool *ret_never)
{
	struct fw_match tests[FW_BOX_TESTS];
	struct fw_box family = { tests, 0 };
	claim_vec claims = { 0 };
	int r = fw_region_family(reach->regions, &family);

	*ret_never = false;
	for (size_t i = 0; !r && i < family.n; i++) {
		const struct claim claim = { .test = family.tests[i] };

		r = check_claim(reach, &claims, &claim, ret_never);
	}
	for (size_t i = 0; !r && !*ret_never && i < rule->n_parts; i++) {
		const struct fw_part *part = &rule->parts[i];

		if (fw_region_only_looks(part) || part->kind == FW_PART_VMAP)
			r = check_part(reach, part, &claims, ret_never);
		else if (is_synproxy(part))
			r = check_synproxy(reach, part, &claims, ret_never);
		if (!fw_region_only_looks(part))
			forget(&claims,
			       fw_region_part_writes(reach->regions, part));
	}
	return r || *ret_never ? r : check_together(reach, &claims, ret_never);
}

/* --- no-effect ------------------------------------------------------------ */
/* Its elements may have counters. */
static bool names_set(const struct fw_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].kind == FW_WORD_SET)
			return true;
	return false;
}

static void check_effect(const struct reach *reach, size_t i)
{
	const struct fw_typed_rule *rule = &reach->lint->chain->rules[i];
	struct fw_loc loc = fw_lint_rule_loc(rule);

	for (size_t p = 0; p < rule->n_parts; p++)
		if (!fw_region_only_looks(&rule->parts[p]) ||
		    names_set(rule->parts[p].words, rule->parts[p].n_words))
			return;
	fw_lint_add(diags_of(reach), FW_LINT_NO_EFFECT, &loc,
		    rule->n_parts ? "this rule matches, but does nothing then" :
				    "this rule does nothing");
}

/* A verdict behind matches, and nothing else. */
static bool only_says(const struct fw_typed_rule *rule, enum fw_verdict verdict)
{
	for (size_t p = 0; p + 1 < rule->n_parts; p++)
		if (!fw_region_only_looks(&rule->parts[p]) ||
		    names_set(rule->parts[p].words, rule->parts[p].n_words))
			return false;
	return rule->n_parts &&
	       rule->parts[rule->n_parts - 1].kind == FW_PART_VERDICT &&
	       rule->parts[rule->n_parts - 1].verdict == verdict;
}

/* From the end of the chain as far as each rule says what the policy says. */
static void check_policy(const struct reach *reach)
{
	const struct fw_typed_chain *chain = reach->lint->chain;
	const char *policy = fw_verdict_name(chain->policy);
	size_t first = chain->n_rules, rest;
	struct fw_loc loc;

	while (chain->hook && first > 0 && !reach->dead[first - 1] &&
	       only_says(&chain->rules[first - 1], chain->policy))
		first--;
	if (first == chain->n_rules)
		return;
	rest = chain->n_rules - first - 1;
	loc = fw_lint_rule_loc(&chain->rules[first]);
	if (rest > 1)
		fw_lint_add(diags_of(reach), FW_LINT_SAME_AS_POLICY, &loc,
			    "this rule and the %zu behind it change nothing: "
			    "the chain's policy is %s", rest, policy);
	else
		fw_lint_add(diags_of(reach), FW_LINT_SAME_AS_POLICY, &loc,
			    "this rule %s nothing: the chain's policy is %s",
			    rest ? "and the next change" : "changes", policy);
}

/* --- never-reached -------------------------------------------------------- */
static int add_covers(struct reach *reach, size_t rule)
{
	fw_box_vec boxes = { 0 };
	int r = fw_region_decided(reach->regions,
				  &reach->lint->chain->rules[rule], &boxes);

	for (size_t i = 0; !r && i < boxes.n; i++) {
		struct fw_cover *slot = fw_vec_push(reach->regions->arena,
						    &reach->covers);

		if (!slot)
			return -ENOMEM;
		*slot = (struct fw_cover){ .box = boxes.items[i],
					   .rule = rule };
		for (size_t t = 0; t < slot->box.n; t++)
			slot->reads |= fw_region_reads(&slot->box.tests[t]);
	}
	return r;
}

/* All rules of a box's, the earliest first, at most as many as are shown. */
static void merge_rules(const size_t *from, size_t n_from, size_t *to,
			size_t *n)
{
	for (size_t i = 0; i < n_from; i++) {
		bool there = false;

		for (size_t k = 0; k < *n; k++)
			there = there || to[k] == from[i];
		if (!there && *n < FW_DIAG_PLACES)
			to[(*n)++] = from[i];
	}
}

static int check_reached(struct reach *reach, struct fw_covers *covers,
			 size_t rule, const size_t *changed)
{
	const struct fw_typed_rule *typed = &reach->lint->chain->rules[rule];
	struct fw_loc loc = fw_lint_rule_loc(typed);
	size_t by[FW_DIAG_PLACES], n_by = 0;
	fw_box_vec boxes = { 0 };
	struct fw_diag *diag;
	int r = fw_region_reached(reach->regions, typed, &boxes);

	if (r || !boxes.n)
		return r;
	for (size_t i = 0; i < boxes.n; i++) {
		size_t rules[FW_DIAG_PLACES], n;

		r = fw_covers_ask(covers, &boxes.items[i], rule, changed,
				  rules, FW_DIAG_PLACES, &n);
		if (r || !n)
			return r;
		merge_rules(rules, n, by, &n_by);
	}
	reach->dead[rule] = true;
	diag = fw_lint_add(diags_of(reach), FW_LINT_NEVER_REACHED, &loc,
			   n_by == 1 ? "this rule is never reached: an earlier "
				       "one decides all its packets" :
				       "this rule is never reached: earlier "
				       "ones together decide all its packets");
	for (size_t i = 0; i < n_by; i++)
		relate(reach, diag, by[i], n_by == 1 ? "this one" :
						       "one of them");
	return 0;
}

/* A rule behind which nothing comes: the rest is told once. */
static bool ends_chain(const struct reach *reach, size_t rule)
{
	const struct fw_cover *last;

	if (!reach->covers.n)
		return false;
	last = &reach->covers.items[reach->covers.n - 1];
	return last->rule == rule && !last->box.n;
}

static void tell_rest(const struct reach *reach, size_t rule)
{
	const struct fw_typed_chain *chain = reach->lint->chain;
	size_t rest = chain->n_rules - rule - 1;
	struct fw_loc loc;
	struct fw_diag *diag;

	if (!rest)
		return;
	loc = fw_lint_rule_loc(&chain->rules[rule + 1]);
	if (rest <= 2)
		diag = fw_lint_add(diags_of(reach), FW_LINT_NEVER_REACHED,
				   &loc, "this rule %s never reached",
				   rest == 1 ? "is" : "and the next are");
	else
		diag = fw_lint_add(diags_of(reach), FW_LINT_NEVER_REACHED,
				   &loc, "this rule and the %zu behind it are "
				   "never reached", rest - 1);
	relate(reach, diag, rule, "no packet gets past this one");
	for (size_t i = rule + 1; i < chain->n_rules; i++)
		reach->dead[i] = true;
}

static int check_order(struct reach *reach, size_t *work)
{
	const struct fw_typed_chain *chain = reach->lint->chain;
	size_t changed[64] = { 0 };
	struct fw_covers *covers;
	int r = 0;

	covers = fw_covers_new(reach->regions->arena, reach->covers.items,
			       reach->covers.n, work);
	if (!covers)
		return -ENOMEM;
	for (size_t i = 0; !r && i < chain->n_rules; i++) {
		uint64_t writes = fw_region_writes(reach->regions,
						   &chain->rules[i]);

		if (!reach->dead[i])
			r = check_reached(reach, covers, i, changed);
		for (unsigned b = 0; b < 64; b++)
			if (writes >> b & 1)
				changed[b] = i + 1;
	}
	return r;
}

/* --- the chain ------------------------------------------------------------ */
static int check_rules(struct reach *reach)
{
	const struct fw_typed_chain *chain = reach->lint->chain;
	bool ended = false;
	int r = 0;

	for (size_t i = 0; !r && !ended && i < chain->n_rules; i++) {
		bool never;

		r = check_matches(reach, &chain->rules[i], &never);
		reach->dead[i] = never;
		if (r || never)
			continue;
		check_effect(reach, i);
		r = add_covers(reach, i);
		ended = !r && ends_chain(reach, i);
		if (ended)
			tell_rest(reach, i);
	}
	return r;
}

int fw_lint_reach(const struct fw_lint_chain *lint)
{
	struct fw_arena *arena = lint->checker->arena;
	struct reach reach = { .lint = lint, .regions = lint->regions };
	int r;

	reach.dead = fw_arena_array(arena, lint->chain->n_rules,
				    sizeof(*reach.dead));
	if (!reach.dead)
		return -ENOMEM;
	r = check_rules(&reach);
	if (!r)
		r = check_order(&reach, lint->work);
	if (!r)
		check_policy(&reach);
	return r;
}
