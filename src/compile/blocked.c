/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocked sources: what `block for TIME` needs besides the rules that say it.
 *
 * In: the checked configuration. Out: more of it, where anything blocks: the table
 * `inet flywall_block` with a set of addresses for each family, in which profiles
 * put what they block; in each table whose rules block, such sets of its own, since
 * nft's rules reach no others; and chains that drop what comes from all these. Fails
 * only for want of memory; a name that is taken is a diagnostic.
 *
 * The sets are live ones (live.c): nft has the elements and their times, and XDP
 * follows. So they are asked twice: by a chain on hook ingress, before all others,
 * of the devices of the fast road, which XDP alone runs; and by one on hook
 * prerouting, before conntrack and fragments are looked at, for whatever XDP does
 * not see. A table of family netdev has no such hook: there a chain on ingress does
 * both. Management stands in front of all, as in each base chain.
 */
#include <errno.h>
#include <string.h>

#include "compile/typecheck.h"
#include "util/cleanup.h"

#define PRIORITY_INGRESS (-1000000)
#define PRIORITY_PREROUTING (-460)	/* what there is before queries (gate.c) */

/* A family's sets and what they are asked for. */
static const struct fw_interval is_ip[] = { { FW_L3_IP, FW_L3_IP } };
static const struct fw_interval is_ip6[] = { { FW_L3_IP6, FW_L3_IP6 } };

static const struct side {
	const char *set;	/* of Flywall's own table */
	const char *theirs;	/* of a table whose rules block */
	const char *only;	/* the family of tables that meet nothing else */
	const char *header, *type;
	enum fw_set_type set_type;
	enum fw_field field;
	const struct fw_interval *l3;
} sides[] = {
	{ FW_BLOCK_SET4, FW_BLOCKED_SET4, "ip", "ip", "ipv4_addr",
	  FW_SET_IPV4_ADDR, FW_FIELD_SADDR4, is_ip },
	{ FW_BLOCK_SET6, FW_BLOCKED_SET6, "ip6", "ip6", "ipv6_addr",
	  FW_SET_IPV6_ADDR, FW_FIELD_SADDR6, is_ip6 },
};

/* A set and its family. */
struct asked {
	const struct side *side;
	const struct fw_typed_set *set;
};

typedef FW_VEC(struct asked) asked_vec;

struct blocking {
	struct fw_checker *checker;
	struct fw_arena *arena;
	struct fw_typed_table *table;	/* that is added to */
	const struct fw_loc *loc;	/* of what asks for it first */
	asked_vec by_xdp;		/* in the chain that XDP alone runs */
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

/* Likewise of a table's chains. */
static const struct fw_plan_rule *first_of_table(const struct fw_checker *checker,
						 const struct fw_typed_table *table)
{
	for (size_t c = 0; c < table->n_chains; c++)
		for (size_t i = 0; i < table->chains[c].n_rules; i++) {
			const struct fw_typed_rule *rule =
				&table->chains[c].rules[i];

			for (size_t p = 0; p < rule->n_parts; p++)
				if (rule->parts[p].kind == FW_PART_BLOCK)
					return &checker->rules.items[rule->rule]
							.rule;
		}
	return NULL;
}

/* --- sets ------------------------------------------------------------------ */
/* dynamic: packets put addresses in. */
static int add_set(struct blocking *b, const struct side *side, bool dynamic,
		   asked_vec *ret)
{
	struct asked *asked = fw_vec_push(b->arena, ret);
	struct fw_typed *typed = b->checker->typed;
	struct fw_typed_set *set = &typed->sets[typed->n_sets++];
	struct fw_typed_set **list = fw_arena_array(
		b->arena, b->table->n_sets + 1, sizeof(*list));
	enum fw_value_type *types = fw_arena_alloc(b->arena, sizeof(*types));

	if (!asked || !list || !types ||
	    !fw_set_value_type(side->set_type, types))
		return -ENOMEM;
	*set = (struct fw_typed_set){
		.name = dynamic ? side->theirs : side->set,
		.table = b->table,
		.type = side->set_type,
		.dynamic = dynamic,
		.live = true,
		.types = types,
		.n_types = 1,
		.options.type = side->type,
		.body = fw_arena_printf(b->arena, "type %s\nsize %d\n"
					"flags %stimeout", side->type,
					FW_BLOCKED_MAX,
					dynamic ? "dynamic," : ""),
		.used = true,
	};
	if (b->table->n_sets)
		memcpy(list, b->table->sets,
		       b->table->n_sets * sizeof(struct fw_typed_set *));
	list[b->table->n_sets++] = set;
	b->table->sets = list;
	*asked = (struct asked){ side, set };
	return set->body ? 0 : -ENOMEM;
}

/* --- rules ----------------------------------------------------------------- */
#define WORDS 5

/* ip saddr @SET counter drop */
static int put_words(struct blocking *b, const struct asked *asked,
		     struct fw_typed_rule *rule)
{
	const char *const texts[WORDS] = { asked->side->header, "saddr",
					   asked->set->name, "counter", "drop" };
	struct fw_word *words = fw_arena_array(b->arena, WORDS, sizeof(*words));

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < WORDS; i++)
		words[i] = (struct fw_word){
			.kind = i == 2 ? FW_WORD_SET : FW_WORD_PLAIN,
			.space = i > 0,
			.text = texts[i],
			.loc = *b->loc,
		};
	rule->words = words;
	rule->n_words = WORDS;
	rule->text = fw_words_text(b->arena, words, WORDS);
	return rule->text ? 0 : -ENOMEM;
}

static int put_parts(struct blocking *b, const struct asked *asked,
		     struct fw_typed_rule *rule)
{
	const struct fw_match l3 = { FW_FIELD_L3, asked->side->l3, 1 };
	struct fw_part *parts = fw_arena_array(b->arena, 3, sizeof(*parts));

	if (!parts)
		return -ENOMEM;
	parts[0] = (struct fw_part){
		.kind = FW_PART_RAW,
		.words = rule->words,
		.n_words = 3,
		.reason = fw_arena_printf(b->arena, "set @%s",
					  asked->set->name),
		.is_match = true,
		.live = asked->set,
		.field = asked->side->field,
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

static int put_rules(struct blocking *b, struct fw_typed_chain *chain,
		     const asked_vec *asked)
{
	int r = 0;

	chain->n_rules = asked->n;
	chain->rules = fw_arena_array(b->arena, asked->n,
				      sizeof(*chain->rules));
	if (!chain->rules)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < asked->n; i++) {
		struct fw_typed_rule *rule = &chain->rules[i];

		rule->unit = UINT32_MAX;
		r = put_words(b, &asked->items[i], rule);
		if (r == 0)
			r = put_parts(b, &asked->items[i], rule);
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

/* Behind the table's others; NULL when memory runs out. */
static struct fw_typed_chain *add_chain(struct blocking *b, const char *name,
					enum fw_hook hook, int priority)
{
	struct fw_typed_table *t = b->table;
	struct fw_item *item = fw_arena_alloc(b->arena, sizeof(*item));
	struct fw_typed_chain *chains = fw_arena_array(
		b->arena, t->n_chains + 1, sizeof(*chains));
	struct fw_typed_chain *chain;

	if (!item || !chains)
		return NULL;
	if (t->n_chains)
		memcpy(chains, t->chains, t->n_chains * sizeof(*chains));
	item->loc = item->name_loc = *b->loc;
	chain = &chains[t->n_chains++];
	*chain = (struct fw_typed_chain){
		.name = name,
		.item = item,
		.table = t,
		.hook = hook,
		.type = "filter",
		.priority = priority,
		.policy = FW_VERDICT_ACCEPT,
		.own = true,
	};
	t->chains = chains;
	return chain;
}

static int add_ingress(struct blocking *b, const char *name, bool only_xdp,
		       const asked_vec *asked)
{
	struct fw_typed_chain *chain;
	name_vec devices = { 0 };
	int r = road_devices(b, &devices);

	if (r < 0 || !devices.n)
		return r;
	chain = add_chain(b, name, FW_HOOK_INGRESS, PRIORITY_INGRESS);
	if (!chain)
		return -ENOMEM;
	chain->only_xdp = only_xdp;
	chain->devices = devices.items;
	chain->n_devices = devices.n;
	return put_rules(b, chain, asked);
}

static int add_prerouting(struct blocking *b, const char *name,
			  const asked_vec *asked)
{
	struct fw_typed_chain *chain = add_chain(
		b, name, FW_HOOK_PREROUTING, PRIORITY_PREROUTING);

	if (!chain)
		return -ENOMEM;
	chain->base = fw_arena_printf(b->arena, "type filter hook prerouting "
				      "priority %d; policy accept;",
				      PRIORITY_PREROUTING);
	return chain->base ? put_rules(b, chain, asked) : -ENOMEM;
}

/* --- tables ----------------------------------------------------------------- */
static struct fw_loc place_of(const struct fw_plan_rule *rule)
{
	return (struct fw_loc){ .file = rule->file, .line = rule->line,
				.col = rule->column };
}

static void clash(struct blocking *b, const struct fw_loc *loc,
		  const char *name)
{
	fw_error(b->checker->diags, "reserved-name", loc,
		 "'%s' is Flywall's own: it has to do with sources that 'block "
		 "for' blocks", name);
}

/* Whether the table has names that are needed. */
static bool is_taken(struct blocking *b, const struct fw_res_table *table)
{
	bool taken = false;

	for (size_t i = 0; i < FW_ARRAY_SIZE(sides); i++) {
		const struct fw_res_set *set = fw_res_set(table,
							  sides[i].theirs);

		if (set)
			clash(b, &set->loc, set->name);
		taken |= set != NULL;
	}
	if (fw_res_chain(table, FW_BLOCKED_CHAIN))
		clash(b, &fw_res_chain(table, FW_BLOCKED_CHAIN)->loc,
		      FW_BLOCKED_CHAIN);
	return taken || fw_res_chain(table, FW_BLOCKED_CHAIN);
}

static bool meets(const struct fw_typed_table *table, const struct side *side)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(sides); i++)
		if (!strcmp(table->family, sides[i].only))
			return &sides[i] == side;
	return true;
}

/* A table of the file, rules of which block. */
static int add_to_table(struct blocking *b, size_t at)
{
	bool netdev = !strcmp(b->table->family, "netdev");
	asked_vec asked = { 0 };
	int r = 0;

	if (is_taken(b, b->checker->resolved->tables.items[at]))
		return 0;
	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(sides); i++)
		if (meets(b->table, &sides[i]))
			r = add_set(b, &sides[i], true, &asked);
	for (size_t i = 0; r == 0 && !netdev && i < asked.n; i++) {
		struct asked *slot = fw_vec_push(b->arena, &b->by_xdp);

		if (!slot)
			return -ENOMEM;
		*slot = asked.items[i];
	}
	if (r < 0)
		return r;
	return netdev ? add_ingress(b, FW_BLOCKED_CHAIN, false, &asked) :
			add_prerouting(b, FW_BLOCKED_CHAIN, &asked);
}

/* Flywall's own. Its sets are there for operators too. */
static int add_own(struct blocking *b)
{
	struct fw_typed *typed = b->checker->typed;
	asked_vec asked = { 0 };
	int r = 0;

	b->table = &typed->tables[typed->n_tables++];
	b->table->family = FW_BLOCK_FAMILY;
	b->table->name = FW_BLOCK_TABLE;
	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(sides); i++)
		r = add_set(b, &sides[i], false, &asked);
	for (size_t i = 0; r == 0 && i < b->by_xdp.n; i++) {
		struct asked *slot = fw_vec_push(b->arena, &asked);

		if (!slot)
			return -ENOMEM;
		*slot = b->by_xdp.items[i];
	}
	if (r == 0)
		r = add_ingress(b, "ingress", true, &asked);
	asked.n = FW_ARRAY_SIZE(sides);
	return r < 0 ? r : add_prerouting(b, "prerouting", &asked);
}

/* ret: the place of what asks for it, those of profiles first. */
static int add_to_tables(struct blocking *b, bool *ret_any, struct fw_loc *ret)
{
	const struct fw_typed *typed = b->checker->typed;
	const struct fw_plan_rule *first = first_of_profiles(b->checker);
	int r = 0;

	*ret_any = first;
	if (first)
		*ret = place_of(first);
	for (size_t i = 0; r == 0 && i < typed->n_tables; i++) {
		struct fw_loc loc;

		first = first_of_table(b->checker, &typed->tables[i]);
		if (!first)
			continue;
		loc = place_of(first);
		if (!*ret_any)
			*ret = loc;
		*ret_any = true;
		b->table = &typed->tables[i];
		b->loc = &loc;
		r = add_to_table(b, i);
	}
	return r;
}

int fw_check_blocked(struct fw_checker *checker)
{
	const struct fw_res_table *taken = fw_res_table(
		checker->resolved, FW_BLOCK_FAMILY, FW_BLOCK_TABLE);
	struct blocking b = { .checker = checker, .arena = checker->arena };
	struct fw_loc loc;
	bool any;
	int r = add_to_tables(&b, &any, &loc);

	if (r < 0 || !any)
		return r;
	b.loc = &loc;
	if (!taken)
		return add_own(&b);
	clash(&b, &taken->loc, FW_BLOCK_TABLE);
	return 0;
}
