/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS: the record layer, and the ClientHello inside it.
 *
 * In: the client's bytes, in any portions. Out: a state, and the facts with
 * FW_TLS_DONE. Nothing fails but by a state; nothing is allocated.
 *
 * The record layer (RFC 8446 section 5.1, RFC 5246 section 6.2) strips headers
 * and hands the contents of handshake records on. Alerts and change-cipher-spec
 * records before the hello or inside it are skipped, as servers skip them: else
 * a warning sent ahead would hide the name behind it.
 *
 * The hello (RFC 8446 section 4.1.2) is a chain of steps. A step has a number
 * of bytes it needs, keeps them or lets them go, and then its `done` begins the
 * next one. Every vector is checked against the one around it when its length
 * is read, so a length never reaches past the message.
 *
 * A name is taken as it stands: its bytes must be visible ASCII, for a name
 * that no list could hold must not pass as one that no list holds.
 */
#include "inspect/tls.h"

#include <string.h>

#include "util/cleanup.h"

#define RECORD_CHANGE_CIPHER_SPEC 20
#define RECORD_ALERT 21
#define RECORD_HANDSHAKE 22
#define RECORD_MAX (16384 + 2048)
#define RECORD_SKIP_MAX 64	/* bytes of a record that is skipped, and */
#define RECORDS_SKIPPED_MAX 64	/* how many: servers give up far earlier */

#define HANDSHAKE_CLIENT_HELLO 1
#define EXTENSION_SERVER_NAME 0
#define NAME_TYPE_HOST_NAME 0

enum step {
	STEP_HEADER,		/* msg_type, length */
	STEP_RANDOM,		/* legacy_version, random */
	STEP_SESSION_LEN,
	STEP_SESSION,
	STEP_CIPHERS_LEN,
	STEP_CIPHERS,
	STEP_COMPRESSIONS_LEN,
	STEP_COMPRESSIONS,
	STEP_EXTS_LEN,
	STEP_EXT_HEADER,	/* extension_type, length */
	STEP_EXT,		/* one that is of no interest */
	STEP_NAMES_LEN,
	STEP_NAME_HEADER,	/* name_type, length */
	STEP_NAME,
	STEP_NAME_OTHER,
	STEP_MAX_,
};

static uint32_t number(const uint8_t *p, size_t n)
{
	uint32_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | p[i];
	return value;
}

static void malformed(struct fw_tls *tls)
{
	tls->state = FW_TLS_MALFORMED;
}

/* The next step takes need bytes of the message. */
static void begin(struct fw_tls *tls, enum step step, uint32_t need)
{
	if (need > tls->hello_left) {
		malformed(tls);
		return;
	}
	tls->hello_left -= need;
	tls->step = (uint8_t)step;
	tls->field_need = need;
	tls->field_have = 0;
}

static void header_done(struct fw_tls *tls)
{
	tls->hello_left = number(tls->field + 1, 3);
	if (tls->hello_left > FW_TLS_HELLO_MAX) {
		malformed(tls);
		return;
	}
	begin(tls, STEP_RANDOM, 34);
}

static void random_done(struct fw_tls *tls)
{
	begin(tls, STEP_SESSION_LEN, 1);
}

static void session_len_done(struct fw_tls *tls)
{
	if (tls->field[0] > 32)
		malformed(tls);
	else
		begin(tls, STEP_SESSION, tls->field[0]);
}

static void session_done(struct fw_tls *tls)
{
	begin(tls, STEP_CIPHERS_LEN, 2);
}

static void ciphers_len_done(struct fw_tls *tls)
{
	uint32_t len = number(tls->field, 2);

	if (len < 2 || len % 2)
		malformed(tls);
	else
		begin(tls, STEP_CIPHERS, len);
}

static void ciphers_done(struct fw_tls *tls)
{
	begin(tls, STEP_COMPRESSIONS_LEN, 1);
}

static void compressions_len_done(struct fw_tls *tls)
{
	if (tls->field[0] < 1)
		malformed(tls);
	else
		begin(tls, STEP_COMPRESSIONS, tls->field[0]);
}

/* Before TLS 1.3 a hello may end here, without extensions. */
static void compressions_done(struct fw_tls *tls)
{
	if (!tls->hello_left)
		tls->state = FW_TLS_DONE;
	else
		begin(tls, STEP_EXTS_LEN, 2);
}

static void next_extension(struct fw_tls *tls)
{
	if (!tls->exts_left) {
		tls->state = FW_TLS_DONE;
		return;
	}
	if (tls->exts_left < 4) {
		malformed(tls);
		return;
	}
	tls->exts_left -= 4;
	begin(tls, STEP_EXT_HEADER, 4);
}

static void exts_len_done(struct fw_tls *tls)
{
	tls->exts_left = number(tls->field, 2);
	if (tls->exts_left != tls->hello_left)
		malformed(tls);
	else
		next_extension(tls);
}

static void ext_header_done(struct fw_tls *tls)
{
	uint32_t type = number(tls->field, 2);
	uint32_t len = number(tls->field + 2, 2);

	if (len > tls->exts_left) {
		malformed(tls);
		return;
	}
	tls->exts_left -= len;
	if (type != EXTENSION_SERVER_NAME) {
		begin(tls, STEP_EXT, len);
		return;
	}
	/* One of a kind (RFC 8446 section 4.2), and never empty here. */
	if (tls->has_sni || len < 2) {
		malformed(tls);
		return;
	}
	tls->ext_left = len - 2;
	begin(tls, STEP_NAMES_LEN, 2);
}

static void next_name(struct fw_tls *tls)
{
	if (!tls->names_left) {
		next_extension(tls);
		return;
	}
	if (tls->names_left < 3) {
		malformed(tls);
		return;
	}
	tls->names_left -= 3;
	begin(tls, STEP_NAME_HEADER, 3);
}

static void names_len_done(struct fw_tls *tls)
{
	tls->names_left = number(tls->field, 2);
	if (!tls->names_left || tls->names_left != tls->ext_left)
		malformed(tls);
	else
		next_name(tls);
}

static void name_header_done(struct fw_tls *tls)
{
	uint32_t len = number(tls->field + 1, 2);
	bool wanted = tls->field[0] == NAME_TYPE_HOST_NAME && !tls->has_sni;

	if (!len || len > tls->names_left ||
	    (wanted && len > FW_TLS_NAME_MAX)) {
		malformed(tls);
		return;
	}
	tls->names_left -= len;
	begin(tls, wanted ? STEP_NAME : STEP_NAME_OTHER, len);
}

static void name_done(struct fw_tls *tls)
{
	size_t len = tls->field_need;

	if (tls->sni[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++) {
		char c = tls->sni[i];

		if (c <= ' ' || c > '~') {
			malformed(tls);
			return;
		}
		if (c >= 'A' && c <= 'Z')
			tls->sni[i] = (char)(c - 'A' + 'a');
	}
	if (!len) {
		malformed(tls);
		return;
	}
	tls->sni[len] = '\0';
	tls->sni_len = (uint16_t)len;
	tls->has_sni = true;
	next_name(tls);
}

static const struct {
	void (*done)(struct fw_tls *tls);
	bool keep;		/* in field; at most sizeof(field) bytes */
} steps[] = {
	[STEP_HEADER] = { header_done, true },
	[STEP_RANDOM] = { random_done, false },
	[STEP_SESSION_LEN] = { session_len_done, true },
	[STEP_SESSION] = { session_done, false },
	[STEP_CIPHERS_LEN] = { ciphers_len_done, true },
	[STEP_CIPHERS] = { ciphers_done, false },
	[STEP_COMPRESSIONS_LEN] = { compressions_len_done, true },
	[STEP_COMPRESSIONS] = { compressions_done, false },
	[STEP_EXTS_LEN] = { exts_len_done, true },
	[STEP_EXT_HEADER] = { ext_header_done, true },
	[STEP_EXT] = { next_extension, false },
	[STEP_NAMES_LEN] = { names_len_done, true },
	[STEP_NAME_HEADER] = { name_header_done, true },
	[STEP_NAME] = { name_done, false },
	[STEP_NAME_OTHER] = { next_name, false },
};
_Static_assert(FW_ARRAY_SIZE(steps) == STEP_MAX_, "steps");

/* Contents of handshake records. */
static void feed_hello(struct fw_tls *tls, const uint8_t *data, size_t len)
{
	if (!tls->hello_begun && len) {
		if (data[0] != HANDSHAKE_CLIENT_HELLO) {
			tls->state = FW_TLS_NOT_TLS;
			return;
		}
		tls->hello_begun = true;
	}
	while (tls->state == FW_TLS_NEED_MORE) {
		size_t n = tls->field_need - tls->field_have;

		if (n > len)
			n = len;
		if (n && steps[tls->step].keep)
			memcpy(tls->field + tls->field_have, data, n);
		else if (n && tls->step == STEP_NAME)
			memcpy(tls->sni + tls->field_have, data, n);
		tls->field_have += (uint32_t)n;
		data += n;
		len -= n;
		if (tls->field_have < tls->field_need)
			return;
		steps[tls->step].done(tls);
	}
}

/* Whether the bytes of the header that are here can be a record's. */
static bool record_plausible(const struct fw_tls *tls)
{
	uint8_t type = tls->record[0];
	uint32_t len;

	if (type < RECORD_CHANGE_CIPHER_SPEC || type > RECORD_HANDSHAKE)
		return false;
	if (tls->record_have >= 2 && tls->record[1] != 3)
		return false;
	if (tls->record_have < sizeof(tls->record))
		return true;
	len = number(tls->record + 3, 2);
	return len <= (type == RECORD_HANDSHAKE ? RECORD_MAX :
						  RECORD_SKIP_MAX);
}

static void record_byte(struct fw_tls *tls, uint8_t byte)
{
	tls->record[tls->record_have++] = byte;
	if (!record_plausible(tls)) {
		tls->state = tls->hello_begun ? FW_TLS_MALFORMED :
						FW_TLS_NOT_TLS;
		return;
	}
	if (tls->record_have < sizeof(tls->record))
		return;
	tls->record_left = number(tls->record + 3, 2);
	if (tls->record[0] == RECORD_HANDSHAKE && tls->record_left)
		return;
	if (++tls->skipped > RECORDS_SKIPPED_MAX)
		malformed(tls);
	if (!tls->record_left)
		tls->record_have = 0;
}

void fw_tls_init(struct fw_tls *tls)
{
	memset(tls, 0, sizeof(*tls));
	tls->step = STEP_HEADER;
	tls->field_need = 4;
}

enum fw_tls_state fw_tls_feed(struct fw_tls *tls, const uint8_t *data,
			      size_t len)
{
	if (len)
		tls->begun = true;
	while (len && tls->state == FW_TLS_NEED_MORE) {
		size_t n = 1;

		if (tls->record_have < sizeof(tls->record)) {
			record_byte(tls, *data);
		} else {
			n = len < tls->record_left ? len : tls->record_left;
			if (tls->record[0] == RECORD_HANDSHAKE)
				feed_hello(tls, data, n);
			tls->record_left -= (uint32_t)n;
			if (!tls->record_left)
				tls->record_have = 0;
		}
		data += n;
		len -= n;
	}
	return tls->state;
}

static const char *const state_names[] = {
	[FW_TLS_NEED_MORE] = "need-more",
	[FW_TLS_DONE] = "done",
	[FW_TLS_NOT_TLS] = "not-tls",
	[FW_TLS_MALFORMED] = "malformed",
};
_Static_assert(FW_ARRAY_SIZE(state_names) == FW_TLS_STATE_MAX_, "states");

const char *fw_tls_state_name(enum fw_tls_state state)
{
	return state_names[state];
}
