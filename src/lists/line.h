/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of element files to fields: what list.c and line.c share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lists/lists.h"

struct fw_list_run {
	const char *file;	/* in the arena of diags */
	uint32_t line;		/* from 1 */
	unsigned column;	/* of FW_LIST_CSV, from 1 */
	struct fw_diags *diags;
	const struct fw_loc *named_at;
	fw_list_fn fn;
	void *ctx;
	size_t n_fields;
	bool guessed;		/* the format: nobody has named it */
	bool told_unread;	/* that a line has more addresses than are read */
	bool stopped;		/* by a malformed line or by fn */
};

/* A regular file, to be read. A descriptor, or -errno: -ENOTSUP for others. */
struct stat;
int fw_list_open(const char *path, struct stat *ret);

/* The format that the first lines of a file have; never FW_LIST_AUTO. text need
 * not be whole lines, nor NUL-terminated. */
enum fw_list_format fw_list_guess(const char *text, size_t len);

/* Gives the fields of one line to fn; line is NUL-terminated and may be written
 * to. Returns 0, -EINVAL after a diagnostic, or what fn returned. */
int fw_list_line(struct fw_list_run *run, enum fw_list_format format, char *line, size_t len);
