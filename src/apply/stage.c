/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a plan, the devices that exist, the slots of counters. Out: every
 * generational table of a slot. May fail: a table that does not fit, counters
 * that have run out, memory.
 *
 * Most tables stand in the plan as they go to the kernel. Three hold numbers
 * of the host and are made here: "dev" and "watch" by ifindex, "actions" with
 * slots of counters. Those of names are keyed, and made here too. A trie is
 * written when its map is made, and not where the other slot has it already.
 * What has no entries is not made at all.
 */
#include "apply/stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/error.h"
#include "apply/syn.h"
#include "util/cleanup.h"

struct staging {
	const struct fw_plan *plan;
	const struct fw_devices *devices;
	struct fw_counters *counters, *limits;
	struct fw_apply_error *error;
	struct fw_suffix_table names;	/* nothing where nobody asks */
};

/* Rows that were made here: one malloc for keys, one for values. */
struct made {
	struct fw_rows rows;
	void *keys, *values;
};

static void made_done(struct made *made)
{
	free(made->keys);
	free(made->values);
}

static int made_keyed(struct made *made, const char *name, size_t n,
		      size_t key_size, size_t value_size)
{
	*made = (struct made){
		.rows = {
			.name = name,
			.key_size = (uint32_t)key_size,
			.value_size = (uint32_t)value_size,
		},
		.keys = calloc(n ? n : 1, key_size),
		.values = calloc(n ? n : 1, value_size),
	};
	made->rows.keys = made->keys;
	made->rows.values = made->values;
	return made->keys && made->values ? 0 : -ENOMEM;
}

/* values was allocated, and is the rows' from here on. */
static int made_array(struct made *made, const char *name, size_t n,
		      size_t size, void *values)
{
	*made = (struct made){
		.rows = {
			.name = name,
			.n = (uint32_t)n,
			.key_size = sizeof(uint32_t),
			.value_size = (uint32_t)size,
			.values = values,
		},
		.values = values,
	};
	return 0;
}

static int made_numbered(struct made *made, const char *name, size_t n,
			 size_t size)
{
	void *values = calloc(n ? n : 1, size);

	return values ? made_array(made, name, n, size, values) : -ENOMEM;
}

static int made_seal(struct made *made)
{
	struct fw_hasher *hasher = fw_hasher_new();
	const struct fw_rows *rows = &made->rows;

	if (!hasher)
		return -ENOMEM;
	fw_hasher_add_text(hasher, rows->name);
	if (rows->keys)
		fw_hasher_add(hasher, rows->keys,
			      (size_t)rows->n * rows->key_size);
	fw_hasher_add(hasher, rows->values,
		      (size_t)rows->n * rows->value_size);
	fw_hasher_end(hasher, &made->rows.hash);
	return 0;
}

/* A row keyed by ifindex, put where memcmp order wants it. */
static void *insert_row(struct made *made, uint32_t ifindex)
{
	struct fw_rows *rows = &made->rows;
	uint8_t (*keys)[sizeof(ifindex)] = made->keys;
	uint8_t *values = made->values;
	size_t size = rows->value_size, at = rows->n;

	while (at && memcmp(keys[at - 1], &ifindex, sizeof(ifindex)) > 0)
		at--;
	memmove(keys + at + 1, keys + at, (rows->n - at) * sizeof(*keys));
	memmove(values + (at + 1) * size, values + at * size,
		(rows->n - at) * size);
	memset(values + at * size, 0, size);
	memcpy(keys[at], &ifindex, sizeof(ifindex));
	rows->n++;
	return values + at * size;
}

static int take_counter(struct staging *s, const struct fw_hash *key,
			uint32_t *ret)
{
	int r = fw_counters_stage(s->counters, key, NULL, ret);

	if (r == -ENOSPC)
		return fw_apply_fail(s->error, FW_APPLY_INVALID, r,
				     "more than %d rules and policies count in XDP "
				     "(those of the running generation included)",
				     FW_COUNTERS_MAX);
	return r;
}

/* The number of a rule's limit. It is known by the rule and by what it says, and
 * so goes on where it stayed the same. */
static int take_limit(struct staging *s, const struct fw_xdp_rule *rule,
		      uint32_t *ret)
{
	const struct fw_bpf_map *sources =
		fw_bpf_map(s->devices->bpf, "sources");
	struct fw_hasher *hasher = fw_hasher_new();
	struct fw_limit limit;
	struct fw_hash key;
	uint32_t slot;
	int r;

	if (!hasher)
		return -ENOMEM;
	if (!fw_plan_limit_make(rule->limit, sources ? sources->max_entries : 0,
				&limit))
		return -ERANGE;
	fw_hasher_add(hasher, s->plan->rules[rule->rule].key.bytes,
		      sizeof(key.bytes));
	fw_hasher_add(hasher, &limit, sizeof(limit));
	fw_hasher_end(hasher, &key);
	memcpy(&limit.id, key.bytes, sizeof(limit.id));
	r = fw_counters_stage(s->limits, &key, &limit, &slot);
	if (r == -ENOSPC)
		return fw_apply_fail(s->error, FW_APPLY_INVALID, r,
				     "more than %d limits in XDP (those of the "
				     "running generation included)",
				     FW_LIMITS_MAX);
	*ret = slot + 1;
	return r;
}

static int fill_chain(struct staging *s, const struct fw_xdp_device *from,
		      struct fw_chain *chain)
{
	struct fw_plan_tested tested = fw_plan_tested(&s->plan->xdp, from);

	chain->words = fw_plan_words(from);
	chain->tests = tested.tests;
	chain->skip = tested.skip;
	chain->policy = (uint8_t)from->policy;
	chain->flags = !strcmp(from->family, "inet") ? FW_CHAIN_INET : 0;
	chain->policy_counter = FW_NO_COUNTER;
	if (from->policy == FW_VERDICT_NONE)
		return 0;
	return take_counter(s, &from->policy_key, &chain->policy_counter);
}

static int fill_chains(struct staging *s, const char *device,
		       struct fw_dev *dev)
{
	const struct fw_plan_xdp *xdp = &s->plan->xdp;
	int r = 0;

	for (size_t i = 0; i < xdp->n_devices && !r; i++) {
		if (strcmp(xdp->devices[i].device, device))
			continue;
		r = dev->n_chains < FW_CHAINS_MAX
			    ? fill_chain(s, &xdp->devices[i],
					 &dev->chains[dev->n_chains++])
			    : -E2BIG;
	}
	return r;
}

static bool is_lowered(const struct fw_plan_xdp *xdp, const char *device)
{
	for (size_t i = 0; i < xdp->n_devices; i++)
		if (!strcmp(xdp->devices[i].device, device))
			return true;
	return false;
}

/* Without an entry the device's packets pass: so a device that is missing has
 * none, and gets it by the commit that follows its appearance. Where XDP has no
 * rules and drops nothing there is none either: it need not look at packets,
 * while TC does so anyway. */
static int make_dev(struct staging *s, struct made *made)
{
	const struct fw_plan *plan = s->plan;
	bool drop = plan->options.malformed_drop;
	int r = made_numbered(made, "dev", FW_DEVICES_MAX,
			      sizeof(struct fw_dev));

	for (size_t i = 0; i < plan->n_devices && !r; i++) {
		const char *name = plan->devices[i].name;
		const struct fw_device *device =
			fw_devices_find(s->devices, name);
		struct fw_dev *dev;
		bool xdp;

		if (!device || !(device->on & (FW_PART_XDP | FW_PART_TC)))
			continue;
		/* What is not wanted goes when the generation has come. */
		xdp = device->on & device->want & FW_PART_XDP;
		if (!drop && xdp && !is_lowered(&plan->xdp, name))
			continue;
		dev = fw_dev_take(made->values, device->ifindex);
		if (!dev)
			return -E2BIG;
		dev->flags = (xdp ? 0 : FW_DEV_NO_XDP) |
			     (drop ? FW_DEV_DROP_MALFORMED : 0);
		r = fill_chains(s, name, dev);
	}
	return r;
}

static int make_watch(struct staging *s, struct made *made)
{
	const struct fw_plan *plan = s->plan;
	int r = made_keyed(made, "watch", plan->n_devices, sizeof(uint32_t),
			   sizeof(struct fw_watch));

	for (size_t i = 0; i < plan->n_devices && !r; i++) {
		const struct fw_device *device =
			fw_devices_find(s->devices, plan->devices[i].name);
		struct fw_watch *watch;

		if (!device || !(device->on & FW_PART_WATCH) ||
		    !device->watch_flags)
			continue;
		watch = insert_row(made, device->ifindex);
		watch->flags = device->watch_flags;
	}
	return r;
}

static int make_actions(struct staging *s, struct made *made)
{
	const struct fw_plan *plan = s->plan;
	const struct fw_plan_xdp *xdp = &plan->xdp;
	int r = made_numbered(made, "actions", xdp->n_rules,
			      sizeof(struct fw_action));
	struct fw_action *actions = made->values;

	for (uint32_t i = 0; i < xdp->n_rules && !r; i++) {
		const struct fw_xdp_rule *rule = &xdp->rules[i];

		actions[i].verdict = (uint8_t)FW_VERDICT_WITH(rule->verdict,
							      rule->synproxy);
		actions[i].skip_to = rule->skip_to;
		actions[i].counter = FW_NO_COUNTER;
		actions[i].flags = rule->log ? FW_ACTION_LOG : 0;
		if (rule->rule != FW_NO_RULE)
			actions[i].id = FW_RULE_ID(
				plan->rules[rule->rule].key.bytes);
		if (rule->limit)
			r = take_limit(s, rule, &actions[i].limit);
		if (!r && rule->counted && rule->rule != FW_NO_RULE)
			r = take_counter(s, fw_plan_counts_by(plan, rule->rule),
					 &actions[i].counter);
	}
	return r;
}

static int make_names(struct staging *s, struct made *made)
{
	return made_array(made, "names", s->names.head.buckets,
			  sizeof(*s->names.buckets), FW_TAKE(s->names.buckets));
}

static int make_name_filter(struct staging *s, struct made *made)
{
	return made_array(made, "name_filter", s->names.n_filter,
			  sizeof(*s->names.filter), FW_TAKE(s->names.filter));
}

static int make_name_head(struct staging *s, struct made *made)
{
	struct fw_name_head *head = malloc(sizeof(*head));

	if (!head)
		return -ENOMEM;
	*head = s->names.head;
	return made_array(made, "name_head", 1, sizeof(*head), head);
}

static int make_syn(struct staging *s, struct made *made)
{
	struct fw_syn *syn = malloc(sizeof(*syn));

	if (!syn)
		return -ENOMEM;
	fw_syn_make(s->plan, syn);
	return made_array(made, "syn", 1, sizeof(*syn), syn);
}

static int make_qos(struct staging *s, struct made *made)
{
	const struct fw_plan *plan = s->plan;
	struct fw_qos *values;
	int r;

	if (!plan->n_classes)
		return 0;
	r = made_numbered(made, "qos_profiles", FW_QOS_CLASSES,
			  sizeof(*values));
	values = made->values;
	for (size_t i = 0; !r && i < plan->n_classes; i++)
		fw_plan_class_make(&plan->classes[i],
				   &values[plan->classes[i].number]);
	return r;
}

/* What leaves made empty has no such table. */
static const struct {
	const char *name;
	int (*make)(struct staging *s, struct made *made);
} makers[] = {
	{"dev", make_dev},
	{"actions", make_actions},
	{"watch", make_watch},
	{"names", make_names},
	{"name_filter", make_name_filter},
	{"name_head", make_name_head},
	{"syn", make_syn},
	{"qos_profiles", make_qos},
};

/* 1 and rows filled, 0 when the plan has no such table, or -errno. */
static int find_rows(struct staging *s, const char *name, struct made *made,
		     struct fw_rows *ret)
{
	const struct fw_plan_table *table;
	int r;

	for (size_t i = 0; i < FW_ARRAY_SIZE(makers); i++) {
		if (strcmp(makers[i].name, name))
			continue;
		r = makers[i].make(s, made);
		if (!r && !made->values)
			return 0;
		if (!r)
			r = made_seal(made);
		*ret = made->rows;
		return r ? r : 1;
	}
	table = fw_plan_table(s->plan, name);
	if (!table || !table->n)
		return 0;
	if (table->lines) {
		*ret = (struct fw_rows){
			.name = name,
			.n = table->lines,
			.key_size = sizeof(uint32_t),
			.value_size = sizeof(struct fw_trie_line),
			.trie = table,
			.hash = table->hash,
		};
		return 1;
	}
	*ret = (struct fw_rows){
		.name = name,
		.n = table->n,
		.key_size = table->key_size,
		.value_size = table->value_size,
		.keys = table->keys,
		.values = table->values,
		.hash = table->hash,
	};
	return 1;
}

static int stage_table(struct staging *s, struct fw_outer *outer, unsigned slot)
{
	_cleanup_(made_done) struct made made = {0};
	struct fw_rows rows;
	int r = find_rows(s, outer->map->name, &made, &rows);

	if (r == 1)
		r = fw_snapshot_fill(outer, slot, &rows);
	else if (!r)
		r = fw_snapshot_clear(outer, slot);
	if (r)
		return fw_apply_fail(s->error, FW_APPLY_REFUSED, r,
				     "cannot load table %s: %s",
				     outer->map->name, strerror(-r));
	return 0;
}

/* A plan's table that no program has would be a rule that nobody applies. */
static int check_names(struct staging *s, const struct fw_snapshot *snapshot)
{
	for (size_t i = 0; s->plan->xdp.n_rules && i < s->plan->xdp.n_tables;
	     i++) {
		const char *name = s->plan->xdp.tables[i].name;
		size_t j = 0;

		while (j < snapshot->n &&
		       strcmp(snapshot->outers[j].map->name, name))
			j++;
		if (j == snapshot->n)
			return fw_apply_fail(s->error, FW_APPLY_REFUSED,
					     -ENOENT,
					     "no loaded program has the table %s",
					     name);
	}
	return 0;
}

/* What roads have carried for rules that say `inspect`. */
static int keep_credits(const struct fw_plan *plan, struct fw_counters *counters)
{
	size_t n = fw_plan_inspecting(plan, NULL, 0);
	_cleanup_free_ struct fw_inspecting *rules = calloc(n + 1,
							    sizeof(*rules));

	if (!rules)
		return -ENOMEM;
	(void)fw_plan_inspecting(plan, rules, n);
	for (size_t i = 0; i < n; i++) {
		struct fw_hash key = fw_credit_key(
			fw_plan_counts_by(plan, rules[i].rule));

		fw_counters_keep(counters, &key);
	}
	return 0;
}

int fw_stage_tables(struct fw_snapshot *snapshot, unsigned slot,
		    const struct fw_plan *plan,
		    const struct fw_devices *devices,
		    struct fw_counters *counters, struct fw_counters *limits,
		    struct fw_apply_error *ret_error)
{
	struct staging s = {
		.plan = plan,
		.devices = devices,
		.counters = counters,
		.limits = limits,
		.error = ret_error,
	};
	int r = check_names(&s, snapshot);

	/* A named counter keeps what it has, also when its rules leave XDP. */
	for (size_t i = 0; i < plan->n_counters && !r; i++)
		fw_counters_keep(counters, &plan->counters[i].key);
	if (!r)
		r = keep_credits(plan, counters);
	if (!r && plan->xdp.suffixes.n_sets)
		r = fw_suffix_table_build(&plan->xdp.suffixes, &snapshot->key,
					  &s.names);
	for (size_t i = 0; i < snapshot->n && !r; i++)
		r = stage_table(&s, &snapshot->outers[i], slot);
	fw_suffix_table_done(&s.names);
	return r;
}
