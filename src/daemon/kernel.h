/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor kernel: counters of what the kernel does to packets, their baselines,
 * alerts, and events of drops, retransmits and resets. */
#pragma once

#include <jansson.h>

#include "daemon/state.h"

struct fw_plan_monitors;

/* What the monitor of a plan that is live from now on says: begins, goes on or
 * ends. What the kernel refuses is logged, and counted by other means. */
void fw_kernel_follow(struct fw_daemon *daemon,
		      const struct fw_plan_monitors *monitors);
/* Once a second. */
void fw_kernel_tick(struct fw_daemon *daemon);
void fw_kernel_close(struct fw_daemon *daemon);
/* Members of status: the counters, and drops by reason and place; empty arrays
 * where there is no such monitor. NULL: no memory. */
json_t *fw_kernel_counters(const struct fw_daemon *daemon);
json_t *fw_kernel_drops(const struct fw_daemon *daemon);
