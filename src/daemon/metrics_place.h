/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where metrics are told: over HTTP at an address or a Unix path, and in a file
 * for node_exporter's textfile collector, which is replaced as a whole.
 */
#pragma once

#include "daemon/state.h"

/* Places as the running plan wants them; what cannot be had is logged and in
 * fw_metrics_place_document(), and tried again at the next call. The daemon's
 * base must be there. NULL: no memory. */
struct fw_metrics_place *fw_metrics_place_new(struct fw_daemon *daemon);
void fw_metrics_place_run(struct fw_metrics_place *place);
void fw_metrics_place_free(struct fw_metrics_place *place);	/* NULL is fine */
/* For status: {"listen", "file", "reason"}, null where not asked for. */
json_t *fw_metrics_place_document(const struct fw_metrics_place *place);

/* The running daemon's, which the caller frees; NULL: no memory. */
char *fw_metrics_text(struct fw_daemon *daemon);
