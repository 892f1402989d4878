/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Existing connections: what an `inspect` rule would have made of their first
 * packet, had it been there.
 *
 * In: conntrack's connections, the plan, routes. Out: connection marks. Fails with
 * the kernel's error, or for want of memory; a connection that has ended is none.
 *
 * The packet is told to the model (explain.h) as conntrack has it: the tuple as it
 * shows between destination and source NAT, new, in the original direction, a SYN
 * of TCP. Its devices are those by which the kernel would send to its two ends.
 * Nothing else is assumed: what a rule asks besides makes it one that cannot be
 * decided, and `existing` says what follows.
 */
#include "daemon/existing.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/conntrack.h"
#include "daemon/route_find.h"
#include "model/explain.h"
#include "util/cleanup.h"

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

/* --- rules ---------------------------------------------------------------- */
struct fw_hash *fw_existing_rules(const struct fw_plan *plan, size_t *ret_n)
{
	size_t n = fw_plan_inspecting(plan, NULL, 0);
	_cleanup_free_ struct fw_inspecting *rules = calloc(n + 1,
							    sizeof(*rules));
	struct fw_hash *keys = calloc(n + 1, sizeof(*keys));

	*ret_n = 0;
	if (!rules || !keys) {
		free(keys);
		return NULL;
	}
	(void)fw_plan_inspecting(plan, rules, n);
	for (; *ret_n < n; ++*ret_n)
		keys[*ret_n] = plan->rules[rules[*ret_n].rule].key;
	return keys;
}

static bool is_among(const struct fw_hash *keys, size_t n,
		     const struct fw_hash *key)
{
	for (size_t i = 0; i < n; i++)
		if (!memcmp(&keys[i], key, sizeof(*key)))
			return true;
	return false;
}

/* Whether a rule is there that was not: without, no connection is older. */
static bool has_news(const struct fw_plan *plan, const struct fw_hash *known,
		     size_t n_known)
{
	size_t n;
	_cleanup_free_ struct fw_hash *rules = fw_existing_rules(plan, &n);

	for (size_t i = 0; rules && i < n; i++)
		if (!is_among(known, n_known, &rules[i]))
			return true;
	return false;
}

/* --- packets -------------------------------------------------------------- */
static void tell(struct fw_told *told, const struct fw_tuple *from,
		 const char *iif, const char *oif)
{
	struct fw_told_tuple tuple = {
		.family = from->family,
		.proto = from->proto,
		.sport = from->sport,
		.dport = from->dport,
	};

	memcpy(tuple.saddr, from->saddr, sizeof(tuple.saddr));
	memcpy(tuple.daddr, from->daddr, sizeof(tuple.daddr));
	fw_told_first(told, &tuple, iif, oif);
}

/* --- a connection --------------------------------------------------------- */
struct existing {
	struct fw_flows *flows;
	const struct fw_plan *plan;
	const struct fw_hash *known;	/* of rules, n_known */
	size_t n_known;
	struct mnl_socket *routes;
};

struct way {
	enum fw_hook hook;
	char in[IF_NAMESIZE], out[IF_NAMESIZE];	/* "": none */
};

/* False where the kernel knows no way for its packets. */
static bool find_way(const struct existing *existing,
		     const struct fw_tuple *tuple, struct way *ret)
{
	uint32_t in, out;

	*ret = (struct way){ .hook = FW_HOOK_FORWARD };
	if (fw_route_find(existing->routes, tuple->family, tuple->saddr, &in) ||
	    fw_route_find(existing->routes, tuple->family, tuple->daddr, &out))
		return false;
	if (!in)
		ret->hook = FW_HOOK_OUTPUT;
	else if (!out)
		ret->hook = FW_HOOK_INPUT;
	if (!in && !out)
		memcpy(ret->out, "lo", sizeof("lo"));	/* to itself */
	return (!in || if_indextoname(in, ret->in)) &&
	       (!out || if_indextoname(out, ret->out));
}

/* The first rule that says `inspect` and may be met: a connection's state is set
 * once. */
static const struct fw_step *first_met(const struct existing *existing,
				       const struct fw_explain *explain)
{
	const struct fw_plan *plan = existing->plan;

	for (size_t i = 0; i < explain->rules.n; i++) {
		const struct fw_explain_rule *met = &explain->rules.items[i];
		const struct fw_plan_chain *chain = &plan->chains[met->chain];

		for (size_t k = 0; met->rule < plan->n_rules &&
		     k < chain->n_rules; k++) {
			const struct fw_step *step;

			if (chain->rules[k].rule != met->rule)
				continue;
			step = fw_plan_inspects(&chain->rules[k]);
			if (step && is_among(existing->known, existing->n_known,
					     &plan->rules[met->rule].key))
				return NULL;
			if (step)
				return step;
		}
	}
	return NULL;
}

/* FW_FLOW_BLOCKED: the rules have nothing to do with it. */
static enum fw_flow_verdict judge(const struct existing *existing,
				  const struct fw_explain *explain,
				  const struct fw_step **ret)
{
	*ret = first_met(existing, explain);
	if (!*ret)
		return FW_FLOW_BLOCKED;
	if (explain->verdict == FW_EXPLAIN_INSPECT)
		return FW_FLOW_UNVETTED;
	if (explain->verdict != FW_EXPLAIN_UNKNOWN)
		return FW_FLOW_BLOCKED;
	return existing->plan->options.existing_trust ? FW_FLOW_TRUSTED :
							FW_FLOW_UNVETTED;
}

/* What the model says of the first packet; NULL where there is no way for it.
 * told is what it points into. */
static int ask_model(const struct existing *existing, struct fw_arena *arena,
		     const struct fw_tuple *tuple, struct fw_told *told,
		     struct fw_explain **ret)
{
	struct way way;
	int r;

	*ret = NULL;
	if (!find_way(existing, tuple, &way))
		return 0;
	tell(told, tuple, way.in[0] ? way.in : NULL,
	     way.hook != FW_HOOK_INPUT ? way.out : NULL);
	r = fw_explain(arena, existing->plan, told, ret);
	if (r < 0 || (*ret)->way != way.hook)
		*ret = NULL;
	return r;
}

/* Returns 1 where its mark was written, 0 where there is nothing to do, or
 * -errno. */
static int mark_one(const struct existing *existing,
		    const struct fw_connection *connection)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct fw_tuple tuple = fw_connection_tuple(connection);
	const struct fw_step *step;
	enum fw_flow_verdict verdict;
	struct fw_explain *explain;
	struct fw_told told;
	int r;

	if (!arena)
		return -ENOMEM;
	r = ask_model(existing, arena, &tuple, &told, &explain);
	if (r < 0 || !explain)
		return r;
	verdict = judge(existing, explain, &step);
	if (verdict == FW_FLOW_BLOCKED)
		return 0;
	r = fw_flows_take(existing->flows, connection, verdict,
			  &existing->plan->profiles[step->profile]);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

int fw_existing_mark(struct fw_flows *flows, const struct fw_plan *plan,
		     const struct fw_hash *known, size_t n_known,
		     size_t *ret_n)
{
	struct existing existing = {
		.flows = flows,
		.plan = plan,
		.known = known,
		.n_known = n_known,
	};
	struct fw_connection *connections = NULL;
	size_t n = 0;
	int r;

	*ret_n = 0;
	if (!has_news(plan, known, n_known))
		return 0;
	r = fw_route_open(&existing.routes);
	if (r)
		return r;
	r = fw_flows_stateless(flows, &connections, &n);
	for (size_t i = 0; i < n && r >= 0; i++) {
		r = mark_one(&existing, &connections[i]);
		*ret_n += r > 0;
	}
	free(connections);
	(void)mnl_socket_close(existing.routes);
	return r < 0 ? r : 0;
}

/* The first one met that names the profile. */
static uint32_t rule_met(const struct fw_explain *explain,
			 const struct fw_inspecting *rules, size_t n_rules,
			 unsigned profile)
{
	for (size_t i = 0; i < explain->rules.n; i++)
		for (size_t k = 0; k < n_rules; k++)
			if (explain->rules.items[i].rule == rules[k].rule &&
			    rules[k].profile == profile)
				return rules[k].rule;
	return FW_NO_RULE;
}

uint32_t fw_existing_rule(const struct fw_plan *plan,
			  const struct fw_inspecting *rules, size_t n_rules,
			  struct mnl_socket *routes,
			  const struct fw_tuple *tuple, unsigned profile)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct existing existing = { .plan = plan, .routes = routes };
	struct fw_explain *explain;
	struct fw_told told;

	if (!arena ||
	    ask_model(&existing, arena, tuple, &told, &explain) < 0 || !explain)
		return FW_NO_RULE;
	return rule_met(explain, rules, n_rules, profile);
}
