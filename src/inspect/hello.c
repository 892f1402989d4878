/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ClientHello: facts from the bytes of a handshake.
 *
 * In: the message, in any portions. Out: a state, and the facts with DONE.
 * Nothing fails but by a state; nothing is allocated.
 *
 * The message is a chain of steps. A step has a number of bytes it needs, keeps
 * them or lets them go, and then its `done` begins the next one. Every vector
 * is checked against the one around it when its length is read, so a length
 * never reaches past the message.
 *
 * A name is taken as it stands: its bytes must be visible ASCII, for a name
 * that no list could hold must not pass as one that no list holds.
 */
#include "inspect/hello.h"

#include <string.h>

#include "util/cleanup.h"

#define HANDSHAKE_CLIENT_HELLO 1
#define EXTENSION_SERVER_NAME 0
#define EXTENSION_ECH 0xfe0d	/* draft-ietf-tls-esni */
#define NAME_TYPE_HOST_NAME 0

/* Extensions that are a list behind its length. */
static const struct {
	uint16_t type;
	uint8_t prefix;		/* bytes of the length */
	uint8_t width;		/* of an element; 1 also where they vary */
} lists[FW_HELLO_LIST_MAX_] = {
	[FW_HELLO_GROUPS] = { 10, 2, 2 },	/* RFC 8446 section 4.2.7 */
	[FW_HELLO_FORMATS] = { 11, 1, 1 },	/* RFC 8422 section 5.1.2 */
	[FW_HELLO_SIGNATURES] = { 13, 2, 2 },	/* RFC 8446 section 4.2.3 */
	[FW_HELLO_ALPN] = { 16, 2, 1 },		/* RFC 7301 section 3.1 */
	[FW_HELLO_VERSIONS] = { 43, 1, 2 },	/* RFC 8446 section 4.2.1 */
};

enum step {
	STEP_HEADER,		/* msg_type, length */
	STEP_VERSION,
	STEP_RANDOM,
	STEP_SESSION_LEN,
	STEP_SESSION,
	STEP_CIPHERS_LEN,
	STEP_CIPHERS,
	STEP_COMPRESSIONS_LEN,
	STEP_COMPRESSIONS,
	STEP_EXTS_LEN,
	STEP_EXT_HEADER,	/* extension_type, length */
	STEP_EXT,		/* one that is of no interest */
	STEP_LIST_LEN,
	STEP_LIST,
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

static void malformed(struct fw_hello *hello)
{
	hello->state = FW_PARSE_MALFORMED;
}

/* The next step takes need bytes of the message. */
static void begin(struct fw_hello *hello, enum step step, uint32_t need)
{
	if (need > hello->hello_left) {
		malformed(hello);
		return;
	}
	hello->hello_left -= need;
	hello->step = (uint8_t)step;
	hello->field_need = need;
	hello->field_have = 0;
}

/* The next step keeps need bytes as a list: one of a kind (RFC 8446 section
 * 4.2). */
static void begin_list(struct fw_hello *hello, enum step step,
		       enum fw_hello_list list, uint32_t need)
{
	if (hello->lists[list].seen ||
	    need > sizeof(hello->pool) - hello->pool_used) {
		malformed(hello);
		return;
	}
	hello->lists[list].seen = true;
	hello->lists[list].at = hello->pool_used;
	hello->lists[list].len = (uint16_t)need;
	hello->pool_used += (uint16_t)need;
	hello->list = (uint8_t)list;
	begin(hello, step, need);
}

static void header_done(struct fw_hello *hello)
{
	hello->hello_left = number(hello->field + 1, 3);
	if (hello->hello_left > FW_HELLO_MAX)
		malformed(hello);
	else
		begin(hello, STEP_VERSION, 2);
}

static void version_done(struct fw_hello *hello)
{
	hello->legacy_version = (uint16_t)number(hello->field, 2);
	begin(hello, STEP_RANDOM, 32);
}

static void random_done(struct fw_hello *hello)
{
	begin(hello, STEP_SESSION_LEN, 1);
}

static void session_len_done(struct fw_hello *hello)
{
	if (hello->field[0] > 32)
		malformed(hello);
	else
		begin(hello, STEP_SESSION, hello->field[0]);
}

static void session_done(struct fw_hello *hello)
{
	begin(hello, STEP_CIPHERS_LEN, 2);
}

static void ciphers_len_done(struct fw_hello *hello)
{
	uint32_t len = number(hello->field, 2);

	if (len < 2 || len % 2)
		malformed(hello);
	else
		begin_list(hello, STEP_CIPHERS, FW_HELLO_CIPHERS, len);
}

static void ciphers_done(struct fw_hello *hello)
{
	begin(hello, STEP_COMPRESSIONS_LEN, 1);
}

static void compressions_len_done(struct fw_hello *hello)
{
	if (hello->field[0] < 1)
		malformed(hello);
	else
		begin(hello, STEP_COMPRESSIONS, hello->field[0]);
}

/* Before TLS 1.3 a hello may end here, without extensions. */
static void compressions_done(struct fw_hello *hello)
{
	if (!hello->hello_left)
		hello->state = FW_PARSE_DONE;
	else
		begin(hello, STEP_EXTS_LEN, 2);
}

static void next_extension(struct fw_hello *hello)
{
	if (!hello->exts_left) {
		hello->state = FW_PARSE_DONE;
		return;
	}
	if (hello->exts_left < 4) {
		malformed(hello);
		return;
	}
	hello->exts_left -= 4;
	begin(hello, STEP_EXT_HEADER, 4);
}

static void exts_len_done(struct fw_hello *hello)
{
	hello->exts_left = number(hello->field, 2);
	if (hello->exts_left != hello->hello_left)
		malformed(hello);
	else
		next_extension(hello);
}

/* The list that an extension is, or LIST_MAX_. */
static enum fw_hello_list list_of(uint32_t type)
{
	enum fw_hello_list list = FW_HELLO_CIPHERS + 1;

	while (list < FW_HELLO_LIST_MAX_ && lists[list].type != type)
		list++;
	return list;
}

static void ext_header_done(struct fw_hello *hello)
{
	uint32_t type = number(hello->field, 2);
	uint32_t len = number(hello->field + 2, 2);
	enum fw_hello_list list = list_of(type);

	if (len > hello->exts_left ||
	    hello->n_extensions == FW_HELLO_EXTENSIONS) {
		malformed(hello);
		return;
	}
	hello->extensions[hello->n_extensions++] = (uint16_t)type;
	hello->exts_left -= len;
	hello->ext_left = len;
	if (type == EXTENSION_ECH)
		hello->ech = true;
	if (list < FW_HELLO_LIST_MAX_) {
		hello->list = (uint8_t)list;
		begin(hello, STEP_LIST_LEN, lists[list].prefix);
	} else if (type != EXTENSION_SERVER_NAME) {
		begin(hello, STEP_EXT, len);
	} else if (hello->has_sni) {
		malformed(hello);
	} else {
		begin(hello, STEP_NAMES_LEN, 2);
	}
}

static void list_len_done(struct fw_hello *hello)
{
	uint32_t prefix = lists[hello->list].prefix;
	uint32_t len = number(hello->field, prefix);

	if (hello->ext_left != prefix + len || len % lists[hello->list].width)
		malformed(hello);
	else
		begin_list(hello, STEP_LIST, hello->list, len);
}

static bool names_whole(const uint8_t *names, size_t len)
{
	size_t at = 0;

	while (at < len && names[at])
		at += 1u + names[at];
	return at == len;
}

static void list_done(struct fw_hello *hello)
{
	size_t len;
	const uint8_t *bytes = fw_hello_list(hello, hello->list, &len);

	if (hello->list == FW_HELLO_ALPN && !names_whole(bytes, len))
		malformed(hello);
	else
		next_extension(hello);
}

static void next_name(struct fw_hello *hello)
{
	if (!hello->names_left) {
		next_extension(hello);
		return;
	}
	if (hello->names_left < 3) {
		malformed(hello);
		return;
	}
	hello->names_left -= 3;
	begin(hello, STEP_NAME_HEADER, 3);
}

static void names_len_done(struct fw_hello *hello)
{
	hello->names_left = number(hello->field, 2);
	if (!hello->names_left || hello->names_left + 2 != hello->ext_left)
		malformed(hello);
	else
		next_name(hello);
}

static void name_header_done(struct fw_hello *hello)
{
	uint32_t len = number(hello->field + 1, 2);
	bool wanted = hello->field[0] == NAME_TYPE_HOST_NAME && !hello->has_sni;

	if (!len || len > hello->names_left ||
	    (wanted && len > FW_HELLO_NAME_MAX)) {
		malformed(hello);
		return;
	}
	hello->names_left -= len;
	begin(hello, wanted ? STEP_NAME : STEP_NAME_OTHER, len);
}

static void name_done(struct fw_hello *hello)
{
	size_t len = hello->field_need;

	if (hello->sni[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++) {
		char c = hello->sni[i];

		if (c <= ' ' || c > '~') {
			malformed(hello);
			return;
		}
		if (c >= 'A' && c <= 'Z')
			hello->sni[i] = (char)(c - 'A' + 'a');
	}
	if (!len) {
		malformed(hello);
		return;
	}
	hello->sni[len] = '\0';
	hello->sni_len = (uint16_t)len;
	hello->has_sni = true;
	next_name(hello);
}

enum keep {
	KEEP_NOTHING,
	KEEP_FIELD,		/* at most sizeof(field) bytes */
	KEEP_LIST,		/* in the pool */
	KEEP_NAME,
};

static const struct {
	void (*done)(struct fw_hello *hello);
	enum keep keep;
} steps[] = {
	[STEP_HEADER] = { header_done, KEEP_FIELD },
	[STEP_VERSION] = { version_done, KEEP_FIELD },
	[STEP_RANDOM] = { random_done, KEEP_NOTHING },
	[STEP_SESSION_LEN] = { session_len_done, KEEP_FIELD },
	[STEP_SESSION] = { session_done, KEEP_NOTHING },
	[STEP_CIPHERS_LEN] = { ciphers_len_done, KEEP_FIELD },
	[STEP_CIPHERS] = { ciphers_done, KEEP_LIST },
	[STEP_COMPRESSIONS_LEN] = { compressions_len_done, KEEP_FIELD },
	[STEP_COMPRESSIONS] = { compressions_done, KEEP_NOTHING },
	[STEP_EXTS_LEN] = { exts_len_done, KEEP_FIELD },
	[STEP_EXT_HEADER] = { ext_header_done, KEEP_FIELD },
	[STEP_EXT] = { next_extension, KEEP_NOTHING },
	[STEP_LIST_LEN] = { list_len_done, KEEP_FIELD },
	[STEP_LIST] = { list_done, KEEP_LIST },
	[STEP_NAMES_LEN] = { names_len_done, KEEP_FIELD },
	[STEP_NAME_HEADER] = { name_header_done, KEEP_FIELD },
	[STEP_NAME] = { name_done, KEEP_NAME },
	[STEP_NAME_OTHER] = { next_name, KEEP_NOTHING },
};
_Static_assert(FW_ARRAY_SIZE(steps) == STEP_MAX_, "steps");

static void keep(struct fw_hello *hello, const uint8_t *data, size_t n)
{
	uint32_t have = hello->field_have;

	switch (steps[hello->step].keep) {
	case KEEP_FIELD:
		memcpy(hello->field + have, data, n);
		break;
	case KEEP_LIST:
		memcpy(hello->pool + hello->lists[hello->list].at + have, data,
		       n);
		break;
	case KEEP_NAME:
		memcpy(hello->sni + have, data, n);
		break;
	default:
		break;
	}
}

void fw_hello_init(struct fw_hello *hello)
{
	memset(hello, 0, sizeof(*hello));
	hello->step = STEP_HEADER;
	hello->field_need = 4;
}

enum fw_parse_state fw_hello_feed(struct fw_hello *hello, const uint8_t *data,
				  size_t len)
{
	if (!len)
		return hello->state;	/* data may be NULL */
	if (!hello->begun) {
		hello->begun = true;
		if (data[0] != HANDSHAKE_CLIENT_HELLO)
			hello->state = FW_PARSE_OTHER;
	}
	while (hello->state == FW_PARSE_NEED_MORE) {
		size_t n = hello->field_need - hello->field_have;

		if (n > len)
			n = len;
		keep(hello, data, n);
		hello->field_have += (uint32_t)n;
		data += n;
		len -= n;
		if (hello->field_have < hello->field_need)
			break;
		steps[hello->step].done(hello);
	}
	return hello->state;
}

const uint8_t *fw_hello_list(const struct fw_hello *hello,
			     enum fw_hello_list list, size_t *ret_len)
{
	*ret_len = hello->lists[list].len;
	return hello->pool + hello->lists[list].at;
}

/* 0x0a0a, 0x1a1a, ... 0xfafa. */
bool fw_hello_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

uint16_t fw_hello_version(const struct fw_hello *hello)
{
	uint16_t highest = 0;
	size_t len;
	const uint8_t *versions =
		fw_hello_list(hello, FW_HELLO_VERSIONS, &len);

	for (size_t i = 0; i < len; i += 2) {
		uint16_t version = (uint16_t)number(versions + i, 2);

		if (!fw_hello_is_grease(version) && version > highest)
			highest = version;
	}
	return highest ? highest : hello->legacy_version;
}
