/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A suggestion against the policy.
 *
 * In: a plan, and what was suggested. Out: what the plan makes of the flows that
 * it came from, by explain's model, and where its rule would stand. Fails only
 * for want of memory.
 *
 * Asked is the first packet of each sample. What decides, of the base chains of
 * type filter on its hook:
 *
 *	1. a rule that drops it, or a chain on an earlier hook
 *	2. a policy that drops it: here a rule is missing
 *	3. a rule that says `learn` and accepts it: likewise, as such rules stand
 *	   where one day a drop will
 *	4. a rule that accepts it
 *	5. a policy that accepts it: a rule will be missing
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "learn/suggest.h"
#include "learn/words.h"
#include "model/explain.h"
#include "util/cleanup.h"

#define CLIENT_PORT 50000	/* any; servers do not ask */
#define LEARNED "learned"	/* a chain of the user's for it */

static const char *const state_names[] = {
	[FW_SUGGEST_NEW] = "new",
	[FW_SUGGEST_ALLOWED] = "allowed",
	[FW_SUGGEST_DROPPED] = "dropped",
	[FW_SUGGEST_UNKNOWN] = "unknown",
};
_Static_assert(FW_ARRAY_SIZE(state_names) == FW_SUGGEST_STATE_MAX_,
	       "a name for each state");

const char *fw_suggest_state_name(enum fw_suggest_state state)
{
	return state_names[state];
}

struct answer {
	enum fw_suggest_state state;
	const char *policy;
	const struct fw_plan_chain *chain;	/* where a rule is missing */
};

static enum fw_hook way_of(const struct fw_learn_key *key)
{
	if (!*key->in)
		return FW_HOOK_OUTPUT;
	return *key->out ? FW_HOOK_FORWARD : FW_HOOK_INPUT;
}

static void tell(struct fw_told *told, const struct fw_learn_key *key)
{
	struct fw_told_tuple tuple = {
		.family = key->family,
		.proto = key->proto,
		.sport = fw_learn_has_ports(key->proto) ? CLIENT_PORT : 0,
		.dport = key->port,
		.echo = key->proto == IPPROTO_ICMP ||
			key->proto == IPPROTO_ICMPV6,
	};

	memcpy(tuple.saddr, key->client, sizeof(tuple.saddr));
	memcpy(tuple.daddr, key->server, sizeof(tuple.daddr));
	fw_told_first(told, &tuple, *key->in ? key->in : NULL,
		      *key->out ? key->out : NULL);
}

/* The rule that ended the walk of a base chain, by its last word on it. */
static const struct fw_plan_rule *last_rule(const struct fw_plan *plan,
					    const struct fw_explain *explain,
					    uint32_t base, uint32_t *ret)
{
	for (size_t i = explain->rules.n; i > 0; i--) {
		const struct fw_explain_rule *r = &explain->rules.items[i - 1];

		if (r->base != base)
			continue;
		*ret = r->rule;
		return r->rule == FW_NO_RULE ? NULL : &plan->rules[r->rule];
	}
	*ret = FW_NO_RULE;
	return NULL;
}

static bool learns(const struct fw_plan *plan, uint32_t rule)
{
	for (size_t i = 0; i < plan->n_statements; i++)
		if (plan->statements[i].rule == rule &&
		    plan->statements[i].kind == FW_STATEMENT_LEARN)
			return true;
	return false;
}

static const char *place(struct fw_arena *arena, const char *what,
			 const struct fw_plan_rule *rule)
{
	return rule ? fw_arena_printf(arena, "%s %s:%u: %s", what, rule->file,
				      rule->line, rule->text) :
		      fw_arena_printf(arena, "%s management", what);
}

static const char *policy(struct fw_arena *arena, const char *what,
			  const struct fw_plan_chain *chain)
{
	return fw_arena_printf(arena, "%s the policy of %s %s %s", what,
			       chain->family, chain->table, chain->name);
}

/* How a chain ended, and which answer goes before the others. */
struct end {
	unsigned rank;		/* the lower goes first */
	struct answer answer;
};

static struct end end_of(struct fw_arena *arena, const struct fw_plan *plan,
			 const struct fw_explain *explain,
			 const struct fw_explain_chain *at)
{
	const struct fw_plan_chain *chain = &plan->chains[at->chain];
	uint32_t number;
	const struct fw_plan_rule *rule = last_rule(plan, explain, at->chain,
						    &number);

	if (!strcmp(at->outcome, "drop") || !strcmp(at->outcome, "reject"))
		return (struct end){ 1, { FW_SUGGEST_DROPPED,
			place(arena, "dropped by", rule), NULL } };
	if (!strcmp(at->outcome, "policy drop"))
		return (struct end){ 2, { FW_SUGGEST_NEW,
			policy(arena, "dropped by", chain), chain } };
	if (!strcmp(at->outcome, "policy accept"))
		return (struct end){ 5, { FW_SUGGEST_NEW,
			policy(arena, "accepted by", chain), chain } };
	if (strcmp(at->outcome, "accept") && strcmp(at->outcome, "inspect"))
		return (struct end){ 0, { FW_SUGGEST_UNKNOWN,
			explain->reason, chain } };
	if (learns(plan, number))
		return (struct end){ 3, { FW_SUGGEST_NEW,
			place(arena, "accepted while it learns by", rule),
			chain } };
	return (struct end){ 4, { FW_SUGGEST_ALLOWED,
		place(arena, "already allowed by", rule), NULL } };
}

static struct answer weigh(struct fw_arena *arena, const struct fw_plan *plan,
			   const struct fw_explain *explain)
{
	struct end first = { 9, { FW_SUGGEST_UNKNOWN,
				  "no chain of type filter sees it", NULL } };

	for (size_t i = 0; i < explain->chains.n; i++) {
		const struct fw_explain_chain *at = &explain->chains.items[i];
		const struct fw_plan_chain *chain = &plan->chains[at->chain];
		struct end end;

		if (chain->hook != explain->way || !chain->type ||
		    strcmp(chain->type, "filter"))
			continue;
		end = end_of(arena, plan, explain, at);
		if (end.rank < first.rank)
			first = end;
	}
	if (first.rank == 9 && (explain->verdict == FW_EXPLAIN_DROP ||
				explain->verdict == FW_EXPLAIN_REJECT))
		first.answer = (struct answer){
			FW_SUGGEST_DROPPED,
			fw_arena_printf(arena, "dropped by %s",
					explain->reason), NULL,
		};
	return first.answer;
}

/* NULL policy: no memory. */
static struct answer ask(struct fw_arena *arena, const struct fw_plan *plan,
			 const struct fw_learn_pair *pair)
{
	struct answer none = { FW_SUGGEST_UNKNOWN, NULL, NULL };
	struct fw_explain *explain;
	struct fw_told told;

	tell(&told, &pair->key);
	if (fw_explain(arena, plan, &told, &explain))
		return none;
	if (explain->way != way_of(&pair->key))
		return (struct answer){ FW_SUGGEST_UNKNOWN,
			"the packet goes another way", NULL };
	return weigh(arena, plan, explain);
}

static bool has_learned(const struct fw_plan *plan,
			const struct fw_plan_chain *chain)
{
	for (size_t i = 0; i < plan->n_chains; i++) {
		const struct fw_plan_chain *c = &plan->chains[i];

		if (c->hook == FW_HOOK_NONE && !strcmp(c->name, LEARNED) &&
		    !strcmp(c->family, chain->family) &&
		    !strcmp(c->table, chain->table))
			return true;
	}
	return false;
}

/* The rule that it has become: behind one that learns and accepts, the samples
 * do not meet it. */
static const struct fw_plan_rule *applied(const struct fw_plan *plan,
					  const struct fw_suggestion *s)
{
	char comment[FW_LEARN_COMMENT_MAX];

	if (!s->rule)
		return NULL;
	fw_learn_comment(s->rule, comment);
	for (size_t i = 0; i < plan->n_rules; i++)
		if (strstr(plan->rules[i].text, comment))
			return &plan->rules[i];
	return NULL;
}

int fw_suggest_judge(struct fw_arena *arena, const struct fw_plan *plan,
		     struct fw_suggestion *s)
{
	static const unsigned order[] = {
		[FW_SUGGEST_NEW] = 0,	  [FW_SUGGEST_DROPPED] = 1,
		[FW_SUGGEST_UNKNOWN] = 2, [FW_SUGGEST_ALLOWED] = 3,
	};
	const struct fw_plan_rule *rule = applied(plan, s);
	struct answer worst = { FW_SUGGEST_ALLOWED, NULL, NULL };

	for (size_t i = 0; i < s->n_samples && !rule; i++) {
		struct answer answer = ask(arena, plan, s->samples[i]);

		if (!answer.policy)
			return -ENOMEM;
		if (!worst.policy || order[answer.state] < order[worst.state])
			worst = answer;
	}
	if (rule)
		worst.policy = place(arena, "applied at", rule);
	if (!worst.policy)
		return -ENOMEM;
	s->state = worst.state;
	s->policy = worst.policy;
	s->family = s->table = s->chain = NULL;
	if (!worst.chain)
		return 0;
	s->family = worst.chain->family;
	s->table = worst.chain->table;
	s->chain = has_learned(plan, worst.chain) ? LEARNED :
						    worst.chain->name;
	return 0;
}
