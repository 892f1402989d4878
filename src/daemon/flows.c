/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows: reports of workers and ends of connections, into records and the flow
 * map.
 *
 * In: reports (from workers' threads), conntrack's answers and events. Out:
 * records, entries of the flow map. A flow that gets no record or no entry is
 * only a slower one: its connection mark carries the verdict. Both are counted.
 *
 * When a verdict falls, before it goes to the kernel:
 *
 *  1. the connection's raw tuples: sent along, or asked of conntrack
 *  2. an entry for each direction whose ingress is known
 *
 * Conntrack does not know a connection whose first packet is still held. Such a
 * record waits, and fw_flows_tick() asks again.
 *
 * Queries are made without the lock; a record is looked up again afterwards,
 * and its serial number tells whether it is still the same.
 */
#include "daemon/flows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/flows_state.h"
#include "inspect/kept.h"
#include "inspect/packet.h"
#include "util/cleanup.h"

#define TRIES_MAX 5		/* ticks that a record waits */

struct fw_name {
	struct fw_name *next;
	char text[];
};

uint64_t fw_flows_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

const char *fw_flows_intern(struct fw_flows *flows, const char *name)
{
	struct fw_name *n;
	size_t size = strlen(name) + 1;

	for (n = flows->names; n; n = n->next)
		if (!strcmp(n->text, name))
			return n->text;
	n = malloc(sizeof(*n) + size);
	if (!n)
		return "";
	memcpy(n->text, name, size);
	n->next = flows->names;
	flows->names = n;
	return n->text;
}

/* --- marks ---------------------------------------------------------------- */
static const uint32_t states[] = {
	[FW_FLOW_UNVETTED] = FW_CTMARK_UNVETTED,
	[FW_FLOW_TRUSTED] = FW_CTMARK_TRUSTED,
	[FW_FLOW_BLOCKED] = FW_CTMARK_BLOCKED,
};

static const char *const verdict_names[] = {
	[FW_FLOW_UNVETTED] = "unvetted",
	[FW_FLOW_TRUSTED] = "trusted",
	[FW_FLOW_BLOCKED] = "blocked",
};

const char *fw_flow_verdict_name(enum fw_flow_verdict verdict)
{
	return verdict_names[verdict];
}

uint32_t fw_flows_state_mask(const struct fw_flows *flows)
{
	return (uint32_t)FW_CTMARK_STATE << flows->plan->options.mark_shift;
}

uint32_t fw_flows_state(const struct fw_flows *flows,
			enum fw_flow_verdict verdict)
{
	return states[verdict] << flows->plan->options.mark_shift;
}

int fw_flows_profile(const struct fw_flows *flows, uint32_t mark)
{
	uint32_t bits = mark >> flows->plan->options.mark_shift;

	if ((bits & FW_CTMARK_STATE) == FW_CTMARK_NONE)
		return -ENOENT;
	return (int)((bits & FW_CTMARK_PROFILE) >> FW_CTMARK_PROFILE_SHIFT);
}

/* --- flow map ------------------------------------------------------------- */
struct fw_flow_key fw_flows_key(const struct fw_flow_record *record,
				unsigned direction)
{
	const struct fw_tuple *tuple = &record->raw[direction];
	struct fw_flow_key key = {
		.ifindex = record->ifindex[direction],
		.family = tuple->family,
		.proto = tuple->proto,
		.sport = htons(tuple->sport),
		.dport = htons(tuple->dport),
	};

	memcpy(key.saddr, tuple->saddr, sizeof(key.saddr));
	memcpy(key.daddr, tuple->daddr, sizeof(key.daddr));
	return key;
}

bool fw_flows_translated(const struct fw_flow_record *record)
{
	struct fw_tuple back = fw_tuple_inverse(&record->raw[1]);

	return !fw_tuple_equal(&record->raw[0], &back);
}

/* An entry that takes another's place has its numbers. */
static void count_on(struct fw_flows *flows, const struct fw_flow_key *key,
		     struct fw_flow *flow)
{
	struct fw_flow before;

	if (fw_apply_flow_get(flows->apply, key, &before))
		return;
	flow->packets = before.packets;
	flow->bytes = before.bytes;
	flow->first_ns = before.first_ns;
	flow->last_ns = before.last_ns;
}

void fw_flows_map(struct fw_flows *flows, struct fw_flow_record *record)
{
	uint64_t now = fw_flows_now_ns();

	if (!record->pair)
		record->pair = ++flows->next_pair;
	for (unsigned i = 0; i < 2; i++) {
		struct fw_flow_key key = fw_flows_key(record, i);
		struct fw_flow flow = {
			.first_ns = now,
			.last_ns = now,
			.user_packets = fw_flow_record_packets(record),
			.user_bytes = fw_flow_record_bytes(record),
			.pair = record->pair,
			.epoch = flows->epoch,
			.verdict = (uint8_t)record->verdict,
			.profile = record->profile_id,
			.reply = (uint8_t)i,
			.road.translated = fw_flows_translated(record),
		};

		if (!record->ifindex[i] ||
		    (record->mapped[i] && record->mapped_as == record->verdict))
			continue;
		if (record->mapped[i])
			count_on(flows, &key, &flow);
		fw_flows_credit(flows, record, i);
		if (fw_apply_flow_set(flows->apply, &key, &flow))
			flows->unmapped++;
		else
			record->mapped[i] = true;
	}
	record->mapped_as = record->verdict;
	record->asked = 0;
	fw_flow_records_ask(flows->records, record,
			    record->verdict == FW_FLOW_TRUSTED &&
			    !flows->blocker && fw_apply_roads(flows->apply));
}

void fw_flows_unmap(struct fw_flows *flows, struct fw_flow_record *record)
{
	for (unsigned i = 0; i < 2; i++) {
		struct fw_flow_key key = fw_flows_key(record, i);

		fw_flows_credit(flows, record, i);
		if (record->mapped[i])
			(void)fw_apply_flow_delete(flows->apply, &key);
		if (record->road[i])
			fw_apply_road_revoke(flows->apply, &key);
		record->mapped[i] = record->road[i] = false;
	}
	record->credits = false;
	record->credit_to = 0;
	fw_flow_records_ask(flows->records, record, false);
}

/* --- records -------------------------------------------------------------- */
void fw_flows_note_connection(struct fw_flows *flows,
			      struct fw_flow_record *record,
			      const struct fw_connection *connection)
{
	struct fw_tuple shown = fw_connection_tuple(connection);
	int id = fw_flows_profile(flows, connection->mark);
	const struct fw_profile *profile;

	/* The worker may have taken the side that it saw first for the
	 * opener. */
	if (!fw_tuple_equal(&shown, &record->tuple))
		fw_flow_records_turn(flows->records, record);
	record->raw[0] = connection->tuple[0];
	record->raw[1] = connection->tuple[1];
	record->has_raw = true;
	if (connection->id)
		record->ct_id = connection->id;
	if (record->profile[0] || id < 0)
		return;
	profile = fw_plan_profile(flows->plan, (unsigned)id);
	if (profile)
		record->profile = fw_flows_intern(flows, profile->name);
	record->profile_id = (uint8_t)id;
}

/* The connection has ended and another one has its tuple. */
static void begin_anew(struct fw_flows *flows, struct fw_flow_record *record)
{
	fw_flows_unmap(flows, record);
	fw_flow_records_wait(flows->records, record, false);
	free(FW_TAKE(record->sni));
	free(FW_TAKE(record->kept));
	record->ja3[0] = record->ja4[0] = '\0';
	record->again = false;
	record->past = 0;
	fw_flow_records_watch(flows->records, record, FW_PROFILES);
	fw_flow_records_unwritten(flows->records, record, 0);
	record->verdict = FW_FLOW_UNVETTED;
	record->reason = NULL;
	record->has_raw = false;
	record->ct_id = 0;
	record->pair = 0;
	record->tries = 0;
	record->before_packets = record->before_bytes = 0;
	record->worker_packets = record->worker_bytes = 0;
}

/* The worker counts its flow from the start, under a number of its own. */
static void note_worker(struct fw_flows *flows, struct fw_flow_record *record,
			const struct fw_flow_report *report)
{
	uint64_t number = (uint64_t)report->queue << 48 | report->id;

	if (record->worker != number) {
		if (!report->again &&
		    (record->again || record->verdict != FW_FLOW_UNVETTED))
			begin_anew(flows, record);
		record->before_packets += record->worker_packets;
		record->before_bytes += record->worker_bytes;
		record->worker = number;
	}
	record->worker_packets = report->packets;
	record->worker_bytes = report->bytes;
}

/* Without memory nothing is known later. */
static void keep(struct fw_flow_record *record, const struct fw_kept *kept)
{
	size_t size = fw_kept_size(kept);

	free(record->kept);
	record->kept = malloc(size);
	if (record->kept)
		memcpy(record->kept, kept, size);
}

static void note_verdict(struct fw_flows *flows, struct fw_flow_record *record,
			 const struct fw_flow_report *report)
{
	if (report->verdict != FW_FLOW_UNVETTED &&
	    record->verdict == FW_FLOW_UNVETTED) {
		record->since_ns = fw_flows_now_ns();
		record->again = false;
		fw_flow_records_unwritten(flows->records, record, 0);
		if (report->verdict == FW_FLOW_TRUSTED)
			fw_flows_watch(flows, record, report->profile);
	}
	if (report->kept)
		keep(record, report->kept);
	record->verdict = report->verdict;
	record->reason = report->reason;
	record->rule = report->rule;
}

static void note_report(struct fw_flows *flows, struct fw_flow_record *record,
			bool turned, const struct fw_flow_report *report)
{
	note_worker(flows, record, report);
	for (unsigned i = 0; i < 2; i++)
		if (report->ifindex[i])
			record->ifindex[i ^ turned] = report->ifindex[i];
	if (report->profile) {
		record->profile = fw_flows_intern(flows, report->profile->name);
		record->profile_id = report->profile->id;
	}
	if (report->sni && !record->sni)
		record->sni = strdup(report->sni);
	if (report->ja3)
		memcpy(record->ja3, report->ja3, sizeof(record->ja3));
	if (report->ja4)
		memcpy(record->ja4, report->ja4, sizeof(record->ja4));
	record->last_ns = fw_flows_now_ns();
	if (record->worker != record->past)
		note_verdict(flows, record, report);
}

static struct fw_flow_record *find_or_add(struct fw_flows *flows,
					  const struct fw_tuple *tuple,
					  bool *ret_turned)
{
	struct fw_flow_record *record =
		fw_flow_records_find(flows->records, tuple, ret_turned);

	if (record)
		return record;
	*ret_turned = false;
	if (fw_flow_records_size(flows->records) < flows->plan->options.flows)
		record = fw_flow_records_add(flows->records, tuple);
	if (!record)
		flows->refused++;
	return record;
}

/* --- conntrack ------------------------------------------------------------ */
struct search {
	struct fw_tuple tuple, inverse;
	struct fw_connection *ret;
	bool found;
};

static void compare(void *ctx, const struct fw_connection *connection)
{
	struct search *search = ctx;
	struct fw_tuple shown = fw_connection_tuple(connection);

	if (search->found || (!fw_tuple_equal(&shown, &search->tuple) &&
			      !fw_tuple_equal(&shown, &search->inverse)))
		return;
	*search->ret = *connection;
	search->found = true;
}

/* With dump it also finds a connection both of whose ends are translated. Not
 * for a first packet: conntrack does not have the connection in any form. */
int fw_flows_find_connection(struct fw_flows *flows,
			     const struct fw_tuple *tuple, uint32_t bits,
			     bool dump, struct fw_connection *ret)
{
	struct search search = { *tuple, fw_tuple_inverse(tuple), ret, false };
	int r;

	if (tuple->proto != IPPROTO_TCP && tuple->proto != IPPROTO_UDP)
		return -EPROTONOSUPPORT;
	r = fw_conntrack_find(flows->conntrack, tuple, ret);
	if (r != -ENOENT || !dump)
		return r;
	r = fw_conntrack_dump(flows->conntrack, bits, compare, &search);
	return r ? r : search.found ? 0 : -ENOENT;
}

static int connection_of(struct fw_flows *flows,
			 const struct fw_flow_report *report, uint32_t bits,
			 struct fw_connection *ret)
{
	/* A first packet's has none yet: the tick will find it. */
	if (!report->has_ct && report->packets <= 1)
		return -ENOENT;
	if (!report->has_ct)
		return fw_flows_find_connection(flows, &report->tuple, bits,
						true, ret);
	*ret = (struct fw_connection){
		.tuple = { report->ct[0], report->ct[1] },
		.mark = report->ct_mark,
	};
	return 0;
}

/* --- door ----------------------------------------------------------------- */
/* The record of a verdict that fell just now: r says whether its connection was
 * found. */
static void settle(struct fw_flows *flows, struct fw_flow_record *record, int r,
		   const struct fw_connection *connection)
{
	if (!r) {
		fw_flows_note_connection(flows, record, connection);
		fw_flows_map(flows, record);
		fw_flow_records_wait(flows->records, record, false);
	} else if (r == -ENOENT && record->tries++ < TRIES_MAX) {
		fw_flow_records_wait(flows->records, record, true);
	} else {
		fw_flow_records_wait(flows->records, record, false);
		record->tries = TRIES_MAX;
		flows->unmapped++;
	}
}

static void on_flow(void *ctx, const struct fw_flow_report *report)
{
	struct fw_flows *flows = ctx;
	struct fw_flow_record *record;
	struct fw_connection connection;
	bool turned, fresh = false;
	uint64_t serial = 0;
	uint32_t bits;
	int r;

	pthread_mutex_lock(&flows->lock);
	bits = fw_flows_state_mask(flows);
	record = find_or_add(flows, &report->tuple, &turned);
	if (record) {
		note_report(flows, record, turned, report);
		serial = record->serial;
		fresh = record->verdict != FW_FLOW_UNVETTED &&
			!record->has_raw && !record->tries;
		if (record->has_raw && record->verdict != FW_FLOW_UNVETTED)
			fw_flows_map(flows, record);
	}
	pthread_mutex_unlock(&flows->lock);
	if (!fresh)
		return;

	r = connection_of(flows, report, bits, &connection);
	pthread_mutex_lock(&flows->lock);
	record = fw_flow_records_find(flows->records, &report->tuple, &turned);
	if (record && record->serial == serial)
		settle(flows, record, r, &connection);
	pthread_mutex_unlock(&flows->lock);
}

static int on_profile(void *ctx, const struct fw_tuple *tuple)
{
	struct fw_flows *flows = ctx;
	struct fw_connection connection;
	uint32_t bits;
	bool known, turned;
	int r;

	/* A record says that an earlier packet has left. */
	pthread_mutex_lock(&flows->lock);
	bits = fw_flows_state_mask(flows);
	known = fw_flow_records_find(flows->records, tuple, &turned);
	pthread_mutex_unlock(&flows->lock);
	r = fw_flows_find_connection(flows, tuple, bits, known, &connection);
	if (r)
		return r;
	pthread_mutex_lock(&flows->lock);
	r = fw_flows_profile(flows, connection.mark);
	pthread_mutex_unlock(&flows->lock);
	return r;
}

/* Both ends translated and no record: then the flow, whose verdict somebody has
 * refused to keep, is judged once more. */
bool fw_flows_ended(void *ctx, const struct fw_tuple *tuple)
{
	struct fw_flows *flows = ctx;
	struct fw_connection connection;
	struct fw_flow_record *record;
	struct fw_tuple raw = {0};
	bool turned, has_raw;
	int r;

	pthread_mutex_lock(&flows->lock);
	record = fw_flow_records_find(flows->records, tuple, &turned);
	has_raw = record && record->has_raw;
	if (has_raw)
		raw = record->raw[0];
	pthread_mutex_unlock(&flows->lock);
	r = has_raw ? fw_conntrack_get(flows->conntrack, &raw, &connection) :
		      fw_flows_find_connection(flows, tuple, 0, false,
					       &connection);
	return r == -ENOENT;
}

const struct fw_door *fw_flows_door(const struct fw_flows *flows)
{
	return &flows->door;
}

/* --- ends of connections -------------------------------------------------- */
/* Whether the tuple is a later connection's by now, which a rule has handed
 * over: that one's own reports set the record right. (Conntrack's id does not
 * tell them apart: it may be the same when the memory is.) */
static bool taken_again(struct fw_flows *flows,
			const struct fw_connection *connection)
{
	struct fw_connection now;

	return !fw_conntrack_get(flows->conntrack, &connection->tuple[0],
				 &now) &&
	       now.mark & fw_flows_state_mask(flows);
}

static bool has_record(struct fw_flows *flows, const struct fw_tuple *tuple)
{
	bool turned, has;

	pthread_mutex_lock(&flows->lock);
	has = fw_flow_records_find(flows->records, tuple, &turned);
	pthread_mutex_unlock(&flows->lock);
	return has;
}

static void on_end(void *ctx, const struct fw_connection *connection)
{
	struct fw_flows *flows = ctx;
	struct fw_tuple tuple = fw_connection_tuple(connection);

	if (has_record(flows, &tuple) && !taken_again(flows, connection))
		fw_flows_remove(flows, connection);
}

void fw_flows_remove(struct fw_flows *flows,
		     const struct fw_connection *connection)
{
	struct fw_tuple tuple = fw_connection_tuple(connection);
	struct fw_flow_record *record;
	bool turned;

	pthread_mutex_lock(&flows->lock);
	record = fw_flow_records_find(flows->records, &tuple, &turned);
	if (record) {
		fw_flows_unmap(flows, record);
		fw_flow_records_remove(flows->records, record);
	}
	pthread_mutex_unlock(&flows->lock);
}

int fw_flows_fd(const struct fw_flows *flows)
{
	return fw_conntrack_fd(flows->conntrack);
}

static size_t count_records(struct fw_flows *flows)
{
	size_t n;

	pthread_mutex_lock(&flows->lock);
	n = fw_flow_records_size(flows->records);
	pthread_mutex_unlock(&flows->lock);
	return n;
}

int fw_flows_drain(struct fw_flows *flows)
{
	size_t before = count_records(flows), after;
	int r = fw_conntrack_drain(flows->conntrack, on_end, flows);

	if (r == -ENOBUFS)
		flows->lost_events++;
	else if (r)
		return r;
	after = count_records(flows);
	return before > after ? (int)(before - after) : 0;
}

/* --- life ----------------------------------------------------------------- */
FW_CLEANUP_PTR(struct fw_flows *, fw_flows_free)

int fw_flows_new(struct fw_apply *apply, const struct fw_plan *plan,
		 struct fw_flows **ret)
{
	_cleanup_(fw_flows_free_ptr_) struct fw_flows *flows =
		calloc(1, sizeof(*flows));
	int r;

	if (!flows)
		return -ENOMEM;
	(void)pthread_mutex_init(&flows->lock, NULL);
	flows->apply = apply;
	flows->door = (struct fw_door){
		.ctx = flows, .flow = on_flow, .profile = on_profile,
		.renewals = &flows->renewals, .again = fw_flows_again,
		.ended = fw_flows_ended,
	};
	flows->next_pair = fw_flows_now_ns();	/* unlike an earlier daemon's */
	flows->records = fw_flow_records_new();
	if (!flows->records)
		return -ENOMEM;
	r = fw_conntrack_open(&flows->conntrack);
	if (r)
		return r;
	fw_flows_set_plan(flows, plan);
	*ret = FW_TAKE(flows);
	return 0;
}

void fw_flows_set_plan(struct fw_flows *flows, const struct fw_plan *plan)
{
	uint32_t epoch = (uint32_t)fw_apply_generation(flows->apply);
	struct fw_plan *old;

	pthread_mutex_lock(&flows->lock);
	old = flows->plan;
	flows->plan = fw_plan_ref(plan);
	flows->epoch = epoch;
	fw_conntrack_watch(flows->conntrack, fw_flows_state_mask(flows));
	fw_flows_roads_plan(flows);
	(void)fw_flows_credit_plan(flows);
	pthread_mutex_unlock(&flows->lock);
	fw_plan_unref(old);
}

void fw_flows_free(struct fw_flows *flows)
{
	struct fw_name *name;

	if (!flows)
		return;
	fw_flows_keep_credits(flows);
	fw_conntrack_close(flows->conntrack);
	fw_flow_records_free(flows->records);
	while ((name = flows->names)) {
		flows->names = name->next;
		free(name);
	}
	if (flows->routes)
		(void)mnl_socket_close(flows->routes);
	free(flows->credits);
	fw_plan_unref(flows->plan);
	(void)pthread_mutex_destroy(&flows->lock);
	free(flows);
}

/* --- once a second -------------------------------------------------------- */
static void retry(void *ctx, const struct fw_connection *connection)
{
	struct fw_flows *flows = ctx;
	struct fw_tuple tuple = fw_connection_tuple(connection);
	struct fw_flow_record *record;
	bool turned;

	pthread_mutex_lock(&flows->lock);
	record = fw_flow_records_find(flows->records, &tuple, &turned);
	if (record && record->is_waiting)
		settle(flows, record, 0, connection);
	pthread_mutex_unlock(&flows->lock);
}

/* One dump for all that wait; those it did not tell of have one try less. */
static void retry_waiting(struct fw_flows *flows)
{
	struct fw_flow_record *record, *next;
	bool any;
	uint32_t bits;

	pthread_mutex_lock(&flows->lock);
	any = fw_flow_records_waiting(flows->records);
	bits = fw_flows_state_mask(flows);
	pthread_mutex_unlock(&flows->lock);
	if (!any || fw_conntrack_dump(flows->conntrack, bits, retry, flows))
		return;
	pthread_mutex_lock(&flows->lock);
	for (record = fw_flow_records_waiting(flows->records); record;
	     record = next) {
		next = TAILQ_NEXT(record, waiting);
		settle(flows, record, -ENOENT, NULL);
	}
	pthread_mutex_unlock(&flows->lock);
}

void fw_flows_tick(struct fw_flows *flows)
{
	retry_waiting(flows);
	fw_flows_write_marks(flows);
	fw_flows_recheck(flows);
	fw_flows_roads(flows);
	fw_flows_check(flows);
	fw_flows_keep_credits(flows);
}
