/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: nft's sets in which rules of chains put what they block (plan.h). Out: a
 * record for each source that has come into one. A set that cannot be read is
 * tried again; without memory it is taken for one that was never looked at.
 *
 * nf_tables tells nobody of what packets add, so the sets are read once a second.
 * What they hold when the daemon starts nobody is told of: it was there before.
 * A source whose time begins anew is no news.
 */
#include "daemon/blocked_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply/nft.h"
#include "util/cleanup.h"

static const struct side {
	const char *set;
	uint8_t family;
	unsigned width;		/* bits */
} sides[] = {
	{ FW_BLOCKED_SET4, 4, 32 },
	{ FW_BLOCKED_SET6, 6, 128 },
};

/* A set that was read, and the sources in it, in their order. */
struct known {
	char *family, *table;
	const struct side *side;
	fw_u128 *sources;
	size_t n;
};

struct fw_blocked_watch {
	struct known *sets;
	size_t n_sets;
};

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

static void forget(struct known *known)
{
	free(known->family);
	free(known->table);
	free(known->sources);
}

static bool is_known(const struct known *known, fw_u128 source)
{
	size_t from = 0, to = known->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (known->sources[middle] == source)
			return true;
		if (known->sources[middle] < source)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

static void tell(struct fw_daemon *daemon, const struct known *in,
		 const struct fw_nft_range *range)
{
	uint8_t address[16] = { 0 };
	struct fw_record record;

	for (unsigned i = 0; i < in->side->width / 8; i++)
		address[i] = (uint8_t)(range->lo >>
				       (in->side->width - 8 - 8 * i));
	fw_record_begin(&record, FW_RECORD_BLOCK, fw_record_now());
	fw_record_address(&record, "src", in->side->family, address);
	fw_record_text(&record, "family", in->family);
	fw_record_text(&record, "table", in->table);
	fw_record_text(&record, "set", in->side->set);
	if (range->timed)
		fw_record_number(&record, "block_ms",
				 range->age_ms + range->left_ms);
	fw_daemon_record(daemon, &record);
}

/* --- sets ----------------------------------------------------------------- */
static struct known *find(struct fw_blocked_watch *watch,
			  const struct fw_nft_table *table,
			  const struct side *side)
{
	for (size_t i = 0; i < watch->n_sets; i++) {
		struct known *known = &watch->sets[i];

		if (known->side == side &&
		    !strcmp(known->family, table->family) &&
		    !strcmp(known->table, table->name))
			return known;
	}
	return NULL;
}

static struct known *add(struct fw_blocked_watch *watch,
			 const struct fw_nft_table *table,
			 const struct side *side)
{
	struct known known = { strdup(table->family), strdup(table->name),
			       side, NULL, 0 };
	struct known *grown = reallocarray(watch->sets, watch->n_sets + 1,
					   sizeof(*grown));

	if (grown)
		watch->sets = grown;
	if (!grown || !known.family || !known.table) {
		forget(&known);
		return NULL;
	}
	grown[watch->n_sets] = known;
	return &grown[watch->n_sets++];
}

static void read_set(struct fw_daemon *daemon, struct fw_arena *arena,
		     const struct fw_nft_table *table, const struct side *side,
		     bool tells)
{
	const struct fw_live_set set = { .family = table->family,
					 .table = table->name,
					 .name = side->set };
	struct known *known = find(daemon->blocked, table, side);
	struct fw_nft_ranges ranges;
	fw_u128 *sources;

	if (fw_apply_set_ranges(daemon->apply, arena, &set, side->width,
				&ranges) < 0)
		return;
	sources = calloc(ranges.n + 1, sizeof(*sources));
	if (!known)
		known = add(daemon->blocked, table, side);
	if (!sources || !known) {
		free(sources);
		return;
	}
	for (size_t i = 0; i < ranges.n; i++) {
		sources[i] = ranges.items[i].lo;
		if (tells && !is_known(known, sources[i]))
			tell(daemon, known, &ranges.items[i]);
	}
	free(known->sources);
	known->sources = sources;
	known->n = ranges.n;
}

static bool has_set(const struct fw_nft_table *table, const char *name)
{
	for (size_t i = 0; i < table->n_objects; i++)
		if (!strcmp(table->objects[i].name, name) &&
		    !strcmp(table->objects[i].kind, "set"))
			return true;
	return false;
}

void fw_blocked_tick(struct fw_daemon *daemon)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	const struct fw_plan *plan = daemon->running.plan;
	bool first = !daemon->blocked;

	if (first)
		daemon->blocked = calloc(1, sizeof(*daemon->blocked));
	if (!arena || !daemon->blocked)
		return;
	for (size_t t = 0; t < plan->n_tables; t++)
		for (size_t s = 0; s < FW_ARRAY_SIZE(sides); s++)
			if (has_set(&plan->tables[t], sides[s].set))
				read_set(daemon, arena, &plan->tables[t],
					 &sides[s], !first);
}

void fw_blocked_close(struct fw_daemon *daemon)
{
	struct fw_blocked_watch *watch = FW_TAKE(daemon->blocked);

	if (!watch)
		return;
	for (size_t i = 0; i < watch->n_sets; i++)
		forget(&watch->sets[i]);
	free(watch->sets);
	free(watch);
}
