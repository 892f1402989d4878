/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the kernel in, numbers out; a line that does not fit is left out. */
#include "daemon/queues.h"

#include <inttypes.h>

#include "util/cleanup.h"

#define PATH "/proc/self/net/netfilter/nfnetlink_queue"

/* net/netfilter/nfnetlink_queue.c, seq_show(): queue, port id, waiting, copy
 * mode, copy range, queue dropped, user dropped, id sequence, 1. */
size_t fw_queues_parse(FILE *in, struct fw_queue_count *ret, size_t max)
{
	struct fw_queue_count count;
	char line[256];
	size_t n = 0;

	while (n < max && fgets(line, sizeof(line), in)) {
		if (sscanf(line,
			   "%" SCNu16 " %*u %" SCNu32 " %*u %*u %" SCNu32
			   " %" SCNu32 " %" SCNu32,
			   &count.queue, &count.length, &count.dropped,
			   &count.user_dropped, &count.sequence) == 5)
			ret[n++] = count;
	}
	return n;
}

size_t fw_queues_read(struct fw_queue_count *ret, size_t max)
{
	_cleanup_fclose_ FILE *in = fopen(PATH, "re");

	return in ? fw_queues_parse(in, ret, max) : 0;
}
