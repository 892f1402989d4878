/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCP messages, byte by byte, for tests. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct dhcp_bytes {
	uint8_t data[2048];
	size_t len;
};

void dhcp_put(struct dhcp_bytes *m, const void *data, size_t len);
/* A DHCPv4 message's fixed part and cookie. mac is its last byte. */
void dhcp4_begin(struct dhcp_bytes *m, uint8_t op, uint32_t xid, uint8_t mac);
/* Four bytes into the fixed part: 12 ciaddr, 16 yiaddr, 24 giaddr. */
void dhcp4_fixed(struct dhcp_bytes *m, size_t at, const char *address);
void dhcp4_option(struct dhcp_bytes *m, uint8_t code, const void *data,
		  size_t len);
void dhcp4_text(struct dhcp_bytes *m, uint8_t code, const char *text);
void dhcp4_number(struct dhcp_bytes *m, uint8_t code, uint8_t value);
void dhcp4_seconds(struct dhcp_bytes *m, uint8_t code, uint32_t value);
void dhcp4_address(struct dhcp_bytes *m, uint8_t code, const char *address);

void dhcp6_begin(struct dhcp_bytes *m, uint8_t type, uint32_t xid);
void dhcp6_option(struct dhcp_bytes *m, uint16_t code, const void *data,
		  size_t len);
/* A DUID of type 3, link layer, whose address ends in mac. */
void dhcp6_duid(struct dhcp_bytes *m, uint16_t code, uint8_t mac);
/* IA_NA with one address, or none (NULL). */
void dhcp6_address(struct dhcp_bytes *m, uint32_t iaid, const char *address,
		   uint32_t valid_s);
void dhcp6_prefix(struct dhcp_bytes *m, uint32_t iaid, const char *address,
		  uint8_t bits, uint32_t valid_s);
