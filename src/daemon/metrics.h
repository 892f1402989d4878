/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon counts, as Prometheus' text format, version 0.0.4.
 *
 * Metrics are drawn from the documents of status.h by one table of families;
 * what a document does not know (null) has no sample. What programs and rules
 * have counted goes on over a reload and a restart of the daemon. What workers
 * and the daemon count in their own memory goes on over a reload and begins
 * anew with the daemon, which Prometheus takes for the reset that it is; for
 * that, no sample adds the one to the other.
 */
#pragma once

#include <jansson.h>

#include "util/buf.h"

/* The documents; NULL ones have no samples. */
struct fw_metrics_of {
	const json_t *status, *rules, *counters, *classes;
	/* names of counters to numbers: fw_status_stats() */
	const json_t *programs, *daemon;
};

void fw_metrics_print(const struct fw_metrics_of *of, struct fw_buf *buf);
