/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readers of element files: streaming, bounded, the exact line in every
 * diagnostic. A reader gives fields, not types: what an element means is the
 * compiler's to say.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/diag.h"

struct fw_lists;

enum fw_list_format {
	FW_LIST_AUTO,	/* looks at the first lines */
	FW_LIST_PLAIN,	/* first field of a line */
	FW_LIST_NETSET,	/* the same; # comments */
	FW_LIST_HOSTS,	/* second field */
	FW_LIST_CSV,	/* a column, comma, from 1 */
	FW_LIST_LINES,	/* a line as it is, without the blanks around it; # at
			   its start begins a comment */
};

#define FW_LIST_MAX_LINE 4096			/* bytes */
#define FW_LIST_MAX_FILE (1u << 30)		/* bytes */

struct fw_list_field {
	const char *text;	/* NUL-terminated, valid during the call */
	size_t len;
	struct fw_loc loc;	/* file, line, col; no source */
};

/* Returns 0 to go on, anything else to stop with it. */
typedef int (*fw_list_fn)(void *ctx, const struct fw_list_field *field);

/*
 * Reads path whole and calls fn for each element. Where the file cannot be
 * opened, is empty of elements, is HTML or binary, is cut off (no newline at
 * its end is fine; a NUL, a control character or a line too long is not), an
 * error goes to diags: at the file's line, or at loc (where the configuration
 * names the file) when there is none. Returns 0, -EINVAL after a diagnostic,
 * or what fn returned.
 *
 * kept may be NULL. A file that is there is read from it, and not from the disk;
 * another one is put there.
 */
int fw_list_read(const char *path, enum fw_list_format format, unsigned column,
		 struct fw_lists *kept, struct fw_diags *diags,
		 const struct fw_loc *loc, fw_list_fn fn, void *ctx);
