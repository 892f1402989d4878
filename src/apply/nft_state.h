/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file: what Flywall owns in nf_tables, kept for the next daemon.
 *
 * Before a transaction it holds the record that stands and the one that is
 * meant to (intent); afterwards the one that stands. It is valid only in the
 * boot and the network namespace that it was written in.
 */
#pragma once

#include <stdint.h>

#include "apply/nft_record.h"

/* Where a state belongs. */
struct fw_nft_place {
	char boot[64];		/* /proc/sys/kernel/random/boot_id */
	uint64_t netns;		/* the namespace's cookie */
};

/* 0 or -errno. */
int fw_nft_place_here(struct fw_nft_place *ret);

/* Replaces the file whole, by a new one that is on disk before it takes the
 * name. next may be NULL. 0 or -errno. */
int fw_nft_state_write(const char *path, const struct fw_nft_place *place,
		       const struct fw_nft_record *live,
		       const struct fw_nft_record *next);

/*
 * Reads it. *ret_next is NULL where no transaction was meant. Returns 0;
 * -ENOENT when there is no file, -ESTALE when it is of another place (then
 * nothing that it says is true any more), -EBADMSG when it is damaged; -errno.
 */
int fw_nft_state_read(const char *path, const struct fw_nft_place *place,
		      struct fw_nft_record **ret_live,
		      struct fw_nft_record **ret_next);
