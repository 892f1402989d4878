/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intervals into the plan, each content once.
 *
 * In: intervals in the compilation's memory. Out: the same in the plan's. A set
 * of a million elements stands in many rules, and each of them may have its own
 * copy by now, so equal contents are found by hash. Fails only for want of
 * memory.
 */
#include <string.h>

#include "compile/steps.h"

struct shared {
	const struct fw_interval *from, *to;
	size_t n;
	uint64_t hash;
};

struct fw_steps_shared {
	struct shared *slots;	/* a power of two of them; to NULL: free */
	size_t n, cap;
};

#define FIRST_SLOTS 256
#define SAMPLES 16

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/* Of some of them: equal hashes are compared in full anyway. */
static uint64_t hash_of(const struct fw_interval *from, size_t n)
{
	size_t stride = n / SAMPLES + 1;
	uint64_t hash = n;

	for (size_t i = 0; i < n; i += stride) {
		hash = mix(hash, (uint64_t)from[i].lo);
		hash = mix(hash, (uint64_t)(from[i].lo >> 64));
		hash = mix(hash, (uint64_t)from[i].hi);
	}
	return hash;
}

static struct shared *find(const struct fw_steps_shared *shared,
			   const struct fw_interval *from, size_t n,
			   uint64_t hash)
{
	size_t at = hash & (shared->cap - 1);

	for (;; at = (at + 1) & (shared->cap - 1)) {
		struct shared *slot = &shared->slots[at];

		if (!slot->to)
			return slot;
		if (slot->hash != hash || slot->n != n)
			continue;
		if (slot->from == from || !n ||
		    memcmp(slot->to, from, n * sizeof(*from)) == 0)
			return slot;
	}
}

static bool grow(struct fw_steps *s, struct fw_steps_shared *shared)
{
	struct fw_steps_shared more = {
		.cap = shared->cap ? shared->cap * 2 : FIRST_SLOTS,
		.n = shared->n,
	};

	more.slots = fw_arena_array(s->typed->arena, more.cap,
				    sizeof(*more.slots));
	if (!more.slots)
		return false;
	for (size_t i = 0; i < shared->cap; i++) {
		const struct shared *old = &shared->slots[i];

		if (old->to)
			*find(&more, old->to, old->n, old->hash) = *old;
	}
	*shared = more;
	return true;
}

const struct fw_interval *fw_steps_share(struct fw_steps *s,
					 const struct fw_interval *from,
					 size_t n)
{
	uint64_t hash = hash_of(from, n);
	struct shared *slot;

	if (!s->shared)
		s->shared = fw_arena_alloc(s->typed->arena, sizeof(*s->shared));
	if (!s->shared || (s->shared->n * 2 >= s->shared->cap &&
			   !grow(s, s->shared)))
		return NULL;
	slot = find(s->shared, from, n, hash);
	if (slot->to)
		return slot->to;
	*slot = (struct shared){ from, fw_arena_memdup(s->arena, from,
						       n * sizeof(*from)),
				 n, hash };
	s->shared->n += slot->to != NULL;
	return slot->to;
}
