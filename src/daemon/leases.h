/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `flywall list leases`. */
#pragma once

#include <jansson.h>

#include "daemon/state.h"

/* What monitor dhcp knows. NULL without memory. */
json_t *fw_leases_document(const struct fw_daemon *daemon);
