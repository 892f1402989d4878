/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Located text: the typed configuration back to nft's words, with their places.
 *
 * In: the typed configuration and what it was resolved from. Out: the text and
 * its map. What may fail: memory.
 *
 * Elements whose type Flywall knows were judged already, and there may be a
 * million of them: beyond ELEMENTS_MAX of a set only those go to nft that carry
 * more than a value.
 */
#include "compile/located.h"

#include <errno.h>
#include <string.h>

#include "ast/words.h"
#include "compile/faults.h"
#include "compile/lower.h"
#include "compile/resolve.h"
#include "compile/typed.h"
#include "compile/vocabulary.h"
#include "util/buf.h"
#include "util/cleanup.h"

/* Of larger sets only elements with options go to nft, which takes minutes for
 * millions: of types that are understood, and of others. */
#define ELEMENTS_MAX 256
#define UNKNOWN_MAX 16384

struct writer {
	struct fw_arena *arena;
	struct fw_located *out;
	struct fw_buf buf;
	const struct fw_faults *faults;		/* NULL: there are none */
	bool devices;
	bool failed;
};

/* --- words ---------------------------------------------------------------- */
static void placed(void *ctx, const struct fw_word *word, size_t from, size_t to)
{
	struct writer *w = ctx;
	struct fw_located_word *slot;

	/* A brace comes behind its children, which are finer. */
	if (word->kind == FW_WORD_BRACE && word->n_words)
		return;
	slot = fw_vec_push(w->arena, &w->out->words);
	if (slot)
		*slot = (struct fw_located_word){ from, to, &word->loc };
	else
		w->failed = true;
}

static void put_words(struct writer *w, const struct fw_word *words, size_t n)
{
	const struct fw_words_style style = { .placed = placed, .ctx = w };

	fw_words_add(&w->buf, &style, words, n);
}

/* Text that stands for what is at loc. */
static void put_for(struct writer *w, const struct fw_loc *loc, const char *text)
{
	size_t from = w->buf.len;
	struct fw_located_word *slot = fw_vec_push(w->arena, &w->out->words);

	fw_buf_add(&w->buf, text);
	if (slot)
		*slot = (struct fw_located_word){ from, w->buf.len, loc };
	else
		w->failed = true;
}

/* --- commands ------------------------------------------------------------- */
static struct fw_located_command begin(const struct writer *w, bool is_rule)
{
	return (struct fw_located_command){
		.from = w->buf.len,
		.word = w->out->words.n,
		.is_rule = is_rule,
	};
}

static void end(struct writer *w, struct fw_located_command command)
{
	struct fw_located_command *slot = fw_vec_push(w->arena,
						      &w->out->commands);

	fw_buf_addc(&w->buf, '\n');
	command.to = w->buf.len;
	command.n_words = w->out->words.n - command.word;
	if (slot)
		*slot = command;
	else
		w->failed = true;
}

static struct fw_located_command begin_table(struct writer *w,
					     const struct fw_res_table *t)
{
	struct fw_located_command command = begin(w, false);

	fw_buf_printf(&w->buf, "table %s ", t->family);
	put_for(w, &t->loc, t->name);
	fw_buf_add(&w->buf, " {\n");
	return command;
}

/* `kind NAME {` within the table's braces, its lines, `} }`. */
static struct fw_located_command begin_body(struct writer *w,
					    const struct fw_res_table *t,
					    const char *kind, const char *name,
					    const struct fw_loc *loc)
{
	struct fw_located_command command = begin_table(w, t);

	fw_buf_printf(&w->buf, "%s ", kind);
	put_for(w, loc, name);
	fw_buf_add(&w->buf, " {\n");
	return command;
}

static void end_body(struct writer *w, struct fw_located_command command)
{
	fw_buf_add(&w->buf, "}\n}");
	end(w, command);
}

static void put_line(struct writer *w, const struct fw_line *line)
{
	put_words(w, line->words, line->n_words);
	fw_buf_addc(&w->buf, '\n');
}

static bool is_plain(const struct fw_word *word, const char *text)
{
	return word->kind == FW_WORD_PLAIN && !strcmp(word->text, text);
}

static bool names_devices(const struct fw_word *word)
{
	return is_plain(word, "device") || is_plain(word, "devices");
}

/* From a define a priority may come as a string: "filter - 100". */
static void put_priority(struct writer *w, const struct fw_word *words, size_t n)
{
	struct fw_word *plain = fw_arena_memdup(w->arena, words,
						n * sizeof(*words));

	if (!plain) {
		w->failed = true;
		return;
	}
	for (size_t i = 1; i < n; i++)
		if (is_plain(&words[i - 1], "priority") &&
		    words[i].kind == FW_WORD_STRING)
			plain[i].kind = FW_WORD_PLAIN;
	put_words(w, plain, n);
}

static bool is_empty(const struct fw_word *word)
{
	return word->kind == FW_WORD_BRACE && !word->n_words;
}

/* `type filter hook ingress devices = { a, b } priority 0` and a flowtable's
 * `devices = { a, b }`. */
static void put_device_line(struct writer *w, const struct fw_line *line)
{
	size_t at = 0, behind;
	struct fw_loc *loc;

	while (at < line->n_words && !names_devices(&line->words[at]))
		at++;
	behind = at + 1;
	while (behind < line->n_words &&
	       !is_plain(&line->words[behind], "priority"))
		behind++;
	if (w->devices || at == line->n_words || behind == at + 1 ||
	    is_empty(&line->words[behind - 1])) {
		put_priority(w, line->words, line->n_words);
		fw_buf_addc(&w->buf, '\n');
		return;
	}
	loc = fw_arena_alloc(w->arena, sizeof(*loc));
	if (!loc) {
		w->failed = true;
		return;
	}
	*loc = fw_loc_span(&line->words[at].loc, &line->words[behind - 1].loc);
	put_words(w, line->words, at);
	fw_buf_addc(&w->buf, ' ');
	put_for(w, loc, "devices = { lo }");
	fw_buf_addc(&w->buf, ' ');
	put_priority(w, line->words + behind, line->n_words - behind);
	fw_buf_addc(&w->buf, '\n');
}

/* --- defines -------------------------------------------------------------- */
/* Of a file without Flywall's blocks all, else those that nft's part uses. A
 * percentage is Flywall's. */
static bool is_nfts(const struct fw_resolved *resolved, const struct fw_define *define)
{
	const struct fw_word *first = define->value.words;

	if (!define->value.n_words || strchr(first->text, '%') ||
	    (first->kind == FW_WORD_BRACE && first->n_words > ELEMENTS_MAX))
		return false;
	return define->in_nft || (!define->used && !resolved->blocks.n);
}

/* nft looks at their form alone; a name may come again. */
static void put_defines(struct writer *w, const struct fw_resolved *resolved)
{
	for (size_t i = 0; i < resolved->defines.n; i++) {
		const struct fw_define *define = resolved->defines.items[i];
		struct fw_located_command command = begin(w, false);

		command.is_define = true;
		if (!is_nfts(resolved, define) ||
		    fw_faults_in_words(w->faults, define->value.words,
				       define->value.n_words))
			continue;
		fw_buf_add(&w->buf, "redefine ");
		put_for(w, &define->loc, define->name);
		fw_buf_add(&w->buf, " = ");
		put_words(w, define->value.words, define->value.n_words);
		end(w, command);
	}
}

/* --- tables, objects, chains ---------------------------------------------- */
static void put_table(struct writer *w, const struct fw_res_table *t)
{
	struct fw_located_command command = begin_table(w, t);

	for (size_t i = 0; i < t->lines.n; i++)
		if (!fw_faults_in_words(w->faults, t->lines.items[i].words,
					t->lines.items[i].n_words))
			put_line(w, &t->lines.items[i]);
	fw_buf_addc(&w->buf, '}');
	end(w, command);
}

/* As if no table of this name were there. */
static void put_delete(struct writer *w, const struct fw_res_table *t)
{
	static const char *const verbs[] = { "add", "delete" };

	for (size_t i = 0; i < FW_ARRAY_SIZE(verbs); i++) {
		struct fw_located_command command = begin(w, false);

		fw_buf_printf(&w->buf, "%s table %s ", verbs[i], t->family);
		put_for(w, &t->loc, t->name);
		end(w, command);
	}
}

static void put_objects(struct writer *w, const struct fw_res_table *t)
{
	for (size_t i = 0; i < t->objects.n; i++) {
		const struct fw_res_object *o = t->objects.items[i];
		struct fw_located_command command;

		if (!fw_object_is_nfts(t->family, o->kind))
			continue;
		command = begin_body(w, t, o->kind, o->name, &o->loc);
		for (size_t k = 0; k < o->lines.n; k++)
			put_device_line(w, &o->lines.items[k]);
		end_body(w, command);
	}
}

static void put_chains(struct writer *w, const struct fw_res_table *t)
{
	for (size_t i = 0; i < t->chains.n; i++) {
		const struct fw_res_chain *c = t->chains.items[i];
		struct fw_located_command command =
			begin_body(w, t, "chain", c->name, &c->loc);

		for (size_t k = 0; !fw_faults_in_chain(w->faults, c) &&
		     k < c->lines.n; k++)
			put_device_line(w, &c->lines.items[k]);
		end_body(w, command);
	}
}

/* --- sets ----------------------------------------------------------------- */
/* Keys of sets that nft does not have. */
static bool is_flywalls_key(const struct fw_word *word)
{
	static const char *const keys[] = { "file", "format", "refresh",
					    "max-shrink", "force" };

	for (size_t i = 0; i < FW_ARRAY_SIZE(keys); i++)
		if (is_plain(word, keys[i]))
			return true;
	return false;
}

/* More than a value and a comment. */
static bool has_options(const struct fw_res_run *element)
{
	if (!strcmp(element->words[0].text, "*"))
		return true;
	for (size_t i = 1; i < element->n_words; i++)
		if (fw_element_option(&element->words[i]) &&
		    !is_plain(&element->words[i], "comment"))
			return true;
	return false;
}

static void put_elements(struct writer *w, const struct fw_res_set *set,
			 bool is_known)
{
	bool all = set->elements.n <= (is_known ? ELEMENTS_MAX : UNKNOWN_MAX);
	size_t n = 0;

	for (size_t i = 0; i < set->elements.n; i++) {
		const struct fw_res_run *run = &set->elements.items[i];

		if (!run->n_words || (!all && !has_options(run)) ||
		    fw_faults_in_words(w->faults, run->words, run->n_words))
			continue;
		fw_buf_add(&w->buf, n++ ? ",\n" : "elements = {\n");
		put_words(w, run->words, run->n_words);
	}
	if (n)
		fw_buf_add(&w->buf, "\n}\n");
}

/* Types that are Flywall's own have nothing for nft. */
static void put_set(struct writer *w, const struct fw_res_table *t,
		    const struct fw_res_set *set,
		    const struct fw_typed_set *typed)
{
	struct fw_located_command command;

	if (typed->type >= FW_SET_DOMAIN || fw_faults_in_set(w->faults, set))
		return;
	command = begin_body(w, t, set->map ? "map" : "set", set->name,
			     &set->loc);
	for (size_t i = 0; i < set->lines.n; i++)
		if (!is_flywalls_key(&set->lines.items[i].words[0]))
			put_line(w, &set->lines.items[i]);
	put_elements(w, set, typed->n_types && (!typed->map || typed->verdicts));
	end_body(w, command);
}

static bool table_names_set(const struct fw_res_table *t, const char *name)
{
	for (size_t i = 0; i < t->chains.n; i++)
		for (size_t k = 0; k < t->chains.items[i]->rules.n; k++) {
			const struct fw_res_run *run =
				&t->chains.items[i]->rules.items[k].run;

			if (fw_res_names_set(run->words, run->n_words, name))
				return true;
		}
	return false;
}

/* The table's own, and those at top level that its rules ask. */
static void put_sets(struct writer *w, const struct fw_typed *typed,
		     const struct fw_res_table *t)
{
	const struct fw_resolved *resolved = typed->resolved;

	for (size_t i = 0; i < t->sets.n; i++)
		put_set(w, t, t->sets.items[i],
			&typed->sets[t->sets.items[i]->index]);
	for (size_t i = 0; i < resolved->sets.n; i++) {
		const struct fw_res_set *set = resolved->sets.items[i];

		if (!fw_res_set(t, set->name) && table_names_set(t, set->name))
			put_set(w, t, set, &typed->sets[set->index]);
	}
}

/* --- rules ---------------------------------------------------------------- */
/* What stands in nft for a part of Flywall's own: a verdict, or "" for nothing;
 * NULL where the part is nft's. */
static const char *nearest(const struct fw_part *part)
{
	switch (part->kind) {
	case FW_PART_INSPECT:
		return "accept";
	case FW_PART_BLOCK:
	case FW_PART_DNS_REPLY:
		return "drop";
	case FW_PART_LEARN:
	case FW_PART_QOS:
	case FW_PART_AUDIT:
	case FW_PART_DNS_NAME:
	case FW_PART_DNS_TYPE:
		return "";
	case FW_PART_SYNPROXY:
		return "accept";
	case FW_PART_MUTED:
		return fw_word_is(&part->words[0], "inspect") ? "accept" :
		       fw_word_is(&part->words[0], "block") ? "drop" : NULL;
	default:
		return NULL;
	}
}

/* The rule's words without Flywall's. */
static int nft_words(struct writer *w, const struct fw_typed_rule *rule,
		     const struct fw_word **ret, size_t *ret_n)
{
	struct fw_word *words;
	size_t n = 0, part = 0;

	*ret = rule->words;
	*ret_n = rule->n_words;
	while (part < rule->n_parts && !nearest(&rule->parts[part]))
		part++;
	if (part == rule->n_parts)
		return 0;
	words = fw_arena_array(w->arena, rule->n_words, sizeof(*words));
	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < rule->n_words;) {
		const struct fw_part *own = NULL;
		const char *text;

		for (size_t k = 0; k < rule->n_parts; k++)
			if (nearest(&rule->parts[k]) &&
			    rule->parts[k].n_words &&
			    rule->parts[k].words == &rule->words[i])
				own = &rule->parts[k];
		text = own ? nearest(own) : NULL;
		if (!own || *text)
			words[n++] = rule->words[i];
		if (own && *text) {
			words[n - 1].text = text;
			words[n - 1].loc = fw_loc_span(
				&own->words[0].loc,
				&own->words[own->n_words - 1].loc);
		}
		i += own ? own->n_words : 1;
	}
	*ret = words;
	*ret_n = n;
	return 0;
}

static void put_rule(struct writer *w, const struct fw_typed_chain *chain,
		     const struct fw_typed_rule *rule)
{
	struct fw_located_command command = begin(w, true);
	const struct fw_word *words;
	size_t n;

	if (nft_words(w, rule, &words, &n)) {
		w->failed = true;
		return;
	}
	if (!n)
		return;
	fw_buf_printf(&w->buf, "add rule %s %s %s ", chain->table->family,
		      chain->table->name, chain->name);
	put_words(w, words, n);
	end(w, command);
}

static void put_rules(struct writer *w, const struct fw_res_table *from,
		      const struct fw_typed_table *t)
{
	for (size_t i = 0; i < from->chains.n; i++)
		for (size_t k = 0; k < t->chains[i].n_rules; k++)
			if (!fw_faults_in_rule(
				    w->faults,
				    &from->chains.items[i]->rules.items[k]))
				put_rule(w, &t->chains[i],
					 &t->chains[i].rules[k]);
}

/* --- the whole ------------------------------------------------------------ */
static int finish(struct writer *w)
{
	struct fw_located *out = w->out;

	if (!w->buf.failed && !w->failed)
		out->text = fw_arena_strndup(w->arena,
					     w->buf.text ? w->buf.text : "",
					     w->buf.len);
	if (!out->text)
		return -ENOMEM;
	out->len = w->buf.len;
	for (size_t at = 0; at < out->len;) {
		size_t *line = fw_vec_push(w->arena, &out->lines);

		if (!line)
			return -ENOMEM;
		*line = at;
		at += strcspn(out->text + at, "\n") + 1;
	}
	return 0;
}

int fw_located_build(const struct fw_typed *typed,
		     const struct fw_located_options *options,
		     struct fw_located **ret)
{
	struct writer w = {
		.arena = typed->arena,
		.out = fw_arena_alloc(typed->arena, sizeof(struct fw_located)),
		.faults = options->faults,
		.devices = options->devices,
	};
	int r;

	if (!w.out)
		return -ENOMEM;
	w.out->typed = typed;
	w.out->is_part = options->faults;
	put_defines(&w, typed->resolved);
	for (size_t i = 0; i < typed->resolved->tables.n; i++) {
		const struct fw_res_table *t = typed->resolved->tables.items[i];

		if (options->anew)
			put_delete(&w, t);
		put_table(&w, t);
		put_objects(&w, t);
		put_chains(&w, t);	/* before maps that jump to them */
		put_sets(&w, typed, t);
	}
	for (size_t i = 0; i < typed->resolved->tables.n; i++)
		put_rules(&w, typed->resolved->tables.items[i],
			  &typed->tables[i]);
	r = finish(&w);
	fw_buf_done(&w.buf);
	*ret = r ? NULL : w.out;
	return r;
}

/* --- finding -------------------------------------------------------------- */
static const struct fw_located_command *
command_at(const struct fw_located *located, size_t at)
{
	size_t low = 0, high = located->commands.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (located->commands.items[mid].to <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low < located->commands.n ? &located->commands.items[low] : NULL;
}

const struct fw_located_command *
fw_located_find(const struct fw_located *located, uint32_t line, uint32_t col,
		uint32_t end_col, size_t *ret_word, size_t *ret_n)
{
	const struct fw_located_command *command;
	size_t from, to, first, behind;

	if (!line || line > located->lines.n)
		return NULL;
	from = located->lines.items[line - 1] + (col ? col - 1 : 0);
	to = located->lines.items[line - 1] + (end_col > col ? end_col : col);
	command = command_at(located, located->lines.items[line - 1]);
	if (!command)
		return NULL;
	first = command->word;
	behind = command->word + command->n_words;
	while (first < behind && located->words.items[first].to <= from)
		first++;
	while (behind > first && located->words.items[behind - 1].from >= to)
		behind--;
	if (first == behind && first > command->word)
		first--;	/* between two words, or at the line's end */
	else if (first == behind && command->n_words)
		behind++;
	*ret_word = first;
	*ret_n = behind - first;
	return command;
}

struct fw_loc fw_located_loc(const struct fw_located *located, size_t word,
			     size_t n)
{
	const struct fw_loc *a = located->words.items[word].loc;
	const struct fw_loc *b = located->words.items[word + n - 1].loc;

	if (a->source != b->source || b->line < a->line ||
	    (b->line == a->line && b->col < a->col))
		return *a;
	return fw_loc_span(a, b);
}

void fw_located_explain(const struct fw_located *located,
			struct fw_diags *diags, size_t first)
{
	fw_resolve_explain(located->typed->resolved, diags, first);
}
