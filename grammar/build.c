/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finished words, lines and items, to the tree.
 *
 * In: what the grammar has just understood. Out: exact arrays in the arena.
 * Until its end is known, a run grows on a stack on the heap; a mark is the
 * height of the stack where the run began. All fail by false when memory runs
 * out or the configuration is larger than the bounds; both are noted.
 */
#include <stdlib.h>
#include <string.h>

#include "grammar/internal.h"
#include "util/pages.h"

#define FIRST_CAP 64
#define WEIGHT_STATEMENT 4
#define KNOWN_TABLES 64

static bool no_memory(struct fw_parser *parser)
{
	parser->oom = true;
	return false;
}

static bool reserve(void **items, size_t n, size_t *cap, size_t size)
{
	size_t new_cap = *cap ? *cap * 2 : FIRST_CAP, new_size;
	void *grown;

	if (n < *cap)
		return true;
	if (__builtin_mul_overflow(new_cap, size, &new_size))
		return false;
	grown = fw_pages_grow(*items, *cap * size, new_size);
	if (!grown)
		return false;
	*items = grown;
	*cap = new_cap;
	return true;
}

#define PUSH(parser, stack, value)                                              \
	(reserve((void **)&(stack)->items, (stack)->n, &(stack)->cap,           \
		 sizeof(*(stack)->items)) ?                                     \
		 ((stack)->items[(stack)->n++] = (value), true) :               \
		 no_memory(parser))

/* What lies above mark, moved into the arena; NULL when memory runs out. */
#define POP(parser, stack, mark, ret_n)                                         \
	(*(ret_n) = (stack)->n - (mark), (stack)->n = (mark),                   \
	 *(ret_n) ? fw_arena_memdup((parser)->arena, (stack)->items + (mark),   \
				    *(ret_n) * sizeof(*(stack)->items)) :       \
		    NULL)

static bool weigh(struct fw_parser *parser, size_t weight, const struct fw_loc *loc)
{
	parser->weight += weight;
	if (parser->weight <= FW_PARSE_MAX_WEIGHT)
		return true;
	if (!parser->stop)
		fw_parse_error(parser, "too-large", loc,
			       "the configuration has too many words: put elements into a file");
	parser->stop = true;
	return false;
}

bool fw_build_word(struct fw_parser *parser, const struct fw_word *word)
{
	return weigh(parser, 1, &word->loc) && PUSH(parser, &parser->words, *word);
}

bool fw_build_brace(struct fw_parser *parser, size_t mark, const struct fw_loc *loc)
{
	struct fw_word brace = {
		.kind = FW_WORD_BRACE, .text = "{", .loc = *loc, .space = true,
	};

	brace.words = POP(parser, &parser->words, mark, &brace.n_words);
	if (brace.n_words && !brace.words)
		return no_memory(parser);
	return fw_build_word(parser, &brace);
}

bool fw_build_line(struct fw_parser *parser, size_t mark, struct fw_line *ret)
{
	struct fw_line line = { 0 };

	line.words = POP(parser, &parser->words, mark, &line.n_words);
	if (!line.words)
		return no_memory(parser);
	line.loc = fw_loc_span(&line.words[0].loc, &line.words[line.n_words - 1].loc);
	*ret = line;
	return weigh(parser, WEIGHT_STATEMENT, &line.loc);
}

bool fw_build_body_line(struct fw_parser *parser, const struct fw_line *line)
{
	return PUSH(parser, &parser->lines, *line);
}

bool fw_build_body(struct fw_parser *parser, size_t mark, struct fw_line *line)
{
	line->has_body = true;
	line->body = POP(parser, &parser->lines, mark, &line->n_body);
	return !line->n_body || line->body || no_memory(parser);
}

bool fw_build_item(struct fw_parser *parser, const struct fw_item *item)
{
	return weigh(parser, WEIGHT_STATEMENT, &item->loc) &&
	       PUSH(parser, &parser->items, *item);
}

bool fw_build_parent(struct fw_parser *parser, size_t mark, struct fw_item *item)
{
	item->items = POP(parser, &parser->items, mark, &item->n_items);
	if (item->n_items && !item->items)
		return no_memory(parser);
	return fw_build_item(parser, item);
}

/* ---- names of tables ----------------------------------------------------- */

bool fw_is_family(const char *word)
{
	static const char *const families[] = {
		"ip", "ip6", "inet", "arp", "bridge", "netdev",
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (!strcmp(word, families[i]))
			return true;
	}
	return false;
}

/* They tell `filter input accept` from a misspelt statement; a few do. */
bool fw_build_table_name(struct fw_parser *parser, const char *name)
{
	if (parser->tables.n >= KNOWN_TABLES || fw_build_knows_table(parser, name))
		return true;
	return PUSH(parser, &parser->tables, name);
}

bool fw_build_knows_table(const struct fw_parser *parser, const char *name)
{
	for (size_t i = 0; i < parser->tables.n; i++) {
		if (!strcmp(parser->tables.items[i], name))
			return true;
	}
	return false;
}

/* ---- `# flywall: allow` --------------------------------------------------- */

bool fw_build_allow(struct fw_parser *parser, const struct fw_source *source,
		    uint32_t line, uint32_t col, const char *names)
{
	size_t len = strlen(names);
	struct fw_allow allow = { .source = source, .line = line, .col = col };

	while (len && strchr(" \t\r", names[len - 1]))
		len--;
	allow.names = fw_arena_strndup(parser->arena, names, len);
	if (!allow.names)
		return no_memory(parser);
	return PUSH(parser, &parser->allows, allow);
}

static int compare_allows(const void *pa, const void *pb)
{
	const struct fw_allow *a = pa, *b = pb;

	if (a->source != b->source)
		return (uintptr_t)a->source < (uintptr_t)b->source ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

/* The comment at the end of the statement's last line, or of its head's. */
static const char *find_allow(const struct fw_parser *parser, const struct fw_loc *loc)
{
	struct fw_allow key = { .source = loc->source, .line = loc->end_line };
	const struct fw_allow *allow;

	if (!parser->allows.n)
		return NULL;
	allow = bsearch(&key, parser->allows.items, parser->allows.n, sizeof(key),
			compare_allows);
	return allow ? allow->names : NULL;
}

static void allow_line(const struct fw_parser *parser, struct fw_line *line)
{
	line->allow = find_allow(parser, &line->loc);
	for (size_t i = 0; i < line->n_body; i++)
		allow_line(parser, &line->body[i]);
}

static void allow_items(const struct fw_parser *parser, struct fw_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct fw_item *item = &items[i];

		if (item->line.n_words)
			allow_line(parser, &item->line);
		else
			item->line.allow = find_allow(parser, &item->loc);
		allow_items(parser, item->items, item->n_items);
	}
}

/* ---- the whole ------------------------------------------------------------ */

bool fw_build_tree(struct fw_parser *parser, struct fw_ast *ast)
{
	ast->items = POP(parser, &parser->items, 0, &ast->n_items);
	if (ast->n_items && !ast->items)
		return no_memory(parser);
	if (parser->allows.n)
		qsort(parser->allows.items, parser->allows.n,
		      sizeof(*parser->allows.items), compare_allows);
	allow_items(parser, ast->items, ast->n_items);
	ast->n_allows = parser->allows.n;
	if (ast->n_allows)
		ast->allows = fw_arena_memdup(parser->arena,
					      parser->allows.items,
					      ast->n_allows *
						      sizeof(*ast->allows));
	return !ast->n_allows || ast->allows || no_memory(parser);
}

void fw_build_done(struct fw_parser *parser)
{
	free(parser->words.items);
	free(parser->lines.items);
	free(parser->items.items);
	free(parser->allows.items);
	free(parser->tables.items);
}
