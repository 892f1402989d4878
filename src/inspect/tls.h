/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS: what a ClientHello says, from the bytes of the client's direction.
 *
 * Bytes may come in any portions; the parser keeps its place, and no more of
 * them than the name. It allocates nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 6066 section 3 sets no bound; a DNS name has one (RFC 1035, 2.3.4). */
#define FW_TLS_NAME_MAX 255
/* The longest ClientHello that its own fields allow but for extensions of
 * absurd size: what common servers accept. */
#define FW_TLS_HELLO_MAX 131396

enum fw_tls_state {
	FW_TLS_NEED_MORE,
	FW_TLS_DONE,		/* a whole ClientHello; the facts are known */
	FW_TLS_NOT_TLS,		/* does not begin as a ClientHello does */
	FW_TLS_MALFORMED,	/* begins as one, but no server takes it */
	FW_TLS_STATE_MAX_,
};

struct fw_tls {
	enum fw_tls_state state;
	bool begun;		/* a byte was fed */
	bool has_sni;		/* the facts, valid with FW_TLS_DONE: */
	uint16_t sni_len;
	char sni[FW_TLS_NAME_MAX + 1];	/* lower case, without final dot */

	/* Below: where the parser stands. */
	uint8_t record[5];	/* header of the record */
	uint8_t record_have;
	uint32_t record_left;	/* bytes of its content still to come */
	uint32_t skipped;	/* records before and between: bounded */
	bool hello_begun;	/* the message says that it is a ClientHello */
	uint8_t step;		/* enum step, tls.c */
	uint8_t field[8];	/* of the step: bytes that it keeps */
	uint32_t field_have;
	uint32_t field_need;
	uint32_t hello_left;	/* bytes left in each of the nested vectors */
	uint32_t exts_left;
	uint32_t ext_left;
	uint32_t names_left;
};

void fw_tls_init(struct fw_tls *tls);
/* Feeds the next len bytes. After another state than NEED_MORE further bytes
 * are not looked at. Returns the state. */
enum fw_tls_state fw_tls_feed(struct fw_tls *tls, const uint8_t *data,
			      size_t len);

const char *fw_tls_state_name(enum fw_tls_state state);
