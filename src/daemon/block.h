/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block: sources that rules of profiles block, into nft's sets (plan.h), which XDP
 * follows (set_watch.h).
 */
#pragma once

#include <stdint.h>

struct fw_block;

/* Opens sockets in the current network namespace. 0 or -errno. */
int fw_block_open(struct fw_block **ret);
/* NULL is fine. */
void fw_block_close(struct fw_block *block);

/*
 * Blocks an address (be; IPv4, family 4, in the first four bytes) for so long; from
 * any thread. 0 when nft has it; -EEXIST when it was blocked already, and stays so
 * for as long as that was said; -EADDRINUSE for an address of this host, which
 * is never blocked; -ENFILE when the set is full; other -errno.
 */
int fw_block_source(struct fw_block *block, uint8_t family,
		    const uint8_t addr[static 16], uint64_t ms);
