/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow records: a hash by tuple, and lists of those that wait for something.
 *
 * In: tuples. Out: records. Only making a record may fail, for want of memory.
 */
#include "daemon/flow_records.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "inspect/packet.h"
#include "util/siphash.h"

#define BUCKETS 65536u

LIST_HEAD(bucket, fw_flow_record);
TAILQ_HEAD(waiting, fw_flow_record);
TAILQ_HEAD(asking, fw_flow_record);
TAILQ_HEAD(trusted, fw_flow_record);
TAILQ_HEAD(unwritten, fw_flow_record);

struct fw_flow_records {
	size_t n;
	uint64_t next_serial;
	struct fw_siphash_key key;
	struct waiting waiting;
	struct asking asking;
	struct trusted trusted[FW_PROFILES];
	struct unwritten unwritten;
	struct bucket buckets[BUCKETS];
};

struct fw_flow_records *fw_flow_records_new(void)
{
	struct fw_flow_records *records = calloc(1, sizeof(*records));

	if (!records)
		return NULL;
	if (getrandom(&records->key, sizeof(records->key), 0) !=
	    (ssize_t)sizeof(records->key)) {
		free(records);
		return NULL;
	}
	TAILQ_INIT(&records->waiting);
	TAILQ_INIT(&records->asking);
	for (size_t i = 0; i < FW_PROFILES; i++)
		TAILQ_INIT(&records->trusted[i]);
	TAILQ_INIT(&records->unwritten);
	for (size_t i = 0; i < BUCKETS; i++)
		LIST_INIT(&records->buckets[i]);
	return records;
}

void fw_flow_records_free(struct fw_flow_records *records)
{
	struct fw_flow_record *record;

	if (!records)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while ((record = LIST_FIRST(&records->buckets[i])))
			fw_flow_records_remove(records, record);
	free(records);
}

size_t fw_flow_records_size(const struct fw_flow_records *records)
{
	return records->n;
}

static struct bucket *bucket_of(struct fw_flow_records *records,
				const struct fw_tuple *tuple)
{
	return &records->buckets[fw_siphash(&records->key, tuple,
					    sizeof(*tuple)) % BUCKETS];
}
_Static_assert(sizeof(struct fw_tuple) == 38, "hashed whole: no padding");

static struct fw_flow_record *find(struct fw_flow_records *records,
				   const struct fw_tuple *tuple)
{
	struct fw_flow_record *record;

	LIST_FOREACH(record, bucket_of(records, tuple), chain)
		if (fw_tuple_equal(&record->tuple, tuple))
			return record;
	return NULL;
}

struct fw_flow_record *fw_flow_records_find(struct fw_flow_records *records,
					    const struct fw_tuple *tuple,
					    bool *ret_turned)
{
	struct fw_tuple inverse = fw_tuple_inverse(tuple);
	struct fw_flow_record *record = find(records, tuple);

	*ret_turned = !record;
	return record ? record : find(records, &inverse);
}

struct fw_flow_record *fw_flow_records_add(struct fw_flow_records *records,
					   const struct fw_tuple *tuple)
{
	struct fw_flow_record *record = calloc(1, sizeof(*record));

	if (!record)
		return NULL;
	record->serial = ++records->next_serial;
	record->tuple = *tuple;
	record->profile = "";
	record->rule = FW_NO_RULE;
	LIST_INSERT_HEAD(bucket_of(records, tuple), record, chain);
	records->n++;
	return record;
}

void fw_flow_records_turn(struct fw_flow_records *records,
			  struct fw_flow_record *record)
{
	uint32_t ifindex = record->ifindex[0];

	LIST_REMOVE(record, chain);
	record->tuple = fw_tuple_inverse(&record->tuple);
	record->ifindex[0] = record->ifindex[1];
	record->ifindex[1] = ifindex;
	LIST_INSERT_HEAD(bucket_of(records, &record->tuple), record, chain);
}

void fw_flow_records_remove(struct fw_flow_records *records,
			    struct fw_flow_record *record)
{
	fw_flow_records_wait(records, record, false);
	fw_flow_records_ask(records, record, false);
	fw_flow_records_watch(records, record, FW_PROFILES);
	fw_flow_records_unwritten(records, record, 0);
	LIST_REMOVE(record, chain);
	records->n--;
	free(record->sni);
	free(record->kept);
	free(record);
}

void fw_flow_records_wait(struct fw_flow_records *records,
			  struct fw_flow_record *record, bool waits)
{
	if (record->is_waiting == waits)
		return;
	if (waits)
		TAILQ_INSERT_TAIL(&records->waiting, record, waiting);
	else
		TAILQ_REMOVE(&records->waiting, record, waiting);
	record->is_waiting = waits;
}

struct fw_flow_record *fw_flow_records_waiting(struct fw_flow_records *records)
{
	return TAILQ_FIRST(&records->waiting);
}

void fw_flow_records_ask(struct fw_flow_records *records,
			 struct fw_flow_record *record, bool asks)
{
	if (record->is_asking == asks)
		return;
	if (asks)
		TAILQ_INSERT_TAIL(&records->asking, record, asking);
	else
		TAILQ_REMOVE(&records->asking, record, asking);
	record->is_asking = asks;
}

struct fw_flow_record *fw_flow_records_asking(struct fw_flow_records *records)
{
	return TAILQ_FIRST(&records->asking);
}

void fw_flow_records_watch(struct fw_flow_records *records,
			   struct fw_flow_record *record, unsigned profile)
{
	if (record->is_watched)
		TAILQ_REMOVE(&records->trusted[record->watched_as], record,
			     trusted);
	record->is_watched = profile < FW_PROFILES;
	if (!record->is_watched)
		return;
	record->watched_as = (uint8_t)profile;
	TAILQ_INSERT_TAIL(&records->trusted[profile], record, trusted);
}

struct fw_flow_record *
fw_flow_records_oldest(struct fw_flow_records *records, unsigned profile)
{
	return TAILQ_FIRST(&records->trusted[profile]);
}

void fw_flow_records_unwritten(struct fw_flow_records *records,
			       struct fw_flow_record *record, unsigned writes)
{
	if (record->is_unwritten)
		TAILQ_REMOVE(&records->unwritten, record, unwritten);
	record->writes = writes;
	record->is_unwritten = writes;
	if (writes)
		TAILQ_INSERT_TAIL(&records->unwritten, record, unwritten);
}

struct fw_flow_record *
fw_flow_records_to_write(struct fw_flow_records *records)
{
	return TAILQ_FIRST(&records->unwritten);
}

bool fw_flow_records_bucket(struct fw_flow_records *records, size_t i,
			    void (*fn)(void *ctx,
				       struct fw_flow_record *record),
			    void *ctx)
{
	struct fw_flow_record *record, *next;

	if (i >= BUCKETS)
		return false;
	for (record = LIST_FIRST(&records->buckets[i]); record; record = next) {
		next = LIST_NEXT(record, chain);
		fn(ctx, record);
	}
	return true;
}

uint64_t fw_flow_record_packets(const struct fw_flow_record *record)
{
	return record->before_packets + record->worker_packets;
}

uint64_t fw_flow_record_bytes(const struct fw_flow_record *record)
{
	return record->before_bytes + record->worker_bytes;
}
