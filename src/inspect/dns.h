/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS: what a query asks, over UDP and TCP. Messages in, facts out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/parse.h"

#define FW_DNS_PORT 53

enum fw_dns_state {
	FW_DNS_QUERY,		/* the facts are known */
	FW_DNS_NO_QUERY,	/* an answer, another operation, no question */
	FW_DNS_MALFORMED,	/* a query that no server takes */
	FW_DNS_STATE_MAX_,
};

struct fw_dns_question {
	uint16_t type;
	size_t len;
	char name[254];		/* lower case, without final dot; each byte that
				   can stand in no set's element is a '?' */
};

/* message: a UDP payload. Fills ret with FW_DNS_QUERY. */
enum fw_dns_state fw_dns_read(const uint8_t *message, size_t len,
			      struct fw_dns_question *ret);

/* Of a message that fw_dns_read() takes for a query: true where it has no records
 * but one more, which is EDNS as a rule. */
bool fw_dns_is_plain(const uint8_t *message);

/* What is kept of a message over TCP: header and question. */
#define FW_DNS_HEAD_MAX (12 + 255 + 4)

/* The client's stream: messages behind two bytes with their length (RFC 1035
 * section 4.2.2). The first query's question is the fact. */
struct fw_dns_stream {
	enum fw_parse_state state;
	struct fw_dns_question question;	/* valid with DONE */
	uint32_t have, len;	/* bytes of the message and its length that are
				   here; len is valid from have 2 on */
	uint8_t head[FW_DNS_HEAD_MAX];
};

void fw_dns_init(struct fw_dns_stream *stream);
/* Feeds the next len bytes. OTHER: the first message is no query. */
enum fw_parse_state fw_dns_feed(struct fw_dns_stream *stream,
				const uint8_t *data, size_t len);

const char *fw_dns_state_name(enum fw_dns_state state);
