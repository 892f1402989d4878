/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In: frames. Out: whether each was seen before, on its way in. Nothing fails. */
#include "monitor/twice.h"

#include "util/siphash.h"

/* Longer than any queue of a device, shorter than the time after which a client
 * asks again with the same id. */
#define WITHIN_NS UINT64_C(500000000)

/* Whoever finds two payloads of one hash can make one of his frames seem to be
 * forwarded which was not: he could as well forward it. */
static uint64_t hash_of(const struct fw_seen *seen)
{
	static const struct fw_siphash_key key = { 1, 2 };

	return fw_siphash(&key, seen->payload, seen->len) ^ seen->proto;
}

void fw_twice_see(struct fw_twice *twice, struct fw_seen *seen)
{
	uint64_t hash = hash_of(seen);

	if (!seen->out) {
		uint32_t at = twice->next++ % FW_TWICE_KEPT;

		twice->kept[at].hash = hash;
		twice->kept[at].time_ns = seen->time_ns;
		twice->kept[at].ifindex = seen->ifindex;
		return;
	}
	for (size_t i = 0; i < FW_TWICE_KEPT && !seen->forwarded; i++)
		seen->forwarded = twice->kept[i].hash == hash &&
				  twice->kept[i].ifindex &&
				  twice->kept[i].time_ns + WITHIN_NS >
					  seen->time_ns;
}
