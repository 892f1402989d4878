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
bool fw_plan_limit_make(const struct fw_plan_limit *limit, struct fw_limit *ret)
{
	uint64_t depth;

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
	if (limit->bytes) {
		if (__builtin_mul_overflow(ret->period,
					   ret->rate + limit->burst, &depth))
			return false;
		ret->depth = depth / ret->rate;
		return true;
	}
	return !__builtin_mul_overflow(ret->cost, limit->burst, &ret->depth);
}
