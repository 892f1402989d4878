/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's log, as options, environment and configuration want it. */
#pragma once

#include "daemon/state.h"

/* Before there is a configuration, after each commit, and on USR2. */
void fw_logging_open(const struct fw_daemon *daemon);
/* USR1: every counter that is not zero, a line each. */
void fw_logging_counters(const struct fw_daemon *daemon);
