/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a policy over sources. Out: a plan as the compiler would make it, with
 * the tables that such rules need. May fail: no memory (the test ends).
 *
 * Each source is a class of its own, in every plan the same one: so the table of
 * addresses is the same, whatever the rules are.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "plan/trie.h"
#include "tests/net/veth.h"

static size_t count_rules(const struct veth_policy *policy)
{
	size_t n = 0;

	while (n < VETH_RULES_MAX && policy->rules[n].name)
		n++;
	return n;
}

static void key_of(const char *name, struct fw_hash *ret)
{
	struct fw_hasher *hasher = fw_hasher_new();

	assert(hasher);
	fw_hasher_add_text(hasher, name);
	fw_hasher_end(hasher, ret);
}

static void *items(struct fw_plan *plan, size_t n, size_t size)
{
	void *p = fw_arena_array(plan->arena, n ? n : 1, size);

	assert(p);
	return p;
}

static void make_rules(struct fw_plan *plan, const struct veth_policy *policy,
		       size_t n)
{
	struct fw_plan_rule *rules = items(plan, n, sizeof(*rules));
	struct fw_xdp_rule *xdp = items(plan, 64, sizeof(*xdp));
	struct fw_match *match = items(plan, 1, sizeof(*match));

	match->field = FW_FIELD_SADDR4;
	for (size_t i = 0; i < n; i++) {
		rules[i] = (struct fw_plan_rule){
			.file = "test",
			.family = "netdev",
			.table = "t",
			.chain = "c",
			.layer = FW_LAYER_XDP,
			.text = policy->rules[i].name,
			.counted = true,
		};
		key_of(policy->rules[i].name, &rules[i].key);
		xdp[i] = (struct fw_xdp_rule){
			.matches = match,
			.n_matches = 1,
			.verdict = FW_VERDICT_DROP,
			.rule = (uint32_t)i,
			.counted = true,
			.limit = policy->rules[i].limit,
		};
	}
	for (size_t i = n; i < 64; i++)
		xdp[i].rule = FW_NO_RULE;
	plan->rules = rules;
	plan->n_rules = n;
	plan->xdp.rules = xdp;
	plan->xdp.n_rules = 64;
}

static void make_devices(struct fw_plan *plan, const struct veth_policy *policy)
{
	struct fw_plan_device *device = items(plan, 1, sizeof(*device));
	struct fw_xdp_device *xdp = items(plan, 1, sizeof(*xdp));

	*device = (struct fw_plan_device){
		.name = policy->device,
		.attach = policy->attach,
		.xdp = !policy->no_xdp,
		.tc = policy->tc,
		.watch_dns = policy->watch,
	};
	*xdp = (struct fw_xdp_device){
		.device = policy->device,
		.family = "netdev",
		.table = "t",
		.chain = "c",
		.n_words = 1,
		.policy = FW_VERDICT_ACCEPT,
	};
	key_of("policy", &xdp->policy_key);
	plan->devices = device;
	plan->n_devices = 1;
	plan->xdp.devices = xdp;
	plan->xdp.n_devices = policy->no_xdp ? 0 : 1;
}

#define EVERY (1 + VETH_SOURCES)	/* row of all rules */
#define ROWS (EVERY + 1)

/* The first stands for what has no entry, the others for the sources. */
static void make_rows(struct fw_row *rows, const struct veth_policy *policy,
		      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (uint32_t s = 0; s < VETH_SOURCES; s++)
			rows[1 + s].words[0] |=
				(policy->rules[i].sources >> s & 1ull) << i;
		rows[EVERY].words[0] |= 1ull << i;
	}
	for (int r = 0; r < ROWS; r++)
		rows[r].any = rows[r].words[0] != 0;
}

static void put_prefix(struct fw_lpm4 *key, uint32_t *value, uint32_t address,
		       uint32_t class)
{
	uint32_t be = htonl(address);

	key->prefix_len = 32;
	memcpy(key->addr, &be, sizeof(be));
	*value = class;
}

/* The sources, and behind them, in the order of addresses, the crowd: each in a
 * /24 of its own. */
static void make_addresses(struct fw_plan *plan, uint32_t crowd,
			   struct fw_plan_table *ret)
{
	uint32_t n = VETH_SOURCES + crowd;
	struct fw_lpm4 *keys = items(plan, n, sizeof(*keys));
	uint32_t *values = items(plan, n, sizeof(*values));

	for (uint32_t s = 0; s < VETH_SOURCES; s++)
		put_prefix(&keys[s], &values[s], 0x0a090002 + s, 1 + s);
	for (uint32_t i = 0; i < crowd; i++)
		put_prefix(&keys[VETH_SOURCES + i], &values[VETH_SOURCES + i],
			   0x0b000000 + i * 3456, 1);
	*ret = (struct fw_plan_table){
		.name = crowd ? "saddr4" : "saddr4_lpm",
		.kind = crowd ? FW_TABLE_TRIE : FW_TABLE_LPM,
		.key_size = sizeof(*keys), .value_size = sizeof(*values),
		.n = n, .keys = (void *)keys, .values = (void *)values};
	if (!crowd)
		return;
	assert(!fw_trie_fit(ret));
}

static void make_tables(struct fw_plan *plan, const struct veth_policy *policy,
			size_t n)
{
	struct fw_plan_table *tables = items(plan, 3, sizeof(*tables));
	struct fw_row *rows = items(plan, ROWS, sizeof(*rows));
	struct fw_gen *gen = items(plan, 1, sizeof(*gen));

	*gen = (struct fw_gen){
		.magic = FW_GEN_MAGIC,
		.flags = FW_GEN_CLASSIFY |
			 (policy->crowd ? 0 : FW_GEN_SADDR4_LPM),
		.mark_shift = 24,
		.rules = (uint32_t)n,
		.every = EVERY,
	};
	make_rows(rows, policy, n);
	make_addresses(plan, policy->crowd, &tables[2]);
	if (tables[2].kind == FW_TABLE_BITS) {
		gen->flags |= FW_GEN_SADDR4_BITS;
		gen->saddr4 = tables[2].bits;
	}
	tables[0] = (struct fw_plan_table){
		.name = "gen", .kind = FW_TABLE_ARRAY, .key_size = 4,
		.value_size = sizeof(*gen), .n = 1, .values = (void *)gen};
	tables[1] = (struct fw_plan_table){
		.name = "rows", .kind = FW_TABLE_ARRAY, .key_size = 4,
		.value_size = sizeof(*rows), .n = ROWS,
		.values = (void *)rows};
	plan->xdp.tables = tables;
	plan->xdp.n_tables = 3;
}

/* The chain stands in every plan: base chains that come and go are another
 * test's. */
static void make_nft(struct fw_plan *plan, const struct veth_policy *policy)
{
	static const char *const epoch[] = {FW_NFT_EPOCH};
	struct fw_nft_table *tables = items(plan, 2, sizeof(*tables));
	struct fw_nft_chain *chain = items(plan, 1, sizeof(*chain));
	struct fw_nft_object *set = items(plan, 1, sizeof(*set));
	struct fw_nft_rule *rules = items(plan, VETH_SOURCES, sizeof(*rules));
	size_t n = 0;

	for (int s = 0; s < VETH_SOURCES; s++) {
		if (!(policy->nft >> s & 1))
			continue;
		rules[n].rule = FW_NO_RULE;
		rules[n].text = fw_arena_printf(
			plan->arena, "ip saddr 10.9.0.%d counter drop", s + 2);
		assert(rules[n++].text);
	}
	*chain = (struct fw_nft_chain){
		.name = "pre",
		.base = "type filter hook prerouting priority -300; "
			"policy accept;",
		.rules = rules,
		.n_rules = n,
	};
	*set = (struct fw_nft_object){
		.kind = "set",
		.name = "epoch",
		.body = "type mark",
		.elements = epoch,
		.n_elements = 1,
	};
	tables[0] = (struct fw_nft_table){
		.family = "ip", .name = "t", .chains = chain, .n_chains = 1};
	tables[1] = (struct fw_nft_table){
		.family = "inet", .name = "flywall", .own = true,
		.objects = set, .n_objects = 1};
	plan->tables = tables;
	plan->n_tables = 2;
}

struct fw_plan *veth_plan(const struct veth_policy *policy)
{
	struct fw_plan *plan = fw_plan_new();
	size_t n = count_rules(policy);

	assert(plan);
	plan->options.flows = 4096;
	make_rules(plan, policy, n);
	make_devices(plan, policy);
	make_tables(plan, policy, n);
	make_nft(plan, policy);
	assert(!fw_plan_seal(plan));
	return plan;
}
