/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random rule sets.
 *
 * In: a generator and names of devices. Out: a plan. Memory may run out.
 *
 * Few different values, so that rules overlap and packets hit them; every field,
 * negations, values at the ends of the range, empty matches, windows of one word
 * and of all.
 */
#include "plans.h"

#include <string.h>

#include "compile/lower.h"

#define INTERVALS_MAX 6

#define FIELDS_MAX 8		/* that a rule tests */

fw_u128 field_max(enum fw_field field)
{
	return fw_field_max(field);
}

static fw_u128 random_value(struct rng *rng, enum fw_field field)
{
	static const uint8_t protocols[] = {1, 6, 17, 58, 44, 51, 132, 136, 33};
	static const uint16_t ports[] = {0, 22, 53, 80, 443, 1024, 65535};
	static const uint16_t types[] = {0x0800, 0x86dd, 0x0806, 0x8100,
					 0x88a8, 1,	 4,	 0x0600};
	static const uint8_t bytes[] = {0, 1, 2, 8, 16, 18, 128, 135, 255};

	switch (field) {
	case FW_FIELD_L3:
		return rng_below(rng, FW_L3_MAX_);
	case FW_FIELD_SADDR4:
	case FW_FIELD_DADDR4:
		return (0x0a000000u + rng_below(rng, 4) * 0x10000u +
			rng_below(rng, 64));
	case FW_FIELD_SADDR6:
	case FW_FIELD_DADDR6:
		return (fw_u128)(UINT64_C(0x20010db800000000) +
				 rng_below(rng, 4)) << 64 | rng_below(rng, 64);
	case FW_FIELD_SPORT:
	case FW_FIELD_DPORT:
		return ports[rng_below(rng, sizeof(ports) / sizeof(ports[0]))];
	case FW_FIELD_NEXTHDR:
	case FW_FIELD_L4PROTO:
		return protocols[rng_below(rng, sizeof(protocols))];
	case FW_FIELD_PROTOCOL:
	case FW_FIELD_ETHER_TYPE:
	case FW_FIELD_VLAN_TYPE:
		return types[rng_below(rng, sizeof(types) / sizeof(types[0]))];
	case FW_FIELD_LENGTH:
	case FW_FIELD_IP_LENGTH:
		return 20 + rng_below(rng, 200);
	default:
		return bytes[rng_below(rng, sizeof(bytes))] & field_max(field);
	}
}

/* A value, a prefix or a range, within the field. */
static struct fw_interval random_interval(struct rng *rng, enum fw_field field)
{
	fw_u128 max = field_max(field), lo = random_value(rng, field), hi = lo;
	unsigned bits = 0;

	while (max >> bits > 1)
		bits++;
	switch (rng_below(rng, 8)) {
	case 0: {
		fw_u128 mask = (fw_u128)-1 << rng_below(rng, bits + 1);

		lo &= mask;
		hi = (lo | ~mask) & max;
		break;
	}
	case 1:
		hi = max - lo < 20 ? max : lo + rng_below(rng, 20);
		break;
	case 2:
		lo = 0;
		break;
	case 3:
		hi = max;
		break;
	}
	return (struct fw_interval){lo, hi};
}

/* Sorts, and joins what touches or overlaps. */
static size_t normalise(struct fw_interval *intervals, size_t n)
{
	size_t kept = 0;

	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j && intervals[j].lo < intervals[j - 1].lo;
		     j--) {
			struct fw_interval swap = intervals[j];

			intervals[j] = intervals[j - 1];
			intervals[j - 1] = swap;
		}
	for (size_t i = 0; i < n; i++) {
		struct fw_interval *last = kept ? &intervals[kept - 1] : NULL;

		if (last && intervals[i].lo - 1 <= last->hi && intervals[i].lo) {
			if (intervals[i].hi > last->hi)
				last->hi = intervals[i].hi;
		} else if (last && !intervals[i].lo) {
			if (intervals[i].hi > last->hi)
				last->hi = intervals[i].hi;
		} else {
			intervals[kept++] = intervals[i];
		}
	}
	return kept;
}

/* What the intervals leave of 0 to max; to has room for n + 1. */
static size_t complement(const struct fw_interval *from, size_t n, fw_u128 max,
			 struct fw_interval *to)
{
	fw_u128 next = 0;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (from[i].lo > next)
			to[kept++] = (struct fw_interval){next, from[i].lo - 1};
		if (from[i].hi == max)
			return kept;
		next = from[i].hi + 1;
	}
	to[kept++] = (struct fw_interval){next, max};
	return kept;
}

static bool random_match(struct rng *rng, struct fw_arena *arena,
			 enum fw_field field, struct fw_match *match)
{
	struct fw_interval some[INTERVALS_MAX], rest[INTERVALS_MAX + 1];
	size_t n = rng_percent(rng, 2) ? 0 : 1 + rng_below(rng, INTERVALS_MAX);

	match->field = field;
	for (size_t i = 0; i < n; i++)
		some[i] = random_interval(rng, field);
	n = normalise(some, n);
	if (rng_percent(rng, 20)) {
		n = complement(some, n, field_max(field), rest);
		match->intervals = fw_arena_memdup(arena, rest, n * sizeof(*rest));
	} else {
		match->intervals = fw_arena_memdup(arena, some, n * sizeof(*some));
	}
	match->n_intervals = n;
	return match->intervals != NULL;
}

/* Mostly of those with a table of their own. */
static enum fw_field random_field(struct rng *rng)
{
	enum fw_field field;

	if (rng_percent(rng, 70))
		return (enum fw_field)rng_below(rng, FW_FIELD_MAX_);
	do {
		field = (enum fw_field)rng_below(rng, FW_FIELD_ALL_MAX_);
	} while (!fw_field_in_xdp(field));
	return field;
}

static bool random_rule(struct rng *rng, struct fw_arena *arena,
			struct fw_xdp_rule *rule)
{
	static const enum fw_verdict verdicts[] = {
		FW_VERDICT_NONE, FW_VERDICT_ACCEPT, FW_VERDICT_DROP,
	};
	struct fw_match *matches =
		fw_arena_array(arena, FIELDS_MAX, sizeof(*matches));
	uint64_t fields = 0;

	if (!matches)
		return false;
	for (uint32_t n = rng_below(rng, 4); n; n--)
		fields |= UINT64_C(1) << random_field(rng);
	/* Few rules that match everything, else nothing stands behind them. */
	if (!fields && rng_percent(rng, 80))
		return true;
	for (enum fw_field f = 0; f < FW_FIELD_ALL_MAX_; f++)
		if (fields >> f & 1 &&
		    !random_match(rng, arena, f, &matches[rule->n_matches++]))
			return false;
	rule->matches = matches;
	rule->verdict = verdicts[rng_below(rng, 3)];
	rule->rule = 0;
	rule->counted = rng_percent(rng, 80);
	rule->log = rng_percent(rng, 5);
	return true;
}

/* 0: a chain of which only the policy is left. */
static uint16_t random_words(struct rng *rng, size_t n_devices)
{
	if (rng_percent(rng, 3))
		return 0;
	if (rng_percent(rng, 60))
		return 1;
	return (uint16_t)(1 + rng_below(rng, (rng_percent(rng, 5) ? FW_ROW_WORDS
								   : 16) /
						     (uint32_t)n_devices));
}

static bool random_device(struct rng *rng, struct fw_arena *arena,
			  struct fw_xdp_rule *rules, uint16_t first,
			  uint16_t words, const char *name,
			  struct fw_xdp_device *device)
{
	uint32_t n = words ? words * 64u - rng_below(rng, 64) : 0;

	*device = (struct fw_xdp_device){
		.device = name,
		.family = rng_percent(rng, 15) ? "inet" : "netdev",
		.table = "t",
		.chain = "c",
		.first_word = first,
		.n_words = words,
		.policy = (enum fw_verdict)rng_below(rng, 3),
	};
	/* Often few rules: only then do packets get to the policy. */
	if (n && rng_percent(rng, 50))
		n = 1 + rng_below(rng, 12);
	for (uint32_t r = 0; r < n; r++) {
		struct fw_xdp_rule *rule = &rules[first * 64u + r];

		if (!random_rule(rng, arena, rule))
			return false;
		if (rule->rule != FW_NO_RULE && rng_percent(rng, 10)) {
			rule->verdict = FW_VERDICT_SKIP;
			rule->skip_to = first * 64u + r + 1 +
					rng_below(rng, words * 64u - r);
		}
	}
	return true;
}

/* Some devices have several chains. */
struct fw_plan *plan_random(struct rng *rng, const char *const *names,
			    size_t n_names)
{
	struct fw_plan *plan = fw_plan_new();
	size_t n_devices = n_names + rng_below(rng, 3), extra = n_devices - n_names;
	size_t name = 0;
	struct fw_xdp_device *devices;
	struct fw_xdp_rule *rules;
	uint16_t at = 0;

	if (!plan)
		return NULL;
	devices = fw_arena_array(plan->arena, n_devices, sizeof(*devices));
	rules = fw_arena_array(plan->arena, FW_RULES_MAX, sizeof(*rules));
	if (!devices || !rules)
		goto fail;
	for (size_t r = 0; r < FW_RULES_MAX; r++)
		rules[r].rule = FW_NO_RULE;
	for (size_t d = 0; d < n_devices; d++) {
		uint16_t words = random_words(rng, n_devices);

		if (!random_device(rng, plan->arena, rules, at, words,
				   names[name], &devices[d]))
			goto fail;
		if (n_devices - d - 1 > extra && !rng_percent(rng, 50)) {
			name++;
		} else if (extra) {
			extra--;
			/* Where a part stayed in nft, so did what follows. */
			if (devices[d].policy == FW_VERDICT_NONE)
				devices[d].policy = FW_VERDICT_ACCEPT;
		} else {
			name++;
		}
		at = (uint16_t)(at + words);
	}
	plan->options.mark_shift = 8 * rng_below(rng, 4);
	plan->options.malformed_drop = rng_percent(rng, 25);
	plan->xdp.rules = rules;
	plan->xdp.n_rules = at * 64u;
	plan->xdp.devices = devices;
	plan->xdp.n_devices = n_devices;
	return plan;
fail:
	fw_plan_unref(plan);
	return NULL;
}

static fw_u128 near(struct rng *rng, const struct fw_interval *interval,
		    fw_u128 max)
{
	switch (rng_below(rng, 5)) {
	case 0:
		return interval->lo;
	case 1:
		return interval->hi;
	case 2:
		return interval->lo ? interval->lo - 1 : 0;
	case 3:
		return interval->hi == max ? max : interval->hi + 1;
	default:
		return interval->lo + (interval->hi - interval->lo) / 2;
	}
}

fw_u128 plan_pick(const struct fw_plan *plan, struct rng *rng,
		  enum fw_field field, fw_u128 fallback)
{
	for (int tries = 0; tries < 40 && plan->xdp.n_rules; tries++) {
		const struct fw_xdp_rule *rule =
			&plan->xdp.rules[rng_below(rng, plan->xdp.n_rules)];
		const struct fw_match *match;

		if (!rule->n_matches)
			continue;
		match = &rule->matches[rng_below(rng, (uint32_t)rule->n_matches)];
		if (match->field != field || !match->n_intervals)
			continue;
		return near(rng,
			    &match->intervals[rng_below(
				    rng, (uint32_t)match->n_intervals)],
			    field_max(field));
	}
	return fallback;
}
