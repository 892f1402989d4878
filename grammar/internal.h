/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the grammar share. Nobody outside grammar/ includes this.
 *
 *	source.c	files, includes, bounds		-> bytes
 *	lexer.l		bytes				-> raw tokens
 *	position.h	raw tokens			-> tokens: which words are
 *			keywords here, which braces have bodies, where
 *			statements end, repairs, skipping after an error
 *	parser.y	tokens				-> calls of build.c
 *	build.c		finished words, lines, items	-> the tree
 *	message.c	what the parser could not use	-> diagnostics
 *	parse.c		the door
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ast/ast.h"
#include "grammar/parse.h"
#include "util/arena.h"
#include "util/diag.h"

/* Bounds that keep a hostile configuration from taking all memory. */
#define FW_PARSE_MAX_ERRORS 1000
#define FW_PARSE_MAX_FILES 4096		/* read in one run */
#define FW_PARSE_MAX_WEIGHT (8u << 20)	/* words, a statement counting as four */

/* Kinds that only position.h knows; the rest are the parser's own. */
enum fw_raw_kind {
	FW_RAW_FIRST_ = 10000,
	FW_RAW_OPEN,		/* { */
	FW_RAW_CLOSE,		/* } */
	FW_RAW_NEWLINE,
	FW_RAW_SEMICOLON,
	FW_RAW_END,		/* of this file */
	FW_RAW_BAD,		/* word.text says what is wrong */
};

struct fw_token {
	int kind;
	size_t offset;		/* of its first byte in the source */
	uint32_t indent;	/* column of the first token of its line */
	bool blank;		/* a newline: nothing stands on its line */
	struct fw_word word;	/* text, place and space; for all tokens */
};

/* A file that is being read. */
struct fw_input {
	struct fw_parser *parser;
	struct fw_input *outer;	/* the file that includes this one */
	const struct fw_source *source;
	void *scanner;
	char *buffer;		/* the scanner's own copy, in which it writes */
	struct fw_token peeked[4];	/* read, but not yet used */
	size_t n_peeked;
	uint32_t line, col;	/* of the next byte */
	size_t offset;
	bool space;		/* white space since the last token */
	bool short_strings;	/* strings end in the line that they began in */
	bool crlf_reported;
	uint32_t full_line;	/* the last with a token or comment */
	uint32_t indent_line, indent;	/* of the line that was begun last */
	size_t n_brackets;	/* open when the file began */
	_Alignas(max_align_t) unsigned char pool[1024]; /* flex's own memory */
	size_t pool_used;
	struct fw_loc suspect;	/* a brace whose `}` stood too far left; line 0: none */
	struct fw_loc wide_string; /* the last one over several lines; line 0: none */
};

/* What a `{` or `(` that is still open holds. */
enum fw_scope {
	FW_SCOPE_TOP,
	FW_SCOPE_TABLE,
	FW_SCOPE_CHAIN,
	FW_SCOPE_LINES,		/* set, map, object */
	FW_SCOPE_BLOCK,		/* Flywall's */
	FW_SCOPE_BODY,		/* of a line of a block */
	FW_SCOPE_LIST,		/* a word: { 22, 80 } */
	FW_SCOPE_CHAIN_WORD,	/* a word: jump { … } */
	FW_SCOPE_PAREN,
};

struct fw_bracket {
	enum fw_scope scope;
	bool repaired;		/* said once that something is missing */
	uint32_t indent;	/* of the line that opened it */
	struct fw_loc loc;
};

/* Heap stacks of what is not yet part of the tree. */
#define FW_STACK(type)        \
	struct {              \
		type *items;  \
		size_t n;     \
		size_t cap;   \
	}

struct fw_parser {
	struct fw_arena *arena;
	struct fw_diags *diags;
	const struct fw_parse_options *options;
	size_t n_errors;	/* reported by this run */
	bool oom;
	bool stop;		/* a bound was struck: read nothing more */
	bool line_dropped;	/* of the set, map or object being read */

	/* source.c */
	struct fw_input *input;
	size_t n_files, n_bytes, n_includes;
	bool includes_stopped;	/* the depth bound was struck: no more includes */

	/* position.h */
	struct fw_token next;	/* to be given before anything is read */
	bool has_next;
	struct fw_bracket brackets[FW_PARSE_MAX_NESTING + 1];
	size_t n_brackets;	/* the first is FW_SCOPE_TOP */
	bool at_start;		/* the next token begins a statement */
	int open;		/* token of the statement's own `{`, 0: a word */
	size_t base;		/* brackets open where the statement began */
	bool skipping;		/* to the end of the statement; mute */
	bool define_first;	/* a -D text: `define` is understood */
	struct fw_token last;	/* raw, newlines not counted */
	struct fw_token given;	/* to the grammar */

	/* build.c */
	FW_STACK(struct fw_word) words;
	FW_STACK(struct fw_line) lines;
	FW_STACK(struct fw_item) items;
	FW_STACK(struct fw_allow) allows;
	FW_STACK(const char *) tables;	/* names seen, the first few */
	size_t weight;
};

/* message.c */
/* A word as it stands in the file, quoted; of a long one the beginning. */
const char *fw_parse_found(struct fw_parser *parser, const struct fw_word *word);
struct fw_diag *fw_parse_error(struct fw_parser *parser, const char *id,
			       const struct fw_loc *loc, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The last token does not fit; expected says in words what would. */
void fw_parse_unexpected(struct fw_parser *parser, const struct fw_loc *loc,
			 const char *const *expected, size_t n);

/* source.c: 0, -ENOMEM, or another -errno of the file named at the call. */
int fw_source_open(struct fw_parser *parser, const char *path);
int fw_source_text(struct fw_parser *parser, const char *name, const char *text,
		   size_t len);
void fw_source_include(struct fw_parser *parser, const struct fw_word *pattern);
void fw_source_close(struct fw_parser *parser);

/* lexer.l */
bool fw_lexer_open(struct fw_input *input, const char *text, size_t len);
void fw_lexer_read(struct fw_input *input, struct fw_token *ret);

/* build.c. The builders return false, and note it, when memory runs out. */
void fw_build_done(struct fw_parser *parser);
bool fw_build_word(struct fw_parser *parser, const struct fw_word *word);
/* Folds the words from mark on into a brace. */
bool fw_build_brace(struct fw_parser *parser, size_t mark, const struct fw_loc *loc);
/* Takes the words from mark on off their stack. */
bool fw_build_line(struct fw_parser *parser, size_t mark, struct fw_line *ret);
bool fw_build_body_line(struct fw_parser *parser, const struct fw_line *line);
bool fw_build_body(struct fw_parser *parser, size_t mark, struct fw_line *line);
bool fw_build_item(struct fw_parser *parser, const struct fw_item *item);
/* The same with the items from mark on as its content. */
bool fw_build_parent(struct fw_parser *parser, size_t mark, struct fw_item *item);
bool fw_build_allow(struct fw_parser *parser, const struct fw_source *source,
		    uint32_t line, uint32_t col, const char *names);
bool fw_build_table_name(struct fw_parser *parser, const char *name);
bool fw_build_knows_table(const struct fw_parser *parser, const char *name);
bool fw_build_tree(struct fw_parser *parser, struct fw_ast *ast);

/* Families of tables, as nft spells them. */
bool fw_is_family(const char *word);
