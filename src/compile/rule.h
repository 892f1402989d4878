/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the check of a rule share. */
#pragma once

#include "compile/typecheck.h"
#include "compile/vocabulary.h"

/* A rule while it is read. */
struct fw_rule_check {
	struct fw_checker *checker;
	struct fw_typed_table *table;	/* NULL: a management line */
	struct fw_typed_rule *rule;
	FW_VEC(struct fw_part) parts;
	size_t pos;
	int l3, l4;		/* what earlier parts say of the packet, or
				   FW_ANY */
	const struct fw_loc *l3_loc, *l4_loc;	/* where; NULL: the family */
	/* A list of protocols came before: nft then holds that of its last
	 * element for settled and makes no test of its own, so what follows is
	 * left to nft */
	bool l3_list, l4_list;
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

/* --- rule_protocols.c ----------------------------------------------------- */
/* What a table's family says of L3, or FW_ANY. */
int fw_rule_l3(const struct fw_typed_table *table);
/* Puts the tests that nft makes by itself at the head of the part's matches,
 * with room for one more. */
int fw_rule_imply(struct fw_rule_check *check, struct fw_part *part, int l3,
		  int l4, const struct fw_loc *loc);
/* A positive test of a protocol field settles what may follow. */
void fw_rule_learn(struct fw_rule_check *check, enum fw_field field,
		   const struct fw_match *match, bool list,
		   const struct fw_loc *loc);

/* --- rule_match.c --------------------------------------------------------- */
/* A match of the vocabulary begins here. */
int fw_rule_match(struct fw_rule_check *check,
		  const struct fw_vocab_match *match);
/* iif or iifname, its keywords being the next n words. */
int fw_rule_iif(struct fw_rule_check *check, size_t n);
