/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of libnftables, in a process of its own: a script in, a verdict and
 * complaints out. The library leaves on out-of-memory and may crash on odd
 * input; here that costs a child and nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

/* One error of nft's, with its place in the script; line and columns count
 * from 1, line 0 says that nft named no place. */
struct fw_nft_complaint {
	uint32_t line, col, end_col;
	const char *text;	/* without nft's own "Could not process rule" */
};

struct fw_nft_complaints {
	struct fw_nft_complaint *items;
	size_t n, cap;
};

/*
 * Runs script as one transaction; with dry_run the kernel checks all of it and
 * keeps nothing.
 *
 * Returns 0 when it was accepted; 1 when it was refused, with at least one
 * complaint in ret (memory of arena); -ETIMEDOUT when the deadline passed;
 * -ECHILD when the child crashed or ran out of what it may use; -errno.
 * After -ETIMEDOUT and -ECHILD a transaction may have happened or not.
 */
int fw_nft_child_run(struct fw_arena *arena, const char *script, bool dry_run,
		     struct fw_nft_complaints *ret);

/* Takes nft's error text apart. 0 or -ENOMEM. */
int fw_nft_complaints_parse(struct fw_arena *arena, const char *errors,
			    struct fw_nft_complaints *ret);
