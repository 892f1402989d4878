/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the type check share. Only compile/ looks at it. */
#pragma once

#include "compile/resolve.h"
#include "compile/typed.h"
#include "compile/values.h"

/* What a typed set does not say. */
struct fw_set_info {
	const char *type;	/* as nft names it: "ipv4_addr . mark" */
	struct fw_loc loc;	/* of its name */
	struct fw_match others;	/* what is not in it; intervals NULL: no rule
				   has asked yet */
	const struct fw_match *projections;	/* of its boxes, a field each;
						   likewise */
	bool open;		/* typeof what is not understood, or the type
				   was refused */
};

/* A rule of the plan before it has its index. */
struct fw_seq_rule {
	struct fw_plan_rule rule;
	uint32_t seq;		/* order of the file */
	uint32_t index;		/* where it came to stand */
};

/* What a block declares, and whether any word names it. */
struct fw_declared {
	struct fw_loc loc;
	bool named;
};

struct fw_checker {
	struct fw_arena *arena;
	struct fw_diags *diags;
	const struct fw_resolved *resolved;
	struct fw_typed *typed;
	struct fw_set_info *set_infos;	/* as typed->sets */
	struct fw_declared *profiles;	/* as typed->profiles */
	struct fw_declared *classes;	/* as typed->qos */
	FW_VEC(const char *) files;	/* element files read */
	FW_VEC(struct fw_seq_rule) rules;	/* so far, in any order */
	FW_VEC(struct fw_plan_pending) pending;
};

/* --- sets.c --------------------------------------------------------------- */
/* Types all sets of the file into typed->sets; the tables' sets point there. */
int fw_check_sets(struct fw_checker *checker);
/* The set that `@name` means in a rule of the table (NULL: in a block, where
 * every table's sets are sought), marked as used; NULL after a diagnostic. */
struct fw_typed_set *fw_check_set_name(struct fw_checker *checker,
				       const struct fw_typed_table *table,
				       const struct fw_word *word);
/* nft's name of the set's type, for messages: "ipv4_addr". */
const char *fw_check_set_type(const struct fw_checker *checker,
			      const struct fw_typed_set *set);
/* A diagnostic: the set cannot stand where type is meant. */
struct fw_diag *fw_check_set_mismatch(struct fw_checker *checker,
				      const struct fw_typed_set *set,
				      const struct fw_word *word,
				      const char *meant);
bool fw_set_value_type(enum fw_set_type type, enum fw_value_type *ret);
/* The set's n_elements as texts for nft, in the arena. 0 or -ENOMEM. */
int fw_set_texts(struct fw_arena *arena, const struct fw_typed_set *set,
		 const char **ret);

/* --- rule_objects.c ------------------------------------------------------- */
/* The objects that a table's map gives are there. 0 or -ENOMEM. */
int fw_check_map_objects(struct fw_checker *checker,
			 const struct fw_res_table *table,
			 const struct fw_res_set *map);

/* --- sets_file.c ---------------------------------------------------------- */
struct fw_interval_vec {
	struct fw_interval *items;
	size_t n, cap;
};
struct fw_domain_vec {
	struct fw_domain *items;
	size_t n, cap;
};

struct fw_file_options {
	const struct fw_word *path;
	const char *format;	/* NULL: auto */
	const struct fw_loc *format_loc;	/* valid with format */
	bool force;
	bool interval;
};
struct fw_own_content;
/* Reads an element file into intervals or Flywall's own values, as type says.
 * ret_path: where it was found. */
int fw_check_file(struct fw_checker *checker, enum fw_set_type type,
		  const struct fw_file_options *options,
		  struct fw_interval_vec *intervals,
		  struct fw_own_content *own, const char **ret_path);

/* A file's path, beside the file that names it. NULL: no memory. */
const char *fw_check_beside(struct fw_arena *arena, const struct fw_word *path);

/* --- sets_domain.c -------------------------------------------------------- */
/* One entry ("evil.example", "=exact", "!exception"). On a fault the error is
 * filled. -ENOMEM, 0, or -EINVAL with error. */
int fw_domain_read(struct fw_arena *arena, const char *text,
		   struct fw_domain *ret, struct fw_value_error *error);
/* Sorted, each name once; -EINVAL and ret_clash where a name is an entry and an
 * exception at once. */
int fw_domains_sort(struct fw_domain_vec *domains, const char **ret_clash);

/* --- keys.c --------------------------------------------------------------- */
/* What a value belongs to, for messages: "tcp dport", or a set's type. */
struct fw_subject {
	const char *name;
	struct fw_loc loc;
	enum fw_value_type type;
};

/* An element of a set or map, `192.0.2.1 . 80 comment "x" : accept`, taken
 * apart. */
struct fw_element {
	const struct fw_word *words;	/* the key */
	size_t n_words;
	const struct fw_word *data;	/* behind the colon, or NULL */
	size_t n_data;
	bool catch_all;		/* `*` */
	bool stateful;		/* timeout, counter and the like */
};

/* False where there is no key at all. */
bool fw_check_element(const struct fw_word *words, size_t n,
		      struct fw_element *ret);
/* One value, prefix or range, all of the words. */
enum fw_value_result fw_check_value(struct fw_checker *checker,
				    const struct fw_subject *subject,
				    const struct fw_word *words, size_t n,
				    struct fw_interval *ret);
/* As many as there are subjects, with dots between them. */
enum fw_value_result fw_check_key(struct fw_checker *checker,
				  const struct fw_subject *subjects,
				  size_t n_subjects, const struct fw_word *words,
				  size_t n, struct fw_interval *ret);
enum fw_value_result fw_check_verdict(struct fw_checker *checker,
				      const struct fw_word *words, size_t n,
				      struct fw_vmap_verdict *ret);

/* --- typecheck_rule.c ----------------------------------------------------- */
/* Words to parts. table NULL: a management line. */
int fw_check_rule(struct fw_checker *checker, struct fw_typed_table *table,
		  struct fw_typed_rule *rule);

/* --- typecheck_flags.c ---------------------------------------------------- */
struct fw_flags {
	size_t n_words;		/* read, the keywords included */
	unsigned any;		/* the match is `any of these bits`; else 0 */
};
/* A match of flags from its keywords on, of which there are `keywords`.
 * FW_VALUE_OTHER where nft has to judge. values must have room for 128
 * intervals; of a conntrack status they are left out. */
enum fw_value_result fw_check_flags(struct fw_checker *checker,
				    enum fw_value_type type,
				    const struct fw_word *words, size_t n,
				    size_t keywords, struct fw_interval *values,
				    size_t *ret_n_values, struct fw_flags *ret);

/* --- typecheck_chain.c ---------------------------------------------------- */
/* The `type … hook …` line, policy, devices. */
int fw_check_chain(struct fw_checker *checker, const struct fw_res_chain *in,
		   struct fw_typed_chain *chain);

/* --- reach.c -------------------------------------------------------------- */
/* Targets of jumps exist and make no loop; inspect stands where it may. */
int fw_check_reach(struct fw_checker *checker);

/* --- blocked.c ------------------------------------------------------------ */
/* Sets and chains for sources that rules block; behind all that looks at what the
 * file says, before the rules get their order. 0 or -ENOMEM. */
int fw_check_blocked(struct fw_checker *checker);
/* Room that typed->tables and typed->sets need for them. */
#define FW_BLOCKED_TABLES 1
#define FW_BLOCKED_SETS(n_tables) (2 * ((n_tables) + FW_BLOCKED_TABLES))

/* --- lint.c --------------------------------------------------------------- */
/* Warnings and notes about what is valid. 0 or -ENOMEM. */
int fw_lint(struct fw_checker *checker);

/* --- blocks.c ------------------------------------------------------------- */
int fw_check_blocks(struct fw_checker *checker);
/* A list of device names: `a, b` or `{ a, b }`, from words on. */
int fw_check_devices(struct fw_checker *checker, const struct fw_word *words,
		     size_t n, const struct fw_loc *loc,
		     const char *const **ret, size_t *ret_n);

/* --- units.c -------------------------------------------------------------- */
/* Words at the start as an amount; *ret_n of them. False, with a diagnostic,
 * when they are none. */
bool fw_check_count(struct fw_checker *checker, const struct fw_word *word,
		    uint64_t max, uint64_t *ret);
bool fw_check_bytes(struct fw_checker *checker, const struct fw_word *words,
		    size_t n, uint64_t *ret, size_t *ret_n);
bool fw_check_time(struct fw_checker *checker, const struct fw_word *word,
		   uint64_t *ret_ms);
/* 10/second; for bytes, 5 mbytes/second. More than nothing. */
/* second, minute, hour, day, week */
bool fw_period(const char *name, uint32_t *ret_seconds);
bool fw_check_rate(struct fw_checker *checker, const struct fw_word *words,
		   size_t n, struct fw_rate *ret, size_t *ret_n);
bool fw_check_byte_rate(struct fw_checker *checker,
			const struct fw_word *words, size_t n,
			struct fw_rate *ret, size_t *ret_n);
/* 0.9 or 50%, as millionths: of 1, and of the whole. */
bool fw_check_decimal(struct fw_checker *checker, const struct fw_word *word,
		      uint64_t *ret);
bool fw_check_percent(struct fw_checker *checker, const struct fw_word *word,
		      uint32_t *ret);

/* --- synproxies.c --------------------------------------------------------- */
/* Reads `synproxy` in the table's ingress chains; behind jumps, as those say
 * which chains these are. */
int fw_check_synproxies(struct fw_checker *checker,
			const struct fw_typed_table *table);

/* --- pending.c ------------------------------------------------------------ */
/*
 * Says that the file uses something: a key or value (word, may be NULL) of a
 * place ("options", "rule", "monitor tls"), value being what stands behind it
 * or NULL. What this version does not run becomes a row of the plan's list.
 */
int fw_pending_note(struct fw_checker *checker, const char *place,
		    const char *word, const char *value,
		    const struct fw_loc *loc);
