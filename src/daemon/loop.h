/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What wakes the daemon: signals, descriptors, timers. */
#pragma once

#include "daemon/state.h"

/* Makes daemon->loop; the loop starts with fw_loop_run(). 0 or -errno. */
int fw_loop_open(struct fw_daemon *daemon);
/* Until fw_loop_leave(). */
void fw_loop_run(struct fw_daemon *daemon);
/* Takes in what events there are now, so that an answer has them all. */
void fw_loop_gather(struct fw_daemon *daemon);
void fw_loop_leave(struct fw_daemon *daemon);
void fw_loop_close(struct fw_daemon *daemon);
