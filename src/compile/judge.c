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
	    part->kind == FW_PART_IIF || part->kind == FW_PART_OIF ||
	    part->kind == FW_PART_DNS_NAME || part->kind == FW_PART_DNS_TYPE)
		return false;
	if (part->kind != FW_PART_RAW || !part->is_match)
		return true;
	for (size_t i = 0; i < part->n_words; i++)
		for (size_t k = 0; k < FW_ARRAY_SIZE(acting); k++)
			if (strcmp(part->words[i].text, acting[k]) == 0)
				return true;
	return false;
}

static int add_part(struct judge *j, const struct fw_part *part,
		    struct fw_match *matches, size_t *n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < part->n_matches; i++)
		r = fw_matches_add(j->arena, matches, n, &part->matches[i]);
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
				    const struct fw_flat *flat)
{
	for (size_t i = 0; i < j->stays.n; i++)
		if (!fw_matches_disjoint(j->stays.items[i].matches,
					 j->stays.items[i].n_matches,
					 flat->first, flat->n_first))
			return &j->stays.items[i];
	return NULL;
}

/* --- rules that move ------------------------------------------------------ */
/* To the policy, past all rules, those in nft too. */
static bool ends(const struct fw_xdp_rule *rule)
{
	return rule->verdict == FW_VERDICT_SKIP &&
	       rule->skip_to == FW_FLAT_END;
}

static bool accepts(const struct judge *j, const struct fw_flat *flat)
{
	for (size_t i = 0; i < flat->rules.n; i++)
		if (flat->rules.items[i].verdict == FW_VERDICT_ACCEPT ||
		    flat->rules.items[i].verdict == FW_VERDICT_SYNPROXY ||
		    (ends(&flat->rules.items[i]) &&
		     j->chain->policy == FW_VERDICT_ACCEPT))
			return true;
	return false;
}

/* Why a rule that XDP could take stays after all:
 *  1. its accept would have to be carried, and nothing carries it;
 *  2. an earlier rule that stays meets some of its packets. */
static const char *flat_reason(struct judge *j, const struct fw_typed_rule *rule,
			       const struct fw_flat *flat)
{
	const struct stay *stay;

	if (flat->rules.n == 0)
		return NULL;
	if (!j->accepts && accepts(j, flat))
		return "no tc";
	stay = find_stay(j, flat);
	return stay ? after(j, rule, stay) : NULL;
}

static int take(struct judge *j, const struct fw_xdp_rule *rule)
{
	struct fw_xdp_rule *x = fw_vec_push(j->arena, &j->out->rules);

	if (!x)
		return -ENOMEM;
	*x = *rule;
	return 0;
}

static int take_all(struct judge *j, const struct fw_flat *flat)
{
	uint32_t first = (uint32_t)j->out->rules.n;
	int r = 0;

	j->out->lowered |= flat->rules.n > 0;
	j->out->carry |= accepts(j, flat);
	for (size_t i = 0; r == 0 && i < flat->rules.n; i++) {
		struct fw_xdp_rule *rule = &flat->rules.items[i];

		if (rule->verdict == FW_VERDICT_SKIP && !ends(rule))
			rule->skip_to += first;
		r = take(j, rule);
	}
	for (size_t i = 0; r == 0 && i < flat->met.n; i++) {
		uint32_t *met = fw_vec_push(j->arena, &j->out->met);

		if (!met)
			return -ENOMEM;
		*met = flat->met.items[i];
	}
	return r;
}

static int judge_rule(struct judge *j, size_t i)
{
	const struct fw_typed_rule *rule = &j->chain->rules[i];
	struct fw_flat flat;
	int r;

	if (rule_is_dead(j, rule))
		return 0;
	r = fw_flatten(j->typed, j->chain, j->device, rule,
		       j->capacity - j->out->rules.n, &flat);
	if (r < 0)
		return r;
	if (!flat.reason)
		flat.reason = flat_reason(j, rule, &flat);
	j->out->reasons[i] = flat.reason;
	if (!flat.reason)
		return take_all(j, &flat);
	j->out->whole = false;
	return note_stay(j, rule);
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

/* Where a part of the chain is in nft, behind XDP's rules is not its end. */
static void end_by_policy(struct judge *j)
{
	for (size_t i = 0; i < j->out->rules.n; i++)
		if (ends(&j->out->rules.items[i]))
			j->out->rules.items[i].verdict = j->chain->policy;
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
	if (!out->whole)
		end_by_policy(j);
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
