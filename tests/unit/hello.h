/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ClientHello messages made to order, for tests of the inspector. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HELLO_MAX 8192

struct hello {
	size_t len;
	uint8_t data[HELLO_MAX];
};

/*
 * A ClientHello in TLS records of at most `record` bytes of content each (0:
 * one record), with extensions before and behind the name. sni NULL: no such
 * extension. pad: bytes of a padding extension in front.
 */
struct hello hello_make(const char *sni, size_t record, size_t pad);
/* The handshake message alone, without record headers. */
struct hello hello_message(const char *sni, size_t pad);
/* Puts a message into records. */
struct hello hello_records(const struct hello *message, size_t record);

void hello_put(struct hello *hello, const void *data, size_t len);

/* The first message of a real client, from tests/seeds/tls. */
struct hello hello_seed(const char *name);
