/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Element files as they were read, so that what runs can be compiled again
 * without looking at files that may be others by now.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* What tells a file from the one that stood there before. */
struct fw_list_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct fw_list_kept {
	unsigned refs;
	const char *path;
	struct fw_list_stamp stamp;
	char *bytes;
	size_t len;
	uint64_t read_ns;	/* boot clock */
	size_t n_fields;	/* once it was looked through */
};

/* By the path that they were read under. */
struct fw_lists {
	struct fw_list_kept **items;
	size_t n, cap;
};

struct fw_list_stamp fw_list_stamp(const struct stat *st);
bool fw_list_stamp_same(const struct fw_list_stamp *a,
			const struct fw_list_stamp *b);

/*
 * The file as it stands, with one reference. Returns 0, or -errno: -ENOTSUP for
 * what is no regular file, -EFBIG, -ESTALE where it changed meanwhile.
 */
int fw_list_keep(const char *path, struct fw_list_kept **ret);

/* NULL where it was not read. */
struct fw_list_kept *fw_lists_find(const struct fw_lists *lists,
				   const char *path);
/* Takes the reference, in place of the file of that path, if any. 0, -ENOMEM. */
int fw_lists_put(struct fw_lists *lists, struct fw_list_kept *file);
/* All of from, shared. 0 or -ENOMEM. Not for two threads at once. */
int fw_lists_share(struct fw_lists *lists, const struct fw_lists *from);
void fw_lists_done(struct fw_lists *lists);
