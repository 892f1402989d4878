/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Content hashes: SHA-256 (FIPS 180-4), by nettle. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FW_HASH_SIZE 32
#define FW_HASH_HEX (2 * FW_HASH_SIZE + 1)

struct fw_hash {
	uint8_t bytes[FW_HASH_SIZE];
};

/* Hashes a run of pieces; each piece is preceded by its length as a u64 in
 * network byte order, so that pieces cannot run into each other. */
struct fw_hasher;
struct fw_hasher *fw_hasher_new(void);
void fw_hasher_add(struct fw_hasher *hasher, const void *data, size_t len);
void fw_hasher_add_text(struct fw_hasher *hasher, const char *text);
void fw_hasher_add_u64(struct fw_hasher *hasher, uint64_t value);
/* Ends and frees the hasher. */
void fw_hasher_end(struct fw_hasher *hasher, struct fw_hash *ret);

void fw_hash_hex(const struct fw_hash *hash, char text[static FW_HASH_HEX]);
