/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the control socket understands. */
#pragma once

#include "daemon/state.h"

extern const struct fw_socket_command fw_commands[];
extern const size_t fw_n_commands;

/* Ends `stop`, once all else is done. */
void fw_commands_stopped(struct fw_daemon *daemon, int code);
