/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet through the rules of a chain.
 *
 * In: a chain of the plan. Out: how it may end, and a record of each rule that
 * did something or might have. Fails only for want of memory.
 *
 * Where a rule cannot be decided it is followed, and so is the rule behind it:
 * what a chain may come to is a set of ends. What such a rule changes is then
 * open.
 */
#include <errno.h>
#include <string.h>

#include "model/walk.h"

/* A rule while it is walked. */
struct passage {
	uint32_t chain;
	const struct fw_chain_rule *rule;
	bool certain;		/* it is met under every reading */
	enum fw_truth truth;	/* of what was tested so far */
	const char *doubt;
	bool acted, muted;
	bool ended;		/* it came to where XDP counts: its end, or a
				   log that nothing behind it counts for */
	struct fw_explain_rule record;
};

static bool is_certain(const struct passage *p)
{
	return p->certain && p->truth == FW_TRUTH_YES;
}

/* --- records -------------------------------------------------------------- */
/* XDP ran it where the device has a rule of it. */
static enum fw_layer layer_of(const struct fw_walk *walk, uint32_t rule)
{
	const struct fw_plan_xdp *xdp = &walk->plan->xdp;
	uint32_t first, end;

	if (!walk->xdp)
		return FW_LAYER_NFT;
	first = walk->xdp->first_word * 64u;
	end = first + walk->xdp->n_words * 64u;
	for (uint32_t i = first; i < end && i < xdp->n_rules; i++)
		if (xdp->rules[i].rule == rule &&
		    fw_xdp_rule_acts(&xdp->rules[i]))
			return FW_LAYER_XDP;
	/* One that does nothing is nowhere. */
	return rule == FW_NO_RULE ? FW_LAYER_NFT :
				    walk->plan->rules[rule].layer;
}

static int record(struct fw_walk *walk, const struct passage *p,
		  const char *effect)
{
	struct fw_explain_rule *r = fw_vec_push(walk->arena, &walk->out->rules);

	if (!r)
		return -ENOMEM;
	*r = p->record;
	r->base = walk->base;
	r->chain = p->chain;
	r->rule = p->rule->rule;
	r->layer = layer_of(walk, r->rule);
	r->effect = effect;
	r->certain = is_certain(p);
	r->doubt = p->doubt;
	r->counted |= p->ended && r->layer == FW_LAYER_XDP &&
		      r->rule != FW_NO_RULE;
	if (p->doubt && walk->doubt == FW_NO_RULE)
		walk->doubt = (uint32_t)walk->out->rules.n - 1;
	return 0;
}

static void decided(struct fw_walk *walk)
{
	walk->rule = (uint32_t)walk->out->rules.n - 1;
	walk->layer = walk->out->rules.items[walk->rule].layer;
}

/* --- what changes --------------------------------------------------------- */
void fw_walk_change(struct fw_walk *walk, enum fw_field field)
{
	if (walk->written >> field & 1)
		fw_model_packet_set(&walk->packet, field, walk->value[field]);
	else
		fw_model_packet_open(&walk->packet, field);
}

static void change(struct fw_walk *walk, const struct passage *p,
		   const struct fw_step *step)
{
	bool notrack = step->words && strcmp(step->words, "notrack") == 0;

	walk->changed |= step->changes;
	walk->written &= ~step->changes;
	if (step->known && is_certain(p))
		walk->written |= step->changes;
	for (unsigned f = 0; f < FW_FIELD_ALL_MAX_; f++) {
		if (!(step->changes >> f & 1))
			continue;
		walk->value[f] = step->value;
		fw_walk_change(walk, (enum fw_field)f);
	}
	if (!notrack || !is_certain(p))
		return;
	walk->untracked = true;
	fw_model_packet_set(&walk->packet, FW_FIELD_CT_STATE, 64);
}

/* --- ends ----------------------------------------------------------------- */
static int end_jump(struct fw_walk *walk, struct passage *p,
		    const struct fw_step_end *end, unsigned *ret)
{
	bool go = end->kind == FW_STEP_GOTO;
	const char *effect = fw_arena_printf(
		walk->arena, "%s %s", go ? "goto" : "jump",
		walk->plan->chains[end->chain].name);
	unsigned ends;
	int r = effect ? record(walk, p, effect) : -ENOMEM;

	if (r < 0)
		return r;
	if (walk->depth >= FW_WALK_DEPTH) {
		*ret = FW_END_UNKNOWN;
		return 0;
	}
	walk->depth++;
	r = fw_walk_chain(walk, end->chain, is_certain(p), &ends);
	walk->depth--;
	if (go && ends & FW_END_GO)
		ends = (ends & ~(unsigned)FW_END_GO) | FW_END_RETURN;
	*ret = ends;
	return r;
}

static int end_with(struct fw_walk *walk, struct passage *p,
		    const struct fw_step_end *end, unsigned *ret)
{
	int r;

	switch (end->kind) {
	case FW_STEP_JUMP:
	case FW_STEP_GOTO:
		return end_jump(walk, p, end, ret);
	case FW_STEP_RETURN:
		*ret = FW_END_RETURN;
		return record(walk, p, "return");
	case FW_STEP_VERDICT:
		if (end->verdict == FW_VERDICT_NONE) {
			*ret = FW_END_GO;
			return record(walk, p, "continue");
		}
		*ret = end->verdict == FW_VERDICT_DROP ? FW_END_DROP :
							 FW_END_ACCEPT;
		r = record(walk, p, fw_verdict_name(end->verdict));
		if (r == 0)
			decided(walk);
		return r;
	default:
		*ret = FW_END_GO;
		return 0;
	}
}

/* The first box that holds; of those that may, all. */
static int end_vmap(struct fw_walk *walk, struct passage *p,
		    const struct fw_step *step, unsigned *ret)
{
	enum fw_truth before = p->truth;
	int r = 0;

	*ret = 0;
	for (size_t i = 0; r == 0 && i < step->n_ends; i++) {
		enum fw_truth here = fw_walk_box(walk, step, i);
		unsigned ends;

		if (here == FW_TRUTH_NO)
			continue;
		if (here == FW_TRUTH_UNKNOWN) {
			p->truth = here;
			p->doubt = p->doubt ? p->doubt : step->words;
		}
		r = end_with(walk, p, &step->ends[i], &ends);
		*ret |= ends;
		if (here == FW_TRUTH_YES)
			return r;
	}
	if (step->n_ends == 0 && !step->tuple) {
		p->truth = FW_TRUTH_UNKNOWN;
		p->doubt = p->doubt ? p->doubt : step->words;
		*ret = FW_END_UNKNOWN | FW_END_ACCEPT | FW_END_DROP;
		r = record(walk, p, "unknown");
	}
	if (*ret == 0) {
		p->truth = before;
		if (p->acted || layer_of(walk, p->rule->rule) == FW_LAYER_XDP)
			r = record(walk, p, "continue");
	}
	*ret |= FW_END_GO;
	return r;
}

static unsigned end_of_stop(const struct fw_step *step)
{
	if (step->end.verdict == FW_VERDICT_ACCEPT)
		return FW_END_ACCEPT;
	if (step->end.verdict == FW_VERDICT_DROP)
		return step->words && strncmp(step->words, "reject", 6) == 0 ?
			       FW_END_REJECT :
			       FW_END_DROP;
	return FW_END_TAKEN;
}

/* Before the state is written, what conntrack does not follow is dropped. */
static unsigned end_of_inspect(const struct fw_walk *walk)
{
	fw_u128 state = walk->packet.value[FW_FIELD_CT_STATE];

	return walk->packet.has[FW_FIELD_CT_STATE] &&
			       (state == 1 || state == 64) ?
		       FW_END_DROP :
		       FW_END_INSPECT;
}

static int end_inspect(struct fw_walk *walk, struct passage *p,
		       const struct fw_step *step, unsigned *ret)
{
	int r;

	*ret = end_of_inspect(walk);
	r = record(walk, p, *ret == FW_END_DROP ? "drop: not tracked" :
						  step->words);
	if (r == 0)
		decided(walk);
	return r;
}

static int end_stop(struct fw_walk *walk, struct passage *p,
		    const struct fw_step *step, unsigned *ret)
{
	int r = record(walk, p, step->words ? step->words : "drop");

	*ret = step->kind == FW_STEP_BLOCK ? FW_END_DROP : end_of_stop(step);
	change(walk, p, step);
	if (r == 0)
		decided(walk);
	return r;
}

static int end_rule(struct fw_walk *walk, struct passage *p,
		    const struct fw_step *step, unsigned *ret)
{
	int r;

	if (p->muted) {
		*ret = FW_END_GO;
		return record(walk, p, "audit");
	}
	p->ended = true;
	switch (step->kind) {
	case FW_STEP_VMAP:
		r = end_vmap(walk, p, step, ret);
		break;
	case FW_STEP_INSPECT:
		r = end_inspect(walk, p, step, ret);
		break;
	case FW_STEP_BLOCK:
	case FW_STEP_STOP:
		r = end_stop(walk, p, step, ret);
		break;
	default:
		r = end_with(walk, p, &step->end, ret);
		break;
	}
	if (p->truth != FW_TRUTH_YES)
		*ret |= FW_END_GO;
	return r;
}

/* --- rules ---------------------------------------------------------------- */
static void count(struct passage *p, const struct fw_step *step)
{
	static const char name[] = "counter name ";

	p->acted = p->record.counted = true;
	if (step->words && strncmp(step->words, name, strlen(name)) == 0)
		p->record.counter = step->words + strlen(name);
}

/* Whether XDP counts the rule at this step, a log. */
static bool counts_log(const struct fw_chain_rule *rule,
		       const struct fw_step *step)
{
	static const char name[] = "log";
	const struct fw_step *end = rule->steps + rule->n_steps;

	if (!step->words || strncmp(step->words, name, strlen(name)) != 0)
		return false;
	while (++step < end)
		if (step->kind == FW_STEP_COUNTER ||
		    step->kind >= FW_STEP_VERDICT)
			return false;
	return true;
}

/* Whether it is done with; *ret is then valid. */
static int take_step(struct fw_walk *walk, struct passage *p,
		     const struct fw_step *step, bool *ret_done, unsigned *ret)
{
	enum fw_truth truth = fw_walk_step(walk, step);

	if (truth == FW_TRUTH_NO) {
		*ret_done = true;
		*ret = FW_END_GO;
		return p->acted ? record(walk, p, "continue") : 0;
	}
	if (truth == FW_TRUTH_UNKNOWN) {
		p->truth = truth;
		p->doubt = p->doubt ? p->doubt : step->words;
	}
	if (step->kind >= FW_STEP_VERDICT) {
		*ret_done = true;
		return end_rule(walk, p, step, ret);
	}
	if (step->kind == FW_STEP_COUNTER)
		count(p, step);
	if (step->kind == FW_STEP_AUDIT)
		p->muted = p->record.counted = true;
	if (step->kind == FW_STEP_EFFECT) {
		p->acted = true;
		p->ended |= counts_log(p->rule, step);
		change(walk, p, step);
	}
	return 0;
}

static int take_rule(struct fw_walk *walk, struct passage *p, unsigned *ret)
{
	bool done = false;
	int r = 0;

	for (size_t i = 0; r == 0 && !done && i < p->rule->n_steps; i++)
		r = take_step(walk, p, &p->rule->steps[i], &done, ret);
	if (r < 0 || done)
		return r;
	*ret = FW_END_GO;
	return p->rule->n_steps ? record(walk, p, "continue") : 0;
}

int fw_walk_chain(struct fw_walk *walk, uint32_t index, bool certain,
		  unsigned *ret)
{
	const struct fw_plan_chain *chain = &walk->plan->chains[index];
	unsigned ends = 0, here = FW_END_GO;
	int r = 0;

	for (size_t i = 0; r == 0 && i < chain->n_rules && here & FW_END_GO;
	     i++) {
		struct passage p = {
			.chain = index,
			.rule = &chain->rules[i],
			.certain = certain,
			.truth = FW_TRUTH_YES,
		};

		if (walk->n_rules++ >= FW_WALK_RULES) {
			ends |= FW_END_UNKNOWN;
			here = 0;
			break;
		}
		r = take_rule(walk, &p, &here);
		ends |= here & ~(unsigned)FW_END_GO;
		certain = certain && here == FW_END_GO;
	}
	if (here & FW_END_GO || ends & FW_END_RETURN)
		ends |= FW_END_GO;
	*ret = ends & ~(unsigned)FW_END_RETURN;
	return r;
}
