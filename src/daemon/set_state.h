/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file in which changes of sets outlive the daemon, but not the boot. */
#pragma once

#include "daemon/state.h"

/* What an earlier daemon left, without what has ended meanwhile; no changes
 * where there is nothing, or nothing of use (which is logged). 0 or -ENOMEM. */
int fw_set_state_read(const struct fw_daemon *daemon, struct fw_changes **ret);
/* Writes what the running generation has; a failure is logged. */
void fw_set_state_write(const struct fw_daemon *daemon);
/* The sets go, and what was changed in them. */
void fw_set_state_forget(const struct fw_daemon *daemon);
