/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Base chains on devices: only those that are here.
 *
 * A kernel up to 6.15 fails the transaction that names a device which is
 * missing; a later one waits for it. So a chain is made for the devices that
 * are here, and again by the commit that follows a device's coming or going.
 */
#pragma once

#include "util/arena.h"

/* *ret: the line of a base chain without the devices that are missing: base
 * itself where none is, NULL where all are. 0 or -ENOMEM. */
int fw_nft_devices_here(struct fw_arena *arena, const char *base,
			const char **ret);
