/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two slots of the generational tables: which inner map stands in which
 * slot of which outer one.
 *
 * A slot is filled only while no program reads it: before the flip that makes
 * it active, and after the RCU wait behind the flip that retired it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apply/bpf.h"
#include "plan/plan.h"

/* What stands in one slot of one outer map. */
struct fw_inner {
	int fd;			/* -1: nothing, or not ours to know */
	bool unknown;		/* an earlier daemon's; is never shared */
	struct fw_hash hash;	/* of the content; valid with fd >= 0 */
	uint32_t n;		/* entries; likewise */
};

struct fw_outer {
	const struct fw_bpf_map *map;
	struct fw_inner slot[FW_SLOTS];
};

struct fw_snapshot {
	struct fw_outer outers[FW_BPF_MAPS_MAX];
	size_t n;
	struct fw_siphash_key key;	/* of tables of names; this daemon's, so
					   that unchanged ones stay the same */
};

/* All slots unknown when the maps were adopted, else empty. -errno where the
 * kernel gives no key. */
int fw_snapshot_init(struct fw_snapshot *snapshot, const struct fw_bpf *bpf,
		     bool adopted);
void fw_snapshot_done(struct fw_snapshot *snapshot);

/* A table's rows as they are to stand in the kernel; keys NULL: 0..n-1. */
struct fw_rows {
	const char *name;
	uint32_t n, key_size, value_size;
	const void *keys, *values;	/* keys sorted by memcmp */
	const struct fw_plan_table *trie;	/* not NULL: n lines to be written
					   from it, and no values */
	struct fw_hash hash;
};

/* Brings rows into the slot: shared with the other slot when the content is
 * the same, else a fresh inner map, filled and read back. */
int fw_snapshot_fill(struct fw_outer *outer, unsigned slot,
		     const struct fw_rows *rows);
/* Leaves nothing in the slot of this table. */
int fw_snapshot_clear(struct fw_outer *outer, unsigned slot);
/* Takes out of a slot that no program reads what it does not share with the
 * other one. */
int fw_snapshot_retire(struct fw_snapshot *snapshot, unsigned slot);
