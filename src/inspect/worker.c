/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Worker: the thread of one queue.
 *
 * In: packets of the queue, plans. Out: verdicts to the kernel, reports through
 * the door. Starting fails with -errno; afterwards nothing does.
 *
 * Shared between threads are the mailbox (next_plan, stop), under a lock, and
 * the inspector's counters, which are atomic. All else belongs to the thread,
 * or, before it runs and after it has ended, to who starts and stops it.
 */
#include "inspect/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "inspect/inspector.h"
#include "inspect/queue.h"
#include "util/cleanup.h"

#define SWEEP_MS 1000
#define BATCHES_MAX 64		/* before the mailbox is looked at again */
#define DRAIN_BATCHES 256	/* at the end */

struct fw_worker {
	uint16_t number;
	pthread_t thread;
	bool running;

	pthread_mutex_t lock;
	int mailbox;			/* eventfd */
	struct fw_plan *next_plan;	/* under lock; NULL: none */
	struct fw_patterns *compiled[FW_PROFILES]; /* of the last plan that came;
						      of who brings plans */
	bool stop;			/* under lock */

	struct fw_queue *queue;
	struct fw_inspector inspector;
	uint64_t swept_ms;
};

/* --- mailbox -------------------------------------------------------------- */
static void adopt_plan(struct fw_worker *worker, struct fw_plan *plan)
{
	bool fail_open = fw_inspector_accepts_overload(plan, worker->number);

	fw_inspector_set_plan(&worker->inspector, plan);
	(void)fw_queue_set_fail_open(worker->queue, fail_open);
}

/* Returns false when the thread is to end. */
static bool read_mailbox(struct fw_worker *worker)
{
	struct fw_plan *plan;
	eventfd_t n;
	bool stop;

	(void)eventfd_read(worker->mailbox, &n);
	pthread_mutex_lock(&worker->lock);
	plan = FW_TAKE(worker->next_plan);
	stop = worker->stop;
	pthread_mutex_unlock(&worker->lock);
	if (plan)
		adopt_plan(worker, plan);
	return !stop;
}

/* --- thread --------------------------------------------------------------- */
static void read_packets(struct fw_worker *worker, unsigned batches)
{
	while (batches--) {
		int n;

		fw_inspector_clock(&worker->inspector);
		n = fw_queue_read(worker->queue);
		if (n == -ENOBUFS)
			__atomic_fetch_add(&worker->inspector.stats.overloads,
					   1, __ATOMIC_RELAXED);
		else if (n < 0)
			(void)poll(NULL, 0, 100);	/* out of memory */
		else if (n == 0)
			break;
	}
}

static void sweep(struct fw_worker *worker)
{
	fw_inspector_clock(&worker->inspector);
	if (worker->inspector.now_ms - worker->swept_ms < SWEEP_MS)
		return;
	worker->swept_ms = worker->inspector.now_ms;
	fw_inspector_sweep(&worker->inspector);
}

/* A queue keeps to one CPU, of those that the process may use. */
static void pin(uint16_t number)
{
	cpu_set_t allowed, one;
	int nth;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	nth = number % CPU_COUNT(&allowed);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || nth-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		(void)pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
		return;
	}
}

static void *run(void *ctx)
{
	struct fw_worker *worker = ctx;
	struct pollfd fds[] = {
		{ .fd = worker->mailbox, .events = POLLIN },
		{ .fd = fw_queue_fd(worker->queue), .events = POLLIN },
	};
	char name[16];

	(void)snprintf(name, sizeof(name), "fw-queue-%u", worker->number);
	(void)pthread_setname_np(pthread_self(), name);
	pin(worker->number);
	for (;;) {
		if (poll(fds, FW_ARRAY_SIZE(fds), SWEEP_MS) < 0)
			continue;
		if (fds[0].revents && !read_mailbox(worker))
			break;
		if (fds[1].revents)
			read_packets(worker, BATCHES_MAX);
		sweep(worker);
	}
	/* What is held now would be lost when the queue closes. */
	read_packets(worker, DRAIN_BATCHES);
	return NULL;
}

/* Signals are the business of the thread that starts this one. */
static int start_thread(struct fw_worker *worker)
{
	sigset_t all, before;
	int r;

	(void)sigfillset(&all);
	r = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (r)
		return -r;
	r = pthread_create(&worker->thread, NULL, run, worker);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	worker->running = !r;
	return -r;
}

FW_CLEANUP_PTR(struct fw_worker *, fw_worker_stop)

int fw_worker_start(uint16_t queue, const struct fw_plan *plan,
		    const struct fw_door *door, struct fw_worker **ret)
{
	_cleanup_(fw_worker_stop_ptr_) struct fw_worker *worker =
		calloc(1, sizeof(*worker));
	int r;

	if (!worker)
		return -ENOMEM;
	worker->number = queue;
	(void)pthread_mutex_init(&worker->lock, NULL);
	worker->mailbox = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->mailbox < 0)
		return -errno;
	r = fw_inspector_init(&worker->inspector, queue, plan, door);
	if (r)
		return r;
	r = fw_queue_open(queue, fw_inspector_accepts_overload(plan, queue),
			  fw_inspector_packet, &worker->inspector,
			  &worker->queue);
	if (r)
		return r;
	r = start_thread(worker);
	if (r)
		return r;
	*ret = FW_TAKE(worker);
	return 0;
}

/* Compiling may take a while: it is done before the thread asks for it. */
static void compile_patterns(struct fw_worker *worker,
			     const struct fw_plan *plan)
{
	for (size_t i = 0; i < FW_PROFILES; i++) {
		struct fw_patterns *before = worker->compiled[i];

		worker->compiled[i] = NULL;
		if (i < plan->n_profiles)
			(void)fw_patterns_open(&plan->profiles[i],
					       &worker->compiled[i]);
		fw_patterns_unref(before);
	}
}

void fw_worker_set_plan(struct fw_worker *worker, const struct fw_plan *plan)
{
	struct fw_plan *old, *new = fw_plan_ref(plan);

	compile_patterns(worker, plan);

	pthread_mutex_lock(&worker->lock);
	old = worker->next_plan;
	worker->next_plan = new;
	pthread_mutex_unlock(&worker->lock);
	fw_plan_unref(old);
	(void)eventfd_write(worker->mailbox, 1);
}

void fw_worker_get_stats(const struct fw_worker *worker,
			 struct fw_worker_stats *ret)
{
	const struct fw_worker_stats *s = &worker->inspector.stats;

	*ret = (struct fw_worker_stats){
		.packets = __atomic_load_n(&s->packets, __ATOMIC_RELAXED),
		.bytes = __atomic_load_n(&s->bytes, __ATOMIC_RELAXED),
		.flows = __atomic_load_n(&s->flows, __ATOMIC_RELAXED),
		.trusted = __atomic_load_n(&s->trusted, __ATOMIC_RELAXED),
		.blocked = __atomic_load_n(&s->blocked, __ATOMIC_RELAXED),
		.overloads = __atomic_load_n(&s->overloads, __ATOMIC_RELAXED),
		.odd = __atomic_load_n(&s->odd, __ATOMIC_RELAXED),
		.memory = __atomic_load_n(&s->memory, __ATOMIC_RELAXED),
	};
	for (size_t i = 0; i < FW_STATS_MALFORMED; i++)
		ret->malformed[i] = __atomic_load_n(&s->malformed[i],
						    __ATOMIC_RELAXED);
}

static void end_thread(struct fw_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	worker->stop = true;
	pthread_mutex_unlock(&worker->lock);
	(void)eventfd_write(worker->mailbox, 1);
	(void)pthread_join(worker->thread, NULL);
}

void fw_worker_stop(struct fw_worker *worker)
{
	if (!worker)
		return;
	if (worker->running)
		end_thread(worker);
	fw_queue_close(worker->queue);
	fw_inspector_done(&worker->inspector);
	if (worker->mailbox >= 0)
		(void)close(worker->mailbox);
	(void)pthread_mutex_destroy(&worker->lock);
	for (size_t i = 0; i < FW_PROFILES; i++)
		fw_patterns_unref(worker->compiled[i]);
	fw_plan_unref(worker->next_plan);
	free(worker);
}
