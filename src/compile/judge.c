/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One ingress chain on one device: which of its rules XDP can take.
 *
 * In: the typed chain, the device, the room that is left. Out: for each rule
 * that it moved or why not, and the XDP rules. Fails only for want of memory.
 *
 * XDP runs before nft, so a rule that moves overtakes every earlier one that
 * stays. It may do so only where no packet meets both. Of a rule that stays,
 * what counts is not whom its verdict hits but whom its first effect does:
 * `counter tcp dport 22 log` counts every packet.
 */
#include "compile/judge.h"

#include <errno.h>
#include <string.h>

#include <net/if_arp.h>

#include "util/cleanup.h"

/* A rule that stays, as far as later ones must know it. */
struct stay {
	const struct fw_match *matches;
	size_t n_matches;
	const struct fw_typed_rule *rule;	/* NULL: management */
};

struct judge {
	const struct fw_typed *typed;
	struct fw_arena *arena;
	const struct fw_typed_chain *chain;
	const char *device;
	size_t capacity;
	bool accepts;		/* may an accept move? */
	FW_VEC(struct stay) stays;
	struct fw_judged *out;
};

/* --- parts ---------------------------------------------------------------- */
/* A match only looks, but for those that write, judge or count. */
static bool part_acts(const struct fw_part *part)
{
	static const char *const acting[] = { "set", "vmap", "count", "numgen" };

	if (part->kind == FW_PART_MATCH || part->kind == FW_PART_TUPLE ||
	    part->kind == FW_PART_IIF || part->kind == FW_PART_OIF)
		return false;
	if (part->kind != FW_PART_RAW || !part->is_match)
		return true;
	for (size_t i = 0; i < part->n_words; i++)
		for (size_t k = 0; k < FW_ARRAY_SIZE(acting); k++)
			if (strcmp(part->words[i].text, acting[k]) == 0)
				return true;
	return false;
}

static const char *part_reason(const struct fw_part *part)
{
	switch (part->kind) {
	case FW_PART_JUMP:
		return !part->chain ? "return" : part->go ? "goto" : "jump";
	case FW_PART_INSPECT:
		return "inspect";
	case FW_PART_RAW:
		if (part->limit)
			return NULL;
		return part->reason ? part->reason : "not understood";
	default:
		return part->reason;
	}
}

/* The field that a part asks for one value, or MAX_. */
static enum fw_field field_of_value(const struct fw_part *part)
{
	const struct fw_match *last;

	if (part->kind != FW_PART_MATCH || !part->n_matches)
		return FW_FIELD_MAX_;
	last = &part->matches[part->n_matches - 1];
	return last->n_intervals == 1 &&
			       last->intervals[0].lo == last->intervals[0].hi ?
		       last->field : FW_FIELD_MAX_;
}

/* Fields that stand side by side in a header. */
static bool are_neighbours(enum fw_field a, enum fw_field b)
{
	static const enum fw_field pairs[][2] = {
		{ FW_FIELD_SADDR4, FW_FIELD_DADDR4 },
		{ FW_FIELD_SADDR6, FW_FIELD_DADDR6 },
		{ FW_FIELD_SPORT, FW_FIELD_DPORT },
		{ FW_FIELD_ICMP_TYPE, FW_FIELD_ICMP_CODE },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(pairs); i++)
		if ((a == pairs[i][0] && b == pairs[i][1]) ||
		    (a == pairs[i][1] && b == pairs[i][0]))
			return true;
	return false;
}

/* nft 1.0.6 joins tests of neighbouring fields, and where a single one stands
 * before a counter it joins across that: the counter then counts what the first
 * test would not have let through. */
static bool joins_over_counter(const struct fw_typed_rule *rule)
{
	enum fw_field before = FW_FIELD_MAX_;
	bool counter = false;
	size_t n = 0;

	for (size_t i = 0; i < rule->n_parts; i++) {
		enum fw_field field = field_of_value(&rule->parts[i]);

		counter |= rule->parts[i].kind == FW_PART_COUNTER;
		if (field == FW_FIELD_MAX_ || field == FW_FIELD_L3 ||
		    field == FW_FIELD_L4PROTO)
			continue;
		if (counter && n == 1 && are_neighbours(before, field))
			return true;
		if (counter)
			continue;
		before = field;
		n++;
	}
	return false;
}

/* Does the match look at a tag, which the device may have taken out? */
static bool looks_at_tag(const struct fw_part *part)
{
	for (size_t i = 0; i < part->n_matches; i++)
		switch (part->matches[i].field) {
		case FW_FIELD_ETHER_TYPE:
		case FW_FIELD_VLAN_ID:
		case FW_FIELD_VLAN_PCP:
		case FW_FIELD_VLAN_DEI:
		case FW_FIELD_VLAN_TYPE:
			return true;
		default:
			break;
		}
	return false;
}

static bool matches_follow(const struct fw_typed_rule *rule, size_t i)
{
	while (++i < rule->n_parts)
		if (rule->parts[i].kind == FW_PART_MATCH ||
		    rule->parts[i].kind == FW_PART_IIF || rule->parts[i].limit)
			return true;
	return false;
}

/* What keeps the rule in nft, whatever stands around it. A limit is charged by
 * what gets to it: XDP has it behind all matches. */
static const char *own_reason(const struct judge *j,
			      const struct fw_typed_rule *rule)
{
	const struct fw_fact_device *device =
		fw_facts_device(j->typed->facts, j->device);
	size_t counters = 0;

	for (size_t i = 0; i < rule->n_parts; i++) {
		const char *reason = part_reason(&rule->parts[i]);

		if (reason)
			return reason;
		if (device && device->vlan_offload &&
		    looks_at_tag(&rule->parts[i]))
			return "vlan offload";
		if (rule->parts[i].limit && matches_follow(rule, i))
			return "limit before a match";
		counters += rule->parts[i].kind == FW_PART_COUNTER;
	}
	if (counters > 1)
		return "several counters";
	return joins_over_counter(rule) ? "counter" : NULL;
}

/* XDP meets Ethernet alone: what asks for that is no question there. */
static bool asks_for_ethernet(const struct fw_match *m)
{
	return m->field == FW_FIELD_IIFTYPE && m->n_intervals == 1 &&
	       m->intervals[0].lo == ARPHRD_ETHER &&
	       m->intervals[0].hi == ARPHRD_ETHER;
}

static int add_part(struct judge *j, const struct fw_part *part,
		    struct fw_match *matches, size_t *n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < part->n_matches; i++)
		if (!asks_for_ethernet(&part->matches[i]))
			r = fw_matches_add(j->arena, matches, n,
					   &part->matches[i]);
	return r;
}

/* --- rules that stay ------------------------------------------------------ */
static int push_stay(struct judge *j, const struct fw_match *matches, size_t n,
		     const struct fw_typed_rule *rule)
{
	struct stay *s = fw_vec_push(j->arena, &j->stays);

	if (!s)
		return -ENOMEM;
	s->matches = fw_arena_memdup(j->arena, matches, n * sizeof(*matches));
	s->n_matches = n;
	s->rule = rule;
	return s->matches ? 0 : -ENOMEM;
}

/* True where the rule can do nothing on this device: its iif says another one
 * before anything acts. */
static bool rule_is_dead(const struct judge *j,
			 const struct fw_typed_rule *rule)
{
	for (size_t i = 0; i < rule->n_parts; i++) {
		const struct fw_part *part = &rule->parts[i];

		if (part->kind == FW_PART_IIF &&
		    !fw_device_meets(part, j->device))
			return true;
		if (part_acts(part))
			return false;
	}
	return false;
}

/* Remembers whom the rule's first effect can hit. */
static int note_stay(struct judge *j, const struct fw_typed_rule *rule)
{
	struct fw_match matches[FW_FIELD_ALL_MAX_];
	size_t n = 0;

	for (size_t i = 0; i < rule->n_parts; i++) {
		int r = add_part(j, &rule->parts[i], matches, &n);

		if (r < 0)
			return r;
		if (part_acts(&rule->parts[i]))
			break;
	}
	return push_stay(j, matches, n, rule);
}

/* Several rules may stand on a line. */
static bool is_alone(const struct fw_typed *typed, uint32_t rule)
{
	const struct fw_plan_rule *r = &typed->rules[rule];
	const struct fw_plan_rule *end = typed->rules + typed->n_rules;

	return !(r > typed->rules && r[-1].line == r->line &&
		 strcmp(r[-1].file, r->file) == 0) &&
	       !(r + 1 < end && r[1].line == r->line &&
		 strcmp(r[1].file, r->file) == 0);
}

static const char *after(struct judge *j, const struct fw_typed_rule *rule,
			 const struct stay *stay)
{
	const struct fw_plan_rule *rules = j->typed->rules;
	const struct fw_plan_rule *early;
	const char *column = "";

	if (!stay->rule)
		return "after management";
	early = &rules[stay->rule->rule];
	if (!is_alone(j->typed, stay->rule->rule))
		column = fw_arena_printf(j->arena, " column %u", early->column);
	if (!column)
		return NULL;
	if (strcmp(early->file, rules[rule->rule].file) == 0)
		return fw_arena_printf(j->arena, "after line %u%s", early->line,
				       column);
	return fw_arena_printf(j->arena, "after %s:%u%s", early->file,
			       early->line, column);
}

static const struct stay *find_stay(const struct judge *j,
				    const struct fw_xdp_rule *rule)
{
	for (size_t i = 0; i < j->stays.n; i++)
		if (!fw_matches_disjoint(j->stays.items[i].matches,
					 j->stays.items[i].n_matches,
					 rule->matches, rule->n_matches))
			return &j->stays.items[i];
	return NULL;
}

/* --- rules that move ------------------------------------------------------ */
/* A rule becomes at most two: a counter in front of a match counts packets that
 * the match then lets go. */
struct draft {
	struct fw_xdp_rule rules[2];
	size_t n;
};

static int draft_add(struct judge *j, struct draft *draft,
		     const struct fw_match *matches, size_t n,
		     enum fw_verdict verdict, bool counted,
		     const struct fw_plan_limit *limit, uint32_t rule)
{
	struct fw_xdp_rule *x = &draft->rules[draft->n];

	if (!fw_matches_possible(matches, n))
		return 0;
	*x = (struct fw_xdp_rule){
		.matches = fw_arena_memdup(j->arena, matches,
					   n * sizeof(*matches)),
		.n_matches = n,
		.verdict = verdict,
		.rule = rule,
		.counted = counted,
		.limit = limit,
	};
	draft->n++;
	return x->matches ? 0 : -ENOMEM;
}

static int draft_rule(struct judge *j, const struct fw_typed_rule *rule,
		      struct draft *draft)
{
	struct fw_match matches[FW_FIELD_ALL_MAX_];
	enum fw_verdict verdict = FW_VERDICT_NONE;
	const struct fw_plan_limit *limit = NULL;
	bool counter = false, counted = false;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < rule->n_parts; i++) {
		const struct fw_part *part = &rule->parts[i];

		switch (part->kind) {
		case FW_PART_MATCH:
			r = add_part(j, part, matches, &n);
			break;
		case FW_PART_IIF:
			if (!fw_device_meets(part, j->device))
				return 0;
			break;
		case FW_PART_COUNTER:
			counter = true;
			if (!matches_follow(rule, i))
				break;
			counted = true;
			r = draft_add(j, draft, matches, n, FW_VERDICT_NONE,
				      true, NULL, rule->rule);
			break;
		case FW_PART_VERDICT:
			verdict = part->verdict;
			break;
		default:
			limit = part->limit ? part->limit : limit;
			break;
		}
	}
	if (r < 0 || (verdict == FW_VERDICT_NONE && (!counter || counted)))
		return r;
	return draft_add(j, draft, matches, n, verdict, !counted, limit,
			 rule->rule);
}

/* Why a drafted rule stays after all:
 *  1. its accept would have to be carried, and nothing carries it;
 *  2. an earlier rule that stays meets some of its packets;
 *  3. the maps are full. */
static const char *draft_reason(struct judge *j,
				const struct fw_typed_rule *rule,
				const struct draft *draft)
{
	const struct stay *stay;

	if (draft->n == 0)
		return NULL;
	if (!j->accepts &&
	    draft->rules[draft->n - 1].verdict == FW_VERDICT_ACCEPT)
		return "no tc";
	/* The first of two is the wider one. */
	stay = find_stay(j, &draft->rules[0]);
	if (stay)
		return after(j, rule, stay);
	if (j->out->rules.n + draft->n > j->capacity)
		return "rules limit";
	return NULL;
}

static int take(struct judge *j, const struct fw_xdp_rule *rule)
{
	struct fw_xdp_rule *x = fw_vec_push(j->arena, &j->out->rules);

	if (!x)
		return -ENOMEM;
	*x = *rule;
	return 0;
}

static int judge_rule(struct judge *j, size_t i)
{
	const struct fw_typed_rule *rule = &j->chain->rules[i];
	struct draft draft = { .n = 0 };
	const char *reason = own_reason(j, rule);
	int r = 0;

	if (rule_is_dead(j, rule))
		return 0;
	if (!reason) {
		r = draft_rule(j, rule, &draft);
		if (r < 0)
			return r;
		reason = draft_reason(j, rule, &draft);
	}
	j->out->reasons[i] = reason;
	if (reason) {
		j->out->whole = false;
		return note_stay(j, rule);
	}
	for (size_t k = 0; r == 0 && k < draft.n; k++) {
		j->out->lowered = true;
		j->out->carry |= draft.rules[k].verdict == FW_VERDICT_ACCEPT;
		r = take(j, &draft.rules[k]);
	}
	return r;
}

/* --- the chain ------------------------------------------------------------ */
static int judge_management(struct judge *j)
{
	fw_management_vec lines = { 0 };
	int r = fw_management_ingress(j->typed, j->arena, j->device, &lines);

	for (size_t i = 0; r == 0 && i < lines.n; i++) {
		const struct fw_management *m = &lines.items[i];
		const struct fw_xdp_rule accept = {
			.matches = m->matches,
			.n_matches = m->n_matches,
			.verdict = FW_VERDICT_ACCEPT,
			.rule = FW_NO_RULE,
		};

		if (m->raw || j->out->rules.n >= j->capacity) {
			j->out->whole = false;
			r = push_stay(j, m->matches, m->n_matches, NULL);
		} else if (fw_matches_possible(m->matches, m->n_matches)) {
			r = take(j, &accept);
		}
	}
	return r;
}

static int judge_once(struct judge *j)
{
	struct fw_judged *out = j->out;
	int r;

	*out = (struct fw_judged){ .device = j->device, .whole = true };
	j->stays.n = 0;
	out->reasons = fw_arena_array(j->arena, j->chain->n_rules,
				      sizeof(*out->reasons));
	if (!out->reasons)
		return -ENOMEM;
	r = judge_management(j);
	for (size_t i = 0; r == 0 && i < j->chain->n_rules; i++)
		r = judge_rule(j, i);
	out->lowered |= out->whole;
	out->carry &= !out->whole;
	return r;
}

/* An accept may only skip a rest in nft where TC carries it. Whether there is a
 * rest is known at the end, so a chain may be judged a second time, with its
 * accepts held back. Management needs no carrying: it stands in nft too. */
int fw_judge_chain(const struct fw_typed *typed,
		   const struct fw_typed_chain *chain, const char *device,
		   size_t capacity, struct fw_judged *ret)
{
	struct judge j = {
		.typed = typed,
		.arena = typed->arena,
		.chain = chain,
		.device = device,
		.capacity = capacity,
		.accepts = true,
		.out = ret,
	};
	int r = judge_once(&j);

	if (r == 0 && ret->carry && typed->facts->no_tc) {
		j.accepts = false;
		r = judge_once(&j);
	}
	return r;
}

int fw_judge_stays(const struct fw_typed *typed,
		   const struct fw_typed_chain *chain, const char *device,
		   const char *reason, struct fw_judged *ret)
{
	*ret = (struct fw_judged){ .device = device };
	ret->reasons = fw_arena_array(typed->arena, chain->n_rules,
				      sizeof(*ret->reasons));
	if (!ret->reasons)
		return -ENOMEM;
	for (size_t i = 0; i < chain->n_rules; i++)
		ret->reasons[i] = reason;
	return 0;
}
