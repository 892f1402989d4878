/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A limit as it was written, to what programs charge.
 *
 * In: a limit. Out: struct fw_limit, of which nothing has been charged. False
 * where the kernel's own limit would refuse the numbers too.
 */
#include <arpa/inet.h>

#include "plan/plan.h"

#define SECOND UINT64_C(1000000000)	/* ns */

/* While a bucket fills up, this part of the map may be new sources, and as many
 * at once: what is full may be forgotten. */
#define NEW_SOURCES 4

static void make_meter(const struct fw_meter *meter, struct fw_limit *ret)
{
	unsigned words = meter->field == FW_FIELD_SADDR4 ? 1 : 4;

	ret->flags |= FW_LIMIT_BY_SOURCE |
		      (meter->port ? FW_LIMIT_BY_DPORT : 0);
	for (unsigned i = 0; i < words; i++)
		ret->mask[i] = htonl((uint32_t)(meter->mask >>
						32 * (words - 1 - i)));
}

/*
 * With nft's rounding: of packets, a bucket holds `burst` of them; of bytes,
 * what passes in one unit of time and `burst` besides.
 */
static bool make_depth(const struct fw_plan_limit *limit, struct fw_limit *ret)
{
	uint64_t depth;

	if (!limit->bytes)
		return !__builtin_mul_overflow(ret->cost, limit->burst,
					       &ret->depth);
	if (__builtin_mul_overflow(ret->period, ret->rate + limit->burst,
				   &depth))
		return false;
	ret->depth = depth / ret->rate;
	return true;
}

bool fw_plan_limit_make(const struct fw_plan_limit *limit, uint32_t sources,
			struct fw_limit *ret)
{
	*ret = (struct fw_limit){
		.flags = (limit->over ? FW_LIMIT_OVER : 0) |
			 (limit->bytes ? FW_LIMIT_BYTES : 0),
		.period = limit->rate.seconds * SECOND,
		.rate = limit->rate.amount,
	};
	if (!ret->rate)
		return false;
	if (limit->meter)
		make_meter(limit->meter, ret);
	ret->cost = ret->period / ret->rate;
	if (!make_depth(limit, ret))
		return false;
	if (limit->meter)
		ret->entry = ret->depth / (sources / NEW_SOURCES + 1);
	return true;
}
