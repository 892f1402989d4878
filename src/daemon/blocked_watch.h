/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of sources that rules of chains have blocked. */
#pragma once

#include "daemon/state.h"

/* Behind the first commit, and once a second. */
void fw_blocked_tick(struct fw_daemon *daemon);
void fw_blocked_close(struct fw_daemon *daemon);
