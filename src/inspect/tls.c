/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS: the record layer (RFC 8446 section 5.1, RFC 5246 section 6.2).
 *
 * In: the client's bytes, in any portions. Out: a state, and the facts of the
 * ClientHello with DONE. Nothing fails but by a state.
 *
 * Headers are stripped and the contents of handshake records handed on. Alerts
 * and change-cipher-spec records before the hello or inside it are skipped, as
 * servers skip them: else a warning sent ahead would hide the name behind it.
 */
#include "inspect/tls.h"

#include <string.h>

#define RECORD_CHANGE_CIPHER_SPEC 20
#define RECORD_ALERT 21
#define RECORD_HANDSHAKE 22
#define RECORD_MAX (16384 + 2048)
#define RECORD_SKIP_MAX 64	/* bytes of a record that is skipped, and */
#define RECORDS_SKIPPED_MAX 64	/* how many: servers give up far earlier */

static uint32_t record_len(const struct fw_tls *tls)
{
	return (uint32_t)tls->record[3] << 8 | tls->record[4];
}

/* Whether the bytes of the header that are here can be a record's. */
static bool record_plausible(const struct fw_tls *tls)
{
	uint8_t type = tls->record[0];

	if (type < RECORD_CHANGE_CIPHER_SPEC || type > RECORD_HANDSHAKE)
		return false;
	if (tls->record_have >= 2 && tls->record[1] != 3)
		return false;
	if (tls->record_have < sizeof(tls->record))
		return true;
	return record_len(tls) <= (type == RECORD_HANDSHAKE ? RECORD_MAX :
							      RECORD_SKIP_MAX);
}

static void record_byte(struct fw_tls *tls, uint8_t byte)
{
	tls->record[tls->record_have++] = byte;
	if (!record_plausible(tls)) {
		tls->state = tls->hello.begun ? FW_PARSE_MALFORMED :
						FW_PARSE_OTHER;
		return;
	}
	if (tls->record_have < sizeof(tls->record))
		return;
	tls->record_left = record_len(tls);
	if (tls->record[0] == RECORD_HANDSHAKE && tls->record_left)
		return;
	if (++tls->skipped > RECORDS_SKIPPED_MAX)
		tls->state = FW_PARSE_MALFORMED;
	if (!tls->record_left)
		tls->record_have = 0;
}

void fw_tls_init(struct fw_tls *tls)
{
	memset(tls, 0, sizeof(*tls));
	fw_hello_init(&tls->hello);
}

enum fw_parse_state fw_tls_feed(struct fw_tls *tls, const uint8_t *data,
				size_t len)
{
	while (len && tls->state == FW_PARSE_NEED_MORE) {
		size_t n = 1;

		if (tls->record_have < sizeof(tls->record)) {
			record_byte(tls, *data);
		} else {
			n = len < tls->record_left ? len : tls->record_left;
			if (tls->record[0] == RECORD_HANDSHAKE)
				tls->state = fw_hello_feed(&tls->hello, data,
							   n);
			tls->record_left -= (uint32_t)n;
			if (!tls->record_left)
				tls->record_have = 0;
		}
		data += n;
		len -= n;
	}
	return tls->state;
}
