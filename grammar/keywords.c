/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first word of a statement: which words are keywords where.
 *
 * In: a word at the beginning of a statement and the scope it stands in. Out:
 * its token, and what its `{` will open. A word that cannot stand there gives a
 * diagnostic, and its statement is skipped.
 */
#include <string.h>

#include "grammar/internal.h"
#include "grammar/parser.h"
#include "grammar/position.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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
		if (fw_raw_peek(parser, i)->kind == FW_RAW_OPEN)
			return i >= least;
		if (fw_raw_peek(parser, i)->kind != FW_T_NAME)
			return false;
	}
	return false;
}

void fw_statement_give(struct fw_parser *parser, const struct fw_token *token)
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
	const struct fw_token *object = fw_raw_peek(parser, 0);
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

			fw_statement_give(parser, &rule);
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
	return FW_T_BAD;
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
		fw_statement_give(parser, token);
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

int fw_statement_begin(struct fw_parser *parser, struct fw_token *token)
{
	enum fw_scope scope = fw_bracket_top(parser)->scope;
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
bool fw_statement_lacks_close(struct fw_parser *parser, const struct fw_token *token)
{
	struct fw_bracket *top = fw_bracket_top(parser);
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
