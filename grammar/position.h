/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw tokens to the grammar's tokens, in four files:
 *
 *	brackets.c	raw tokens, and the brackets that are open
 *	keywords.c	the first word of a statement
 *	words.c		the other words, ends of statements, repairs
 *	position.c	the order of all this; skipping after an error
 *
 * Functions that return int return a token of the grammar; *ret_again says that
 * there is none yet.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "grammar/internal.h"

/* bison enters its error rules in silence: what is wrong has been said. */
#define FW_T_BAD FW_T_FW_CONF_error

/* The i-th raw token to come. Never asked for one behind a file's end. */
struct fw_token *fw_raw_peek(struct fw_parser *parser, size_t i);
void fw_raw_take(struct fw_parser *parser, struct fw_token *ret);
void fw_raw_put_back(struct fw_parser *parser, const struct fw_token *token);
bool fw_raw_is_word(int kind);

struct fw_bracket *fw_bracket_top(struct fw_parser *parser);
/* Within a list or parentheses, where newlines are white space? */
bool fw_bracket_in_word(struct fw_parser *parser);
/* False, after a diagnostic, when they are nested too deeply. */
bool fw_bracket_push(struct fw_parser *parser, enum fw_scope scope,
		     const struct fw_token *token);
/* token is the user's bracket, NULL where it is missing. */
void fw_bracket_pop(struct fw_parser *parser, const struct fw_token *token);

/* token begins a statement; it may become another one. */
int fw_statement_begin(struct fw_parser *parser, struct fw_token *token);
/* Is a `}` missing in front of token? Then it has been reported. */
bool fw_statement_lacks_close(struct fw_parser *parser, const struct fw_token *token);
/* The next token within a statement. */
int fw_statement_next(struct fw_parser *parser, struct fw_token *token, bool *ret_again);
/* brace is the user's `}`, NULL where it is missing. */
int fw_statement_close_body(struct fw_parser *parser, struct fw_token *token,
			    const struct fw_token *brace);
/* At the end of a file: closes what it left open, one a call, then leaves it. */
int fw_statement_end_file(struct fw_parser *parser, struct fw_token *token, bool *ret_again);
/* token comes next, before anything is read. */
void fw_statement_give(struct fw_parser *parser, const struct fw_token *token);

/* Reads on behind the statement that is being read; mute until there. */
void fw_position_skip(struct fw_parser *parser);
