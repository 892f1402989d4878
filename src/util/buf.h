/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buf: text that grows on the heap.
 *
 * The first failed allocation makes the buffer fail for good: later calls do
 * nothing, and fw_buf_take() returns NULL. So callers check once, at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fw_buf {
	char *text;	/* NUL-terminated once anything was added, else NULL */
	size_t len;
	size_t cap;
	bool failed;
};

void fw_buf_add(struct fw_buf *buf, const char *text);
void fw_buf_addn(struct fw_buf *buf, const char *data, size_t len);
void fw_buf_addc(struct fw_buf *buf, char c);
void fw_buf_printf(struct fw_buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The text, which the caller frees; never NULL but after a failure. */
char *fw_buf_take(struct fw_buf *buf);
void fw_buf_done(struct fw_buf *buf);
