/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: flow keys and entries, records of the events ring. Out: the same, to and
 * from the kernel. May fail: a full map, an entry that is not there.
 *
 * The flow map's descriptor never changes while struct fw_apply lives, and who
 * changes an entry holds a lock: so any thread may call these functions.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "apply/apply.h"
#include "util/cleanup.h"

static int flow_map(const struct fw_apply *apply)
{
	return fw_bpf_map_fd(&apply->bpf, "flow_map");
}

static struct fw_flow_counts counted_as(const struct fw_flow *flow)
{
	return (struct fw_flow_counts){1, flow->verdict == FW_FLOW_BLOCKED};
}

/* What the map has under the key counts as, nothing where it has nothing. */
static struct fw_flow_counts counted(const struct fw_apply *apply,
				     const struct fw_flow_key *key)
{
	struct fw_flow flow;

	if (bpf_map_lookup_elem(flow_map(apply), key, &flow))
		return (struct fw_flow_counts){0};
	return counted_as(&flow);
}

static void tell_counts(struct fw_apply *apply)
{
	int fd = fw_bpf_map_fd(&apply->bpf, "flow_counts");
	uint32_t key = 0;

	if (fd >= 0)
		(void)bpf_map_update_elem(fd, &key, &apply->flow_counts,
					  BPF_ANY);
}

static void count_in(struct fw_apply *apply, struct fw_flow_counts n)
{
	apply->flow_counts.all += n.all;
	apply->flow_counts.blocked += n.blocked;
	tell_counts(apply);
}

static void count_out(struct fw_apply *apply, struct fw_flow_counts n)
{
	if (!n.all)
		return;
	apply->flow_counts.all -= n.all;
	apply->flow_counts.blocked -= n.blocked;
	tell_counts(apply);
}

/* The counts go up before the entry is there, and down behind it: programs look
 * for nothing once too often, and miss nothing. */
int fw_apply_flow_set(struct fw_apply *apply, const struct fw_flow_key *key,
		      const struct fw_flow *flow)
{
	struct fw_flow_counts was, is = counted_as(flow);
	int r;

	(void)pthread_mutex_lock(&apply->flow_lock);
	was = counted(apply, key);
	count_in(apply, is);
	r = bpf_map_update_elem(flow_map(apply), key, flow, BPF_ANY);
	count_out(apply, r ? is : was);
	(void)pthread_mutex_unlock(&apply->flow_lock);
	return r;
}

int fw_apply_flow_get(struct fw_apply *apply, const struct fw_flow_key *key,
		      struct fw_flow *ret)
{
	return bpf_map_lookup_elem(flow_map(apply), key, ret);
}

int fw_apply_flow_delete(struct fw_apply *apply, const struct fw_flow_key *key)
{
	struct fw_flow_counts was;
	int r;

	(void)pthread_mutex_lock(&apply->flow_lock);
	was = counted(apply, key);
	r = bpf_map_delete_elem(flow_map(apply), key);
	if (!r)
		count_out(apply, was);
	(void)pthread_mutex_unlock(&apply->flow_lock);
	return r;
}

/* A batch ends at the end of a bucket, so walks survive deletions. */
#define BATCH 1024

int fw_apply_flows(struct fw_apply *apply,
		   int (*fn)(void *ctx, const struct fw_flow_key *key,
			     const struct fw_flow *flow),
		   void *ctx)
{
	_cleanup_free_ struct fw_flow_key *keys = calloc(BATCH, sizeof(*keys));
	_cleanup_free_ struct fw_flow *flows = calloc(BATCH, sizeof(*flows));
	__u32 cursor, n;
	bool first = true;
	int r, end;

	if (!keys || !flows)
		return -ENOMEM;
	if (flow_map(apply) < 0)
		return 0;	/* no program would look there */
	do {
		n = BATCH;
		end = bpf_map_lookup_batch(flow_map(apply),
					   first ? NULL : &cursor, &cursor,
					   keys, flows, &n, NULL) ? -errno : 0;
		if (end && end != -ENOENT)
			return end;
		for (__u32 i = 0; i < n; i++) {
			r = fn(ctx, &keys[i], &flows[i]);
			if (r)
				return r;
		}
		first = false;
	} while (!end);
	return 0;
}

static int add_count(void *ctx, const struct fw_flow_key *key,
		     const struct fw_flow *flow)
{
	struct fw_flow_counts *counts = ctx;

	(void)key;
	counts->all++;
	counts->blocked += flow->verdict == FW_FLOW_BLOCKED;
	return 0;
}

int fw_apply_flows_open(struct fw_apply *apply)
{
	int r = fw_apply_flows(apply, add_count, &apply->flow_counts);

	tell_counts(apply);
	return r;
}

/* --- events --------------------------------------------------------------- */
struct drain {
	void (*fn)(void *ctx, const struct fw_event_head *head);
	void *ctx;
};

/* libbpf takes the callback when the ring is opened, not when it is read. */
static _Thread_local struct drain *draining;

static int one_record(void *ctx, void *data, size_t size)
{
	const struct fw_event_head *head = data;

	(void)ctx;
	if (draining && size >= sizeof(*head) && head->size <= size)
		draining->fn(draining->ctx, head);
	return 0;
}

int fw_apply_events_open(struct fw_apply *apply)
{
	int fd = fw_bpf_map_fd(&apply->bpf, "events");

	if (fd < 0)
		return 0;
	apply->ring = ring_buffer__new(fd, one_record, NULL, NULL);
	return apply->ring ? 0 : -errno;
}

void fw_apply_events_done(struct fw_apply *apply)
{
	ring_buffer__free(apply->ring);
	apply->ring = NULL;
}

int fw_apply_events_fd(const struct fw_apply *apply)
{
	return apply->ring ? ring_buffer__epoll_fd(apply->ring) : -ENOENT;
}

int fw_apply_events_drain(struct fw_apply *apply,
			  void (*fn)(void *ctx,
				     const struct fw_event_head *head),
			  void *ctx)
{
	struct drain drain = {fn, ctx};
	int r;

	if (!apply->ring)
		return 0;
	draining = &drain;
	r = ring_buffer__consume(apply->ring);
	draining = NULL;
	return r;
}
