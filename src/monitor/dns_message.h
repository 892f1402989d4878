/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message of the DNS (RFC 1035 section 4): header, question, records. It comes
 * from anybody: a pointer leads backwards only, a name ends after 255 bytes, a
 * record within the message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define FW_DNS_WIRE_MAX 255	/* of a name, root included: section 2.3.4 */

enum fw_rr_type {
	FW_RR_A = 1,
	FW_RR_NS = 2,
	FW_RR_CNAME = 5,
	FW_RR_PTR = 12,
	FW_RR_MX = 15,
	FW_RR_AAAA = 28,
	FW_RR_SRV = 33,
	FW_RR_DNAME = 39,
	FW_RR_OPT = 41,
};

enum fw_rcode {
	FW_RCODE_NOERROR = 0,
	FW_RCODE_NXDOMAIN = 3,
};

struct fw_dns_message {
	const uint8_t *bytes;	/* lent */
	size_t len;
	uint16_t id;
	bool response;		/* QR */
	uint8_t opcode;
	bool truncated;		/* TC */
	uint16_t rcode;		/* with EDNS's upper bits (RFC 6891 section
				   6.1.3), once the records were read */
	bool has_question;	/* the next four are valid */
	uint8_t name[FW_DNS_WIRE_MAX];	/* wire form, case as it is */
	uint8_t name_len;
	uint16_t qtype, qclass;
	uint16_t counts[3];	/* answers, authorities, additional */
	size_t records;		/* where they begin */
};

/* What a message must have to be one: 0, or -EINVAL for a header that is cut off,
 * more than one question, or one that cannot be read. */
int fw_dns_message_read(const uint8_t *bytes, size_t len,
			struct fw_dns_message *ret);

struct fw_dns_record {
	unsigned section;	/* 0 answers, 1 authorities, 2 additional */
	uint8_t name[FW_DNS_WIRE_MAX];	/* wire form, whole */
	uint8_t name_len;
	uint16_t type, class;
	uint32_t ttl;
	const uint8_t *data;	/* len bytes of the message */
	uint16_t len;
};

/* A place among a message's records; begins as { message }. */
struct fw_dns_walk {
	const struct fw_dns_message *message;
	size_t at;		/* 0: at the first */
	unsigned section, taken;	/* of the section */
};

/* A or AAAA, with an address of that size: 4 or 16 bytes of data. */
bool fw_dns_is_address(const struct fw_dns_record *record);

/* True with the next record; false at the end. -EINVAL in *ret_error where the
 * message says that there are more and they cannot be read, else 0. */
bool fw_dns_record_next(struct fw_dns_walk *walk, struct fw_dns_record *ret,
			int *ret_error);

/* The name that stands in a record's data, offset bytes in. 0 or -EINVAL. */
int fw_dns_record_name(const struct fw_dns_message *message,
		       const struct fw_dns_record *record, size_t offset,
		       uint8_t name[static FW_DNS_WIRE_MAX], uint8_t *ret_len);

/* "192.0.2.1, 192.0.2.2": the answers as people read them, at most 16, those of
 * types without a form here by the name of the type; "" where there are none. Also
 * adds EDNS's part to message->rcode. 0, or -EINVAL where the records cannot be
 * read to their end. */
int fw_dns_answers(struct fw_dns_message *message, struct fw_buf *text);

#define FW_RCODE_TEXT_MAX sizeof("RCODE65535")

/* "NXDOMAIN" */
const char *fw_dns_rcode_text(uint16_t rcode,
			      char text[static FW_RCODE_TEXT_MAX]);

/* Whether names are the same; then, with ret_case, whether they are so in case. */
bool fw_dns_same_name(const uint8_t *a, size_t a_len, const uint8_t *b,
		      size_t b_len, bool *ret_case);
