/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared: memory that processes forked later have at the same address, where one
 * of them can give up writing to it, for good.
 */
#pragma once

#include <stddef.h>

struct fw_shared {
	void *p;	/* NULL: none */
	size_t size;
	int fd;
};

/* Zeroed; pages that nobody has touched cost nothing. 0 or -errno. */
int fw_shared_new(const char *name, size_t size, struct fw_shared *ret);
/* For this process. Needs /proc. 0 or -errno: it is as it was. */
int fw_shared_protect(const struct fw_shared *shared);
/* For this process. None is fine. */
void fw_shared_done(struct fw_shared *shared);
