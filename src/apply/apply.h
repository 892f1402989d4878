/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands behind struct fw_apply; for the files of this folder only. */
#pragma once

#include <pthread.h>

#include "apply/bpf.h"
#include "apply/bpf_fs.h"
#include "apply/control.h"
#include "apply/counters.h"
#include "apply/devices.h"
#include "apply/generation.h"
#include "apply/nft.h"
#include "apply/rcu.h"
#include "apply/sets.h"
#include "apply/snapshot.h"
#include "apply/watched.h"

struct fw_apply {
	struct fw_apply_config config;	/* texts in arena */
	struct fw_arena *arena;
	uint32_t flows;		/* capacity that was asked for */

	struct fw_bpf_fs fs;
	struct fw_bpf bpf;
	struct fw_rcu rcu;
	struct fw_control control;
	struct fw_counters counters, limits;
	struct fw_devices devices;
	struct fw_snapshot snapshot;
	struct fw_nft *nft;
	pthread_mutex_t flow_lock;
	struct fw_flow_counts flow_counts;	/* under the lock */
	struct fw_sets sets;
	int sets_error;		/* -errno of the last time that live sets were
				   brought in line with nft */
	struct ring_buffer *ring;	/* NULL: no events */
	struct fw_watched *watched;

	const struct fw_plan *plan;	/* active; NULL before the first commit */
	bool unretired;		/* the free slot was left by a generation or an
				   aborted commit, and no wait has passed yet */

	/* Of the active generation, in its own arena. */
	struct fw_arena *status;
	struct fw_device_status *devices_status;
	size_t n_devices;
	struct fw_feature_status *features;
	size_t n_features;
};

/* Describes devices and features anew, after a commit. On -ENOMEM the old
 * description stays. */
int fw_apply_describe(struct fw_apply *apply);
/* Counts the flows that an earlier daemon left. */
int fw_apply_flows_open(struct fw_apply *apply);
/* Opens the events ring, when a program has one. */
int fw_apply_events_open(struct fw_apply *apply);
void fw_apply_events_done(struct fw_apply *apply);
