/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's door. */
#pragma once

#include <stdbool.h>

#include "grammar/parse.h"

/* Where an instance's lock, socket and state stand: below RUNSTATEDIR. */
#define FW_RUN_DIRECTORY RUNSTATEDIR "/flywall"
#define FW_INSTANCE_DEFAULT "flywall"
#define FW_INSTANCE_MAX 48	/* bytes */
#define FW_TRIAL_MS_MAX 86400000	/* of reload --confirm: a day */

struct fw_daemon_options {
	const char *file;	/* "-": standard input */
	const char *instance;
	struct fw_parse_options parse;
	bool take_over;
	bool verbose;
};

/* Runs in the foreground until it is told to leave. Returns the exit status. */
int fw_daemon_run(const struct fw_daemon_options *options);
