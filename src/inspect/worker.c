/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Worker: the thread of one queue, and the watch over its inspector.
 *
 * In: packets of the queue, views of plans. Out: verdicts to the kernel, reports
 * through the door. Starting fails with -errno; afterwards nothing does.
 *
 * The process that judges the packets may fail. Those in hand then follow
 * on-overload, and so do those that come until there is another one: at once after
 * a failure that comes alone, later and later after others.
 *
 * Shared between threads are the mailbox (next_view, stop) and the counters, under
 * a lock. All else belongs to the thread, or, before it runs and after it has
 * ended, to who starts and stops it.
 */
#include "inspect/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>

#include "inspect/inspector.h"
#include "inspect/pin.h"
#include "inspect/process.h"
#include "inspect/queue.h"
#include "util/cleanup.h"

#define SWEEP_MS 1000
#define BATCHES_MAX 64		/* before the mailbox is looked at again */
#define DRAIN_BATCHES 256	/* at the end */
#define QUIET_MS 10000		/* after which a failure comes alone */
#define PAUSE_MIN_MS 50
#define PAUSE_MAX_MS 400

struct fw_worker {
	uint16_t number;
	pthread_t thread;
	bool running;
	const struct fw_door *door;

	pthread_mutex_t lock;
	int mailbox;			/* eventfd */
	struct fw_view *next_view;	/* under lock; NULL: none */
	bool stop;			/* under lock */
	struct fw_worker_stats stats;	/* under lock */
	struct fw_worker_stats past;	/* of processes that are gone */

	struct fw_queue *queue;
	struct fw_view *view;
	struct fw_process *process;	/* NULL: none, until: */
	uint64_t again_ms;
	uint64_t failed_ms;		/* the last time */
	unsigned pause_ms;
	unsigned n_processes;		/* that there were */
	uint64_t swept_ms;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* --- counters ------------------------------------------------------------- */
/* What a process has counted; what it holds is not added up. */
static void add_stats(struct fw_worker_stats *to,
		      const struct fw_worker_stats *of)
{
	to->packets += of->packets;
	to->bytes += of->bytes;
	to->flows += of->flows;
	to->trusted += of->trusted;
	to->blocked += of->blocked;
	to->odd += of->odd;
	for (size_t i = 0; i < FW_STATS_MALFORMED; i++)
		to->malformed[i] += of->malformed[i];
}

static void publish(struct fw_worker *worker)
{
	struct fw_worker_stats stats = worker->past;

	if (worker->process) {
		add_stats(&stats, fw_process_stats(worker->process));
		stats.memory = fw_process_stats(worker->process)->memory;
		stats.walls = fw_process_walls(worker->process);
	}
	pthread_mutex_lock(&worker->lock);
	worker->stats = stats;
	pthread_mutex_unlock(&worker->lock);
}

/* --- process -------------------------------------------------------------- */
static bool accepts(const struct fw_worker *worker)
{
	return fw_inspector_accepts_overload(worker->view->plan,
					     worker->number);
}

static int start_process(struct fw_worker *worker)
{
	return fw_process_start(worker->queue, worker->number, worker->view,
				worker->door, worker->n_processes++,
				&worker->process);
}

static enum fw_failure_kind kind_of(int error, int signal)
{
	if (error == -ETIMEDOUT)
		return FW_FAILURE_HANG;
	if (error == -EBADMSG)
		return FW_FAILURE_NONSENSE;
	if (error != -EPIPE)
		return FW_FAILURE_START;
	return signal == SIGSYS ? FW_FAILURE_CALL : FW_FAILURE_CRASH;
}

/* An error of process.h, with so many packets in hand. */
static void give_up(struct fw_worker *worker, int error, size_t packets)
{
	uint64_t now = now_ms();
	struct fw_failure failure = {
		.queue = worker->number,
		.packets = packets,
		.accepts = accepts(worker),
	};

	if (worker->process)
		add_stats(&worker->past, fw_process_stats(worker->process));
	fw_process_end(FW_TAKE(worker->process),
		       error == -EPIPE ? &failure.signal : NULL);
	failure.kind = kind_of(error, failure.signal);
	if (!worker->failed_ms || now - worker->failed_ms > QUIET_MS)
		worker->pause_ms = 0;
	else if (worker->pause_ms < PAUSE_MAX_MS)
		worker->pause_ms = worker->pause_ms ? 2 * worker->pause_ms :
						      PAUSE_MIN_MS;
	failure.pause_ms = worker->pause_ms;
	worker->failed_ms = now;
	worker->again_ms = now + worker->pause_ms;
	worker->past.failures++;
	if (worker->door->failed)
		worker->door->failed(worker->door->ctx, &failure);
}

static void revive(struct fw_worker *worker)
{
	int r;

	if (worker->process || now_ms() < worker->again_ms)
		return;
	r = start_process(worker);
	if (r)
		give_up(worker, r, 0);
	publish(worker);
}

static void follow_keyword(struct fw_worker *worker,
			   const struct fw_queue_message *messages, size_t n,
			   struct fw_queue_verdict *verdicts)
{
	bool drop = !accepts(worker);

	for (size_t i = 0; i < n; i++) {
		verdicts[i] = (struct fw_queue_verdict){ .drop = drop };
		worker->past.bytes += messages[i].full_len;
	}
	worker->past.packets += n;
	worker->past.unjudged += n;
}

/* A fw_queue_fn. */
static void judge(void *ctx, const struct fw_queue_message *messages, size_t n,
		  struct fw_queue_verdict *verdicts)
{
	struct fw_worker *worker = ctx;
	int r = worker->process ? fw_process_judge(worker->process, messages, n,
						   verdicts) : -EPIPE;

	if (r) {
		follow_keyword(worker, messages, n, verdicts);
		if (worker->process)
			give_up(worker, r, n);
	}
	publish(worker);
}

/* --- mailbox -------------------------------------------------------------- */
/* Takes the reference. */
static void adopt_view(struct fw_worker *worker, struct fw_view *view)
{
	int r = 0;

	if (worker->process)
		r = fw_process_set_view(worker->process, view);
	fw_view_unref(worker->view);
	worker->view = view;
	(void)fw_queue_set_fail_open(worker->queue, accepts(worker));
	if (r)
		give_up(worker, r, 0);
}

/* Returns false when the thread is to end. */
static bool read_mailbox(struct fw_worker *worker)
{
	struct fw_view *view;
	eventfd_t n;
	bool stop;

	(void)eventfd_read(worker->mailbox, &n);
	pthread_mutex_lock(&worker->lock);
	view = FW_TAKE(worker->next_view);
	stop = worker->stop;
	pthread_mutex_unlock(&worker->lock);
	if (view)
		adopt_view(worker, view);
	return !stop;
}

/* --- thread --------------------------------------------------------------- */
static void read_packets(struct fw_worker *worker, unsigned batches)
{
	while (batches--) {
		int n;

		revive(worker);
		n = fw_queue_read(worker->queue);
		if (n == -ENOBUFS)
			worker->past.overloads++;
		else if (n < 0)
			(void)poll(NULL, 0, 100);	/* out of memory */
		else if (n == 0)
			break;
	}
}

static void sweep(struct fw_worker *worker)
{
	int r;

	if (!worker->process || now_ms() - worker->swept_ms < SWEEP_MS)
		return;
	worker->swept_ms = now_ms();
	r = fw_process_sweep(worker->process);
	if (r)
		give_up(worker, r, 0);
	publish(worker);
}

/* Until something comes, or a process is to be started. */
static int patience(const struct fw_worker *worker)
{
	uint64_t now = now_ms();

	if (worker->process)
		return SWEEP_MS;
	return now < worker->again_ms ? (int)(worker->again_ms - now) : 0;
}

static void *run(void *ctx)
{
	struct fw_worker *worker = ctx;
	struct pollfd fds[] = {
		{ .fd = worker->mailbox, .events = POLLIN },
		{ .fd = fw_queue_fd(worker->queue), .events = POLLIN },
		{ .events = POLLIN },
	};
	char name[16];

	(void)snprintf(name, sizeof(name), "fw-queue-%u", worker->number);
	(void)pthread_setname_np(pthread_self(), name);
	fw_pin(worker->number);
	for (;;) {
		fds[2].fd = worker->process ? fw_process_fd(worker->process) :
					      -1;
		if (poll(fds, FW_ARRAY_SIZE(fds), patience(worker)) < 0)
			continue;
		if (fds[2].revents)
			give_up(worker, -EPIPE, 0);
		revive(worker);
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

/* The queue's memory is there before the fork, and packets come after it. */
int fw_worker_start(uint16_t queue, struct fw_view *view,
		    const struct fw_door *door, struct fw_worker **ret)
{
	_cleanup_(fw_worker_stop_ptr_) struct fw_worker *worker =
		calloc(1, sizeof(*worker));
	int r;

	if (!worker)
		return -ENOMEM;
	worker->number = queue;
	worker->door = door;
	worker->view = fw_view_ref(view);
	(void)pthread_mutex_init(&worker->lock, NULL);
	worker->mailbox = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->mailbox < 0)
		return -errno;
	r = fw_queue_new(queue, judge, worker, &worker->queue);
	if (!r)
		r = start_process(worker);
	if (!r)
		r = fw_queue_bind(worker->queue, accepts(worker));
	publish(worker);
	if (!r)
		r = start_thread(worker);
	if (r)
		return r;
	*ret = FW_TAKE(worker);
	return 0;
}

void fw_worker_set_view(struct fw_worker *worker, struct fw_view *view)
{
	struct fw_view *old, *new = fw_view_ref(view);

	pthread_mutex_lock(&worker->lock);
	old = worker->next_view;
	worker->next_view = new;
	pthread_mutex_unlock(&worker->lock);
	fw_view_unref(old);
	(void)eventfd_write(worker->mailbox, 1);
}

void fw_worker_get_stats(struct fw_worker *worker, struct fw_worker_stats *ret)
{
	pthread_mutex_lock(&worker->lock);
	*ret = worker->stats;
	pthread_mutex_unlock(&worker->lock);
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
	fw_process_end(worker->process, NULL);
	if (worker->mailbox >= 0)
		(void)close(worker->mailbox);
	(void)pthread_mutex_destroy(&worker->lock);
	fw_view_unref(worker->next_view);
	fw_view_unref(worker->view);
	free(worker);
}
