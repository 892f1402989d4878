/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A typed configuration by hand, for tests of the lowerings: tables, chains and
 * rules of parts, without grammar or type check.
 */
#pragma once

#include "compile/lower.h"

struct build {
	struct fw_arena *arena;
	struct fw_diags diags;
	struct fw_facts facts;
	struct fw_typed typed;
	struct fw_plan *plan;
	struct fw_typed_table *tables;	/* room for BUILD_MAX of each */
};

#define BUILD_MAX 64

void build_init(struct build *b);
void build_done(struct build *b);

/* One part of a rule: its words, and what they are. */
struct part {
	const char *text;	/* NULL ends a rule */
	enum fw_part_kind kind;
	enum fw_field field;	/* MATCH, or RAW with what it implies */
	fw_u128 lo, hi;		/* hi < lo: no match */
	enum fw_verdict verdict;
	const char *name;	/* IIF, JUMP */
	uint32_t profile;
	bool is_match;		/* RAW */
};

#define P_MATCH(words, f, low, high) \
	{ .text = (words), .kind = FW_PART_MATCH, .field = (f), .lo = (low), \
	  .hi = (high) }
#define P_RAW(words) \
	{ .text = (words), .kind = FW_PART_RAW, .lo = 1, .hi = 0 }
#define P_RAW_MATCH(words) \
	{ .text = (words), .kind = FW_PART_RAW, .lo = 1, .hi = 0, \
	  .is_match = true }
#define P_RAW_IMPLIES(words, f, low, high) \
	{ .text = (words), .kind = FW_PART_RAW, .field = (f), .lo = (low), \
	  .hi = (high), .is_match = true }
#define P_COUNTER \
	{ .text = "counter", .kind = FW_PART_COUNTER, .lo = 1, .hi = 0 }
#define P_ACCEPT \
	{ .text = "accept", .kind = FW_PART_VERDICT, .lo = 1, .hi = 0, \
	  .verdict = FW_VERDICT_ACCEPT }
#define P_DROP \
	{ .text = "drop", .kind = FW_PART_VERDICT, .lo = 1, .hi = 0, \
	  .verdict = FW_VERDICT_DROP }
#define P_IIF(device) \
	{ .text = "iifname \"" device "\"", .kind = FW_PART_IIF, .lo = 1, \
	  .hi = 0, .name = (device) }
#define P_JUMP(chain) \
	{ .text = "jump " chain, .kind = FW_PART_JUMP, .lo = 1, .hi = 0, \
	  .name = (chain) }
#define P_RETURN \
	{ .text = "return", .kind = FW_PART_JUMP, .lo = 1, .hi = 0 }
#define P_INSPECT(words, number) \
	{ .text = (words), .kind = FW_PART_INSPECT, .lo = 1, .hi = 0, \
	  .profile = (number) }
#define P_SADDR(words, low, high) \
	P_MATCH(words, FW_FIELD_SADDR4, low, high)
#define P_DPORT(words, port) P_MATCH(words, FW_FIELD_DPORT, port, port)

struct fw_typed_table *build_table(struct build *b, const char *family,
				   const char *name);
/* devices: up to three names, NULL at the end. base NULL: a regular chain. */
struct fw_typed_chain *build_chain(struct build *b, struct fw_typed_table *t,
				   const char *name, enum fw_hook hook,
				   int priority, enum fw_verdict policy,
				   const char *base,
				   const char *const *devices);
/* parts end with one without text; lines count up by one from 1. Returns the
 * rule's index in typed->rules. */
uint32_t build_rule(struct build *b, struct fw_typed_chain *c,
		    const struct part *parts);
#define build_rule_of(b, c, ...) \
	build_rule((b), (c), (const struct part[]){ __VA_ARGS__, { 0 } })
void build_management(struct build *b, const struct part *parts);
#define build_management_of(b, ...) \
	build_management((b), (const struct part[]){ __VA_ARGS__, { 0 } })
void build_profile(struct build *b, const char *name);
/* xdp, classes, inspect, nft and seal. */
void build_lower(struct build *b);
/* The chain of that name in the plan's nft, or NULL. */
const struct fw_nft_chain *build_nft_chain(const struct build *b,
					   const char *name);
struct fw_word *build_words(struct build *b, const char *text, size_t *ret_n);
