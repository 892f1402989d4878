/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS: the question of a query (RFC 1035 section 4.1).
 *
 * In: one message, or a stream of them. Out: name and type. Nothing fails: what
 * is no query, and what no server can take for one, is a state.
 *
 * A name in a question cannot be compressed, for there is nothing before it to
 * point to. What stands behind the question is not looked at: servers differ in
 * what they make of it, and the question is what they answer.
 */
#include "inspect/dns.h"

#include <stdbool.h>
#include <string.h>

#include "util/cleanup.h"

#define HEADER_SIZE 12
#define NAME_SIZE_MAX 255	/* section 2.3.4 */
#define LABEL_SIZE_MAX 63

static unsigned number(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* As an element of a set would have it, or '?'. */
static char character(uint8_t byte)
{
	static const char known[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

	if (byte >= 'A' && byte <= 'Z')
		byte = (uint8_t)(byte - 'A' + 'a');
	return memchr(known, byte, sizeof(known) - 1) ? (char)byte : '?';
}

/* The size of the name at the head of wire, root included; 0 where it is not
 * whole or no name. */
static size_t read_name(const uint8_t *wire, size_t len,
			struct fw_dns_question *ret)
{
	size_t at = 0;

	ret->len = 0;
	while (at < len && wire[at]) {
		size_t label = wire[at++];

		if (label > LABEL_SIZE_MAX || label >= len - at ||
		    at + label >= NAME_SIZE_MAX)
			return 0;
		if (ret->len)
			ret->name[ret->len++] = '.';
		for (; label; label--)
			ret->name[ret->len++] = character(wire[at++]);
	}
	ret->name[ret->len] = '\0';
	return at < len ? at + 1 : 0;
}

enum fw_dns_state fw_dns_read(const uint8_t *message, size_t len,
			      struct fw_dns_question *ret)
{
	unsigned flags;
	size_t name;

	if (len < HEADER_SIZE)
		return FW_DNS_MALFORMED;
	flags = number(message + 2);
	if (flags >> 11 || !number(message + 4))	/* QR, opcode; QDCOUNT */
		return FW_DNS_NO_QUERY;
	if (number(message + 4) != 1)
		return FW_DNS_MALFORMED;
	message += HEADER_SIZE;
	len -= HEADER_SIZE;
	name = read_name(message, len, ret);
	if (!name || len - name < 4)
		return FW_DNS_MALFORMED;
	ret->type = (uint16_t)number(message + name);
	return FW_DNS_QUERY;
}

bool fw_dns_is_plain(const uint8_t *message)
{
	return number(message + 6) == 0 && number(message + 8) == 0 &&
	       number(message + 10) <= 1;
}

/* --- over TCP --------------------------------------------------------------- */
void fw_dns_init(struct fw_dns_stream *stream)
{
	memset(stream, 0, sizeof(*stream));
}

static enum fw_parse_state read_message(struct fw_dns_stream *stream)
{
	size_t len = stream->len;

	/* a question lies within what is kept, or is none */
	if (len > sizeof(stream->head))
		len = sizeof(stream->head);
	switch (fw_dns_read(stream->head, len, &stream->question)) {
	case FW_DNS_QUERY:
		return FW_PARSE_DONE;
	case FW_DNS_NO_QUERY:
		return FW_PARSE_OTHER;
	default:
		return FW_PARSE_MALFORMED;
	}
}

enum fw_parse_state fw_dns_feed(struct fw_dns_stream *stream,
				const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && stream->state == FW_PARSE_NEED_MORE;
	     i++) {
		uint32_t at = stream->have++;

		if (at < 2)
			stream->len = stream->len << 8 | data[i];
		else if (at - 2 < sizeof(stream->head))
			stream->head[at - 2] = data[i];
		if (stream->have >= 2 && stream->have - 2 == stream->len)
			stream->state = read_message(stream);
	}
	return stream->state;
}

static const char *const state_names[] = {
	[FW_DNS_QUERY] = "query",
	[FW_DNS_NO_QUERY] = "no query",
	[FW_DNS_MALFORMED] = "malformed",
};
_Static_assert(FW_ARRAY_SIZE(state_names) == FW_DNS_STATE_MAX_, "state_names");

const char *fw_dns_state_name(enum fw_dns_state state)
{
	return state_names[state];
}
