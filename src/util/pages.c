/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages: heap memory that comes in huge pages where there is much of it.
 *
 * In: sizes. Out: memory for free(). Fails by NULL when the heap does; the
 * advice itself cannot fail, what the kernel makes of it is its own.
 *
 * The advice has to come before the first touch: realloc and calloc touch what
 * they return, so that large memory is copied and cleared here.
 */
#include "util/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SMALL_PAGE 4096u	/* of the advice's bounds, on every machine we know */

void fw_pages_huge(void *p, size_t size)
{
	const size_t skipped = -(uintptr_t)p & (SMALL_PAGE - 1);

	if (size >= FW_PAGES_HUGE)
		(void)madvise((char *)p + skipped,
			      (size - skipped) & ~(size_t)(SMALL_PAGE - 1),
			      MADV_HUGEPAGE);
}

static void *untouched(size_t size)
{
	void *p;

	if (size > SIZE_MAX - FW_PAGES_HUGE)
		return NULL;
	/* aligned, so that the first huge page begins with the memory */
	p = aligned_alloc(FW_PAGES_HUGE,
			  (size + FW_PAGES_HUGE - 1) & ~(size_t)(FW_PAGES_HUGE - 1));
	if (p)
		fw_pages_huge(p, size);
	return p;
}

void *fw_pages_calloc(size_t n, size_t size)
{
	size_t total;
	void *p;

	if (__builtin_mul_overflow(n, size, &total) || total < FW_PAGES_HUGE)
		return calloc(n, size);
	p = untouched(total);
	return p ? memset(p, 0, total) : NULL;
}

void *fw_pages_grow(void *old, size_t old_size, size_t size)
{
	void *p;

	if (size < FW_PAGES_HUGE)
		return realloc(old, size);
	p = untouched(size);
	if (!p)
		return NULL;
	if (old_size)
		memcpy(p, old, old_size);
	free(old);
	return p;
}
