/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `flywall list sets`. */
#pragma once

#include <jansson.h>

#include "daemon/state.h"

/* The running sets: how many elements they have, and what was changed at run
 * time. NULL without memory. */
json_t *fw_set_list_document(struct fw_daemon *daemon);
