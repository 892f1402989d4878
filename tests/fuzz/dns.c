/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the parser of DNS questions.
 *
 * The input is a datagram. A name that is told must be one that a rule can be
 * asked about, as long as it was on the wire; and nothing behind the question
 * may change what is told.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/dns.h"

#define HEADER 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct fw_dns_question *question)
{
	if (question->len > 253 || strlen(question->name) != question->len)
		abort();
	for (size_t i = 0; i < question->len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.?",
			    question->name[i]))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_dns_question whole, alone;
	size_t end;

	if (fw_dns_read(data, size, &whole) != FW_DNS_QUERY)
		return 0;
	check_name(&whole);
	end = HEADER + whole.len + (whole.len ? 2 : 1) + 4;
	if (end > size)
		abort();
	if (fw_dns_read(data, end, &alone) != FW_DNS_QUERY ||
	    alone.type != whole.type || strcmp(alone.name, whole.name) != 0)
		abort();
	if (fw_dns_read(data, end - 1, &alone) != FW_DNS_MALFORMED)
		abort();
	return 0;
}
