/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw tokens to the grammar's tokens: what a word or a brace is by its place.
 *
 * In: the lexer's tokens of all files, one after the other. Out: tokens in
 * which the first words of statements are keywords where their place makes them
 * so, each `{` says what it opens, every statement ends with SEP, and all
 * braces match. Nothing fails here; what is wrong is reported, and repaired or
 * skipped, so that one fault gives one message.
 *
 * An order of precedence at the beginning of a statement:
 *	1. a `}` closes the body, the end of a file what it left open
 *	2. a word that belongs outside this body, with a body of its own behind
 *	   it: the `}` in front of it is missing
 *	3. the words of the scope (keywords.c)
 *	4. in a chain, a set or a block: any other word
 */
#include <string.h>

#include "grammar/internal.h"
#include "grammar/parser.h"
#include "grammar/position.h"

int fw_conf_lex(FW_CONF_STYPE *value, FW_CONF_LTYPE *loc, struct fw_parser *parser);

/* ---- beginnings of statements ------------------------------------------------ */

static int start(struct fw_parser *parser, struct fw_token *token, bool *ret_again)
{
	fw_raw_take(parser, token);
	if (parser->define_first) {
		parser->define_first = parser->at_start = false;
		fw_raw_put_back(parser, token);
		return FW_T_DEFINE;
	}
	switch (token->kind) {
	case FW_RAW_NEWLINE:
	case FW_RAW_SEMICOLON:
		*ret_again = true;
		return 0;
	case FW_RAW_END:
		return fw_statement_end_file(parser, token, ret_again);
	case FW_RAW_CLOSE:
		if (parser->n_brackets > parser->input->n_brackets)
			return fw_statement_close_body(parser, token, token);
		fw_parse_error(parser, "syntax", &token->word.loc,
			       "unexpected '}': no brace is open here");
		*ret_again = true;
		return 0;
	default:
		break;
	}
	if (fw_statement_lacks_close(parser, token)) {
		fw_raw_put_back(parser, token);
		return fw_statement_close_body(parser, token, NULL);
	}
	parser->at_start = false;
	parser->open = 0;
	parser->base = parser->n_brackets;
	parser->last = *token;
	switch (token->kind) {
	case FW_T_NAME:
		return fw_statement_begin(parser, token);
	case FW_RAW_OPEN:
		fw_raw_put_back(parser, token);
		break;
	default:
		if (fw_raw_is_word(token->kind) && fw_bracket_top(parser)->scope > FW_SCOPE_TABLE)
			return token->kind;
		if (fw_raw_is_word(token->kind))
			break;
		fw_raw_put_back(parser, token);
		return fw_statement_next(parser, token, ret_again);
	}
	fw_parse_error(parser, "syntax", &token->word.loc, "a statement cannot begin with %s",
		       fw_parse_found(parser, &token->word));
	fw_position_skip(parser);
	return FW_T_BAD;
}

static int step(struct fw_parser *parser, struct fw_token *token)
{
	bool again;
	int kind;

	if (parser->has_next) {
		parser->has_next = false;
		*token = parser->next;
		return token->kind;
	}
	do {
		again = false;
		kind = parser->at_start ? start(parser, token, &again) :
					  fw_statement_next(parser, token, &again);
	} while (again);
	return kind;
}

/* ---- after an error ---------------------------------------------------------- */

void fw_position_skip(struct fw_parser *parser)
{
	parser->skipping = true;
}

/* Over a `{` and all that it holds, whatever that is. */
static void skip_braces(struct fw_parser *parser)
{
	struct fw_token token;
	size_t depth = 0;

	do {
		fw_raw_take(parser, &token);
		if (token.kind == FW_RAW_OPEN)
			depth++;
		else if (token.kind == FW_RAW_CLOSE)
			depth--;
		else if (token.kind == FW_RAW_END)
			fw_raw_put_back(parser, &token);
	} while (depth && token.kind != FW_RAW_END);
}

/* To the end of the statement in which the error was found. */
static int skip(struct fw_parser *parser, struct fw_token *token)
{
	size_t base = parser->base;
	int kind;

	do {
		while (!parser->has_next && fw_raw_peek(parser, 0)->kind == FW_RAW_OPEN)
			skip_braces(parser);
		kind = step(parser, token);
	} while (kind != FW_T_YYEOF && (kind != FW_T_SEP || parser->n_brackets > base));
	parser->skipping = false;
	return kind;
}

int fw_conf_lex(FW_CONF_STYPE *value, FW_CONF_LTYPE *loc, struct fw_parser *parser)
{
	struct fw_token token;
	int kind;

	if (parser->stop || parser->oom)
		return FW_T_YYEOF;
	kind = parser->skipping ? skip(parser, &token) : step(parser, &token);
	token.kind = kind;
	parser->given = token;
	value->word = token.word;
	*loc = token.word.loc;
	return kind;
}
