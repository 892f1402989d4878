/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seals what a client's Initial packets hold (RFC 9001 section 5, RFC 9369).
 *
 * In: frames. Out: a packet that fw_quic_add() opens. Fails for versions without
 * keys.
 */
#include "tests/unit/quic_seal.h"

#include <string.h>

#include <nettle/gcm.h>

#include "inspect/quic_keys.h"

#define NUMBER 7		/* of each packet, in two bytes */

static uint8_t *put(uint8_t *at, const void *data, size_t len)
{
	memcpy(at, data, len);
	return at + len;
}

static uint8_t *put_number(uint8_t *at, uint32_t value, size_t len)
{
	while (len--)
		*at++ = (uint8_t)(value >> 8 * len);
	return at;
}

size_t quic_seal(uint8_t *out, uint32_t version, const char *id,
		 const char *keys_of, const uint8_t *frames, size_t len)
{
	uint8_t mask[16], nonce[12], *at = out, *number;
	struct gcm_aes128_ctx gcm;
	struct fw_quic_keys keys;

	if (!fw_quic_keys(version, (const uint8_t *)keys_of, QUIC_ID_LEN, &keys))
		return 0;
	at = put_number(at, version == QUIC_V2 ? 0xd1 : 0xc1, 1);
	at = put_number(at, version, 4);
	at = put_number(at, QUIC_ID_LEN, 1);
	at = put(at, id, QUIC_ID_LEN);
	at = put(at, "\1s\2to", 5);		/* source, token */
	at = put_number(at, 0x4000 | (uint32_t)(2 + len + 16), 2);
	number = at;
	at = put_number(at, NUMBER, 2);

	memcpy(nonce, keys.iv, sizeof(nonce));
	nonce[sizeof(nonce) - 1] ^= NUMBER;
	gcm_aes128_set_key(&gcm, keys.key);
	gcm_aes128_set_iv(&gcm, sizeof(nonce), nonce);
	gcm_aes128_update(&gcm, (size_t)(at - out), out);
	gcm_aes128_encrypt(&gcm, len, at, frames);
	gcm_aes128_digest(&gcm, GCM_DIGEST_SIZE, at + len);
	fw_quic_mask(&keys, number + 4, mask);
	out[0] ^= mask[0] & 0x0f;
	number[0] ^= mask[1];
	number[1] ^= mask[2];
	return (size_t)(at - out) + len + GCM_DIGEST_SIZE;
}
