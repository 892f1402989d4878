/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of libnftables, in a process of its own: a script in, a verdict and
 * complaints out. The library leaves on out-of-memory and may crash on odd
 * input; here that costs a child and nothing else.
 */
#pragma once

#include <stdbool.h>

#include "nft/complaints.h"
#include "util/arena.h"

struct fw_nft_job {
	const char *script;	/* one transaction */
	bool dry_run;		/* the kernel checks all of it, keeps nothing */
	bool apart;		/* in an empty network namespace of its own, within a
				   user namespace where that is needed */
	unsigned patience_ms;	/* how long it may take; 0: by the script's size */
};

/*
 * ret_output: what nft prints (`list ruleset`), or NULL.
 *
 * Returns 0 when the script was accepted; 1 when it was refused, with at least
 * one complaint in ret (memory of arena); -ETIMEDOUT when the deadline passed;
 * -EFAULT when the library crashed; -ECHILD when it ran out of what it may use;
 * -EPERM when it was to go apart and may not, and nft was not asked; -errno.
 * After the first three a transaction may have happened or not.
 */
int fw_nft_child_do(struct fw_arena *arena, const struct fw_nft_job *job,
		    struct fw_nft_complaints *ret, const char **ret_output);
/* Here, and without output; a crash is -ECHILD, too. */
int fw_nft_child_run(struct fw_arena *arena, const char *script, bool dry_run,
		     struct fw_nft_complaints *ret);
