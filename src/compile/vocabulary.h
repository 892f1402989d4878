/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vocabulary: which words of a rule Flywall understands, and what shape the
 * rest of nft's language has.
 */
#pragma once

#include "ast/ast.h"
#include "bpf/abi.h"
#include "compile/values.h"

#define FW_ANY (-1)

/* A match: its keywords, the field it tests, and what nft tests before it. */
struct fw_vocab_match {
	const char *words[2];		/* the second may be NULL */
	enum fw_field field;
	enum fw_value_type value;
	int l3;				/* enum fw_l3 or FW_ANY */
	int l4;				/* protocol number or FW_ANY */
};

/* The match that begins here, or NULL. */
const struct fw_vocab_match *fw_vocab_match(const struct fw_word *words,
					    size_t n_words);
size_t fw_vocab_match_words(const struct fw_vocab_match *match);

/* What a selector's first word says of the packet (`udp length`: UDP), for
 * words that are not understood. False when it says nothing. */
bool fw_vocab_implies(const char *word, int *ret_l3, int *ret_l4);

/* Whether iif or iifname, `meta` before it or not, begins here; *ret_n words. */
bool fw_vocab_iif(const struct fw_word *words, size_t n_words, size_t *ret_n);

/* --- shapes (shapes.c) ---------------------------------------------------- */
enum fw_shape_kind {
	FW_SHAPE_MATCH,		/* an expression and what it is compared with,
				   a vmap, or `… set …` */
	FW_SHAPE_STATEMENT,
	FW_SHAPE_UNKNOWN,	/* no word that begins anything in nft */
};

struct fw_shape {
	enum fw_shape_kind kind;
	size_t n_words;
	const char *reason;	/* "ct state", "log", "vmap"; in the arena or a
				   literal */
};

/* The statement that begins at words[0] (n_words at least 1). *ret reaches to
 * the end where the shape is not known. -ENOMEM. */
int fw_shape(struct fw_arena *arena, const struct fw_word *words,
	     size_t n_words, struct fw_shape *ret);

/* The words that begin a match or statement, for "did you mean". */
const char *const *fw_shape_words(size_t *ret_n);

static inline bool fw_word_is(const struct fw_word *word, const char *text)
{
	return word->kind == FW_WORD_PLAIN && !__builtin_strcmp(word->text, text);
}

static inline bool fw_mark_is(const struct fw_word *word, const char *text)
{
	return word->kind == FW_WORD_MARK && !__builtin_strcmp(word->text, text);
}
