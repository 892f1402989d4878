/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which connections of a capture have begun: what conntrack would know. */
#pragma once

#include "model/packet.h"
#include "util/arena.h"

struct fw_flow_memory;

/* NULL when memory runs out. */
struct fw_flow_memory *fw_flow_memory_new(struct fw_arena *arena);
/* NF_CT_STATE_BIT() of a packet, and 0 or 1 for its direction; 0 where that
 * cannot be told. */
unsigned fw_flow_memory_ask(const struct fw_flow_memory *memory,
			    const struct fw_model_packet *packet,
			    unsigned *ret_direction);
/* The packet was let through: its connection is known from here on. -ENOMEM. */
int fw_flow_memory_add(struct fw_flow_memory *memory,
		       const struct fw_model_packet *packet);
