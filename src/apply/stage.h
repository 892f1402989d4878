/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stage: a plan's tables, with the host's numbers, into a slot. */
#pragma once

#include "apply/counters.h"
#include "apply/devices.h"
#include "apply/generation.h"
#include "apply/snapshot.h"

/* Fills every table of the slot from plan, or leaves the slot half filled. */
int fw_stage_tables(struct fw_snapshot *snapshot, unsigned slot,
		    const struct fw_plan *plan,
		    const struct fw_devices *devices,
		    struct fw_counters *counters, struct fw_counters *limits,
		    struct fw_apply_error *ret_error);
