/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wire form in, presentation form out. A name that is cut off or has a pointer
 * in it is refused.
 */
#include "events/dns_name.h"

#include <errno.h>
#include <stdio.h>

#include "util/cleanup.h"

#define NAME_MAX_WIRE 255	/* RFC 1035 section 2.3.4 */
#define LABEL_MAX 63

/* One byte of a label as 1, 2 or 4 characters; returns where the next goes. */
static char *put_byte(char *out, uint8_t byte)
{
	if (byte == '.' || byte == '\\') {
		*out++ = '\\';
		*out++ = (char)byte;
	} else if (byte >= 0x21 && byte <= 0x7e) {
		*out++ = (char)byte;
	} else {
		*out++ = '\\';
		*out++ = (char)('0' + byte / 100);
		*out++ = (char)('0' + byte / 10 % 10);
		*out++ = (char)('0' + byte % 10);
	}
	return out;
}

/* text holds it: at most 254 bytes of labels and their length bytes stand
 * before the root, and each gives at most four characters. */
int fw_dns_name_text(const uint8_t *wire, size_t len,
		     char text[static FW_DNS_TEXT_MAX])
{
	char *out = text;
	size_t at = 0;

	if (len > NAME_MAX_WIRE)
		return -EINVAL;
	for (;;) {
		size_t label;

		if (at >= len)
			return -EINVAL;
		label = wire[at++];
		if (label == 0)
			break;
		if (label > LABEL_MAX || label > len - at)
			return -EINVAL;
		if (out != text)
			*out++ = '.';
		for (; label > 0; label--)
			out = put_byte(out, wire[at++]);
	}
	if (at != len)
		return -EINVAL;
	if (out == text)
		*out++ = '.';
	*out = '\0';
	return 0;
}

/* The types that are met in practice (IANA registry of RR types). */
static const struct {
	uint16_t type;
	const char *name;
} type_names[] = {
	{ 1, "A" },	   { 2, "NS" },	     { 5, "CNAME" },   { 6, "SOA" },
	{ 12, "PTR" },	   { 13, "HINFO" },  { 15, "MX" },     { 16, "TXT" },
	{ 28, "AAAA" },	   { 29, "LOC" },    { 33, "SRV" },    { 35, "NAPTR" },
	{ 39, "DNAME" },   { 41, "OPT" },    { 43, "DS" },     { 44, "SSHFP" },
	{ 46, "RRSIG" },   { 47, "NSEC" },   { 48, "DNSKEY" }, { 50, "NSEC3" },
	{ 52, "TLSA" },	   { 59, "CDS" },    { 60, "CDNSKEY" }, { 64, "SVCB" },
	{ 65, "HTTPS" },   { 99, "SPF" },    { 251, "IXFR" },  { 252, "AXFR" },
	{ 255, "ANY" },	   { 256, "URI" },   { 257, "CAA" },
};

const char *fw_dns_type_text(uint16_t type, char text[static FW_DNS_TYPE_MAX])
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(type_names); i++) {
		if (type_names[i].type == type)
			return type_names[i].name;
	}
	(void)snprintf(text, FW_DNS_TYPE_MAX, "TYPE%u", type);
	return text;
}
