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

/* --- devices -------------------------------------------------------------- */
/* 16 bytes, as in the kernel (IFNAMSIZ): the first is the highest. */
static bool device_interval(const char *name, struct fw_interval *ret)
{
	size_t len = strlen(name);
	bool wildcard = len && name[len - 1] == '*';

	len -= wildcard;
	if (len > 15)
		return false;
	*ret = (struct fw_interval){ 0, 0 };
	for (size_t i = 0; i < 16; i++) {
		unsigned char byte = i < len ? (unsigned char)name[i] : 0;

		ret->lo = ret->lo << 8 | byte;
		ret->hi = ret->hi << 8 | (i < len ? byte : wildcard ? 0xff : 0);
	}
	return true;
}

/* An index and a name are not the same: a device may be made anew. */
static enum fw_field device_field(const struct fw_part *part)
{
	const struct fw_word *word = &part->words[0];
	bool index;

	if (fw_word_is(word, "meta"))
		word++;
	index = fw_word_is(word, "iif") || fw_word_is(word, "oif");
	if (part->kind == FW_PART_IIF)
		return (enum fw_field)(index ? FW_REGION_IIF :
					       FW_REGION_IIFNAME);
	return (enum fw_field)(index ? FW_REGION_OIF : FW_REGION_OIFNAME);
}

static int device_test(const struct fw_regions *regions,
		       const struct fw_part *part, struct fw_match *ret,
		       bool *ret_exact)
{
	struct fw_interval *names = fw_arena_array(regions->arena,
						   part->n_names,
						   sizeof(*names));
	size_t n = 0;

	if (!names)
		return -ENOMEM;
	*ret_exact = part->n_names > 0;
	for (size_t i = 0; i < part->n_names; i++)
		if (device_interval(part->names[i], &names[n]))
			n++;
		else
			*ret_exact = false;
	*ret = (struct fw_match){ .field = device_field(part),
				  .intervals = names };
	ret->n_intervals = fw_intervals_merge(names, n);
	if (!part->negate || !*ret_exact)
		return 0;
	ret->intervals = fw_intervals_complement(regions->arena, names,
						 ret->n_intervals,
						 ~(fw_u128)0,
						 &ret->n_intervals);
	return ret->intervals ? 0 : -ENOMEM;
}

/* --- named sets ----------------------------------------------------------- */
static const struct fw_typed_set *set_of(const struct fw_regions *regions,
					 const char *name)
{
	const struct fw_res_set *set = fw_res_set(regions->source, name);

	if (set)
		return &regions->typed->sets[set->index];
	for (size_t i = 0; i < regions->typed->n_sets; i++)
		if (!regions->typed->sets[i].table &&
		    !strcmp(regions->typed->sets[i].name, name))
			return &regions->typed->sets[i];
	return NULL;
}

static bool ends_in_set(const struct fw_part *part)
{
	return part->n_words &&
	       part->words[part->n_words - 1].kind == FW_WORD_SET;
}

static bool is_negated(const struct fw_part *part)
{
	static const char *const words[] = { "!=", "ne", "!", "not" };

	for (size_t i = 0; i < FW_ARRAY_SIZE(words); i++)
		if (part->n_words > 1 &&
		    !strcmp(part->words[part->n_words - 2].text, words[i]))
			return true;
	return false;
}

/* In place of what the set holds now: whether the value is in it. False where
 * looking it up does more than that. */
static bool member_test(const struct fw_regions *regions,
			const struct fw_part *part, enum fw_field field,
			struct fw_match *ret)
{
	static const struct fw_interval values[] = { { 0, 0 }, { 1, 1 } };
	const struct fw_typed_set *set =
		set_of(regions, part->words[part->n_words - 1].text);

	/* An element may run out, or have a limit of its own. */
	if (!set || !set->constant)
		return false;
	ret->field = (enum fw_field)(
		FW_REGION_SETS +
		(unsigned)(set - regions->typed->sets) * FW_REGION_SETS +
		(unsigned)field);
	ret->intervals = &values[!is_negated(part)];
	ret->n_intervals = 1;
	return true;
}

/* --- parts ---------------------------------------------------------------- */
static bool has_field(const struct fw_tuple *tuple, enum fw_field field)
{
	for (size_t i = 0; i < tuple->n_fields; i++)
		if (tuple->fields[i] == field)
			return true;
	return false;
}

int fw_region_part(const struct fw_regions *regions, const struct fw_part *part,
		   struct fw_match *ret, size_t *ret_n, bool *ret_exact)
{
	bool device = part->kind == FW_PART_IIF || part->kind == FW_PART_OIF;
	size_t n = 0;
	int r = 0;

	*ret_exact = part->kind == FW_PART_MATCH;
	for (size_t i = 0; i < part->n_matches; i++)
		if (!ends_in_set(part) ||
		    !has_field(&part->tuple, part->matches[i].field))
			ret[n++] = part->matches[i];
	if (device && ends_in_set(part)) {
		*ret_exact = member_test(regions, part, device_field(part),
					 &ret[n]);
		n += *ret_exact;
	} else if (device) {
		r = device_test(regions, part, &ret[n], ret_exact);
		n += *ret_exact;
	} else if (part->kind == FW_PART_MATCH && n && ends_in_set(part)) {
		n--;
		*ret_exact = member_test(regions, part, ret[n].field, &ret[n]);
		n += *ret_exact;
	}
	*ret_n = n;
	return r;
}

bool fw_region_only_looks(const struct fw_part *part)
{
	static const char *const acting[] = { "set", "vmap", "count", "numgen",
					      "limit", "quota" };

	switch (part->kind) {
	case FW_PART_MATCH:
	case FW_PART_TUPLE:
	case FW_PART_IIF:
	case FW_PART_OIF:
	case FW_PART_DNS_NAME:
		return true;
	case FW_PART_RAW:
		break;
	default:
		return false;
	}
	for (size_t i = 0; part->is_match && i < part->n_words; i++)
		for (size_t k = 0; k < FW_ARRAY_SIZE(acting); k++)
			if (fw_word_is(&part->words[i], acting[k]))
				return false;
	return part->is_match;
}

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

/* --- what is written ------------------------------------------------------ */
/* Fields that share a bit are held for changed together: silence, no fault. */
#define BIT(field) (1ull << ((field) % 64))
#define ALL UINT64_MAX

uint64_t fw_region_reads(const struct fw_match *test)
{
	unsigned field = test->field;

	return BIT(field < FW_REGION_SETS ? field : field % FW_REGION_SETS);
}

/* `… set …`: what stands before it, and the fields that it changes. */
static const struct {
	const char *words[2];
	uint64_t fields;
} writes[] = {
	{ { "meta", "mark" }, BIT(FW_FIELD_MARK) },
	{ { "ct", "mark" }, BIT(FW_FIELD_CT_MARK) },
	{ { "meta", "priority" }, 0 },
	{ { "meta", "nftrace" }, 0 },
	{ { "meta", "secmark" }, 0 },
	{ { "ct", "secmark" }, 0 },
	{ { "ct", "helper" }, 0 },
	{ { "ct", "timeout" }, 0 },
	{ { "ct", "expectation" }, 0 },
	{ { "ct", "event" }, 0 },
	{ { "ct", "label" }, 0 },
};

static uint64_t raw_writes(const struct fw_part *part)
{
	static const char *const harmless[] = {
		"log",	  "counter", "limit",	   "quota",    "reject",
		"queue",  "dup",     "masquerade", "redirect", "snat",
		"dnat",	  "flow",    "last",
	};
	const struct fw_word *words = part->words;

	if (fw_region_only_looks(part))
		return 0;
	for (size_t i = 0; !part->is_match && i < FW_ARRAY_SIZE(harmless); i++)
		if (fw_word_is(&words[0], harmless[i]))
			return 0;
	for (size_t i = 0; part->n_words > 3 && i < FW_ARRAY_SIZE(writes); i++)
		if (fw_word_is(&words[0], writes[i].words[0]) &&
		    fw_word_is(&words[1], writes[i].words[1]) &&
		    fw_word_is(&words[2], "set"))
			return writes[i].fields;
	return ALL;
}

static uint64_t chain_writes(const struct fw_regions *regions,
			     const char *name)
{
	const struct fw_res_chain *chain = fw_res_chain(regions->source, name);

	return chain && regions->known[chain->index] ?
		       regions->writes[chain->index] : ALL;
}

uint64_t fw_region_part_writes(const struct fw_regions *regions,
			       const struct fw_part *part)
{
	uint64_t fields = 0;

	if (part->kind == FW_PART_RAW)
		return raw_writes(part);
	if (part->kind == FW_PART_QOS)
		return ALL;	/* a class may write DSCP, and what not */
	if (part->kind == FW_PART_JUMP && part->chain)
		return chain_writes(regions, part->chain);
	for (size_t i = 0; part->kind == FW_PART_VMAP &&
	     i < part->tuple.n_boxes; i++)
		if (part->verdicts[i].kind == FW_PART_JUMP &&
		    part->verdicts[i].chain)
			fields |= chain_writes(regions,
					       part->verdicts[i].chain);
	return fields;
}

uint64_t fw_region_writes(const struct fw_regions *regions,
			  const struct fw_typed_rule *rule)
{
	uint64_t fields = 0;

	for (size_t i = 0; i < rule->n_parts; i++)
		fields |= fw_region_part_writes(regions, &rule->parts[i]);
	return fields;
}

/* --- what ends ------------------------------------------------------------ */
static bool chain_ends(const struct fw_regions *regions, const char *name)
{
	const struct fw_res_chain *chain = fw_res_chain(regions->source, name);

	return chain && regions->known[chain->index] &&
	       regions->ends[chain->index];
}

/* `reject` alone, and with the one kind of ICMP that fits every packet; with
 * others nft tests the protocol first. */
static bool rejects_all(const struct fw_regions *regions,
			const struct fw_part *part)
{
	const char *family = regions->table->family;

	return part->kind == FW_PART_RAW && !part->is_match &&
	       fw_word_is(&part->words[0], "reject") &&
	       (!strcmp(family, "ip") || !strcmp(family, "ip6") ||
		!strcmp(family, "inet")) &&
	       (part->n_words == 1 ||
		(part->n_words > 2 && fw_word_is(&part->words[2], "icmpx")));
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
	if (tuple && !s->tuple && !part->tuple.negate && !ends_in_set(part) &&
	    part->tuple.n_boxes <= FW_REGION_BOXES)
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
	if (!r)
		r = fw_region_infer(regions, &s.box);
	return r ? r : push_boxes(regions, &s, ret);
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
