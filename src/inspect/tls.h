/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS over TCP: the client's bytes, to the ClientHello inside its records.
 * Bytes may come in any portions; nothing is allocated.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "inspect/hello.h"

struct fw_tls {
	enum fw_parse_state state;
	struct fw_hello hello;	/* its facts are valid with DONE */

	/* Below: where the parser stands. */
	uint8_t record[5];	/* header of the record */
	uint8_t record_have;
	uint32_t record_left;	/* bytes of its content still to come */
	uint32_t skipped;	/* records before and between: bounded */
};

void fw_tls_init(struct fw_tls *tls);
/* Feeds the next len bytes. After another state than NEED_MORE further bytes
 * are not looked at. Returns the state. */
enum fw_parse_state fw_tls_feed(struct fw_tls *tls, const uint8_t *data,
				size_t len);
