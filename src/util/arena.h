/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arena: memory that lives and dies together.
 *
 * One arena serves one compilation, another one plan. Nothing in an arena is
 * freed by itself; fw_arena_free() drops it whole. Functions return NULL when
 * memory runs out and leave the arena as it was.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct fw_arena;

struct fw_arena *fw_arena_new(void);
void fw_arena_free(struct fw_arena *arena);

/* Zeroed memory, aligned for any type. A size of 0 gives a valid pointer. */
void *fw_arena_alloc(struct fw_arena *arena, size_t size);
/* n * size bytes, zeroed; NULL also when the product overflows. */
void *fw_arena_array(struct fw_arena *arena, size_t n, size_t size);
char *fw_arena_strdup(struct fw_arena *arena, const char *text);
char *fw_arena_strndup(struct fw_arena *arena, const char *text, size_t len);
void *fw_arena_memdup(struct fw_arena *arena, const void *data, size_t len);
char *fw_arena_printf(struct fw_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *fw_arena_vprintf(struct fw_arena *arena, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));
