/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon knows, as the documents of flywall.conf(5), schema 1. */
#pragma once

#include <jansson.h>

#include "daemon/state.h"

#define FW_SCHEMA "flywall/1"

/* New documents; NULL: no memory. */
json_t *fw_status_document(struct fw_daemon *daemon);
json_t *fw_status_rules(struct fw_daemon *daemon);
json_t *fw_status_counters(struct fw_daemon *daemon);
json_t *fw_status_classes(struct fw_daemon *daemon);
json_t *fw_status_config(struct fw_daemon *daemon);
/* Names of counters to numbers: of programs in the kernel, of the daemon's own
 * readers of packets, or the sum of both. */
#define FW_COUNTED_PROGRAMS 1u
#define FW_COUNTED_DAEMON 2u
json_t *fw_status_stats(const struct fw_daemon *daemon, unsigned by);
/* One flow. */
json_t *fw_status_flow(const struct fw_flow_view *view);
