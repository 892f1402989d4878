/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QUIC's Initial packets, opened: HKDF-SHA256, AES-128 and its GCM, by nettle.
 *
 * In: a version and a connection ID; protected bytes. Out: keys; plain bytes.
 * Fails for unknown versions and for what was not sealed with these keys.
 */
#include "inspect/quic_keys.h"

#include <stdio.h>
#include <string.h>

#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

#include "util/cleanup.h"

#define TAG_SIZE GCM_DIGEST_SIZE

/* RFC 9001 section 5.2, RFC 9369 section 3.3. */
static const struct {
	uint32_t version;
	uint8_t salt[20];
	const char *prefix;	/* of labels */
} versions[] = {
	{ 0x00000001,
	  { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	    0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a },
	  "quic" },
	{ 0x6b3343cf,
	  { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
	    0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 },
	  "quicv2" },
};

/* HKDF-Expand-Label of TLS 1.3 without context (RFC 8446 section 7.1). */
static void expand(const uint8_t secret[SHA256_DIGEST_SIZE], const char *prefix,
		   const char *label, size_t len, uint8_t *ret)
{
	struct hmac_sha256_ctx hmac;
	char info[64];
	int n = snprintf(info, sizeof(info), "%c%c%ctls13 %s%s%c", 0, (int)len,
			 (int)(strlen("tls13 ") + strlen(prefix) +
			       strlen(label)), prefix, label, 0);

	hmac_sha256_set_key(&hmac, SHA256_DIGEST_SIZE, secret);
	hkdf_expand(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		    (nettle_hash_digest_func *)hmac_sha256_digest,
		    SHA256_DIGEST_SIZE, (size_t)n, (const uint8_t *)info, len,
		    ret);
}

static void derive(size_t row, const uint8_t *id, size_t id_len,
		   struct fw_quic_keys *ret)
{
	uint8_t initial[SHA256_DIGEST_SIZE], client[SHA256_DIGEST_SIZE];
	const char *prefix = versions[row].prefix;
	struct hmac_sha256_ctx hmac;

	hmac_sha256_set_key(&hmac, sizeof(versions[row].salt),
			    versions[row].salt);
	hkdf_extract(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
		     (nettle_hash_digest_func *)hmac_sha256_digest,
		     SHA256_DIGEST_SIZE, id_len, id, initial);
	expand(initial, "", "client in", sizeof(client), client);
	expand(client, prefix, " key", sizeof(ret->key), ret->key);
	expand(client, prefix, " iv", sizeof(ret->iv), ret->iv);
	expand(client, prefix, " hp", sizeof(ret->mask), ret->mask);
}

bool fw_quic_keys(uint32_t version, const uint8_t *id, size_t id_len,
		  struct fw_quic_keys *ret)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(versions); i++) {
		if (versions[i].version != version)
			continue;
		derive(i, id, id_len, ret);
		return true;
	}
	return false;
}

void fw_quic_mask(const struct fw_quic_keys *keys, const uint8_t *sample,
		  uint8_t ret[16])
{
	struct aes128_ctx aes;

	aes128_set_encrypt_key(&aes, keys->mask);
	aes128_encrypt(&aes, AES_BLOCK_SIZE, ret, sample);
}

bool fw_quic_open(const struct fw_quic_keys *keys, uint64_t number,
		  const uint8_t *header, size_t header_len,
		  const uint8_t *sealed, size_t len, uint8_t *plain)
{
	uint8_t nonce[sizeof(keys->iv)], tag[TAG_SIZE];
	struct gcm_aes128_ctx gcm;

	if (len < TAG_SIZE)
		return false;
	len -= TAG_SIZE;
	memcpy(nonce, keys->iv, sizeof(nonce));
	for (size_t i = 0; i < sizeof(number); i++)
		nonce[sizeof(nonce) - 1 - i] ^= (uint8_t)(number >> 8 * i);
	gcm_aes128_set_key(&gcm, keys->key);
	gcm_aes128_set_iv(&gcm, sizeof(nonce), nonce);
	gcm_aes128_update(&gcm, header_len, header);
	gcm_aes128_decrypt(&gcm, len, plain, sealed);
	gcm_aes128_digest(&gcm, sizeof(tag), tag);
	return memeql_sec(tag, sealed + len, sizeof(tag));
}
