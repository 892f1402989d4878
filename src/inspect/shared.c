/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared: a file in memory, mapped.
 *
 * In: sizes. Out: mappings. Fails without memory, descriptors or address space.
 *
 * A mapping of a descriptor that was opened for reading cannot be made writable
 * again, whatever a process asks for later: so it takes one's place.
 */
#include "inspect/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "util/cleanup.h"

int fw_shared_new(const char *name, size_t size, struct fw_shared *ret)
{
	_cleanup_close_ int fd = memfd_create(name, MFD_CLOEXEC);
	void *p;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return -errno;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	(void)madvise(p, size, MADV_DONTDUMP);
	*ret = (struct fw_shared){ p, size, FW_TAKE_FD(fd) };
	return 0;
}

int fw_shared_protect(const struct fw_shared *shared)
{
	_cleanup_close_ int fd = -1;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", shared->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return mmap(shared->p, shared->size, PROT_READ,
		    MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd,
		    0) == MAP_FAILED ? -errno : 0;
}

void fw_shared_done(struct fw_shared *shared)
{
	if (!shared->p)
		return;
	(void)munmap(shared->p, shared->size);
	(void)close(shared->fd);
	shared->p = NULL;
}
