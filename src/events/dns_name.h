/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and types of the DNS as people write them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Room for any name: 255 bytes of wire form, four characters a byte. */
#define FW_DNS_TEXT_MAX 1024

/*
 * A name in wire form (labels with length bytes, RFC 1035 section 3.1, no
 * pointers) in presentation form without its final dot; the root is ".".
 * Bytes other than 0x21..0x7e are \DDD, a dot or backslash in a label gets a
 * backslash (RFC 4343 section 2.1). Returns 0, or -EINVAL when wire is no
 * whole name.
 */
int fw_dns_name_text(const uint8_t *wire, size_t len,
		     char text[static FW_DNS_TEXT_MAX]);

#define FW_DNS_TYPE_MAX sizeof("TYPE65535")

/* "AAAA", or "TYPE123" (RFC 3597 section 5) where the type has no name here. */
const char *fw_dns_type_text(uint16_t type, char text[static FW_DNS_TYPE_MAX]);
