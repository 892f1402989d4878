/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inspector's worker: one thread, one queue; packets in, verdicts out.
 *
 * What reads the packets is a process of its own (process.h), which the thread
 * starts, watches and starts again. Neither touches a file, a configuration or a
 * kernel map. What is needed of the outside goes through the door, a table of
 * functions that the daemon fills in and the thread calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

/* A flow as its packets show it at the queue, from the side that opened it. */
struct fw_tuple {
	uint8_t family;		/* 4, 6 */
	uint8_t proto;
	uint8_t saddr[16], daddr[16];	/* be; IPv4 in the first four */
	uint16_t sport, dport;		/* host order */
};

/* What the worker knows of a flow; the door copies what it keeps. */
struct fw_flow_report {
	uint64_t id;		/* unlike any other flow's of this worker, also
				   of an earlier one with the same tuple */
	struct fw_tuple tuple;
	bool has_ct;		/* the kernel sent the connection along: */
	struct fw_tuple ct[2];	/* its raw tuples, original and reply, and */
	uint32_t ct_mark;	/* its mark; valid with has_ct */
	uint32_t mark;		/* packet mark of the queue message */
	uint32_t ifindex[2];	/* ingress of each direction, 0 unknown */
	uint16_t queue;
	const struct fw_profile *profile;
	enum fw_flow_verdict verdict;
	uint64_t packets, bytes;	/* that user space saw, both ways */
	const char *sni;	/* these three: NULL when not seen */
	const char *ja3, *ja4;
	const char *reason;	/* of a verdict: "rule", "default",
				   "on-incomplete", …; else NULL */
	uint32_t rule;		/* index in the plan's rules, or FW_NO_RULE */
	bool again;		/* it was judged before, and is so anew */
	const struct fw_kept *kept;	/* once, with the first report of a
					   verdict; else NULL */
};

struct fw_kept;
struct fw_queue_message;

/* What ended an inspector's process. */
enum fw_failure_kind {
	FW_FAILURE_CRASH,	/* it died */
	FW_FAILURE_CALL,	/* of a system call that is none of its own */
	FW_FAILURE_HANG,	/* it took too long, and was killed */
	FW_FAILURE_NONSENSE,	/* so it was for what it said */
	FW_FAILURE_START,	/* it could not be started */
	FW_FAILURE_KINDS_,
};

struct fw_failure {
	uint16_t queue;
	enum fw_failure_kind kind;
	int signal;		/* that it died of; 0: none */
	size_t packets;		/* in hand, which follow the keyword: */
	bool accepts;		/* on-overload */
	unsigned pause_ms;	/* until the next one is started */
};

struct fw_door {
	void *ctx;
	/* From the worker's thread, like all of these; for each packet of a
	 * flow, before the packet's own verdict goes to the kernel: when the flow's verdict
	 * falls, maps are right when the next packet comes. */
	void (*flow)(void *ctx, const struct fw_flow_report *report);
	/* Before that, of each rule of its profile that a flow has met, once:
	 * the last one may be that of the report's verdict. May be NULL. */
	void (*met)(void *ctx, const struct fw_flow_report *report,
		    const struct fw_inspect_rule *rule);
	/* The profile id (0..15) of a flow, from its connection mark, where the
	 * kernel did not send it along. -errno when there is none: -ENOENT for
	 * a connection's first packet, which conntrack does not know yet. */
	int (*profile)(void *ctx, const struct fw_tuple *tuple);
	/* How often verdicts were taken back, by atomic loads. May be NULL. */
	const uint32_t *renewals;
	/* Whether a flow was judged before, and is to be judged anew: then ret
	 * gets what is known of it, and turned, whether this is the tuple of
	 * the side that did not open it. Asked where there were renewals. */
	bool (*again)(void *ctx, const struct fw_tuple *tuple,
		      struct fw_kept *ret, bool *ret_turned);
	/* Whether conntrack knows no connection of the tuple: then this is the
	 * first packet of one. Asked where a verdict is remembered. May be
	 * NULL. */
	bool (*ended)(void *ctx, const struct fw_tuple *tuple);
	/* From here on, of rules with `dns` that did not move to XDP; may be
	 * NULL. Sends a packet, from the IP header on, to where the message
	 * came from. */
	void (*answer)(void *ctx, const struct fw_queue_message *to,
		       const uint8_t *packet, size_t len);
	/* A rule of the plan that only counts has met a packet. */
	void (*counted)(void *ctx, const struct fw_plan *plan, uint32_t rule);
	/* The queue's process has failed. May be NULL. */
	void (*failed)(void *ctx, const struct fw_failure *failure);
};

struct fw_worker_stats {
	uint64_t packets, bytes, flows;
	uint64_t trusted, blocked;
	uint64_t overloads;	/* ENOBUFS from the socket */
	uint64_t odd;		/* packets without a verdict of their own */
	uint64_t memory;	/* bytes held for reassembly now */
	uint64_t malformed[FW_STATS_MALFORMED];	/* of the odd ones: by reason,
						   from the first on */
	uint64_t unjudged;	/* packets without a process to judge them */
	uint64_t failures;	/* of processes */
	uint32_t walls;		/* around the present one, a bit each
				   (sandbox.h); 0: there is none */
};

struct fw_worker;

struct fw_view;

/*
 * Forks the process, opens the queue in the current network namespace and starts
 * the thread. -EBUSY when another process listens on it, -errno otherwise. door
 * and what it points to must outlive the worker. The worker takes a reference of
 * view.
 */
int fw_worker_start(uint16_t queue, struct fw_view *view,
		    const struct fw_door *door, struct fw_worker **ret);
/* The plan of a new generation; flows in hand go on under their old profile
 * where the new plan has none of the same name. */
void fw_worker_set_view(struct fw_worker *worker, struct fw_view *view);
void fw_worker_get_stats(struct fw_worker *worker, struct fw_worker_stats *ret);
/* Closes the queue and waits for the thread. NULL is fine. */
void fw_worker_stop(struct fw_worker *worker);
