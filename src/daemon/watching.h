/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From watched devices to the monitors, and from these to the events. */
#pragma once

#include "daemon/state.h"

/* Makes daemon->monitors. 0 or -ENOMEM. */
int fw_watching_open(struct fw_daemon *daemon);
/* A plan is live. */
void fw_watching_plan(struct fw_daemon *daemon, const struct fw_plan *plan);
/* Takes in what waits. */
void fw_watching_drain(struct fw_daemon *daemon);
void fw_watching_tick(struct fw_daemon *daemon);
