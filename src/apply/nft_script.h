/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script for nft, line by line, each with what it is about: so that a
 * complaint about a line finds its rule, and a line can be left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apply/nft_record.h"
#include "util/arena.h"

/* What a line of the script is about, for nft's complaints about it. */
struct fw_nft_origin {
	const struct fw_nft_rec_table *table;
	struct fw_nft_rec_object *object;	/* or NULL */
	const struct fw_nft_rec_chain *chain;	/* or NULL */
	const struct fw_nft_rec_rule *rule;	/* of the next record, or NULL */
	bool element;		/* one element of object, alone on its line */
	bool removal;		/* valid with element */
};

struct fw_nft_line {
	const char *text;
	struct fw_nft_origin origin;
	bool off;		/* to be left out: fw_nft_script_render() */
	bool hook;		/* makes the chain around it a base chain */
	uint32_t list;		/* elements in the list that opens here */
};

struct fw_nft_script {
	struct fw_arena *arena;
	struct fw_nft_line *lines;	/* line n of nft's stands at n - 1 */
	size_t n, cap;
	bool moves_base_chains;	/* a base chain comes or goes */
};

/* Adds a line. Returns it, or NULL when memory ran out; it moves with the next
 * one. */
struct fw_nft_line *fw_nft_script_add(struct fw_nft_script *script,
				      const struct fw_nft_origin *origin,
				      const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds the lines of text, indented; NULL is none. 0 or -ENOMEM. */
int fw_nft_script_add_block(struct fw_nft_script *script,
			    const struct fw_nft_origin *origin,
			    const char *text);

/* The text, lines that are off without words so that the count stays; lists that
 * lost all their elements are left out. Without hooks all new chains are regular
 * ones. Memory of script's arena; NULL when it ran out. */
const char *fw_nft_script_render(const struct fw_nft_script *script, bool hooks);
bool fw_nft_script_empty(const struct fw_nft_script *script);
