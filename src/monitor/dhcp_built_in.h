/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of conf/dhcp.db, which are built in. */
#pragma once

#include "plan/prints.h"

/* Texts are in arena. 0 or -ENOMEM: a unit test reads the file. */
int fw_dhcp_built_in(struct fw_arena *arena, struct fw_prints *ret);
