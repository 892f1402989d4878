/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options in, an open log out; counters as log lines. Nothing fails. */
#include "daemon/logging.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util/cleanup.h"
#include "util/log.h"

/* 1. -v raises the level, whatever else says. 2. The configuration. 3. The
 * journal where the service manager connected it, else standard error. */
void fw_logging_open(const struct fw_daemon *daemon)
{
	static const enum fw_log_target targets[] = {
		[FW_LOG_WHERE_SYSLOG] = FW_LOG_SYSLOG,
		[FW_LOG_WHERE_STDERR] = FW_LOG_STDERR,
		[FW_LOG_WHERE_JOURNAL] = FW_LOG_JOURNAL,
	};
	const struct fw_plan *plan = daemon->running.plan;
	enum fw_log_target target = FW_LOG_STDERR;
	int level = LOG_INFO;

	if (getenv("JOURNAL_STREAM"))
		target = FW_LOG_JOURNAL;
	if (plan && plan->options.log_given) {
		target = targets[plan->options.log_where];
		level = plan->options.log_level;
	}
	fw_log_open(target, daemon->options->verbose ? LOG_DEBUG : level);
}

void fw_logging_counters(const struct fw_daemon *daemon)
{
	uint64_t stats[FW_STAT_MAX_];
	int r = fw_apply_stats(daemon->apply, stats);

	if (r < 0) {
		fw_log_errno(LOG_WARNING, r, "counters, ignoring");
		return;
	}
	fw_workers_add_stats(&daemon->workers, stats);
	fw_monitors_add_stats(daemon->monitors, stats);
	for (unsigned i = 0; i < FW_STAT_MAX_; i++) {
		if (stats[i] != 0)
			fw_log(LOG_NOTICE, "%s %" PRIu64,
			       fw_stat_name((enum fw_stat)i), stats[i]);
	}
	for (size_t i = 0; i < daemon->workers.n; i++) {
		struct fw_worker_stats s;

		fw_worker_get_stats(daemon->workers.items[i].worker, &s);
		fw_log(LOG_NOTICE,
		       "queue %u: packets %" PRIu64 " flows %" PRIu64
		       " trusted %" PRIu64 " blocked %" PRIu64
		       " overloads %" PRIu64,
		       daemon->workers.items[i].queue, s.packets, s.flows,
		       s.trusted, s.blocked, s.overloads);
	}
}
