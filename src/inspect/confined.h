/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Confined: the life of an inspector's process. */
#pragma once

#include <sys/types.h>

#include "inspect/desk.h"
#include "inspect/shared.h"

struct fw_confined_args {
	uint16_t queue;
	unsigned place;		/* of the first view */
	uint64_t first_id;	/* of its flows */
	pid_t parent;
	int socket;
	const struct fw_shared *memory;	/* that messages point to */
	const struct fw_shared *in;	/* struct fw_desk_in */
	struct fw_desk_out *out;
};

/* In the forked process. */
_Noreturn void fw_confined_run(const struct fw_confined_args *args);
