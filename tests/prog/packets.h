/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random frames: proper ones, odd ones, broken ones. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"
#include "random.h"

#define PACKET_MAX 9000

struct packet {
	uint8_t bytes[PACKET_MAX];
	size_t len;	/* at least 14 */
};

/* Values come from the plan's rules half of the time. limit: longest frame. */
void packet_random(struct rng *rng, const struct fw_plan *plan, size_t limit,
		   struct packet *ret);

/*
 * Whether the frame ends inside an address of IP or ARP. nft reads of one what a
 * prefix of whole bytes needs, and so may meet it there; XDP asks for the whole.
 */
bool packet_ends_in_address(const struct packet *packet);
