/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question of a DNS query, read the plain way (RFC 1035, RFC 6891).
 *
 * In: a frame and its fields. Out: what it asks. Nothing may fail: a message
 * that is odd in anything is no question.
 *
 * Written apart from the programs' on purpose: each is the other's test.
 */
#include "model/dns.h"

#include <string.h>

#include <netinet/in.h>

#define PORT_DNS 53
#define UDP_SIZE 8
#define HEADER_SIZE 12
#define NAME_SIZE_MAX 255
#define LABEL_SIZE_MAX 63

struct message {
	const uint8_t *bytes;
	size_t len;
};

static unsigned number(const struct message *m, size_t at)
{
	return (unsigned)m->bytes[at] << 8 | m->bytes[at + 1];
}

/* What is behind the UDP header, as far as that says; false where the frame is
 * shorter. */
static bool payload(const uint8_t *frame, size_t len,
		    const struct fw_model_packet *packet, struct message *ret)
{
	size_t udp = packet->transport, size;

	if (!packet->has[FW_FIELD_UDP_LENGTH])
		return false;
	size = (size_t)packet->value[FW_FIELD_UDP_LENGTH];
	if (size < UDP_SIZE || udp + size > len)
		return false;
	ret->bytes = frame + udp + UDP_SIZE;
	ret->len = size - UDP_SIZE;
	return true;
}

/* Where the name that begins at from ends; 0 where it does not. */
static size_t name_end(const struct message *m, size_t from)
{
	size_t at = from;

	while (at < m->len && m->bytes[at] != 0) {
		if (m->bytes[at] > LABEL_SIZE_MAX)
			return 0;
		at += m->bytes[at] + 1u;
	}
	at++;
	return at <= m->len && at - from <= NAME_SIZE_MAX ? at : 0;
}

static void write_name(const struct message *m, size_t at, char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_";
	char *out = name;

	for (; m->bytes[at]; at += m->bytes[at] + 1u) {
		if (out != name)
			*out++ = '.';
		for (size_t i = 1; i <= m->bytes[at]; i++) {
			int byte = m->bytes[at + i];

			*out++ = memchr(plain, byte, sizeof(plain) - 1) ?
					 (char)byte : '?';
		}
	}
	*out = '\0';
}

static bool is_odd(const struct message *m)
{
	unsigned questions = number(m, 4), answers = number(m, 6);
	unsigned authorities = number(m, 8), additional = number(m, 10);

	return questions != 1 || answers != 0 || authorities != 0 ||
	       additional > 1;
}

enum fw_model_asked fw_model_dns(const uint8_t *frame, size_t len,
				 const struct fw_model_packet *packet,
				 struct fw_model_question *ret)
{
	struct message m;
	unsigned flags;
	size_t end;

	if (!packet->has[FW_FIELD_DPORT] ||
	    packet->value[FW_FIELD_L4PROTO] != IPPROTO_UDP ||
	    packet->value[FW_FIELD_DPORT] != PORT_DNS)
		return FW_MODEL_ASKED_NOTHING;
	if (!payload(frame, len, packet, &m) || m.len < HEADER_SIZE)
		return FW_MODEL_ASKED_ODDLY;
	flags = number(&m, 2);
	if (flags >> 15 != 0 || (flags >> 11 & 15) != 0)	/* QR, opcode */
		return FW_MODEL_ASKED_NOTHING;
	end = name_end(&m, HEADER_SIZE);
	if (is_odd(&m) || !end || end + 4 > m.len)
		return FW_MODEL_ASKED_ODDLY;
	ret->qtype = (uint16_t)number(&m, end);
	write_name(&m, HEADER_SIZE, ret->name);
	return FW_MODEL_ASKED;
}

/* Set by set, as they were written. */
uint32_t fw_model_dns_class(const struct fw_suffixes *suffixes,
			    const char *name)
{
	for (uint32_t class = 0; class < suffixes->n_classes; class++) {
		size_t set = 0;

		while (set < suffixes->n_sets &&
		       fw_class_has(suffixes, class, set) ==
			       fw_domain_set_has(suffixes->sets[set], name,
						 strlen(name)))
			set++;
		if (set == suffixes->n_sets)
			return class;
	}
	return 0;
}
