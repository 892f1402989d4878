/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arena: a chain of chunks from which memory is cut, front to back.
 *
 * In: sizes. Out: zeroed, aligned memory that lives until the arena goes.
 * Fails by returning NULL when the heap does; the arena stays usable.
 *
 * Chunks grow with the arena, so that a large configuration needs few of them
 * and a small one little memory. What does not fit the room left and is large
 * gets a chunk of its own behind the current one, whose room stays in use.
 */
#include "util/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util/pages.h"

#define CHUNK_MIN (4u << 10)
#define CHUNK_MAX (8u << 20)

struct chunk {
	struct chunk *next;
	size_t size;	/* of data */
	size_t used;
	size_t mapped;	/* bytes of the mapping; 0: from the heap */
	alignas(max_align_t) unsigned char data[];
};

struct fw_arena {
	struct chunk *chunks;	/* the first is the one that is cut from */
	size_t next_size;
};

struct fw_arena *fw_arena_new(void)
{
	struct fw_arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->next_size = CHUNK_MIN;
	return arena;
}

void fw_arena_free(struct fw_arena *arena)
{
	if (!arena)
		return;
	while (arena->chunks) {
		struct chunk *next = arena->chunks->next;

		if (arena->chunks->mapped)
			(void)munmap(arena->chunks, arena->chunks->mapped);
		else
			free(arena->chunks);
		arena->chunks = next;
	}
	free(arena);
}

/* Zeroed, and untouched pages of a large chunk cost nothing. */
static struct chunk *new_chunk(size_t size)
{
	struct chunk *chunk;

	if (size < FW_PAGES_HUGE)
		return calloc(1, size);
	chunk = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		return NULL;
	fw_pages_huge(chunk, size);
	chunk->mapped = size;
	return chunk;
}

static struct chunk *add_chunk(struct fw_arena *arena, size_t need)
{
	bool own = need > arena->next_size / 4;
	size_t size = own ? need : arena->next_size;
	struct chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk))
		return NULL;
	chunk = new_chunk(sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	chunk->size = size;
	if (own && arena->chunks) {
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
		return chunk;
	}
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	if (arena->next_size < CHUNK_MAX)
		arena->next_size *= 2;
	return chunk;
}

void *fw_arena_alloc(struct fw_arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct chunk *chunk = arena->chunks;
	void *p;

	if (size > SIZE_MAX - align)
		return NULL;
	size = (size + align - 1) / align * align;
	if (!size)
		size = align;
	if (!chunk || chunk->size - chunk->used < size)
		chunk = add_chunk(arena, size);
	if (!chunk)
		return NULL;
	p = chunk->data + chunk->used;
	chunk->used += size;
	return p;
}

void *fw_arena_array(struct fw_arena *arena, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		return NULL;
	return fw_arena_alloc(arena, total);
}

void *fw_arena_memdup(struct fw_arena *arena, const void *data, size_t len)
{
	void *p = fw_arena_alloc(arena, len);

	if (p && len)
		memcpy(p, data, len);
	return p;
}

char *fw_arena_strndup(struct fw_arena *arena, const char *text, size_t len)
{
	char *p;

	len = strnlen(text, len);
	if (len == SIZE_MAX)
		return NULL;
	p = fw_arena_alloc(arena, len + 1);
	if (p)
		memcpy(p, text, len);
	return p;
}

char *fw_arena_strdup(struct fw_arena *arena, const char *text)
{
	return fw_arena_strndup(arena, text, strlen(text));
}

char *fw_arena_vprintf(struct fw_arena *arena, const char *format, va_list ap)
{
	va_list again;
	char *p = NULL;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, ap);
	if (len >= 0)
		p = fw_arena_alloc(arena, (size_t)len + 1);
	if (p)
		(void)vsnprintf(p, (size_t)len + 1, format, again);
	va_end(again);
	return p;
}

char *fw_arena_printf(struct fw_arena *arena, const char *format, ...)
{
	va_list ap;
	char *p;

	va_start(ap, format);
	p = fw_arena_vprintf(arena, format, ap);
	va_end(ap);
	return p;
}
