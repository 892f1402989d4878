/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Regions: which packets a rule touches, and which it decides.
 *
 * In: typed rules. Out: boxes. What is reached is never too little, what is
 * decided never too much: a test that is not understood, or whose answer may
 * change, makes the first wider and the second empty. Fails only for want of
 * memory.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"
#include "compile/regions.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

/* --- what ends ------------------------------------------------------------ */
/* Statements behind which a rule always goes on, and that change nothing that
 * rules look at. */
static bool goes_on(const struct fw_part *part)
{
	return part->kind == FW_PART_COUNTER || part->kind == FW_PART_LEARN ||
	       part->kind == FW_PART_QOS ||
	       (part->kind == FW_PART_RAW && !part->is_match &&
		(fw_word_is(&part->words[0], "log") ||
		 (fw_word_is(&part->words[0], "counter") &&
		  part->n_words <= 3)));	/* not one of a map's */
}

static bool chain_ends(const struct fw_regions *regions, const char *name)
{
	const struct fw_res_chain *chain = fw_res_chain(regions->source, name);

	return chain && regions->known[chain->index] &&
	       regions->ends[chain->index];
}

/* `reject`, where nft has no protocol to test first for its kind of answer. */
static bool rejects_all(const struct fw_regions *regions,
			const struct fw_part *part)
{
	const char *family = regions->table->family;

	return part->kind == FW_PART_RAW && !part->is_match &&
	       !part->n_matches && fw_word_is(&part->words[0], "reject") &&
	       (!strcmp(family, "ip") || !strcmp(family, "ip6") ||
		!strcmp(family, "inet"));
}

/* Whoever gets to this part goes no further in the chain. */
static bool stops(const struct fw_regions *regions, const struct fw_part *part)
{
	switch (part->kind) {
	case FW_PART_VERDICT:
		return part->verdict != FW_VERDICT_NONE;
	case FW_PART_JUMP:
		return !part->chain || part->go ||
		       chain_ends(regions, part->chain);
	case FW_PART_INSPECT:
	case FW_PART_BLOCK:
		return true;
	default:
		return rejects_all(regions, part);
	}
}

static bool verdict_stops(const struct fw_regions *regions,
			  const struct fw_vmap_verdict *verdict)
{
	const struct fw_part part = { .kind = verdict->kind,
				      .verdict = verdict->verdict,
				      .chain = verdict->chain,
				      .go = verdict->go };

	return (part.kind == FW_PART_VERDICT || part.kind == FW_PART_JUMP) &&
	       stops(regions, &part);
}

/* --- rules ---------------------------------------------------------------- */
/* A rule's box while it is put together, and the one concatenation in it. */
struct scratch {
	struct fw_match tests[FW_BOX_TESTS];
	struct fw_box box;
	const struct fw_part *tuple;	/* TUPLE or VMAP, or NULL */
	bool exact;
};

static int add_tests(const struct fw_regions *regions,
		     const struct fw_part *part, struct scratch *s)
{
	struct fw_match *tests = fw_arena_array(
		regions->arena, part->n_matches + 1, sizeof(*tests));
	bool exact, tuple = part->kind == FW_PART_TUPLE ||
			    part->kind == FW_PART_VMAP;
	size_t n;
	int r;

	if (!tests)
		return -ENOMEM;
	r = fw_region_part(regions, part, tests, &n, &exact);
	for (size_t i = 0; !r && i < n; i++) {
		s->exact = s->exact && s->box.n < FW_BOX_TESTS;
		r = fw_box_add(regions->arena, &s->box, &tests[i]);
	}
	if (tuple && !s->tuple && !part->tuple.negate &&
	    !fw_region_names_set(part) && part->tuple.n_boxes <= FW_REGION_BOXES)
		s->tuple = part;
	else
		s->exact = s->exact && exact;
	return r;
}

static int push_box(const struct fw_regions *regions, const struct scratch *s,
		    size_t nth, fw_box_vec *ret)
{
	struct fw_match tests[FW_BOX_TESTS];
	struct fw_box box = { tests, s->box.n }, *slot;
	int r = 0;

	memcpy(tests, s->box.tests, box.n * sizeof(*tests));
	for (size_t i = 0; !r && s->tuple && i < s->tuple->tuple.n_fields; i++) {
		const struct fw_tuple *tuple = &s->tuple->tuple;
		const struct fw_match test = {
			tuple->fields[i],
			&tuple->boxes[nth * tuple->n_fields + i], 1 };

		if (box.n == FW_BOX_TESTS)
			return 0;
		r = fw_box_add(regions->arena, &box, &test);
	}
	if (r || fw_box_is_empty(&box))
		return r;
	slot = fw_vec_push(regions->arena, ret);
	if (!slot)
		return -ENOMEM;
	slot->n = box.n;
	slot->tests = fw_arena_memdup(regions->arena, tests,
				      box.n * sizeof(*tests));
	return slot->tests ? 0 : -ENOMEM;
}

static int push_boxes(const struct fw_regions *regions, const struct scratch *s,
		      fw_box_vec *ret)
{
	int r = 0;

	if (!s->tuple)
		return push_box(regions, s, 0, ret);
	for (size_t i = 0; !r && i < s->tuple->tuple.n_boxes; i++)
		r = push_box(regions, s, i, ret);
	return r;
}

static int push_family(const struct fw_regions *regions,
		       const struct scratch *s, const struct fw_match *l3,
		       fw_box_vec *ret)
{
	struct scratch one = *s;
	int r = 0;

	one.box.tests = one.tests;
	if (l3)
		r = fw_box_add(regions->arena, &one.box, l3);
	if (!r)
		r = fw_region_infer(regions, &one.box);
	return r ? r : push_boxes(regions, &one, ret);
}

/* With all that follows from the tests. Where a rule asks for no family, each
 * has boxes of its own: an earlier rule may take one of them. */
static int push_families(const struct fw_regions *regions,
			 const struct scratch *s, fw_box_vec *ret)
{
	static const struct fw_interval both = { FW_L3_IP, FW_L3_IP6 };
	static const struct fw_interval l3[] = { { FW_L3_IP, FW_L3_IP },
						 { FW_L3_IP6, FW_L3_IP6 } };
	const struct fw_match *test = fw_box_test(&s->box, FW_FIELD_L3);
	int r = 0;

	if (!test || !fw_intervals_within(test->intervals, test->n_intervals,
					  &both, 1))
		return push_family(regions, s, NULL, ret);
	for (size_t i = 0; !r && i < FW_ARRAY_SIZE(l3); i++)
		r = push_family(regions, s, &(struct fw_match){
					FW_FIELD_L3, &l3[i], 1 }, ret);
	return r;
}

int fw_region_reached(const struct fw_regions *regions,
		      const struct fw_typed_rule *rule, fw_box_vec *ret)
{
	struct scratch s = { .exact = true };
	int r;

	s.box.tests = s.tests;
	r = fw_region_family(regions, &s.box);
	for (size_t i = 0; !r && i < rule->n_parts; i++) {
		r = add_tests(regions, &rule->parts[i], &s);
		if (!fw_region_only_looks(&rule->parts[i]))
			break;
	}
	return r ? r : push_families(regions, &s, ret);
}

/* The boxes of a verdict map whose packets stop; one that another may overrule
 * is left out. */
static int push_stopping(const struct fw_regions *regions,
			 const struct scratch *s, fw_box_vec *ret)
{
	const struct fw_part *part = s->tuple;
	fw_box_vec other = { 0 }, stopping = { 0 };
	int r = 0;

	for (size_t i = 0; !r && i < part->tuple.n_boxes; i++)
		r = push_box(regions, s, i,
			     verdict_stops(regions, &part->verdicts[i]) ?
				     &stopping : &other);
	for (size_t i = 0; !r && i < stopping.n; i++) {
		bool alone = true;
		struct fw_box *slot;

		for (size_t k = 0; k < other.n; k++)
			alone = alone && fw_matches_disjoint(
						 stopping.items[i].tests,
						 stopping.items[i].n,
						 other.items[k].tests,
						 other.items[k].n);
		slot = alone ? fw_vec_push(regions->arena, ret) : NULL;
		if (alone && !slot)
			return -ENOMEM;
		if (alone)
			*slot = stopping.items[i];
	}
	return r;
}

int fw_region_decided(const struct fw_regions *regions,
		      const struct fw_typed_rule *rule, fw_box_vec *ret)
{
	struct scratch s = { .exact = true };
	int r = 0;

	s.box.tests = s.tests;
	for (size_t i = 0; !r && i < rule->n_parts; i++) {
		const struct fw_part *part = &rule->parts[i];

		if (fw_region_only_looks(part) || part->kind == FW_PART_VMAP)
			r = add_tests(regions, part, &s);
		if (r || !s.exact)
			return r;
		if (part->kind == FW_PART_VMAP)
			return s.tuple == part ?
				       push_stopping(regions, &s, ret) : 0;
		if (fw_region_only_looks(part) || goes_on(part))
			continue;
		return stops(regions, part) ? push_boxes(regions, &s, ret) : 0;
	}
	return r;
}

/* --- a table's chains ----------------------------------------------------- */
static int know_chain(struct fw_regions *regions, size_t chain);

static int know_target(struct fw_regions *regions, const char *name)
{
	const struct fw_res_chain *chain =
		name ? fw_res_chain(regions->source, name) : NULL;

	return chain ? know_chain(regions, chain->index) : 0;
}

static int know_targets(struct fw_regions *regions,
			const struct fw_typed_rule *rule)
{
	int r = 0;

	for (size_t i = 0; !r && i < rule->n_parts; i++) {
		const struct fw_part *part = &rule->parts[i];

		if (part->kind == FW_PART_JUMP)
			r = know_target(regions, part->chain);
		for (size_t k = 0; !r && part->kind == FW_PART_VMAP &&
		     k < part->tuple.n_boxes; k++)
			r = know_target(regions, part->verdicts[k].chain);
	}
	return r;
}

/* A way out of the chain without a verdict, before one that takes all. */
static bool may_leave(const struct fw_regions *regions,
		      const struct fw_typed_rule *rule)
{
	for (size_t i = 0; i < rule->n_parts; i++) {
		const struct fw_part *part = &rule->parts[i];

		if (part->kind == FW_PART_VMAP ||
		    (part->kind == FW_PART_RAW &&
		     !fw_region_only_looks(part) && part->is_match) ||
		    (part->kind == FW_PART_JUMP &&
		     (!part->chain ||
		      (part->go && !chain_ends(regions, part->chain)))))
			return true;
	}
	return false;
}

static int takes_all(const struct fw_regions *regions,
		     const struct fw_typed_rule *rule, bool *ret)
{
	fw_box_vec boxes = { 0 };
	int r = fw_region_decided(regions, rule, &boxes);

	*ret = boxes.n == 1 && !boxes.items[0].n;
	return r;
}

static int know_chain(struct fw_regions *regions, size_t index)
{
	const struct fw_typed_chain *chain = &regions->table->chains[index];
	bool ends = false, leaves = false;
	int r = 0;

	if (regions->known[index])
		return 0;
	for (size_t i = 0; !r && i < chain->n_rules; i++) {
		r = know_targets(regions, &chain->rules[i]);
		regions->writes[index] |=
			fw_region_writes(regions, &chain->rules[i]);
		leaves = leaves || may_leave(regions, &chain->rules[i]);
		if (!r && !ends && !leaves)
			r = takes_all(regions, &chain->rules[i], &ends);
	}
	regions->ends[index] = ends;
	regions->known[index] = true;
	return r;
}

int fw_regions_init(struct fw_regions *regions, struct fw_arena *arena,
		    const struct fw_typed *typed,
		    const struct fw_typed_table *table,
		    const struct fw_res_table *source)
{
	int r = 0;

	*regions = (struct fw_regions){
		.arena = arena,
		.typed = typed,
		.table = table,
		.source = source,
		.writes = fw_arena_array(arena, table->n_chains,
					 sizeof(uint64_t)),
		.ends = fw_arena_array(arena, table->n_chains, sizeof(bool)),
		.known = fw_arena_array(arena, table->n_chains, sizeof(bool)),
	};
	if (!regions->writes || !regions->ends || !regions->known)
		return -ENOMEM;
	for (size_t i = 0; !r && i < table->n_chains; i++)
		r = know_chain(regions, i);
	return r;
}
