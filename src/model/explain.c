/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Explain: a packet through the hooks of a plan.
 *
 * In: a plan, and what somebody tells of a packet. Out: the rules that it meets
 * and what becomes of it. Fails only for want of memory.
 *
 * The chains are walked as they were written, as lowering keeps their meaning;
 * which layer ran a rule is looked up beside that. Their order is the kernel's:
 * by hook, then by priority; of equal ones the chain that came later is asked
 * first, as nf_hook_entries_grow() puts it in front (tried on 6.18), but a chain
 * that XDP runs goes before all others of its device. An accept ends its own
 * base chain alone.
 *
 * Which way a packet goes, its devices tell: in and out is forwarded, out alone
 * was made here, in alone may be for this host or another one. Then both are
 * walked, and the answer is that of input, unless the plan has nothing to say
 * there.
 */
#include "model/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/walk.h"
#include "util/cleanup.h"

#define CONNTRACK_PRIORITY (-200)	/* NF_IP_PRI_CONNTRACK */
#define BIT(field) (UINT64_C(1) << (field))

static const char *const verdict_names[] = {
	[FW_EXPLAIN_ACCEPT] = "accept",	  [FW_EXPLAIN_DROP] = "drop",
	[FW_EXPLAIN_REJECT] = "reject",	  [FW_EXPLAIN_INSPECT] = "inspect",
	[FW_EXPLAIN_TAKEN] = "taken",	  [FW_EXPLAIN_UNKNOWN] = "unknown",
};
_Static_assert(FW_ARRAY_SIZE(verdict_names) == FW_EXPLAIN_VERDICT_MAX_, "names");

const char *fw_explain_verdict_name(enum fw_explain_verdict verdict)
{
	return verdict_names[verdict];
}

/* --- which chains --------------------------------------------------------- */
static bool device_is_of(const struct fw_plan_chain *chain, const char *device)
{
	for (size_t i = 0; device && i < chain->n_devices; i++)
		if (strcmp(chain->devices[i], device) == 0)
			return true;
	return false;
}

/* Ingress and egress see all that their device carries, in family inet IP alone;
 * bridges are another road. */
static bool sees(const struct fw_told *told, const struct fw_plan_chain *chain,
		 enum fw_hook hook)
{
	fw_u128 l3 = told->packet.value[FW_FIELD_L3];
	bool ip = l3 == FW_L3_IP, ip6 = l3 == FW_L3_IP6;

	if (chain->hook != hook || chain->dormant)
		return false;
	if (hook == FW_HOOK_INGRESS && !device_is_of(chain, told->iif))
		return false;
	if (hook == FW_HOOK_EGRESS && !device_is_of(chain, told->oif))
		return false;
	if (strcmp(chain->family, "netdev") == 0)
		return true;
	if (strcmp(chain->family, "inet") == 0)
		return ip || ip6;
	if (strcmp(chain->family, "ip") == 0)
		return ip;
	if (strcmp(chain->family, "ip6") == 0)
		return ip6;
	return strcmp(chain->family, "arp") == 0 && l3 == FW_L3_ARP;
}

static const struct fw_xdp_device *xdp_of(const struct fw_plan *plan,
					  const struct fw_plan_chain *chain,
					  const char *device)
{
	for (size_t i = 0; device && chain->hook == FW_HOOK_INGRESS &&
	     i < plan->xdp.n_devices; i++) {
		const struct fw_xdp_device *x = &plan->xdp.devices[i];

		if (strcmp(x->device, device) == 0 &&
		    strcmp(x->family, chain->family) == 0 &&
		    strcmp(x->table, chain->table) == 0 &&
		    strcmp(x->chain, chain->name) == 0)
			return x;
	}
	return NULL;
}

/* A base chain in its turn. */
struct turn {
	uint32_t chain;
	bool xdp;
	int priority;
};

static int by_turn(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->xdp != y->xdp)
		return x->xdp ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->chain > y->chain ? -1 : 1;
}

/* --- what a chain sees ---------------------------------------------------- */
/* meta nfproto: of the hook, which for inet is that of the packet. */
static unsigned nfproto(const struct fw_told *told, const char *family)
{
	if (strcmp(family, "netdev") == 0)
		return 5;
	if (strcmp(family, "arp") == 0)
		return 3;
	return told->packet.value[FW_FIELD_L3] == FW_L3_IP6 ? 10 : 2;
}

static void lack(struct fw_model_packet *packet, enum fw_field field)
{
	packet->has[field] = false;
	packet->open &= ~BIT(field);
}

/* No connection is known yet: its state is called invalid. */
static void before_conntrack(struct fw_walk *walk)
{
	fw_model_packet_set(&walk->packet, FW_FIELD_CT_STATE,
			    walk->untracked ? 64 : 1);
	lack(&walk->packet, FW_FIELD_CT_STATUS);
	lack(&walk->packet, FW_FIELD_CT_DIRECTION);
	lack(&walk->packet, FW_FIELD_CT_MARK);
}

static bool is_before_conntrack(const struct fw_plan_chain *chain)
{
	return chain->hook == FW_HOOK_INGRESS ||
	       ((chain->hook == FW_HOOK_PREROUTING ||
		 chain->hook == FW_HOOK_OUTPUT) &&
		chain->priority < CONNTRACK_PRIORITY);
}

static void look(struct fw_walk *walk, const struct fw_plan_chain *chain)
{
	const struct fw_told *told = walk->out->told;
	bool made_here = walk->out->way == FW_HOOK_OUTPUT;
	bool leaves = chain->hook == FW_HOOK_FORWARD ||
		      chain->hook == FW_HOOK_OUTPUT ||
		      chain->hook == FW_HOOK_POSTROUTING ||
		      chain->hook == FW_HOOK_EGRESS;

	walk->packet = told->packet;
	walk->iif = made_here ? "" : told->iif;
	walk->oif = leaves ? told->oif : "";
	fw_model_packet_set(&walk->packet, FW_FIELD_NFPROTO,
			    nfproto(told, chain->family));
	for (unsigned f = 0; f < FW_FIELD_ALL_MAX_; f++)
		if (walk->changed >> f & 1)
			fw_walk_change(walk, (enum fw_field)f);
	if (walk->untracked)
		fw_model_packet_set(&walk->packet, FW_FIELD_CT_STATE, 64);
	if (is_before_conntrack(chain))
		before_conntrack(walk);
	for (unsigned f = FW_FIELD_ETHER_TYPE; made_here &&
	     f <= FW_FIELD_VLAN_TYPE; f++)
		lack(&walk->packet, (enum fw_field)f);
	if (made_here)
		lack(&walk->packet, FW_FIELD_IIFTYPE);
}

/* --- a base chain --------------------------------------------------------- */
static const struct {
	unsigned end;
	const char *name;
	enum fw_explain_verdict verdict;
} ends_names[] = {
	{ FW_END_ACCEPT, "accept", FW_EXPLAIN_ACCEPT },
	{ FW_END_INSPECT, "inspect", FW_EXPLAIN_INSPECT },
	{ FW_END_DROP, "drop", FW_EXPLAIN_DROP },
	{ FW_END_REJECT, "reject", FW_EXPLAIN_REJECT },
	{ FW_END_TAKEN, "taken", FW_EXPLAIN_TAKEN },
	{ FW_END_UNKNOWN, "unknown", FW_EXPLAIN_UNKNOWN },
};

static const char *outcome(struct fw_walk *walk, unsigned ends,
			   enum fw_verdict policy)
{
	const char *text = "";

	for (size_t i = 0; text && i < FW_ARRAY_SIZE(ends_names); i++)
		if (ends & ends_names[i].end)
			text = fw_arena_printf(walk->arena, "%s%s%s", text,
					       *text ? " or " : "",
					       ends_names[i].name);
	if (text && ends & FW_END_GO)
		text = fw_arena_printf(walk->arena, "%s%spolicy %s", text,
				       *text ? " or " : "",
				       fw_verdict_name(policy));
	return text;
}

/* nft's inet ingress drops what has no proper IP header before any rule. */
static bool is_refused(const struct fw_walk *walk,
		       const struct fw_plan_chain *chain)
{
	return chain->hook == FW_HOOK_INGRESS &&
	       strcmp(chain->family, "inet") == 0 &&
	       !walk->packet.has[FW_FIELD_L4PROTO] &&
	       !(walk->packet.open & BIT(FW_FIELD_L4PROTO));
}

/* Chains of nat are asked for the first packet of a connection. */
static enum fw_truth is_met(const struct fw_walk *walk,
			    const struct fw_plan_chain *chain)
{
	if (!chain->type || strcmp(chain->type, "nat") != 0)
		return FW_TRUTH_YES;
	if (walk->packet.open & BIT(FW_FIELD_CT_STATE))
		return FW_TRUTH_UNKNOWN;
	return walk->packet.value[FW_FIELD_CT_STATE] == 8 ? FW_TRUTH_YES :
							    FW_TRUTH_NO;
}

static void end_by_policy(struct fw_walk *walk, enum fw_layer layer,
			  enum fw_verdict policy, bool sure)
{
	if (!sure && policy == FW_VERDICT_ACCEPT)
		return;
	walk->rule = FW_NO_RULE;
	walk->layer = layer;
}

static int walk_base(struct fw_walk *walk, uint32_t index, bool certain,
		     unsigned *ret)
{
	const struct fw_plan_chain *chain = &walk->plan->chains[index];
	struct fw_explain_chain *c;
	enum fw_truth met;
	unsigned ends;
	int r;

	look(walk, chain);
	met = is_met(walk, chain);
	*ret = FW_END_ACCEPT;
	if (met == FW_TRUTH_NO)
		return 0;
	walk->base = index;
	walk->xdp = xdp_of(walk->plan, chain, walk->out->told->iif);
	ends = FW_END_DROP;
	r = is_refused(walk, chain) ? 0 :
	    fw_walk_chain(walk, index, certain && met == FW_TRUTH_YES, &ends);
	c = r < 0 ? NULL : fw_vec_push(walk->arena, &walk->out->chains);
	if (!c)
		return -ENOMEM;
	c->chain = index;
	c->layer = walk->xdp && walk->xdp->policy != FW_VERDICT_NONE ?
			   FW_LAYER_XDP : FW_LAYER_NFT;
	c->outcome = outcome(walk, ends, chain->policy);
	if (!c->outcome)
		return -ENOMEM;
	if (ends & FW_END_GO) {
		end_by_policy(walk, c->layer, chain->policy,
			      ends == FW_END_GO);
		ends |= chain->policy == FW_VERDICT_DROP ? FW_END_DROP :
							   FW_END_ACCEPT;
	}
	if (met == FW_TRUTH_UNKNOWN)
		ends |= FW_END_ACCEPT;
	*ret = ends & ~(unsigned)FW_END_GO;
	return 0;
}

/* --- hooks ---------------------------------------------------------------- */
/* *ends: what may have become of it so far; those that pass go on. */
static int walk_hook(struct fw_walk *walk, enum fw_hook hook, unsigned *ends)
{
	const struct fw_plan *plan = walk->plan;
	FW_VEC(struct turn) turns = { 0 };

	for (size_t i = 0; i < plan->n_chains; i++) {
		struct turn *t;

		if (!sees(walk->out->told, &plan->chains[i], hook))
			continue;
		t = fw_vec_push(walk->arena, &turns);
		if (!t)
			return -ENOMEM;
		t->chain = (uint32_t)i;
		t->priority = plan->chains[i].priority;
		t->xdp = xdp_of(plan, &plan->chains[i],
				walk->out->told->iif) != NULL;
	}
	if (turns.n)
		qsort(turns.items, turns.n, sizeof(*turns.items), by_turn);
	for (size_t i = 0; i < turns.n && *ends & FW_ENDS_PASS; i++) {
		unsigned here, passed = *ends & FW_ENDS_PASS;
		int r = walk_base(walk, turns.items[i].chain, passed == *ends,
				  &here);

		if (r < 0)
			return r;
		*ends &= ~(unsigned)FW_ENDS_PASS;
		*ends |= here & ~(unsigned)FW_END_ACCEPT;
		if (here & FW_END_ACCEPT)
			*ends |= passed;
	}
	return 0;
}

/* --- the verdict ---------------------------------------------------------- */
static const char *place_of(struct fw_walk *walk,
			    const struct fw_explain_rule *rule)
{
	const struct fw_plan_rule *r;

	if (rule->rule == FW_NO_RULE)
		return "management";
	r = &walk->plan->rules[rule->rule];
	return fw_arena_printf(walk->arena, "%s:%u: %s", r->file, r->line,
			       r->text);
}

static const char *policy_of(struct fw_walk *walk)
{
	const struct fw_explain *out = walk->out;
	const struct fw_plan_chain *c;

	if (out->chains.n == 0)
		return "no chain sees it";
	c = &walk->plan->chains[walk->base];
	return fw_arena_printf(walk->arena, "policy of %s %s %s", c->family,
			       c->table, c->name);
}

static int judge(struct fw_walk *walk, unsigned ends)
{
	struct fw_explain *out = walk->out;
	bool single = false;

	out->verdict = FW_EXPLAIN_UNKNOWN;
	for (size_t i = 0; i < FW_ARRAY_SIZE(ends_names); i++)
		if (ends == ends_names[i].end) {
			out->verdict = ends_names[i].verdict;
			single = true;
		}
	out->layer = walk->layer;
	if (out->verdict == FW_EXPLAIN_INSPECT)
		out->layer = FW_LAYER_INSPECT;
	if (single && walk->rule != FW_NO_RULE)
		out->reason = place_of(walk, &out->rules.items[walk->rule]);
	else if (single)
		out->reason = policy_of(walk);
	else if (walk->doubt == FW_NO_RULE)
		out->reason = "it goes too far";
	else {
		const struct fw_explain_rule *r =
			&out->rules.items[walk->doubt];
		const char *place = place_of(walk, r);

		out->layer = r->layer;
		out->reason = place ? fw_arena_printf(walk->arena,
						      "'%s' cannot be told: %s",
						      r->doubt, place) : NULL;
	}
	return out->reason ? 0 : -ENOMEM;
}

static int walk_way(struct fw_arena *arena, const struct fw_plan *plan,
		    const struct fw_told *told, enum fw_hook way,
		    struct fw_explain **ret)
{
	static const enum fw_hook hooks[][5] = {
		[FW_HOOK_INPUT] = { FW_HOOK_INGRESS, FW_HOOK_PREROUTING,
				    FW_HOOK_INPUT },
		[FW_HOOK_FORWARD] = { FW_HOOK_INGRESS, FW_HOOK_PREROUTING,
				      FW_HOOK_FORWARD, FW_HOOK_POSTROUTING,
				      FW_HOOK_EGRESS },
		[FW_HOOK_OUTPUT] = { FW_HOOK_OUTPUT, FW_HOOK_POSTROUTING,
				     FW_HOOK_EGRESS },
	};
	struct fw_explain *out = fw_arena_alloc(arena, sizeof(*out));
	struct fw_walk walk = {
		.arena = arena,
		.plan = plan,
		.out = out,
		.layer = FW_LAYER_NFT,
		.rule = FW_NO_RULE,
		.doubt = FW_NO_RULE,
	};
	unsigned ends = FW_END_ACCEPT;
	int r = out ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	out->told = told;
	out->way = way;
	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(hooks[way]) &&
	     hooks[way][i] != FW_HOOK_NONE; i++)
		r = walk_hook(&walk, hooks[way][i], &ends);
	*ret = out;
	return r < 0 ? r : judge(&walk, ends);
}

static bool has_chain(const struct fw_plan *plan, const struct fw_told *told,
		      enum fw_hook hook)
{
	for (size_t i = 0; i < plan->n_chains; i++)
		if (sees(told, &plan->chains[i], hook))
			return true;
	return false;
}

/* In alone: for this host or another one. */
static int walk_both(struct fw_arena *arena, const struct fw_plan *plan,
		     const struct fw_told *told, struct fw_explain **ret)
{
	bool input = has_chain(plan, told, FW_HOOK_INPUT);
	bool forward = has_chain(plan, told, FW_HOOK_FORWARD);
	enum fw_hook way = input || !forward ? FW_HOOK_INPUT : FW_HOOK_FORWARD;
	enum fw_hook other = way == FW_HOOK_INPUT ? FW_HOOK_FORWARD :
						    FW_HOOK_INPUT;
	struct fw_explain *second;
	int r = walk_way(arena, plan, told, way, ret);

	if (r == 0)
		r = walk_way(arena, plan, told, other, &second);
	if (r == 0 && second->verdict != (*ret)->verdict)
		(*ret)->other = second;
	return r;
}

/* `malformed drop` comes before every rule, on the devices of the fast road. */
static bool dies_malformed(const struct fw_plan *plan,
			   const struct fw_told *told)
{
	if (!told->packet.malformed || !plan->options.malformed_drop ||
	    !told->iif)
		return false;
	for (size_t i = 0; i < plan->n_devices; i++)
		if (!strcmp(plan->devices[i].name, told->iif))
			return plan->devices[i].xdp || plan->devices[i].tc;
	return false;
}

static int end_malformed(struct fw_arena *arena, const struct fw_told *told,
			 struct fw_explain **ret)
{
	struct fw_explain *out = fw_arena_alloc(arena, sizeof(*out));

	if (!out)
		return -ENOMEM;
	out->told = told;
	out->way = FW_HOOK_INPUT;
	out->verdict = FW_EXPLAIN_DROP;
	out->layer = FW_LAYER_XDP;
	out->reason = fw_arena_printf(arena, "malformed drop, %s",
				      fw_stat_name(told->packet.malformed));
	*ret = out;
	return out->reason ? 0 : -ENOMEM;
}

int fw_explain(struct fw_arena *arena, const struct fw_plan *plan,
	       const struct fw_told *told, struct fw_explain **ret)
{
	if (dies_malformed(plan, told))
		return end_malformed(arena, told, ret);
	if (told->oif)
		return walk_way(arena, plan, told, told->iif ? FW_HOOK_FORWARD :
							       FW_HOOK_OUTPUT,
				ret);
	return walk_both(arena, plan, told, ret);
}
