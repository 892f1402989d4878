/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes: their numbers, and what programs are told of them.
 *
 * In: classes as they were written. Out: a number for each, drawn from its name,
 * and struct fw_qos. Fails only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "plan/plan.h"

#define SECOND UINT64_C(1000000000)	/* ns */

/* Where a class says no burst: what comes in so many ns. */
#define BURST_NS (SECOND / 50)

/* What programs multiply with a packet's bytes has to stay below 2^64. */
#define SECONDS_MAX 3600u
#define DEPTH_MAX (SECOND * 86400)

static bool is_taken(const struct fw_qos_class *classes, size_t n,
		     unsigned number)
{
	for (size_t i = 0; i < n; i++)
		if (classes[i].number == number)
			return true;
	return false;
}

int fw_plan_class_number(struct fw_qos_class *classes, size_t at)
{
	struct fw_hasher *hasher = fw_hasher_new();
	struct fw_hash hash;
	unsigned number;

	if (!hasher)
		return -ENOMEM;
	fw_hasher_add_text(hasher, classes[at].name);
	fw_hasher_end(hasher, &hash);
	number = (unsigned)hash.bytes[0] << 8 | hash.bytes[1];
	do
		number = (number + 1) % FW_QOS_CLASSES;
	while (is_taken(classes, at, number));
	classes[at].number = (uint16_t)number;
	return 0;
}

static uint64_t depth_of(const struct fw_qos_class *class,
			 const struct fw_qos *qos)
{
	fw_u128 depth = (fw_u128)class->burst * qos->period / qos->rate;

	if (!class->burst)
		return BURST_NS;
	return depth < DEPTH_MAX ? (uint64_t)depth : DEPTH_MAX;
}

void fw_plan_class_make(const struct fw_qos_class *class, struct fw_qos *ret)
{
	uint64_t rate = class->rate.amount;
	uint32_t seconds = class->rate.seconds;

	*ret = (struct fw_qos){
		.priority = class->priority,
		.dscp = class->dscp,
		.flags = (uint8_t)(FW_QOS_KNOWN |
				   (class->has_dscp ? FW_QOS_DSCP : 0u) |
				   (class->has_priority ? FW_QOS_PRIORITY : 0u)),
	};
	if (!rate)
		return;
	if (seconds > SECONDS_MAX) {
		rate = (uint64_t)((fw_u128)rate * SECONDS_MAX / seconds);
		rate = rate ? rate : 1;
		seconds = SECONDS_MAX;
	}
	ret->period = seconds * SECOND;
	ret->rate = rate;
	ret->depth = depth_of(class, ret);
}
