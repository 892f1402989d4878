/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of events, one JSON object a line, as flywall-events(5) has it.
 *
 * Lines are gathered, and written when they are flushed: whole ones, so that
 * whoever reads the file never meets half an object, whatever the disk does.
 * Used from one thread. Fill it with zeros, fd -1, before fw_event_file_set().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

struct fw_event_file {
	char *path;		/* NULL: events go nowhere */
	int fd;			/* -1: not open */
	bool failing;		/* nothing is written until fw_event_file_retry() */
	bool cut;		/* half a line stands at the end, and stays */
	struct fw_buf pending;
	uint64_t pending_lines;
	uint64_t lost;		/* lines, since they were told of last */
	uint64_t lost_total;
};

/* Another path, or NULL; the old file is flushed and closed. The new one is
 * opened. 0 or -errno, which leaves it failing. */
int fw_event_file_set(struct fw_event_file *file, const char *path);
/* Closes the file and opens its path again. 0 or -errno, likewise. */
int fw_event_file_reopen(struct fw_event_file *file);
/* Takes a line to be written. What finds no room is counted as lost. */
void fw_event_file_add(struct fw_event_file *file, const char *line);
/* Writes what was added. 0, or -errno: the lines that were not written are
 * lost, and the file is failing. */
int fw_event_file_flush(struct fw_event_file *file);
/* Where the file is failing: opens and writes again, first how many lines were
 * lost. 0 where it is well now, with *ret_lost. */
int fw_event_file_retry(struct fw_event_file *file, uint64_t *ret_lost);
void fw_event_file_done(struct fw_event_file *file);
