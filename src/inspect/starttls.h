/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * STARTTLS: the client's words before it asks for TLS in the middle of a
 * conversation: SMTP (RFC 3207), IMAP and POP3 (RFC 2595), XMPP (RFC 6120).
 * Its bytes in any portions; nothing is allocated.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/parse.h"

#define FW_STARTTLS_LINE_MAX 64	/* of what is kept of a line */

struct fw_starttls {
	enum fw_parse_state state;	/* DONE: what follows is TLS */
	const char *protocol;	/* "smtp", "imap", ...; NULL until it is known */

	/* Below: where the parser stands. */
	bool asked;		/* XMPP: inside the element that asks */
	uint8_t len;
	char line[FW_STARTTLS_LINE_MAX];	/* XMPP: the last element */
};

void fw_starttls_init(struct fw_starttls *starttls);
/* Feeds the next len bytes, up to those behind which TLS begins; returns how many
 * were taken. After another state than NEED_MORE that is none. */
size_t fw_starttls_feed(struct fw_starttls *starttls, const uint8_t *data,
			size_t len);
