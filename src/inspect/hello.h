/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ClientHello (RFC 8446 section 4.1.2), as TLS and QUIC carry it.
 *
 * Bytes may come in any portions; the parser keeps its place and what the facts
 * are made of. It allocates nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/parse.h"

/* RFC 6066 section 3 sets no bound; a DNS name has one (RFC 1035, 2.3.4). */
#define FW_HELLO_NAME_MAX 255
/* The longest that its own fields allow but for extensions of absurd size: what
 * common servers accept. */
#define FW_HELLO_MAX 131396
/* Bytes of all lists together, and extensions: some three times what clients in
 * the field send. A hello with more is as good as malformed, for its facts
 * cannot be told. */
#define FW_HELLO_POOL 1024
#define FW_HELLO_EXTENSIONS 128

/* Lists of big-endian numbers of two bytes, but for two of them. */
enum fw_hello_list {
	FW_HELLO_CIPHERS,
	FW_HELLO_GROUPS,
	FW_HELLO_SIGNATURES,
	FW_HELLO_VERSIONS,
	FW_HELLO_FORMATS,	/* of points: bytes */
	FW_HELLO_ALPN,		/* names, each behind a byte with its length */
	FW_HELLO_LIST_MAX_,
};

struct fw_hello {
	enum fw_parse_state state;
	/* The facts, valid with DONE: */
	bool has_sni;
	bool ech;			/* encrypted_client_hello is there */
	uint16_t sni_len;
	char sni[FW_HELLO_NAME_MAX + 1];	/* lower case, without final dot */
	uint16_t legacy_version;
	uint16_t n_extensions;
	uint16_t extensions[FW_HELLO_EXTENSIONS];	/* types, as they came */
	struct {
		uint16_t at, len;	/* bytes of the pool */
		bool seen;
	} lists[FW_HELLO_LIST_MAX_];
	uint8_t pool[FW_HELLO_POOL];

	/* Below: where the parser stands. */
	bool begun;			/* a byte was fed */
	uint8_t step;			/* enum step, hello.c */
	uint8_t list;			/* enum fw_hello_list, of the step */
	uint8_t field[8];		/* of the step: bytes that it keeps */
	uint16_t pool_used;
	uint32_t field_have;
	uint32_t field_need;
	uint32_t hello_left;	/* bytes left in each of the nested vectors */
	uint32_t exts_left;
	uint32_t ext_left;
	uint32_t names_left;
};

void fw_hello_init(struct fw_hello *hello);
/* Feeds the next len bytes of the handshake. OTHER: a message, but another one.
 * After another state than NEED_MORE further bytes are not looked at. */
enum fw_parse_state fw_hello_feed(struct fw_hello *hello, const uint8_t *data,
				  size_t len);

/* A list's bytes; ret_len 0 where the hello has none. */
const uint8_t *fw_hello_list(const struct fw_hello *hello,
			     enum fw_hello_list list, size_t *ret_len);
/* Values that clients strew in so that servers learn to skip (RFC 8701). */
bool fw_hello_is_grease(uint16_t value);
/* The highest version offered, as on the wire: 0x0303 is TLS 1.2. */
uint16_t fw_hello_version(const struct fw_hello *hello);
