/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protection of QUIC's Initial packets (RFC 9001 section 5, RFC 9369). */
#pragma once

#include "inspect/quic.h"

/* Keys of a client's Initial packets, from the destination connection ID of its
 * first one. False for a version that we do not know. */
bool fw_quic_keys(uint32_t version, const uint8_t *id, size_t id_len,
		  struct fw_quic_keys *ret);
/* The bits that hide a header, from the 16 bytes of the sample. */
void fw_quic_mask(const struct fw_quic_keys *keys, const uint8_t *sample,
		  uint8_t ret[16]);
/* Decrypts len bytes, the last 16 of which authenticate them and the header.
 * plain has room for len - 16. False where they do not. */
bool fw_quic_open(const struct fw_quic_keys *keys, uint64_t number,
		  const uint8_t *header, size_t header_len,
		  const uint8_t *sealed, size_t len, uint8_t *plain);
