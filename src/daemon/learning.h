/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Learning: what the loop has to do with it. The rest is the learner's. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "daemon/state.h"

struct fw_conn;

/* A plan has been committed: begins, ends, or goes on, as its `learn` says. */
void fw_learning_set_plan(struct fw_daemon *daemon, const struct fw_plan *plan);
/* Saves what there is, and ends. */
void fw_learning_close(struct fw_daemon *daemon);
/* A generation on trial stays, or is gone: what was written for it, too. */
void fw_learning_settled(struct fw_daemon *daemon, bool stays);

/* Command of the control socket. */
void fw_learning_command(void *ctx, struct fw_conn *conn,
			 const json_t *arguments);

/* --- apply (learning_apply.c) ---------------------------------------------- */
struct fw_suggestion;
struct fw_learning_undo;

/* Writes the suggestion into the output file, and reloads on trial; answers
 * conn. */
void fw_learning_apply(struct fw_daemon *daemon, struct fw_conn *conn,
		       const char *output,
		       const struct fw_suggestion *suggestion);
/* The file as it was before the trial that has begun; takes undo. */
void fw_learning_keep(struct fw_daemon *daemon, struct fw_learning_undo *undo);
void fw_learning_undo(struct fw_learning_undo *undo);
void fw_learning_undo_free(struct fw_learning_undo *undo);	/* NULL is fine */
