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
 *  3. where addresses and ports stay as they are, and conntrack does not need to
 *     see all packets
 *  4. once conntrack has been told not to mind what it misses
 *
 * A direction whose ingress no packet in user space has shown is taken to come
 * from where the other one goes to: an entry for a device that it does not come
 * from is never found.
 */
#include <errno.h>

#include "daemon/flows_state.h"
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

static void grant(struct fw_flows *flows, struct fw_flow_record *record)
{
	unsigned asked = record->asked;

	learn_ingress(flows, record);
	fw_flows_map(flows, record);
	record->asked = asked;
	record->credits = true;
	for (unsigned i = 0; i < 2; i++) {
		struct fw_flow_key key = fw_flows_key(record, i);

		if (record->mapped[i] && !record->road[i])
			record->road[i] = !fw_apply_road_grant(
				flows->apply, &key, record->pair);
	}
}

static bool fits(const struct fw_connection *connection)
{
	struct fw_tuple back = fw_tuple_inverse(&connection->tuple[1]);

	return !connection->watched &&
	       fw_tuple_equal(&connection->tuple[0], &back);
}

/* What is to become of a record that asks. */
enum answer { GRANT, REFUSE, LATER };

static enum answer ask_conntrack(struct fw_flows *flows,
				 const struct fw_tuple *raw)
{
	struct fw_connection connection;

	if (fw_conntrack_get(flows->conntrack, raw, &connection))
		return LATER;
	if (!fits(&connection))
		return REFUSE;
	if (!connection.replied)
		return LATER;
	return fw_conntrack_loosen(flows->conntrack, &connection) ? REFUSE :
								    GRANT;
}

static void settle(struct fw_flows *flows, struct fw_flow_record *record,
		   enum answer answer, uint32_t credit_to)
{
	if (answer == GRANT) {
		record->credit_to = credit_to;
		grant(flows, record);
	}
	/* At the end of the list, behind those that were not heard yet. */
	fw_flow_records_ask(flows->records, record, false);
	if (answer != REFUSE && !is_whole(record) &&
	    ++record->asked < ASKED_MAX)
		fw_flow_records_ask(flows->records, record, true);
}

/* One that asks. */
struct asker {
	uint64_t serial;
	struct fw_tuple tuple, raw;
	uint8_t profile;
	uint32_t credit_to;	/* 0: to be found */
};

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
		enum answer answer = ask_conntrack(flows, &one.raw);
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
			settle(flows, record, answer, one.credit_to);
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

/* XDP's, where both devices are ports; what it leaves takes TC's. */
static const char *name_of(const struct fw_flows *flows, uint32_t in,
			   const struct fw_road *road)
{
	uint32_t out = (uint32_t)(road->words[FW_ROAD_OUT] >> 32);

	return fw_apply_road_port(flows->apply, in) &&
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
