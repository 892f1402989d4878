/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the check of a rule share. */
#pragma once

#include "compile/typecheck.h"
#include "compile/vocabulary.h"

/* The layers of a packet, each with the protocols that the rule has named. */
enum fw_rule_layer {
	FW_RULE_LINK,		/* enum fw_link */
	FW_RULE_NETWORK,	/* enum fw_l3; OTHER: one nft has no name for */
	FW_RULE_TRANSPORT,	/* protocol number; 256: likewise */
	FW_RULE_LAYER_MAX_,
};

#define FW_RULE_L4_OTHER 256

struct fw_rule_protocol {
	int protocol;
	const struct fw_loc *loc;	/* NULL: the table's family */
};

/* A rule while it is read. */
struct fw_rule_check {
	struct fw_checker *checker;
	struct fw_typed_table *table;	/* NULL: a management line */
	struct fw_typed_rule *rule;
	FW_VEC(struct fw_part) parts;
	size_t pos;
	/* What earlier parts have settled. Of transport protocols there may be
	 * several, after a list: nft then takes each other one for a conflict */
	FW_VEC(struct fw_rule_protocol) layers[FW_RULE_LAYER_MAX_];
	int icmp_type;		/* of `icmp type 8`; FW_ANY unknown */
	bool loose;		/* a list named one protocol and others: nft
				   reads the one's fields off all of them */
	bool stacked;		/* `vlan type 8021q`: a further tag follows */
	bool failed;		/* a diagnostic was added: the rest is not
				   looked at */
};

static inline const struct fw_word *fw_rule_at(const struct fw_rule_check *check,
					       size_t ahead)
{
	return check->pos + ahead < check->rule->n_words ?
		       &check->rule->words[check->pos + ahead] :
		       NULL;
}

static inline size_t fw_rule_left(const struct fw_rule_check *check)
{
	return check->rule->n_words - check->pos;
}

/* --- typecheck_rule.c ----------------------------------------------------- */
/* The next n words become a part; NULL when memory runs out. */
struct fw_part *fw_rule_push(struct fw_rule_check *check,
			     enum fw_part_kind kind, size_t n);
/* The statement or match here is nft's: its words become a RAW part. */
int fw_rule_raw(struct fw_rule_check *check);
/* The same for the next n words, with the words that say why. */
int fw_rule_push_raw(struct fw_rule_check *check, size_t n, const char *reason,
		     bool is_match);
/* `@th,16,32` is a place in the packet, not a set: words[i] begins one. */
bool fw_rule_is_payload(const struct fw_word *words, size_t n, size_t i);

/* --- touching.c ----------------------------------------------------------- */
/* How many of the words from `from` on belong to the one in front of them: no
 * space is between, and they begin nothing. */
size_t fw_words_touching(const struct fw_word *words, size_t n, size_t from);
/* The text of such words; NULL when memory runs out. */
const char *fw_words_as_one(struct fw_arena *arena, const struct fw_word *words,
			    size_t n);

/* --- statements.c --------------------------------------------------------- */
/* The statement here, or what is nft's affair. *ret_ends: it is a verdict. */
int fw_rule_statement(struct fw_rule_check *check, bool *ret_ends);
/* The words that begin statements of Flywall's own, one by one; NULL ends. */
const char *fw_rule_own_word(size_t i);

/* --- rule_protocols.c ----------------------------------------------------- */
/* Of the table's family, before anything is read. */
int fw_rule_begin(struct fw_rule_check *check);
/* Adds the tests that nft makes by itself to the part's matches, which must
 * have room for FW_RULE_IMPLIED more. */
int fw_rule_imply(struct fw_rule_check *check, struct fw_part *part,
		  const struct fw_needs *needs, const struct fw_loc *loc);
#define FW_RULE_IMPLIED 6
/* Whether the fields of what is needed may be bytes of something else. */
bool fw_rule_is_loose(const struct fw_rule_check *check,
		      const struct fw_needs *needs);
/* A positive test of a protocol field settles what may follow: each value that
 * stands by itself does, as nft does not look into ranges. */
int fw_rule_learn(struct fw_rule_check *check, const struct fw_match *match,
		  const struct fw_loc *loc);

/* --- rule_values.c -------------------------------------------------------- */
enum fw_relation {
	FW_RELATION_EQ,
	FW_RELATION_NE,
	FW_RELATION_LT,
	FW_RELATION_GT,
	FW_RELATION_LE,
	FW_RELATION_GE,
};

struct fw_rule_values {
	struct fw_interval_vec vec;
	const struct fw_typed_set *set;	/* whose the intervals are, merged and
					   not to be changed; or NULL. With
					   OTHER: the set that nft must ask */
	bool computed;		/* they stand so in no word: nft learns nothing
				   from them */
};

/* Whether a relation stands there; EQ where none does. */
bool fw_rule_relation(const struct fw_word *word, enum fw_relation *ret);
bool fw_relation_holds(enum fw_relation relation, fw_u128 left, fw_u128 right);
/* Words behind a selector or value that make it more than that. */
bool fw_rule_goes_on(const struct fw_word *word);
/* The words of the next element of a list, from *pos on. False at the end, and
 * after a diagnostic, which *result then says. */
bool fw_rule_element(struct fw_rule_check *check, const struct fw_word *brace,
		     size_t *pos, const struct fw_word **ret, size_t *ret_n,
		     enum fw_value_result *result);
/* What stands behind a relation, ahead words from here; *ret_n words of it. */
enum fw_value_result fw_rule_values(struct fw_rule_check *check,
				    const struct fw_subject *subject,
				    size_t ahead, struct fw_rule_values *ret,
				    size_t *ret_n);

/* --- rule_tuple.c --------------------------------------------------------- */
/* A concatenation, or a verdict map, begins here. */
int fw_rule_tuple(struct fw_rule_check *check);

/* --- rule_bits.c ---------------------------------------------------------- */
/* `& mask` behind the n keywords of a match, or a match of flags. */
int fw_rule_masked(struct fw_rule_check *check,
		   const struct fw_vocab_match *match, size_t n);
int fw_rule_flags(struct fw_rule_check *check,
		  const struct fw_vocab_match *match, size_t n);

/* --- rule_match.c --------------------------------------------------------- */
/* A match of the vocabulary begins here, its keywords the next n words. */
int fw_rule_match(struct fw_rule_check *check,
		  const struct fw_vocab_match *match, size_t n);
/* The next n words test a field for these values, merged or not. */
int fw_rule_push_match(struct fw_rule_check *check,
		       const struct fw_vocab_match *match, size_t n,
		       const struct fw_rule_values *values, bool negate);

/* --- rule_device.c -------------------------------------------------------- */
/* A device by name, its keywords being the next n words. */
int fw_rule_device(struct fw_rule_check *check, bool out, size_t n);
/* rule_follows.c: words of nft's that must follow others. False after a
 * diagnostic. */
bool fw_rule_follows(struct fw_rule_check *check, const struct fw_word *words,
		     size_t n);
/* rule_limit.c: the statement's words as a limit; false where nft is to judge. */
bool fw_rule_limit(const struct fw_word *words, size_t n,
		   struct fw_plan_limit *ret);
/* rule_meter.c: an `update @set { … }` or `add` gets its limit and matches, where
 * XDP can keep it. */
int fw_rule_meter(struct fw_rule_check *check, struct fw_part *part);
/* rule_order.c: the sets and chains it names are declared before. */
void fw_rule_order(struct fw_rule_check *check);
/* rule_objects.c: the objects it names are there. 0 or -ENOMEM. */
int fw_rule_objects(struct fw_rule_check *check);
