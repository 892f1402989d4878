/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans in, running threads out. A queue that cannot be opened is a failure of
 * the step before the commit, so that no packet is ever sent to a queue that
 * nobody reads.
 */
#include "daemon/workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "daemon/queues.h"
#include "util/cleanup.h"

/* A killed daemon's socket goes when the kernel has cleared its process away:
 * wait for that, not for a living owner. */
#define TRIES 60
#define TRY_NS 50000000L

#define DRAINS 40		/* 200 ms in all */
#define DRAIN_NS 5000000L

static bool plan_has(const struct fw_plan *plan, uint16_t queue)
{
	if (plan && plan->queries.n_rules && plan->queries.queue == queue)
		return true;
	for (size_t i = 0; plan && i < plan->n_profiles; i++) {
		if (queue >= plan->profiles[i].queue_first &&
		    queue <= plan->profiles[i].queue_last)
			return true;
	}
	return false;
}

static bool runs(const struct fw_workers *workers, uint16_t queue)
{
	for (size_t i = 0; i < workers->n; i++) {
		if (workers->items[i].queue == queue)
			return true;
	}
	return false;
}

static int start(uint16_t queue, struct fw_view *view,
		 const struct fw_door *door, struct fw_worker **ret)
{
	const struct timespec pause = { .tv_nsec = TRY_NS };
	int r = -EBUSY;

	for (int i = 0; i < TRIES && r == -EBUSY; i++) {
		if (i > 0)
			(void)nanosleep(&pause, NULL);
		r = fw_worker_start(queue, view, door, ret);
	}
	return r;
}

static void insert(struct fw_workers *workers, uint16_t queue,
		   struct fw_worker *worker)
{
	size_t at = workers->n++;

	for (; at > 0 && workers->items[at - 1].queue > queue; at--)
		workers->items[at] = workers->items[at - 1];
	workers->items[at].queue = queue;
	workers->items[at].worker = worker;
}

static int start_missing(struct fw_workers *workers,
			 const struct fw_plan *plan,
			 const struct fw_door *door, uint16_t *ret_queue)
{
	for (uint32_t queue = 0; queue <= UINT16_MAX; queue++) {
		struct fw_worker *worker;
		int r;

		if (!plan_has(plan, (uint16_t)queue) ||
		    runs(workers, (uint16_t)queue))
			continue;
		if (workers->n == FW_WORKERS_MAX)
			return -E2BIG;
		r = start((uint16_t)queue, workers->next, door, &worker);
		if (r < 0) {
			*ret_queue = (uint16_t)queue;
			return r;
		}
		insert(workers, (uint16_t)queue, worker);
	}
	return 0;
}

static bool has_queues(const struct fw_plan *plan)
{
	return plan->queries.n_rules || plan->n_profiles;
}

/* Signals are the loop's: threads start with all of them blocked. */
int fw_workers_prepare(struct fw_workers *workers, const struct fw_plan *plan,
		       const struct fw_door *door, uint16_t *ret_queue)
{
	sigset_t all, old;
	int r;

	if (!has_queues(plan))
		return 0;
	r = fw_view_open(plan, &workers->next);
	if (r)
		return r;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = start_missing(workers, plan, door, ret_queue);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

/* What waits for a verdict when a queue is closed is dropped by the kernel. New
 * packets do not come any more, so wait for the old ones, but not for long. */
static void drain(const struct fw_workers *workers, const struct fw_plan *plan)
{
	const struct timespec pause = { .tv_nsec = DRAIN_NS };
	struct fw_queue_count counts[256];

	for (int i = 0; i < DRAINS; i++) {
		size_t n = fw_queues_read(counts, FW_ARRAY_SIZE(counts));
		bool empty = true;

		for (size_t k = 0; k < n; k++) {
			if (counts[k].length > 0 &&
			    runs(workers, counts[k].queue) &&
			    !plan_has(plan, counts[k].queue))
				empty = false;
		}
		if (empty)
			return;
		(void)nanosleep(&pause, NULL);
	}
}

static void add_malformed(struct fw_worker *worker, uint64_t to[])
{
	struct fw_worker_stats s;

	fw_worker_get_stats(worker, &s);
	for (size_t k = 0; k < FW_STATS_MALFORMED; k++)
		to[k] += s.malformed[k];
}

void fw_workers_settle(struct fw_workers *workers, const struct fw_plan *plan)
{
	struct fw_view *next = FW_TAKE(workers->next);
	/* not of a plan whose commit has failed */
	struct fw_view *view = next && next->plan == plan ? next : NULL;
	size_t kept = 0;

	if (plan)
		drain(workers, plan);
	for (size_t i = 0; i < workers->n; i++) {
		if (plan_has(plan, workers->items[i].queue)) {
			if (view)
				fw_worker_set_view(workers->items[i].worker,
						   view);
			workers->items[kept++] = workers->items[i];
		} else {
			add_malformed(workers->items[i].worker, workers->past);
			fw_worker_stop(workers->items[i].worker);
		}
	}
	workers->n = kept;
	fw_view_unref(next);
}

void fw_workers_add_stats(const struct fw_workers *workers,
			  uint64_t stats[FW_STAT_MAX_])
{
	for (size_t k = 0; k < FW_STATS_MALFORMED; k++)
		stats[FW_STAT_MALFORMED_FIRST + k] += workers->past[k];
	for (size_t i = 0; i < workers->n; i++)
		add_malformed(workers->items[i].worker,
			      &stats[FW_STAT_MALFORMED_FIRST]);
}
