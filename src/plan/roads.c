/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a plan. Out: the rule for whose sake no flow may be sent on around the
 * stack, or none. Nothing fails; where it is not sure, the rule is named.
 *
 * A flow on a road shows the user's chains a packet now and then, so what they say
 * of it has to be what they would say of every other one. That is walked for a
 * packet of an established connection, TCP or UDP, which is all that is on roads:
 *
 *  1. rules that such a packet cannot match, as by `ct state new`, do not count;
 *  2. behind a rule that decides about each of them (`ct state established
 *     accept`) the chain goes no further;
 *  3. a rule in between may ask what the flow's packets have in common, count, and
 *     decide; one that asks for more, limits, logs, or changes the packet stands
 *     in the way.
 *
 * Chains of type nat see the first packet alone. Rules that run in XDP stand
 * before the roads.
 */
#include <linux/netfilter/nf_conntrack_common.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "util/cleanup.h"

#define ACK 0x10u
#define FLAGS_FREE 0xc8u	/* PSH, ECE, CWR: of packets on a road they may
				   be set or not */

struct walk {
	const struct fw_plan *plan;
	bool *seen;		/* by chain */
	uint32_t blocker;	/* index in plan->rules; valid with blocked */
	bool blocked;
};

enum answer { NEVER, ALWAYS, BY_FLOW, BY_PACKET };

/* What a flow's packets have in common. */
static bool is_of_flow(enum fw_field field)
{
	static const bool of_flow[FW_FIELD_ALL_MAX_] = {
		[FW_FIELD_L3] = true,
		[FW_FIELD_SADDR4] = true, [FW_FIELD_DADDR4] = true,
		[FW_FIELD_SADDR6] = true, [FW_FIELD_DADDR6] = true,
		[FW_FIELD_NEXTHDR] = true, [FW_FIELD_L4PROTO] = true,
		[FW_FIELD_SPORT] = true, [FW_FIELD_DPORT] = true,
		[FW_FIELD_TH_SPORT] = true, [FW_FIELD_TH_DPORT] = true,
		[FW_FIELD_PROTOCOL] = true, [FW_FIELD_NFPROTO] = true,
		[FW_FIELD_PKTTYPE] = true, [FW_FIELD_IIFTYPE] = true,
		[FW_FIELD_CT_DIRECTION] = true,
	};

	return of_flow[field];
}

/* Packets of neither TCP nor UDP. */
static bool is_of_others(enum fw_field field)
{
	return field == FW_FIELD_ICMP_TYPE || field == FW_FIELD_ICMP_CODE ||
	       field == FW_FIELD_ICMP_ID || field == FW_FIELD_ICMP_SEQUENCE ||
	       (field >= FW_FIELD_ARP_OPERATION &&
		field <= FW_FIELD_ARP_DADDR);
}

static bool admits(const struct fw_match *match, unsigned value)
{
	for (size_t i = 0; i < match->n_intervals; i++)
		if (match->intervals[i].lo <= value &&
		    value <= match->intervals[i].hi)
			return true;
	return false;
}

static enum answer ask_flags(const struct fw_match *match)
{
	unsigned yes = 0, n = 0;

	for (unsigned flags = 0; flags <= FLAGS_FREE; flags++) {
		if (flags & ~FLAGS_FREE)
			continue;
		yes += admits(match, ACK | flags);
		n++;
	}
	return !yes ? NEVER : yes == n ? BY_FLOW : BY_PACKET;
}

static enum answer ask(const struct fw_match *match)
{
	if (match->field == FW_FIELD_CT_STATE)
		return admits(match, NF_CT_STATE_BIT(IP_CT_ESTABLISHED)) ?
			       ALWAYS : NEVER;
	if (match->field == FW_FIELD_TCP_FLAGS)
		return ask_flags(match);
	if (is_of_others(match->field))
		return NEVER;
	return is_of_flow(match->field) ? BY_FLOW : BY_PACKET;
}

/* Of all matches, NEVER if there is one such, else the least certain. */
static enum answer ask_all(const struct fw_step *step)
{
	enum answer all = ALWAYS;

	for (size_t i = 0; i < step->n_matches; i++) {
		enum answer one = ask(&step->matches[i]);

		if (one == NEVER)
			return NEVER;
		if (one > all)
			all = one;
	}
	return all;
}

static enum answer ask_tuple(const struct fw_step_tuple *tuple)
{
	for (size_t i = 0; tuple && i < tuple->n_fields; i++)
		if (!is_of_flow(tuple->fields[i]) &&
		    tuple->fields[i] != FW_FIELD_CT_STATE)
			return BY_PACKET;
	return tuple ? BY_FLOW : BY_PACKET;
}

static bool walk_chain(struct walk *w, uint32_t chain);

/* True when no packet that comes here goes on in the chain. */
static bool walk_end(struct walk *w, const struct fw_step_end *end)
{
	switch (end->kind) {
	case FW_STEP_JUMP:
		(void)walk_chain(w, end->chain);
		return false;
	case FW_STEP_GOTO:
		(void)walk_chain(w, end->chain);
		return true;
	default:
		return true;
	}
}

/* `ct state vmap { established : accept, … }` says where the packet goes. */
static bool walk_vmap(struct walk *w, const struct fw_step *step)
{
	const struct fw_step_tuple *tuple = step->tuple;
	bool by_state = tuple && tuple->n_fields == 1 &&
			tuple->fields[0] == FW_FIELD_CT_STATE;
	const fw_u128 established = NF_CT_STATE_BIT(IP_CT_ESTABLISHED);

	for (size_t i = 0; i < step->n_ends; i++) {
		bool hit = by_state && tuple->boxes[i].lo <= established &&
			   established <= tuple->boxes[i].hi;

		if (hit)
			return walk_end(w, &step->ends[i]);
		if (!by_state)
			(void)walk_end(w, &step->ends[i]);
	}
	return false;
}

/* What a step makes of the packet. */
static enum answer walk_step(const struct fw_step *step)
{
	enum answer answer;

	switch (step->kind) {
	case FW_STEP_MATCH:
		return ask_all(step);
	case FW_STEP_TUPLE:
		return ask_tuple(step->tuple);
	case FW_STEP_IIF:
	case FW_STEP_OIF:
		return BY_FLOW;
	case FW_STEP_VMAP:
		return ask_tuple(step->tuple) == BY_PACKET ? BY_PACKET : ALWAYS;
	case FW_STEP_UNKNOWN:
	case FW_STEP_EFFECT:
		answer = ask_all(step);
		return answer == NEVER ? NEVER : BY_PACKET;
	case FW_STEP_NAME:
	case FW_STEP_AUDIT:
	case FW_STEP_STOP:
		return BY_PACKET;
	default:
		return ALWAYS;
	}
}

/* True when the chain goes no further. */
static bool walk_rule(struct walk *w, const struct fw_chain_rule *rule)
{
	enum answer all = ALWAYS;
	const struct fw_step *last;
	bool never = false, acted = false;

	for (size_t i = 0; i < rule->n_steps && !never; i++) {
		enum fw_step_kind kind = rule->steps[i].kind;
		enum answer one = walk_step(&rule->steps[i]);

		never = one == NEVER;
		/* A limit counts before a later match fails. */
		acted |= !never && (kind == FW_STEP_EFFECT ||
				    kind == FW_STEP_UNKNOWN);
		if (one > all)
			all = one;
	}
	if (never && !acted)
		return false;
	if (never || all == BY_PACKET) {
		w->blocked = true;
		w->blocker = rule->rule;
		return true;
	}
	last = rule->n_steps ? &rule->steps[rule->n_steps - 1] : NULL;
	if (!last || last->kind < FW_STEP_VERDICT)
		return false;
	if (last->kind == FW_STEP_VMAP)
		return walk_vmap(w, last) && all == ALWAYS;
	if (last->kind == FW_STEP_JUMP || last->kind == FW_STEP_GOTO)
		return walk_end(w, &last->end) && all == ALWAYS;
	return all == ALWAYS;
}

static bool walk_chain(struct walk *w, uint32_t chain)
{
	const struct fw_plan_chain *c = &w->plan->chains[chain];

	if (w->seen[chain])
		return false;
	w->seen[chain] = true;
	for (size_t i = 0; i < c->n_rules && !w->blocked; i++) {
		const struct fw_chain_rule *rule = &c->rules[i];

		if (rule->rule != FW_NO_RULE &&
		    w->plan->rules[rule->rule].layer == FW_LAYER_XDP)
			continue;
		if (walk_rule(w, rule))
			break;
	}
	return w->blocked;
}

static bool sees_forwarded(const struct fw_plan_chain *chain)
{
	return chain->hook != FW_HOOK_NONE && chain->hook != FW_HOOK_INPUT &&
	       chain->hook != FW_HOOK_OUTPUT && !chain->dormant &&
	       (!chain->type || strcmp(chain->type, "nat"));
}

const struct fw_plan_rule *fw_plan_road_blocker(const struct fw_plan *plan)
{
	static const struct fw_plan_rule unknown = { .text = "" };
	_cleanup_free_ bool *seen = calloc(plan->n_chains + 1, sizeof(*seen));
	struct walk w = { .plan = plan, .seen = seen };

	if (!seen)
		return &unknown;
	for (uint32_t i = 0; i < plan->n_chains && !w.blocked; i++)
		if (sees_forwarded(&plan->chains[i]))
			(void)walk_chain(&w, i);
	if (!w.blocked)
		return NULL;
	return w.blocker == FW_NO_RULE ? &unknown : &plan->rules[w.blocker];
}
