/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: questions and answers. Out: which belongs to which. Only memory fails.
 *
 * Questions stand in a circle by the time that they came, so that the oldest is
 * always at its tail. Those of one client, port and id are a chain from a bucket
 * of a hash: whoever forges answers knows some of these and guesses the rest, so
 * that the chain has what he got wrong. What a client waits for from one server,
 * whatever the id, is only counted, by bucket.
 */
#include "monitor/dns_pending.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "util/siphash.h"

#define NS_PER_S UINT64_C(1000000000)
/* A client has given up: longer than dig (5 s) and the C library (5 s) wait. */
#define WAIT_NS (6 * NS_PER_S)
/* So long answers that come late, or twice, are known. */
#define KEEP_NS (30 * NS_PER_S)
#define NONE UINT32_MAX
/* So far a chain is searched, the newest first. */
#define CHAIN_MAX 32

struct slot {
	struct fw_asked asked;
	uint32_t next, prev;	/* in the chain, or NONE: older, newer */
	uint32_t bucket, crowd;
	bool used;
};

struct fw_pending {
	void (*gone)(void *ctx, const struct fw_asked *asked);
	void *ctx;
	size_t room;		/* slots; buckets and crowds are as many */
	uint64_t head, tail;	/* counts: the next one, and the oldest */
	uint64_t silent;	/* the oldest that may wait */
	uint64_t lost;
	struct slot *slots;
	uint32_t *buckets;	/* newest of the chain, or NONE */
	uint32_t *crowds;	/* that wait */
};

struct fw_pending *fw_pending_new(size_t room,
				  void (*gone)(void *ctx,
					       const struct fw_asked *asked),
				  void *ctx)
{
	struct fw_pending *pending = calloc(1, sizeof(*pending));

	if (!pending)
		return NULL;
	pending->gone = gone;
	pending->ctx = ctx;
	pending->room = room;
	pending->slots = calloc(room, sizeof(*pending->slots));
	pending->buckets = calloc(room, sizeof(*pending->buckets));
	pending->crowds = calloc(room, sizeof(*pending->crowds));
	if (!pending->slots || !pending->buckets || !pending->crowds) {
		fw_pending_free(pending);
		return NULL;
	}
	memset(pending->buckets, 0xff, room * sizeof(*pending->buckets));
	return pending;
}

void fw_pending_free(struct fw_pending *pending)
{
	if (!pending)
		return;
	free(pending->slots);
	free(pending->buckets);
	free(pending->crowds);
	free(pending);
}

/* --- keys ----------------------------------------------------------------- */
/* One side of a conversation; no padding, for it is hashed. */
struct side {
	uint32_t ifindex;
	uint16_t port, number;	/* number: id, or the server's port */
	uint8_t client[16], server[16];	/* server: zero in a bucket's */
	uint8_t family, proto, pad[2];
};

/* The key is no secret: whoever makes all his questions fall into one chain, as one
 * port and id do already, finds it searched so far and no further. */
static uint32_t hash_side(const struct fw_pending *pending,
			  const struct side *side)
{
	static const struct fw_siphash_key key = { 3, 5 };

	return (uint32_t)(fw_siphash(&key, side, sizeof(*side)) %
			  pending->room);
}

/* answer: the packet goes from the server to the client. */
static uint32_t bucket_of(const struct fw_pending *pending,
			  const struct fw_seen *seen, uint16_t id, bool answer)
{
	struct side side = {
		.ifindex = seen->ifindex,
		.port = answer ? seen->dport : seen->sport,
		.number = id,
		.family = seen->family,
		.proto = seen->proto,
	};

	memcpy(side.client, answer ? seen->dst : seen->src, 16);
	return hash_side(pending, &side);
}

static uint32_t crowd_of(const struct fw_pending *pending,
			 const struct fw_seen *seen, bool answer)
{
	struct side side = {
		.ifindex = seen->ifindex,
		.port = answer ? seen->dport : seen->sport,
		.number = answer ? seen->sport : seen->dport,
		.family = seen->family,
		.proto = seen->proto,
	};

	memcpy(side.client, answer ? seen->dst : seen->src, 16);
	memcpy(side.server, answer ? seen->src : seen->dst, 16);
	return hash_side(pending, &side);
}

static bool same_client(const struct fw_asked *asked,
			const struct fw_seen *seen, uint16_t id, bool answer)
{
	return asked->id == id && asked->ifindex == seen->ifindex &&
	       asked->family == seen->family &&
	       asked->tcp == (seen->proto == IPPROTO_TCP) &&
	       asked->client_port == (answer ? seen->dport : seen->sport) &&
	       !memcmp(asked->client, answer ? seen->dst : seen->src, 16);
}

static bool same_server(const struct fw_asked *asked,
			const struct fw_seen *seen, bool answer)
{
	return asked->server_port == (answer ? seen->sport : seen->dport) &&
	       !memcmp(asked->server, answer ? seen->src : seen->dst, 16);
}

/* --- the circle ----------------------------------------------------------- */
static struct slot *slot_at(const struct fw_pending *pending, uint64_t count)
{
	return &pending->slots[count % pending->room];
}

static void unlink_slot(struct fw_pending *pending, struct slot *slot)
{
	uint32_t *newer = slot->prev == NONE ?
				  &pending->buckets[slot->bucket] :
				  &pending->slots[slot->prev].next;

	*newer = slot->next;
	if (slot->next != NONE)
		pending->slots[slot->next].prev = slot->prev;
	slot->used = false;
}

static void link_slot(struct fw_pending *pending, struct slot *slot)
{
	uint32_t self = (uint32_t)(slot - pending->slots);
	uint32_t *newest = &pending->buckets[slot->bucket];

	slot->prev = NONE;
	slot->next = *newest;
	if (*newest != NONE)
		pending->slots[*newest].prev = self;
	*newest = self;
}

static void stop_waiting(struct fw_pending *pending, struct slot *slot,
			 enum fw_asked_state state)
{
	pending->crowds[slot->crowd]--;
	slot->asked.state = state;
}

static void give_up(struct fw_pending *pending, struct slot *slot)
{
	stop_waiting(pending, slot, FW_ASKED_SILENT);
	pending->gone(pending->ctx, &slot->asked);
}

static void drop_oldest(struct fw_pending *pending)
{
	struct slot *slot = slot_at(pending, pending->tail);

	if (slot->used && slot->asked.state == FW_ASKED_WAITS) {
		pending->lost++;
		give_up(pending, slot);
	}
	if (slot->used)
		unlink_slot(pending, slot);
	pending->tail++;
	if (pending->silent < pending->tail)
		pending->silent = pending->tail;
}

void fw_pending_tick(struct fw_pending *pending, uint64_t now_ns)
{
	for (; pending->silent < pending->head; pending->silent++) {
		struct slot *slot = slot_at(pending, pending->silent);

		if (slot->asked.time_ns + WAIT_NS > now_ns)
			break;
		if (slot->used && slot->asked.state == FW_ASKED_WAITS)
			give_up(pending, slot);
	}
	while (pending->tail < pending->head &&
	       slot_at(pending, pending->tail)->asked.time_ns + KEEP_NS <=
		       now_ns)
		drop_oldest(pending);
}

uint64_t fw_pending_lost(const struct fw_pending *pending)
{
	return pending->lost;
}

/* --- questions ------------------------------------------------------------ */
/* The newest of the chain that is the same question and waits. */
static struct slot *find_waiting(const struct fw_pending *pending,
				 uint32_t bucket, const struct fw_seen *seen,
				 const struct fw_dns_message *message)
{
	uint32_t at = pending->buckets[bucket];

	for (unsigned i = 0; at != NONE && i < CHAIN_MAX; i++) {
		struct slot *slot = &pending->slots[at];
		bool same_case;

		if (slot->asked.state == FW_ASKED_WAITS &&
		    same_client(&slot->asked, seen, message->id, false) &&
		    same_server(&slot->asked, seen, false) &&
		    slot->asked.qtype == message->qtype &&
		    fw_dns_same_name(slot->asked.name, slot->asked.name_len,
				     message->name, message->name_len,
				     &same_case) &&
		    same_case)
			return slot;
		at = slot->next;
	}
	return NULL;
}

bool fw_pending_ask(struct fw_pending *pending, const struct fw_seen *seen,
		    const struct fw_dns_message *message, bool tells)
{
	uint32_t bucket = bucket_of(pending, seen, message->id, false);
	struct slot *slot;
	struct fw_asked *asked;

	slot = find_waiting(pending, bucket, seen, message);
	if (slot) {
		slot->asked.times++;
		return true;
	}
	if (pending->head - pending->tail == pending->room)
		drop_oldest(pending);
	slot = slot_at(pending, pending->head);
	asked = &slot->asked;
	*asked = (struct fw_asked){
		.time_ns = seen->time_ns,
		.times = 1,
		.tells = tells,
		.tcp = seen->proto == IPPROTO_TCP,
		.family = seen->family,
		.name_len = message->name_len,
		.ifindex = seen->ifindex,
		.id = message->id,
		.qtype = message->qtype,
		.client_port = seen->sport,
		.server_port = seen->dport,
	};
	memcpy(asked->name, message->name, message->name_len);
	memcpy(asked->client, seen->src, 16);
	memcpy(asked->server, seen->dst, 16);
	slot->used = true;
	slot->bucket = bucket;
	slot->crowd = crowd_of(pending, seen, false);
	link_slot(pending, slot);
	pending->crowds[slot->crowd]++;
	pending->head++;
	return false;
}

/* --- answers -------------------------------------------------------------- */
/* How far the answer is from that question, of the same client and id. An answer
 * without a question in it has none to compare. */
static enum fw_pending_fit fit(const struct fw_asked *asked,
			       const struct fw_seen *seen,
			       const struct fw_dns_message *message)
{
	bool same_case = true;

	/* Whoever has its answer, or gave up, may ask something else since. */
	if (asked->state != FW_ASKED_WAITS &&
	    (!same_server(asked, seen, true) || !message->has_question ||
	     asked->qtype != message->qtype ||
	     !fw_dns_same_name(asked->name, asked->name_len, message->name,
			       message->name_len, NULL)))
		return FW_FIT_NOBODY;
	if (!same_server(asked, seen, true))
		return FW_FIT_SERVER;
	if (message->has_question &&
	    (asked->qtype != message->qtype ||
	     !fw_dns_same_name(asked->name, asked->name_len, message->name,
			       message->name_len, &same_case)))
		return FW_FIT_NAME;
	if (!same_case)
		return FW_FIT_CASE;
	if (asked->state == FW_ASKED_SILENT)
		return FW_FIT_LATE;
	return asked->state == FW_ASKED_ANSWERED ? FW_FIT_AGAIN :
						   FW_FIT_ANSWERS;
}

enum fw_pending_fit fw_pending_answer(struct fw_pending *pending,
				      const struct fw_seen *seen,
				      const struct fw_dns_message *message,
				      struct fw_asked **ret)
{
	uint32_t at = pending->buckets[bucket_of(pending, seen, message->id,
						 true)];
	enum fw_pending_fit best = FW_FIT_NOBODY;
	struct slot *found = NULL;

	for (unsigned i = 0; at != NONE && i < CHAIN_MAX; i++) {
		struct slot *slot = &pending->slots[at];
		enum fw_pending_fit this;

		at = slot->next;
		if (!same_client(&slot->asked, seen, message->id, true))
			continue;
		this = fit(&slot->asked, seen, message);
		if (this < best) {
			best = this;
			found = slot;
		}
	}
	*ret = found ? &found->asked : NULL;
	if (best == FW_FIT_NOBODY &&
	    pending->crowds[crowd_of(pending, seen, true)])
		return FW_FIT_ID;
	if (best == FW_FIT_ANSWERS)
		stop_waiting(pending, found, FW_ASKED_ANSWERED);
	return best;
}
