/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts to an archive in the POSIX format ustar, as tar(1) reads it. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FW_ARCHIVE_NAME_MAX 99

/* Adds one file, of mode 0600; name: at most FW_ARCHIVE_NAME_MAX bytes. Whether
 * it was written, ferror(out) says. */
void fw_archive_add(FILE *out, const char *name, const char *text, size_t len,
		    uint64_t mtime_s);
/* The two empty blocks that end it. */
void fw_archive_end(FILE *out);
