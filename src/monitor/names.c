/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: answers' addresses and names. Out: the names of an address. Memory that runs
 * out costs the name.
 *
 * Entries stand in a circle by the time that they came, those of one address in a
 * chain from a bucket, newest first. A name that is given again is taken from its
 * place and added anew. Addresses are what strangers' servers say: the key of the
 * hash is drawn anew each time, so that nobody can choose them for one chain.
 */
#include "monitor/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "util/siphash.h"

#define NS_PER_S UINT64_C(1000000000)
#define NONE UINT32_MAX

struct slot {
	struct fw_name_entry entry;	/* name is the slot's own; NULL: empty */
	uint32_t next;
};

struct fw_names {
	struct fw_siphash_key key;
	size_t room;		/* slots, and buckets */
	uint64_t head;		/* counts: where the next one goes */
	struct slot *slots;
	uint32_t *buckets;
};

struct fw_names *fw_names_new(size_t room)
{
	struct fw_names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	if (getrandom(&names->key, sizeof(names->key), 0) !=
	    (ssize_t)sizeof(names->key)) {
		free(names);
		return NULL;
	}
	names->room = room;
	names->slots = calloc(room, sizeof(*names->slots));
	names->buckets = malloc(room * sizeof(*names->buckets));
	if (!names->slots || !names->buckets) {
		fw_names_free(names);
		return NULL;
	}
	memset(names->buckets, 0xff, room * sizeof(*names->buckets));
	return names;
}

void fw_names_free(struct fw_names *names)
{
	if (!names)
		return;
	for (size_t i = 0; names->slots && i < names->room; i++)
		free((char *)names->slots[i].entry.name);
	free(names->slots);
	free(names->buckets);
	free(names);
}

static uint32_t *bucket_of(const struct fw_names *names, uint8_t family,
			   const uint8_t address[16])
{
	uint8_t bytes[17];

	bytes[0] = family;
	memcpy(bytes + 1, address, 16);
	return &names->buckets[fw_siphash(&names->key, bytes, sizeof(bytes)) %
			       names->room];
}

static bool is_of(const struct slot *slot, uint8_t family,
		  const uint8_t address[16])
{
	return slot->entry.family == family &&
	       !memcmp(slot->entry.address, address, 16);
}

static void take_out(struct fw_names *names, struct slot *slot)
{
	uint32_t self = (uint32_t)(slot - names->slots);
	uint32_t *at = bucket_of(names, slot->entry.family,
				 slot->entry.address);

	while (*at != self)
		at = &names->slots[*at].next;
	*at = slot->next;
	free((char *)slot->entry.name);
	slot->entry.name = NULL;
}

/* The one that the new name takes the place of: the same, or the last of too
 * many; else NULL. */
static struct slot *find_old(const struct fw_names *names, uint8_t family,
			     const uint8_t address[16], const char *name)
{
	unsigned n = 0;

	for (uint32_t at = *bucket_of(names, family, address); at != NONE;
	     at = names->slots[at].next) {
		struct slot *slot = &names->slots[at];

		if (!is_of(slot, family, address))
			continue;
		if (!strcmp(slot->entry.name, name) ||
		    ++n == FW_NAMES_OF_ADDRESS)
			return slot;
	}
	return NULL;
}

void fw_names_add(struct fw_names *names, uint8_t family,
		  const uint8_t address[16], const char *name, uint32_t ttl_s,
		  uint64_t now_ns)
{
	struct slot *slot = find_old(names, family, address, name);
	char *own = strdup(name);
	uint32_t *bucket;

	if (!own)
		return;
	if (slot)
		take_out(names, slot);
	slot = &names->slots[names->head % names->room];
	if (slot->entry.name)
		take_out(names, slot);
	slot->entry = (struct fw_name_entry){
		.family = family,
		.name = own,
		.seen_ns = now_ns,
		.until_ns = now_ns + ttl_s * NS_PER_S,
	};
	memcpy(slot->entry.address, address, 16);
	bucket = bucket_of(names, family, address);
	slot->next = *bucket;
	*bucket = (uint32_t)(slot - names->slots);
	names->head++;
}

const char *fw_names_find(const struct fw_names *names, uint8_t family,
			  const uint8_t address[16])
{
	for (uint32_t at = *bucket_of(names, family, address); at != NONE;
	     at = names->slots[at].next) {
		if (is_of(&names->slots[at], family, address))
			return names->slots[at].entry.name;
	}
	return NULL;
}

int fw_names_each(const struct fw_names *names, uint64_t now_ns,
		  int (*fn)(void *ctx, const struct fw_name_entry *entry),
		  void *ctx)
{
	int r = 0;

	for (size_t i = 0; i < names->room && !r; i++) {
		const struct slot *slot =
			&names->slots[(names->head + i) % names->room];

		if (slot->entry.name && slot->entry.until_ns > now_ns)
			r = fn(ctx, &slot->entry);
	}
	return r;
}
