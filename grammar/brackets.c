/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw tokens, some of them looked at in advance, and the brackets that are open.
 *
 * In: the lexer's tokens. Out: the same, one by one; the scope in which they
 * stand. Only the bound on nesting can fail, by a diagnostic.
 */
#include <string.h>

#include "grammar/internal.h"
#include "grammar/parser.h"
#include "grammar/position.h"

/* ---- raw tokens ----------------------------------------------------------- */

static void read_raw(struct fw_input *in, struct fw_token *ret)
{
	fw_lexer_read(in, ret);
	if (in->indent_line != ret->word.loc.line) {
		in->indent_line = ret->word.loc.line;
		in->indent = ret->word.loc.col;
	}
	ret->indent = in->indent;
}

/* The i-th token to come. Never asked for one behind a file's end. */
struct fw_token *fw_raw_peek(struct fw_parser *parser, size_t i)
{
	struct fw_input *in = parser->input;

	while (in->n_peeked <= i)
		read_raw(in, &in->peeked[in->n_peeked++]);
	return &in->peeked[i];
}

void fw_raw_take(struct fw_parser *parser, struct fw_token *ret)
{
	struct fw_input *in = parser->input;

	*ret = *fw_raw_peek(parser, 0);
	in->n_peeked--;
	memmove(in->peeked, in->peeked + 1, in->n_peeked * sizeof(in->peeked[0]));
}

/* There is room: callers have just taken one. */
void fw_raw_put_back(struct fw_parser *parser, const struct fw_token *token)
{
	struct fw_input *in = parser->input;

	memmove(in->peeked + 1, in->peeked, in->n_peeked * sizeof(in->peeked[0]));
	in->peeked[0] = *token;
	in->n_peeked++;
}

bool fw_raw_is_word(int kind)
{
	return kind == FW_T_NAME || kind == FW_T_VALUE || kind == FW_T_STRING ||
	       kind == FW_T_DEFINED || kind == FW_T_SET_NAME;
}

/* ---- brackets ------------------------------------------------------------- */

struct fw_bracket *fw_bracket_top(struct fw_parser *parser)
{
	return &parser->brackets[parser->n_brackets - 1];
}

bool fw_bracket_in_word(struct fw_parser *parser)
{
	return fw_bracket_top(parser)->scope >= FW_SCOPE_LIST;
}

/* The scope of statements: what encloses the lists and parentheses. */
static enum fw_scope statement_scope(const struct fw_parser *parser)
{
	size_t i = parser->n_brackets - 1;

	while (parser->brackets[i].scope >= FW_SCOPE_LIST)
		i--;
	return parser->brackets[i].scope;
}

/* In Flywall's blocks a string ends on its line. */
static void tell_lexer(struct fw_parser *parser)
{
	enum fw_scope outer = statement_scope(parser);

	parser->input->short_strings = outer == FW_SCOPE_BLOCK || outer == FW_SCOPE_BODY;
}

bool fw_bracket_push(struct fw_parser *parser, enum fw_scope scope,
		     const struct fw_token *token)
{
	if (parser->n_brackets > FW_PARSE_MAX_NESTING) {
		fw_parse_error(parser, "nesting", &token->word.loc,
			       "braces and parentheses are nested deeper than %d",
			       FW_PARSE_MAX_NESTING);
		return false;
	}
	parser->brackets[parser->n_brackets++] = (struct fw_bracket){
		.scope = scope, .loc = token->word.loc, .indent = token->indent,
	};
	tell_lexer(parser);
	return true;
}

/* A `}` that begins a line left of the line of its `{` may be another one's. */
void fw_bracket_pop(struct fw_parser *parser, const struct fw_token *token)
{
	const struct fw_bracket *bracket = fw_bracket_top(parser);
	struct fw_loc *suspect = &parser->input->suspect;

	if (token && token->indent == token->word.loc.col &&
	    token->indent < bracket->indent && !suspect->line)
		*suspect = bracket->loc;
	parser->n_brackets--;
	tell_lexer(parser);
}
