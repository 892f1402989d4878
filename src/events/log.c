/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records in, the last of them kept, subscribers told. Only memory can fail:
 * a record lost that way is counted; so is what the limit leaves out.
 */
#include "events/log.h"

#include <stdlib.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

struct kept {
	enum fw_record_type type;
	char *line;
};

/* A limit as GCRA (ITU-T I.371): `due` is when the bucket will be empty again; a
 * record fits while that is no more than a period ahead. */
struct bucket {
	uint64_t due;
	uint64_t left_out, told;
};

/* A circle: the oldest record stands at next - n, the next one goes to next,
 * both modulo keep. */
struct fw_events {
	size_t keep, n, next;
	uint64_t total, lost;
	uint64_t period, gap;	/* ns; gap 0: no limit */
	uint64_t (*clock)(void);
	struct bucket buckets[FW_RECORD_MAX_];
	struct fw_subscriber *subscribers;
	struct kept kept[];
};

static uint64_t boot_clock(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

struct fw_events *fw_events_new(size_t keep)
{
	struct fw_events *events;

	events = calloc(1, sizeof(*events) + keep * sizeof(events->kept[0]));
	if (events) {
		events->keep = keep;
		events->clock = boot_clock;
	}
	return events;
}

void fw_events_free(struct fw_events *events)
{
	if (!events)
		return;
	for (size_t i = 0; i < events->keep; i++)
		free(events->kept[i].line);
	free(events);
}

static void keep_line(struct fw_events *events, enum fw_record_type type,
		      char *line)
{
	struct kept *kept;

	if (events->keep == 0) {
		free(line);
		return;
	}
	kept = &events->kept[events->next];
	free(kept->line);
	*kept = (struct kept){ .type = type, .line = line };
	events->next = (events->next + 1) % events->keep;
	if (events->n < events->keep)
		events->n++;
}

static bool is_over(struct fw_events *events, enum fw_record_type type)
{
	struct bucket *bucket = &events->buckets[type];
	uint64_t now;

	if (events->gap == 0 || type == FW_RECORD_LOST)
		return false;
	now = events->clock();
	if (bucket->due < now)
		bucket->due = now;
	if (bucket->due + events->gap > now + events->period) {
		bucket->left_out++;
		return true;
	}
	bucket->due += events->gap;
	return false;
}

void fw_events_add(struct fw_events *events, enum fw_record_type type,
		   char *line)
{
	events->total++;
	if (!line) {
		events->lost++;
		return;
	}
	if (is_over(events, type)) {
		free(line);
		return;
	}
	for (struct fw_subscriber *s = events->subscribers; s; s = s->next) {
		if (s->types & (1u << type))
			s->event(s->ctx, line);
	}
	keep_line(events, type, line);
}

uint64_t fw_events_total(const struct fw_events *events)
{
	return events->total;
}

uint64_t fw_events_lost(const struct fw_events *events)
{
	return events->lost;
}

void fw_events_set_limit(struct fw_events *events, uint64_t amount,
			 uint32_t seconds)
{
	events->period = seconds * NS_PER_S;
	events->gap = amount ? events->period / amount : 0;
	for (size_t i = 0; i < FW_RECORD_MAX_; i++)
		events->buckets[i].due = 0;
}

void fw_events_set_clock(struct fw_events *events, uint64_t (*clock)(void))
{
	events->clock = clock;
}

uint64_t fw_events_left_out(const struct fw_events *events,
			    enum fw_record_type type)
{
	return events->buckets[type].left_out;
}

static void tell_left_out(struct fw_events *events, enum fw_record_type type)
{
	struct bucket *bucket = &events->buckets[type];
	struct fw_record record;

	if (bucket->left_out == bucket->told)
		return;
	fw_record_begin(&record, FW_RECORD_LOST, fw_record_now());
	fw_record_text(&record, "of", fw_record_type_name(type));
	fw_record_text(&record, "reason", "limit");
	fw_record_number(&record, "count", bucket->left_out - bucket->told);
	bucket->told = bucket->left_out;
	fw_events_add(events, FW_RECORD_LOST, fw_record_end(&record));
}

void fw_events_tell_left_out(struct fw_events *events)
{
	for (int i = 0; i < FW_RECORD_MAX_; i++)
		tell_left_out(events, (enum fw_record_type)i);
}

void fw_events_replay(const struct fw_events *events,
		      const struct fw_subscriber *subscriber)
{
	for (size_t i = 0; i < events->n; i++) {
		size_t at = (events->next + events->keep - events->n + i) %
			    events->keep;
		const struct kept *kept = &events->kept[at];

		if (subscriber->types & (1u << kept->type))
			subscriber->event(subscriber->ctx, kept->line);
	}
}

void fw_events_subscribe(struct fw_events *events,
			 struct fw_subscriber *subscriber)
{
	subscriber->next = events->subscribers;
	events->subscribers = subscriber;
}

void fw_events_unsubscribe(struct fw_events *events,
			   struct fw_subscriber *subscriber)
{
	struct fw_subscriber **at = &events->subscribers;

	while (*at && *at != subscriber)
		at = &(*at)->next;
	if (*at)
		*at = subscriber->next;
}
