/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The step from a plan to a live generation, in the daemon's view. */
#pragma once

#include <stdbool.h>

#include "daemon/state.h"

struct fw_commit_error {
	int code;		/* exit status */
	bool is_diagnostic;	/* text is of a line of the configuration, and
				   ends with a newline */
	char text[1400];
};

/*
 * Commits plan: workers for its queues first, then the kernel, then all who
 * work by the plan. True, or false with ret_error filled.
 */
bool fw_commit_plan(struct fw_daemon *daemon, const struct fw_plan *plan,
		    struct fw_commit_error *ret_error);
