/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live sets: their numbers, and which test of the programs asks which set.
 *
 * In: names; XDP rules. Out: a number that is the same in every plan; the tests,
 * in the order in which rules ask. Fails only for want of memory.
 */
#include <errno.h>
#include <string.h>

#include "plan/plan.h"

int fw_plan_live_number(const char *family, const char *table, const char *name,
			uint64_t *ret)
{
	struct fw_hasher *hasher = fw_hasher_new();
	struct fw_hash hash;

	if (!hasher)
		return -ENOMEM;
	fw_hasher_add_text(hasher, family);
	fw_hasher_add_text(hasher, table);
	fw_hasher_add_text(hasher, name);
	fw_hasher_end(hasher, &hash);
	memcpy(ret, hash.bytes, sizeof(*ret));
	return 0;
}

uint32_t fw_plan_live_test(const struct fw_plan_xdp *xdp,
			   const struct fw_live_match *match)
{
	uint32_t i = 0;

	while (i < xdp->n_live_tests &&
	       (xdp->live_tests[i].set != match->set ||
		xdp->live_tests[i].field != match->field))
		i++;
	return i;
}
