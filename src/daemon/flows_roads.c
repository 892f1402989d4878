/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Roads: which flows may have one.
 *
 * In: records that ask, conntrack, the plan. Out: grants, which TC egress heeds
 * when it sees a packet of the flow leave. Nothing fails: a flow without a road is
 * only a slower one.
 *
 * A record asks when it is trusted, and is heard at the next tick, so that short
 * flows cost nothing. It gets a road
 *
 *  1. where no rule of the plan has to see each packet
 *  2. when both sides have spoken: from then on its packets are of an established
 *     connection to all rules
 *  3. where conntrack does not need to see all packets
 *  4. once conntrack has been told not to mind what it misses
 *
 * A direction whose ingress no packet in user space has shown is taken to come
 * from where the other one goes to; or, where they are translated and so have
 * roads together or not at all, from where its sender would be reached. An entry
 * for a device that it does not come from is never found.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "daemon/flows_state.h"
#include "daemon/route_find.h"
#include "inspect/packet.h"

#define ASKED_MAX 60		/* ticks */
#define ASKING_MAX 4096		/* heard in one tick */

static bool is_whole(const struct fw_flow_record *record)
{
	return record->road[0] && record->road[1];
}

/* Where the packets of the one direction leave, those of the other enter. */
static void learn_ingress(struct fw_flows *flows, struct fw_flow_record *record)
{
	for (unsigned i = 0; i < 2; i++) {
		struct fw_flow_key key = fw_flows_key(record, i);
		struct fw_flow flow;

		if (!record->ifindex[!i] && record->mapped[i] &&
		    !fw_apply_flow_get(flows->apply, &key, &flow))
			record->ifindex[!i] = (uint32_t)(
				flow.road.words[FW_ROAD_OUT] >> 32);
	}
}

/* As the other direction's arrive, turned around. */
static struct fw_grant grant_of(const struct fw_flow_record *record,
				unsigned direction)
{
	struct fw_tuple leaves = fw_tuple_inverse(&record->raw[!direction]);
	struct fw_grant grant = {
		.pair = record->pair,
		.sport = htons(leaves.sport),
		.dport = htons(leaves.dport),
	};

	memcpy(grant.saddr, leaves.saddr, sizeof(grant.saddr));
	memcpy(grant.daddr, leaves.daddr, sizeof(grant.daddr));
	return grant;
}

static void grant(struct fw_flows *flows, struct fw_flow_record *record,
		  const uint32_t from[2])
{
	unsigned asked = record->asked;

	learn_ingress(flows, record);
	for (unsigned i = 0; i < 2; i++)
		if (!record->ifindex[i])
			record->ifindex[i] = from[i];
	fw_flows_map(flows, record);
	record->asked = asked;
	record->credits = true;
	for (unsigned i = 0; i < 2; i++) {
		struct fw_flow_key key = fw_flows_key(record, i);
		struct fw_grant grant = grant_of(record, i);

		if (record->mapped[i] && !record->road[i])
			record->road[i] = !fw_apply_road_grant(flows->apply,
							       &key, &grant);
	}
}

/* The devices that the senders of a translated connection are behind, or 0. */
static void find_senders(struct fw_flows *flows,
			 const struct fw_connection *connection,
			 uint32_t ret[2])
{
	struct fw_tuple back = fw_tuple_inverse(&connection->tuple[1]);

	if (fw_tuple_equal(&connection->tuple[0], &back) ||
	    (!flows->routes && fw_route_open(&flows->routes)))
		return;
	for (unsigned i = 0; i < 2; i++)
		if (fw_route_find(flows->routes, connection->tuple[i].family,
				  connection->tuple[i].saddr, &ret[i]))
			ret[i] = 0;
}

/* One that asks. */
struct asker {
	uint64_t serial;
	struct fw_tuple tuple, raw;
	uint8_t profile;
	uint32_t credit_to;	/* 0: to be found */
	uint32_t from[2];	/* its devices where it is translated, or 0 */
};

/* What is to become of a record that asks. */
enum answer { GRANT, REFUSE, LATER };

static enum answer ask_conntrack(struct fw_flows *flows,
				 const struct fw_tuple *raw, uint32_t from[2])
{
	struct fw_connection connection;

	if (fw_conntrack_get(flows->conntrack, raw, &connection))
		return LATER;
	if (connection.watched)
		return REFUSE;
	if (!connection.replied)
		return LATER;
	if (fw_conntrack_loosen(flows->conntrack, &connection))
		return REFUSE;
	find_senders(flows, &connection, from);
	return GRANT;
}

static void settle(struct fw_flows *flows, struct fw_flow_record *record,
		   enum answer answer, const struct asker *one)
{
	if (answer == GRANT) {
		record->credit_to = one->credit_to;
		grant(flows, record, one->from);
	}
	/* At the end of the list, behind those that were not heard yet. */
	fw_flow_records_ask(flows->records, record, false);
	if (answer != REFUSE && !is_whole(record) &&
	    ++record->asked < ASKED_MAX)
		fw_flow_records_ask(flows->records, record, true);
}

/* The first one that asks, if it is none that has been heard in this round. */
static bool take_first(struct fw_flows *flows, struct asker *ret)
{
	struct fw_flow_record *record;

	pthread_mutex_lock(&flows->lock);
	record = fw_flow_records_asking(flows->records);
	if (record) {
		*ret = (struct asker){
			.serial = record->serial,
			.tuple = record->tuple,
			.raw = record->raw[0],
			.profile = record->profile_id,
			.credit_to = record->credit_to,
		};
		fw_flow_records_ask(flows->records, record, false);
	}
	pthread_mutex_unlock(&flows->lock);
	return record;
}

static size_t count_asking(struct fw_flows *flows)
{
	struct fw_flow_record *record;
	size_t n = 0;

	pthread_mutex_lock(&flows->lock);
	for (record = fw_flow_records_asking(flows->records);
	     record && n < ASKING_MAX; record = TAILQ_NEXT(record, asking))
		n++;
	pthread_mutex_unlock(&flows->lock);
	return n;
}

void fw_flows_roads(struct fw_flows *flows)
{
	struct asker one;

	for (size_t n = count_asking(flows); n && take_first(flows, &one);
	     n--) {
		enum answer answer = ask_conntrack(flows, &one.raw, one.from);
		struct fw_flow_record *record;
		bool turned;

		if (answer == GRANT && !one.credit_to)
			one.credit_to = fw_flows_credit_to(flows, &one.tuple,
							   one.profile);
		pthread_mutex_lock(&flows->lock);
		record = fw_flow_records_find(flows->records, &one.tuple,
					      &turned);
		if (record && record->serial == one.serial &&
		    record->verdict == FW_FLOW_TRUSTED && !flows->blocker)
			settle(flows, record, answer, &one);
		pthread_mutex_unlock(&flows->lock);
	}
}

/* --- a new plan ----------------------------------------------------------- */
static void ask_again(void *ctx, struct fw_flow_record *record)
{
	struct fw_flows *flows = ctx;
	bool trusted = record->verdict == FW_FLOW_TRUSTED && record->has_raw;

	if (flows->blocker)
		record->road[0] = record->road[1] = false;
	record->asked = 0;
	fw_flow_records_ask(flows->records, record,
			    trusted && !flows->blocker && !is_whole(record));
}

void fw_flows_roads_plan(struct fw_flows *flows)
{
	flows->blocker = fw_plan_road_blocker(flows->plan);
	if (!fw_apply_roads(flows->apply))
		return;
	if (flows->blocker)
		fw_apply_roads_clear(flows->apply);
	for (size_t i = 0; fw_flow_records_bucket(flows->records, i, ask_again,
						  flows); i++)
		;
}

/* --- its name ------------------------------------------------------------- */
/* One that is closed for a moment is one all the same. */
static bool is_open(const struct fw_flows *flows, const struct fw_road *road)
{
	return road->words[FW_ROAD_UNTIL] && !road->closed &&
	       road->words[FW_ROAD_WHEN] >> 32 == flows->epoch;
}

/* XDP's, where both devices are ports and nothing is translated; what it leaves
 * takes TC's. */
static const char *name_of(const struct fw_flows *flows, uint32_t in,
			   const struct fw_road *road)
{
	uint32_t out = (uint32_t)(road->words[FW_ROAD_OUT] >> 32);

	return !road->translated && fw_apply_road_port(flows->apply, in) &&
			       fw_apply_road_port(flows->apply, out) ?
		       "xdp" : "tc";
}

const char *fw_flows_road(const struct fw_flows *flows,
			  const struct fw_flow_record *record)
{
	for (unsigned i = 0; i < 2; i++) {
		struct fw_flow_key key = fw_flows_key(record, i);
		struct fw_flow flow;

		if (record->road[i] &&
		    !fw_apply_flow_get(flows->apply, &key, &flow) &&
		    is_open(flows, &flow.road))
			return name_of(flows, key.ifindex, &flow.road);
	}
	return "stack";
}
