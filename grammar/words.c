/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a statement behind its first, and the ends of statements,
 * bodies and files.
 *
 * In: raw tokens. Out: the grammar's. Braces and lists that were left open are
 * closed and commas put in, each with a diagnostic, so that the rest is read as
 * it was meant.
 */
#include <string.h>

#include "grammar/internal.h"
#include "grammar/parser.h"
#include "grammar/position.h"

#define LOOK_AHEAD 160	/* bytes */

/* ---- ends of statements, bodies and files ----------------------------------- */

static int end_statement(struct fw_parser *parser)
{
	parser->at_start = true;
	return FW_T_SEP;
}

/* The body's closing brace; it ends the statement that the body belongs to. */
int fw_statement_close_body(struct fw_parser *parser, struct fw_token *token,
			    const struct fw_token *brace)
{
	struct fw_token separator = *token;

	separator.kind = FW_T_SEP;
	separator.word.text = "\n";
	fw_statement_give(parser, &separator);
	fw_bracket_pop(parser, brace);
	parser->at_start = true;
	return FW_T_CLOSE;
}

static void report_unclosed(struct fw_parser *parser, const struct fw_loc *loc)
{
	const struct fw_bracket *bracket = fw_bracket_top(parser);

	if (!bracket->repaired)
		fw_parse_error(parser, "unclosed", loc, "'%s' is not closed",
			       bracket->scope == FW_SCOPE_PAREN ? "(" : "{");
}

/* One message for all that a file leaves open, at the likeliest place. */
static void report_open_at_end(struct fw_parser *parser)
{
	const struct fw_input *in = parser->input;

	report_unclosed(parser, in->suspect.line ? &in->suspect : &fw_bracket_top(parser)->loc);
	for (size_t i = in->n_brackets; i < parser->n_brackets; i++)
		parser->brackets[i].repaired = true;
}

int fw_statement_end_file(struct fw_parser *parser, struct fw_token *token, bool *ret_again)
{
	if (parser->n_brackets > parser->input->n_brackets) {
		fw_raw_put_back(parser, token);
		report_open_at_end(parser);
		return fw_statement_close_body(parser, token, NULL);
	}
	if (!parser->input->outer) {
		fw_raw_put_back(parser, token);
		return FW_T_YYEOF;
	}
	fw_source_close(parser);
	*ret_again = true;
	return 0;
}

/* ---- words within a statement ----------------------------------------------- */

static int report_bad(struct fw_parser *parser, const struct fw_token *token)
{
	const struct fw_loc *wide = &parser->input->wide_string;
	struct fw_diag *diag;
	char c = parser->input->source->text[token->offset];

	if (token->word.text)
		diag = fw_parse_error(parser, "syntax", &token->word.loc, "%s",
				      token->word.text);
	else
		diag = fw_parse_error(parser, "syntax", &token->word.loc,
				      "unexpected character '%c'", c);
	if (c == '"' && wide->line)
		fw_diag_related(parser->diags, diag, wide,
				"this string runs over the end of its line");
	fw_position_skip(parser);
	return FW_T_BAD;
}

static enum fw_scope opened_scope(int open)
{
	switch (open) {
	case FW_T_TABLE_OPEN:
		return FW_SCOPE_TABLE;
	case FW_T_CHAIN_OPEN:
		return FW_SCOPE_CHAIN;
	case FW_T_LINES_OPEN:
		return FW_SCOPE_LINES;
	case FW_T_BLOCK_OPEN:
		return FW_SCOPE_BLOCK;
	default:
		return FW_SCOPE_BODY;
	}
}

static int open_brace(struct fw_parser *parser, struct fw_token *token,
		      const struct fw_token *before)
{
	bool body = parser->open && parser->n_brackets == parser->base;
	enum fw_scope scope = body ? opened_scope(parser->open) : FW_SCOPE_LIST;
	int kind = body ? parser->open : FW_T_LIST_OPEN;

	if (!body && before->kind == FW_T_NAME &&
	    (!strcmp(before->word.text, "jump") || !strcmp(before->word.text, "goto"))) {
		scope = FW_SCOPE_CHAIN_WORD;
		kind = FW_T_CHAIN_WORD_OPEN;
	}
	if (!fw_bracket_push(parser, scope, token)) {
		fw_raw_put_back(parser, token);
		fw_position_skip(parser);
		return FW_T_BAD;
	}
	parser->at_start = body;
	return kind;
}

/* Closes the innermost list or parenthesis in place of the user. */
static int repair_close(struct fw_parser *parser, struct fw_token *token)
{
	bool paren = fw_bracket_top(parser)->scope == FW_SCOPE_PAREN;

	fw_raw_put_back(parser, token);
	report_unclosed(parser, &fw_bracket_top(parser)->loc);
	fw_bracket_pop(parser, NULL);
	token->word.kind = FW_WORD_MARK;
	token->word.text = paren ? ")" : "}";
	return paren ? FW_T_PAREN_CLOSE : FW_T_LIST_CLOSE;
}

static int close_brace(struct fw_parser *parser, struct fw_token *token,
		       const struct fw_token *before)
{
	enum fw_scope scope = fw_bracket_top(parser)->scope;

	if (scope < FW_SCOPE_LIST) {
		fw_raw_put_back(parser, token);
		return end_statement(parser);
	}
	if (scope == FW_SCOPE_PAREN)
		return repair_close(parser, token);
	if (scope == FW_SCOPE_CHAIN_WORD && before->kind != FW_RAW_SEMICOLON &&
	    before->kind != FW_RAW_OPEN) {
		fw_raw_put_back(parser, token);
		token->kind = FW_RAW_SEMICOLON;
		token->word.text = ";";
		parser->last = *token;
		return FW_T_MARK;
	}
	fw_bracket_pop(parser, token);
	return FW_T_LIST_CLOSE;
}

/*
 * In a list, a line or a `;` ended where a comma or the `}` had to stand. Does
 * the list go on behind it? It does when the rest of that line has a `}` to
 * close it, ends in a comma, or is a single word. Of a long line the beginning
 * has to do, so that many such places cost no more than their number.
 */
static bool list_goes_on(const struct fw_source *source, size_t offset)
{
	const char *text = source->text + offset + strspn(source->text + offset, " \t");
	size_t n = strnlen(text, LOOK_AHEAD), len = 0, word;
	bool blank = false;

	for (word = 0; word < n && !strchr("\n#", text[word]); word++) {
		char c = text[word];

		if (c == '{' || c == '}')
			return c == '}' && len;
		if (strchr(" \t\r", c))
			continue;
		blank |= len && word > len;
		len = word + 1;
	}
	return len && (!blank || text[len - 1] == ',');
}

/* Puts the missing comma in, or the missing brace. */
static int repair_list(struct fw_parser *parser, struct fw_token *token,
		       const struct fw_token *before, size_t behind, bool *ret_again)
{
	struct fw_bracket *list = fw_bracket_top(parser);
	bool goes_on = list_goes_on(parser->input->source, behind);
	struct fw_diag *diag;

	if (list->scope != FW_SCOPE_LIST)
		return repair_close(parser, token);
	if (!list->repaired) {
		diag = fw_parse_error(parser, "syntax", &token->word.loc,
				      "expected ',' or '}', found %s",
				      fw_parse_found(parser, &token->word));
		fw_diag_related(parser->diags, diag, &list->loc, "the list began here");
		list->repaired = true;
	}
	if (!goes_on)
		return repair_close(parser, token);
	*ret_again = before->kind == FW_T_COMMA;
	token->word.kind = FW_WORD_MARK;
	token->word.text = ",";
	return FW_T_COMMA;
}

static void report_blank_line(struct fw_parser *parser,
			      const struct fw_token *token)
{
	struct fw_bracket *list = fw_bracket_top(parser);

	if (list->scope == FW_SCOPE_LIST && !list->repaired) {
		fw_parse_error(parser, "syntax", &token->word.loc,
			       "an empty line in a list, where nft takes none");
		list->repaired = true;
	}
}

/* A newline in a list is white space; nft allows none inside an element, and no
 * empty line. */
static int newline_in_word(struct fw_parser *parser, struct fw_token *token,
			   const struct fw_token *before, bool *ret_again)
{
	const struct fw_token *next;
	struct fw_token spare;

	if (token->blank)
		report_blank_line(parser, token);
	while (fw_raw_peek(parser, 0)->kind == FW_RAW_NEWLINE) {
		fw_raw_take(parser, &spare);
		if (spare.blank)
			report_blank_line(parser, &spare);
	}
	next = fw_raw_peek(parser, 0);
	if (fw_raw_is_word(next->kind) &&
	    (fw_raw_is_word(before->kind) || before->kind == FW_RAW_CLOSE))
		return repair_list(parser, token, before, next->offset, ret_again);
	*ret_again = true;
	return 0;
}

/* In jump { … } rules are separated as in a chain. */
static int separate_rules(struct fw_parser *parser, struct fw_token *token,
			  const struct fw_token *before, bool *ret_again)
{
	if (before->kind == FW_RAW_SEMICOLON || before->kind == FW_RAW_OPEN) {
		*ret_again = true;
		return 0;
	}
	token->kind = FW_RAW_SEMICOLON;
	token->word.kind = FW_WORD_MARK;
	token->word.text = ";";
	parser->last = *token;
	return FW_T_MARK;
}

static int separator(struct fw_parser *parser, struct fw_token *token,
		     const struct fw_token *before, bool *ret_again)
{
	if (!fw_bracket_in_word(parser))
		return end_statement(parser);
	if (fw_bracket_top(parser)->scope == FW_SCOPE_CHAIN_WORD)
		return separate_rules(parser, token, before, ret_again);
	if (token->kind == FW_RAW_NEWLINE)
		return newline_in_word(parser, token, before, ret_again);
	return repair_list(parser, token, before, token->offset + 1, ret_again);
}

int fw_statement_next(struct fw_parser *parser, struct fw_token *token, bool *ret_again)
{
	struct fw_token before = parser->last;

	fw_raw_take(parser, token);
	if (token->kind != FW_RAW_NEWLINE)
		parser->last = *token;
	switch (token->kind) {
	case FW_RAW_NEWLINE:
	case FW_RAW_SEMICOLON:
		return separator(parser, token, &before, ret_again);
	case FW_RAW_OPEN:
		return open_brace(parser, token, &before);
	case FW_RAW_CLOSE:
		return close_brace(parser, token, &before);
	case FW_RAW_END:
		if (fw_bracket_in_word(parser)) {
			report_open_at_end(parser);
			return repair_close(parser, token);
		}
		fw_raw_put_back(parser, token);
		return end_statement(parser);
	case FW_RAW_BAD:
		return report_bad(parser, token);
	case FW_T_PAREN_OPEN:
		if (fw_bracket_push(parser, FW_SCOPE_PAREN, token))
			return token->kind;
		fw_position_skip(parser);
		return FW_T_BAD;
	case FW_T_PAREN_CLOSE:
		if (fw_bracket_top(parser)->scope == FW_SCOPE_PAREN) {
			fw_bracket_pop(parser, NULL);
			return token->kind;
		}
		fw_parse_error(parser, "syntax", &token->word.loc,
			       "unexpected ')': no parenthesis is open here");
		fw_position_skip(parser);
		return FW_T_BAD;
	default:
		return token->kind;
	}
}
