/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a message's bytes. Out: what is in them. May fail: the message is none, or
 * its records are not what its header says.
 */
#include "monitor/dns_message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "events/dns_name.h"
#include "util/cleanup.h"

#define HEADER_SIZE 12
#define LABEL_MAX 63
#define POINTER 0xc0		/* section 4.1.4 */
#define RECORD_FIXED 10		/* type, class, TTL, length */
#define QUESTION_FIXED 4
#define SECTIONS 3
#define ANSWERS_SHOWN 16

#define BIT_RESPONSE 0x8000
#define BIT_TRUNCATED 0x0200

static uint16_t number(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* Unpacks the name at `at`; *ret_end: behind what stands there. A pointer must
 * lead before the place that the last one led to, so that there is an end. */
static int unpack(const struct fw_dns_message *message, size_t at,
		  uint8_t name[static FW_DNS_WIRE_MAX], uint8_t *ret_len,
		  size_t *ret_end)
{
	const uint8_t *bytes = message->bytes;
	size_t limit = at, len = 0;
	bool jumped = false;

	for (;;) {
		size_t label;

		if (at >= message->len)
			return -EINVAL;
		label = bytes[at];
		if ((label & POINTER) == POINTER) {
			if (at + 2 > message->len)
				return -EINVAL;
			if (!jumped)
				*ret_end = at + 2;
			jumped = true;
			at = number(bytes + at) & 0x3fff;
			if (at >= limit)
				return -EINVAL;
			limit = at;
			continue;
		}
		if (label > LABEL_MAX || len + 1 + label > FW_DNS_WIRE_MAX ||
		    at + 1 + label > message->len)
			return -EINVAL;
		memcpy(name + len, bytes + at, 1 + label);
		len += 1 + label;
		at += 1 + label;
		if (!label)
			break;
	}
	if (!jumped)
		*ret_end = at;
	*ret_len = (uint8_t)len;
	return 0;
}

static int read_question(struct fw_dns_message *message)
{
	size_t end;
	int r = unpack(message, HEADER_SIZE, message->name, &message->name_len,
		       &end);

	if (r || end + QUESTION_FIXED > message->len)
		return -EINVAL;
	message->has_question = true;
	message->qtype = number(message->bytes + end);
	message->qclass = number(message->bytes + end + 2);
	message->records = end + QUESTION_FIXED;
	return 0;
}

int fw_dns_message_read(const uint8_t *bytes, size_t len,
			struct fw_dns_message *ret)
{
	uint16_t flags;

	if (len < HEADER_SIZE)
		return -EINVAL;
	flags = number(bytes + 2);
	*ret = (struct fw_dns_message){
		.bytes = bytes,
		.len = len,
		.id = number(bytes),
		.response = flags & BIT_RESPONSE,
		.opcode = flags >> 11 & 0xf,
		.truncated = flags & BIT_TRUNCATED,
		.rcode = flags & 0xf,
		.counts = { number(bytes + 6), number(bytes + 8),
			    number(bytes + 10) },
		.records = HEADER_SIZE,
	};
	if (number(bytes + 4) > 1)
		return -EINVAL;
	return number(bytes + 4) ? read_question(ret) : 0;
}

bool fw_dns_is_address(const struct fw_dns_record *record)
{
	return (record->type == FW_RR_A && record->len == 4) ||
	       (record->type == FW_RR_AAAA && record->len == 16);
}

bool fw_dns_record_next(struct fw_dns_walk *walk, struct fw_dns_record *ret,
			int *ret_error)
{
	const struct fw_dns_message *message = walk->message;
	const uint8_t *fixed;
	size_t end;

	*ret_error = 0;
	if (!walk->at)
		walk->at = message->records;
	while (walk->section < SECTIONS &&
	       walk->taken == message->counts[walk->section]) {
		walk->section++;
		walk->taken = 0;
	}
	if (walk->section == SECTIONS)
		return false;
	*ret_error = -EINVAL;
	if (unpack(message, walk->at, ret->name, &ret->name_len, &end) ||
	    end + RECORD_FIXED > message->len)
		return false;
	fixed = message->bytes + end;
	ret->section = walk->section;
	ret->type = number(fixed);
	ret->class = number(fixed + 2);
	ret->ttl = (uint32_t)number(fixed + 4) << 16 | number(fixed + 6);
	ret->len = number(fixed + 8);
	ret->data = fixed + RECORD_FIXED;
	if (ret->len > message->len - end - RECORD_FIXED)
		return false;
	walk->at = end + RECORD_FIXED + ret->len;
	walk->taken++;
	*ret_error = 0;
	return true;
}

int fw_dns_record_name(const struct fw_dns_message *message,
		       const struct fw_dns_record *record, size_t offset,
		       uint8_t name[static FW_DNS_WIRE_MAX], uint8_t *ret_len)
{
	size_t at = (size_t)(record->data - message->bytes) + offset, end;

	if (offset >= record->len ||
	    unpack(message, at, name, ret_len, &end) ||
	    end > at - offset + record->len)
		return -EINVAL;
	return 0;
}

/* --- as text -------------------------------------------------------------- */
/* Types whose data are a name, with so many bytes of numbers in front, of which
 * the first two are shown for MX. */
static const struct {
	uint16_t type;
	size_t offset;
} named[] = {
	{ FW_RR_NS, 0 },  { FW_RR_CNAME, 0 }, { FW_RR_PTR, 0 },
	{ FW_RR_MX, 2 },  { FW_RR_SRV, 6 },   { FW_RR_DNAME, 0 },
};

static void add_named(const struct fw_dns_message *message,
		      const struct fw_dns_record *record, size_t offset,
		      struct fw_buf *text)
{
	char type[FW_DNS_TYPE_MAX], name[FW_DNS_TEXT_MAX];
	uint8_t wire[FW_DNS_WIRE_MAX], len;

	if (fw_dns_record_name(message, record, offset, wire, &len) ||
	    fw_dns_name_text(wire, len, name)) {
		fw_buf_add(text, fw_dns_type_text(record->type, type));
		return;
	}
	for (size_t i = 0; i < offset; i += 2)
		fw_buf_printf(text, "%u ", number(record->data + i));
	fw_buf_add(text, name);
}

static void add_answer(const struct fw_dns_message *message,
		       const struct fw_dns_record *record, struct fw_buf *text)
{
	char type[FW_DNS_TYPE_MAX], address[INET6_ADDRSTRLEN];

	if (record->type == FW_RR_A && record->len == 4) {
		fw_buf_add(text, inet_ntop(AF_INET, record->data, address,
					   sizeof(address)));
		return;
	}
	if (record->type == FW_RR_AAAA && record->len == 16) {
		fw_buf_add(text, inet_ntop(AF_INET6, record->data, address,
					   sizeof(address)));
		return;
	}
	for (size_t i = 0; i < FW_ARRAY_SIZE(named); i++) {
		if (named[i].type == record->type) {
			add_named(message, record, named[i].offset, text);
			return;
		}
	}
	fw_buf_add(text, fw_dns_type_text(record->type, type));
}

int fw_dns_answers(struct fw_dns_message *message, struct fw_buf *text)
{
	struct fw_dns_walk walk = { message, 0, 0, 0 };
	struct fw_dns_record record;
	unsigned shown = 0;
	int r;

	while (fw_dns_record_next(&walk, &record, &r)) {
		if (record.type == FW_RR_OPT && record.section == 2)
			message->rcode = (uint16_t)(message->rcode |
						    record.ttl >> 24 << 4);
		if (record.section || shown == ANSWERS_SHOWN)
			continue;
		if (shown++)
			fw_buf_add(text, ", ");
		add_answer(message, &record, text);
	}
	return r;
}

/* IANA registry of DNS RCODEs. */
static const char *const rcodes[] = {
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
	"YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI",
	NULL, NULL, NULL, NULL, "BADVERS", "BADKEY", "BADTIME", "BADMODE",
	"BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE",
};

const char *fw_dns_rcode_text(uint16_t rcode,
			      char text[static FW_RCODE_TEXT_MAX])
{
	if (rcode < FW_ARRAY_SIZE(rcodes) && rcodes[rcode])
		return rcodes[rcode];
	(void)snprintf(text, FW_RCODE_TEXT_MAX, "RCODE%u", rcode);
	return text;
}

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 'a' - 'A') : byte;
}

/* A length byte is less than a letter. */
bool fw_dns_same_name(const uint8_t *a, size_t a_len, const uint8_t *b,
		      size_t b_len, bool *ret_case)
{
	bool same_case = true;

	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++) {
		if (lower(a[i]) != lower(b[i]))
			return false;
		same_case &= a[i] == b[i];
	}
	if (ret_case)
		*ret_case = same_case;
	return true;
}
