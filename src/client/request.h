/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to the daemon, and the lines of its answer. */
#pragma once

#include <jansson.h>

#include "client/client.h"

/* A line of the answer: as it came, without its newline, and read. Both are
 * lent for the call. */
typedef void (*fw_request_fn)(void *ctx, const char *line,
			      const json_t *document);

/*
 * Sends command with arguments, which it takes (NULL: none), and calls fn for
 * each line of data. What the daemon has for standard error goes there.
 * Returns the exit status: the daemon's, 69 where none answers or it goes away,
 * 77 where it may not be asked, 71 without memory, 74 when the answer cannot be
 * written out.
 */
int fw_request(const struct fw_client *client, const char *command,
	       json_t *arguments, fw_request_fn fn, void *ctx);
