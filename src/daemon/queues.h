/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own count of its queues: /proc/net/netfilter/nfnetlink_queue. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct fw_queue_count {
	uint16_t queue;
	uint32_t length;	/* packets that wait for a verdict */
	uint32_t dropped;	/* queue was full */
	uint32_t user_dropped;	/* the socket was full */
	uint32_t sequence;	/* packets ever queued */
};

/* Reads at most max queues of this network namespace; their number. None where
 * the file cannot be read: then nothing listens. */
size_t fw_queues_read(struct fw_queue_count *ret, size_t max);
/* The same of an open file. */
size_t fw_queues_parse(FILE *in, struct fw_queue_count *ret, size_t max);
