/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mailbox: records from any thread to the loop.
 *
 * Bounded: what does not fit is counted, and the thread that posts never waits
 * for the loop.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "events/record.h"

struct fw_mailbox;

int fw_mailbox_new(size_t max, struct fw_mailbox **ret);
void fw_mailbox_free(struct fw_mailbox *mailbox);

/* Takes line, also NULL (lost). From any thread. */
void fw_mailbox_post(struct fw_mailbox *mailbox, enum fw_record_type type,
		     char *line);
/* Readable when there are records. */
int fw_mailbox_fd(const struct fw_mailbox *mailbox);
/* Calls fn, which takes the line, for each record; returns how many were lost
 * since the last time. */
uint64_t fw_mailbox_drain(struct fw_mailbox *mailbox,
			  void (*fn)(void *ctx, enum fw_record_type type,
				     char *line),
			  void *ctx);
