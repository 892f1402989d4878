/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records in, the last of them kept, subscribers told. Only memory can fail:
 * a record lost that way is counted.
 */
#include "events/log.h"

#include <stdlib.h>

struct kept {
	enum fw_record_type type;
	char *line;
};

/* A circle: the oldest record stands at next - n, the next one goes to next,
 * both modulo keep. */
struct fw_events {
	size_t keep, n, next;
	uint64_t total, lost;
	struct fw_subscriber *subscribers;
	struct kept kept[];
};

struct fw_events *fw_events_new(size_t keep)
{
	struct fw_events *events;

	events = calloc(1, sizeof(*events) + keep * sizeof(events->kept[0]));
	if (events)
		events->keep = keep;
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

void fw_events_add(struct fw_events *events, enum fw_record_type type,
		   char *line)
{
	events->total++;
	if (!line) {
		events->lost++;
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
