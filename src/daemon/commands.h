/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the control socket understands. */
#pragma once

#include "daemon/state.h"

#define FW_EXIT_NO 1	/* the answer is no */

struct fw_outcome;

extern const struct fw_socket_command fw_commands[];
extern const size_t fw_n_commands;

/* Answers with how a reload ended. */
void fw_commands_outcome(struct fw_conn *conn,
			 const struct fw_outcome *outcome);
/* Ends `stop`, once all else is done. */
void fw_commands_stopped(struct fw_daemon *daemon, int code);
