/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inspector's workers, one for each queue that a profile names. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "inspect/view.h"
#include "inspect/worker.h"
#include "plan/plan.h"

#define FW_WORKERS_MAX 64

struct fw_workers {
	struct {
		uint16_t queue;
		struct fw_worker *worker;
	} items[FW_WORKERS_MAX];	/* by queue */
	size_t n;
	uint64_t past[FW_STATS_MALFORMED];	/* of those that have stopped */
	struct fw_view *next;	/* of the plan that is to be committed */
};

/*
 * Before a commit: a worker for each queue of plan that has none. One that
 * another process still holds is tried again for a while. Returns 0; -E2BIG
 * when plan has more queues than there may be workers; -EBUSY or another
 * -errno with *ret_queue, the queue that could not be opened; -ENOSPC when too
 * many plans are held by flows under inspection. After a failure,
 * or a failed commit, fw_workers_settle() with the old plan undoes it.
 */
int fw_workers_prepare(struct fw_workers *workers, const struct fw_plan *plan,
		       const struct fw_door *door, uint16_t *ret_queue);
/* After it: every worker has plan; those that it does not name stop, once their
 * queues are empty or 200 ms have passed. NULL, at the end: all stop at once. */
void fw_workers_settle(struct fw_workers *workers, const struct fw_plan *plan);

/* Adds what the workers have counted by names of programs' counters. */
void fw_workers_add_stats(const struct fw_workers *workers,
			  uint64_t stats[FW_STAT_MAX_]);
