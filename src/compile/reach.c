/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is reached from where: targets of jumps, loops, places of statements.
 *
 * In: typed chains and rules. Out: verdicts behind audit muted, and diagnostics: a
 * jump to a chain that is not there or is a base chain, a loop, a statement of
 * Flywall's own where a packet cannot be treated so. Jumps out of verdict maps count
 * as jumps. Only memory fails.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"
#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

/* Late chains at filter + 10 are the gate's. */
#define GATE_PRIORITY 10
/* Jumps in a row that nft takes (NFT_JUMP_STACK_SIZE). */
#define MAX_DEPTH 16

struct jump {
	size_t to;			/* chain of the table */
	const struct fw_word *word;	/* the target's name */
};

struct reach {
	struct fw_checker *checker;
	const struct fw_typed_table *table;
	const struct fw_res_table *source;
	FW_VEC(struct jump) jumps;	/* by the chain they are in */
	size_t *first;			/* of each chain, its first jump */
	uint8_t *state;			/* of each chain: enum below */
	uint8_t *depth;			/* of each one that is done: how many
					   chains stand below it */
	const struct jump *path[MAX_DEPTH];	/* taken so far */
};

static size_t find_chain(const struct reach *reach, const char *name)
{
	const struct fw_res_chain *chain = fw_res_chain(reach->source, name);

	return chain ? chain->index : SIZE_MAX;
}

/* No chain of the table has a name like it: does one of another table? Else one
 * may be lacking. */
static void tell_elsewhere(struct reach *reach, const struct fw_word *word,
			   struct fw_diag *diag)
{
	struct fw_checker *checker = reach->checker;
	const struct fw_resolved *resolved = checker->resolved;

	for (size_t i = 0; i < resolved->tables.n; i++) {
		const struct fw_res_table *table =
			resolved->tables.items[i];
		const struct fw_res_chain *chain =
			fw_res_chain(table, word->text);

		if (!chain)
			continue;
		fw_diag_related(checker->diags, diag, &chain->loc,
				"this one stands in table %s %s; a jump stays "
				"in its table", table->family, table->name);
		return;
	}
	fw_diag_hint(checker->diags, diag,
		     "'chain %s { … }' in this table makes one", word->text);
}

static int unknown_chain(struct reach *reach, const struct fw_word *word)
{
	struct fw_checker *checker = reach->checker;
	struct fw_diag *diag = fw_error(checker->diags, "unknown-chain",
					&word->loc, "there is no chain '%s' in "
					"table %s %s", word->text,
					reach->table->family,
					reach->table->name);
	FW_VEC(const char *) names = { 0 };
	const char *near;

	/* Looking through all of many names for each error would take long. */
	if (checker->diags->n_errors > FW_DIAG_SHOWN)
		return 0;
	for (size_t i = 0; i < reach->table->n_chains; i++) {
		const char **slot;

		if (reach->table->chains[i].hook)
			continue;
		slot = fw_vec_push(checker->arena, &names);
		if (!slot)
			return -ENOMEM;
		*slot = reach->table->chains[i].name;
	}
	near = fw_nearest(word->text, names.items, names.n);
	if (near)
		fw_diag_hint(checker->diags, diag, "did you mean '%s'?", near);
	else
		tell_elsewhere(reach, word, diag);
	return 0;
}

static int add_jump(struct reach *reach, const struct fw_word *word)
{
	size_t to = find_chain(reach, word->text);
	struct jump *jump;

	if (to == SIZE_MAX)
		return unknown_chain(reach, word);
	if (reach->table->chains[to].hook) {
		fw_error(reach->checker->diags, "base-chain", &word->loc,
			 "'%s' is a base chain; only regular chains can be "
			 "jumped to", word->text);
		return 0;
	}
	jump = fw_vec_push(reach->checker->arena, &reach->jumps);
	if (!jump)
		return -ENOMEM;
	*jump = (struct jump){ to, word };
	return 0;
}

/* `jump x` anywhere in words that are not understood: in verdict maps. */
static int raw_jumps(struct reach *reach, const struct fw_word *words,
		     size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = 0;

		if (words[i].kind == FW_WORD_BRACE)
			r = raw_jumps(reach, words[i].words,
				      words[i].n_words);
		else if (i + 1 < n && i && fw_mark_is(&words[i - 1], ":") &&
			 (fw_word_is(&words[i], "jump") ||
			  fw_word_is(&words[i], "goto")) &&
			 words[i + 1].kind == FW_WORD_PLAIN)
			r = add_jump(reach, &words[i + 1]);
		if (r)
			return r;
	}
	return 0;
}

/* A named verdict map stands for the jumps of its elements. */
static int map_jumps(struct reach *reach, const struct fw_word *words,
		     size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		const struct fw_res_set *map;
		int r = 0;

		if (!fw_word_is(&words[i], "vmap") ||
		    words[i + 1].kind != FW_WORD_SET)
			continue;
		map = fw_res_set(reach->source, words[i + 1].text);
		for (size_t e = 0; !r && map && e < map->elements.n; e++)
			r = raw_jumps(reach,
				      map->elements.items[e].words,
				      map->elements.items[e].n_words);
		if (r)
			return r;
	}
	return 0;
}

static int collect(struct reach *reach)
{
	int r = 0;

	for (size_t c = 0; c < reach->table->n_chains; c++) {
		const struct fw_typed_chain *chain = &reach->table->chains[c];

		reach->first[c] = reach->jumps.n;
		for (size_t i = 0; i < chain->n_rules; i++) {
			const struct fw_typed_rule *rule = &chain->rules[i];

			for (size_t p = 0; !r && p < rule->n_parts; p++) {
				const struct fw_part *part = &rule->parts[p];

				if (part->kind == FW_PART_JUMP && part->chain)
					r = add_jump(reach, &part->words[1]);
				if (part->kind != FW_PART_RAW &&
				    part->kind != FW_PART_VMAP)
					continue;
				r = raw_jumps(reach, part->words,
					      part->n_words);
				if (!r)
					r = map_jumps(reach, part->words,
						      part->n_words);
			}
		}
	}
	reach->first[reach->table->n_chains] = reach->jumps.n;
	return r;
}

/* nft wants the targets of every map to be there, used or not. */
static int unused_maps(struct reach *reach)
{
	int r = 0;

	for (size_t i = 0; !r && i < reach->source->sets.n; i++) {
		const struct fw_res_set *map = reach->source->sets.items[i];

		if (!map->map || reach->table->sets[i]->used)
			continue;
		for (size_t e = 0; !r && e < map->elements.n; e++)
			r = raw_jumps(reach, map->elements.items[e].words,
				      map->elements.items[e].n_words);
	}
	return r;
}

/* --- loops ---------------------------------------------------------------- */
enum { UNSEEN, OPEN, DONE };

static bool too_deep(struct reach *reach, const struct jump *jump)
{
	fw_error(reach->checker->diags, "jump-depth", &jump->word->loc,
		 "this jump is the %dth in a row; nft goes no deeper than %d",
		 MAX_DEPTH + 1, MAX_DEPTH);
	return true;
}

/* The last jump of a loop is where it is told; those before it are shown, as
 * many as there is room for. */
static bool makes_loop(struct reach *reach, const struct jump *last,
		       size_t chain, unsigned above)
{
	struct fw_diags *diags = reach->checker->diags;
	struct fw_diag *diag;
	unsigned from = above;

	diag = fw_error(diags, "jump-loop", &last->word->loc,
			last->to == chain ?
				"this jump makes a loop: it stands in '%s'" :
				"this jump makes a loop: '%s' leads back here",
			last->word->text);
	/* Each jump of the path leads into the chain that the next is in. */
	if (last->to != chain)
		do
			from--;
		while (from && reach->path[from - 1]->to != last->to);
	for (unsigned i = from; i < above; i++)
		fw_diag_related(diags, diag, &reach->path[i]->word->loc,
				"by this jump");
	return true;
}

/* Depth first, and no deeper than nft goes. True after a diagnostic. */
static bool loops(struct reach *reach, size_t chain, unsigned above)
{
	unsigned below = 0;

	reach->state[chain] = OPEN;
	for (size_t i = reach->first[chain]; i < reach->first[chain + 1]; i++) {
		const struct jump *jump = &reach->jumps.items[i];

		if (reach->state[jump->to] == OPEN)
			return makes_loop(reach, jump, chain, above);
		if (above == MAX_DEPTH)
			return too_deep(reach, jump);
		reach->path[above] = jump;
		if (reach->state[jump->to] == UNSEEN &&
		    loops(reach, jump->to, above + 1))
			return true;
		if (reach->depth[jump->to] + 1u > below)
			below = reach->depth[jump->to] + 1u;
		if (above + below > MAX_DEPTH)
			return too_deep(reach, jump);
	}
	reach->depth[chain] = (uint8_t)below;
	reach->state[chain] = DONE;
	return false;
}

/* --- places of statements ------------------------------------------------- */
static bool is_filter(const struct fw_typed_chain *base)
{
	return !strcmp(base->type, "filter");
}

static bool in_family(const struct fw_typed_chain *base,
		      const char *const *families, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(base->table->family, families[i]))
			return true;
	return false;
}

static const char *not_inspect(const struct fw_typed_chain *base)
{
	static const char *const families[] = { "ip", "ip6", "inet" };

	if (!in_family(base, families, FW_ARRAY_SIZE(families)))
		return "'inspect' stands in families ip, ip6 and inet only";
	if (!is_filter(base))
		return "'inspect' stands in chains of type filter only";
	if (base->hook != FW_HOOK_INPUT && base->hook != FW_HOOK_FORWARD &&
	    base->hook != FW_HOOK_OUTPUT)
		return "'inspect' stands on hooks input, forward and output "
		       "only";
	if (base->priority >= GATE_PRIORITY)
		return "'inspect' stands before priority filter + 10, where "
		       "flows are vetted";
	return NULL;
}

static const char *not_learn(const struct fw_typed_chain *base)
{
	if (!is_filter(base))
		return "'learn' stands in chains of type filter only";
	if (base->hook == FW_HOOK_INGRESS || base->hook == FW_HOOK_EGRESS)
		return "'learn' records connections, which hooks ingress and "
		       "egress do not know";
	return strcmp(base->table->family, "arp") ? NULL :
	       "'learn' records flows; family arp has none";
}

static const char *not_qos(const struct fw_typed_chain *base)
{
	if (!is_filter(base))
		return "'qos class' stands in chains of type filter only";
	return strcmp(base->table->family, "arp") ? NULL :
	       "'qos class' is for flows; family arp has none";
}

static const char *not_block(const struct fw_typed_chain *base)
{
	if (!is_filter(base))
		return "'block' stands in chains of type filter only";
	return strcmp(base->table->family, "arp") ? NULL :
	       "'block' is for IP addresses; family arp has other packets";
}

static const char *not_dns(const struct fw_typed_chain *base)
{
	return base->hook == FW_HOOK_INGRESS ? NULL :
	       "'dns' stands in chains on the hook ingress, and in profiles";
}

/* Elsewhere nft is the judge of it. */
static const char *not_synproxy(const struct fw_typed_chain *base)
{
	return base->hook == FW_HOOK_EGRESS ?
	       "'synproxy' cannot stand on the hook egress" : NULL;
}

/* Why a statement cannot stand in what a base chain reaches; NULL: it can. */
static const struct {
	enum fw_part_kind kind;
	const char *word;	/* RAW: the first one; else NULL */
	const char *id;
	const char *(*why_not)(const struct fw_typed_chain *base);
} places[] = {
	{ FW_PART_INSPECT, NULL, "inspect-place", not_inspect },
	{ FW_PART_LEARN, NULL, "statement-place", not_learn },
	{ FW_PART_QOS, NULL, "statement-place", not_qos },
	{ FW_PART_BLOCK, NULL, "statement-place", not_block },
	{ FW_PART_DNS_NAME, NULL, "statement-place", not_dns },
	{ FW_PART_DNS_TYPE, NULL, "statement-place", not_dns },
	{ FW_PART_DNS_REPLY, NULL, "statement-place", not_dns },
	{ FW_PART_RAW, "synproxy", "statement-place", not_synproxy },
};

static bool is_placed(const struct fw_part *part, size_t place)
{
	return part->kind == places[place].kind &&
	       (!places[place].word ||
		(part->n_words && fw_word_is(&part->words[0],
					     places[place].word)));
}

static bool table_has(const struct fw_typed_table *table, size_t place)
{
	for (size_t c = 0; c < table->n_chains; c++)
		for (size_t i = 0; i < table->chains[c].n_rules; i++) {
			const struct fw_typed_rule *rule =
				&table->chains[c].rules[i];

			for (size_t p = 0; p < rule->n_parts; p++)
				if (is_placed(&rule->parts[p], place))
					return true;
		}
	return false;
}

static void check_place(struct reach *reach, const struct fw_typed_chain *chain,
			const struct fw_typed_chain *base, size_t place,
			const char *why)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		const struct fw_typed_rule *rule = &chain->rules[i];

		for (size_t p = 0; p < rule->n_parts; p++) {
			struct fw_diag *diag;

			if (!is_placed(&rule->parts[p], place))
				continue;
			diag = fw_error(reach->checker->diags, places[place].id,
					&rule->parts[p].words[0].loc, "%s",
					why);
			if (chain != base)
				fw_diag_related(reach->checker->diags, diag,
						&base->item->name_loc,
						"reached from this chain");
		}
	}
}

static void walk_from(struct reach *reach, size_t chain,
		      const struct fw_typed_chain *base, size_t place,
		      const char *why)
{
	if (reach->state[chain] != UNSEEN)
		return;
	reach->state[chain] = DONE;
	check_place(reach, &reach->table->chains[chain], base, place, why);
	for (size_t i = reach->first[chain]; i < reach->first[chain + 1]; i++)
		walk_from(reach, reach->jumps.items[i].to, base, place, why);
}

static void check_places(struct reach *reach)
{
	const struct fw_typed_table *table = reach->table;

	for (size_t k = 0; k < FW_ARRAY_SIZE(places); k++) {
		if (!table_has(table, k))
			continue;
		memset(reach->state, UNSEEN, table->n_chains);
		for (size_t i = 0; i < table->n_chains; i++) {
			const struct fw_typed_chain *base = &table->chains[i];
			const char *why = base->hook ? places[k].why_not(base) :
						       NULL;

			if (why)
				walk_from(reach, i, base, k, why);
		}
	}
}

static int check_table(struct fw_checker *checker,
		       const struct fw_typed_table *table)
{
	struct reach reach = {
		.checker = checker,
		.table = table,
		.source = checker->resolved->tables.items[
			table - checker->typed->tables],
	};
	int r;

	reach.state = fw_arena_alloc(checker->arena, table->n_chains);
	reach.depth = fw_arena_alloc(checker->arena, table->n_chains);
	reach.first = fw_arena_array(checker->arena, table->n_chains + 1,
				     sizeof(*reach.first));
	if (!reach.state || !reach.depth || !reach.first)
		return -ENOMEM;
	r = collect(&reach);
	if (!r)
		r = unused_maps(&reach);
	if (r)
		return r;
	for (size_t i = 0; i < table->n_chains; i++)
		if (reach.state[i] == UNSEEN && loops(&reach, i, 0))
			return 0;
	check_places(&reach);
	return fw_check_synproxies(checker, table);
}

/* --- verdicts behind audit -------------------------------------------------- */
/* They had to stand where they may; from here on they do nothing. */
static void mute(struct fw_typed_rule *rule)
{
	for (size_t i = 1; i < rule->n_parts; i++) {
		struct fw_part *part = &rule->parts[i];

		if (part[-1].kind == FW_PART_AUDIT)
			*part = (struct fw_part){
				.kind = FW_PART_MUTED,
				.words = part->words,
				.n_words = part->n_words,
			};
	}
}

static void mute_table(const struct fw_typed_table *table)
{
	for (size_t c = 0; c < table->n_chains; c++)
		for (size_t i = 0; i < table->chains[c].n_rules; i++)
			mute(&table->chains[c].rules[i]);
}

int fw_check_reach(struct fw_checker *checker)
{
	for (size_t i = 0; i < checker->typed->n_tables; i++) {
		int r = check_table(checker, &checker->typed->tables[i]);

		if (r)
			return r;
		mute_table(&checker->typed->tables[i]);
	}
	return 0;
}
