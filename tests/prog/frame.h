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

/* Of RFC 1071, not inverted; start: that of other bytes, an even number. */
static inline uint16_t frame_sum(const uint8_t *bytes, size_t n, uint32_t start)
{
	for (size_t i = 0; i < n; i++)
		start += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return (uint16_t)start;
}
