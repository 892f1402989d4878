/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Regions: which packets a rule touches, and which it decides, as boxes of
 * fields. For judgements about rules that must be exact.
 */
#pragma once

#include "compile/resolve.h"
#include "compile/typed.h"

/*
 * Tests beyond a packet's fields. A device's name is a number of 16 bytes, so
 * that `eth*` is an interval; being in a named set, which may change while
 * Flywall runs, is 1 or 0.
 */
enum {
	FW_REGION_IIF = FW_FIELD_ALL_MAX_,
	FW_REGION_IIFNAME,
	FW_REGION_OIF,
	FW_REGION_OIFNAME,
	FW_REGION_SETS,		/* and on: a set and a field each */
};

/* Packets that pass all tests: by field, one a field. */
struct fw_box {
	struct fw_match *tests;
	size_t n;
};

typedef FW_VEC(struct fw_box) fw_box_vec;

/* More boxes than these in one rule are not gone into. */
#define FW_REGION_BOXES 64

/* A table's chains, as far as rules that jump there need them. */
struct fw_regions {
	struct fw_arena *arena;
	const struct fw_typed *typed;
	const struct fw_typed_table *table;
	const struct fw_res_table *source;
	uint64_t *writes;	/* by chain: fields that it changes */
	bool *ends;		/* by chain: every packet gets a verdict */
	bool *known;		/* by chain: the two are there */
};

int fw_regions_init(struct fw_regions *regions, struct fw_arena *arena,
		    const struct fw_typed *typed,
		    const struct fw_typed_table *table,
		    const struct fw_res_table *source);

/* Packets that may get as far as the rule's first effect, or more. */
int fw_region_reached(const struct fw_regions *regions,
		      const struct fw_typed_rule *rule, fw_box_vec *ret);
/* Packets that surely go no further in the chain than this rule, or fewer. */
int fw_region_decided(const struct fw_regions *regions,
		      const struct fw_typed_rule *rule, fw_box_vec *ret);
/* Fields, as bits, that later rules may find changed. */
uint64_t fw_region_writes(const struct fw_regions *regions,
			  const struct fw_typed_rule *rule);

/* --- parts (region_parts.c) ----------------------------------------------- */
/* The tests of one part; *ret_exact when it holds just where they do. room is
 * for part->n_matches + 1. */
int fw_region_part(const struct fw_regions *regions, const struct fw_part *part,
		   struct fw_match *ret, size_t *ret_n, bool *ret_exact);
/* It looks a named set up: what that holds now does not count, it may change. */
bool fw_region_names_set(const struct fw_part *part);
/* A match of the vocabulary, typed or not, that only looks. */
bool fw_region_only_looks(const struct fw_part *part);
/* Fields, as bits, that it writes. */
uint64_t fw_region_part_writes(const struct fw_regions *regions,
			       const struct fw_part *part);
/* The bits of what a test looks at. */
uint64_t fw_region_reads(const struct fw_match *test);

/* --- facts (region_facts.c) ----------------------------------------------- */
/* What every packet of the table's family is. */
int fw_region_family(const struct fw_regions *regions, struct fw_box *ret);
/* Adds what follows from a box's tests. */
int fw_region_infer(const struct fw_regions *regions, struct fw_box *box);

/* --- boxes (boxes.c) ------------------------------------------------------ */
#define FW_BOX_TESTS 96	/* room that a box has */

/* One more test; narrower where the field is there. Left out when full. */
int fw_box_add(struct fw_arena *arena, struct fw_box *box,
	       const struct fw_match *test);
const struct fw_match *fw_box_test(const struct fw_box *box,
				   enum fw_field field);
bool fw_box_is_empty(const struct fw_box *box);
/* Every packet of a is in b. */
bool fw_box_within(const struct fw_box *a, const struct fw_box *b);
/* Every field of b is tested by a, and the first value of each test of a is in
 * b: the packet that a is known by. */
bool fw_box_has_corner(const struct fw_box *b, const struct fw_box *a);
/* What is left of a without b, where b tests no field that a does not, as boxes
 * that do not meet. */
int fw_box_subtract(struct fw_arena *arena, const struct fw_box *a,
		    const struct fw_box *b, fw_box_vec *ret);
bool fw_intervals_within(const struct fw_interval *a, size_t n_a,
			 const struct fw_interval *b, size_t n_b);

/* --- covers (covers.c) ---------------------------------------------------- */
/* Boxes of earlier rules, found by where a packet lies. */
struct fw_covers;

/* Boxes compared in all. */
#define FW_COVERS_WORK 20000000

struct fw_cover {
	struct fw_box box;
	size_t rule;
	uint64_t reads;
};

/* covers are sorted by rule; they are kept. work counts what was done, from 0,
 * for several that share a bound. NULL when memory runs out. */
struct fw_covers *fw_covers_new(struct fw_arena *arena,
				const struct fw_cover *covers, size_t n,
				size_t *work);
/*
 * Whether rules before `rule` decide all packets of the box: *ret_n of those
 * that do, at most max; 0 where they do not, or where it would take too long to
 * tell. changed[b] is the last rule before it that changed a field of bit b (of
 * fw_region_reads()), plus 1.
 */
int fw_covers_ask(struct fw_covers *covers, const struct fw_box *box,
		  size_t rule, const size_t *changed, size_t *ret_rules,
		  size_t max, size_t *ret_n);
