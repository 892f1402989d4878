/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS: what a query over UDP asks. A datagram in, facts out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

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

const char *fw_dns_state_name(enum fw_dns_state state);
