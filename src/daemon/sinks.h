/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where events go besides those who ask: the block's file, and alerts to the
 * log. */
#pragma once

#include <jansson.h>

#include "daemon/state.h"

struct fw_plan_events;

/* 0 or -errno. Nothing is written before fw_sinks_follow(). */
int fw_sinks_open(struct fw_daemon *daemon);
/* Takes the limit and the file of a plan that is live from now on. */
void fw_sinks_follow(struct fw_daemon *daemon,
		     const struct fw_plan_events *events);
/* On USR2. */
void fw_sinks_reopen(struct fw_daemon *daemon);
/* Once a second: tells of what was left out, tries a failing file again. */
void fw_sinks_tick(struct fw_daemon *daemon);
void fw_sinks_close(struct fw_daemon *daemon);
/* The member `events` of status, or NULL: no memory. */
json_t *fw_sinks_document(const struct fw_daemon *daemon);
