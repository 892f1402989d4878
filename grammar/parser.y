/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tokens to the tree: the structure of a configuration.
 *
 * In: the tokens of position.h, which knows the words by their places and ends
 * every statement with SEP. Out: items and lines on the stacks of build.c. What
 * does not fit is reported by message.c; its statement is skipped, and reading
 * goes on. A value that is a `mark` is the height of a stack, see build.c.
 */
%require "3.8"

%code requires {
#include "grammar/internal.h"

/* The head of a statement that has a body. */
struct fw_head {
	struct fw_loc loc;
	const char *family, *name, *object;
	struct fw_loc family_loc, name_loc;	/* valid with family, name */
};
}

%define api.pure full
%define api.prefix {fw_conf_}
%define api.token.prefix {FW_T_}
%define api.location.type {struct fw_loc}
%define parse.error custom
%define parse.lac full
%locations
%param { struct fw_parser *parser }
%expect 0

%union {
	struct fw_word word;
	struct fw_line line;
	struct fw_head head;
	size_t mark;
}

%code {
#include <string.h>

#include "grammar/position.h"

#define YYMAXDEPTH 10000
#define YYLLOC_DEFAULT(here, rhs, n)                                     \
	((here) = (n) ? fw_loc_span(&YYRHSLOC(rhs, 1), &YYRHSLOC(rhs, n)) : \
			YYRHSLOC(rhs, 0))
/* Both end the parser: build.c has noted why. */
#define MUST(done)                          \
	do {                                \
		if (!(done))                \
			YYABORT;            \
	} while (0)

int fw_conf_lex(FW_CONF_STYPE *value, FW_CONF_LTYPE *loc, struct fw_parser *parser);
static void fw_conf_error(const struct fw_loc *loc, struct fw_parser *parser, const char *text);

static struct fw_head name_head(const struct fw_word *family, const struct fw_word *name);
static bool add_define(struct fw_parser *parser, enum fw_item_kind kind,
		       const struct fw_loc *loc, const struct fw_word *name);
static bool add_line(struct fw_parser *parser, enum fw_item_kind kind);
static bool add_parent(struct fw_parser *parser, enum fw_item_kind kind,
		       const struct fw_head *head, size_t mark);
static bool add_command(struct fw_parser *parser, const char *verb,
			const struct fw_loc *loc, const struct fw_line *line, size_t mark);
static bool add_block(struct fw_parser *parser, struct fw_head *head, size_t mark);
static void drop_statement(struct fw_parser *parser);
}

	/* words by their shape */
%token <word>
	NAME		/* begins with a letter, _ or . */
	VALUE		/* any other plain word */
	STRING		/* "quoted" */
	DEFINED		/* $name */
	SET_NAME	/* @name */
	MARK		/* punctuation but the following */
	COMMA "','"
	ASSIGN "'='"
	PAREN_OPEN "'('"
	PAREN_CLOSE "')'"
	LIST_OPEN "'{'"	/* of a word */
	CHAIN_WORD_OPEN	/* the one of jump { … } */
	LIST_CLOSE "'}'"
	/* words by their place: the first of a statement */
%token <word>
	DEFINE REDEFINE UNDEFINE INCLUDE
	TABLE CHAIN SET MAP
	OBJECT		/* counter, quota, limit, … */
	CT		/* ct helper, ct timeout, ct expectation */
	BLOCK		/* options, inspect, … */
	VERB		/* add, delete, … */
	IMPLICIT	/* rule, element, … where the verb was left out */
	LINE_HEAD	/* type, policy, flags, … */
	/* braces that open a body */
%token
	TABLE_OPEN CHAIN_OPEN LINES_OPEN BLOCK_OPEN BODY_OPEN
	CLOSE
	SEP "the end of the statement"

%type <mark> body_open list_open chain_word_open
%type <mark> table_open chain_open lines_open block_open
%type <head> table_head chain_head set_head map_head object_head block_head
%type <line> command_head
%type <word> command_verb

%%

file:
	top_items
	;

/* ---- what stands where --------------------------------------------------- */

top_items:
	%empty
|	top_items top_item SEP
|	top_items include
|	top_items error SEP	{ drop_statement(parser); yyerrok; }
	;

top_item:
	define
|	table
|	set
|	block
|	command
	;

table_items:
	%empty
|	table_items table_item SEP
|	table_items include
|	table_items error SEP	{ drop_statement(parser); yyerrok; }
	;

table_item:
	define
|	chain
|	set
|	map
|	object
|	head_line
	;

chain_items:
	%empty
|	chain_items chain_item SEP
|	chain_items include
|	chain_items error SEP	{ drop_statement(parser); yyerrok; }
	;

chain_item:
	define
|	head_line
|	words			{ MUST(add_line(parser, FW_ITEM_RULE)); }
	;

line_items:	/* of a set, a map or an object */
	%empty
|	line_items line_item SEP
|	line_items include
|	line_items error SEP	{
		drop_statement(parser);
		parser->line_dropped = true;
		yyerrok;
	}
	;

line_item:
	define
|	words			{ MUST(add_line(parser, FW_ITEM_LINE)); }
	;

block_items:
	%empty
|	block_items block_item SEP
|	block_items include
|	block_items error SEP	{ drop_statement(parser); yyerrok; }
	;

block_item:
	define
|	words			{ MUST(add_line(parser, FW_ITEM_LINE)); }
|	line_with_body
	;

body_lines:
	%empty
|	body_lines words SEP	{
		struct fw_line line;

		MUST(fw_build_line(parser, 0, &line));
		MUST(fw_build_body_line(parser, &line));
	}
|	body_lines error SEP	{ drop_statement(parser); yyerrok; }
	;

/* ---- statements ----------------------------------------------------------- */

define:
	DEFINE NAME ASSIGN words {
		MUST(add_define(parser, FW_ITEM_DEFINE, &@$, &$NAME));
	}
|	REDEFINE NAME ASSIGN words {
		MUST(add_define(parser, FW_ITEM_REDEFINE, &@$, &$NAME));
	}
|	UNDEFINE NAME {
		MUST(add_define(parser, FW_ITEM_UNDEFINE, &@$, &$NAME));
	}
	;

	/* reduced as soon as SEP is there: the next token is the file's first */
include:
	INCLUDE STRING SEP	{ fw_source_include(parser, &$STRING); }
	;

table:
	table_head {
		MUST(fw_build_table_name(parser, $1.name));
		MUST(add_parent(parser, FW_ITEM_TABLE, &$1, parser->items.n));
	}
|	table_head table_open table_items CLOSE {
		MUST(fw_build_table_name(parser, $1.name));
		MUST(add_parent(parser, FW_ITEM_TABLE, &$1, $table_open));
	}
	;

table_head:
	TABLE NAME[name]		{ $$ = name_head(NULL, &$name); $$.loc = @$; }
|	TABLE NAME[family] NAME[name]	{ $$ = name_head(&$family, &$name); $$.loc = @$; }
	;

chain:
	chain_head chain_open chain_items CLOSE {
		MUST(add_parent(parser, FW_ITEM_CHAIN, &$chain_head, $chain_open));
	}
	;

chain_head:
	CHAIN NAME	{ $$ = name_head(NULL, &$NAME); $$.loc = @$; }
	;

set:
	set_head lines_open line_items CLOSE {
		MUST(add_parent(parser, FW_ITEM_SET, &$set_head, $lines_open));
	}
	;

set_head:
	SET NAME	{ $$ = name_head(NULL, &$NAME); $$.loc = @$; }
	;

map:
	map_head lines_open line_items CLOSE {
		MUST(add_parent(parser, FW_ITEM_MAP, &$map_head, $lines_open));
	}
	;

map_head:
	MAP NAME	{ $$ = name_head(NULL, &$NAME); $$.loc = @$; }
	;

object:
	object_head lines_open line_items CLOSE {
		MUST(add_parent(parser, FW_ITEM_OBJECT, &$object_head, $lines_open));
	}
	;

object_head:
	OBJECT NAME	{
		$$ = name_head(NULL, &$NAME);
		$$.loc = @$;
		$$.object = $OBJECT.text;
	}
|	CT NAME[kind] NAME[name] {
		$$ = name_head(NULL, &$name);
		$$.loc = @$;
		$$.object = fw_arena_printf(parser->arena, "ct %s", $kind.text);
		if (!$$.object) {
			parser->oom = true;
			YYABORT;
		}
	}
	;

block:
	block_head block_open block_items CLOSE {
		MUST(add_block(parser, &$block_head, $block_open));
	}
	;

block_head:
	BLOCK {
		$$ = (struct fw_head){ .loc = @$, .object = $BLOCK.text };
	}
|	BLOCK NAME {
		$$ = name_head(NULL, &$NAME);
		$$.loc = @$;
		$$.object = $BLOCK.text;
	}
	;

command:
	VERB {
		struct fw_head head = { .loc = @$, .object = $1.text };

		MUST(add_parent(parser, FW_ITEM_COMMAND, &head, parser->items.n));
	}
|	command_verb command_head {
		MUST(add_command(parser, $1.text, &@1, &$2, parser->items.n));
	}
|	command_verb command_head table_open table_items CLOSE {
		MUST(add_command(parser, $1.text, &@1, &$2, $table_open));
	}
|	command_verb command_head chain_open chain_items CLOSE {
		MUST(add_command(parser, $1.text, &@1, &$2, $chain_open));
	}
|	command_verb command_head lines_open line_items CLOSE {
		MUST(add_command(parser, $1.text, &@1, &$2, $lines_open));
	}
	;

command_verb:
	VERB
|	IMPLICIT {
		MUST(fw_build_word(parser, &$1));
		$$ = $1;
		$$.text = "add";
	}
	;

	/* what IMPLICIT has put on the stack is a word of the line */
command_head:
	words	{ MUST(fw_build_line(parser, 0, &$$)); }
	;

head_line:
	head_line_words	{ MUST(add_line(parser, FW_ITEM_LINE)); }
	;

head_line_words:
	LINE_HEAD		{ MUST(fw_build_word(parser, &$1)); }
|	head_line_words word
	;

line_with_body:
	body_head body_open body_lines CLOSE {
		struct fw_line *line = &parser->items.items[parser->items.n - 1].line;

		MUST(fw_build_body(parser, $body_open, line));
	}
	;

body_head:
	words	{ MUST(add_line(parser, FW_ITEM_LINE)); }
	;

table_open:	TABLE_OPEN	{ $$ = parser->items.n; };
chain_open:	CHAIN_OPEN	{ $$ = parser->items.n; };
lines_open:	LINES_OPEN	{ $$ = parser->items.n; };
block_open:	BLOCK_OPEN	{ $$ = parser->items.n; };
body_open:	BODY_OPEN	{ $$ = parser->lines.n; };

/* ---- words ---------------------------------------------------------------- */

	/* a statement's words lie on their stack from its bottom on */
words:
	word
|	words word
	;

word:
	plain_word
|	COMMA		{ MUST(fw_build_word(parser, &$1)); }
	;

plain_word:
	NAME		{ MUST(fw_build_word(parser, &$1)); }
|	VALUE		{ MUST(fw_build_word(parser, &$1)); }
|	STRING		{ MUST(fw_build_word(parser, &$1)); }
|	DEFINED		{ MUST(fw_build_word(parser, &$1)); }
|	SET_NAME	{ MUST(fw_build_word(parser, &$1)); }
|	MARK		{ MUST(fw_build_word(parser, &$1)); }
|	ASSIGN		{ MUST(fw_build_word(parser, &$1)); }
|	paren_open words PAREN_CLOSE {
		MUST(fw_build_word(parser, &$3));
	}
|	list_open LIST_CLOSE {
		MUST(fw_build_brace(parser, $list_open, &@$));
	}
|	list_open elements LIST_CLOSE {
		MUST(fw_build_brace(parser, $list_open, &@$));
	}
|	list_open elements list_comma LIST_CLOSE {
		parser->words.n--;	/* nft's last comma means nothing */
		MUST(fw_build_brace(parser, $list_open, &@$));
	}
|	chain_word_open LIST_CLOSE {
		MUST(fw_build_brace(parser, $chain_word_open, &@$));
	}
|	chain_word_open words LIST_CLOSE {
		MUST(fw_build_brace(parser, $chain_word_open, &@$));
	}
	;

paren_open:
	PAREN_OPEN	{ MUST(fw_build_word(parser, &$1)); }
	;

list_open:	LIST_OPEN	{ $$ = parser->words.n; };
chain_word_open: CHAIN_WORD_OPEN { $$ = parser->words.n; };

elements:
	element
|	elements list_comma element
	;

list_comma:	/* to nft, several are one */
	COMMA		{ MUST(fw_build_word(parser, &$1)); }
|	list_comma COMMA
	;

element:
	plain_word
|	element plain_word
	;

%%

static struct fw_head name_head(const struct fw_word *family, const struct fw_word *name)
{
	return (struct fw_head){
		.family = family ? family->text : NULL,
		.family_loc = family ? family->loc : name->loc,
		.name = name->text,
		.name_loc = name->loc,
	};
}

static struct fw_item head_item(enum fw_item_kind kind, const struct fw_head *head)
{
	return (struct fw_item){
		.kind = kind,
		.loc = head->loc,
		.family = head->family,
		.family_loc = head->family_loc,
		.name = head->name,
		.name_loc = head->name_loc,
		.object = head->object,
	};
}

static bool add_define(struct fw_parser *parser, enum fw_item_kind kind,
		       const struct fw_loc *loc, const struct fw_word *name)
{
	struct fw_item item = {
		.kind = kind, .loc = *loc, .name = name->text, .name_loc = name->loc,
	};

	if (kind != FW_ITEM_UNDEFINE && !fw_build_line(parser, 0, &item.line))
		return false;
	return fw_build_item(parser, &item);
}

static bool add_line(struct fw_parser *parser, enum fw_item_kind kind)
{
	struct fw_item item = { .kind = kind };

	if (!fw_build_line(parser, 0, &item.line))
		return false;
	item.loc = item.line.loc;
	return fw_build_item(parser, &item);
}

static bool add_parent(struct fw_parser *parser, enum fw_item_kind kind,
		       const struct fw_head *head, size_t mark)
{
	struct fw_item item = head_item(kind, head);

	item.broken = parser->line_dropped;
	parser->line_dropped = false;
	return fw_build_parent(parser, mark, &item);
}

/* The family and the table's name, as far as they stand there. */
static bool add_command(struct fw_parser *parser, const char *verb,
			const struct fw_loc *loc, const struct fw_line *line, size_t mark)
{
	struct fw_item item = {
		.kind = FW_ITEM_COMMAND, .object = verb, .line = *line,
		.loc = fw_loc_span(loc, &line->loc),
	};
	size_t at = 1;

	if (at < line->n_words && fw_is_family(line->words[at].text))
		item.family = line->words[at++].text;
	if (at < line->n_words && line->words[at].kind == FW_WORD_PLAIN) {
		item.name = line->words[at].text;
		item.name_loc = line->words[at].loc;
	}
	return fw_build_parent(parser, mark, &item);
}

/* inspect and monitor have a name, the others have none. */
static bool add_block(struct fw_parser *parser, struct fw_head *head, size_t mark)
{
	bool named = !strcmp(head->object, "inspect") || !strcmp(head->object, "monitor");

	if (!named && head->name)
		fw_parse_error(parser, "syntax", &head->name_loc,
			       "'%s' has no name: expected '{', found '%s'", head->object,
			       head->name);
	return add_parent(parser, FW_ITEM_BLOCK, head, mark);
}

/* Whatever the statement had put on the stack of words. */
static void drop_statement(struct fw_parser *parser)
{
	parser->words.n = 0;
}

/* What the parser itself cannot do: memory, and the depth of its stack. */
static void fw_conf_error(const struct fw_loc *loc, struct fw_parser *parser, const char *text)
{
	(void)loc, (void)text;
	parser->oom = true;
}

/* What may stand here, as people say it: no word of the grammar. */
static const char *describe(yysymbol_kind_t symbol)
{
	switch (symbol) {
	case YYSYMBOL_NAME:
		return "a name";
	case YYSYMBOL_STRING:
		return "a quoted string";
	case YYSYMBOL_ASSIGN:
	case YYSYMBOL_COMMA:
	case YYSYMBOL_PAREN_CLOSE:
	case YYSYMBOL_LIST_CLOSE:
	case YYSYMBOL_SEP:
		return yysymbol_name(symbol);
	case YYSYMBOL_TABLE_OPEN:
	case YYSYMBOL_CHAIN_OPEN:
	case YYSYMBOL_LINES_OPEN:
	case YYSYMBOL_BLOCK_OPEN:
		return "'{'";
	default:
		return NULL;
	}
}

/* Where any word may stand, VALUE is among the expected: then that is enough. */
static int yyreport_syntax_error(const yypcontext_t *context, struct fw_parser *parser)
{
	yysymbol_kind_t symbols[YYNTOKENS];
	int n = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
	const char *expected[YYNTOKENS] = { 0 };
	size_t n_expected = 0;
	bool value = false;

	for (int i = 0; i < n; i++)
		value |= symbols[i] == YYSYMBOL_VALUE;
	if (value)
		expected[n_expected++] = "a value";
	for (int i = 0; i < n; i++) {
		const char *text = describe(symbols[i]);

		if (text && (!value || symbols[i] == YYSYMBOL_LIST_CLOSE ||
			     symbols[i] == YYSYMBOL_PAREN_CLOSE))
			expected[n_expected++] = text;
	}
	fw_parse_unexpected(parser, yypcontext_location(context), expected, n_expected);
	if (yypcontext_token(context) != YYSYMBOL_SEP)
		fw_position_skip(parser);
	return 0;
}
