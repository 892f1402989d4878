/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names: open addressing, linear probing, at most half full.
 *
 * In: pairs of names. Out: what was put under them. Only putting fails, for
 * want of memory. A name that was taken back keeps its slot.
 */
#include "compile/names.h"

#include <errno.h>
#include <string.h>

#define FIRST_CAP 16

/* FNV-1a. An attacker who writes the configuration is its owner: the hash needs
 * no key. */
static uint64_t hash(const char *first, const char *second)
{
	uint64_t h = 0xcbf29ce484222325;

	for (const char *p = first; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3;
	h = (h ^ ' ') * 0x100000001b3;
	for (const char *p = second; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3;
	return h ^ h >> 32;
}

/* The slot of the pair, or the free one where it belongs. */
static struct fw_name_slot *find(const struct fw_names *names,
				 const char *first, const char *second)
{
	size_t i = hash(first, second) & (names->cap - 1);

	while (names->slots[i].first &&
	       (strcmp(names->slots[i].first, first) ||
		strcmp(names->slots[i].second, second)))
		i = (i + 1) & (names->cap - 1);
	return &names->slots[i];
}

void *fw_names_get(const struct fw_names *names, const char *first,
		   const char *second)
{
	return names->cap ? find(names, first, second)->value : NULL;
}

static int grow(struct fw_arena *arena, struct fw_names *names)
{
	struct fw_names larger = {
		.n = names->n,
		.cap = names->cap ? names->cap * 2 : FIRST_CAP,
	};

	larger.slots = fw_arena_array(arena, larger.cap, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < names->cap; i++)
		if (names->slots[i].first)
			*find(&larger, names->slots[i].first,
			      names->slots[i].second) = names->slots[i];
	*names = larger;
	return 0;
}

int fw_names_put(struct fw_arena *arena, struct fw_names *names,
		 const char *first, const char *second, void *value)
{
	struct fw_name_slot *slot;

	if (names->n >= names->cap / 2 && grow(arena, names))
		return -ENOMEM;
	slot = find(names, first, second);
	names->n += !slot->first;
	*slot = (struct fw_name_slot){ first, second, value };
	return 0;
}
