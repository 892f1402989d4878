/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which frames are forwarded ones, where no program says so: those that leave
 * with the payload of one that came in by another device shortly before. NAT
 * changes addresses and ports, not payloads.
 */
#pragma once

#include "monitor/seen.h"

#define FW_TWICE_KEPT 1024

struct fw_twice {
	struct {
		uint64_t hash, time_ns;
		uint32_t ifindex;
	} kept[FW_TWICE_KEPT];	/* that came in; a circle */
	uint32_t next;
};

/* Sets seen->forwarded. Frames are to be shown in the order in which they came
 * by. */
void fw_twice_see(struct fw_twice *twice, struct fw_seen *seen);
