/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file as written.
 *
 * The parser builds this tree and looks nothing up: defines are not replaced,
 * sets not resolved, words not understood. Rules and the lines of Flywall's
 * blocks are runs of located words; compile/ gives them meaning, and what it
 * does not understand goes to nft in these very words. Includes stand resolved
 * in their place. Everything lives in the arena of the compilation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "util/diag.h"

enum fw_word_kind {
	FW_WORD_PLAIN,	/* tcp, 80, 0x1f, 192.0.2.1, 2001:db8::1, 1h30m, 0.9,
			   50%, eth*, 00:11:22:33:44:55 */
	FW_WORD_STRING,	/* "quoted"; text is without the quotes */
	FW_WORD_DEFINE,	/* $name; text is without the dollar */
	FW_WORD_SET,	/* @name; text is without the at sign */
	FW_WORD_MARK,	/* punctuation: , . : - / | & ^ ! = ( ) == != < > <= >=
			   << >> * + [ ] and, between the rules of
			   jump { … }, the semicolon; text is the mark */
	FW_WORD_BRACE,	/* { … }; the words between are the children */
};

struct fw_word {
	enum fw_word_kind kind;
	bool space;		/* white space stood in front of it */
	const char *text;	/* "{" for a brace */
	struct fw_loc loc;	/* a brace's reaches to its closing one */
	struct fw_word *words;	/* children of a brace */
	size_t n_words;
};

/* A run of words that ends at a newline or semicolon: a rule, a line of a set,
 * a line of a block. A line of a block may have a body of lines
 * (`management { … }`, `device eth1 { … }`, `class bulk { … }`). */
struct fw_line {
	struct fw_word *words;
	size_t n_words;		/* at least 1 */
	struct fw_loc loc;
	struct fw_line *body;	/* valid with has_body */
	size_t n_body;
	bool has_body;
	const char *allow;	/* names behind `# flywall: allow`, or NULL */
};

enum fw_item_kind {
	FW_ITEM_DEFINE,		/* define NAME = words */
	FW_ITEM_REDEFINE,
	FW_ITEM_UNDEFINE,	/* undefine NAME */
	FW_ITEM_TABLE,
	FW_ITEM_CHAIN,		/* in a table */
	FW_ITEM_SET,		/* in a table, or Flywall's at top level */
	FW_ITEM_MAP,		/* in a table */
	FW_ITEM_OBJECT,		/* in a table: counter, quota, limit, synproxy,
				   secmark, ct helper|timeout|expectation,
				   flowtable */
	FW_ITEM_RULE,		/* in a chain */
	FW_ITEM_LINE,		/* in a chain: type …, policy …, devices …,
				   comment …; in a table: flags …, comment …;
				   in a set, map or object: every line */
	FW_ITEM_BLOCK,		/* options, inspect, qos, monitor, events,
				   learn; at top level */
	FW_ITEM_COMMAND,	/* add, create, insert, delete, flush, …; also
				   without the word: `rule ip t c accept` */
	FW_ITEM_MAX_,
};

/*
 * One thing between braces or at top level. Which members are valid:
 *
 *	kind		family	name	object	line	items
 *	DEFINE …	-	yes	-	value	-
 *	TABLE		yes	yes	-	-	yes
 *	CHAIN SET MAP	-	yes	-	-	yes
 *	OBJECT		-	yes	yes	value	yes
 *	RULE LINE	-	-	-	yes	-
 *	BLOCK		-	yes or NULL (the NAME of `inspect web`,
 *				  `monitor dns`)  object is the first word,
 *				  items are FW_ITEM_LINE and defines
 *	COMMAND		as far as they stand there, name is the table's; object
 *			is the verb ("add" where it was left out), line has all
 *			the words behind the verb (none in `export`; `rule` is
 *			put in where it was left out), items the body in braces,
 *			if any
 *
 * line.allow is valid in all: for what has a body it is the head's.
 */
struct fw_item {
	enum fw_item_kind kind;
	struct fw_loc loc;	/* of the head: `table inet filter` */
	const char *family;	/* as written, or NULL where it was left out */
	struct fw_loc family_loc;	/* valid with family, but in a command */
	const char *name;
	struct fw_loc name_loc;	/* valid with name */
	const char *object;
	struct fw_line line;
	struct fw_item *items;
	size_t n_items;
	bool broken;		/* SET, MAP: a line could not be read */
};

/* `# flywall: allow NAME, NAME` at the end of a line. */
struct fw_allow {
	const struct fw_source *source;
	uint32_t line, col;	/* of the first name */
	const char *names;
};

struct fw_ast {
	struct fw_item *items;
	size_t n_items;
	const struct fw_source *source;	/* the first file */
	struct fw_allow *allows;	/* by source and line */
	size_t n_allows;
};

/* Canonical text: parses to the same tree but for places and white space. */
void fw_ast_print(const struct fw_ast *ast, FILE *out);

/* The words of a line as one text, single spaces where nft wants or likes
 * them. The form that rules have in plan, list and diagnostics. */
char *fw_words_text(struct fw_arena *arena, const struct fw_word *words,
		    size_t n_words);

/* The words of an element of a list, spaced as within its braces. */
char *fw_words_element(struct fw_arena *arena, const struct fw_word *words,
		       size_t n_words);

const char *fw_item_kind_name(enum fw_item_kind kind);
