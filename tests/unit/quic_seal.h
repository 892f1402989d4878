/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client's QUIC Initial packets, sealed as the standards say, for tests. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define QUIC_V1 0x00000001u
#define QUIC_V2 0x6b3343cfu
#define QUIC_SEALED(len) ((len) + 64)	/* room that a packet may need */

/* A connection ID, of 8 bytes. */
#define QUIC_ID "\x83\x94\xc8\xf0\x3e\x51\x57\x08"
#define QUIC_ID_LEN 8

/*
 * Writes a packet to the connection `id` with the keys that follow from
 * `keys_of`, and the frames in it: at most 16,000 bytes. Returns how many bytes
 * that is; out has room for QUIC_SEALED(len). 0: a version without keys.
 */
size_t quic_seal(uint8_t *out, uint32_t version, const char *id,
		 const char *keys_of, const uint8_t *frames, size_t len);
