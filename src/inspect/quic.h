/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QUIC, versions 1 and 2 (RFC 9000, RFC 9369): the ClientHello in a client's
 * Initial packets, whose keys everybody can derive (RFC 9001 section 5.2).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/hello.h"
#include "inspect/reassembly.h"

#define FW_QUIC_ID_MAX 20		/* of a connection, in these versions */
#define FW_QUIC_CRYPTO_MAX 16384	/* bytes of a ClientHello over QUIC */

struct fw_quic_keys {
	uint8_t key[16], iv[12], mask[16];	/* mask: of the header */
};

struct fw_quic {
	enum fw_parse_state state;
	uint32_t version;		/* 0 before the first Initial */
	struct fw_hello hello;		/* its facts are valid with DONE */

	/* Below: where the parser stands. */
	struct fw_quic_keys keys;	/* of the connection that was begun */
	struct fw_stream crypto;	/* of the Initial packets, in order */
};

void fw_quic_init(struct fw_quic *quic);
void fw_quic_done(struct fw_quic *quic);

/*
 * Takes the payload of a client's next datagram. OTHER: the first one is no
 * Initial packet of a version that we know. What cannot be decrypted is left
 * out, as a server does. -ENOMEM: the datagram was not taken in whole.
 */
int fw_quic_add(struct fw_quic *quic, const uint8_t *data, size_t len);
