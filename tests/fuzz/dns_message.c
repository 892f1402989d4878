/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: whole messages of the DNS, as monitors read them.
 *
 * The input is a datagram. Names are whole and within their bounds, data within
 * the message, and there are no more records than the header says.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "events/dns_name.h"
#include "monitor/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const uint8_t *name, size_t len)
{
	char text[FW_DNS_TEXT_MAX];

	if (fw_dns_name_text(name, len, text) || strlen(text) >= sizeof(text))
		abort();
}

static void check_record(const struct fw_dns_message *message,
			 const struct fw_dns_record *record)
{
	uint8_t name[FW_DNS_WIRE_MAX], len;

	check_name(record->name, record->name_len);
	if (record->data < message->bytes || record->section > 2 ||
	    record->data + record->len > message->bytes + message->len)
		abort();
	for (size_t i = 0; i < 7; i++)
		if (!fw_dns_record_name(message, record, i, name, &len))
			check_name(name, len);
}

static void check_records(const struct fw_dns_message *message)
{
	struct fw_dns_walk walk = { message, 0, 0, 0 };
	struct fw_dns_record record;
	unsigned n[3] = { 0 };
	int r;

	while (fw_dns_record_next(&walk, &record, &r)) {
		check_record(message, &record);
		if (n[record.section]++ >= message->counts[record.section])
			abort();
	}
	for (unsigned i = 0; !r && i < 3; i++)
		if (n[i] != message->counts[i])
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_dns_message message;
	struct fw_buf text = { 0 };
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		return 0;
	/* where a byte too far is seen */
	memcpy(exact, data, size);
	if (!fw_dns_message_read(exact, size, &message)) {
		if (message.has_question)
			check_name(message.name, message.name_len);
		check_records(&message);
		(void)fw_dns_answers(&message, &text);
		fw_buf_done(&text);
	}
	free(exact);
	return 0;
}
