/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A generation on trial: it goes by itself, unless somebody who can still reach
 * the daemon says that it may stay.
 *
 * States of a trial:
 *
 *	new	made before the commit, so that nothing can fail behind it
 *	begun	daemon->trial; keeps what ran before, a reload is refused.
 *		What sets are told meanwhile, what ran before is told too
 *	late	begun, and the old generation was refused: tried again, ever
 *		more slowly, until it is taken or the new one is confirmed
 *
 * It ends when it is confirmed, or when the old generation is back. Time is
 * that of the boot clock, which neither a clock step nor a suspend holds up.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "daemon/state.h"

struct fw_trial;

/* Before the commit, so that a successor knows of it however this daemon ends:
 * notes what runs now. 0 or -errno. */
int fw_trial_note(const struct fw_trial *trial);
/* There is no trial after all, or none that a successor has to know of. */
void fw_trial_forget(const struct fw_daemon *daemon);

/* At the start: what a predecessor left unconfirmed, if anything. 0 or -ENOMEM. */
int fw_trial_find(struct fw_daemon *daemon);
/* Its time is over: the start is with what ran before it. */
bool fw_trial_is_over(const struct fw_daemon *daemon);
/* Behind the first commit: goes on with what is left of the time. 0 or -errno. */
int fw_trial_resume(struct fw_daemon *daemon);

/* A trial of ms milliseconds, at most FW_TRIAL_MS_MAX. 0 or -errno. */
int fw_trial_new(struct fw_daemon *daemon, uint64_t ms, struct fw_trial **ret);
/* NULL is fine. What runs stays. */
void fw_trial_free(struct fw_trial *trial);
/* What runs now is on trial. Takes *before and *file, what ran until now, and
 * leaves both empty. */
void fw_trial_begin(struct fw_trial *trial, struct fw_load *before,
		    char **file);
/* What ran before, and comes back unless the trial is confirmed; NULL where
 * nothing is on trial. */
const struct fw_load *fw_trial_before(const struct fw_daemon *daemon);
/* What its sets have been told since, all of it: takes changes. */
void fw_trial_tell(struct fw_daemon *daemon, struct fw_changes *changes);
/* Goes back at once, if anything is on trial: the daemon is about to leave. */
void fw_trial_leave(struct fw_daemon *daemon);

/* For status: the file that comes back, and the seconds until then; null where
 * nothing is on trial. */
json_t *fw_trial_document(const struct fw_daemon *daemon);
/* Seconds that are left, rounded up; 0 when it is late or nothing is on trial. */
uint64_t fw_trial_left(const struct fw_daemon *daemon);

/* Commands of the control socket. */
struct fw_conn;
void fw_trial_confirm(void *ctx, struct fw_conn *conn, const json_t *arguments);
void fw_trial_abort(void *ctx, struct fw_conn *conn, const json_t *arguments);
