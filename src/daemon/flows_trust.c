/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows: verdicts that are taken back, and those of the operator.
 *
 * In: orders, the clock, conntrack. Out: connection marks, entries of the flow
 * map, records. Fails with the kernel's error, or for want of memory; a single
 * connection that cannot be changed is left as it is.
 *
 * A verdict is taken back in this order:
 *
 *  1. the record: unvetted, to be judged anew; so is its entry in the flow map,
 *     which stays, so that a later daemon knows it
 *  2. the count of renewals, by which workers learn that what they remember of
 *     flows may be past; they ask, and fw_flows_again() tells what is known
 *  3. the connection mark: from now on packets come to the queue
 *
 * A verdict that fell a moment before may be on its way to the kernel in a
 * packet, and write the mark after that. So the mark is written once more at the
 * next tick, where the verdict was young.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/flows_state.h"
#include "inspect/kept.h"
#include "inspect/packet.h"
#include "util/cleanup.h"

#define YOUNG_NS (3 * 1000000000ull)
#define RECHECK_MAX 8192	/* in one tick */

/* --- connections ---------------------------------------------------------- */
/* Those that are wanted, of a dump. */
struct picked {
	bool (*wants)(void *ctx, const struct fw_connection *connection);
	void *ctx;
	struct fw_connection *items;
	size_t n, cap;
	bool oom;
};

static void pick(void *ctx, const struct fw_connection *connection)
{
	struct picked *picked = ctx;
	struct fw_connection *grown;

	if (!picked->wants(picked->ctx, connection))
		return;
	if (picked->n == picked->cap) {
		size_t cap = picked->cap ? picked->cap * 2 : 64;

		grown = realloc(picked->items, cap * sizeof(*grown));
		if (!grown) {
			picked->oom = true;
			return;
		}
		picked->items = grown;
		picked->cap = cap;
	}
	picked->items[picked->n++] = *connection;
}

/* bits: of the mark, one of which they have; 0: any. */
static int pick_all(struct fw_flows *flows, uint32_t bits,
		    struct picked *picked)
{
	int r = fw_conntrack_dump(flows->conntrack, bits, pick, picked);

	return r ? r : picked->oom ? -ENOMEM : 0;
}

/* What was taken back is more than what the capacity counts: it has to be known
 * later that it was judged. */
static struct fw_flow_record *record_of(struct fw_flows *flows,
					const struct fw_connection *connection,
					bool must)
{
	struct fw_tuple tuple = fw_connection_tuple(connection);
	struct fw_flow_record *record;
	bool turned;

	record = fw_flow_records_find(flows->records, &tuple, &turned);
	if (!record && (must || fw_flow_records_size(flows->records) <
				flows->plan->options.flows))
		record = fw_flow_records_add(flows->records, &tuple);
	if (record)
		fw_flows_note_connection(flows, record, connection);
	return record;
}

/* --- taking back ---------------------------------------------------------- */
static void leave_roads(struct fw_flows *flows, struct fw_flow_record *record)
{
	for (unsigned i = 0; i < 2; i++) {
		struct fw_flow_key key = fw_flows_key(record, i);

		if (record->road[i])
			fw_apply_road_revoke(flows->apply, &key);
		record->road[i] = false;
	}
}

static void renew(struct fw_flows *flows, struct fw_flow_record *record)
{
	bool young = fw_flows_now_ns() - record->since_ns < YOUNG_NS;

	fw_flow_records_watch(flows->records, record, FW_PROFILES);
	record->verdict = FW_FLOW_UNVETTED;
	record->is_stale = false;
	record->reason = NULL;
	record->rule = FW_NO_RULE;
	record->again = true;
	record->past = record->worker;
	leave_roads(flows, record);
	if (record->has_raw)
		fw_flows_map(flows, record);
	__atomic_fetch_add(&flows->renewals, 1, __ATOMIC_RELEASE);
	fw_flow_records_unwritten(flows->records, record, young ? 2 : 1);
}

/* One whose verdict was taken back; or that had one for a while, and whose mark
 * somebody else has changed. */
static bool may_be_past(const struct fw_flow_record *record)
{
	return record->again ||
	       (record->verdict != FW_FLOW_UNVETTED &&
		fw_flows_now_ns() - record->since_ns > YOUNG_NS);
}

bool fw_flows_again(void *ctx, const struct fw_tuple *tuple,
		    struct fw_kept *ret, bool *ret_turned)
{
	struct fw_flows *flows = ctx;
	struct fw_connection connection;
	struct fw_flow_record *record;
	struct fw_tuple raw;
	uint32_t mask, unvetted;
	bool has_raw;
	int r;

	pthread_mutex_lock(&flows->lock);
	record = fw_flow_records_find(flows->records, tuple, ret_turned);
	if (!record || !may_be_past(record)) {
		pthread_mutex_unlock(&flows->lock);
		return false;
	}
	if (record->kept)
		memcpy(ret, record->kept, fw_kept_size(record->kept));
	else
		memset(ret, 0, sizeof(*ret));
	has_raw = record->has_raw;
	raw = record->raw[0];
	mask = fw_flows_state_mask(flows);
	unvetted = fw_flows_state(flows, FW_FLOW_UNVETTED);
	pthread_mutex_unlock(&flows->lock);
	/* Another one, of which this is the first packet, has the tuple now? */
	r = has_raw ? fw_conntrack_get(flows->conntrack, &raw, &connection) :
		      fw_conntrack_find(flows->conntrack, tuple, &connection);
	return !r && (connection.mark & mask) == unvetted;
}

/* --- marks ---------------------------------------------------------------- */
struct unwritten {
	uint64_t serial;
	unsigned writes;
	bool has_raw;
	struct fw_tuple tuple, raw;
	uint32_t value, mask;
};

static bool take_first(struct fw_flows *flows, struct unwritten *ret)
{
	struct fw_flow_record *record;

	pthread_mutex_lock(&flows->lock);
	record = fw_flow_records_to_write(flows->records);
	if (record && record->is_stale)
		renew(flows, record);
	if (record) {
		*ret = (struct unwritten){
			.serial = record->serial,
			.writes = record->writes,
			.has_raw = record->has_raw,
			.tuple = record->tuple,
			.raw = record->raw[0],
			.value = fw_flows_state(flows, FW_FLOW_UNVETTED),
			.mask = fw_flows_state_mask(flows),
		};
		fw_flow_records_unwritten(flows->records, record, 0);
	}
	pthread_mutex_unlock(&flows->lock);
	return record;
}

static void write_mark(struct fw_flows *flows, const struct unwritten *one)
{
	struct fw_connection connection;
	const struct fw_tuple *raw = &one->raw;

	if (!one->has_raw) {
		if (fw_conntrack_find(flows->conntrack, &one->tuple,
				      &connection))
			return;
		raw = &connection.tuple[0];
	}
	(void)fw_conntrack_mark(flows->conntrack, raw, one->value, one->mask);
}

static void write_again(struct fw_flows *flows, const struct unwritten *one)
{
	struct fw_flow_record *record;
	bool turned;

	if (one->writes < 2)
		return;
	pthread_mutex_lock(&flows->lock);
	record = fw_flow_records_find(flows->records, &one->tuple, &turned);
	if (record && record->serial == one->serial && record->again)
		fw_flow_records_unwritten(flows->records, record,
					  one->writes - 1);
	pthread_mutex_unlock(&flows->lock);
}

static size_t count_unwritten(struct fw_flows *flows)
{
	struct fw_flow_record *record;
	size_t n = 0;

	pthread_mutex_lock(&flows->lock);
	for (record = fw_flow_records_to_write(flows->records); record;
	     record = TAILQ_NEXT(record, unwritten))
		n++;
	pthread_mutex_unlock(&flows->lock);
	return n;
}

/* Those of which there is one more to do go to the end of the list. */
void fw_flows_write_marks(struct fw_flows *flows)
{
	struct unwritten one;

	for (size_t n = count_unwritten(flows); n && take_first(flows, &one);
	     n--) {
		write_mark(flows, &one);
		write_again(flows, &one);
	}
}

/* --- time ----------------------------------------------------------------- */
void fw_flows_watch(struct fw_flows *flows, struct fw_flow_record *record,
		    const struct fw_profile *profile)
{
	const struct fw_profile *now =
		fw_plan_profile(flows->plan, record->profile_id);

	fw_flow_records_watch(flows->records, record, record->profile_id);
	record->is_stale = profile && now &&
			   memcmp(&profile->hash, &now->hash,
				  sizeof(now->hash)) != 0;
	if (record->is_stale)
		fw_flow_records_unwritten(flows->records, record, 1);
}

void fw_flows_adopt_verdict(struct fw_flows *flows,
			    struct fw_flow_record *record,
			    enum fw_flow_verdict verdict)
{
	record->verdict = verdict;
	record->reason = verdict == FW_FLOW_UNVETTED ? NULL : "adopted";
	record->again = verdict == FW_FLOW_UNVETTED;
	if (record->again)
		__atomic_fetch_add(&flows->renewals, 1, __ATOMIC_RELEASE);
	if (verdict == FW_FLOW_TRUSTED)
		fw_flows_watch(flows, record, NULL);
}

static void recheck(struct fw_flows *flows, const struct fw_profile *profile,
		    size_t *left)
{
	uint64_t age = profile->recheck_ms * 1000000, now = fw_flows_now_ns();
	struct fw_flow_record *record;

	while (*left && (record = fw_flow_records_oldest(flows->records,
							 profile->id)) &&
	       now - record->since_ns >= age) {
		renew(flows, record);
		(*left)--;
	}
}

void fw_flows_recheck(struct fw_flows *flows)
{
	size_t left = RECHECK_MAX;

	pthread_mutex_lock(&flows->lock);
	for (size_t i = 0; i < flows->plan->n_profiles; i++)
		if (flows->plan->profiles[i].recheck_ms)
			recheck(flows, &flows->plan->profiles[i], &left);
	pthread_mutex_unlock(&flows->lock);
	if (left < RECHECK_MAX)
		fw_flows_write_marks(flows);
}

/* --- a reload ------------------------------------------------------------- */
static const char operators[] = "operator";

struct of_profiles {
	const struct fw_flows *flows;
	unsigned profiles;		/* a bit a number */
	uint32_t mask, state;		/* of the mark */
	bool is;			/* in that state; else in any other */
};

static bool is_of_profiles(void *ctx, const struct fw_connection *connection)
{
	const struct of_profiles *of = ctx;
	int id = fw_flows_profile(of->flows, connection->mark);

	return id >= 0 && of->profiles >> id & 1 &&
	       ((connection->mark & of->mask) == of->state) == of->is;
}

static void renew_judged(struct fw_flows *flows,
			 const struct fw_connection *connection)
{
	struct fw_flow_record *record = record_of(flows, connection, true);

	if (record && record->reason != operators)
		renew(flows, record);
}

int fw_flows_renew(struct fw_flows *flows, unsigned profiles)
{
	struct of_profiles of = {
		.flows = flows,
		.profiles = profiles,
		.mask = fw_flows_state_mask(flows),
		.state = fw_flows_state(flows, FW_FLOW_TRUSTED),
		.is = true,
	};
	struct picked picked = { .wants = is_of_profiles, .ctx = &of };
	int r = pick_all(flows, of.mask, &picked);

	pthread_mutex_lock(&flows->lock);
	for (size_t i = 0; i < picked.n && !r; i++)
		renew_judged(flows, &picked.items[i]);
	pthread_mutex_unlock(&flows->lock);
	free(picked.items);
	fw_flows_write_marks(flows);
	return r;
}

int fw_flows_release(struct fw_flows *flows, unsigned profiles)
{
	struct of_profiles of = {
		.flows = flows,
		.profiles = profiles,
		.mask = fw_flows_state_mask(flows),
		.state = fw_flows_state(flows, FW_FLOW_BLOCKED),
	};
	struct picked picked = { .wants = is_of_profiles, .ctx = &of };
	int r = pick_all(flows, of.mask, &picked);

	for (size_t i = 0; i < picked.n && !r; i++) {
		fw_flows_remove(flows, &picked.items[i]);
		r = fw_conntrack_mark(flows->conntrack,
				      &picked.items[i].tuple[0], 0,
				      flows->plan->options.marks);
		if (r == -ENOENT)
			r = 0;	/* it has ended since */
	}
	free(picked.items);
	return r;
}

/* --- connections older than a rule ---------------------------------------- */
static bool is_stateless(void *ctx, const struct fw_connection *connection)
{
	const uint32_t *mask = ctx;
	uint8_t proto = connection->tuple[0].proto;

	return !(connection->mark & *mask) &&
	       (proto == IPPROTO_TCP || proto == IPPROTO_UDP);
}

int fw_flows_stateless(struct fw_flows *flows, struct fw_connection **ret,
		       size_t *ret_n)
{
	uint32_t mask = fw_flows_state_mask(flows);
	struct picked picked = { .wants = is_stateless, .ctx = &mask };
	int r = pick_all(flows, 0, &picked);

	*ret = picked.items;
	*ret_n = picked.n;
	return r;
}

int fw_flows_take(struct fw_flows *flows,
		  const struct fw_connection *connection,
		  enum fw_flow_verdict verdict,
		  const struct fw_profile *profile)
{
	unsigned shift = flows->plan->options.mark_shift;
	uint32_t number = (uint32_t)profile->id << FW_CTMARK_PROFILE_SHIFT;
	uint32_t mask = (FW_CTMARK_STATE | FW_CTMARK_PROFILE) << shift;

	return fw_conntrack_mark(flows->conntrack, &connection->tuple[0],
				 fw_flows_state(flows, verdict) |
					 number << shift, mask);
}

/* --- the operator --------------------------------------------------------- */
struct selector {
	bool (*picks)(void *ctx, const struct fw_tuple *tuple);
	void *ctx;
};

static bool is_meant(void *ctx, const struct fw_connection *connection)
{
	const struct selector *selector = ctx;

	return selector->picks(selector->ctx, &connection->tuple[0]);
}

static void settle(struct fw_flows *flows, struct fw_flow_record *record,
		   enum fw_flow_verdict verdict)
{
	fw_flow_records_watch(flows->records, record, FW_PROFILES);
	fw_flow_records_unwritten(flows->records, record, 0);
	fw_flow_records_wait(flows->records, record, false);
	record->verdict = verdict;
	record->reason = operators;
	record->rule = FW_NO_RULE;
	record->again = false;
	record->past = record->worker;
	record->since_ns = fw_flows_now_ns();
	leave_roads(flows, record);
	fw_flows_map(flows, record);
}

/* Whether the order says something of a connection in this state, which is none
 * where no rule has handed it over. */
static bool concerns(enum fw_flow_verdict verdict, uint32_t state)
{
	return state || verdict == FW_FLOW_BLOCKED;
}

static int judge_one(struct fw_flows *flows,
		     const struct fw_connection *connection,
		     enum fw_flow_verdict verdict)
{
	struct fw_flow_record *record;
	uint32_t value, mask;

	pthread_mutex_lock(&flows->lock);
	value = fw_flows_state(flows, verdict);
	mask = fw_flows_state_mask(flows);
	record = record_of(flows, connection, verdict == FW_FLOW_UNVETTED);
	if (record && verdict == FW_FLOW_UNVETTED)
		renew(flows, record);
	else if (record)
		settle(flows, record, verdict);
	pthread_mutex_unlock(&flows->lock);
	if (!record && verdict == FW_FLOW_UNVETTED)
		return -ENOMEM;
	return fw_conntrack_mark(flows->conntrack, &connection->tuple[0], value,
				 mask);
}

int fw_flows_judge(struct fw_flows *flows, enum fw_flow_verdict verdict,
		   bool (*picks)(void *ctx, const struct fw_tuple *tuple),
		   void *ctx, size_t *ret_of, size_t *ret_done)
{
	uint32_t mask = fw_flows_state_mask(flows);
	uint32_t wanted = fw_flows_state(flows, verdict);
	struct selector selector = { picks, ctx };
	struct picked picked = { .wants = is_meant, .ctx = &selector };
	int r;

	*ret_of = *ret_done = 0;
	if (!flows->plan->n_profiles)
		return -EOPNOTSUPP;
	r = pick_all(flows, 0, &picked);
	for (size_t i = 0; i < picked.n && !r; i++) {
		uint32_t state = picked.items[i].mark & mask;

		if (!concerns(verdict, state))
			continue;
		(*ret_of)++;
		if (state == wanted)
			continue;
		r = judge_one(flows, &picked.items[i], verdict);
		if (!r)
			(*ret_done)++;
		if (r == -ENOENT)
			r = 0;	/* it has ended since */
	}
	free(picked.items);
	return r;
}
