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
 * An order of precedence at the first word of a statement:
 *	1. a `}` closes the body, the end of a file what it left open
 *	2. a word that belongs outside this body, with a body of its own behind
 *	   it: the `}` in front of it is missing
 *	3. the words of the scope (scopes[] below)
 *	4. in a chain, a set or a block: any other word
 */
#include <string.h>

#include "grammar/internal.h"
#include "grammar/parser.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* bison enters its error rules in silence: what is wrong has been said. */
#define BAD FW_T_FW_CONF_error

int fw_conf_lex(FW_CONF_STYPE *value, FW_CONF_LTYPE *loc, struct fw_parser *parser);

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
static struct fw_token *peek(struct fw_parser *parser, size_t i)
{
	struct fw_input *in = parser->input;

	while (in->n_peeked <= i)
		read_raw(in, &in->peeked[in->n_peeked++]);
	return &in->peeked[i];
}

static void take_raw(struct fw_parser *parser, struct fw_token *ret)
{
	struct fw_input *in = parser->input;

	*ret = *peek(parser, 0);
	in->n_peeked--;
	memmove(in->peeked, in->peeked + 1, in->n_peeked * sizeof(in->peeked[0]));
}

/* There is room: callers have just taken one. */
static void put_back(struct fw_parser *parser, const struct fw_token *token)
{
	struct fw_input *in = parser->input;

	memmove(in->peeked + 1, in->peeked, in->n_peeked * sizeof(in->peeked[0]));
	in->peeked[0] = *token;
	in->n_peeked++;
}

static bool is_word(int kind)
{
	return kind == FW_T_NAME || kind == FW_T_VALUE || kind == FW_T_STRING ||
	       kind == FW_T_DEFINED || kind == FW_T_SET_NAME;
}

/* ---- brackets ------------------------------------------------------------- */

static struct fw_bracket *top_bracket(struct fw_parser *parser)
{
	return &parser->brackets[parser->n_brackets - 1];
}

static bool in_word(struct fw_parser *parser)
{
	return top_bracket(parser)->scope >= FW_SCOPE_LIST;
}

/* The scope of statements: what encloses the lists and parentheses. */
static enum fw_scope statement_scope(const struct fw_parser *parser)
{
	size_t i = parser->n_brackets - 1;

	while (parser->brackets[i].scope >= FW_SCOPE_LIST)
		i--;
	return parser->brackets[i].scope;
}

/* Decimals and percentages are words in blocks and among a set's options. */
static void tell_lexer(struct fw_parser *parser)
{
	enum fw_scope outer = statement_scope(parser);

	parser->input->in_block = outer == FW_SCOPE_BLOCK || outer == FW_SCOPE_BODY ||
				  top_bracket(parser)->scope == FW_SCOPE_LINES;
}

static bool push_bracket(struct fw_parser *parser, enum fw_scope scope,
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
static void pop_bracket(struct fw_parser *parser, const struct fw_token *token)
{
	const struct fw_bracket *bracket = top_bracket(parser);

	if (token && token->indent == token->word.loc.col &&
	    token->indent < bracket->indent && !parser->suspect.line)
		parser->suspect = bracket->loc;
	parser->n_brackets--;
	tell_lexer(parser);
}

/* ---- the words of each place ---------------------------------------------- */

struct head {
	const char *word;
	int token;
	int open;	/* the token of its `{`; 0: the brace is a word */
};

static const struct head defines[] = {
	{ "define", FW_T_DEFINE, 0 },
	{ "redefine", FW_T_REDEFINE, 0 },
	{ "undefine", FW_T_UNDEFINE, 0 },
	{ "include", FW_T_INCLUDE, 0 },
};

/* Flywall's own; blocks only where `{` or `NAME {` follows. */
static const struct head blocks[] = {
	{ "options", FW_T_BLOCK, FW_T_BLOCK_OPEN },
	{ "inspect", FW_T_BLOCK, FW_T_BLOCK_OPEN },
	{ "qos", FW_T_BLOCK, FW_T_BLOCK_OPEN },
	{ "monitor", FW_T_BLOCK, FW_T_BLOCK_OPEN },
	{ "events", FW_T_BLOCK, FW_T_BLOCK_OPEN },
	{ "learn", FW_T_BLOCK, FW_T_BLOCK_OPEN },
};

static const struct head verbs[] = {
	{ "add", FW_T_VERB, 0 },
	{ "create", FW_T_VERB, 0 },
	{ "insert", FW_T_VERB, 0 },
	{ "replace", FW_T_VERB, 0 },
	{ "delete", FW_T_VERB, 0 },
	{ "destroy", FW_T_VERB, 0 },
	{ "flush", FW_T_VERB, 0 },
	{ "list", FW_T_VERB, 0 },
	{ "get", FW_T_VERB, 0 },
	{ "reset", FW_T_VERB, 0 },
	{ "rename", FW_T_VERB, 0 },
	{ "monitor", FW_T_VERB, 0 },
	{ "describe", FW_T_VERB, 0 },
	{ "export", FW_T_VERB, 0 },
	{ "import", FW_T_VERB, 0 },
};

/* What verbs act on; without a verb at top level, `add` is meant. */
static const struct head objects[] = {
	{ "chain", FW_T_IMPLICIT, FW_T_CHAIN_OPEN },
	{ "rule", FW_T_IMPLICIT, 0 },
	{ "element", FW_T_IMPLICIT, 0 },
	{ "set", FW_T_IMPLICIT, FW_T_LINES_OPEN },
	{ "map", FW_T_IMPLICIT, FW_T_LINES_OPEN },
	{ "flowtable", FW_T_IMPLICIT, FW_T_LINES_OPEN },
	{ "counter", FW_T_IMPLICIT, FW_T_LINES_OPEN },
	{ "quota", FW_T_IMPLICIT, FW_T_LINES_OPEN },
	{ "limit", FW_T_IMPLICIT, FW_T_LINES_OPEN },
	{ "secmark", FW_T_IMPLICIT, FW_T_LINES_OPEN },
	{ "synproxy", FW_T_IMPLICIT, FW_T_LINES_OPEN },
	{ "ct", FW_T_IMPLICIT, FW_T_LINES_OPEN },
};

static const struct head top_words[] = {
	{ "table", FW_T_TABLE, FW_T_TABLE_OPEN },
};

static const struct head table_words[] = {
	{ "chain", FW_T_CHAIN, FW_T_CHAIN_OPEN },
	{ "set", FW_T_SET, FW_T_LINES_OPEN },
	{ "map", FW_T_MAP, FW_T_LINES_OPEN },
	{ "flowtable", FW_T_OBJECT, FW_T_LINES_OPEN },
	{ "counter", FW_T_OBJECT, FW_T_LINES_OPEN },
	{ "quota", FW_T_OBJECT, FW_T_LINES_OPEN },
	{ "limit", FW_T_OBJECT, FW_T_LINES_OPEN },
	{ "secmark", FW_T_OBJECT, FW_T_LINES_OPEN },
	{ "synproxy", FW_T_OBJECT, FW_T_LINES_OPEN },
	{ "ct", FW_T_CT, FW_T_LINES_OPEN },
	{ "flags", FW_T_LINE_HEAD, 0 },
	{ "comment", FW_T_LINE_HEAD, 0 },
};

static const struct head chain_words[] = {
	{ "type", FW_T_LINE_HEAD, 0 },
	{ "policy", FW_T_LINE_HEAD, 0 },
	{ "devices", FW_T_LINE_HEAD, 0 },
	{ "flags", FW_T_LINE_HEAD, 0 },
	{ "comment", FW_T_LINE_HEAD, 0 },
};

/* Lines of blocks that have a body of lines. */
static const char *const body_words[] = { "management", "device", "class" };

#define FIND(heads, text) find_head(heads, COUNT(heads), text)

static const struct head *find_head(const struct head *heads, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(heads[i].word, text))
			return &heads[i];
	}
	return NULL;
}

/* ---- the first word of a statement ---------------------------------------- */

/* Do names, `least` to `most` of them, and then a `{` follow? */
static bool body_follows(struct fw_parser *parser, size_t least, size_t most)
{
	for (size_t i = 0; i <= most; i++) {
		if (peek(parser, i)->kind == FW_RAW_OPEN)
			return i >= least;
		if (peek(parser, i)->kind != FW_T_NAME)
			return false;
	}
	return false;
}

static void give(struct fw_parser *parser, const struct fw_token *token)
{
	parser->next = *token;
	parser->has_next = true;
}

/* `add ip t c accept` and, at top level, `ip t c accept`: `rule` is meant. */
static struct fw_token rule_word(const struct fw_token *before)
{
	struct fw_token rule = *before;

	rule.kind = FW_T_NAME;
	rule.word.kind = FW_WORD_PLAIN;
	rule.word.text = "rule";
	rule.word.loc.end_line = rule.word.loc.line;
	rule.word.loc.end_col = rule.word.loc.col;
	return rule;
}

static int start_verb(struct fw_parser *parser, const struct fw_token *verb)
{
	static const char *const of_rules[] = { "add", "insert", "create" };
	const struct fw_token *object = peek(parser, 0);
	const struct head *head;

	if (object->kind != FW_T_NAME)
		return FW_T_VERB;
	head = FIND(objects, object->word.text);
	if (!head)
		head = FIND(top_words, object->word.text);
	if (head) {
		parser->open = head->open;
		return FW_T_VERB;
	}
	for (size_t i = 0; i < COUNT(of_rules); i++) {
		if (!strcmp(verb->word.text, of_rules[i])) {
			struct fw_token rule = rule_word(object);

			give(parser, &rule);
		}
	}
	return FW_T_VERB;
}

static int unknown(struct fw_parser *parser, const struct fw_token *token,
		   const char *where, const char *nearest)
{
	struct fw_diag *diag = fw_parse_error(parser, "unknown-statement", &token->word.loc,
					      "unknown statement '%s' %s", token->word.text,
					      where);

	if (nearest)
		fw_diag_hint(parser->diags, diag, "did you mean '%s'?", nearest);
	fw_position_skip(parser);
	return BAD;
}

static size_t add_names(const char **names, size_t n, const struct head *heads,
			size_t n_heads)
{
	for (size_t i = 0; i < n_heads; i++)
		names[n++] = heads[i].word;
	return n;
}

static int start_top(struct fw_parser *parser, struct fw_token *token)
{
	const char *text = token->word.text;
	const struct head *head = FIND(blocks, text);
	const char *names[COUNT(top_words) + COUNT(defines) + COUNT(blocks) + COUNT(verbs) +
			  COUNT(objects)];
	size_t n = 0;

	if (!head || !body_follows(parser, 0, 1))
		head = FIND(top_words, text);
	if (head) {
		parser->open = head->open;
		return head->token;
	}
	if (!strcmp(text, "set") && body_follows(parser, 1, 1)) {
		parser->open = FW_T_LINES_OPEN;
		return FW_T_SET;
	}
	if (FIND(verbs, text))
		return start_verb(parser, token);
	head = FIND(objects, text);
	if (head) {
		parser->open = head->open;
		return head->token;
	}
	if (fw_is_family(text) || fw_build_knows_table(parser, text)) {
		give(parser, token);
		*token = rule_word(token);
		return FW_T_IMPLICIT;
	}
	n = add_names(names, n, top_words, COUNT(top_words));
	n = add_names(names, n, defines, COUNT(defines));
	n = add_names(names, n, blocks, COUNT(blocks));
	n = add_names(names, n, verbs, COUNT(verbs));
	n = add_names(names, n, objects, COUNT(objects));
	return unknown(parser, token, "at top level", fw_nearest(text, names, n));
}

static int start_table(struct fw_parser *parser, const struct fw_token *token)
{
	const struct head *head = FIND(table_words, token->word.text);
	const char *names[COUNT(table_words) + COUNT(defines)];
	size_t n = 0;

	if (head) {
		parser->open = head->open;
		return head->token;
	}
	n = add_names(names, n, table_words, COUNT(table_words));
	n = add_names(names, n, defines, COUNT(defines));
	return unknown(parser, token, "in a table", fw_nearest(token->word.text, names, n));
}

static int start_in_scope(struct fw_parser *parser, struct fw_token *token)
{
	enum fw_scope scope = top_bracket(parser)->scope;
	const char *text = token->word.text;
	const struct head *head = scope == FW_SCOPE_BODY ? NULL : FIND(defines, text);

	if (head)
		return head->token;
	switch (scope) {
	case FW_SCOPE_TOP:
		return start_top(parser, token);
	case FW_SCOPE_TABLE:
		return start_table(parser, token);
	case FW_SCOPE_CHAIN:
		head = FIND(chain_words, text);
		return head ? head->token : token->kind;
	case FW_SCOPE_BLOCK:
		for (size_t i = 0; i < COUNT(body_words); i++) {
			if (!strcmp(text, body_words[i]))
				parser->open = FW_T_BODY_OPEN;
		}
		return token->kind;
	default:
		return token->kind;
	}
}

/* ---- statements that stand where none of them can --------------------------- */

/* Statements that can stand in one scope only, by their word and their body. */
static bool belongs_to(struct fw_parser *parser, const char *text, enum fw_scope *ret)
{
	static const char *const in_tables[] = { "chain", "set", "map", "flowtable" };

	if (!strcmp(text, "table") && body_follows(parser, 1, 2)) {
		*ret = FW_SCOPE_TOP;
		return true;
	}
	if (FIND(blocks, text) && body_follows(parser, 0, 1)) {
		*ret = FW_SCOPE_TOP;
		return true;
	}
	for (size_t i = 0; i < COUNT(in_tables); i++) {
		if (!strcmp(text, in_tables[i]) && body_follows(parser, 1, 1)) {
			*ret = FW_SCOPE_TABLE;
			return true;
		}
	}
	return false;
}

/*
 * Is a `}` missing in front of this statement? Then it is reported, once for
 * all bodies that are to be closed. Only this file's can lack theirs.
 */
static bool lacks_close(struct fw_parser *parser, const struct fw_token *token)
{
	struct fw_bracket *top = top_bracket(parser);
	size_t last = parser->n_brackets - 1;
	struct fw_diag *diag;
	enum fw_scope scope;
	size_t i = last;

	if (token->kind != FW_T_NAME || !belongs_to(parser, token->word.text, &scope) ||
	    scope == top->scope)
		return false;
	while (i >= parser->input->n_brackets && parser->brackets[i - 1].scope != scope)
		i--;
	if (i < parser->input->n_brackets)
		return false;
	if (!top->repaired) {
		diag = fw_parse_error(parser, "unclosed", &token->word.loc,
				      "'%s' cannot stand here: is a '}' missing in front of it?",
				      token->word.text);
		fw_diag_related(parser->diags, diag, &top->loc, "this brace is open");
	}
	for (; i <= last; i++)
		parser->brackets[i].repaired = true;
	return true;
}

/* ---- ends of statements, bodies and files ----------------------------------- */

static int end_statement(struct fw_parser *parser)
{
	parser->at_start = true;
	return FW_T_SEP;
}

/* The body's closing brace; it ends the statement that the body belongs to. */
static int close_body(struct fw_parser *parser, struct fw_token *token,
		      const struct fw_token *brace)
{
	struct fw_token separator = *token;

	separator.kind = FW_T_SEP;
	separator.word.text = "\n";
	give(parser, &separator);
	pop_bracket(parser, brace);
	parser->at_start = true;
	return FW_T_CLOSE;
}

static void report_unclosed(struct fw_parser *parser, const struct fw_loc *suspect)
{
	const struct fw_bracket *bracket = top_bracket(parser);

	if (!bracket->repaired)
		fw_parse_error(parser, "unclosed", suspect->line ? suspect : &bracket->loc,
			       "'%s' is not closed",
			       bracket->scope == FW_SCOPE_PAREN ? "(" : "{");
	for (size_t i = parser->input->n_brackets; i < parser->n_brackets; i++)
		parser->brackets[i].repaired = true;
}

/* At the end of a file: closes what it left open, one a call, then leaves it. */
static int end_file(struct fw_parser *parser, struct fw_token *token, bool *ret_again)
{
	if (parser->n_brackets > parser->input->n_brackets) {
		put_back(parser, token);
		report_unclosed(parser, &parser->suspect);
		return close_body(parser, token, NULL);
	}
	if (!parser->input->outer) {
		put_back(parser, token);
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
	return BAD;
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
	if (!push_bracket(parser, scope, token)) {
		put_back(parser, token);
		fw_position_skip(parser);
		return BAD;
	}
	parser->at_start = body;
	return kind;
}

/* Closes the innermost list or parenthesis in place of the user. */
static int repair_close(struct fw_parser *parser, struct fw_token *token)
{
	bool paren = top_bracket(parser)->scope == FW_SCOPE_PAREN;

	put_back(parser, token);
	report_unclosed(parser, &(struct fw_loc){ 0 });
	pop_bracket(parser, NULL);
	token->word.kind = FW_WORD_MARK;
	token->word.text = paren ? ")" : "}";
	return paren ? FW_T_PAREN_CLOSE : FW_T_LIST_CLOSE;
}

static int close_brace(struct fw_parser *parser, struct fw_token *token,
		       const struct fw_token *before)
{
	enum fw_scope scope = top_bracket(parser)->scope;

	if (scope < FW_SCOPE_LIST) {
		put_back(parser, token);
		return end_statement(parser);
	}
	if (scope == FW_SCOPE_PAREN)
		return repair_close(parser, token);
	if (scope == FW_SCOPE_CHAIN_WORD && before->kind != FW_RAW_SEMICOLON &&
	    before->kind != FW_RAW_OPEN) {
		put_back(parser, token);
		token->kind = FW_RAW_SEMICOLON;
		token->word.text = ";";
		parser->last = *token;
		return FW_T_MARK;
	}
	pop_bracket(parser, token);
	return FW_T_LIST_CLOSE;
}

/*
 * In a list, a line or a `;` ended where a comma or the `}` had to stand. Does
 * the list go on behind it? It does when the rest of that line has a `}` to
 * close it, ends in a comma, or is a single word.
 */
static bool list_goes_on(const struct fw_source *source, size_t offset)
{
	const char *text = source->text + offset;
	size_t len, brace;

	text += strspn(text, " \t");
	len = strcspn(text, "\n#");
	while (len && strchr(" \t\r", text[len - 1]))
		len--;
	brace = strcspn(text, "{}\n#");
	if (!len || text[brace] == '{')
		return false;
	return text[brace] == '}' || text[len - 1] == ',' ||
	       strcspn(text, " \t") >= len;
}

/* Puts the missing comma in, or the missing brace. */
static int repair_list(struct fw_parser *parser, struct fw_token *token, size_t behind)
{
	struct fw_bracket *list = top_bracket(parser);
	bool goes_on = list_goes_on(parser->input->source, behind);

	if (list->scope == FW_SCOPE_LIST && !list->repaired) {
		bool semicolon = token->kind == FW_RAW_SEMICOLON;
		struct fw_diag *diag;

		diag = fw_parse_error(parser, "syntax", &token->word.loc,
				      "expected ',' or '}', found %s",
				      semicolon ? "';'" : "the end of the line");
		fw_diag_related(parser->diags, diag, &list->loc, "the list began here");
		list->repaired = true;
	}
	if (list->scope == FW_SCOPE_LIST && goes_on) {
		token->word.kind = FW_WORD_MARK;
		token->word.text = ",";
		return FW_T_COMMA;
	}
	return repair_close(parser, token);
}

/* A newline in a list is white space; nft allows none inside an element. */
static int newline_in_word(struct fw_parser *parser, struct fw_token *token,
			   const struct fw_token *before, bool *ret_again)
{
	const struct fw_token *next;
	struct fw_token spare;

	while (peek(parser, 0)->kind == FW_RAW_NEWLINE)
		take_raw(parser, &spare);
	next = peek(parser, 0);
	if (is_word(next->kind) && (is_word(before->kind) || before->kind == FW_RAW_CLOSE))
		return repair_list(parser, token, next->offset);
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
	if (!in_word(parser))
		return end_statement(parser);
	if (top_bracket(parser)->scope == FW_SCOPE_CHAIN_WORD)
		return separate_rules(parser, token, before, ret_again);
	if (token->kind == FW_RAW_NEWLINE)
		return newline_in_word(parser, token, before, ret_again);
	return repair_list(parser, token, token->offset + 1);
}

static int within(struct fw_parser *parser, struct fw_token *token, bool *ret_again)
{
	struct fw_token before = parser->last;

	take_raw(parser, token);
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
		if (in_word(parser))
			return repair_close(parser, token);
		put_back(parser, token);
		return end_statement(parser);
	case FW_RAW_BAD:
		return report_bad(parser, token);
	case FW_T_PAREN_OPEN:
		if (push_bracket(parser, FW_SCOPE_PAREN, token))
			return token->kind;
		fw_position_skip(parser);
		return BAD;
	case FW_T_PAREN_CLOSE:
		if (top_bracket(parser)->scope == FW_SCOPE_PAREN)
			pop_bracket(parser, NULL);
		return token->kind;
	default:
		return token->kind;
	}
}

/* ---- beginnings of statements ------------------------------------------------ */

static int start(struct fw_parser *parser, struct fw_token *token, bool *ret_again)
{
	take_raw(parser, token);
	switch (token->kind) {
	case FW_RAW_NEWLINE:
	case FW_RAW_SEMICOLON:
		*ret_again = true;
		return 0;
	case FW_RAW_END:
		return end_file(parser, token, ret_again);
	case FW_RAW_CLOSE:
		if (parser->n_brackets > parser->input->n_brackets)
			return close_body(parser, token, token);
		fw_parse_error(parser, "syntax", &token->word.loc,
			       "unexpected '}': no brace is open here");
		*ret_again = true;
		return 0;
	default:
		break;
	}
	if (lacks_close(parser, token)) {
		put_back(parser, token);
		return close_body(parser, token, NULL);
	}
	parser->at_start = false;
	parser->open = 0;
	parser->base = parser->n_brackets;
	parser->last = *token;
	switch (token->kind) {
	case FW_T_NAME:
		return start_in_scope(parser, token);
	case FW_RAW_BAD:
		return report_bad(parser, token);
	case FW_RAW_OPEN:
		put_back(parser, token);
		break;
	default:
		if (is_word(token->kind) && top_bracket(parser)->scope > FW_SCOPE_TABLE)
			return token->kind;
		if (is_word(token->kind))
			break;
		put_back(parser, token);
		return within(parser, token, ret_again);
	}
	fw_parse_error(parser, "syntax", &token->word.loc, "a statement cannot begin with %s",
		       fw_parse_found(parser, &token->word));
	fw_position_skip(parser);
	return BAD;
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
					  within(parser, token, &again);
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
		take_raw(parser, &token);
		if (token.kind == FW_RAW_OPEN)
			depth++;
		else if (token.kind == FW_RAW_CLOSE)
			depth--;
		else if (token.kind == FW_RAW_END)
			put_back(parser, &token);
	} while (depth && token.kind != FW_RAW_END);
}

/* To the end of the statement in which the error was found. */
static int skip(struct fw_parser *parser, struct fw_token *token)
{
	size_t base = parser->base;
	int kind;

	do {
		while (!parser->has_next && peek(parser, 0)->kind == FW_RAW_OPEN)
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
