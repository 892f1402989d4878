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
#include "plan/blocks.h"
#include "plan/suffixes.h"
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
	uint32_t line, column;	/* where its words begin */
	const char *family, *table, *chain;	/* inspect: "", "inspect", profile */
	enum fw_layer layer;
	const char *reason;	/* why not in XDP: "hook", or the words that
				   kept it ("ct state"), or NULL in XDP */
	const char *text;	/* canonical */
	struct fw_hash key;	/* of table, chain, text and how many equal ones
				   stand before it: its counters' identity */
	bool counted;		/* it has a counter of its own, or XDP counts
				   it anyway */
	uint32_t counter;	/* the named one that it counts by, in
				   plan->counters, from 1; 0: none */
	const char *log_prefix;	/* of a `log` that XDP understands; or NULL */
	const char *log_level;	/* likewise; NULL: it has no such log */
	const char *audit;	/* what its verdict is called that is only tried,
				   "AUDIT-DROP", a literal; or NULL */
	bool own;		/* Flywall's, for what the file says there */
};

/* A named counter of a table. What counts by it in XDP has one slot together, nft
 * has the object: what it says is the sum. */
struct fw_plan_counter {
	const char *family, *table, *name;
	struct fw_hash key;	/* identity of the slot */
};

/* --- values and matches ----------------------------------------------------- */
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

/* Holds when the packet has the field and the live set (abi.h) has its value, or
 * with negate when the packet has the field and the set has not. */
struct fw_live_match {
	uint64_t set;		/* the set's number */
	enum fw_field field;
	bool negate;
};

/* --- meaning: the chains as they were written ------------------------------ */
enum fw_hook {
	FW_HOOK_NONE,		/* regular chain */
	FW_HOOK_INGRESS,
	FW_HOOK_PREROUTING,
	FW_HOOK_INPUT,
	FW_HOOK_FORWARD,
	FW_HOOK_OUTPUT,
	FW_HOOK_POSTROUTING,
	FW_HOOK_EGRESS,
};

/* A test of several fields at once, `ip saddr . tcp dport { … }`: holds when
 * one of the boxes has the packet's value in each of its intervals. Box b's
 * interval of field f is boxes[b * n_fields + f]. */
struct fw_step_tuple {
	const enum fw_field *fields;
	size_t n_fields;
	const struct fw_interval *boxes;
	size_t n_boxes;
	bool negate;
};

/* What a part of a rule does, in its order. */
enum fw_step_kind {
	FW_STEP_MATCH,		/* goes on where all matches hold */
	FW_STEP_TUPLE,		/* goes on where the tuple holds */
	FW_STEP_IIF,		/* … where the device's name fits */
	FW_STEP_OIF,
	FW_STEP_NAME,		/* … where a DNS query's name is in domains */
	FW_STEP_UNKNOWN,	/* … where something holds that only the kernel
				   can tell; matches are what is known of it,
				   alone what it says of a packet by itself */
	FW_STEP_COUNTER,
	FW_STEP_EFFECT,		/* acts and goes on; matches as UNKNOWN */
	FW_STEP_AUDIT,		/* the verdict behind it is muted */
	/* what ends the rule */
	FW_STEP_VERDICT,
	FW_STEP_JUMP,
	FW_STEP_GOTO,
	FW_STEP_RETURN,
	FW_STEP_VMAP,		/* where the tuple holds: what ends says */
	FW_STEP_INSPECT,
	FW_STEP_BLOCK,		/* drop, and block the source */
	FW_STEP_STOP,		/* reject, queue, nat …: verdict is what becomes
				   of the packet, NONE where it leaves nft */
	FW_STEP_KIND_MAX_,
};

/* What a limit says of a packet that comes alone: no rate, quota or count is
 * reached yet. */
enum fw_step_alone {
	FW_ALONE_UNKNOWN,
	FW_ALONE_HOLDS,
	FW_ALONE_FAILS,
};

/* How a box of a verdict map ends the rule. */
struct fw_step_end {
	enum fw_step_kind kind;	/* VERDICT, JUMP, GOTO or RETURN; EFFECT:
				   goes on */
	enum fw_verdict verdict;
	uint32_t chain;		/* JUMP, GOTO: index in plan->chains */
};

struct fw_step {
	enum fw_step_kind kind;
	const char *words;	/* as they were written; NULL with Flywall's own
				   and where the kind says it all */
	const struct fw_match *matches;	/* all must hold */
	size_t n_matches;
	const struct fw_step_tuple *tuple;	/* TUPLE, VMAP */
	const struct fw_step_end *ends;	/* VMAP: one a box; without a tuple,
					   what it may come to */
	size_t n_ends;
	const char *const *names;	/* IIF, OIF; a last `*` is a wildcard */
	size_t n_names;
	bool negate;			/* IIF, OIF, NAME */
	const struct fw_domain_set *domains;	/* NAME */
	enum fw_step_alone alone;	/* UNKNOWN */
	struct fw_step_end end;		/* VERDICT, JUMP, GOTO, STOP */
	uint32_t profile;		/* INSPECT */
	uint64_t changes;		/* bit f: field f is another one from
					   here on */
	bool known;			/* the one field that changes gets value */
	fw_u128 value;
};
_Static_assert(FW_FIELD_ALL_MAX_ <= 64, "fw_step.changes");

#define FW_NO_RULE UINT32_MAX

struct fw_chain_rule {
	uint32_t rule;		/* index in plan->rules, or FW_NO_RULE for
				   Flywall's own (management) */
	const struct fw_step *steps;
	size_t n_steps;
};

struct fw_plan_chain {
	const char *family, *table, *name;
	enum fw_hook hook;	/* NONE: a regular chain */
	const char *type;	/* base chain: "filter", "nat", "route" */
	int priority;
	enum fw_verdict policy;
	const char *const *devices;	/* ingress, egress */
	size_t n_devices;
	bool dormant;		/* of a table that nft leaves unregistered */
	const struct fw_chain_rule *rules;
	size_t n_rules;
};

/* --- XDP: rules and tables -------------------------------------------------- */
/* `ip saddr & 255.255.255.0 . tcp dport`: a bucket for each value */
struct fw_meter {
	enum fw_field field;	/* SADDR4 or SADDR6 */
	fw_u128 mask;		/* of it */
	bool port;		/* and DPORT */
};

/* `limit rate over 10 kbytes/second burst 2 kbytes` */
struct fw_plan_limit {
	struct fw_rate rate;	/* packets, or bytes */
	uint64_t burst;		/* likewise */
	bool over, bytes;
	const struct fw_meter *meter;	/* or NULL: one bucket */
};

/* False where the numbers are too large for the kernel's own limit. The map of
 * sources has room for so many. */
bool fw_plan_limit_make(const struct fw_plan_limit *limit, uint32_t sources,
			struct fw_limit *ret);

/* Draws classes[at].number, another one than those before it have. 0, or -ENOMEM. */
int fw_plan_class_number(struct fw_qos_class *classes, size_t at);
void fw_plan_class_make(const struct fw_qos_class *class, struct fw_qos *ret);

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
	bool log;		/* an event for each packet */
	uint32_t skip_to;	/* verdict SKIP: a later rule of the chain, or
				   the number behind its last word */
	const struct fw_plan_limit *limit;	/* or NULL: a match behind all
						   others */
	uint8_t synproxy;	/* verdict SYNPROXY: in plan->synproxies */
	const struct fw_live_match *lives;	/* must hold too */
	size_t n_lives;
};

/* A slot that no rule uses, and a rule that does nothing, are in no row. */
static inline bool fw_xdp_rule_acts(const struct fw_xdp_rule *rule)
{
	return rule->verdict != FW_VERDICT_NONE || rule->counted || rule->log;
}

/* A chain on a device; of one device they stand in the order in which they run.
 * Its rules stand at rules[first_word * 64] and on in
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

/* A set that rules in XDP ask and whose elements stand in nft, where they may
 * change at any time. */
struct fw_live_set {
	uint64_t number;
	const char *family, *table, *name;
	bool v6, interval;
	bool dynamic;		/* packets change it too, of which nft tells
				   nobody */
};

struct fw_plan_xdp;

/* A bit for each of the chain's words, as struct fw_chain has them. */
static inline uint64_t fw_plan_words(const struct fw_xdp_device *device)
{
	uint64_t words = device->n_words < 64 ?
				 (UINT64_C(1) << device->n_words) - 1 :
				 ~UINT64_C(0);

	return words << device->first_word % 64;
}

/* The test of a field that has no table of its own (abi.h); live sets come
 * behind. */
#define FW_TEST_OF(field) ((field) - FW_FIELD_MAX_)
#define FW_LIVE_TEST(i) (FW_TEST_OF(FW_FIELD_ALL_MAX_) + (i))
#define FW_LIVE_TESTS_MAX (FW_TESTS_MAX - FW_TEST_OF(FW_FIELD_ALL_MAX_))

/* What struct fw_chain has of the fields that the chain's rules test. */
struct fw_plan_tested {
	uint16_t skip;
	uint64_t tests;
};
struct fw_plan_tested fw_plan_tested(const struct fw_plan_xdp *xdp,
				     const struct fw_xdp_device *device);

enum fw_table_kind {
	FW_TABLE_ARRAY,
	FW_TABLE_HASH,
	FW_TABLE_LPM,
	FW_TABLE_TRIE,		/* an array of struct fw_trie_line to the kernel,
				   which apply writes from prefixes: trie.h */
	FW_TABLE_BITS,		/* the same, with bits for each /24 before it */
	FW_TABLE_KIND_MAX_,
};

/* One generational table: rows sorted by the bytes of their keys, those of
 * TRIE and BITS by address and length. For an ARRAY, keys are u32 0..n-1 and keys is
 * NULL. */
struct fw_plan_table {
	const char *name;	/* abi.h: "saddr4", "rows", … */
	enum fw_table_kind kind;
	uint32_t key_size, value_size;
	uint32_t n;
	uint32_t lines;		/* TRIE, BITS: entries of the array; else 0 */
	uint32_t entries;	/* BITS: of /24 that have their own */
	struct fw_bits bits;	/* BITS: what its bits mean */
	const uint8_t *keys;	/* n * key_size */
	const uint8_t *values;	/* n * value_size */
	struct fw_hash hash;
};

/* Tables "dev", "actions" and "watch" are not here: they hold numbers of the
 * host, and apply makes them from devices, rules and monitors. Nor are those of
 * names, which are keyed: apply makes them from suffixes. */
struct fw_plan_xdp {
	const struct fw_xdp_rule *rules;	/* n_rules, a multiple of 64 */
	uint32_t n_rules;
	const struct fw_xdp_device *devices;
	size_t n_devices;
	const struct fw_live_set *live_sets;	/* in the order of rules */
	size_t n_live_sets;
	const struct fw_live_match *live_tests;	/* FW_LIVE_TEST(), negate unset */
	uint32_t n_live_tests;
	const struct fw_plan_table *tables;	/* by name */
	size_t n_tables;
	struct fw_suffixes suffixes;	/* of the sets that `dns qname` asks;
					   n_sets may be 0 */
};

/* The number of a table's set. 0 or -ENOMEM. */
int fw_plan_live_number(const char *family, const char *table, const char *name,
			uint64_t *ret);
/* The index of the test that the match needs in live_tests; n_live_tests where
 * it has none. */
uint32_t fw_plan_live_test(const struct fw_plan_xdp *xdp,
			   const struct fw_live_match *match);

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
	bool queue;		/* its one rule is the queue rule, which apply
				   makes itself; these three are valid then: */
	uint16_t queue_first, queue_last;
	bool bypass;		/* accept when nobody listens */
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
	FW_FACT_TLS_SNI,	/* a name */
	FW_FACT_TLS_JA3,	/* a text, like JA4, ALPN */
	FW_FACT_TLS_JA4,
	FW_FACT_TLS_VERSION,	/* a number as on the wire: 1.2 is 0x0303 */
	FW_FACT_TLS_ALPN,
	FW_FACT_HTTP_HOST,	/* a name */
	FW_FACT_SSH_VERSION,	/* a number: 1.99 is 0x0163 */
	FW_FACT_DNS_QNAME,	/* a name */
	FW_FACT_DNS_QTYPE,	/* a number */
	FW_FACT_PAYLOAD,	/* patterns */
	FW_FACT_MAX_,
};

enum fw_inspect_action {
	FW_INSPECT_DROP,
	FW_INSPECT_TRUST,
	FW_INSPECT_KEEP,	/* default keep-inspecting */
	FW_INSPECT_BLOCK,	/* drop, and block the source for a time */
	FW_INSPECT_NONE,	/* a rule without a verdict: go on */
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

#define FW_PATTERN_SETS 64	/* that the rules of a profile ask for */

/* What the fact is compared with is valid by its kind. */
struct fw_inspect_rule {
	enum fw_fact_kind fact;
	bool negate;		/* != */
	const struct fw_domain_set *domains;	/* names */
	const struct fw_text_set *texts;
	const struct fw_pattern_set *patterns;
	uint32_t pattern_set;	/* valid with patterns: its number among those
				   of the profile, below FW_PATTERN_SETS */
	const struct fw_interval *numbers;	/* sorted, apart; < and the like
						   are resolved */
	size_t n_numbers;
	bool counter, log;	/* said in the rule */
	const char *log_prefix;	/* valid with log; "": none */
	const char *log_level;	/* likewise: "warn" */
	uint32_t class;		/* `qos class`: index in plan->classes, or
				   FW_NO_CLASS */
	uint16_t class_number;	/* valid with class: abi_qos.h */
	bool audit;		/* the action is only counted and logged */
	enum fw_inspect_action action;
	uint64_t block_ms;	/* valid with BLOCK */
	uint32_t rule;		/* index in plan->rules */
};

/* Where a keyword has accept and drop: true is accept. */
struct fw_profile {
	const char *name;
	uint8_t id;		/* 0..15: its number in marks, which it keeps */
	struct fw_hash hash;	/* of what it makes of a flow */
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

/* --- blocked sources --------------------------------------------------------- */
/* What rules of profiles block stands in these sets of nft's, each element with
 * its time. */
#define FW_BLOCK_FAMILY "inet"
#define FW_BLOCK_TABLE "flywall_block"
#define FW_BLOCK_SET4 "blocked4"
#define FW_BLOCK_SET6 "blocked6"
/* Likewise in each table whose rules block, with a chain that asks them. */
#define FW_BLOCKED_SET4 "flywall_blocked4"
#define FW_BLOCKED_SET6 "flywall_blocked6"
#define FW_BLOCKED_CHAIN "flywall_blocked"
#define FW_BLOCKED_MAX 65536	/* addresses of a family at a time */

/* --- queries that XDP does not judge ---------------------------------------- */
/* Of rules with `dns` that stayed in nft, those that stand next to each other and
 * test the same besides the question are a group, a bit of the packet's mark on
 * the way to the queue. On the way back it has the number of a rule. */
#define FW_QUERY_GROUPS 5
#define FW_QUERY_NUMBERS 31

static inline unsigned fw_query_mark(unsigned bits)
{
	return (bits << 5 | bits >> 3) & FW_MARK_QUERY;
}

static inline unsigned fw_query_of_mark(unsigned mark)
{
	return (mark >> 5 & 7) | (mark & 3) << 3;
}

struct fw_query_rule {
	uint8_t group;
	uint8_t number;		/* from 1 on; 0: the rule only counts */
	unsigned rcode;		/* of the answer; 0: none is sent */
	const struct fw_inspect_rule *tests;	/* fact, negate, and what it is
						   compared with; all must hold */
	size_t n_tests;
	uint32_t rule;		/* index in plan->rules */
};

struct fw_plan_queries {
	uint16_t queue;		/* valid with rules */
	const struct fw_query_rule *rules;	/* in the order of the file */
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
	bool watch_tls, watch_dhcp, learn;	/* likewise */
	bool keeps_tags;	/* VLAN receive offload is to be off */
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
	/* Of connections older than an inspect rule, those that the rules
	 * cannot decide are trusted. */
	bool existing_trust;
	bool vlan_offload_off;	/* VLAN receive offload may be turned off */
	bool malformed_drop;
	bool sysctl_set;	/* settings that a rule needs are changed */
	enum fw_syn_cookies syn_cookies;
	struct fw_rate syn_cookies_above;	/* SYN packets; valid with AUTO */
	uint32_t rate_sources, dns_pending, leases;	/* capacities; 0: not
							   given */
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
	const struct fw_plan_counter *counters;	/* likewise */
	size_t n_counters;
	const struct fw_plan_chain *chains;	/* in the order of the file */
	size_t n_chains;
	struct fw_plan_xdp xdp;
	const struct fw_nft_table *tables;	/* own table last */
	size_t n_tables;
	const struct fw_profile *profiles;	/* by id */
	size_t n_profiles;
	struct fw_plan_queries queries;
	const struct fw_domain_set *domain_sets;
	size_t n_domain_sets;
	const struct fw_plan_device *devices;	/* by name */
	size_t n_devices;
	bool log_dns_queries;	/* monitor dns { log queries } */
	struct fw_plan_service service;
	const struct fw_qos_class *classes;	/* in the order of the file */
	size_t n_classes;
	struct fw_plan_monitors monitors;
	struct fw_plan_events events;
	struct fw_plan_learn learn;
	const struct fw_text_set *text_sets;	/* those that rules ask */
	size_t n_text_sets;
	const struct fw_pattern_set *pattern_sets;
	size_t n_pattern_sets;
	const struct fw_plan_set *sets;
	size_t n_sets;
	const struct fw_plan_statement *statements;
	size_t n_statements;
	struct fw_synproxy synproxies[FW_SYNPROXIES];	/* from 1, as rules and
							   marks know them */
	uint8_t n_synproxies;
	const struct fw_plan_pending *pending;	/* by place */
	size_t n_pending;
};

/* A plan with one reference and its arena; NULL when memory runs out. */
struct fw_plan *fw_plan_new(void);
struct fw_plan *fw_plan_ref(const struct fw_plan *plan);
void fw_plan_unref(struct fw_plan *plan);	/* NULL is fine */

const struct fw_plan_table *fw_plan_table(const struct fw_plan *plan,
					  const char *name);
/* The plan's set of the same table, name and type as a set of another one; NULL
 * where it has none. */
const struct fw_plan_set *fw_plan_set_like(const struct fw_plan *plan,
					   const struct fw_plan_set *set);

/* The profile that has the number; NULL. */
const struct fw_profile *fw_plan_profile(const struct fw_plan *plan,
					 unsigned id);
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

/* The rule for whose sake forwarded flows have to stay on the stack, since it
 * looks at more than their flow or acts on each packet; NULL: there is none. Its
 * text is empty where it is none of the file's. */
const struct fw_plan_rule *fw_plan_road_blocker(const struct fw_plan *plan);

/* The step of a rule that says `inspect`; NULL: it has none, or one that `audit`
 * mutes. */
const struct fw_step *fw_plan_inspects(const struct fw_chain_rule *rule);
/* A rule that says so, in plan->rules, and its profile's number in marks. */
struct fw_inspecting {
	uint32_t rule;
	uint8_t profile;
};
/* All of them, in the order of the file; returns how many there are. */
size_t fw_plan_inspecting(const struct fw_plan *plan,
			  struct fw_inspecting *ret, size_t max);
/* By what a rule counts: its own key, or that of the counter that it names. */
const struct fw_hash *fw_plan_counts_by(const struct fw_plan *plan,
					uint32_t rule);

const char *fw_layer_name(enum fw_layer layer);
const char *fw_field_name(enum fw_field field);
fw_u128 fw_field_max(enum fw_field field);	/* its greatest value */
const char *fw_verdict_name(enum fw_verdict verdict);
const char *fw_attach_name(enum fw_attach attach);
const char *fw_stat_name(enum fw_stat stat);
