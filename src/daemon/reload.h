/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one generation to the next.
 *
 * A reload compiles in a thread of its own, since that touches nothing but the
 * files, and commits in the loop: there is one commit at a time, and every
 * answer is about a generation that is whole.
 */
#pragma once

#include <stdint.h>

#include "daemon/state.h"

struct fw_commit_error;

/* How a reload, or the first commit, ended. */
struct fw_outcome {
	int code;		/* exit status */
	uint64_t from, to;	/* generations; to is valid with code 0 */
	const char *diagnostics;	/* as they are printed, or NULL */
	const char *error;	/* what else failed, or NULL */
	const struct fw_plan *plan;	/* compared: what the file came to; valid
					   with code 0, and for the call */
};

typedef void (*fw_reload_fn)(void *ctx, const struct fw_outcome *outcome);

/* Facts of this host and the configuration in file. */
void fw_reload_load(struct fw_daemon *daemon, const char *file,
		    struct fw_load *load);

/* Commits the running plan once more: a plan knows devices by name only, and
 * finds those that are here now. */
void fw_reload_again(struct fw_daemon *daemon);

/* Commits *load, which is of *file, as a reload does that has compiled. With
 * code 0 it is what runs then, and *load and *file are what ran before. error
 * holds what *ret points to. */
void fw_reload_exchange(struct fw_daemon *daemon, struct fw_load *load,
			char **file, struct fw_commit_error *error,
			struct fw_outcome *ret);

/* Reloads from file (NULL: the running generation's), on trial for trial_ms
 * where that is not 0. done is called once, from the loop, unless this returns
 * -errno: -EBUSY when a reload is under way, -EALREADY when one waits to be
 * confirmed, -ESPIPE when it would be from standard input, which is read only
 * once, others when it cannot be begun. */
int fw_reload_start(struct fw_daemon *daemon, const char *file,
		    uint64_t trial_ms, fw_reload_fn done, void *ctx);
/* Compiles as a reload would, and stops there: nothing is committed, logged or
 * recorded. Otherwise as fw_reload_start(), but that nothing on trial is in its
 * way. */
int fw_reload_compare(struct fw_daemon *daemon, const char *file,
		      fw_reload_fn done, void *ctx);
/* Who wants other elements. */
struct fw_reload_feed {
	/* Whether what was compiled may be committed, with the reason why not.
	 * NULL: it may. */
	bool (*admit)(void *ctx, const struct fw_load *load, char *text,
		      size_t size);
	fw_reload_fn done;
	void *ctx;
};

/* Compiles and commits what load has been made ready for, which it takes: the
 * running text with other elements. Otherwise as fw_reload_start(), but that
 * nothing on trial is in its way. */
int fw_reload_content(struct fw_daemon *daemon, struct fw_load *load,
		      const struct fw_reload_feed *feed);
/* The exit status, and what to say, for such an error. */
int fw_reload_explain(int error, const char **ret_text);
/* After the one under way, another: its file may have been read already when
 * it changed once more. */
void fw_reload_repeat(struct fw_daemon *daemon);
/* Nobody waits for the outcome any more. */
void fw_reload_forget(struct fw_daemon *daemon, void *ctx);
/* Waits for the compilation under way and does what follows from it. */
void fw_reload_wait(struct fw_daemon *daemon);
/* Waits for the compilation under way and drops it. */
void fw_reload_cancel(struct fw_daemon *daemon);
