/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inspector: what a worker does with a packet, apart from thread and socket.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "inspect/queue.h"
#include "inspect/table.h"
#include "inspect/vetting.h"
#include "inspect/worker.h"

struct fw_inspector {
	uint16_t number;		/* of the queue */
	const struct fw_door *door;
	struct fw_plan *plan;		/* a reference */
	struct fw_flow_table *table;
	struct fw_memory memory[FW_PROFILES + 1];	/* by profile; the last
							   one: of none */
	uint64_t next_id;
	uint64_t now_ms;		/* boot clock */
	uint32_t renewals;		/* so far, as the door counts them */
	struct fw_worker_stats stats;	/* read by other threads: atomic */
};

/* Takes a reference of plan. 0 or -ENOMEM. */
int fw_inspector_init(struct fw_inspector *inspector, uint16_t number,
		      const struct fw_plan *plan, const struct fw_door *door);
/* One that was zeroed only is fine. */
void fw_inspector_done(struct fw_inspector *inspector);

/* Takes the caller's reference of plan. */
void fw_inspector_set_plan(struct fw_inspector *inspector,
			   struct fw_plan *plan);
/* Forgets the flows that hold this plan, an earlier one. */
void fw_inspector_forget(struct fw_inspector *inspector,
			 const struct fw_plan *plan);
/* Reads the clock: packets and sweeps go by what it showed last. */
void fw_inspector_clock(struct fw_inspector *inspector);
/* Forgets flows whose idle time is over, and sums up the memory in use. */
void fw_inspector_sweep(struct fw_inspector *inspector);

struct fw_queue_verdict
fw_inspector_packet(struct fw_inspector *inspector,
		    const struct fw_queue_message *message);

/* The keyword of the profiles that share the queue, which agree on it. */
bool fw_inspector_accepts_overload(const struct fw_plan *plan, uint16_t number);
