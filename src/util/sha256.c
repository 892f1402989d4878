/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Content hashes: SHA-256 (FIPS 180-4), by nettle.
 *
 * In: pieces, each hashed with its length in front. Out: 32 bytes. Only the
 * allocation of a hasher can fail; a NULL hasher is taken everywhere and gives
 * the hash of all zeros, which no content has.
 */
#include "util/sha256.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

struct fw_hasher {
	struct sha256_ctx ctx;
};

struct fw_hasher *fw_hasher_new(void)
{
	struct fw_hasher *hasher = malloc(sizeof(*hasher));

	if (hasher)
		sha256_init(&hasher->ctx);
	return hasher;
}

static void update_u64(struct fw_hasher *hasher, uint64_t value)
{
	uint8_t bytes[8];

	for (int i = 7; i >= 0; i--, value >>= 8)
		bytes[i] = (uint8_t)value;
	sha256_update(&hasher->ctx, sizeof(bytes), bytes);
}

void fw_hasher_add(struct fw_hasher *hasher, const void *data, size_t len)
{
	if (!hasher)
		return;
	update_u64(hasher, len);
	if (len)
		sha256_update(&hasher->ctx, len, data);
}

void fw_hasher_add_text(struct fw_hasher *hasher, const char *text)
{
	fw_hasher_add(hasher, text, strlen(text));
}

void fw_hasher_add_u64(struct fw_hasher *hasher, uint64_t value)
{
	if (!hasher)
		return;
	update_u64(hasher, sizeof(value));
	update_u64(hasher, value);
}

void fw_hasher_end(struct fw_hasher *hasher, struct fw_hash *ret)
{
	*ret = (struct fw_hash){ 0 };
	if (!hasher)
		return;
	sha256_digest(&hasher->ctx, sizeof(ret->bytes), ret->bytes);
	free(hasher);
}

void fw_hash_hex(const struct fw_hash *hash, char text[static FW_HASH_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < FW_HASH_SIZE; i++) {
		text[2 * i] = digits[hash->bytes[i] >> 4];
		text[2 * i + 1] = digits[hash->bytes[i] & 15];
	}
	text[FW_HASH_HEX - 1] = '\0';
}
