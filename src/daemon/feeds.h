/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Feeds: element files that are read again when they change (`refresh`).
 *
 * A change that is good becomes a generation of the running text in which that
 * file alone is another. A bad one, and one that has lost more than
 * `max-shrink`, leaves everything as it is.
 */
#pragma once

#include <jansson.h>

#include "daemon/state.h"

struct fw_feeds *fw_feeds_new(struct fw_daemon *daemon);	/* or NULL */
void fw_feeds_free(struct fw_feeds *feeds);	/* NULL is fine */
/* Another generation runs; what is known of its feeds from before stays. */
void fw_feeds_run(struct fw_feeds *feeds);
/* For status: an array of all sets with a file; NULL without memory. */
json_t *fw_feeds_document(const struct fw_feeds *feeds);
