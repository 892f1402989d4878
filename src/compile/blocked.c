/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocked sources: what `block for TIME` needs besides the rules that say it.
 *
 * In: the checked configuration. Out: more of it: where a profile blocks, the
 * table `inet flywall_block` with a set of addresses for each family and the
 * chains that drop what comes from them. Fails only for want of memory; a table
 * of that name in the file is a diagnostic.
 *
 * The sets are live ones (live.c): nft has the elements and their times, and XDP
 * follows. Two chains ask them: one on hook ingress, before all others, of the
 * devices of the fast road, which XDP alone runs; and one on hook prerouting,
 * before conntrack and fragments are looked at, for whatever XDP does not see.
 * Management stands in front in both, as in each base chain.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "compile/typecheck.h"
#include "util/cleanup.h"

#define PRIORITY_PREROUTING (-460)	/* what there is before queries (gate.c) */

/* A family's set and what it is asked for. */
static const struct fw_interval is_ip[] = { { FW_L3_IP, FW_L3_IP } };
static const struct fw_interval is_ip6[] = { { FW_L3_IP6, FW_L3_IP6 } };

static const struct side {
	const char *set, *header, *type;
	enum fw_set_type set_type;
	enum fw_field field;
	const struct fw_interval *l3;
} sides[] = {
	{ FW_BLOCK_SET4, "ip", "ipv4_addr", FW_SET_IPV4_ADDR, FW_FIELD_SADDR4,
	  is_ip },
	{ FW_BLOCK_SET6, "ip6", "ipv6_addr", FW_SET_IPV6_ADDR, FW_FIELD_SADDR6,
	  is_ip6 },
};

struct blocking {
	struct fw_checker *checker;
	struct fw_arena *arena;
	struct fw_typed_table *table;
	const struct fw_typed_set *sets[FW_ARRAY_SIZE(sides)];
	const struct fw_loc *loc;	/* of what asks for it first */
};

/* --- who blocks ------------------------------------------------------------ */
/* The place of the first rule of a profile that blocks; NULL: none does. */
static const struct fw_plan_rule *first_of_profiles(const struct fw_checker *checker)
{
	const struct fw_typed *typed = checker->typed;

	for (size_t p = 0; p < typed->n_profiles; p++)
		for (size_t i = 0; i < typed->profiles[p].n_rules; i++) {
			const struct fw_inspect_rule *rule =
				&typed->profiles[p].rules[i];

			if (rule->action == FW_INSPECT_BLOCK && !rule->audit)
				return &checker->rules.items[rule->rule].rule;
		}
	return NULL;
}

/* --- sets ------------------------------------------------------------------ */
static int add_set(struct blocking *b, const struct side *side,
		   const struct fw_typed_set **ret)
{
	struct fw_typed *typed = b->checker->typed;
	struct fw_typed_set *set = &typed->sets[typed->n_sets++];
	struct fw_typed_set **list = fw_arena_array(
		b->arena, b->table->n_sets + 1, sizeof(*list));
	enum fw_value_type *types = fw_arena_alloc(b->arena, sizeof(*types));

	if (!list || !types || !fw_set_value_type(side->set_type, types))
		return -ENOMEM;
	*set = (struct fw_typed_set){
		.name = side->set,
		.table = b->table,
		.type = side->set_type,
		.live = true,
		.types = types,
		.n_types = 1,
		.options.type = side->type,
		.body = fw_arena_printf(b->arena, "type %s\nsize %d\n"
					"flags timeout", side->type,
					FW_BLOCKED_MAX),
		.used = true,
	};
	if (b->table->n_sets)
		memcpy(list, b->table->sets,
		       b->table->n_sets * sizeof(struct fw_typed_set *));
	list[b->table->n_sets++] = set;
	b->table->sets = list;
	*ret = set;
	return set->body ? 0 : -ENOMEM;
}

/* --- rules ----------------------------------------------------------------- */
#define WORDS 5

/* ip saddr @SET counter drop */
static int put_words(struct blocking *b, const struct side *side,
		     struct fw_typed_rule *rule)
{
	const char *const texts[WORDS] = { side->header, "saddr", side->set,
					   "counter", "drop" };
	struct fw_word *words = fw_arena_array(b->arena, WORDS, sizeof(*words));

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < WORDS; i++)
		words[i] = (struct fw_word){
			.kind = texts[i] == side->set ? FW_WORD_SET :
							FW_WORD_PLAIN,
			.space = i > 0,
			.text = texts[i],
			.loc = *b->loc,
		};
	rule->words = words;
	rule->n_words = WORDS;
	rule->text = fw_words_text(b->arena, words, WORDS);
	return rule->text ? 0 : -ENOMEM;
}

static int put_parts(struct blocking *b, const struct side *side,
		     const struct fw_typed_set *set, struct fw_typed_rule *rule)
{
	const struct fw_match l3 = { FW_FIELD_L3, side->l3, 1 };
	struct fw_part *parts = fw_arena_array(b->arena, 3, sizeof(*parts));

	if (!parts)
		return -ENOMEM;
	parts[0] = (struct fw_part){
		.kind = FW_PART_RAW,
		.words = rule->words,
		.n_words = 3,
		.reason = fw_arena_printf(b->arena, "set @%s", side->set),
		.is_match = true,
		.live = set,
		.field = side->field,
		.matches = fw_arena_memdup(b->arena, &l3, sizeof(l3)),
		.n_matches = 1,
	};
	parts[1] = (struct fw_part){
		.kind = FW_PART_COUNTER,
		.words = rule->words + 3,
		.n_words = 1,
	};
	parts[2] = (struct fw_part){
		.kind = FW_PART_VERDICT,
		.words = rule->words + 4,
		.n_words = 1,
		.verdict = FW_VERDICT_DROP,
	};
	rule->parts = parts;
	rule->n_parts = 3;
	return parts[0].reason && parts[0].matches ? 0 : -ENOMEM;
}

/* Behind all of the file's. */
static int note_rule(struct blocking *b, const struct fw_typed_chain *chain,
		     struct fw_typed_rule *rule)
{
	struct fw_seq_rule *slot = fw_vec_push(b->arena, &b->checker->rules);

	if (!slot)
		return -ENOMEM;
	slot->seq = UINT32_MAX;
	slot->rule = (struct fw_plan_rule){
		.file = b->loc->file,
		.line = b->loc->line,
		.column = b->loc->col,
		.family = chain->table->family,
		.table = chain->table->name,
		.chain = chain->name,
		.layer = FW_LAYER_NFT,
		.text = rule->text,
		.own = true,
	};
	rule->rule = (uint32_t)(b->checker->rules.n - 1);
	return 0;
}

static int put_rules(struct blocking *b, struct fw_typed_chain *chain)
{
	int r = 0;

	chain->rules = fw_arena_array(b->arena, FW_ARRAY_SIZE(sides),
				      sizeof(*chain->rules));
	if (!chain->rules)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(sides); i++) {
		struct fw_typed_rule *rule = &chain->rules[chain->n_rules];

		if (!b->sets[i])
			continue;
		chain->n_rules++;
		rule->unit = UINT32_MAX;
		r = put_words(b, &sides[i], rule);
		if (r == 0)
			r = put_parts(b, &sides[i], b->sets[i], rule);
		if (r == 0)
			r = note_rule(b, chain, rule);
	}
	return r;
}

/* --- chains ---------------------------------------------------------------- */
static bool is_among(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

typedef FW_VEC(const char *) name_vec;

static int add_names(struct blocking *b, name_vec *to, const char *const *names,
		     size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char **slot;

		if (is_among(to->items, to->n, names[i]))
			continue;
		slot = fw_vec_push(b->arena, to);
		if (!slot)
			return -ENOMEM;
		*slot = names[i];
	}
	return 0;
}

/* The devices of the fast road, named so or by a chain on them. */
static int road_devices(struct blocking *b, name_vec *ret)
{
	const struct fw_typed *typed = b->checker->typed;
	int r = add_names(b, ret, typed->road_devices, typed->n_road_devices);

	for (size_t t = 0; t < typed->n_tables; t++)
		for (size_t i = 0; r == 0 && i < typed->tables[t].n_chains; i++) {
			const struct fw_typed_chain *chain =
				&typed->tables[t].chains[i];

			if (chain->hook == FW_HOOK_INGRESS)
				r = add_names(b, ret, chain->devices,
					      chain->n_devices);
		}
	return r;
}

static int add_ingress(struct blocking *b, struct fw_typed_chain *chain)
{
	name_vec devices = { 0 };
	int r = road_devices(b, &devices);

	if (r < 0 || !devices.n)
		return r;
	b->table->n_chains++;
	chain->name = "ingress";
	chain->hook = FW_HOOK_INGRESS;
	chain->priority = INT_MIN;
	chain->devices = devices.items;
	chain->n_devices = devices.n;
	return put_rules(b, chain);
}

static int add_prerouting(struct blocking *b, struct fw_typed_chain *chain)
{
	b->table->n_chains++;
	chain->name = "prerouting";
	chain->hook = FW_HOOK_PREROUTING;
	chain->priority = PRIORITY_PREROUTING;
	chain->base = fw_arena_printf(b->arena, "type filter hook prerouting "
				      "priority %d; policy accept;",
				      PRIORITY_PREROUTING);
	return chain->base ? put_rules(b, chain) : -ENOMEM;
}

static int add_chains(struct blocking *b)
{
	struct fw_item *item = fw_arena_alloc(b->arena, sizeof(*item));
	struct fw_typed_chain *chains = fw_arena_array(b->arena, 2,
						       sizeof(*chains));
	int r;

	if (!item || !chains)
		return -ENOMEM;
	item->loc = item->name_loc = *b->loc;
	for (size_t i = 0; i < 2; i++) {
		chains[i].item = item;
		chains[i].table = b->table;
		chains[i].type = "filter";
		chains[i].policy = FW_VERDICT_ACCEPT;
		chains[i].own = true;
	}
	b->table->chains = chains;
	r = add_ingress(b, &chains[0]);
	return r < 0 ? r : add_prerouting(b, &chains[b->table->n_chains]);
}

/* --- the table -------------------------------------------------------------- */
static bool is_taken(struct fw_checker *checker)
{
	const struct fw_res_table *clash = fw_res_table(checker->resolved,
							FW_BLOCK_FAMILY,
							FW_BLOCK_TABLE);

	if (clash)
		fw_error(checker->diags, "reserved-table", &clash->loc,
			 "the table '" FW_BLOCK_FAMILY " " FW_BLOCK_TABLE "' is "
			 "Flywall's own: it has the sources that 'block for' "
			 "blocks");
	return clash;
}

int fw_check_blocked(struct fw_checker *checker)
{
	const struct fw_plan_rule *first = first_of_profiles(checker);
	struct fw_typed *typed = checker->typed;
	struct fw_loc loc;
	struct blocking b = {
		.checker = checker,
		.arena = checker->arena,
		.table = &typed->tables[typed->n_tables],
		.loc = &loc,
	};
	int r = 0;

	if (!first || is_taken(checker))
		return 0;
	loc = (struct fw_loc){ .file = first->file, .line = first->line,
			       .col = first->column };
	typed->n_tables++;
	b.table->family = FW_BLOCK_FAMILY;
	b.table->name = FW_BLOCK_TABLE;
	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(sides); i++)
		r = add_set(&b, &sides[i], &b.sets[i]);
	return r < 0 ? r : add_chains(&b);
}
