/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame that is put together piece by piece. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_MAX 1500

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t len;
};

static inline void put(struct frame *f, const void *bytes, size_t n)
{
	memcpy(f->bytes + f->len, bytes, n);
	f->len += n;
}

static inline void put16(struct frame *f, size_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value };

	put(f, bytes, sizeof(bytes));
}

static inline void set16(struct frame *f, size_t at, size_t value)
{
	f->bytes[at] = (uint8_t)(value >> 8);
	f->bytes[at + 1] = (uint8_t)value;
}
