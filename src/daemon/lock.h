/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One daemon an instance: a lock file that names its holder. */
#pragma once

#include <sys/types.h>

/*
 * Takes the lock at path, and writes the caller's pid into it. The lock goes
 * with the file descriptor, so a killed daemon leaves none. Returns 0 with
 * *ret_fd; -EBUSY with *ret_holder, the pid that the file names (0 when it
 * names none); -errno otherwise.
 */
int fw_lock_take(const char *path, int *ret_fd, pid_t *ret_holder);

/* Makes dir and what is missing above it; the last one with mode 0700, and
 * refused (-EPERM) when it belongs to someone else. */
int fw_lock_directory(const char *dir);
