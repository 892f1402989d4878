/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file in; a live generation, or the reasons why not, out: to who asked, to
 * the log and to the events. What fails leaves the running generation alone.
 */
#include "daemon/reload.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sysexits.h>

#include "apply/devices.h"
#include "daemon/commit.h"
#include "daemon/confirm.h"
#include "daemon/elements.h"
#include "daemon/logging.h"
#include "daemon/metrics_place.h"
#include "daemon/notify.h"
#include "daemon/set_edit.h"
#include "util/cleanup.h"
#include "util/log.h"

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

/* --- facts and files ------------------------------------------------------ */

static void no_facts(struct fw_load *load, int error)
{
	load->code = EX_OSERR;
	if (asprintf(&load->error, "this host's devices cannot be read: %s",
		     strerror(-error)) < 0)
		load->error = NULL;
}

static int gather_facts(const struct fw_daemon *daemon, struct fw_arena *arena,
			struct fw_facts *ret)
{
	int r = fw_apply_facts(arena, daemon->apply, ret);

	return r < 0 ? r : fw_numbers_facts(&daemon->numbers, arena, ret);
}

void fw_reload_load(struct fw_daemon *daemon, const char *file,
		    struct fw_load *load)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct fw_facts facts = { 0 };
	int r;

	r = arena ? gather_facts(daemon, arena, &facts) : -ENOMEM;
	if (r < 0)
		no_facts(load, r);
	else
		fw_load(file, &daemon->options->parse, &facts, load);
}

/* --- a reload under way --------------------------------------------------- */

enum kind {
	RELOAD,
	COMPARE,	/* nothing is committed */
	CONTENT,	/* of the running text */
};

struct fw_reload {
	struct fw_daemon *daemon;
	enum kind kind;
	char *file;
	fw_reload_fn done;	/* NULL: forgotten */
	void *ctx;
	bool (*admit)(void *ctx, const struct fw_load *load, char *text,
		      size_t size);	/* of CONTENT, or NULL */
	bool again;		/* another one is wanted behind it */
	struct fw_trial *trial;	/* to begin with the commit, or NULL */
	pthread_t thread;
	int fd;			/* readable when load is there */
	struct event *event;
	struct fw_facts facts;	/* in arena */
	struct fw_arena *arena;
	struct fw_load load;	/* the thread's until fd is readable */
};

static void reload_free(struct fw_reload *reload)
{
	if (!reload)
		return;
	if (reload->event)
		event_free(reload->event);
	if (reload->fd >= 0)
		(void)close(reload->fd);
	fw_trial_free(reload->trial);
	fw_load_done(&reload->load);
	fw_arena_free(reload->arena);
	free(reload->file);
	free(reload);
}

FW_CLEANUP_PTR(struct fw_reload *, reload_free)

static void *run_thread(void *ctx)
{
	struct fw_reload *reload = ctx;
	const uint64_t one = 1;

	fw_load(reload->file, &reload->daemon->options->parse, &reload->facts,
		&reload->load);
	if (write(reload->fd, &one, sizeof(one)) < 0)
		fw_log_errno(LOG_CRIT, -errno, "reload: the loop is not told");
	return NULL;
}

static int start_thread(struct fw_reload *reload)
{
	sigset_t all, old;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&reload->thread, NULL, run_thread, reload);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -r;
}

/* What went wrong in one line: the first one that says it. */
static char *first_line(const struct fw_outcome *outcome)
{
	const char *text = outcome->error;

	if (!text)
		text = outcome->diagnostics ? outcome->diagnostics : "";
	return strndup(text, strcspn(text, "\n"));
}

static void record_outcome(struct fw_daemon *daemon, const char *file,
			   const struct fw_outcome *outcome)
{
	_cleanup_free_ char *text = first_line(outcome);
	struct fw_record record;

	fw_record_begin(&record,
			outcome->code == 0 ? FW_RECORD_GENERATION :
					     FW_RECORD_ERROR,
			fw_record_now());
	if (outcome->code == 0) {
		fw_record_number(&record, "from", outcome->from);
		fw_record_number(&record, "generation", outcome->to);
	} else {
		fw_record_number(&record, "generation", outcome->from);
		fw_record_number(&record, "code", (uint64_t)outcome->code);
		fw_record_text(&record, "text", text);
	}
	fw_record_text(&record, "file", file);
	fw_daemon_record(daemon, &record);
}

static void log_outcome(const char *file, const struct fw_outcome *outcome)
{
	_cleanup_free_ char *text = first_line(outcome);

	if (outcome->code == 0)
		fw_log(LOG_NOTICE, "%s: generation %llu -> %llu", file,
		       (unsigned long long)outcome->from,
		       (unsigned long long)outcome->to);
	else
		fw_log(LOG_ERR, "%s: generation %llu stays: %s", file,
		       (unsigned long long)outcome->from,
		       text ? text : strerror(ENOMEM));
}

static void tell(struct fw_daemon *daemon, const char *file,
		 const struct fw_outcome *outcome)
{
	log_outcome(file, outcome);
	record_outcome(daemon, file, outcome);
	fw_daemon_ready(daemon);
}

static void commit(struct fw_daemon *daemon, const struct fw_plan *plan,
		   struct fw_commit_error *error, struct fw_outcome *outcome)
{
	if (!fw_commit_plan(daemon, plan, error)) {
		outcome->code = error->code;
		if (error->is_diagnostic)
			outcome->diagnostics = error->text;
		else
			outcome->error = error->text;
	}
	outcome->to = fw_apply_generation(daemon->apply);
}

void fw_reload_again(struct fw_daemon *daemon)
{
	struct fw_commit_error error;
	struct fw_outcome outcome = {
		.from = fw_apply_generation(daemon->apply),
	};

	commit(daemon, daemon->running.plan, &error, &outcome);
	tell(daemon, daemon->file, &outcome);
}

void fw_reload_exchange(struct fw_daemon *daemon, struct fw_load *load,
			char **file, struct fw_commit_error *error,
			struct fw_outcome *ret)
{
	const struct fw_load old_load = daemon->running;
	char *old_file = daemon->file;

	*ret = (struct fw_outcome){
		.from = fw_apply_generation(daemon->apply),
	};
	commit(daemon, load->plan, error, ret);
	tell(daemon, *file, ret);
	if (ret->code != 0)
		return;
	daemon->running = *load;
	daemon->file = *file;
	*load = old_load;
	*file = old_file;
	fw_elements_run(daemon);
	fw_logging_open(daemon);
	fw_metrics_place_run(daemon->metrics);
}

/* Without it, a daemon that is killed would have nobody to go back. */
static void note_trial(const struct fw_trial *trial, struct fw_outcome *outcome,
		       char *text, size_t size)
{
	int r = fw_trial_note(trial);

	if (r == 0)
		return;
	outcome->code = EX_IOERR;
	(void)snprintf(text, size, "what runs cannot be noted, to go back to: "
				   "%s", strerror(-r));
	outcome->error = text;
}

static void give_up_trial(struct fw_daemon *daemon)
{
	fw_trial_forget(daemon);
	fw_changes_close(daemon->running.changes, daemon->running.plan);
}

static void finish(struct fw_reload *reload)
{
	struct fw_daemon *daemon = reload->daemon;
	struct fw_load *load = &reload->load;
	struct fw_commit_error error;
	struct fw_outcome outcome = {
		.code = load->code,
		.from = fw_apply_generation(daemon->apply),
		.diagnostics = load->diagnostics,
		.error = load->error,
	};

	if (reload->admit && outcome.code == 0 &&
	    !reload->admit(reload->ctx, load, error.text, sizeof(error.text))) {
		outcome.code = EX_DATAERR;
		outcome.error = error.text;
	}
	if (reload->kind != COMPARE && outcome.code == 0 &&
	    fw_changes_settle(load->changes, load->plan) < 0)
		outcome.code = EX_OSERR;
	if (reload->trial && outcome.code == 0 &&
	    fw_set_carry_out(daemon, daemon->running.plan,
			     daemon->running.changes) < 0)
		outcome.code = EX_OSERR;
	if (reload->trial && outcome.code == 0)
		note_trial(reload->trial, &outcome, error.text,
			   sizeof(error.text));
	if (reload->kind == COMPARE)
		outcome.plan = load->plan;
	else if (outcome.code == 0)
		fw_reload_exchange(daemon, load, &reload->file, &error,
				   &outcome);
	else
		tell(daemon, reload->file, &outcome);
	if (reload->trial && outcome.code == 0)
		fw_trial_begin(FW_TAKE(reload->trial), load, &reload->file);
	else if (reload->trial)
		give_up_trial(daemon);
	if (reload->done)
		reload->done(reload->ctx, &outcome);
}

/* When it has been compiled, whose end this waits for. */
static void conclude(struct fw_daemon *daemon)
{
	_cleanup_(reload_free_ptr_) struct fw_reload *reload = daemon->reload;
	int r = 0;

	(void)pthread_join(reload->thread, NULL);
	daemon->reload = NULL;
	finish(reload);
	if (reload->again)
		r = fw_reload_start(daemon, NULL, 0, NULL, NULL);
	if (r < 0) {
		const char *text;

		(void)fw_reload_explain(r, &text);
		fw_log(LOG_ERR, "not reloaded again: %s", text);
	}
}

static void on_loaded(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_reload *reload = ctx;
	struct fw_daemon *daemon = reload->daemon;

	(void)fd;
	(void)what;
	conclude(daemon);
	fw_elements_go_on(daemon);
}

void fw_reload_wait(struct fw_daemon *daemon)
{
	if (daemon->reload)
		conclude(daemon);
}

static int prepare(struct fw_reload *reload)
{
	reload->fd = eventfd(0, EFD_CLOEXEC);
	if (reload->fd < 0)
		return -errno;
	reload->arena = fw_arena_new();
	reload->event = event_new(reload->daemon->base, reload->fd, EV_READ,
				  on_loaded, reload);
	if (!reload->file || !reload->arena || !reload->event)
		return -ENOMEM;
	return gather_facts(reload->daemon, reload->arena, &reload->facts);
}

/* Takes what load has, but not when it fails. */
static int start(struct fw_daemon *daemon, enum kind kind, const char *file,
		 uint64_t trial_ms, struct fw_load *load, fw_reload_fn done,
		 void *ctx)
{
	_cleanup_(reload_free_ptr_) struct fw_reload *reload = NULL;
	int r;

	if (daemon->reload)
		return -EBUSY;
	if (daemon->trial && kind == RELOAD)
		return -EALREADY;
	reload = calloc(1, sizeof(*reload));
	if (!reload)
		return -ENOMEM;
	reload->daemon = daemon;
	reload->kind = kind;
	reload->file = strdup(file);
	reload->done = done;
	reload->ctx = ctx;
	r = prepare(reload);
	if (r == 0 && trial_ms > 0)
		r = fw_trial_new(daemon, trial_ms, &reload->trial);
	if (r < 0)
		return r;
	reload->load = *load;
	r = start_thread(reload);
	if (r < 0) {
		reload->load = (struct fw_load){ 0 };
		return r;
	}
	*load = (struct fw_load){ 0 };
	(void)event_add(reload->event, NULL);
	if (kind == RELOAD)
		fw_notify_reloading();
	daemon->reload = FW_TAKE(reload);
	return 0;
}

static int start_file(struct fw_daemon *daemon, enum kind kind,
		      const char *file, uint64_t trial_ms, fw_reload_fn done,
		      void *ctx)
{
	_cleanup_(fw_load_done) struct fw_load load = {
		.changes = fw_changes_copy(daemon->running.changes),
	};
	int r;

	if (!file)
		file = daemon->file;
	if (!strcmp(file, "-"))
		return -ESPIPE;
	if (!load.changes)
		return -ENOMEM;
	r = kind == RELOAD ? fw_set_carry_out(daemon, daemon->running.plan,
					      load.changes) : 0;
	fw_changes_restore(load.changes);
	return r ? r : start(daemon, kind, file, trial_ms, &load, done, ctx);
}

int fw_reload_start(struct fw_daemon *daemon, const char *file,
		    uint64_t trial_ms, fw_reload_fn done, void *ctx)
{
	return start_file(daemon, RELOAD, file, trial_ms, done, ctx);
}

int fw_reload_compare(struct fw_daemon *daemon, const char *file,
		      fw_reload_fn done, void *ctx)
{
	return start_file(daemon, COMPARE, file, 0, done, ctx);
}

int fw_reload_content(struct fw_daemon *daemon, struct fw_load *load,
		      const struct fw_reload_feed *feed)
{
	int r = start(daemon, CONTENT, daemon->file, 0, load, feed->done,
		      feed->ctx);

	if (r == 0)
		daemon->reload->admit = feed->admit;
	return r;
}

int fw_reload_explain(int error, const char **ret_text)
{
	static const struct {
		int error, code;
		const char *text;
	} reasons[] = {
		{ -EBUSY, EX_TEMPFAIL, "another reload is under way" },
		{ -EALREADY, EX_TEMPFAIL,
		  "the last reload waits for `flywall confirm` or "
		  "`flywall abort`" },
		{ -ESPIPE, EX_NOINPUT,
		  "the configuration came from standard input: name a file" },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(reasons); i++) {
		if (reasons[i].error != error)
			continue;
		*ret_text = reasons[i].text;
		return reasons[i].code;
	}
	*ret_text = strerror(-error);
	return EX_OSERR;
}

void fw_reload_repeat(struct fw_daemon *daemon)
{
	if (daemon->reload)
		daemon->reload->again = true;
}

void fw_reload_forget(struct fw_daemon *daemon, void *ctx)
{
	if (daemon->reload && daemon->reload->ctx == ctx)
		daemon->reload->done = NULL;
}

void fw_reload_cancel(struct fw_daemon *daemon)
{
	if (!daemon->reload)
		return;
	(void)pthread_join(daemon->reload->thread, NULL);
	reload_free(FW_TAKE(daemon->reload));
}
