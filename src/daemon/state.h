/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon's files share: one daemon, all of it in the loop's thread.
 *
 * Other threads are the workers, which reach the door of flows.h and the
 * mailbox, and a reload's compilation, which has memory of its own.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "apply/generation.h"
#include "daemon/control.h"
#include "daemon/daemon.h"
#include "daemon/flows.h"
#include "daemon/links.h"
#include "daemon/load.h"
#include "daemon/mailbox.h"
#include "daemon/numbers.h"
#include "daemon/routes.h"
#include "daemon/set_watch.h"
#include "daemon/trial_record.h"
#include "daemon/verdicts.h"
#include "daemon/workers.h"
#include "events/log.h"
#include "monitor/monitor.h"

struct event_base;
struct fw_elements;
struct fw_feeds;
struct fw_kernel;
struct fw_learning;
struct fw_loop;
struct fw_metrics_place;
struct fw_reload;
struct fw_sinks;
struct fw_trial;

struct fw_daemon {
	const struct fw_daemon_options *options;
	char dir[PATH_MAX];	/* the instance's run directory */
	int lock;
	uint64_t started_ns;	/* boot clock */

	/* the running generation */
	char *file;
	struct fw_load running;
	struct fw_numbers numbers;	/* of profiles, also of earlier ones */

	struct fw_apply *apply;
	struct fw_flows *flows;
	struct fw_verdicts *verdicts;
	struct fw_workers workers;
	struct fw_links *links;
	struct fw_routes *routes;
	struct fw_set_watch *set_watch;
	struct fw_blocked_watch *blocked;	/* NULL: not looked at yet */

	struct fw_events *events;
	struct fw_monitors *monitors;
	struct fw_sinks *sinks;
	struct fw_kernel *kernel;	/* NULL: not monitored */
	struct fw_mailbox *mailbox;
	struct fw_socket *control;
	struct event_base *base;
	struct fw_loop *loop;
	struct fw_reload *reload;	/* under way, or NULL */
	struct fw_trial *trial;		/* waits to be confirmed, or NULL */
	/* of a daemon that was killed on trial; until the first commit */
	struct fw_trial_record unconfirmed;
	bool overdue;			/* it runs what that record has */
	struct fw_elements *elements;
	struct fw_feeds *feeds;
	struct fw_learning *learning;	/* NULL: nothing is learnt */
	struct fw_metrics_place *metrics;

	/* set by fw_loop_leave() */
	bool leaving;
	bool flush;			/* whatever on-exit says */
	struct fw_conn *stopper;	/* is answered at the end, or NULL */
};

/* Adds a record that this function ends; from the loop's thread. */
void fw_daemon_record(struct fw_daemon *daemon, struct fw_record *record);
/* Tells the service manager which generation is live. */
void fw_daemon_ready(const struct fw_daemon *daemon);
/* Nanoseconds of the boot clock. */
uint64_t fw_daemon_clock(void);
