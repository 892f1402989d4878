/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: keys of rules. Out: their slots, and what the slots have counted. May
 * fail: all slots taken, system calls.
 *
 * A slot is in one of these states:
 *
 *	free	not in given
 *	staged	in given and staged: a generation that is not active yet
 *	active	in given and active, perhaps in staged too: it carries over
 *	left	in given only: of a commit that was cut off, or of the
 *		generation before the flip; goes at the next retirement
 */
#include "apply/counters.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "util/cleanup.h"

static bool has(const struct fw_slot_set *set, uint32_t slot)
{
	return set->words[slot / 64] >> (slot % 64) & 1;
}

static void add(struct fw_slot_set *set, uint32_t slot)
{
	set->words[slot / 64] |= 1ULL << (slot % 64);
}

static void drop(struct fw_slot_set *set, uint32_t slot)
{
	set->words[slot / 64] &= ~(1ULL << (slot % 64));
}

/* Takes every key out of the map whose slot is not in keep. Keys are gathered
 * first: a hash that loses elements meanwhile cannot be walked. */
static int give_back(struct fw_counters *c, const struct fw_slot_set *keep)
{
	_cleanup_free_ struct fw_hash *gone =
		calloc(FW_COUNTERS_MAX, sizeof(*gone));
	const struct fw_hash *at = NULL;
	struct fw_hash key;
	uint32_t slot;
	size_t n = 0;

	if (!gone)
		return -ENOMEM;
	while (n < FW_COUNTERS_MAX && !bpf_map_get_next_key(c->keys, at, &key)) {
		if (!bpf_map_lookup_elem(c->keys, &key, &slot) &&
		    (slot >= FW_COUNTERS_MAX || !has(keep, slot))) {
			gone[n++] = key;
			if (slot < FW_COUNTERS_MAX)
				drop(&c->given, slot);
		}
		at = &key;
	}
	for (size_t i = 0; i < n; i++)
		(void)bpf_map_delete_elem(c->keys, &gone[i]);
	return 0;
}

static void read_given(struct fw_counters *c)
{
	const struct fw_hash *at = NULL;
	struct fw_hash key;
	uint32_t slot;

	for (; !bpf_map_get_next_key(c->keys, at, &key); at = &key)
		if (!bpf_map_lookup_elem(c->keys, &key, &slot) &&
		    slot < FW_COUNTERS_MAX)
			add(&c->given, slot);
	/* What an earlier daemon's generation uses is not told apart from
	 * what it left; all of it stays until the first retirement. */
	c->active = c->given;
}

int fw_counters_open(struct fw_counters *counters, const char *path,
		     const char *name, int values)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_close_ int keys = -1;

	if (cpus < 0)
		return cpus;
	keys = bpf_obj_get(path);
	if (keys < 0) {
		keys = bpf_map_create(BPF_MAP_TYPE_HASH, name,
				      sizeof(struct fw_hash), sizeof(uint32_t),
				      FW_COUNTERS_MAX, NULL);
		if (keys < 0 || bpf_obj_pin(keys, path))
			return -errno;
	}
	*counters = (struct fw_counters){
		.keys = FW_TAKE_FD(keys),
		.values = values,
		.cpus = (unsigned)cpus,
	};
	read_given(counters);
	return 0;
}

void fw_counters_done(struct fw_counters *counters)
{
	if (counters->keys >= 0)
		(void)close(counters->keys);
	counters->keys = -1;
}

void fw_counters_stage_begin(struct fw_counters *counters)
{
	counters->staged = (struct fw_slot_set){0};
}

static int free_slot(const struct fw_counters *c, uint32_t *ret)
{
	for (uint32_t w = 0; w < FW_COUNTERS_MAX / 64; w++) {
		if (c->given.words[w] == UINT64_MAX)
			continue;
		*ret = w * 64 + (uint32_t)__builtin_ctzll(~c->given.words[w]);
		return 0;
	}
	return -ENOSPC;
}

/* A free slot for key; with that value (NULL: counters of 0). */
static int give(struct fw_counters *counters, const struct fw_hash *key,
		const void *first, uint32_t *ret_slot)
{
	_cleanup_free_ struct fw_counter *zero = NULL;
	uint32_t slot;
	int r;

	r = free_slot(counters, &slot);
	if (r)
		return r;
	zero = calloc(counters->cpus, sizeof(*zero));
	if (!zero)
		return -ENOMEM;
	if (bpf_map_update_elem(counters->values, &slot, first ? first : zero,
				BPF_ANY) ||
	    bpf_map_update_elem(counters->keys, key, &slot, BPF_NOEXIST))
		return -errno;
	add(&counters->given, slot);
	*ret_slot = slot;
	return 0;
}

int fw_counters_stage(struct fw_counters *counters, const struct fw_hash *key,
		      const void *first, uint32_t *ret_slot)
{
	uint32_t slot;
	int r = 0;

	if (bpf_map_lookup_elem(counters->keys, key, &slot))
		r = give(counters, key, first, &slot);
	if (r)
		return r;
	add(&counters->staged, slot);
	*ret_slot = slot;
	return 0;
}

void fw_counters_keep(struct fw_counters *counters, const struct fw_hash *key)
{
	uint32_t slot;

	if (!bpf_map_lookup_elem(counters->keys, key, &slot))
		add(&counters->staged, slot);
}

void fw_counters_abort(struct fw_counters *counters)
{
	(void)give_back(counters, &counters->active);
	counters->staged = (struct fw_slot_set){0};
}

void fw_counters_flip(struct fw_counters *counters)
{
	counters->active = counters->staged;
}

void fw_counters_retire(struct fw_counters *counters)
{
	(void)give_back(counters, &counters->active);
}

struct fw_hash fw_credit_key(const struct fw_hash *key)
{
	struct fw_hash credit = *key;

	credit.bytes[sizeof(credit.bytes) - 1] ^= 0x80;
	return credit;
}

int fw_counters_add(struct fw_counters *counters, const struct fw_hash *key,
		    const struct fw_counter *more)
{
	_cleanup_free_ struct fw_counter *values =
		calloc(counters->cpus, sizeof(*values));
	uint32_t slot;
	int r = 0;

	if (!values)
		return -ENOMEM;
	if (bpf_map_lookup_elem(counters->keys, key, &slot))
		r = give(counters, key, NULL, &slot);
	else if (bpf_map_lookup_elem(counters->values, &slot, values))
		r = -errno;
	if (r)
		return r;
	add(&counters->active, slot);
	values[0].packets += more->packets;
	values[0].bytes += more->bytes;
	return bpf_map_update_elem(counters->values, &slot, values, BPF_ANY) ?
		       -errno : 0;
}

int fw_counters_read(const struct fw_counters *counters,
		     const struct fw_hash *key, struct fw_counter *ret)
{
	_cleanup_free_ struct fw_counter *values = NULL;
	struct fw_counter sum = {0};
	uint32_t slot;

	if (bpf_map_lookup_elem(counters->keys, key, &slot))
		return -errno;
	values = calloc(counters->cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	if (bpf_map_lookup_elem(counters->values, &slot, values))
		return -errno;
	for (unsigned i = 0; i < counters->cpus; i++) {
		sum.packets += values[i].packets;
		sum.bytes += values[i].bytes;
	}
	*ret = sum;
	return 0;
}

uint32_t fw_counters_used(const struct fw_counters *counters)
{
	uint32_t n = 0;

	for (size_t w = 0; w < FW_COUNTERS_MAX / 64; w++)
		n += (uint32_t)__builtin_popcountll(counters->given.words[w]);
	return n;
}
