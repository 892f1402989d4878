/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queue: NFQUEUE over netlink; messages in, verdicts out, in batches.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fw_queue;
struct fw_shared;
struct nlattr;

struct fw_queue_message {
	uint32_t id;
	uint32_t mark;		/* of the packet */
	uint32_t ifindex;	/* it came in by, 0 for the host's own */
	const uint8_t *link;	/* the address it came from, link_size bytes */
	size_t link_size;	/* 0: none is known */
	const uint8_t *data;	/* from the IP header on */
	size_t len, full_len;	/* that are here; that the packet has */
	const struct nlattr *ct;	/* NULL where the kernel sends none */
};

struct fw_queue_verdict {
	bool drop;
	bool set_mark;
	uint32_t mark;		/* valid with set_mark */
	bool set_class;
	uint16_t class;		/* its number; valid with set_class */
};

#define FW_QUEUE_BATCH 32	/* packets that are judged together */

/* Fills a verdict for each of n messages, at most a batch. */
typedef void fw_queue_fn(void *ctx, const struct fw_queue_message *messages,
			 size_t n, struct fw_queue_verdict *verdicts);

/*
 * A queue that is not bound yet: what its messages point to is memory that
 * processes forked from now on share. fn is called with packets, in order, from
 * fw_queue_bind() (a packet may be quicker than the answer to the bind) and from
 * fw_queue_read().
 */
int fw_queue_new(uint16_t number, fw_queue_fn *fn, void *ctx,
		 struct fw_queue **ret);
/* Binds it in the current network namespace. fail_open: packets that find it full
 * pass. -EBUSY when another process has the queue. */
int fw_queue_bind(struct fw_queue *queue, bool fail_open);
/* Where its messages point to, for who is to look but not to touch. */
const struct fw_shared *fw_queue_memory(const struct fw_queue *queue);
int fw_queue_set_fail_open(struct fw_queue *queue, bool fail_open);
/* To be polled; does not change. */
int fw_queue_fd(const struct fw_queue *queue);

/*
 * Reads what is there, up to a batch, without waiting; the verdicts are sent
 * together at the end. Returns the number of packets, 0 when there was none,
 * -ENOBUFS when the socket overflowed (packets were lost; go on), or another
 * -errno.
 */
int fw_queue_read(struct fw_queue *queue);
/* Packets still held are dropped by the kernel. NULL is fine. */
void fw_queue_close(struct fw_queue *queue);
