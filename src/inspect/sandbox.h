/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sandbox: a process gives up what it does not need, for good. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* What was given up. What a kernel or the surroundings (a container) do not let
 * be given up stays as it was: the others hold without it. */
enum fw_sandbox_wall {
	FW_SANDBOX_MEMORY,	/* what it is shown it cannot change; raised before */
	FW_SANDBOX_NETWORK,	/* a network namespace of its own, empty */
	FW_SANDBOX_FILES,	/* a root without files */
	FW_SANDBOX_USER,	/* nobody */
	FW_SANDBOX_CAPABILITIES,	/* none, nor a way to have any */
	FW_SANDBOX_CALLS,	/* memory, the clock, what is open; any other call
				   ends it by SIGSYS */
	FW_SANDBOX_WALLS_,
};

/* Its name as `status` shows it. */
const char *fw_sandbox_wall_name(enum fw_sandbox_wall wall);

/*
 * In a process of one thread, forked by parent, whose end is its own from now on.
 * Closes every descriptor but keep, which gets the number 0. Returns a bit for
 * each wall that stands.
 */
uint32_t fw_sandbox_enter(pid_t parent, int keep);
