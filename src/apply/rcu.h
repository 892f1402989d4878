/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wait after which no program still runs with what it read before. */
#pragma once

#include <stdbool.h>

struct fw_rcu {
	int outer, inner;	/* descriptors, or -1 */
};

/* programs: there are some; else there is nothing to wait for. */
int fw_rcu_init(struct fw_rcu *rcu, bool programs);
/* Returns once every program that runs now has ended. 0 or -errno; on an error
 * nothing may be taken for waited for. */
int fw_rcu_wait(const struct fw_rcu *rcu);
void fw_rcu_done(struct fw_rcu *rcu);
