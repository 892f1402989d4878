/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the lowerings share. Only compile/ looks at it.
 */
#pragma once

#include "compile/typed.h"
#include "util/vec.h"

/* By number: nft looks names up in /etc/protocols, which a host may lack. */
#define FW_NFT_ICMP "1"
#define FW_NFT_ICMPV6 "58"
#define FW_NFT_ICMPS FW_NFT_ICMP ", " FW_NFT_ICMPV6

/* --- what stayed in nft (lower_xdp.c to lower_nft.c) ----------------------- */
/*
 * An ingress chain on those of its devices where the same rules stayed. A chain
 * has a remainder for each way it was split; none where it moved whole on every
 * device. Devices that are known to be missing stand in none.
 */
struct fw_remainder {
	const char *const *devices;
	size_t n_devices;
	const bool *kept;	/* by rule of the chain */
	bool carry;		/* XDP accepts: those packets skip the rest */
};

/* True where the plan has chains that heed a carried accept. */
bool fw_lower_carries(const struct fw_typed *typed);

/* --- what nft still comes to (reached.c) ------------------------------------ */
/* By number of the rule; the layers of base chains' rules are known. */
int fw_reached_in_nft(const struct fw_typed *typed, bool **ret);

/* --- keys of rules (rule_keys.c) ------------------------------------------- */
/* Fills the keys of typed->rules. */
int fw_rule_keys(struct fw_typed *typed);
int fw_rule_key(const char *family, const char *table, const char *chain,
		const char *text, uint64_t nth, struct fw_hash *ret);

/* --- named counters (counters.c) ------------------------------------------- */
/* plan->counters, and the numbers of those that rules count by. */
int fw_lower_counters(struct fw_typed *typed, struct fw_plan *plan);

/* --- what nft gets of a rule (nft_form.c) ---------------------------------- */
/* False where the rule as a whole is nothing for nft. */
bool fw_form_is_nfts(const struct fw_typed_rule *rule);
/* False where the kernel takes no such object in tables of the family. */
bool fw_object_is_nfts(const char *family, const char *kind);
/* The rule's words with statements of Flywall's own in nft's form; the words
 * themselves where there is none. */
int fw_form(struct fw_typed *typed, struct fw_arena *arena,
	    const struct fw_typed_rule *rule, const struct fw_word **ret_words,
	    size_t *ret_n);

/* --- content of Flywall's own sets (contents.c) ---------------------------- */
/* The plan's copy in the place of the compilation's; NULL stays. -ENOMEM. */
int fw_contents_domains(struct fw_typed *typed, struct fw_plan *plan,
			const struct fw_domain_set **set);
int fw_contents_texts(struct fw_typed *typed, struct fw_plan *plan,
		      const struct fw_text_set **set);
int fw_contents_patterns(struct fw_typed *typed, struct fw_plan *plan,
			 const struct fw_pattern_set **set);

/* --- names (suffixes.c) ---------------------------------------------------- */
/* Sets to suffixes and classes, in the arena; names stay where they are. -E2BIG
 * beyond FW_SUFFIXES_MAX, -ENOMEM. */
struct fw_suffixes;
int fw_suffixes_build(struct fw_arena *arena,
		      const struct fw_domain_set *const *sets, size_t n_sets,
		      struct fw_suffixes *ret);

/* --- questions (questions.c) ----------------------------------------------- */
/* Numbers for the names that `dns qname` asks for in chains: a match in each
 * such part, and the plan's suffixes. */
int fw_lower_questions(struct fw_typed *typed, struct fw_plan *plan);

/* --- queries (queries.c) --------------------------------------------------- */
/* Rules with `dns` that stayed in nft: typed->queries and plan->queries. */
int fw_lower_queries(struct fw_typed *typed, struct fw_plan *plan);
/* NULL where the rule is none of them. */
const struct fw_typed_query *fw_query_of(const struct fw_typed *typed,
					 const struct fw_typed_rule *rule);

/* --- devices (devices.c) --------------------------------------------------- */
enum fw_attach fw_device_attach(const struct fw_typed *typed,
				const char *device);
/* Whether chains on it may move to XDP, as far as `lowering` says. */
bool fw_device_lowered(const struct fw_typed *typed, const char *device);
/* False only where the host is known and has no such device. */
/* Where the file names a way to attach, nobody's hold on the device counts: the
 * kernel will say so. Changes typed->facts. 0 or -ENOMEM. */
int fw_device_insist(struct fw_typed *typed);
bool fw_device_exists(const struct fw_typed *typed, const char *device);
/* Whether a packet that came in by (or goes out by) device meets an IIF part;
 * names may end in a wildcard. */
bool fw_device_meets(const struct fw_part *part, const char *device);
/* plan->devices from all that name one; after plan->xdp.devices is there. */
int fw_lower_devices(const struct fw_typed *typed, struct fw_plan *plan);

/* --- fields that programs find (classes_tests.c) ---------------------------- */
bool fw_field_in_xdp(enum fw_field field);
/* Where; kind is FW_TEST_NONE for fields with a table of their own, and for those
 * that no program finds. */
const struct fw_test *fw_field_test(enum fw_field field);

/* --- matches (matches.c) --------------------------------------------------- */
/* Adds a match to those of a rule: by field, one a field; where the field is
 * there already, what both admit. */
int fw_matches_add(struct fw_arena *arena, struct fw_match *matches, size_t *n,
		   const struct fw_match *match);
/* True where some value can meet every match. */
bool fw_matches_possible(const struct fw_match *matches, size_t n);
/* True where no packet meets both; false where that is not known. */
bool fw_matches_disjoint(const struct fw_match *a, size_t n_a,
			 const struct fw_match *b, size_t n_b);

/* --- management (management.c) --------------------------------------------- */
/* One accept, or what stands for a line that XDP cannot judge. */
struct fw_management {
	const struct fw_match *matches;
	size_t n_matches;
	bool raw;		/* matches are only what is known of it */
};

typedef FW_VEC(struct fw_management) fw_management_vec;
typedef FW_VEC(struct fw_nft_rule) fw_nft_rule_vec;

/* What management lets through on a device, at ingress. */
int fw_management_ingress(const struct fw_typed *typed, struct fw_arena *arena,
			  const char *device, fw_management_vec *ret);
/* The same as rules for the head of a base chain of type filter. */
int fw_management_rules(const struct fw_typed *typed, struct fw_arena *arena,
			const char *family, enum fw_hook hook,
			fw_nft_rule_vec *ret);

/* The field that a mirrored match tests. */
enum fw_field fw_management_mirror(enum fw_field field);
/* What is at hand on a hook. */
struct fw_management_sides {
	bool in, out;		/* device names that packets come and go by */
	bool local;		/* link-local traffic is met here */
	bool conntrack;		/* may be */
};
struct fw_management_sides fw_management_sides(enum fw_hook hook);
/* Whether a line may stand in a table of that family. */
bool fw_management_fits(const struct fw_typed_rule *line, const char *family);
/* The i-th of what is accepted at ingress besides; false behind the last. */
bool fw_management_implied(size_t i, const struct fw_match **ret, size_t *ret_n);

/* --- steps (steps.c) ------------------------------------------------------- */
/* plan->chains: what every chain means, as it was written. */
int fw_lower_steps(struct fw_typed *typed, struct fw_plan *plan);

/* --- marks (marks.c) ------------------------------------------------------- */
/* A rule's words with Flywall's bits kept by mark writes and masked out of mark
 * matches, and `flow add` closed to flows that are not vetted; the words
 * themselves where there is nothing to change. A whole write of the connection
 * mark that is not constant is a diagnostic. */
int fw_marks_rewrite(struct fw_typed *typed, struct fw_arena *arena,
		     const struct fw_word *words, size_t n_words,
		     const struct fw_word **ret_words, size_t *ret_n);

/* --- blocked sources (blocked_nft.c) --------------------------------------- */
/* Name of the chain that `block for` so many ms jumps to. */
char *fw_blocked_name(struct fw_arena *arena, uint64_t ms);
/* That chain, for a user's table. */
int fw_blocked_chain(struct fw_arena *arena, const struct fw_typed_table *table,
		     uint64_t ms, struct fw_nft_chain *ret);

/* --- the gate (gate.c) ----------------------------------------------------- */
/* What `learn` is in nft; NULL: no memory. */
char *fw_gate_learn_words(const struct fw_typed *typed, struct fw_arena *arena);
/* Name of the chain that `inspect PROFILE` jumps to. */
char *fw_gate_inspect_name(struct fw_arena *arena, const char *profile);
/* That chain, for a user's table. */
int fw_gate_inspect_chain(const struct fw_typed *typed, struct fw_arena *arena,
			  uint32_t profile, struct fw_nft_chain *ret);
/* Flywall's own table. */
int fw_gate_table(const struct fw_typed *typed, struct fw_plan *plan,
		  struct fw_nft_table *ret);

/* Adds `text` as a rule of Flywall's own. */
int fw_nft_rule_add(struct fw_arena *arena, fw_nft_rule_vec *rules,
		    const char *format, ...)
	__attribute__((format(printf, 3, 4)));
