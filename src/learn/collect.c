/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections into rows.
 *
 * In: connections. Out: rows by service, client and day. Nothing fails; what
 * finds no room is counted.
 *
 * Both tables are open addressing behind SipHash with a key of this process: keys
 * come from the network. The one of rows is emptied as a whole. That of living
 * connections is made anew at the end of each look, so that nothing is ever
 * deleted from the midst of it; a connection that ends before is marked.
 */
#include "learn/collect.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/cleanup.h"
#include "util/siphash.h"

#define NONE UINT32_MAX
#define TCP_HEADER 20
#define TCP_OPTIONS 20		/* of a SYN, more than of any other */
#define TIMESTAMPS 12		/* of all others */

struct live {
	uint32_t id;
	uint32_t day;		/* that it was counted for last */
	uint64_t key;		/* a hash of what it is */
	uint64_t packets[2], bytes[2];
	bool seen;		/* in the present look, or it is new */
	bool ended;
};

struct table {
	uint32_t *slots;	/* indices of items, or NONE */
	size_t n_slots;		/* a power of two, twice the items */
};

struct fw_collect {
	struct fw_siphash_key secret;
	struct table by_key, by_id;
	struct fw_learn_flow *rows;
	size_t n_rows, max_rows;
	struct live *live;
	size_t n_live, max_live;
	uint64_t lost;
};

/* --- tables --------------------------------------------------------------- */
static void empty(struct table *table)
{
	memset(table->slots, 0xff, table->n_slots * sizeof(*table->slots));
}

static bool make(struct table *table, size_t items)
{
	table->n_slots = 16;
	while (table->n_slots < 2 * items)
		table->n_slots *= 2;
	table->slots = malloc(table->n_slots * sizeof(*table->slots));
	if (table->slots)
		empty(table);
	return table->slots != NULL;
}

struct fw_collect *fw_collect_new(size_t rows, size_t live)
{
	struct fw_collect *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->max_rows = rows;
	c->max_live = live;
	c->rows = calloc(rows, sizeof(*c->rows));
	c->live = calloc(live, sizeof(*c->live));
	if (!c->rows || !c->live || !make(&c->by_key, rows) ||
	    !make(&c->by_id, live) ||
	    getrandom(&c->secret, sizeof(c->secret), 0) != sizeof(c->secret)) {
		fw_collect_free(c);
		return NULL;
	}
	return c;
}

void fw_collect_free(struct fw_collect *c)
{
	if (!c)
		return;
	free(c->rows);
	free(c->live);
	free(c->by_key.slots);
	free(c->by_id.slots);
	free(c);
}

static uint64_t hash(const struct fw_collect *c, const void *data, size_t size)
{
	return fw_siphash(&c->secret, data, size);
}

/* --- rows ----------------------------------------------------------------- */
/* NULL: there is no room. */
static struct fw_learn_flow *find_row(struct fw_collect *c,
				      const struct fw_learn_key *key)
{
	size_t mask = c->by_key.n_slots - 1;
	size_t at = hash(c, key, sizeof(*key)) & mask;
	struct fw_learn_flow *row;

	for (; c->by_key.slots[at] != NONE; at = (at + 1) & mask) {
		row = &c->rows[c->by_key.slots[at]];
		if (!memcmp(&row->key, key, sizeof(*key)))
			return row;
	}
	if (c->n_rows == c->max_rows)
		return NULL;
	c->by_key.slots[at] = (uint32_t)c->n_rows;
	row = &c->rows[c->n_rows++];
	memset(row, 0, sizeof(*row));
	row->key = *key;
	return row;
}

static struct fw_learn_key key_of(const struct fw_seen *seen, uint64_t now)
{
	struct fw_learn_key key;

	memset(&key, 0, sizeof(key));	/* compared by its bytes */
	memcpy(key.in, seen->in, strnlen(seen->in, sizeof(key.in) - 1));
	memcpy(key.out, seen->out, strnlen(seen->out, sizeof(key.out) - 1));
	key.family = seen->family;
	key.proto = seen->proto;
	key.port = seen->port;
	key.day = (uint32_t)(now / FW_LEARN_DAY);
	memcpy(key.client, seen->client, seen->family == 4 ? 4 : 16);
	memcpy(key.server, seen->server, seen->family == 4 ? 4 : 16);
	return key;
}

/* before: what of it was counted already, or NULL. */
static void add(struct fw_collect *c, const struct fw_seen *seen,
		const struct live *before, bool again, uint64_t now)
{
	struct fw_learn_key key = key_of(seen, now);
	struct fw_learn_flow *row = find_row(c, &key);

	if (!row) {
		c->lost++;
		return;
	}
	if (!row->first)
		row->first = now;
	row->last = now;
	row->flows += !before || again;
	for (unsigned d = 0; d < 2; d++) {
		row->packets[d] += seen->packets[d] -
				   (before ? before->packets[d] : 0);
		row->bytes[d] += seen->bytes[d] -
				 (before ? before->bytes[d] : 0);
	}
	if (seen->name && !row->name[0])
		memcpy(row->name, seen->name,
		       strnlen(seen->name, sizeof(row->name) - 1));
}

/* --- connections that live ------------------------------------------------ */
/* Where it is, or would be. */
static size_t live_slot(const struct fw_collect *c, uint32_t id, uint64_t key)
{
	size_t mask = c->by_id.n_slots - 1;
	size_t at = key & mask;

	for (; c->by_id.slots[at] != NONE; at = (at + 1) & mask) {
		const struct live *live = &c->live[c->by_id.slots[at]];

		if (live->id == id && live->key == key && !live->ended)
			break;
	}
	return at;
}

static void remember(struct fw_collect *c, size_t slot,
		     const struct fw_seen *seen, uint64_t key, uint64_t now)
{
	struct live *live;

	if (c->by_id.slots[slot] == NONE) {
		if (c->n_live == c->max_live)
			return;	/* it is counted when it ends */
		c->by_id.slots[slot] = (uint32_t)c->n_live++;
	}
	live = &c->live[c->by_id.slots[slot]];
	*live = (struct live){
		.id = seen->id,
		.day = (uint32_t)(now / FW_LEARN_DAY),
		.key = key,
		.seen = true,
	};
	memcpy(live->packets, seen->packets, sizeof(live->packets));
	memcpy(live->bytes, seen->bytes, sizeof(live->bytes));
}

static bool can_remember(const struct fw_collect *c, size_t slot)
{
	return c->by_id.slots[slot] != NONE || c->n_live < c->max_live;
}

/* Counters that went back are another connection's. */
static bool goes_on(const struct live *live, const struct fw_seen *seen)
{
	return seen->packets[0] >= live->packets[0] &&
	       seen->packets[1] >= live->packets[1] &&
	       seen->bytes[0] >= live->bytes[0] &&
	       seen->bytes[1] >= live->bytes[1];
}

void fw_collect_see(struct fw_collect *c, const struct fw_seen *seen,
		    uint64_t now)
{
	struct fw_learn_key what = key_of(seen, 0);
	uint64_t key = hash(c, &what, sizeof(what)) ^ seen->id;
	size_t slot = live_slot(c, seen->id, key);
	struct live *live = c->by_id.slots[slot] == NONE ? NULL :
				&c->live[c->by_id.slots[slot]];

	if (!fw_collect_is_answered(seen))
		return;
	if (live && !goes_on(live, seen))
		live = NULL;
	if (live || seen->ended || can_remember(c, slot))
		add(c, seen, live, live && live->day < now / FW_LEARN_DAY, now);
	if (!seen->ended)
		remember(c, slot, seen, key, now);
	else if (live)
		live->ended = true;
}

void fw_collect_begin(struct fw_collect *c)
{
	for (size_t i = 0; i < c->n_live; i++)
		c->live[i].seen = false;
}

void fw_collect_end(struct fw_collect *c)
{
	size_t n = 0;

	empty(&c->by_id);
	for (size_t i = 0; i < c->n_live; i++) {
		if (!c->live[i].seen || c->live[i].ended)
			continue;
		c->live[n] = c->live[i];
		c->by_id.slots[live_slot(c, c->live[n].id, c->live[n].key)] =
			(uint32_t)n;
		n++;
	}
	c->n_live = n;
}

/* --- whether it was answered ------------------------------------------------ */
/* More than the least that the handshake and the end of a connection take: IP's
 * and TCP's headers, with their usual options. Where in doubt, none. */
static bool has_payload(const struct fw_seen *seen, unsigned direction)
{
	uint64_t header = (seen->family == 4 ? 20 : 40) + TCP_HEADER +
			  TIMESTAMPS;

	return seen->bytes[direction] > seen->packets[direction] * header +
						(TCP_OPTIONS - TIMESTAMPS);
}

bool fw_collect_is_answered(const struct fw_seen *seen)
{
	if (seen->expected || !seen->replied)
		return false;
	/* to itself: no policy that anybody wants */
	if (!seen->in[0] && !seen->out[0])
		return false;
	if (seen->proto != IPPROTO_TCP)
		return !seen->counted || (seen->packets[0] && seen->packets[1]);
	return seen->established &&
	       (!seen->counted || has_payload(seen, 0) || has_payload(seen, 1));
}

/* --- taking --------------------------------------------------------------- */
const struct fw_learn_flow *fw_collect_rows(const struct fw_collect *c,
					    size_t *ret_n)
{
	*ret_n = c->n_rows;
	return c->rows;
}

void fw_collect_clear(struct fw_collect *c)
{
	c->n_rows = 0;
	empty(&c->by_key);
}

uint64_t fw_collect_lost(const struct fw_collect *c)
{
	return c->lost;
}
