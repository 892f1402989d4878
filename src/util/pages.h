/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FW_UTIL_PAGES_H
#define FW_UTIL_PAGES_H
/*
 * Pages: heap memory that comes in huge pages where there is much of it.
 *
 * A million elements are more than a hundred thousand faults of small pages,
 * half of the time that reading them takes. free() takes all of this back.
 */
#include <stddef.h>

#define FW_PAGES_HUGE (2u << 20)	/* bytes; from here on it is worth asking */

/* Asks for huge pages in the size bytes at p, as far as they are untouched.
 * A kernel that has none keeps its small ones. */
void fw_pages_huge(void *p, size_t size);

/* As calloc. */
void *fw_pages_calloc(size_t n, size_t size);

/* As realloc of old_size bytes to size, which is not smaller. */
void *fw_pages_grow(void *old, size_t old_size, size_t size);

#endif
