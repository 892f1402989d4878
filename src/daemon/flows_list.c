/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows, walked: the list for admins, what an earlier daemon left, and the
 * check of records against conntrack.
 *
 * In: records, the flow map, conntrack. Out: views, records. Fails with -ENOMEM
 * or the kernel's error; a walk holds the lock only while it copies.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/flows.h"
#include "daemon/flows_state.h"
#include "inspect/packet.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define CHECK_IDLE_NS (30 * 1000000000ull)
#define CHECK_BUCKETS 1024	/* a tick: the whole table about once a minute */
#define CHECK_MAX 256		/* queries a tick */

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

/* --- told by others ------------------------------------------------------- */
void fw_flows_handshake(struct fw_flows *flows, const struct fw_tuple *tuple,
			const char *sni, const char *ja3, const char *ja4)
{
	struct fw_flow_record *record;
	bool turned;

	pthread_mutex_lock(&flows->lock);
	record = fw_flow_records_find(flows->records, tuple, &turned);
	if (record && !turned) {
		if (!record->sni && *sni)
			record->sni = strdup(sni);
		if (!record->ja3[0])
			memcpy(record->ja3, ja3, sizeof(record->ja3));
		if (!record->ja4[0])
			memcpy(record->ja4, ja4, sizeof(record->ja4));
	}
	pthread_mutex_unlock(&flows->lock);
}

/* --- list ----------------------------------------------------------------- */
struct copy {
	struct fw_flow_record record;
	char *sni;
};

struct copies {
	struct copy *items;
	size_t n, cap;
	bool oom;
};

static void copy_record(void *ctx, struct fw_flow_record *record)
{
	struct copies *copies = ctx;
	struct copy *grown;

	if (copies->n == copies->cap) {
		size_t cap = copies->cap ? copies->cap * 2 : 16;

		grown = realloc(copies->items, cap * sizeof(*grown));
		if (!grown) {
			copies->oom = true;
			return;
		}
		copies->items = grown;
		copies->cap = cap;
	}
	copies->items[copies->n++] = (struct copy){
		.record = *record,
		.sni = record->sni ? strdup(record->sni) : NULL,
	};
}

static void clear_copies(struct copies *copies)
{
	for (size_t i = 0; i < copies->n; i++)
		free(copies->items[i].sni);
	copies->n = 0;
}

/* Adds what TC has counted. */
static void add_map(struct fw_flows *flows, const struct fw_flow_record *record,
		    struct fw_flow_view *view, uint64_t *last_ns)
{
	for (unsigned i = 0; i < 2; i++) {
		struct fw_flow_key key = fw_flows_key(record, i);
		struct fw_flow flow;

		if (!record->mapped[i] ||
		    fw_apply_flow_get(flows->apply, &key, &flow))
			continue;
		view->packets += flow.packets;
		view->bytes += flow.bytes;
		if (flow.last_ns > *last_ns)
			*last_ns = flow.last_ns;
	}
}

/* What the loop alone looks at while it walks. */
struct walk {
	struct fw_flows *flows;
	struct fw_flow_classes classes;
};

/* Conntrack tells its number in network order. Of a connection that it did not
 * tell of, as the queue had it all, it is asked. */
static const char *class_of(const struct walk *walk,
			    const struct fw_flow_record *record)
{
	const struct fw_plan *plan = walk->flows->plan;
	uint32_t id = record->ct_id;
	struct fw_connection connection;
	int number;

	if (!walk->classes.n)
		return NULL;
	if (!id && record->has_raw &&
	    !fw_conntrack_get(walk->flows->conntrack, &record->raw[0],
			      &connection))
		id = connection.id;
	number = id ? fw_flow_class_of(&walk->classes, htonl(id)) : -1;
	for (size_t i = 0; i < plan->n_classes; i++)
		if (plan->classes[i].number == number)
			return plan->classes[i].name;
	return NULL;
}

static struct fw_flow_view view_of(const struct walk *walk,
				   const struct copy *copy)
{
	struct fw_flows *flows = walk->flows;
	const struct fw_flow_record *record = &copy->record;
	uint64_t now = fw_flows_now_ns(), last = record->last_ns;
	struct fw_flow_view view = {
		.tuple = record->has_raw ? record->raw[0] : record->tuple,
		.verdict = record->verdict,
		.profile = record->profile,
		.packets = fw_flow_record_packets(record),
		.bytes = fw_flow_record_bytes(record),
		.user_packets = fw_flow_record_packets(record),
		.user_bytes = fw_flow_record_bytes(record),
		.road = fw_flows_road(flows, record),
		.class = class_of(walk, record),
		.sni = copy->sni,
		.ja3 = record->ja3[0] ? record->ja3 : NULL,
		.ja4 = record->ja4[0] ? record->ja4 : NULL,
		.reason = record->reason,
		.rule = record->rule,
	};

	add_map(flows, record, &view, &last);
	view.idle_s = now > last ? (now - last) / 1000000000u : 0;
	return view;
}

int fw_flows_each(struct fw_flows *flows,
		  int (*fn)(void *ctx, const struct fw_flow_view *view),
		  void *ctx)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct walk walk = { .flows = flows };
	struct copies copies = { 0 };
	bool more = true;
	int r = arena ? fw_apply_flow_classes(flows->apply, arena,
					      &walk.classes) : -ENOMEM;

	/* nft that does not answer has no classes. */
	if (r != -ENOMEM)
		r = 0;
	for (size_t bucket = 0; more && !r; bucket++) {
		pthread_mutex_lock(&flows->lock);
		more = fw_flow_records_bucket(flows->records, bucket,
					      copy_record, &copies);
		pthread_mutex_unlock(&flows->lock);
		for (size_t i = 0; i < copies.n && !r; i++) {
			struct fw_flow_view view =
				view_of(&walk, &copies.items[i]);

			r = fn(ctx, &view);
		}
		if (!r && copies.oom)
			r = -ENOMEM;
		clear_copies(&copies);
	}
	free(copies.items);
	return r;
}

static void count_record(void *ctx, struct fw_flow_record *record)
{
	struct fw_flows_stats *stats = ctx;

	stats->unvetted += record->verdict == FW_FLOW_UNVETTED;
	stats->trusted += record->verdict == FW_FLOW_TRUSTED;
	stats->blocked += record->verdict == FW_FLOW_BLOCKED;
}

void fw_flows_get_stats(struct fw_flows *flows, struct fw_flows_stats *ret)
{
	struct fw_flows_stats stats = { 0 };

	pthread_mutex_lock(&flows->lock);
	for (size_t i = 0; fw_flow_records_bucket(flows->records, i,
						  count_record, &stats); i++)
		;
	stats.records = fw_flow_records_size(flows->records);
	stats.max = flows->plan->options.flows;
	stats.refused = flows->refused;
	stats.unmapped = flows->unmapped;
	stats.lost_events = flows->lost_events;
	pthread_mutex_unlock(&flows->lock);
	*ret = stats;
}

/* --- check ---------------------------------------------------------------- */
static void collect_idle(void *ctx, struct fw_flow_record *record)
{
	if (fw_flows_now_ns() - record->last_ns > CHECK_IDLE_NS)
		copy_record(ctx, record);
}

/* A record whose connection conntrack has no more. One that waits is left to
 * its tries. */
static void remove_ended(struct fw_flows *flows,
			 const struct fw_flow_record *copy)
{
	struct fw_connection connection;
	struct fw_flow_record *record;
	bool turned;
	int r;

	if (copy->is_waiting)
		return;
	r = copy->has_raw ? fw_conntrack_get(flows->conntrack, &copy->raw[0],
					     &connection) :
			    fw_conntrack_find(flows->conntrack, &copy->tuple,
					      &connection);
	if (r != -ENOENT)
		return;
	pthread_mutex_lock(&flows->lock);
	record = fw_flow_records_find(flows->records, &copy->tuple, &turned);
	if (record && record->serial == copy->serial &&
	    record->last_ns == copy->last_ns) {
		fw_flows_unmap(flows, record);
		fw_flow_records_remove(flows->records, record);
	}
	pthread_mutex_unlock(&flows->lock);
}

void fw_flows_check(struct fw_flows *flows)
{
	struct copies copies = { 0 };

	pthread_mutex_lock(&flows->lock);
	for (size_t i = 0; i < CHECK_BUCKETS && copies.n < CHECK_MAX; i++)
		if (!fw_flow_records_bucket(flows->records, flows->cursor++,
					    collect_idle, &copies))
			flows->cursor = 0;
	pthread_mutex_unlock(&flows->lock);
	for (size_t i = 0; i < copies.n; i++)
		remove_ended(flows, &copies.items[i].record);
	clear_copies(&copies);
	free(copies.items);
}

/* --- adoption ------------------------------------------------------------- */
struct entry {
	struct fw_flow_key key;
	struct fw_flow flow;
};

struct entries {
	struct entry *items;
	size_t n, cap;
};

static int collect_entry(void *ctx, const struct fw_flow_key *key,
			 const struct fw_flow *flow)
{
	struct entries *entries = ctx;
	struct entry *grown;

	if (entries->n == entries->cap) {
		size_t cap = entries->cap ? entries->cap * 2 : 256;

		grown = realloc(entries->items, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		entries->items = grown;
		entries->cap = cap;
	}
	entries->items[entries->n++] = (struct entry){ *key, *flow };
	return 0;
}

static struct fw_tuple tuple_of(const struct fw_flow_key *key)
{
	struct fw_tuple tuple = {
		.family = key->family,
		.proto = key->proto,
		.sport = ntohs(key->sport),
		.dport = ntohs(key->dport),
	};

	memcpy(tuple.saddr, key->saddr, sizeof(tuple.saddr));
	memcpy(tuple.daddr, key->daddr, sizeof(tuple.daddr));
	return tuple;
}

/* An entry holds while its connection exists, has that verdict, and the entry
 * is one of its directions. */
static bool holds(struct fw_flows *flows, const struct entry *entry,
		  struct fw_connection *ret)
{
	struct fw_tuple tuple = tuple_of(&entry->key);

	if (entry->flow.reply > 1 || entry->flow.verdict > FW_FLOW_BLOCKED ||
	    fw_conntrack_get(flows->conntrack, &tuple, ret))
		return false;
	return (ret->mark & fw_flows_state_mask(flows)) ==
		       fw_flows_state(flows, entry->flow.verdict) &&
	       fw_tuple_equal(&ret->tuple[entry->flow.reply], &tuple);
}

static bool adopt_entry(struct fw_flows *flows, const struct entry *entry)
{
	const struct fw_flow *flow = &entry->flow;
	struct fw_flow_record *record;
	struct fw_connection connection;
	struct fw_tuple shown;
	bool turned;

	if (!holds(flows, entry, &connection))
		return false;
	shown = fw_connection_tuple(&connection);
	record = fw_flow_records_find(flows->records, &shown, &turned);
	if (!record &&
	    fw_flow_records_size(flows->records) < flows->plan->options.flows)
		record = fw_flow_records_add(flows->records, &shown);
	if (!record || record->mapped[flow->reply])
		return false;
	fw_flows_note_connection(flows, record, &connection);
	record->ifindex[flow->reply] = entry->key.ifindex;
	record->mapped[flow->reply] = true;
	record->pair = flow->pair;
	record->mapped_as = (enum fw_flow_verdict)flow->verdict;
	record->since_ns = flow->first_ns;
	fw_flows_adopt_verdict(flows, record,
			       (enum fw_flow_verdict)flow->verdict);
	record->before_packets = flow->user_packets;
	record->before_bytes = flow->user_bytes;
	if (flow->last_ns > record->last_ns)
		record->last_ns = flow->last_ns;
	if (flow->road.packets && !record->credits) {
		record->credits = true;
		record->credit_to = fw_flows_credit_to(flows, &record->tuple,
						       flow->profile);
	}
	return true;
}

static int by_age(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->flow.first_ns > y->flow.first_ns) -
	       (x->flow.first_ns < y->flow.first_ns);
}

/* No worker runs yet: nothing to lock out. */
int fw_flows_adopt(struct fw_flows *flows)
{
	struct entries entries = { 0 };
	int r = fw_apply_flows(flows->apply, collect_entry, &entries);

	if (entries.n)
		qsort(entries.items, entries.n, sizeof(*entries.items),
		      by_age);
	for (size_t i = 0; i < entries.n && !r; i++)
		if (!adopt_entry(flows, &entries.items[i])) {
			fw_flows_credit_lost(flows, &entries.items[i].flow);
			(void)fw_apply_flow_delete(flows->apply,
						   &entries.items[i].key);
		}
	free(entries.items);
	fw_apply_roads_clear(flows->apply);
	fw_flows_roads_plan(flows);
	return r ? r : (int)fw_flow_records_size(flows->records);
}
