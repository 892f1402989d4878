/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buf: text that grows on the heap.
 *
 * In: pieces of text. Out: one NUL-terminated string. An allocation that fails
 * makes the buffer fail for good and frees what it held.
 */
#include "util/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/pages.h"

#define FIRST_CAP 64

static void fail(struct fw_buf *buf)
{
	free(buf->text);
	*buf = (struct fw_buf){ .failed = true };
}

/* Room for len more bytes and the NUL behind them. */
static bool reserve(struct fw_buf *buf, size_t len)
{
	size_t need, cap = buf->cap ? buf->cap : FIRST_CAP;
	char *text;

	if (buf->failed)
		return false;
	if (len > SIZE_MAX / 2 - buf->len - 1) {
		fail(buf);
		return false;
	}
	need = buf->len + len + 1;
	if (need <= buf->cap)
		return true;
	while (cap < need)
		cap *= 2;
	text = fw_pages_grow(buf->text, buf->cap, cap);
	if (!text) {
		fail(buf);
		return false;
	}
	buf->text = text;
	buf->cap = cap;
	return true;
}

void fw_buf_addn(struct fw_buf *buf, const char *data, size_t len)
{
	if (!reserve(buf, len))
		return;
	if (len)
		memcpy(buf->text + buf->len, data, len);
	buf->len += len;
	buf->text[buf->len] = '\0';
}

void fw_buf_add(struct fw_buf *buf, const char *text)
{
	fw_buf_addn(buf, text, strlen(text));
}

void fw_buf_addc(struct fw_buf *buf, char c)
{
	fw_buf_addn(buf, &c, 1);
}

void fw_buf_printf(struct fw_buf *buf, const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len < 0) {
		fail(buf);
		return;
	}
	if (!reserve(buf, (size_t)len))
		return;
	va_start(ap, format);
	(void)vsnprintf(buf->text + buf->len, (size_t)len + 1, format, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

char *fw_buf_take(struct fw_buf *buf)
{
	char *text;

	reserve(buf, 0);
	text = buf->text;
	if (text)
		text[buf->len] = '\0';
	buf->text = NULL;
	buf->len = buf->cap = 0;
	return text;
}

void fw_buf_done(struct fw_buf *buf)
{
	free(buf->text);
	*buf = (struct fw_buf){ 0 };
}
