/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flow records: what the daemon remembers of a flow, by the tuple that its
 * packets show at the queue. No lock: the owner has one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "bpf/abi.h"
#include "inspect/ja.h"
#include "inspect/worker.h"

struct fw_flow_record {
	LIST_ENTRY(fw_flow_record) chain;
	TAILQ_ENTRY(fw_flow_record) waiting;	/* valid with is_waiting */
	bool is_waiting;		/* for conntrack to know the flow */
	unsigned tries;			/* that it did not */
	TAILQ_ENTRY(fw_flow_record) asking;	/* valid with is_asking */
	bool is_asking;			/* for roads */
	unsigned asked;			/* how often it has */
	bool road[2];			/* may have one */
	bool credits;			/* has had one, so its entries may have
					   counted on it */
	uint32_t credit_to;		/* the rule that said `inspect`, as
					   FW_RULE_ID(); 0 not known */
	uint64_t credited[2][2];	/* packets and bytes of each entry that
					   are in that rule's credit */
	TAILQ_ENTRY(fw_flow_record) trusted;	/* valid with is_watched */
	bool is_watched;		/* among those of watched_as, by since_ns */
	uint8_t watched_as;
	TAILQ_ENTRY(fw_flow_record) unwritten;	/* valid with is_unwritten */
	bool is_unwritten;		/* the mark of its connection, that is
					   unvetted: so often */
	unsigned writes;
	bool is_stale;			/* judged by a profile that is another
					   one now: to be renewed first */
	uint64_t serial;		/* unlike any other record's, ever */

	struct fw_tuple tuple;		/* at the queue, of the side that opened
					   it */
	struct fw_tuple raw[2];		/* original and reply; valid with */
	bool has_raw;
	uint32_t ct_id;			/* in conntrack, 0 unknown */
	uint32_t ifindex[2];		/* ingress of each, 0 unknown */
	bool mapped[2];			/* an entry in the flow map stands, */
	enum fw_flow_verdict mapped_as;	/* with that verdict */
	uint64_t pair;			/* its number there */

	uint64_t since_ns;		/* boot clock: its verdict fell; valid
					   with one */
	bool again;			/* it was judged before, and is to be
					   judged anew */
	uint64_t past;			/* the flow's number in a worker when its
					   verdict was taken back: what that one
					   says is none any more. 0: none */
	struct fw_kept *kept;		/* of when it was judged, or NULL; only
					   as long as it is */

	enum fw_flow_verdict verdict;
	const char *reason;		/* a literal, or NULL */
	uint32_t rule;
	const char *profile;		/* interned; "" unknown */
	uint8_t profile_id;
	char *sni;			/* or NULL */
	char ja3[FW_JA3_SIZE], ja4[FW_JA4_SIZE];	/* "" not seen */

	uint64_t worker;		/* the flow's number there, with queue */
	uint64_t worker_packets, worker_bytes;	/* that flow's */
	uint64_t before_packets, before_bytes;	/* of earlier numbers */
	uint64_t last_ns;		/* boot clock: last packet in user
					   space */
};

struct fw_flow_records;

struct fw_flow_records *fw_flow_records_new(void);
void fw_flow_records_free(struct fw_flow_records *records);
size_t fw_flow_records_size(const struct fw_flow_records *records);

/* By tuple or its inverse; ret_turned says which. NULL when there is none. */
struct fw_flow_record *fw_flow_records_find(struct fw_flow_records *records,
					    const struct fw_tuple *tuple,
					    bool *ret_turned);
/* A fresh record; NULL when memory runs out. */
struct fw_flow_record *fw_flow_records_add(struct fw_flow_records *records,
					   const struct fw_tuple *tuple);
/* Turns the record around: the other side opened the flow. */
void fw_flow_records_turn(struct fw_flow_records *records,
			  struct fw_flow_record *record);
void fw_flow_records_remove(struct fw_flow_records *records,
			    struct fw_flow_record *record);

/* To and from the list of those that wait. */
void fw_flow_records_wait(struct fw_flow_records *records,
			  struct fw_flow_record *record, bool waits);
struct fw_flow_record *fw_flow_records_waiting(struct fw_flow_records *records);

/* The same for those that ask for a road. */
void fw_flow_records_ask(struct fw_flow_records *records,
			 struct fw_flow_record *record, bool asks);
struct fw_flow_record *fw_flow_records_asking(struct fw_flow_records *records);

/* And for those that are trusted, under a profile: oldest first, when they came
 * in the order of since_ns. profile FW_PROFILES: to none. */
void fw_flow_records_watch(struct fw_flow_records *records,
			   struct fw_flow_record *record, unsigned profile);
struct fw_flow_record *
fw_flow_records_oldest(struct fw_flow_records *records, unsigned profile);
/* And for those whose mark is to be written. */
void fw_flow_records_unwritten(struct fw_flow_records *records,
			       struct fw_flow_record *record, unsigned writes);
struct fw_flow_record *
fw_flow_records_to_write(struct fw_flow_records *records);

/* For walks: the records of bucket i, until false is returned. */
bool fw_flow_records_bucket(struct fw_flow_records *records, size_t i,
			    void (*fn)(void *ctx,
				       struct fw_flow_record *record),
			    void *ctx);

/* user_packets and user_bytes of a record. */
uint64_t fw_flow_record_packets(const struct fw_flow_record *record);
uint64_t fw_flow_record_bytes(const struct fw_flow_record *record);
