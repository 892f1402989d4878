/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: flows and what was decided about them, in one SQLite file.
 *
 * For one thread, which may wait: a transaction waits for the disk, and up to
 * FW_STORE_BUSY_MS for who else has the file. Whatever fails leaves the file as it
 * was before the call, and the same call may be made again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "learn/flow.h"
#include "util/arena.h"
#include "util/vec.h"

#define FW_STORE_BUSY_MS 500
#define FW_STORE_VERSION 2	/* of the tables */

struct fw_store;

/*
 * Opens the file, makes it where it is not there (its folder too), and brings
 * tables of an earlier version to this one. A file that is damaged is kept aside
 * under another name, *ret_aside, which the caller frees, and a new one begun;
 * else *ret_aside is NULL. 0 or -errno:
 *
 *	-EBUSY		somebody else has it
 *	-ENOSPC		the disk is full
 *	-EROFS, -EACCES	it cannot be written
 *	-EPROTO		it is of a later version of Flywall
 *	-EEXIST		it is a database, but not of Flywall
 */
int fw_store_open(const char *path, struct fw_store **ret, char **ret_aside);
void fw_store_close(struct fw_store *store);	/* NULL is fine */
/* For people: what the last error was in SQLite's own words. */
const char *fw_store_error(const struct fw_store *store);

/*
 * Adds flows to the rows of their keys, all of them or none. 0 or -errno; besides
 * those above -EUCLEAN where the file turns out to be damaged: then it is to be
 * closed and opened anew.
 */
int fw_store_add(struct fw_store *store, const struct fw_learn_flow *flows,
		 size_t n);
/* Forgets flows of days before this one; at most so many rows a call, so that no
 * transaction is long: *ret_more says that there are others. 0 or -errno. */
int fw_store_forget(struct fw_store *store, uint32_t day, bool *ret_more);

typedef FW_VEC(struct fw_learn_pair) fw_learn_pairs;

/* What was seen until today, of at most FW_LEARN_DAYS days, at most max pairs; by
 * service. Texts live in arena. 0 or -errno; -E2BIG: there are more than max. */
int fw_store_pairs(struct fw_store *store, uint32_t today, size_t max,
		   struct fw_arena *arena, fw_learn_pairs *ret);
/* Rows of flows; for tests and figures. 0 or -errno. */
int fw_store_count(struct fw_store *store, uint64_t *ret);

/* --- decisions ------------------------------------------------------------- */
/* Somebody said no to a service, when it had so much evidence. */
struct fw_learn_decision {
	const char *service;	/* fw_suggest_service() */
	uint64_t flows, peers;
};

typedef FW_VEC(struct fw_learn_decision) fw_learn_decisions;

int fw_store_reject(struct fw_store *store,
		    const struct fw_learn_decision *decisions, size_t n);
int fw_store_rejected(struct fw_store *store, struct fw_arena *arena,
		      fw_learn_decisions *ret);
/* The number of that text, the same for ever; a new text gets the next one. */
int fw_store_number(struct fw_store *store, const char *text, uint64_t *ret);
