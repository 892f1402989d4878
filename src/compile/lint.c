/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints: their table, what calls them, and how a line silences them.
 *
 * In: the typed configuration, and what was said of it. Out: warnings, and notes
 * where something could only be better. Rules are judged by what is understood
 * of them: a lint keeps silent where it cannot know. Fails only for want of
 * memory.
 */
#include "compile/lint.h"

#include <errno.h>
#include <string.h>

#include "util/cleanup.h"

const struct fw_lint_row fw_lints[FW_LINT_MAX_] = {
	[FW_LINT_NO_MANAGEMENT] = {
		"no-management", FW_SEVERITY_WARNING,
		"a chain that drops by default may lock the admin out" },
	[FW_LINT_NO_ESTABLISHED] = {
		"no-established", FW_SEVERITY_WARNING,
		"a chain that drops by default lets no replies through" },
	[FW_LINT_NO_NEIGHBOURS] = {
		"no-neighbours", FW_SEVERITY_WARNING,
		"an ingress chain that drops by default lets no ARP, "
		"neighbour discovery or packet-too-big through" },
	[FW_LINT_ACCEPTS_ALL] = {
		"accepts-all", FW_SEVERITY_WARNING,
		"a chain that drops by default accepts everything" },
	[FW_LINT_NEVER_REACHED] = {
		"never-reached", FW_SEVERITY_WARNING,
		"earlier rules decide all packets that a rule matches" },
	[FW_LINT_NEVER_MATCHES] = {
		"never-matches", FW_SEVERITY_WARNING,
		"no packet meets all matches of a rule" },
	[FW_LINT_NO_EFFECT] = {
		"no-effect", FW_SEVERITY_WARNING,
		"a rule that changes nothing" },
	[FW_LINT_SAME_AS_POLICY] = {
		"same-as-policy", FW_SEVERITY_NOTE,
		"the last rules of a chain do what its policy does" },
	[FW_LINT_COVERED_ELEMENT] = {
		"covered-element", FW_SEVERITY_WARNING,
		"an element that another one covers" },
	[FW_LINT_OVERLAPPING_ELEMENTS] = {
		"overlapping-elements", FW_SEVERITY_WARNING,
		"elements that overlap and are merged" },
	[FW_LINT_HOST_BITS] = {
		"host-bits", FW_SEVERITY_WARNING,
		"an address with bits behind its prefix" },
	[FW_LINT_PORT_WITHOUT_PROTOCOL] = {
		"port-without-protocol", FW_SEVERITY_WARNING,
		"a port that is read in packets of every protocol" },
	[FW_LINT_UNKNOWN_WORD] = {
		"unknown-word", FW_SEVERITY_WARNING,
		"a word that begins no known match or statement" },
	[FW_LINT_UNKNOWN_LINT] = {
		"unknown-lint", FW_SEVERITY_WARNING,
		"a name behind 'allow' that is no lint's" },
	[FW_LINT_UNUSED_SET] = {
		"unused-set", FW_SEVERITY_WARNING,
		"a set or map that nothing names" },
	[FW_LINT_UNUSED_DEFINE] = {
		"unused-define", FW_SEVERITY_WARNING,
		"a define that nothing uses" },
	[FW_LINT_UNUSED_CHAIN] = {
		"unused-chain", FW_SEVERITY_WARNING,
		"a chain without a hook that nothing jumps to" },
	[FW_LINT_UNUSED_OBJECT] = {
		"unused-object", FW_SEVERITY_WARNING,
		"a counter, quota, helper or the like that nothing names" },
	[FW_LINT_UNUSED_PROFILE] = {
		"unused-profile", FW_SEVERITY_WARNING,
		"a profile that no rule hands flows to" },
	[FW_LINT_UNUSED_CLASS] = {
		"unused-class", FW_SEVERITY_WARNING,
		"a qos class that no rule gives" },
	[FW_LINT_COULD_BE_EARLY] = {
		"could-be-early", FW_SEVERITY_NOTE,
		"a drop that would run in XDP in an ingress chain" },
	[FW_LINT_COULD_BE_XDP] = {
		"could-be-xdp", FW_SEVERITY_NOTE,
		"words that keep a rule out of XDP where others would not" },
	[FW_LINT_NOTRACK_INSPECT] = {
		"notrack-inspect", FW_SEVERITY_WARNING,
		"packets that are not tracked may reach an inspect rule" },
	[FW_LINT_MARK_UNMASKED] = {
		"mark-unmasked", FW_SEVERITY_WARNING,
		"a match of the mark that sees Flywall's bits" },
	[FW_LINT_MARK_OVERWRITE] = {
		"mark-overwrite", FW_SEVERITY_ERROR,
		"a statement that overwrites Flywall's bits" },
};

/* --- silence -------------------------------------------------------------- */
static size_t find_lint(const char *name, size_t len)
{
	for (size_t i = 0; i < FW_LINT_MAX_; i++)
		if (strlen(fw_lints[i].id) == len &&
		    !strncmp(fw_lints[i].id, name, len))
			return i;
	return FW_LINT_MAX_;
}

/* Names behind `allow` stand apart by commas or spaces. The next one, or NULL;
 * *names moves behind it. */
static const char *next_name(const char **names, size_t *ret_len)
{
	const char *name = *names + strspn(*names, ", \t");

	*ret_len = strcspn(name, ", \t");
	*names = name + *ret_len;
	return *ret_len ? name : NULL;
}

static bool names_lint(const char *names, const char *id)
{
	const char *name;
	size_t len;

	while ((name = next_name(&names, &len)))
		if (strlen(id) == len && !strncmp(name, id, len))
			return true;
	return false;
}

/* A statement over several lines is silenced behind its last one, too. */
struct span {
	const struct fw_source *source;
	uint32_t first, last;
	const char *names;
};

struct silence {
	struct fw_arena *arena;
	const struct fw_ast *ast;
	FW_VEC(struct span) spans;
};

static int add_span(struct silence *s, const struct fw_line *line)
{
	struct span *span;

	for (size_t i = 0; i < line->n_body; i++) {
		int r = add_span(s, &line->body[i]);

		if (r)
			return r;
	}
	if (!line->allow || line->loc.line == line->loc.end_line)
		return 0;
	span = fw_vec_push(s->arena, &s->spans);
	if (!span)
		return -ENOMEM;
	*span = (struct span){ line->loc.source, line->loc.line,
			       line->loc.end_line, line->allow };
	return 0;
}

static int add_spans(struct silence *s, const struct fw_item *items, size_t n)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		r = add_span(s, &items[i].line);
		if (!r)
			r = add_spans(s, items[i].items, items[i].n_items);
	}
	return r;
}

static int by_line(const void *a, const void *b)
{
	const struct fw_allow *x = a, *y = b;

	if (x->source != y->source)
		return (uintptr_t)x->source < (uintptr_t)y->source ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static bool is_silenced(const struct silence *s, const struct fw_diag *diag)
{
	const struct fw_allow key = { .source = diag->loc.source,
				      .line = diag->loc.end_line };
	const struct fw_allow *allow =
		bsearch(&key, s->ast->allows, s->ast->n_allows, sizeof(key),
			by_line);

	if (diag->severity == FW_SEVERITY_ERROR)
		return false;
	if (allow && names_lint(allow->names, diag->id))
		return true;
	for (size_t i = 0; i < s->spans.n; i++) {
		const struct span *span = &s->spans.items[i];

		if (span->source == diag->loc.source &&
		    span->first <= diag->loc.line &&
		    diag->loc.end_line <= span->last &&
		    names_lint(span->names, diag->id))
			return true;
	}
	return false;
}

static void unknown_lint(struct fw_diags *diags, const struct fw_loc *loc,
			 const char *name)
{
	const char *ids[FW_LINT_MAX_];
	struct fw_diag *diag = fw_lint_add(diags, FW_LINT_UNKNOWN_LINT, loc,
					   "there is no lint '%s'", name);
	const char *near;

	for (size_t i = 0; i < FW_LINT_MAX_; i++)
		ids[i] = fw_lints[i].id;
	near = fw_nearest(name, ids, FW_LINT_MAX_);
	if (near)
		fw_diag_hint(diags, diag, "did you mean '%s'?", near);
}

static int check_names(struct fw_arena *arena, const struct fw_allow *allow,
		       struct fw_diags *diags)
{
	const char *names = allow->names, *name;
	size_t len;

	while ((name = next_name(&names, &len))) {
		struct fw_loc loc;
		const char *copy;

		if (find_lint(name, len) < FW_LINT_MAX_)
			continue;
		loc = (struct fw_loc){ .source = allow->source,
				       .file = allow->source->name,
				       .line = allow->line,
				       .end_line = allow->line };
		loc.col = allow->col + (uint32_t)(name - allow->names);
		loc.end_col = loc.col + (uint32_t)len - 1;
		copy = fw_arena_strndup(arena, name, len);
		if (!copy)
			return -ENOMEM;
		unknown_lint(diags, &loc, copy);
	}
	return 0;
}

int fw_lint_silence(struct fw_arena *arena, const struct fw_ast *ast,
		    struct fw_diags *diags)
{
	struct silence s = { .arena = arena, .ast = ast };
	size_t kept = 0;
	int r = 0;

	if (!ast->n_allows)
		return 0;
	for (size_t i = 0; !r && i < ast->n_allows; i++)
		r = check_names(arena, &ast->allows[i], diags);
	if (!r)
		r = add_spans(&s, ast->items, ast->n_items);
	if (r)
		return r;
	for (size_t i = 0; i < diags->n; i++) {
		if (!is_silenced(&s, &diags->items[i]))
			diags->items[kept++] = diags->items[i];
		else if (diags->items[i].severity == FW_SEVERITY_WARNING)
			diags->n_warnings--;
	}
	diags->n = kept;
	return 0;
}

/* --- what is looked at ---------------------------------------------------- */
struct fw_loc fw_lint_rule_loc(const struct fw_typed_rule *rule)
{
	return fw_loc_span(&rule->words[0].loc,
			   &rule->words[rule->n_words - 1].loc);
}

static int (*const of_chain[])(const struct fw_lint_chain *lint) = {
	fw_lint_policy, fw_lint_reach, fw_lint_lists,
	fw_lint_words,	fw_lint_xdp,   fw_lint_inspect,
};

static int lint_chains(struct fw_checker *checker,
		       const struct fw_lint_table *table, size_t *work)
{
	struct fw_regions regions;
	int r = fw_regions_init(&regions, checker->arena, checker->typed,
				table->table, table->source);

	for (size_t c = 0; !r && c < table->table->n_chains; c++) {
		const struct fw_lint_chain lint = {
			checker, table->table, &table->table->chains[c],
			table->source, table->source->chains.items[c],
			&regions, work };

		for (size_t i = 0; !r && i < FW_ARRAY_SIZE(of_chain); i++)
			r = of_chain[i](&lint);
	}
	return r;
}

int fw_lint(struct fw_checker *checker)
{
	const struct fw_resolved *resolved = checker->resolved;
	size_t work = 0;
	int r = 0;

	for (size_t t = 0; !r && t < resolved->tables.n; t++) {
		const struct fw_lint_table table = {
			checker, &checker->typed->tables[t],
			resolved->tables.items[t] };

		r = lint_chains(checker, &table, &work);
		if (!r)
			r = fw_lint_unused(&table);
		for (size_t s = 0; !r && s < table.source->sets.n; s++)
			r = fw_lint_set_words(checker,
					      table.source->sets.items[s]);
	}
	for (size_t s = 0; !r && s < resolved->sets.n; s++)
		r = fw_lint_set_words(checker, resolved->sets.items[s]);
	if (!r)
		r = fw_lint_management_words(checker);
	fw_lint_unused_sets(checker);
	fw_lint_unused_defines(checker);
	fw_lint_unused_blocks(checker);
	return r;
}
