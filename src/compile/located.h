/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration as nft alone would have it, for a second opinion: every
 * table, set and rule as it was written, lowering left aside, Flywall's own
 * words left out or in their nearest form of nft. Each word of the text knows
 * where the user wrote it, so that what nft says of the text can be said of the
 * file.
 *
 * The text is one command after another: first what tables hold, then each rule
 * by itself, so that one that is refused hides no other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/diag.h"
#include "util/vec.h"

struct fw_faults;
struct fw_typed;

/* Bytes from..to of the text stand for what is at loc. */
struct fw_located_word {
	size_t from, to;
	const struct fw_loc *loc;
};

/* A command: bytes from..to, its newline included, and its words in the order
 * of from. */
struct fw_located_command {
	size_t from, to;
	size_t word, n_words;
	bool is_rule;
	bool is_define;
};

struct fw_located {
	char *text;		/* may be written to: words blanked or replaced */
	size_t len;
	FW_VEC(struct fw_located_word) words;
	FW_VEC(struct fw_located_command) commands;
	FW_VEC(size_t) lines;	/* where each begins */
	const struct fw_typed *typed;	/* what it was built from */
	bool is_part;		/* something was left out as faulty */
};

struct fw_located_options {
	/* For the network namespace of the caller: where tables of the file's
	 * names stand there already, they do not count */
	bool anew;
	/* Chains and flowtables keep their devices; else they are on lo, that
	 * every namespace has */
	bool devices;
	const struct fw_faults *faults;		/* left out; NULL: none */
};

/* 0 or -ENOMEM. */
int fw_located_build(const struct fw_typed *typed,
		     const struct fw_located_options *options,
		     struct fw_located **ret);

/* What stands at a place of the text, lines and columns as nft counts them:
 * the command, NULL where there is none, and the words there as one run. Where
 * no word of the user's stands, such as at the end of a line, the one before;
 * *ret_n is 0 in a command without words. */
const struct fw_located_command *
fw_located_find(const struct fw_located *located, uint32_t line, uint32_t col,
		uint32_t end_col, size_t *ret_word, size_t *ret_n);

/* The place of a run of words in the user's file: n is at least 1. */
struct fw_loc fw_located_loc(const struct fw_located *located, size_t word,
			     size_t n);

/* Adds to diagnostics from first on where a define in their place is made. */
void fw_located_explain(const struct fw_located *located,
			struct fw_diags *diags, size_t first);
