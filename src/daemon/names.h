/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `list names` shows: names and addresses that monitor dns has seen. */
#pragma once

#include <jansson.h>

#include "daemon/state.h"

/* NULL: no memory. */
json_t *fw_names_document(const struct fw_daemon *daemon);
