/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCP messages of parts. A message that does not fit is the test's fault. */
#include "tests/unit/dhcp_bytes.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

void dhcp_put(struct dhcp_bytes *m, const void *data, size_t len)
{
	assert(len <= sizeof(m->data) - m->len);
	if (len)
		memcpy(m->data + m->len, data, len);
	m->len += len;
}

static void put32(uint8_t at[4], uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, 4);
}

/* --- IPv4 ------------------------------------------------------------------ */
void dhcp4_begin(struct dhcp_bytes *m, uint8_t op, uint32_t xid, uint8_t mac)
{
	static const uint8_t cookie[] = { 99, 130, 83, 99 };

	memset(m, 0, sizeof(*m));
	m->len = 236;
	m->data[0] = op;
	m->data[1] = 1;
	m->data[2] = 6;
	put32(m->data + 4, xid);
	memcpy(m->data + 28, "\x02\x00\x5e\x10\x00", 5);
	m->data[33] = mac;
	dhcp_put(m, cookie, sizeof(cookie));
}

void dhcp4_fixed(struct dhcp_bytes *m, size_t at, const char *address)
{
	int r = inet_pton(AF_INET, address, m->data + at);

	assert(r == 1);
	(void)r;
}

void dhcp4_option(struct dhcp_bytes *m, uint8_t code, const void *data,
		  size_t len)
{
	uint8_t head[] = { code, (uint8_t)len };

	assert(len <= 255);
	dhcp_put(m, head, sizeof(head));
	dhcp_put(m, data, len);
}

void dhcp4_text(struct dhcp_bytes *m, uint8_t code, const char *text)
{
	dhcp4_option(m, code, text, strlen(text));
}

void dhcp4_number(struct dhcp_bytes *m, uint8_t code, uint8_t value)
{
	dhcp4_option(m, code, &value, 1);
}

void dhcp4_seconds(struct dhcp_bytes *m, uint8_t code, uint32_t value)
{
	uint8_t data[4];

	put32(data, value);
	dhcp4_option(m, code, data, sizeof(data));
}

void dhcp4_address(struct dhcp_bytes *m, uint8_t code, const char *address)
{
	uint8_t data[4];
	int r = inet_pton(AF_INET, address, data);

	assert(r == 1);
	(void)r;
	dhcp4_option(m, code, data, sizeof(data));
}

/* --- IPv6 ------------------------------------------------------------------ */
void dhcp6_begin(struct dhcp_bytes *m, uint8_t type, uint32_t xid)
{
	memset(m, 0, sizeof(*m));
	m->len = 4;
	put32(m->data, xid);
	m->data[0] = type;
}

void dhcp6_option(struct dhcp_bytes *m, uint16_t code, const void *data,
		  size_t len)
{
	uint8_t head[] = { (uint8_t)(code >> 8), (uint8_t)code,
			   (uint8_t)(len >> 8), (uint8_t)len };

	dhcp_put(m, head, sizeof(head));
	dhcp_put(m, data, len);
}

void dhcp6_duid(struct dhcp_bytes *m, uint16_t code, uint8_t mac)
{
	uint8_t duid[] = { 0, 3, 0, 1, 2, 0, 0x5e, 0x10, 0, mac };

	dhcp6_option(m, code, duid, sizeof(duid));
}

void dhcp6_address(struct dhcp_bytes *m, uint32_t iaid, const char *address,
		   uint32_t valid_s)
{
	uint8_t ia[12 + 4 + 24] = { 0 };

	put32(ia, iaid);
	ia[13] = 5;
	ia[15] = 24;
	put32(ia + 32, valid_s / 2);
	put32(ia + 36, valid_s);
	if (address && inet_pton(AF_INET6, address, ia + 16) != 1)
		assert(!"an address");
	dhcp6_option(m, 3, ia, address ? sizeof(ia) : 12);
}

void dhcp6_prefix(struct dhcp_bytes *m, uint32_t iaid, const char *address,
		  uint8_t bits, uint32_t valid_s)
{
	uint8_t ia[12 + 4 + 25] = { 0 };

	put32(ia, iaid);
	ia[13] = 26;
	ia[15] = 25;
	put32(ia + 16, valid_s / 2);
	put32(ia + 20, valid_s);
	ia[24] = bits;
	if (inet_pton(AF_INET6, address, ia + 25) != 1)
		assert(!"an address");
	dhcp6_option(m, 25, ia, sizeof(ia));
}
