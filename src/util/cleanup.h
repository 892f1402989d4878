/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cleanup attributes, so that one function can be proved leak-free without
 * opening its callees.
 *
 *	_cleanup_free_ char *text = strdup(name);
 *	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
 *	*ret_fd = FW_TAKE_FD(fd);
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void fw_cleanup_free_(void *p)
{
	free(*(void **)p);
}

static inline void fw_cleanup_close_(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void fw_cleanup_fclose_(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_free_ _cleanup_(fw_cleanup_free_)
#define _cleanup_close_ _cleanup_(fw_cleanup_close_)
#define _cleanup_fclose_ _cleanup_(fw_cleanup_fclose_)

/* Makes void f##_ptr_(type *p), which calls f(*p): for _cleanup_(f##_ptr_). */
#define FW_CLEANUP_PTR(type, f)                    \
	static inline void f##_ptr_(type *p)       \
	{                                          \
		if (*p)                            \
			f(*p);                     \
	}

#define FW_TAKE(p)                         \
	__extension__({                    \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                \
		taken_;                    \
	})

#define FW_TAKE_FD(fd)             \
	__extension__({            \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

#define FW_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
