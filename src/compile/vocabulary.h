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

/* What of the link layer nft tests before a field. */
enum fw_link {
	FW_LINK_OTHER,
	FW_LINK_ETHER,
	FW_LINK_VLAN,
};

/* What nft settles before it looks at a field: each is a value or FW_ANY. */
struct fw_needs {
	int link;			/* enum fw_link */
	int l3;				/* enum fw_l3 */
	int l4;				/* protocol number */
	bool special;			/* l3 is tested only where nothing is
					   known of it (icmp) */
	bool exthdr;			/* an IPv6 extension header */
	bool echo;			/* ICMP echo or its reply */
};

/* A match: its keywords, the field it tests, and what nft tests before it. */
struct fw_vocab_match {
	const char *words[3];		/* those not needed are NULL */
	enum fw_field field;
	enum fw_value_type value;
	struct fw_needs needs;
};

/* The match that begins here, or NULL; `meta` may be left out where nft lets
 * it. *ret_n words of it. */
const struct fw_vocab_match *fw_vocab_find(const struct fw_word *words,
					   size_t n_words, size_t *ret_n);
static inline const struct fw_vocab_match *
fw_vocab_match(const struct fw_word *words, size_t n_words)
{
	size_t n;

	return fw_vocab_find(words, n_words, &n);
}

/* What a selector's first word says of the packet (`udp length`: UDP), for
 * words that are not understood. NULL when it says nothing. */
const struct fw_needs *fw_vocab_implies(const char *word);

/* Whether iif, iifname, oif or oifname, `meta` before it or not, begins here;
 * *ret_n words. */
bool fw_vocab_device(const struct fw_word *words, size_t n_words, bool *ret_out,
		     size_t *ret_n);

/* --- selectors (selectors.c) ---------------------------------------------- */
/* The words that may stand behind a match's first one, or NULL. */
const char *const *fw_selector_fields(const char *word, size_t *ret_n);

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
