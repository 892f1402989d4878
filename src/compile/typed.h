/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The typed configuration: what stands between the tree and the plan.
 *
 * resolve and typecheck make it from the tree: the file read in order, defines
 * replaced, sets found, words understood as far as the vocabulary goes. The
 * lowerings read it and write parts of the plan. It lives in the arena of the
 * compilation and points into the tree.
 */
#pragma once

#include "ast/ast.h"
#include "compile/compile.h"
#include "compile/values.h"
#include "plan/plan.h"

struct fw_resolved;
struct fw_typed_table;
struct fw_typed_chain;
struct fw_remainder;
struct fw_contents;
struct fw_live_tests;
struct fw_steps_shared;

/* --- sets ----------------------------------------------------------------- */
enum fw_set_type {
	FW_SET_OTHER,		/* nft's own affair */
	FW_SET_IPV4_ADDR,
	FW_SET_IPV6_ADDR,
	FW_SET_INET_SERVICE,
	FW_SET_INET_PROTO,
	FW_SET_DOMAIN,		/* never emitted to nft, like those below */
	FW_SET_JA3,
	FW_SET_JA4,
	FW_SET_PATTERN,
};

struct fw_typed_set {
	const char *name;
	const struct fw_item *item;
	const struct fw_typed_table *table;	/* NULL: at top level */
	enum fw_set_type type;
	bool map;
	bool interval, dynamic, merges;	/* its flags; auto-merge or a file */
	bool constant;		/* content known whole here: no timeout, not
				   dynamic; only such a set may be lowered */
	/* What its keys are made of; none where that is not understood */
	const enum fw_value_type *types;
	size_t n_types;
	/* one type, no map: elements and file, merged */
	struct fw_interval *intervals;
	size_t n_intervals;
	/* Concatenations and maps: each element's key, an interval a type, in
	 * order; and, in a verdict map, what it says. A catch-all is the last
	 * one and covers everything */
	const struct fw_interval *boxes;
	const struct fw_vmap_verdict *verdicts;	/* or NULL */
	size_t n_boxes;
	bool catch_all;
	bool live;		/* addresses, that no packet changes: the
				   content may be another while a generation
				   runs, and programs can ask for it */
	const char *const *names;	/* type ifname: valid with constant */
	size_t n_names;
	const struct fw_domain_set *domains;	/* domain */
	const struct fw_text_set *texts;	/* ja3, ja4 */
	const struct fw_pattern_set *patterns;	/* pattern */
	const struct fw_interval *declared;	/* valid with intervals: without
						   changes at run time */
	size_t n_declared;
	/* file, refresh, timeout, …: what a fw_plan_set says of it */
	struct fw_plan_set options;
	/* what goes to nft: the lines without elements and Flywall's own */
	const char *body;
	const char *timed_body;	/* the same with times admitted, where XDP may
				   ask the set; or NULL */
	const char *const *elements;	/* of the file too; NULL: they are what
					   the intervals say, fw_set_texts() */
	size_t n_elements;
	bool used;
};

/* --- rules ---------------------------------------------------------------- */
enum fw_part_kind {
	FW_PART_MATCH,		/* typed: match is valid */
	FW_PART_TUPLE,		/* a concatenation: tuple is valid */
	FW_PART_IIF,		/* iif/iifname "name" or a set: names valid */
	FW_PART_OIF,		/* oif/oifname, likewise */
	FW_PART_COUNTER,	/* counter is valid */
	FW_PART_VERDICT,	/* accept, drop: verdict is valid */
	FW_PART_JUMP,		/* jump, goto: chain name; return */
	FW_PART_VMAP,		/* tuple and verdicts are valid */
	FW_PART_INSPECT,	/* inspect NAME: profile is valid */
	FW_PART_LEARN,		/* learn */
	FW_PART_QOS,		/* qos class NAME: index in typed->qos */
	FW_PART_AUDIT,		/* audit: stands before the verdict it mutes */
	FW_PART_BLOCK,		/* block for TIME: ms is valid */
	FW_PART_DNS_NAME,	/* dns qname: domains is valid */
	FW_PART_DNS_TYPE,	/* dns qtype: qtypes is valid */
	FW_PART_DNS_REPLY,	/* dns reply nxdomain | refused: rcode */
	FW_PART_SYNPROXY,	/* synproxy … at ingress: synproxy is valid */
	FW_PART_MUTED,		/* a verdict behind audit, not carried out; of
				   another kind until reach.c has looked */
	FW_PART_RAW,		/* anything else: nft's affair */
};

/* Of a rule with audit, what its events and its log in nft call it: "AUDIT-DROP";
 * else NULL. */
struct fw_typed_rule;
const char *fw_rule_audit(const struct fw_typed_rule *rule);

/* A test of several fields at once, `ip saddr . tcp dport { … }`: holds when
 * one of the boxes has the packet's value in each of its intervals. Box b's
 * interval of field f is boxes[b * n_fields + f]. Where boxes overlap, the first
 * one decides. */
struct fw_tuple {
	const enum fw_field *fields;
	size_t n_fields;
	const struct fw_interval *boxes;
	size_t n_boxes;
	bool negate;
};

/* What a verdict map says for a box of its tuple. */
struct fw_vmap_verdict {
	enum fw_part_kind kind;		/* VERDICT or JUMP */
	enum fw_verdict verdict;	/* VERDICT: NONE for continue */
	const char *chain;		/* JUMP: NULL for return */
	bool go;
};

struct fw_part {
	enum fw_part_kind kind;
	const struct fw_word *words;	/* the run of the rule's words */
	size_t n_words;
	const char *reason;	/* the words that keep it in nft, short ("ct
				   state", "log"): always with RAW; else only
				   where no program tests it yet */
	bool is_match;		/* RAW: a match, not a statement */
	const struct fw_plan_limit *limit;	/* RAW: a rate limit that XDP
						   can keep; or NULL */
	const char *counter;	/* COUNTER: the name of a named one; or NULL */
	const char *log_level;		/* RAW: a `log` that XDP can keep; or
					   NULL */
	const char *log_prefix;		/* valid with log_level; or NULL */
	const struct fw_typed_set *live;	/* RAW: `FIELD @SET`, with negate
						   `FIELD != @SET`; or NULL */
	enum fw_field field;			/* valid with live */
	/* A match may need more than one field: `tcp dport 22` is l4proto and
	 * dport. All must hold. Also valid for RAW as far as it is known to
	 * imply them (`udp length 8` implies l4proto udp): then n may be 0.
	 * For TUPLE and VMAP: the protocols, and what their boxes say of each
	 * field by itself */
	struct fw_match *matches;
	size_t n_matches;
	struct fw_tuple tuple;		/* TUPLE, VMAP */
	const struct fw_vmap_verdict *verdicts;	/* VMAP: one a box */
	const char *const *names;	/* IIF, OIF; a last `*` is a wildcard */
	size_t n_names;
	bool negate;			/* IIF, OIF, DNS_NAME, DNS_TYPE, RAW
					   with live */
	enum fw_verdict verdict;
	const char *chain;		/* JUMP: target, NULL for return */
	bool go;			/* JUMP: goto */
	uint32_t profile;		/* INSPECT: index in typed->profiles */
	uint32_t class;			/* QOS: index in typed->qos */
	uint64_t ms;			/* BLOCK */
	const struct fw_domain_set *domains;	/* DNS_NAME */
	const struct fw_interval *qtypes;	/* DNS_TYPE: sorted, apart */
	size_t n_qtypes;
	unsigned rcode;			/* DNS_REPLY: 3 nxdomain, 5 refused */
	uint8_t synproxy;		/* SYNPROXY: in typed->synproxies */
};

struct fw_typed_rule {
	const struct fw_item *item;	/* place and lint switches */
	const struct fw_word *words;	/* defines replaced */
	size_t n_words;
	const char *text;		/* canonical */
	struct fw_part *parts;	/* none for `comment "…"` */
	size_t n_parts;
	uint32_t rule;			/* index in plan->rules */
	uint32_t unit;			/* fw_res_rule.unit */
};

struct fw_typed_chain {
	const char *name;
	const struct fw_item *item;
	const struct fw_typed_table *table;
	enum fw_hook hook;
	const char *type;	/* base chain: "filter", "nat", "route" */
	int priority;		/* base chain: as a number for its family */
	const char *base;	/* base chain: the line for nft, devices and
				   policy included: fw_nft_chain.base */
	const char *const *devices;	/* ingress, egress */
	size_t n_devices;
	enum fw_verdict policy;	/* base chain: ACCEPT unless it says drop */
	bool own;		/* Flywall's, for blocked sources (blocked.c) */
	bool only_xdp;		/* another chain has the same in nft */
	const char *comment;
	struct fw_typed_rule *rules;
	size_t n_rules;
	/* ingress: what stays in nft; fw_lower_xdp() fills it (lower.h) */
	const struct fw_remainder *remainders;
	size_t n_remainders;
};

/* A rule with `dns` that nft and the inspector carry out together. */
struct fw_typed_query {
	struct fw_query_rule rule;	/* tests: the compilation's */
	const struct fw_word *early;	/* left of the question */
	size_t n_early;
	const char *early_text;
	const char *late;		/* behind the queue; valid with a number */
};

struct fw_typed_object {
	const char *kind, *name, *body;	/* as in struct fw_nft_object */
	const struct fw_item *item;
};

struct fw_typed_table {
	const char *family;	/* "ip" where it was left out */
	const char *name;
	const struct fw_item *item;
	const char *body;
	bool take_over;
	struct fw_typed_set **sets;	/* order of the file; maps too */
	size_t n_sets;
	struct fw_typed_object *objects;
	size_t n_objects;
	struct fw_typed_chain *chains;
	size_t n_chains;
};

/* --- the whole ------------------------------------------------------------ */
struct fw_device_option {
	const char *name;
	enum fw_attach attach;
	bool lowering_given;
	bool lowering_off;
	struct fw_loc loc;
};

/* A list of device names in a block. */
struct fw_device_list {
	const char *const *names;
	size_t n;
};

struct fw_typed {
	struct fw_arena *arena;		/* the compilation's */
	struct fw_resolved *resolved;	/* what it was made from */
	struct fw_diags *diags;
	const struct fw_facts *facts;
	struct fw_typed_table *tables;
	size_t n_tables;
	struct fw_typed_set *sets;	/* all, tables' and top level's */
	size_t n_sets;

	struct fw_plan_options options;
	enum fw_attach attach;
	bool lowering;			/* lowering on */
	struct fw_device_option *device_options;
	size_t n_device_options;
	const char *const *road_devices;	/* options { devices } */
	size_t n_road_devices;
	struct fw_typed_rule *management;	/* matches without a verdict */
	size_t n_management;

	struct fw_profile *profiles;	/* rules typed; names, numbers, rules'
					   plan indices filled */
	size_t n_profiles;
	const char *const *dns_devices;	/* monitor dns { devices } */
	size_t n_dns_devices;
	bool dns_log_queries;
	struct fw_device_list tls_devices, dhcp_devices, learn_devices;
	/* As in the plan, but in the compilation's memory. */
	struct fw_plan_service service;
	struct fw_qos_class *qos;
	size_t n_qos;
	struct fw_synproxy synproxies[FW_SYNPROXIES];	/* from 1 */
	uint8_t n_synproxies;
	struct fw_plan_monitors monitors;
	struct fw_plan_events events;
	struct fw_plan_learn learn;
	struct fw_plan_pending *pending;
	size_t n_pending;
	struct fw_contents *contents;	/* the lowerings' (contents.c) */
	struct fw_live_tests *live_tests;	/* likewise (live.c) */
	struct fw_steps_shared *shared;	/* likewise (steps_share.c) */
	const struct fw_typed_query *queries;	/* likewise (queries.c) */
	size_t n_queries;

	struct fw_plan_rule *rules;	/* every rule in the order of the file:
					   file, line, table, chain and text
					   filled here; layer, reason, key and
					   counted by the lowerings */
	size_t n_rules;
	const char *const *files;	/* read, in order */
	size_t n_files;
};

/* Tree to typed configuration. 0 also with errors in diags; -ENOMEM. */
int fw_typecheck(struct fw_arena *arena, const struct fw_ast *ast,
		 const struct fw_facts *facts, struct fw_diags *diags,
		 struct fw_typed **ret);

/* --- lowerings: typed configuration to parts of the plan ------------------
 * Called in this order, each reading what the ones before it decided. Memory of
 * the plan comes from plan->arena. 0 or -ENOMEM; a fault of the user's is a
 * diagnostic. */

/* Decides layer and reason of each ingress rule; fills plan->xdp but its
 * tables. */
int fw_lower_xdp(struct fw_typed *typed, struct fw_plan *plan);
/* plan->xdp.tables from plan->xdp.rules: classes and bit vectors. */
int fw_classes_build(const struct fw_typed *typed, struct fw_plan *plan);
/* plan->profiles and domain sets; layer "inspect" of their rules. */
int fw_lower_inspect(struct fw_typed *typed, struct fw_plan *plan);
/* What blocks, set keys and statements say: plan->classes and on. */
int fw_lower_blocks(struct fw_typed *typed, struct fw_plan *plan);
/* plan->tables: what stayed in nft, the gate, Flywall's own table. */
int fw_lower_nft(struct fw_typed *typed, struct fw_plan *plan);

/* --- interval sets (intervals.c) ------------------------------------------ */
/* Sorts and merges in place; returns the new count. */
size_t fw_intervals_merge(struct fw_interval *intervals, size_t n);
/* What is not in the merged set, within 0..max. NULL when memory runs out. */
struct fw_interval *fw_intervals_complement(struct fw_arena *arena,
					    const struct fw_interval *intervals,
					    size_t n, fw_u128 max,
					    size_t *ret_n);
/* The first of the merged intervals that does not end before the value; n where
 * all do. */
size_t fw_intervals_from(const struct fw_interval *intervals, size_t n,
			 fw_u128 value);
bool fw_intervals_meet(const struct fw_interval *a, size_t n_a,
		       const struct fw_interval *b, size_t n_b);
