/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options in, an exit status out; between them, the daemon's life:
 *
 *	lock -> load -> apply open -> devices, flows, verdicts -> control
 *	     -> first commit (workers, then the kernel) -> READY -> loop
 *	     -> leave: control shut, workers, apply closed or flushed, unlock
 *
 * A step that fails ends it with the exit status of flywall(8), says why on
 * standard error, and leaves the kernel as it was. What stands in the kernel
 * stays there when the daemon goes, unless it is told to take it out.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "daemon/blocked_watch.h"
#include "daemon/commands.h"
#include "daemon/commit.h"
#include "daemon/confirm.h"
#include "daemon/elements.h"
#include "daemon/feeds.h"
#include "daemon/kernel.h"
#include "daemon/learning.h"
#include "daemon/lock.h"
#include "daemon/logging.h"
#include "daemon/loop.h"
#include "daemon/metrics_place.h"
#include "daemon/notify.h"
#include "daemon/reload.h"
#include "daemon/set_state.h"
#include "daemon/sinks.h"
#include "daemon/watching.h"
#include "util/cleanup.h"
#include "util/log.h"

#define BPFFS "/sys/fs/bpf"
#define EVENTS_KEPT 1000
#define MAILBOX_MAX 4096

uint64_t fw_daemon_clock(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

void fw_daemon_record(struct fw_daemon *daemon, struct fw_record *record)
{
	fw_events_add(daemon->events, record->type, fw_record_end(record));
}

void fw_daemon_ready(const struct fw_daemon *daemon)
{
	char status[128];

	(void)snprintf(status, sizeof(status), "generation %llu is live",
		       (unsigned long long)fw_apply_generation(daemon->apply));
	fw_notify_ready(status);
}

/* --- start ---------------------------------------------------------------- */

static int system_error(int error, const char *what)
{
	fw_log_errno(LOG_ERR, error, "%s", what);
	return error == -EPERM || error == -EACCES ? EX_NOPERM : EX_OSERR;
}

static int take_lock(struct fw_daemon *daemon)
{
	_cleanup_free_ char *path = NULL;
	pid_t holder = 0;
	int r;

	(void)snprintf(daemon->dir, sizeof(daemon->dir), "%s/%s",
		       FW_RUN_DIRECTORY, daemon->options->instance);
	r = fw_lock_directory(daemon->dir);
	if (r < 0)
		return system_error(r, daemon->dir);
	if (asprintf(&path, "%s/lock", daemon->dir) < 0)
		return system_error(-ENOMEM, "lock");
	r = fw_lock_take(path, &daemon->lock, &holder);
	if (r == -EBUSY) {
		fw_log(LOG_ERR, "instance %s runs already, as process %ld",
		       daemon->options->instance, (long)holder);
		return EX_TEMPFAIL;
	}
	return r < 0 ? system_error(r, path) : 0;
}

static int compile(struct fw_daemon *daemon)
{
	struct fw_load *running = &daemon->running;
	int r;

	r = fw_set_state_read(daemon, &running->changes);
	if (r == 0 && daemon->overdue)
		r = fw_load_text(daemon->file, daemon->unconfirmed.text,
				 running);
	if (r < 0)
		return system_error(r, "start");
	fw_reload_load(daemon, daemon->file, running);
	if (running->diagnostics)
		(void)fputs(running->diagnostics, stderr);
	if (running->error)
		fw_log(LOG_ERR, "%s", running->error);
	if (running->code == 0)
		fw_logging_open(daemon);
	return running->code;
}

/* What ran before the trial that a killed daemon left. */
static int load_before(struct fw_daemon *daemon, const char *why)
{
	char *file = strdup(daemon->unconfirmed.file);

	if (!file)
		return system_error(-ENOMEM, "start");
	fw_log(LOG_WARNING, "%s: back to %s", why, file);
	free(daemon->file);
	daemon->file = file;
	fw_load_done(&daemon->running);
	daemon->overdue = true;
	return compile(daemon);
}

static int load(struct fw_daemon *daemon)
{
	int code;

	daemon->file = strdup(daemon->options->file);
	if (!daemon->file ||
	    fw_numbers_read(daemon->dir, &daemon->numbers) < 0 ||
	    fw_trial_find(daemon) < 0)
		return system_error(-ENOMEM, "start");
	if (fw_trial_is_over(daemon))
		return load_before(daemon, "what was on trial was not "
					   "confirmed");
	code = compile(daemon);
	if (code != 0 && daemon->unconfirmed.file)
		return load_before(daemon, "on trial, and not to be loaded");
	return code;
}

static int open_apply(struct fw_daemon *daemon)
{
	const struct fw_apply_config config = {
		.instance = daemon->options->instance,
		.bpffs = BPFFS,
		.state_dir = daemon->dir,
		.take_over = daemon->options->take_over,
	};
	struct fw_apply_error error = { .rule = FW_NO_RULE };
	int r;

	r = fw_apply_open(&config, &daemon->running.plan->options,
			  &daemon->apply, &error);
	if (r == 0)
		return 0;
	fw_log(LOG_ERR, "%s", error.text[0] ? error.text : strerror(-r));
	return error.code != 0 ? error.code : EX_OSERR;
}

/* What this kernel refuses is known only now. */
static int load_again(struct fw_daemon *daemon)
{
	const char *reason;

	if (!fw_apply_lacks(daemon->apply, &reason))
		return 0;
	fw_log(LOG_WARNING, "%s; going on without", reason);
	fw_load_done(&daemon->running);
	return compile(daemon);
}

static int open_flows(struct fw_daemon *daemon)
{
	int r;

	r = fw_flows_new(daemon->apply, daemon->running.plan, &daemon->flows);
	if (r == 0)
		r = fw_flows_adopt(daemon->flows);
	if (r > 0)
		fw_log(LOG_NOTICE, "%d flows are known from before", r);
	return r < 0 ? system_error(r, "flows") : 0;
}

static int open_parts(struct fw_daemon *daemon)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = fw_links_open(&daemon->links);
	if (r < 0)
		return system_error(r, "rtnetlink");
	r = fw_routes_open(&daemon->routes);
	if (r < 0)
		return system_error(r, "rtnetlink");
	r = fw_set_watch_open(&daemon->set_watch);
	if (r < 0)
		return system_error(r, "nf_tables");
	r = fw_mailbox_new(MAILBOX_MAX, &daemon->mailbox);
	if (r < 0)
		return system_error(r, "mailbox");
	daemon->events = fw_events_new(EVENTS_KEPT);
	daemon->verdicts = fw_verdicts_new(fw_flows_door(daemon->flows),
					   daemon->mailbox,
					   daemon->running.plan);
	daemon->base = event_base_new();
	if (!daemon->events || !daemon->verdicts || !daemon->base ||
	    fw_watching_open(daemon) < 0)
		return system_error(-ENOMEM, "start");
	r = fw_sinks_open(daemon);
	if (r < 0)
		return system_error(r, "events");
	r = fw_loop_open(daemon);
	if (r < 0)
		return system_error(r, "loop");
	daemon->feeds = fw_feeds_new(daemon);
	daemon->metrics = fw_metrics_place_new(daemon);
	r = daemon->feeds && daemon->metrics ? fw_elements_open(daemon) :
					       -ENOMEM;
	if (r < 0)
		return system_error(r, "timer of sets");
	if (asprintf(&path, "%s/control", daemon->dir) < 0)
		return system_error(-ENOMEM, "control");
	r = fw_socket_open(daemon->base, path, fw_commands, fw_n_commands,
			    daemon, &daemon->control);
	return r < 0 ? system_error(r, path) : 0;
}

static int commit_first(struct fw_daemon *daemon)
{
	struct fw_commit_error error;
	struct fw_record record;

	if (!fw_commit_plan(daemon, daemon->running.plan, &error)) {
		if (error.is_diagnostic)
			(void)fputs(error.text, stderr);
		else
			fw_log(LOG_ERR, "%s", error.text);
		return error.code;
	}
	fw_record_begin(&record, FW_RECORD_GENERATION, fw_record_now());
	fw_record_number(&record, "generation",
			 fw_apply_generation(daemon->apply));
	fw_record_text(&record, "file", daemon->file);
	fw_daemon_record(daemon, &record);
	fw_elements_run(daemon);
	fw_blocked_tick(daemon);
	fw_metrics_place_run(daemon->metrics);
	fw_log(LOG_NOTICE, "%s: generation %llu is live", daemon->file,
	       (unsigned long long)fw_apply_generation(daemon->apply));
	return 0;
}

static int go_on_trial(struct fw_daemon *daemon)
{
	int r = fw_trial_resume(daemon);

	if (r < 0)
		fw_log_errno(LOG_ERR, r, "what was on trial stays");
	return 0;
}

static int start(struct fw_daemon *daemon)
{
	static int (*const steps[])(struct fw_daemon *) = {
		take_lock, load, open_apply, load_again, open_flows,
		open_parts, commit_first, go_on_trial,
	};
	int code = 0;

	for (size_t i = 0; code == 0 && i < FW_ARRAY_SIZE(steps); i++)
		code = steps[i](daemon);
	return code;
}

/* --- leave ---------------------------------------------------------------- */

static int flush(struct fw_daemon *daemon)
{
	struct fw_apply_error error = { .rule = FW_NO_RULE };

	fw_set_state_forget(daemon);
	fw_trial_forget(daemon);
	if (fw_apply_flush(daemon->apply, &error) == 0)
		return 0;
	fw_log(LOG_ERR, "not everything is out of the kernel: %s", error.text);
	return EX_OSERR;
}

/* Takes half-started daemons, too. Who asked for the end is answered last,
 * when the lock is free. */
static int leave(struct fw_daemon *daemon, bool take_out)
{
	int code = 0;

	fw_socket_unlisten(daemon->control);
	fw_reload_cancel(daemon);
	fw_learning_close(daemon);
	fw_elements_close(daemon);
	fw_feeds_free(daemon->feeds);
	fw_kernel_close(daemon);
	fw_blocked_close(daemon);
	fw_metrics_place_free(daemon->metrics);
	fw_trial_free(daemon->trial);
	fw_workers_settle(&daemon->workers, NULL);
	fw_verdicts_free(daemon->verdicts);
	fw_flows_free(daemon->flows);
	if (take_out)
		code = flush(daemon);
	fw_loop_close(daemon);
	fw_apply_close(daemon->apply);
	fw_links_close(daemon->links);
	fw_routes_close(daemon->routes);
	fw_set_watch_close(daemon->set_watch);
	if (daemon->lock >= 0)
		(void)close(daemon->lock);
	fw_commands_stopped(daemon, code);
	fw_socket_close(daemon->control);
	fw_sinks_close(daemon);
	if (daemon->base)
		event_base_free(daemon->base);
	fw_monitors_free(daemon->monitors);
	fw_events_free(daemon->events);
	fw_mailbox_free(daemon->mailbox);
	fw_load_done(&daemon->running);
	fw_numbers_done(&daemon->numbers);
	fw_trial_record_done(&daemon->unconfirmed);
	free(daemon->file);
	return code;
}

int fw_daemon_run(const struct fw_daemon_options *options)
{
	struct fw_daemon daemon = {
		.options = options,
		.lock = -1,
		.started_ns = fw_daemon_clock(),
	};
	bool take_out;
	int code;

	/* they mean something only when the loop runs */
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
	(void)signal(SIGUSR2, SIG_IGN);
	fw_logging_open(&daemon);
	code = start(&daemon);
	if (code != 0) {
		(void)leave(&daemon, false);
		return code;
	}
	fw_daemon_ready(&daemon);
	fw_loop_run(&daemon);
	if (!daemon.flush)
		fw_trial_leave(&daemon);
	fw_notify_stopping();
	take_out = daemon.flush || daemon.running.plan->options.flush_on_exit;
	fw_log(LOG_NOTICE, "leaving, the filter %s",
	       take_out ? "goes" : "stays");
	return leave(&daemon, take_out);
}
