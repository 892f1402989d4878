/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a generation that was just committed, and what ran before it. Out: one of
 * the two, when the trial is over. What fails is the way back, as a reload may
 * fail: that is logged as one, and tried again.
 */
#include "daemon/confirm.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sysexits.h>

#include "daemon/commands.h"
#include "daemon/commit.h"
#include "daemon/elements.h"
#include "daemon/json.h"
#include "daemon/learning.h"
#include "daemon/reload.h"
#include "daemon/set_edit.h"
#include "daemon/status.h"
#include "util/cleanup.h"
#include "util/log.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_S 1000000000ULL
#define PAUSE_FIRST_S 1
#define PAUSE_MAX_S 64

struct fw_trial {
	struct fw_daemon *daemon;
	uint64_t ms;
	int fd;			/* a timer of the boot clock */
	struct event *event;

	/* valid once it has begun */
	uint64_t deadline_ns;	/* boot clock */
	uint64_t pause_s;	/* before the next attempt, when it is late */
	struct fw_load before;
	char *file;		/* of before */
	bool told;		/* its sets, since it was compiled */
};

FW_CLEANUP_PTR(struct fw_trial *, fw_trial_free)

void fw_trial_free(struct fw_trial *trial)
{
	if (!trial)
		return;
	if (trial->event)
		event_free(trial->event);
	if (trial->fd >= 0)
		(void)close(trial->fd);
	fw_load_done(&trial->before);
	free(trial->file);
	free(trial);
}

void fw_trial_forget(const struct fw_daemon *daemon)
{
	fw_trial_record_remove(daemon->dir);
}

static void end(struct fw_daemon *daemon)
{
	fw_trial_forget(daemon);
	fw_trial_free(FW_TAKE(daemon->trial));
}

/* --- what sets were told meanwhile ---------------------------------------- */
const struct fw_load *fw_trial_before(const struct fw_daemon *daemon)
{
	return daemon->trial ? &daemon->trial->before : NULL;
}

void fw_trial_tell(struct fw_daemon *daemon, struct fw_changes *changes)
{
	struct fw_trial *trial = daemon->trial;

	if (!trial) {
		fw_changes_free(changes);
		return;
	}
	fw_changes_free(trial->before.changes);
	trial->before.changes = changes;
	trial->told = true;
}

/* Sets that nft holds now, and that were compiled in. */
static bool has_other_forms(const struct fw_plan *now,
			    const struct fw_plan *before)
{
	for (size_t i = 0; i < now->n_sets; i++) {
		const struct fw_plan_set *set = fw_plan_set_like(
			before, &now->sets[i]);

		if (set && now->sets[i].live && fw_plan_set_is_compiled(set))
			return true;
	}
	return false;
}

/* What ran before, with what its sets have been told since. Where that cannot
 * be had, they are told by the next change. */
static void renew(struct fw_daemon *daemon)
{
	_cleanup_(fw_load_done) struct fw_load load = { 0 };
	struct fw_trial *trial = daemon->trial;
	struct fw_load *before = &trial->before;
	int r = fw_set_carry_out(daemon, before->plan, before->changes);

	if (fw_changes_prune(before->changes, fw_daemon_clock()) ||
	    has_other_forms(daemon->running.plan, before->plan))
		trial->told = true;
	if (r == 0 && !trial->told)
		return;
	load.changes = fw_changes_copy(before->changes);
	if (r == 0)
		r = load.changes ? fw_load_same(before, &load) : -ENOMEM;
	if (r == 0) {
		fw_reload_load(daemon, trial->file, &load);
		r = load.code ? -EINVAL :
				fw_changes_settle(load.changes, load.plan);
	}
	if (r < 0) {
		fw_log_errno(LOG_ERR, r, "sets are as they were before the "
					 "trial");
		return;
	}
	fw_load_done(before);
	*before = load;
	load = (struct fw_load){ 0 };
	trial->told = false;
}

/* The old generation comes as a new one; with code 0 the trial is over. */
static void go_back(struct fw_daemon *daemon, struct fw_commit_error *error,
		    struct fw_outcome *ret)
{
	struct fw_trial *trial = daemon->trial;

	fw_reload_wait(daemon);
	renew(daemon);
	fw_reload_exchange(daemon, &trial->before, &trial->file, error, ret);
	if (ret->code == 0) {
		end(daemon);
		fw_learning_settled(daemon, false);
	}
}

/* --- the deadline --------------------------------------------------------- */
static void set_timer(const struct fw_trial *trial, uint64_t at_ns)
{
	const struct itimerspec at = {
		.it_value = {
			.tv_sec = (time_t)(at_ns / NS_PER_S),
			.tv_nsec = (long)(at_ns % NS_PER_S),
		},
	};

	(void)timerfd_settime(trial->fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_trial *trial = ctx;
	struct fw_daemon *daemon = trial->daemon;
	struct fw_commit_error error;
	struct fw_outcome outcome;
	uint64_t expirations;

	(void)what;
	if (read(fd, &expirations, sizeof(expirations)) < 0)
		return;		/* it was set anew meanwhile */
	fw_log(LOG_WARNING, "generation %llu was not confirmed: back to %s",
	       (unsigned long long)fw_apply_generation(daemon->apply),
	       trial->file);
	go_back(daemon, &error, &outcome);
	fw_elements_go_on(daemon);
	if (outcome.code == 0)
		return;
	set_timer(trial, fw_daemon_clock() + trial->pause_s * NS_PER_S);
	trial->pause_s *= trial->pause_s < PAUSE_MAX_S ? 2 : 1;
}

/* --- a trial -------------------------------------------------------------- */
int fw_trial_new(struct fw_daemon *daemon, uint64_t ms, struct fw_trial **ret)
{
	_cleanup_(fw_trial_free_ptr_) struct fw_trial *trial = NULL;

	trial = calloc(1, sizeof(*trial));
	if (!trial)
		return -ENOMEM;
	trial->daemon = daemon;
	trial->ms = ms;
	trial->pause_s = PAUSE_FIRST_S;
	trial->fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (trial->fd < 0)
		return -errno;
	trial->event = event_new(daemon->base, trial->fd, EV_READ | EV_PERSIST,
				 on_deadline, trial);
	if (!trial->event || event_add(trial->event, NULL) < 0)
		return -ENOMEM;
	*ret = FW_TAKE(trial);
	return 0;
}

int fw_trial_note(const struct fw_trial *trial)
{
	const struct fw_daemon *daemon = trial->daemon;

	return fw_trial_record_write(daemon->dir,
				     fw_daemon_clock() + trial->ms * NS_PER_MS,
				     daemon->file, daemon->running.text);
}

void fw_trial_begin(struct fw_trial *trial, struct fw_load *before, char **file)
{
	trial->before = *before;
	*before = (struct fw_load){ 0 };
	trial->file = FW_TAKE(*file);
	trial->deadline_ns = fw_daemon_clock() + trial->ms * NS_PER_MS;
	trial->daemon->trial = trial;
	set_timer(trial, trial->deadline_ns);
}

void fw_trial_leave(struct fw_daemon *daemon)
{
	struct fw_commit_error error;
	struct fw_outcome outcome;

	if (!daemon->trial)
		return;
	fw_log(LOG_WARNING, "leaving unconfirmed: back to %s",
	       daemon->trial->file);
	go_back(daemon, &error, &outcome);
	/* what was refused, the next daemon goes back to */
	fw_trial_free(FW_TAKE(daemon->trial));
}

/* --- what a predecessor left ---------------------------------------------- */
int fw_trial_find(struct fw_daemon *daemon)
{
	int r = fw_trial_record_read(daemon->dir, &daemon->unconfirmed);

	if (r == 0 || r == -ENOMEM)
		return r;
	if (r != -ENOENT && r != -ESTALE)
		fw_log_errno(LOG_ERR, r, "%s/trial: what ran before the trial "
					 "is lost", daemon->dir);
	if (r != -ENOENT)
		fw_trial_forget(daemon);
	return 0;
}

bool fw_trial_is_over(const struct fw_daemon *daemon)
{
	const struct fw_trial_record *record = &daemon->unconfirmed;

	return record->file && record->deadline_ns <= fw_daemon_clock();
}

static int load_before(struct fw_daemon *daemon, struct fw_load *ret)
{
	const struct fw_trial_record *record = &daemon->unconfirmed;
	int r;

	ret->changes = fw_changes_copy(daemon->running.changes);
	if (!ret->changes)
		return -ENOMEM;
	fw_changes_restore(ret->changes);
	r = fw_load_text(record->file, record->text, ret);
	if (r < 0)
		return r;
	fw_reload_load(daemon, record->file, ret);
	return ret->code ? -EINVAL : fw_changes_settle(ret->changes, ret->plan);
}

static int go_on(struct fw_daemon *daemon)
{
	_cleanup_(fw_load_done) struct fw_load before = { 0 };
	struct fw_trial_record *record = &daemon->unconfirmed;
	uint64_t now = fw_daemon_clock(), ms = 1;
	struct fw_trial *trial;
	int r;

	r = load_before(daemon, &before);
	if (r < 0)
		return r;
	if (record->deadline_ns > now)
		ms += (record->deadline_ns - now) / NS_PER_MS;
	r = fw_trial_new(daemon, ms, &trial);
	if (r < 0)
		return r;
	fw_trial_begin(trial, &before, &record->file);
	fw_log(LOG_WARNING, "generation %llu is on trial: back to %s in %llu s",
	       (unsigned long long)fw_apply_generation(daemon->apply),
	       trial->file, (unsigned long long)fw_trial_left(daemon));
	return 0;
}

int fw_trial_resume(struct fw_daemon *daemon)
{
	int r = 0;

	if (daemon->overdue)
		fw_trial_forget(daemon);
	else if (daemon->unconfirmed.file)
		r = go_on(daemon);
	fw_trial_record_done(&daemon->unconfirmed);
	return r;
}

uint64_t fw_trial_left(const struct fw_daemon *daemon)
{
	uint64_t now = fw_daemon_clock();

	if (!daemon->trial || daemon->trial->deadline_ns <= now)
		return 0;
	return (daemon->trial->deadline_ns - now + NS_PER_S - 1) / NS_PER_S;
}

/* --- what is asked of it -------------------------------------------------- */
json_t *fw_trial_document(const struct fw_daemon *daemon)
{
	if (!daemon->trial)
		return json_null();
	return json_pack("{s:o, s:o}", "left_s",
			 fw_json_number(fw_trial_left(daemon)), "file",
			 fw_json_text(daemon->trial->file));
}

static bool is_on_trial(const struct fw_daemon *daemon, struct fw_conn *conn)
{
	if (daemon->trial)
		return true;
	fw_conn_error(conn, "nothing waits to be confirmed");
	fw_conn_exit(conn, FW_EXIT_NO);
	return false;
}

void fw_trial_confirm(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	struct fw_daemon *daemon = ctx;
	uint64_t generation = fw_apply_generation(daemon->apply);

	(void)arguments;
	if (!is_on_trial(daemon, conn))
		return;
	end(daemon);
	fw_learning_settled(daemon, true);
	fw_log(LOG_NOTICE, "generation %llu is confirmed",
	       (unsigned long long)generation);
	fw_conn_document(conn, json_pack("{s:s, s:o}", "schema", FW_SCHEMA,
					 "generation",
					 fw_json_number(generation)));
	fw_conn_exit(conn, EX_OK);
}

void fw_trial_abort(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	struct fw_daemon *daemon = ctx;
	struct fw_commit_error error;
	struct fw_outcome outcome;

	(void)arguments;
	if (!is_on_trial(daemon, conn))
		return;
	go_back(daemon, &error, &outcome);
	fw_commands_outcome(conn, &outcome);
	fw_elements_go_on(daemon);
}
