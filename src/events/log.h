/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event log: the last records, and who is told of new ones; of each type no
 * more than a limit allows.
 *
 * Used from one thread. A subscriber's function must not subscribe or
 * unsubscribe anyone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "events/record.h"

struct fw_events;

struct fw_subscriber {
	uint32_t types;		/* bits 1 << enum fw_record_type */
	/* line has no newline and is lent for the call */
	void (*event)(void *ctx, const char *line);
	void *ctx;
	struct fw_subscriber *next;	/* the log's */
};

/* Keeps the last `keep` records. NULL: no memory. */
struct fw_events *fw_events_new(size_t keep);
void fw_events_free(struct fw_events *events);

/* Takes line, also NULL (a record for which there was no memory: counted). */
void fw_events_add(struct fw_events *events, enum fw_record_type type,
		   char *line);
/* Records that were added, and of these, lost for want of memory. */
uint64_t fw_events_total(const struct fw_events *events);
uint64_t fw_events_lost(const struct fw_events *events);

/* From now on no more than amount records of each type in so many seconds, all
 * of which may come at once; amount 0: no limit. Records of type LOST have
 * none. */
void fw_events_set_limit(struct fw_events *events, uint64_t amount,
			 uint32_t seconds);
/* Another clock of nanoseconds than CLOCK_BOOTTIME: for tests. */
void fw_events_set_clock(struct fw_events *events, uint64_t (*clock)(void));
/* Records of that type which the limit left out. */
uint64_t fw_events_left_out(const struct fw_events *events,
			    enum fw_record_type type);
/* Adds a record of type LOST for each type of which some were left out since
 * the last call. */
void fw_events_tell_left_out(struct fw_events *events);

/* Calls subscriber->event for each kept record of its types, oldest first. */
void fw_events_replay(const struct fw_events *events,
		      const struct fw_subscriber *subscriber);
/* The subscriber must stay in place until it is taken out. */
void fw_events_subscribe(struct fw_events *events,
			 struct fw_subscriber *subscriber);
void fw_events_unsubscribe(struct fw_events *events,
			   struct fw_subscriber *subscriber);
