/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Table: a hash of flows with chains, and lists by class for expiry.
 *
 * In: tuples and flows. Out: flows. fw_flow_table_new() may fail; adding does
 * not, since flows carry their own links and the buckets stand from the start.
 *
 * A bucket is that of the tuple in its smaller form, so both directions of a
 * flow fall into one. What may be forgotten to make room, and in which order,
 * is the order of the classes: a decided flow's packets have all but passed, a
 * closing or one-sided one has given nothing to remember. An open one must not
 * be forgotten: what follows would look like a stream with no beginning.
 */
#include "inspect/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/siphash.h"
#include "util/cleanup.h"

#define BUCKETS (1u << 15)

static const struct {
	uint64_t idle_ms;
	bool forget;		/* to make room */
} classes[] = {
	[FW_FLOW_DECIDED] = { 30 * 1000, true },
	[FW_FLOW_CLOSING] = { 120 * 1000, true },
	[FW_FLOW_ONE_SIDED] = { 60 * 1000, true },
	[FW_FLOW_OPEN] = { 3600 * 1000, false },
};
_Static_assert(FW_ARRAY_SIZE(classes) == FW_FLOW_CLASS_MAX_, "classes");

struct list {
	struct fw_vetting *oldest, *newest;
};

struct fw_flow_table {
	size_t n, max;
	struct fw_siphash_key key;
	struct list lists[FW_FLOW_CLASS_MAX_];
	struct fw_vetting *buckets[BUCKETS];
};

struct fw_flow_table *fw_flow_table_new(size_t max)
{
	struct fw_flow_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->max = max;
	if (getrandom(&table->key, sizeof(table->key), 0) !=
	    (ssize_t)sizeof(table->key)) {
		free(table);
		return NULL;
	}
	return table;
}

void fw_flow_table_free(struct fw_flow_table *table)
{
	free(table);
}

void fw_flow_table_set_max(struct fw_flow_table *table, size_t max)
{
	table->max = max;
}

size_t fw_flow_table_size(const struct fw_flow_table *table)
{
	return table->n;
}

struct end {
	uint8_t addr[16];
	uint16_t port;
};

/* Without padding: every byte is set. */
static size_t bucket_of(const struct fw_flow_table *table,
			const struct fw_tuple *tuple)
{
	struct end ends[2] = { 0 };
	uint8_t bytes[2 + 2 * sizeof(struct end)];
	bool turn;

	memcpy(ends[0].addr, tuple->saddr, sizeof(ends[0].addr));
	ends[0].port = tuple->sport;
	memcpy(ends[1].addr, tuple->daddr, sizeof(ends[1].addr));
	ends[1].port = tuple->dport;
	turn = memcmp(&ends[0], &ends[1], sizeof(ends[0])) > 0;
	bytes[0] = tuple->family;
	bytes[1] = tuple->proto;
	memcpy(bytes + 2, &ends[turn], sizeof(struct end));
	memcpy(bytes + 2 + sizeof(struct end), &ends[!turn],
	       sizeof(struct end));
	return fw_siphash(&table->key, bytes, sizeof(bytes)) % BUCKETS;
}
_Static_assert(sizeof(struct end) == 18, "no padding");

struct fw_vetting *fw_flow_table_find(const struct fw_flow_table *table,
				      const struct fw_tuple *tuple,
				      bool *ret_reply)
{
	struct fw_tuple inverse = fw_tuple_inverse(tuple);
	struct fw_vetting *v = table->buckets[bucket_of(table, tuple)];

	for (; v; v = v->chain) {
		bool same = fw_tuple_equal(&v->tuple, tuple);

		if (!same && !fw_tuple_equal(&v->tuple, &inverse))
			continue;
		*ret_reply = !same;
		return v;
	}
	return NULL;
}

/* --- lists ---------------------------------------------------------------- */
static enum fw_flow_class class_of(const struct fw_vetting *vetting)
{
	if (vetting->judgement.verdict != FW_FLOW_UNVETTED)
		return FW_FLOW_DECIDED;
	if (vetting->closing)
		return FW_FLOW_CLOSING;
	if (!vetting->payload &&
	    !(vetting->seen[0] && vetting->seen[1]))
		return FW_FLOW_ONE_SIDED;
	return FW_FLOW_OPEN;
}

static void link_newest(struct fw_flow_table *table, struct fw_vetting *vetting)
{
	struct list *list = &table->lists[vetting->class];

	vetting->newer = NULL;
	vetting->older = list->newest;
	if (list->newest)
		list->newest->newer = vetting;
	else
		list->oldest = vetting;
	list->newest = vetting;
}

static void unlink_from_list(struct fw_flow_table *table,
			     struct fw_vetting *vetting)
{
	struct list *list = &table->lists[vetting->class];

	if (vetting->older)
		vetting->older->newer = vetting->newer;
	else
		list->oldest = vetting->newer;
	if (vetting->newer)
		vetting->newer->older = vetting->older;
	else
		list->newest = vetting->older;
}

struct fw_vetting *fw_flow_table_victim(const struct fw_flow_table *table,
					bool *ret_full)
{
	*ret_full = false;
	if (table->n < table->max)
		return NULL;
	for (size_t i = 0; i < FW_FLOW_CLASS_MAX_; i++)
		if (classes[i].forget && table->lists[i].oldest)
			return table->lists[i].oldest;
	*ret_full = true;
	return NULL;
}

void fw_flow_table_add(struct fw_flow_table *table, struct fw_vetting *vetting,
		       uint64_t now_ms)
{
	struct fw_vetting **bucket =
		&table->buckets[bucket_of(table, &vetting->tuple)];

	vetting->chain = *bucket;
	*bucket = vetting;
	vetting->class = class_of(vetting);
	vetting->touched_ms = now_ms;
	link_newest(table, vetting);
	table->n++;
}

void fw_flow_table_touch(struct fw_flow_table *table,
			 struct fw_vetting *vetting, uint64_t now_ms)
{
	enum fw_flow_class class = class_of(vetting);

	/* A verdict is remembered for what was queued before it, not for a
	 * later connection that happens to have the same tuple. */
	if (class == FW_FLOW_DECIDED && vetting->class == FW_FLOW_DECIDED)
		return;
	unlink_from_list(table, vetting);
	vetting->class = class;
	vetting->touched_ms = now_ms;
	link_newest(table, vetting);
}

void fw_flow_table_remove(struct fw_flow_table *table,
			  struct fw_vetting *vetting)
{
	struct fw_vetting **p =
		&table->buckets[bucket_of(table, &vetting->tuple)];

	while (*p != vetting)
		p = &(*p)->chain;
	*p = vetting->chain;
	unlink_from_list(table, vetting);
	table->n--;
}

struct fw_vetting *fw_flow_table_expired(const struct fw_flow_table *table,
					 uint64_t now_ms)
{
	for (size_t i = 0; i < FW_FLOW_CLASS_MAX_; i++) {
		struct fw_vetting *oldest = table->lists[i].oldest;

		if (oldest && now_ms - oldest->touched_ms > classes[i].idle_ms)
			return oldest;
	}
	return NULL;
}

struct fw_vetting *fw_flow_table_any(const struct fw_flow_table *table)
{
	for (size_t i = 0; i < FW_FLOW_CLASS_MAX_; i++)
		if (table->lists[i].oldest)
			return table->lists[i].oldest;
	return NULL;
}

void fw_flow_table_each(const struct fw_flow_table *table,
			void (*fn)(void *ctx, struct fw_vetting *vetting),
			void *ctx)
{
	for (size_t i = 0; i < FW_FLOW_CLASS_MAX_; i++) {
		struct fw_vetting *next = table->lists[i].oldest;

		while (next) {
			struct fw_vetting *vetting = next;

			next = vetting->newer;
			fn(ctx, vetting);
		}
	}
}
