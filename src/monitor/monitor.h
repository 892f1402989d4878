/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitors of packets: what the socket filters send in, records out. Pure
 * state: no system call, no clock but the caller's. Used from one thread.
 */
#pragma once

#include "monitor/kind.h"
#include "monitor/seen.h"

struct fw_monitors;

/* stats, lost and names of out are the monitors' own. NULL: no memory. */
struct fw_monitors *fw_monitors_new(const struct fw_monitor_out *out);
void fw_monitors_free(struct fw_monitors *monitors);

/* plan is lent until the next call. 0 or -ENOMEM. */
int fw_monitors_plan(struct fw_monitors *monitors, const struct fw_plan *plan);
/* flags: FW_WATCH() of the monitors that see the packet's device. */
void fw_monitors_seen(struct fw_monitors *monitors, uint32_t flags,
		      const struct fw_seen *seen);
/* The same of a frame, of which nobody knows whether it is forwarded. */
void fw_monitors_frame(struct fw_monitors *monitors, uint32_t flags,
		       struct fw_seen *seen);
/* lost: messages that never came here, since the beginning. */
void fw_monitors_tick(struct fw_monitors *monitors, uint64_t now_ns,
		      uint64_t lost);

/* Names of addresses, as answers gave them. */
const struct fw_names *fw_monitors_names(const struct fw_monitors *monitors);

struct fw_leases;
/* Of monitor dhcp. */
const struct fw_leases *fw_monitors_leases(const struct fw_monitors *monitors);

/* Adds what the monitors have counted by names of programs' counters. */
void fw_monitors_add_stats(const struct fw_monitors *monitors,
			   uint64_t stats[FW_STAT_MAX_]);
