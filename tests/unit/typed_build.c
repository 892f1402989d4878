/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A typed configuration by hand.
 *
 * In: parts with their words. Out: struct fw_typed as the type check would make
 * it. Whatever fails ends the test.
 */
#include "typed_build.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

void build_init(struct build *b)
{
	memset(b, 0, sizeof(*b));
	b->arena = fw_arena_new();
	assert(b->arena);
	fw_diags_init(&b->diags, b->arena);
	b->tables = fw_arena_array(b->arena, BUILD_MAX, sizeof(*b->tables));
	b->typed = (struct fw_typed){
		.arena = b->arena,
		.diags = &b->diags,
		.facts = &b->facts,
		.tables = b->tables,
		.options = { .marks = 0xff000000, .mark_shift = 24,
			     .flows = 262144 },
		.lowering = true,
	};
	b->typed.rules = fw_arena_array(b->arena, 2 * FW_RULES_MAX,
					sizeof(*b->typed.rules));
	b->typed.management = fw_arena_array(b->arena, BUILD_MAX,
					     sizeof(*b->typed.management));
	b->typed.profiles = fw_arena_array(b->arena, BUILD_MAX,
					   sizeof(*b->typed.profiles));
	b->plan = fw_plan_new();
	assert(b->plan && b->tables && b->typed.rules);
}

void build_done(struct build *b)
{
	fw_plan_unref(b->plan);
	fw_arena_free(b->arena);
}

/* --- words ---------------------------------------------------------------- */
static const char *read_words(struct build *b, const char *at,
			      struct fw_word *words, size_t *n);

static const char *read_word(struct build *b, const char *at,
			     struct fw_word *w)
{
	static const char marks[] = "&|^.,=!<>:";
	size_t len;

	if (*at == '{') {
		w->kind = FW_WORD_BRACE;
		w->text = "{";
		w->words = fw_arena_array(b->arena, 64, sizeof(*w->words));
		at = read_words(b, at + 1, w->words, &w->n_words);
		assert(*at == '}');
		return at + 1;
	}
	if (*at == '"') {
		w->kind = FW_WORD_STRING;
		len = strcspn(++at, "\"");
		w->text = fw_arena_strndup(b->arena, at, len);
		return at + len + 1;
	}
	w->kind = strchr(marks, *at) ? FW_WORD_MARK :
		  *at == '@' ? FW_WORD_SET : FW_WORD_PLAIN;
	at += w->kind == FW_WORD_SET;
	len = w->kind == FW_WORD_MARK && *at != ',' ? strspn(at, marks) :
	      *at == ',' ? 1 : strcspn(at, " ,{}");
	w->text = fw_arena_strndup(b->arena, at, len);
	return at + len;
}

static const char *read_words(struct build *b, const char *at,
			      struct fw_word *words, size_t *n)
{
	for (*n = 0;; (*n)++) {
		bool space = *at == ' ';

		at += strspn(at, " ");
		if (!*at || *at == '}')
			return at;
		assert(*n < 64);
		at = read_word(b, at, &words[*n]);
		words[*n].space = space;
		words[*n].loc.line = 1;
	}
}

struct fw_word *build_words(struct build *b, const char *text, size_t *ret_n)
{
	struct fw_word *words = fw_arena_array(b->arena, 64, sizeof(*words));

	assert(words);
	read_words(b, text, words, ret_n);
	return words;
}

/* --- tables, chains ------------------------------------------------------- */
struct fw_typed_table *build_table(struct build *b, const char *family,
				   const char *name)
{
	struct fw_typed_table *t = &b->tables[b->typed.n_tables++];

	t->family = family;
	t->name = name;
	t->chains = fw_arena_array(b->arena, BUILD_MAX, sizeof(*t->chains));
	return t;
}

struct fw_typed_chain *build_chain(struct build *b, struct fw_typed_table *t,
				   const char *name, enum fw_hook hook,
				   int priority, enum fw_verdict policy,
				   const char *base,
				   const char *const *devices)
{
	struct fw_typed_chain *c = &t->chains[t->n_chains++];

	c->name = name;
	c->table = t;
	c->hook = hook;
	c->type = base ? "filter" : NULL;
	c->priority = priority;
	c->policy = policy;
	c->base = base;
	c->devices = devices;
	while (devices && devices[c->n_devices])
		c->n_devices++;
	c->rules = fw_arena_array(b->arena, FW_RULES_MAX + 64, sizeof(*c->rules));
	assert(c->rules);
	return c;
}

/* --- rules ---------------------------------------------------------------- */
static void fill_part(struct build *b, const struct part *p,
		      struct fw_part *out)
{
	struct fw_interval *interval;
	const char **name;

	out->kind = p->kind;
	out->verdict = p->verdict;
	out->profile = p->profile;
	out->is_match = p->is_match;
	if (p->kind == FW_PART_RAW)
		out->reason = p->text;
	if (p->kind == FW_PART_JUMP)
		out->chain = p->name;
	if (p->kind == FW_PART_IIF) {
		name = fw_arena_array(b->arena, 1, sizeof(*name));
		*name = p->name;
		out->names = name;
		out->n_names = 1;
	}
	if (p->hi < p->lo)
		return;
	interval = fw_arena_array(b->arena, 1, sizeof(*interval));
	*interval = (struct fw_interval){ p->lo, p->hi };
	out->matches = fw_arena_array(b->arena, 1, sizeof(*out->matches));
	out->matches[0] = (struct fw_match){ p->field, interval, 1 };
	out->n_matches = 1;
}

static void fill_rule(struct build *b, struct fw_typed_rule *rule,
		      const struct part *parts)
{
	char *text = fw_arena_strdup(b->arena, "");
	struct fw_word *words;
	size_t n = 0, used = 0;

	for (n = 0; parts[n].text; n++)
		text = fw_arena_printf(b->arena, "%s%s%s", text,
				       n ? " " : "", parts[n].text);
	words = build_words(b, text, &rule->n_words);
	rule->words = words;
	rule->text = text;
	rule->n_parts = n;
	rule->parts = fw_arena_array(b->arena, n, sizeof(*rule->parts));
	for (size_t i = 0; i < n; i++) {
		size_t len;

		build_words(b, parts[i].text, &len);
		fill_part(b, &parts[i], &rule->parts[i]);
		rule->parts[i].words = &words[used];
		rule->parts[i].n_words = len;
		used += len;
	}
	assert(used == rule->n_words);
}

uint32_t build_rule(struct build *b, struct fw_typed_chain *c,
		    const struct part *parts)
{
	struct fw_typed_rule *rule = &c->rules[c->n_rules++];
	uint32_t index = (uint32_t)b->typed.n_rules++;

	fill_rule(b, rule, parts);
	rule->rule = index;
	b->typed.rules[index] = (struct fw_plan_rule){
		.file = "test.conf",
		.line = index + 1,
		.family = c->table->family,
		.table = c->table->name,
		.chain = c->name,
		.text = rule->text,
	};
	return index;
}

void build_management(struct build *b, const struct part *parts)
{
	fill_rule(b, &b->typed.management[b->typed.n_management++], parts);
}

void build_profile(struct build *b, const char *name)
{
	struct fw_profile *p = &b->typed.profiles[b->typed.n_profiles];

	p->name = name;
	p->id = (uint8_t)b->typed.n_profiles++;
	p->fallback = FW_INSPECT_TRUST;
	p->rules = fw_arena_array(b->arena, 1, sizeof(*p->rules));
}

/* --- lowering ------------------------------------------------------------- */
void build_lower(struct build *b)
{
	int r = fw_lower_xdp(&b->typed, b->plan);

	if (r == 0)
		r = fw_classes_build(&b->typed, b->plan);
	if (r == 0)
		r = fw_lower_inspect(&b->typed, b->plan);
	if (r == 0)
		r = fw_lower_nft(&b->typed, b->plan);
	b->plan->rules = b->typed.rules;
	b->plan->n_rules = b->typed.n_rules;
	b->plan->options = b->typed.options;
	if (r == 0)
		r = fw_plan_seal(b->plan);
	assert(r == 0);
}

const struct fw_nft_chain *build_nft_chain(const struct build *b,
					   const char *name)
{
	for (size_t i = 0; i < b->plan->n_tables; i++)
		for (size_t k = 0; k < b->plan->tables[i].n_chains; k++)
			if (strcmp(b->plan->tables[i].chains[k].name,
				   name) == 0)
				return &b->plan->tables[i].chains[k];
	return NULL;
}
