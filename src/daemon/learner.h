/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The learner: a thread that listens to conntrack, keeps flows in the database and
 * thinks of suggestions. Whatever it waits for (the disk, somebody's lock on the
 * file), nobody waits for it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "learn/suggest.h"

struct fw_learner;

/* What a look at the database came to. */
struct fw_learned {
	int error;		/* 0, or -errno: nothing was saved, or read */
	char *text;		/* valid with error: what it was */
	char *aside;		/* a damaged file was put here; or NULL */
	uint64_t lost;		/* flows, since the start: there was no room */
	uint64_t lost_events;	/* times that the kernel lost some */
	bool counted;		/* false: the kernel does not count flows' bytes,
				   where there were flows at all */
	uint64_t turn;		/* of the order that it answers */
	bool thought;		/* false: there was no need to, or no time yet */
	/* valid without an error, where it thought: */
	struct fw_arena *arena;
	fw_suggestions suggestions;	/* not judged */
};

void fw_learned_free(struct fw_learned *learned);	/* NULL is fine */

/* Begins with limits, which are copied. bit: of the connection mark, that flows
 * to learn from have. 0 or -errno. */
int fw_learner_start(const struct fw_plan_learn *limits, uint32_t bit,
		     struct fw_learner **ret);
/* What runs now; NULL before the first one. */
void fw_learner_set_plan(struct fw_learner *learner,
			 const struct fw_plan *plan);
/* Saves what it has, and ends. NULL is fine. */
void fw_learner_stop(struct fw_learner *learner);

/* Readable when it has looked; then fw_learner_take(), which gives the last look,
 * or NULL. */
int fw_learner_fd(const struct fw_learner *learner);
struct fw_learned *fw_learner_take(struct fw_learner *learner);
/* Has it look now; returns the turn of the answer. */
uint64_t fw_learner_look(struct fw_learner *learner);
/* Somebody said no. 0 or -ENOMEM. */
int fw_learner_reject(struct fw_learner *learner,
		      const struct fw_suggestion *suggestion);
