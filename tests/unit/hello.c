/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ClientHello messages, put together field by field (RFC 8446 section 4.1.2).
 *
 * In: what a test wants in it. Out: bytes. A message that does not fit
 * or cannot be read aborts.
 */
#include "tests/unit/hello.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

void hello_put(struct hello *hello, const void *data, size_t len)
{
	if (hello->len + len > HELLO_MAX)
		abort();
	if (len)
		memcpy(hello->data + hello->len, data, len);
	hello->len += len;
}

static void put_number(struct hello *hello, size_t value, size_t size)
{
	while (size--) {
		uint8_t byte = (uint8_t)(value >> (8 * size));

		hello_put(hello, &byte, 1);
	}
}

static void put_zeros(struct hello *hello, size_t n)
{
	while (n--)
		hello_put(hello, "", 1);
}

static void put_extensions(struct hello *out, const char *sni, size_t pad)
{
	struct hello exts = { 0 };

	if (pad) {
		put_number(&exts, 21, 2);
		put_number(&exts, pad, 2);
		put_zeros(&exts, pad);
	}
	if (sni) {
		size_t len = strlen(sni);

		put_number(&exts, 0, 2);
		put_number(&exts, len + 5, 2);
		put_number(&exts, len + 3, 2);
		put_number(&exts, 0, 1);
		put_number(&exts, len, 2);
		hello_put(&exts, sni, len);
	}
	hello_put(&exts, "\0\x17\0\0", 4);	/* extended_master_secret */
	put_number(out, exts.len, 2);
	hello_put(out, exts.data, exts.len);
}

struct hello hello_message(const char *sni, size_t pad)
{
	struct hello body = { 0 }, message = { 0 };

	put_number(&body, 0x0303, 2);
	put_zeros(&body, 32);
	put_number(&body, 32, 1);
	put_zeros(&body, 32);
	put_number(&body, 4, 2);
	hello_put(&body, "\x13\x01\x13\x02", 4);
	put_number(&body, 1, 1);
	put_zeros(&body, 1);
	put_extensions(&body, sni, pad);
	put_number(&message, 1, 1);
	put_number(&message, body.len, 3);
	hello_put(&message, body.data, body.len);
	return message;
}

struct hello hello_records(const struct hello *message, size_t record)
{
	struct hello out = { 0 };
	size_t at = 0;

	if (!record)
		record = 16384;
	while (at < message->len) {
		size_t n = message->len - at;

		if (n > record)
			n = record;
		put_number(&out, 22, 1);
		put_number(&out, 0x0301, 2);
		put_number(&out, n, 2);
		hello_put(&out, message->data + at, n);
		at += n;
	}
	return out;
}

struct hello hello_make(const char *sni, size_t record, size_t pad)
{
	struct hello message = hello_message(sni, pad);

	return hello_records(&message, record);
}

struct hello hello_seed(const char *name)
{
	const char *top = getenv("abs_top_srcdir");
	struct hello hello = { 0 };
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/tests/seeds/tls/%s",
		       top ? top : ".", name);
	_cleanup_fclose_ FILE *file = fopen(path, "rb");

	if (!file)
		abort();
	hello.len = fread(hello.data, 1, sizeof(hello.data), file);
	if (!hello.len)
		abort();
	return hello;
}
