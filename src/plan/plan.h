/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: what a configuration means for each layer, before any kernel is
 * touched.
 *
 * Made by compile/, never changed afterwards, shared by reference: the daemon's
 * generation, the workers of the inspector and the model each hold one. All
 * memory is in the plan's own arena. The same input gives the same bytes.
 *
 * A plan knows names, not numbers, of what belongs to a host: devices stand by
 * name, counters by key, the slot's carry mark as FW_NFT_CARRY in nft text.
 * apply/ puts the numbers in when it stages the plan.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bpf/abi.h"
#include "util/arena.h"
#include "util/sha256.h"

__extension__ typedef unsigned __int128 fw_u128;

enum fw_layer {
	FW_LAYER_XDP,
	FW_LAYER_NFT,
	FW_LAYER_INSPECT,
	FW_LAYER_MAX_,
};

/* --- rules, as the user sees them ----------------------------------------- */
struct fw_plan_rule {
	const char *file;
	uint32_t line;
	const char *family, *table, *chain;	/* inspect: "", "inspect", profile */
	enum fw_layer layer;
	const char *reason;	/* why not in XDP: "hook", or the words that
				   kept it ("ct state"), or NULL in XDP */
	const char *text;	/* canonical */
	struct fw_hash key;	/* of table, chain, text and how many equal ones
				   stand before it: its counters' identity */
	bool counted;		/* it has a counter, or XDP counts it anyway */
};

/* --- XDP ------------------------------------------------------------------ */
/* Values lo..hi of a field, both included. Addresses as numbers: 192.0.2.1 is
 * 0xc0000201. */
struct fw_interval {
	fw_u128 lo, hi;
};

/* Holds when the packet has the field and its value is in an interval.
 * Intervals are sorted and neither touch nor overlap; negations are resolved. */
struct fw_match {
	enum fw_field field;
	const struct fw_interval *intervals;
	size_t n_intervals;	/* 0: never */
};

/* A user's rule may be several of these: one on each device, and one more where
 * its counter stands before a match. */
struct fw_xdp_rule {
	const struct fw_match *matches;	/* all must hold; by field, one a
					   field */
	size_t n_matches;
	enum fw_verdict verdict;
	uint32_t rule;		/* index in plan->rules, or FW_NO_RULE for
				   Flywall's own (management) */
	bool counted;
};

#define FW_NO_RULE UINT32_MAX

/* A chain on a device. Its rules stand at rules[first_word * 64] and on in
 * plan->xdp.rules; devices with the same rules share them. n_words may be 0:
 * only the policy is left. Slots that no rule uses have n_matches 0, verdict
 * NONE, are not counted and are in no row. */
struct fw_xdp_device {
	const char *device;
	const char *family, *table, *chain;
	uint16_t first_word, n_words;
	enum fw_verdict policy;	/* NONE: the rest stayed in nft */
	struct fw_hash policy_key;	/* counters' identity of the policy */
};

/* A bit for each of the device's words, as struct fw_dev has them. */
static inline uint64_t fw_plan_words(const struct fw_xdp_device *device)
{
	uint64_t words = device->n_words < 64 ?
				 (UINT64_C(1) << device->n_words) - 1 :
				 ~UINT64_C(0);

	return words << device->first_word % 64;
}

enum fw_table_kind {
	FW_TABLE_ARRAY,
	FW_TABLE_HASH,
	FW_TABLE_LPM,
	FW_TABLE_TRIE,		/* an array to the kernel: FW_TRIE_BLOCK */
	FW_TABLE_KIND_MAX_,
};

/* One generational table: rows sorted by the bytes of their keys. For an
 * ARRAY or TRIE, keys are u32 0..n-1 and keys is NULL. */
struct fw_plan_table {
	const char *name;	/* abi.h: "saddr4", "rows", … */
	enum fw_table_kind kind;
	uint32_t key_size, value_size;
	uint32_t n;
	const uint8_t *keys;	/* n * key_size */
	const uint8_t *values;	/* n * value_size */
	struct fw_hash hash;
};

/* Tables "dev", "actions" and "watch" are not here: they hold numbers of the
 * host, and apply makes them from devices, rules and monitors. */
struct fw_plan_xdp {
	const struct fw_xdp_rule *rules;	/* n_rules, a multiple of 64 */
	uint32_t n_rules;
	const struct fw_xdp_device *devices;
	size_t n_devices;
	const struct fw_plan_table *tables;	/* by name */
	size_t n_tables;
};

/* --- nft ------------------------------------------------------------------ */
/* Stands in nft text for the carry bit of the generation's slot, as a number
 * in its place in the mark: `meta mark & $flywall_carry != 0 accept`. */
#define FW_NFT_CARRY "$flywall_carry"
/* The one element of the own table's set "epoch": apply puts a number in its
 * place that changes with each transaction. */
#define FW_NFT_EPOCH "$flywall_epoch"

struct fw_nft_rule {
	const char *text;	/* words only, no line end */
	uint32_t rule;		/* index in plan->rules, or FW_NO_RULE */
};

struct fw_nft_chain {
	const char *name;
	const char *base;	/* "type filter hook input priority 0; policy
				   drop;", or NULL for a regular chain */
	bool queue;		/* a vet_PROFILE chain: its one rule is the
				   queue rule, which apply makes itself */
	uint32_t profile;	/* valid with queue: index in plan->profiles */
	const char *comment;	/* or NULL */
	const struct fw_nft_rule *rules;
	size_t n_rules;
};

/* Set, map, or object. Elements stand apart, so that a change of content is
 * not a change of the set. */
struct fw_nft_object {
	const char *kind;	/* "set", "map", "counter", "ct helper", … */
	const char *name;
	const char *body;	/* what stands in the braces, without elements,
				   a line each */
	const char *const *elements;	/* as nft takes them, in order */
	size_t n_elements;
	bool merges;		/* intervals that nft may merge: a change
				   replaces the content */
};

struct fw_nft_table {
	const char *family, *name;
	const char *body;	/* "flags dormant\ncomment …", or NULL */
	bool own;		/* inet flywall */
	bool take_over;		/* the file flushes or deletes it first */
	const struct fw_nft_object *objects;	/* in an order nft can take */
	size_t n_objects;
	const struct fw_nft_chain *chains;	/* in the file's order */
	size_t n_chains;
};

/* --- inspection ----------------------------------------------------------- */
enum fw_fact_kind {
	FW_FACT_TLS_SNI,
	FW_FACT_MAX_,
};

enum fw_inspect_action {
	FW_INSPECT_DROP,
	FW_INSPECT_TRUST,
	FW_INSPECT_KEEP,	/* default keep-inspecting */
	FW_INSPECT_ACTION_MAX_,
};

/* Entries are lower-case A-labels without final dot, sorted by strcmp of name.
 * The longest entry that covers a name decides. */
struct fw_domain {
	const char *name;
	bool exact;		/* "=example.com": not the names below it */
	bool exception;		/* "!ok.example.com" */
};

struct fw_domain_set {
	const char *name;	/* of the set; "" for a literal in a rule */
	const struct fw_domain *domains;
	size_t n_domains;
};

/* True when name (any case, final dot allowed, len bytes) is in the set. */
bool fw_domain_set_has(const struct fw_domain_set *set, const char *name,
		       size_t len);

struct fw_inspect_rule {
	enum fw_fact_kind fact;
	bool negate;		/* != */
	const struct fw_domain_set *domains;
	enum fw_inspect_action action;
	uint32_t rule;		/* index in plan->rules */
};

/* Where a keyword has accept and drop: true is accept. */
struct fw_profile {
	const char *name;
	uint8_t id;		/* 0..15, in the order of the file */
	uint16_t queue_first, queue_last;
	uint32_t window_packets;	/* default 16 */
	uint64_t window_bytes;		/* default 64 KiB */
	uint64_t max_bytes;		/* default 64 KiB */
	uint64_t max_ms;		/* default 30,000 */
	uint64_t memory;		/* default 64 MiB */
	uint64_t memory_flow;		/* default 256 KiB */
	bool on_incomplete, on_overload, on_absent;
	bool on_overlap_first;		/* false: drop */
	enum fw_inspect_action fallback;	/* `default` */
	uint64_t recheck_ms;		/* 0 never */
	const struct fw_inspect_rule *rules;
	size_t n_rules;
};

/* --- the rest ------------------------------------------------------------- */
enum fw_attach {
	FW_ATTACH_AUTO,		/* native, then generic */
	FW_ATTACH_NATIVE,
	FW_ATTACH_GENERIC,
	FW_ATTACH_OFFLOAD,
	FW_ATTACH_OFF,
	FW_ATTACH_MAX_,
};

/* Every device that a program is to be attached to, or that is monitored. */
struct fw_plan_device {
	const char *name;
	enum fw_attach attach;
	bool xdp;		/* an ingress chain was lowered on it */
	bool tc;		/* ingress look-up and carry */
	bool watch_dns;		/* monitor dns */
};

enum fw_log_where {
	FW_LOG_WHERE_SYSLOG,
	FW_LOG_WHERE_STDERR,
	FW_LOG_WHERE_JOURNAL,
};

struct fw_plan_options {
	uint32_t marks;		/* default 0xff000000 */
	uint32_t mark_shift;	/* lowest bit of marks */
	uint32_t flows;		/* capacity of the flow map, default 262144 */
	bool flush_on_exit;
	enum fw_log_where log_where;
	int log_level;		/* syslog's */
	bool log_given;		/* false: the daemon's own default */
};

struct fw_plan {
	struct fw_arena *arena;
	unsigned refs;		/* atomic; fw_plan_ref() */
	struct fw_hash hash;	/* of the whole plan */
	const char *const *files;	/* read for it, in order: configuration,
					   includes, element files */
	size_t n_files;
	struct fw_plan_options options;
	const struct fw_plan_rule *rules;	/* in the order of the file */
	size_t n_rules;
	struct fw_plan_xdp xdp;
	const struct fw_nft_table *tables;	/* own table last */
	size_t n_tables;
	const struct fw_profile *profiles;	/* by id */
	size_t n_profiles;
	const struct fw_domain_set *domain_sets;
	size_t n_domain_sets;
	const struct fw_plan_device *devices;	/* by name */
	size_t n_devices;
	bool log_dns_queries;	/* monitor dns { log queries } */
};

/* A plan with one reference and its arena; NULL when memory runs out. */
struct fw_plan *fw_plan_new(void);
struct fw_plan *fw_plan_ref(const struct fw_plan *plan);
void fw_plan_unref(struct fw_plan *plan);	/* NULL is fine */

const struct fw_plan_table *fw_plan_table(const struct fw_plan *plan,
					  const char *name);

/* Fills plan->hash and every table's from their content; the last step of a
 * compilation. */
int fw_plan_seal(struct fw_plan *plan);

/* Text for admins (`flywall plan`); terse leaves map contents out. */
void fw_plan_print(const struct fw_plan *plan, bool terse, FILE *out);
/* One document, LANGUAGE.md section 6. Returns 0 or -errno. */
int fw_plan_print_json(const struct fw_plan *plan, bool terse, FILE *out);
/* The nft ruleset, as `nft -f` takes it when the line
 * `define flywall_carry = …` stands before it. Queue chains stand without
 * their rule. */
void fw_plan_print_nft(const struct fw_plan *plan, FILE *out);

const char *fw_layer_name(enum fw_layer layer);
const char *fw_field_name(enum fw_field field);
fw_u128 fw_field_max(enum fw_field field);	/* its greatest value */
const char *fw_verdict_name(enum fw_verdict verdict);
const char *fw_attach_name(enum fw_attach attach);
const char *fw_stat_name(enum fw_stat stat);
