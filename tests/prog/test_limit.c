/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rate limits in the XDP program: what passes of a burst, and of a flood from
 * two CPUs.
 *
 * Catches, among others: a bucket that is not charged by one atomic step, one
 * that is a packet too deep or too flat, bytes counted with the Ethernet header,
 * `over` that holds for what is within, an overlap that charges twice, made-up
 * sources that push others out of the map.
 */
#define _GNU_SOURCE 1	/* CPU_SET */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <net/if.h>

#include "kernel.h"
#include "packets.h"
#include "tables.h"
#include "util/cleanup.h"

#define FLOOD_RATE 200000
#define FLOOD_NS UINT64_C(10000000000)
#define FLOOD_BATCH 2000
#define FRAME 114		/* bytes; 100 from the network header on */

struct test {
	struct kernel xdp;
	uint32_t ifindex;
	unsigned passed, failed;
};

static void check(struct test *t, const char *what, uint64_t got, uint64_t lo,
		  uint64_t hi)
{
	if (got >= lo && got <= hi) {
		t->passed++;
		return;
	}
	t->failed++;
	fprintf(stderr, "FAIL %s: %" PRIu64 ", not %" PRIu64 " to %" PRIu64 "\n",
		what, got, lo, hi);
}

static uint64_t now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* `limit …` and the verdict for every packet, counted. */
static int use_limit(struct test *t, uint32_t slot,
		     const struct fw_plan_limit *limit, enum fw_verdict verdict,
		     enum fw_verdict policy)
{
	struct fw_plan *plan = fw_plan_new();
	struct fw_xdp_rule *rules;
	struct fw_xdp_device *device;
	int r = -ENOMEM;

	if (!plan)
		return r;
	rules = fw_arena_array(plan->arena, 64, sizeof(*rules));
	device = fw_arena_array(plan->arena, 1, sizeof(*device));
	if (rules && device) {
		for (int i = 0; i < 64; i++)
			rules[i].rule = i ? FW_NO_RULE : 0;
		rules[0].verdict = verdict;
		rules[0].counted = true;
		rules[0].limit = limit;
		*device = (struct fw_xdp_device){.device = "lo",
						 .family = "netdev",
						 .n_words = 1,
						 .policy = policy};
		plan->xdp.rules = rules;
		plan->xdp.n_rules = 64;
		plan->xdp.devices = device;
		plan->xdp.n_devices = 1;
		plan->options.mark_shift = 24;
		r = tables_build(plan);
	}
	if (!r)
		r = kernel_fill(&t->xdp, slot, plan, 0);
	fw_plan_unref(plan);
	return r;
}

/* One frame from a source, 10.0.x.y, to a port, n times. */
static int run_from(const struct test *t, uint16_t source, uint8_t port, int n)
{
	uint8_t frame[FRAME] = {[12] = 8, [14] = 0x45, [17] = 100, [22] = 64,
				[23] = 17, [26] = 10,
				[28] = (uint8_t)(source >> 8),
				[29] = (uint8_t)source, [37] = port};
	struct xdp_md ctx = {.data_end = FRAME, .ingress_ifindex = t->ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = sizeof(frame), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = n);

	return bpf_prog_test_run_opts(t->xdp.program, &opts);
}

static int run(const struct test *t, int n)
{
	return run_from(t, 1, 53, n);
}

static uint64_t stat(const struct test *t, enum fw_stat which)
{
	uint64_t value = 0;

	(void)kernel_stat(&t->xdp, which, &value);
	return value;
}

/* --- bursts --------------------------------------------------------------- */
static const struct burst {
	const char *what;
	struct fw_plan_limit limit;
	uint64_t holds;		/* for so many of 40 frames */
} bursts[] = {
	{"packets", {{1, 86400}, 7, false, false, NULL}, 7},
	{"one packet", {{1, 604800}, 1, false, false, NULL}, 1},
	{"over", {{1, 86400}, 7, true, false, NULL}, 33},
	{"a large rate", {{4000000000, 1}, 5, false, false, NULL}, 40},
	{"bytes", {{1, 86400}, 999, false, true, NULL}, 10},
	{"bytes, one less", {{1, 86400}, 998, false, true, NULL}, 9},
	{"bytes and a unit of time", {{1000, 86400}, 0, false, true, NULL}, 10},
	{"over bytes", {{1, 604800}, 499, true, true, NULL}, 35},
};

static int test_burst(struct test *t, const struct burst *b)
{
	int r = use_limit(t, 0, &b->limit, FW_VERDICT_DROP, FW_VERDICT_ACCEPT);
	struct fw_counter counter;

	if (!r)
		r = kernel_control(&t->xdp, 1 << FW_CONTROL_EPOCH_SHIFT);
	if (!r)
		r = kernel_zero(&t->xdp);
	for (int i = 0; !r && i < 40; i++)
		r = run(t, 1);
	if (!r)
		r = kernel_counter(&t->xdp, 0, &counter);
	if (r)
		return r;
	check(t, b->what, stat(t, FW_STAT_XDP_DROP_RATE), b->holds, b->holds);
	check(t, b->what, counter.packets, b->holds, b->holds);
	return 0;
}

/* Two frames of each bucket are dropped: what falls together, and what does not. */
static int test_meter(struct test *t, const char *what,
		      const struct fw_meter *meter, uint64_t buckets)
{
	const struct fw_plan_limit limit = {{1, 86400}, 2, false, false, meter};
	static const struct {
		uint16_t source;
		uint8_t port;
	} frames[] = {{0x0001, 53}, {0x0001, 80}, {0x0002, 53}, {0x0101, 53}};
	int r = use_limit(t, 0, &limit, FW_VERDICT_DROP, FW_VERDICT_ACCEPT);

	if (!r)
		r = kernel_zero(&t->xdp);
	for (size_t i = 0; !r && i < 4 * FW_ARRAY_SIZE(frames); i++)
		r = run_from(t, frames[i / 4].source, frames[i / 4].port, 1);
	check(t, what, stat(t, FW_STAT_XDP_DROP_RATE), 2 * buckets, 2 * buckets);
	return r;
}

/* The next meter has the same number, and is to have new buckets. */
static int forget(struct test *t)
{
	struct fw_limit_key key;
	int fd = kernel_map(&t->xdp, "sources");

	while (bpf_map_get_next_key(fd, NULL, &key) == 0)
		if (bpf_map_delete_elem(fd, &key))
			return -errno;
	return 0;
}

static int test_meters(struct test *t)
{
	const fw_u128 whole = 0xffffffff, prefix = 0xffffff00;
	const struct fw_meter meters[] = {
		{FW_FIELD_SADDR4, whole, false},
		{FW_FIELD_SADDR4, prefix, false},
		{FW_FIELD_SADDR4, whole, true},
		{FW_FIELD_SADDR4, prefix, true},
	};
	int r = kernel_control(&t->xdp, 1 << FW_CONTROL_EPOCH_SHIFT);

	r = r ? r : test_meter(t, "by source", &meters[0], 3);
	r = r ? r : forget(t);
	r = r ? r : test_meter(t, "by prefix", &meters[1], 2);
	r = r ? r : forget(t);
	r = r ? r : test_meter(t, "by source and port", &meters[2], 4);
	r = r ? r : forget(t);
	return r ? r : test_meter(t, "by prefix and port", &meters[3], 3);
}

/* Four times as many made-up sources as the map has room for, once each, between
 * packets of two that were there before: one over its limit, one within. */
#define MADE_UP 65536
#define ADMITTED (65536 / 4 + 2)	/* and the crowd's own burst */

static int flood_sources(struct test *t)
{
	int r = 0;

	for (uint8_t port = 1; port <= 4; port++)
		for (int source = 0; !r && source < MADE_UP; source++) {
			r = run_from(t, (uint16_t)source, port, 1);
			if (!r && source % 4096 == 0)
				r = run_from(t, 1, 53, 1);
		}
	return r;
}

static int test_crowd(struct test *t)
{
	static const struct fw_meter meter = {FW_FIELD_SADDR4, 0xffffffff, true};
	const struct fw_plan_limit limit = {{1, 86400}, 2, false, false, &meter};
	int r = use_limit(t, 0, &limit, FW_VERDICT_DROP, FW_VERDICT_ACCEPT);
	uint64_t before;

	if (!r)
		r = run_from(t, 1, 53, 2);
	if (!r)
		r = run_from(t, 2, 53, 1);
	if (!r)
		r = kernel_zero(&t->xdp);
	if (!r)
		r = flood_sources(t);
	if (r)
		return r;
	before = stat(t, FW_STAT_XDP_DROP_RATE);
	check(t, "made-up sources within their limits", before, ADMITTED - 8,
	      ADMITTED);
	r = run_from(t, 1, 53, 1);
	check(t, "a source over its limit, after a flood",
	      stat(t, FW_STAT_XDP_DROP_RATE) - before, 0, 0);
	r = r ? r : run_from(t, 2, 53, 2);
	check(t, "a source within its limit, after a flood",
	      stat(t, FW_STAT_XDP_DROP_RATE) - before, 1, 1);
	return r;
}

/* Both slots have the same rule; each of them names the first one's limit. */
static int test_overlap(struct test *t)
{
	const struct fw_plan_limit limit = {{1, 86400}, 9, true, false, NULL};
	uint32_t zero = 0, id = 0;
	struct fw_action action;
	int fd, r;

	r = use_limit(t, 1, &limit, FW_VERDICT_DROP, FW_VERDICT_ACCEPT);
	if (!r)
		r = use_limit(t, 0, &limit, FW_VERDICT_DROP, FW_VERDICT_ACCEPT);
	for (uint32_t slot = 0; !r && slot < FW_SLOTS; slot++) {
		r = bpf_map_lookup_elem(kernel_map(&t->xdp, "actions"), &slot,
					&id);
		fd = r ? r : bpf_map_get_fd_by_id(id);
		r = fd < 0 ? fd : bpf_map_lookup_elem(fd, &zero, &action);
		action.limit = 1;
		if (!r)
			r = bpf_map_update_elem(fd, &zero, &action, BPF_ANY);
		if (fd >= 0)
			(void)close(fd);
	}
	if (!r)
		r = kernel_zero(&t->xdp);
	if (!r)
		r = kernel_control(&t->xdp, 1 << FW_CONTROL_EPOCH_SHIFT |
						    FW_CONTROL_OVERLAP);
	for (int i = 0; !r && i < 40; i++)
		r = run(t, 1);
	check(t, "overlap", stat(t, FW_STAT_XDP_ACCEPT), 9, 9);
	return r;
}

/* --- two CPUs ------------------------------------------------------------- */
struct flood {
	const struct test *test;
	unsigned cpu;
	uint64_t until;
	uint64_t sent;
	int r;
	pthread_t thread;
};

static void *flood(void *data)
{
	struct flood *f = data;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(f->cpu, &cpus);
	(void)pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	while (!f->r && now() < f->until) {
		f->r = run(f->test, FLOOD_BATCH);
		f->sent += FLOOD_BATCH;
	}
	return NULL;
}

/* The burst covers the time for which a loaded machine may run neither. */
static int test_flood(struct test *t)
{
	const struct fw_plan_limit limit = {
		{FLOOD_RATE, 1}, FLOOD_RATE / 2, false, false, NULL};
	struct flood floods[2] = {{.test = t, .cpu = 0}, {.test = t, .cpu = 1}};
	uint64_t begin, ns, admitted, want, sent = 0;
	int r = use_limit(t, 0, &limit, FW_VERDICT_ACCEPT, FW_VERDICT_DROP);

	if (!r)
		r = kernel_control(&t->xdp, 1 << FW_CONTROL_EPOCH_SHIFT);
	if (!r)
		r = kernel_zero(&t->xdp);
	if (r)
		return r;
	begin = now();
	for (int i = 0; i < 2; i++) {
		floods[i].until = begin + FLOOD_NS;
		if (pthread_create(&floods[i].thread, NULL, flood, &floods[i]))
			return -EAGAIN;
	}
	for (int i = 0; i < 2; i++) {
		(void)pthread_join(floods[i].thread, NULL);
		r = r ? r : floods[i].r;
		sent += floods[i].sent;
	}
	ns = now() - begin;
	if (r)
		return r;
	admitted = stat(t, FW_STAT_XDP_ACCEPT);
	want = (uint64_t)((double)ns * FLOOD_RATE / 1e9) + limit.burst;
	printf("%" PRIu64 " of %" PRIu64 " frames admitted in %.3f s: %.4f of "
	       "the limit\n", admitted, sent, (double)ns / 1e9,
	       (double)admitted / (double)want);
	/* Where the machine gave too little time there was no flood. */
	if (sent < 2 * want) {
		printf("no flood: the machine is too busy to tell\n");
		check(t, "admitted of what came", admitted, 0, want);
		return 0;
	}
	check(t, "admitted of a flood", admitted, want - want / 100,
	      want + want / 1000);
	return 0;
}

int main(void)
{
	static struct test t;
	int r;

	kernel_namespace(NULL, 0);
	t.ifindex = if_nametoindex("lo");
	r = kernel_open(&t.xdp, KERNEL_XDP, NULL);
	for (size_t i = 0; !r && i < FW_ARRAY_SIZE(bursts); i++)
		r = test_burst(&t, &bursts[i]);
	if (!r)
		r = test_meters(&t);
	if (!r)
		r = forget(&t);
	if (!r)
		r = test_crowd(&t);
	if (!r)
		r = test_overlap(&t);
	if (!r)
		r = test_flood(&t);
	kernel_close(&t.xdp);
	if (r)
		fprintf(stderr, "stopped: %s\n", strerror(-r));
	printf("%u passed, %u failed\n", t.passed, t.failed);
	return r || t.failed || !t.passed;
}
