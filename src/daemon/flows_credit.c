/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Credits: what roads have carried counts for the rule that said `inspect`, as
 * nft's own counters do not see it.
 *
 * In: entries of the flow map, which count what took a road; the plan. Out: counts
 * by rule. Nothing fails: without memory nobody is credited.
 *
 * An entry counts as long as it stands, so that neither a road that closes nor a
 * daemon that ends loses a packet. What it has counted is credited when it goes,
 * or when its rule does, and is then kept in a slot beside those of other counters
 * (counters.h), so at most a second of flows that end can be lost with a daemon
 * that is killed.
 *
 * The connection mark tells the profile, not the rule. Where several rules name the
 * profile, the model is asked which of them the flow's first packet has met, once
 * it has a road: short flows cost nothing. Where that cannot be decided, it is the
 * first one that it may have met, and else the profile's first.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/existing.h"
#include "daemon/flows_state.h"
#include "daemon/route_find.h"
#include "util/cleanup.h"

enum { PACKETS, BYTES };

static struct fw_flow_credit *by_id(struct fw_flow_credit *credits, size_t n,
				    uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (credits[i].id == id)
			return &credits[i];
	return NULL;
}

static struct fw_flow_credit *by_profile(struct fw_flow_credit *credits,
					 size_t n, unsigned profile)
{
	for (size_t i = 0; i < n; i++)
		if (credits[i].profile == profile)
			return &credits[i];
	return NULL;
}

static struct fw_flow_credit *credit_of(const struct fw_flows *flows,
					const struct fw_flow_record *record)
{
	struct fw_flow_credit *credit =
		by_id(flows->credits, flows->n_credits, record->credit_to);

	return credit ? credit :
			by_profile(flows->credits, flows->n_credits,
				   record->profile_id);
}

/* What the entry has counted and nobody was credited with. False: nothing. */
static bool read_entry(const struct fw_flows *flows,
		       const struct fw_flow_record *record, unsigned direction,
		       uint64_t ret[static 2])
{
	const uint64_t *before = record->credited[direction];
	struct fw_flow_key key;
	struct fw_flow flow;

	if (!record->credits || !record->mapped[direction])
		return false;
	key = fw_flows_key(record, direction);
	if (fw_apply_flow_get(flows->apply, &key, &flow) ||
	    flow.road.packets <= before[PACKETS])
		return false;
	ret[PACKETS] = flow.road.packets - before[PACKETS];
	ret[BYTES] = flow.road.bytes - before[BYTES];
	return true;
}

/* For an entry that stays. */
static void credit_entry(struct fw_flows *flows, struct fw_flow_record *record,
			 unsigned direction)
{
	struct fw_flow_credit *credit = credit_of(flows, record);
	uint64_t more[2];

	if (!read_entry(flows, record, direction, more))
		return;
	if (credit) {
		credit->packets += more[PACKETS];
		credit->bytes += more[BYTES];
	}
	record->credited[direction][PACKETS] += more[PACKETS];
	record->credited[direction][BYTES] += more[BYTES];
}

void fw_flows_credit(struct fw_flows *flows, struct fw_flow_record *record,
		     unsigned direction)
{
	credit_entry(flows, record, direction);
	memset(record->credited[direction], 0,
	       sizeof(record->credited[direction]));
}

void fw_flows_credit_lost(struct fw_flows *flows, const struct fw_flow *flow)
{
	struct fw_flow_credit *credit = by_profile(
		flows->credits, flows->n_credits, flow->profile);

	if (!credit)
		return;
	credit->packets += flow->road.packets;
	credit->bytes += flow->road.bytes;
}

/* --- which rule ----------------------------------------------------------- */
static size_t count_rules(const struct fw_flows *flows, unsigned profile)
{
	size_t n = 0;

	for (size_t i = 0; i < flows->n_credits; i++)
		n += flows->credits[i].profile == profile;
	return n;
}

uint32_t fw_flows_credit_to(struct fw_flows *flows,
			    const struct fw_tuple *tuple, unsigned profile)
{
	_cleanup_free_ struct fw_inspecting *rules = NULL;
	uint32_t rule;

	/* Only the loop makes another plan, and credits with it. */
	if (count_rules(flows, profile) < 2 ||
	    (!flows->routes && fw_route_open(&flows->routes)))
		return 0;
	rules = calloc(flows->n_credits, sizeof(*rules));
	if (!rules)
		return 0;
	for (size_t i = 0; i < flows->n_credits; i++)
		rules[i] = (struct fw_inspecting){ flows->credits[i].rule,
						   flows->credits[i].profile };
	rule = fw_existing_rule(flows->plan, rules, flows->n_credits,
				flows->routes, tuple, profile);
	return rule == FW_NO_RULE ? 0 :
		FW_RULE_ID(flows->plan->rules[rule].key.bytes);
}

/* --- a new plan ----------------------------------------------------------- */
struct change {
	struct fw_flows *flows;		/* with the credits of before */
	struct fw_flow_credit *credits;
	size_t n;
};

/* What it has counted so far is not the next rule's. */
static void leave_rule(void *ctx, struct fw_flow_record *record)
{
	const struct change *to = ctx;
	const struct fw_flow_credit *credit = credit_of(to->flows, record);

	if (!record->credits || (credit && by_id(to->credits, to->n, credit->id)))
		return;
	for (unsigned i = 0; i < 2; i++)
		credit_entry(to->flows, record, i);
	record->credit_to = 0;
}

int fw_flows_credit_plan(struct fw_flows *flows)
{
	const struct fw_plan *plan = flows->plan;
	size_t n = fw_plan_inspecting(plan, NULL, 0);
	_cleanup_free_ struct fw_inspecting *rules = calloc(n + 1,
							    sizeof(*rules));
	struct change to = { flows, calloc(n + 1, sizeof(*to.credits)), n };

	if (!rules || !to.credits) {
		free(to.credits);
		flows->n_credits = 0;
		return -ENOMEM;
	}
	(void)fw_plan_inspecting(plan, rules, n);
	for (size_t i = 0; i < n; i++)
		to.credits[i] = (struct fw_flow_credit){
			.rule = rules[i].rule,
			.id = FW_RULE_ID(plan->rules[rules[i].rule].key.bytes),
			.profile = rules[i].profile,
		};
	for (size_t i = 0; fw_flow_records_bucket(flows->records, i, leave_rule,
						  &to); i++)
		;
	for (size_t i = 0; i < flows->n_credits; i++) {
		const struct fw_flow_credit *was = &flows->credits[i];
		struct fw_flow_credit *is = by_id(to.credits, n, was->id);

		if (is) {
			is->packets += was->packets;
			is->bytes += was->bytes;
		}
	}
	free(flows->credits);
	flows->credits = to.credits;
	flows->n_credits = n;
	return 0;
}

/* --- counts --------------------------------------------------------------- */
void fw_flows_keep_credits(struct fw_flows *flows)
{
	pthread_mutex_lock(&flows->lock);
	for (size_t i = 0; i < flows->n_credits; i++) {
		struct fw_flow_credit *credit = &flows->credits[i];
		struct fw_rule_count more = { (int64_t)credit->packets,
					      (int64_t)credit->bytes };

		if (credit->packets &&
		    !fw_apply_credit(flows->apply,
				     fw_plan_counts_by(flows->plan,
						       credit->rule), &more))
			credit->packets = credit->bytes = 0;
	}
	pthread_mutex_unlock(&flows->lock);
}

struct summing {
	struct fw_flows *flows;
	struct fw_rule_count *sums;	/* one for each of credits */
};

static void sum_record(void *ctx, struct fw_flow_record *record)
{
	struct summing *to = ctx;
	struct fw_flow_credit *credit;
	uint64_t more[2];

	if (!record->credits)
		return;
	credit = credit_of(to->flows, record);
	for (unsigned i = 0; credit && i < 2; i++)
		if (read_entry(to->flows, record, i, more)) {
			struct fw_rule_count *sum =
				&to->sums[credit - to->flows->credits];

			sum->packets += (int64_t)more[PACKETS];
			sum->bytes += (int64_t)more[BYTES];
		}
}

/* What is not kept yet, of all rules; the caller's memory, or NULL. The lock is
 * let go of now and then, for workers wait for it. */
static struct fw_rule_count *sum_up(struct fw_flows *flows)
{
	struct summing to = {
		flows, calloc(flows->n_credits + 1, sizeof(*to.sums))
	};
	bool more = to.sums;

	for (size_t bucket = 0; more; bucket++) {
		pthread_mutex_lock(&flows->lock);
		more = fw_flow_records_bucket(flows->records, bucket,
					      sum_record, &to);
		pthread_mutex_unlock(&flows->lock);
	}
	for (size_t i = 0; to.sums && i < flows->n_credits; i++) {
		to.sums[i].packets += (int64_t)flows->credits[i].packets;
		to.sums[i].bytes += (int64_t)flows->credits[i].bytes;
	}
	return to.sums;
}

static void add(struct fw_rule_count *to, const struct fw_rule_count *more)
{
	if (!more->packets)
		return;
	if (to->packets < 0)
		*to = (struct fw_rule_count){ 0 };
	to->packets += more->packets;
	to->bytes += more->bytes;
}

void fw_flows_rule_counts(struct fw_flows *flows, const struct fw_plan *plan,
			  struct fw_rule_count *counts)
{
	_cleanup_free_ struct fw_rule_count *sums =
		plan == flows->plan ? sum_up(flows) : NULL;

	for (size_t i = 0; sums && i < flows->n_credits; i++) {
		uint32_t rule = flows->credits[i].rule;
		struct fw_rule_count kept = fw_apply_credited(
			flows->apply, fw_plan_counts_by(plan, rule));

		/* A named counter has what its rules count. */
		if (plan->rules[rule].counter)
			continue;
		add(&counts[rule], &sums[i]);
		add(&counts[rule], &kept);
	}
}

void fw_flows_counter_counts(struct fw_flows *flows, const struct fw_plan *plan,
			     struct fw_rule_count *counts)
{
	_cleanup_free_ struct fw_rule_count *sums =
		plan == flows->plan ? sum_up(flows) : NULL;

	for (size_t i = 0; sums && i < flows->n_credits; i++) {
		uint32_t counter = plan->rules[flows->credits[i].rule].counter;

		if (counter)
			add(&counts[counter - 1], &sums[i]);
	}
	for (size_t i = 0; sums && i < plan->n_counters; i++) {
		struct fw_rule_count kept = fw_apply_credited(
			flows->apply, &plan->counters[i].key);

		add(&counts[i], &kept);
	}
}
