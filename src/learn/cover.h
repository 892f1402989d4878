/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as the smallest honest set of prefixes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/vec.h"

struct fw_address {
	uint8_t bytes[16];	/* network byte order; of IPv4 the first 4 */
};

struct fw_cover {
	struct fw_address address;
	unsigned length;	/* of the prefix, in bits */
};

typedef FW_VEC(struct fw_address) fw_addresses;
typedef FW_VEC(struct fw_cover) fw_covers;

/* In order, each once. */
void fw_addresses_sort(fw_addresses *addresses);
bool fw_addresses_have(const fw_addresses *addresses,
		       const struct fw_address *address);
/* How many different prefixes of that length they are in. */
size_t fw_addresses_spread(const fw_addresses *addresses, unsigned length);

/*
 * Prefixes that hold all of the addresses, which are sorted. A prefix holds
 * others only where it is well covered: at least 8 of its addresses are there, and
 * of those in `known` (all hosts that were seen on that side, sorted) 9 in 10; in
 * IPv4 3 in 4 of all that it has, and in IPv6 it is a /64. 0 or -ENOMEM.
 */
int fw_cover(struct fw_arena *arena, uint8_t family,
	     const fw_addresses *addresses, const fw_addresses *known,
	     fw_covers *ret);
/* "192.0.2.1", "{ 10.0.0.0/24, 10.1.0.7 }"; NULL: no memory. */
const char *fw_cover_text(struct fw_arena *arena, uint8_t family,
			  const fw_covers *covers);
