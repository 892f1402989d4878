/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rule counts in which slot of "counters", and which limit stands in which
 * slot of "limits".
 *
 * The kernel's map "counter_keys" or "limit_keys" (key of a rule -> slot, pinned) is the only
 * record, so that a rule that stays keeps its state over a reload and over a
 * restart. A slot is given up only when no program reads the generation that
 * used it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "plan/plan.h"

struct fw_slot_set {
	uint64_t words[FW_COUNTERS_MAX / 64];
};

struct fw_counters {
	int keys, values;	/* map descriptors; keys is owned */
	unsigned cpus;
	struct fw_slot_set given;	/* every slot that has a key */
	struct fw_slot_set active;	/* of them, the active generation's */
	struct fw_slot_set staged;	/* wanted by what is being staged */
};

/* path: the pin of the keys, a map of that name; made when it is not there. */
int fw_counters_open(struct fw_counters *counters, const char *path,
		     const char *name, int values);
void fw_counters_done(struct fw_counters *counters);

void fw_counters_stage_begin(struct fw_counters *counters);
/* The slot of key; when it is new, with this value (NULL: counters of 0).
 * -ENOSPC: all are taken. */
int fw_counters_stage(struct fw_counters *counters, const struct fw_hash *key,
		      const void *first, uint32_t *ret_slot);
/* Keeps the slot of key, where it has one. */
void fw_counters_keep(struct fw_counters *counters, const struct fw_hash *key);
/* Gives back what only the staged generation wanted. */
void fw_counters_abort(struct fw_counters *counters);
/* The staged generation is the active one. */
void fw_counters_flip(struct fw_counters *counters);
/* Gives back what the active generation does not use. */
void fw_counters_retire(struct fw_counters *counters);

/* Adds to what key has counted, of which no program knows: its slot, made where
 * there is none, stays while fw_counters_keep() names it. */
int fw_counters_add(struct fw_counters *counters, const struct fw_hash *key,
		    const struct fw_counter *more);
/* What roads have carried for what counts by key has a slot of its own: programs
 * write the other one at any time. */
struct fw_hash fw_credit_key(const struct fw_hash *key);

/* Sum over CPUs; -ENOENT for a key that has no slot. */
int fw_counters_read(const struct fw_counters *counters,
		     const struct fw_hash *key, struct fw_counter *ret);
/* Slots that have a key. */
uint32_t fw_counters_used(const struct fw_counters *counters);
