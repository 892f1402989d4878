/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A DHCPv4 message, to facts.
 *
 * In: a UDP payload. Out: the fixed fields and those options that leases and
 * fingerprints are made of. Nothing fails: what is none is a state.
 *
 * Options stand in three places: behind the cookie, and, where option 52 says so,
 * in the fields for a file's and a server's name, in this order (RFC 2131 section
 * 4.1). One that comes several times is one in pieces (RFC 3396). An option whose
 * length does not fit its meaning is no fact, but for the message's type, without
 * which nothing can be said.
 */
#include "monitor/dhcp4.h"

#include <string.h>

#include "util/cleanup.h"

#define FIXED_SIZE 236		/* RFC 2131 section 2 */
#define SNAME 44
#define SNAME_SIZE 64
#define FILE_AT 108
#define FILE_SIZE 128

#define OPTION_PAD 0
#define OPTION_OVERLOAD 52
#define OPTION_TYPE 53
#define OPTION_END 255

static const uint8_t cookie[] = { 99, 130, 83, 99 };

enum kind {
	KIND_ADDRESS,	/* the first of a list */
	KIND_NUMBER,	/* four bytes */
	KIND_BYTES,
};

struct known {
	uint8_t code;
	enum kind kind;
	uint32_t has;		/* ADDRESS, NUMBER */
	size_t at;		/* in struct fw_dhcp4 */
};

#define PLACE(member) offsetof(struct fw_dhcp4, member)

static const struct known options[] = {
	{ 1, KIND_ADDRESS, FW_DHCP4_HAS_MASK, PLACE(mask) },
	{ 3, KIND_ADDRESS, FW_DHCP4_HAS_ROUTER, PLACE(router) },
	{ 6, KIND_BYTES, 0, PLACE(dns) },
	{ 12, KIND_BYTES, 0, PLACE(host) },
	{ 15, KIND_BYTES, 0, PLACE(domain) },
	{ 50, KIND_ADDRESS, FW_DHCP4_HAS_REQUESTED, PLACE(requested) },
	{ 51, KIND_NUMBER, FW_DHCP4_HAS_LEASE, PLACE(lease_s) },
	{ 54, KIND_ADDRESS, FW_DHCP4_HAS_SERVER, PLACE(server) },
	{ 55, KIND_BYTES, 0, PLACE(params) },
	{ 56, KIND_BYTES, 0, PLACE(message) },
	{ 60, KIND_BYTES, 0, PLACE(vendor) },
	{ 61, KIND_BYTES, 0, PLACE(client_id) },
	{ 82, KIND_BYTES, 0, PLACE(agent) },
};

static uint32_t number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static void keep(struct fw_dhcp4 *dhcp, const struct known *known,
		 const uint8_t *data, size_t len)
{
	void *at = (char *)dhcp + known->at;

	switch (known->kind) {
	case KIND_BYTES:
		fw_dhcp_bytes_add(at, data, len);
		return;
	case KIND_ADDRESS:
		if (!len || len % 4 || dhcp->has & known->has)
			return;
		memcpy(at, data, 4);
		break;
	case KIND_NUMBER:
		if (len != 4)
			return;
		*(uint32_t *)at = number(data);
		break;
	}
	dhcp->has |= known->has;
}

static void note_order(struct fw_dhcp4 *dhcp, uint8_t code)
{
	if (!memchr(dhcp->order.data, code, dhcp->order.len))
		fw_dhcp_bytes_add(&dhcp->order, &code, 1);
}

static bool take(struct fw_dhcp4 *dhcp, uint8_t code, const uint8_t *data,
		 size_t len, uint8_t *overload)
{
	note_order(dhcp, code);
	if (code == OPTION_TYPE) {
		if (len != 1 || !data[0])
			return false;
		dhcp->type = data[0];
		return true;
	}
	if (code == OPTION_OVERLOAD && len == 1)
		*overload = data[0];
	for (size_t i = 0; i < FW_ARRAY_SIZE(options); i++)
		if (options[i].code == code)
			keep(dhcp, &options[i], data, len);
	return true;
}

/* False where an option ends outside of its field. */
static bool walk(struct fw_dhcp4 *dhcp, const uint8_t *field, size_t size,
		 uint8_t *overload)
{
	size_t at = 0;

	while (at < size && field[at] != OPTION_END) {
		uint8_t code = field[at++];

		if (code == OPTION_PAD)
			continue;
		if (at == size || field[at] >= size - at)
			return false;
		if (!take(dhcp, code, field + at + 1, field[at], overload))
			return false;
		at += 1u + field[at];
	}
	return true;
}

static void read_fixed(const uint8_t *data, struct fw_dhcp4 *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->op = data[0];
	ret->htype = data[1];
	ret->hlen = data[2];
	ret->hops = data[3];
	ret->xid = number(data + 4);
	ret->secs = (uint16_t)(data[8] << 8 | data[9]);
	ret->flags = (uint16_t)(data[10] << 8 | data[11]);
	memcpy(ret->ciaddr, data + 12, 4);
	memcpy(ret->yiaddr, data + 16, 4);
	memcpy(ret->siaddr, data + 20, 4);
	memcpy(ret->giaddr, data + 24, 4);
	memcpy(ret->chaddr, data + 28, sizeof(ret->chaddr));
}

enum fw_dhcp_state fw_dhcp4_read(const uint8_t *data, size_t len,
				 struct fw_dhcp4 *ret)
{
	uint8_t overload = 0, ignored = 0;

	if (len < FIXED_SIZE + sizeof(cookie))
		return len < FIXED_SIZE ? FW_DHCP_MALFORMED : FW_DHCP_OTHER;
	if ((data[0] != FW_DHCP4_REQUEST_OP && data[0] != FW_DHCP4_REPLY_OP) ||
	    memcmp(data + FIXED_SIZE, cookie, sizeof(cookie)) != 0)
		return FW_DHCP_OTHER;
	read_fixed(data, ret);
	if (ret->hlen > sizeof(ret->chaddr))
		return FW_DHCP_MALFORMED;
	if (!walk(ret, data + FIXED_SIZE + sizeof(cookie),
		  len - FIXED_SIZE - sizeof(cookie), &overload))
		return FW_DHCP_MALFORMED;
	if (overload & 1 && !walk(ret, data + FILE_AT, FILE_SIZE, &ignored))
		return FW_DHCP_MALFORMED;
	if (overload & 2 && !walk(ret, data + SNAME, SNAME_SIZE, &ignored))
		return FW_DHCP_MALFORMED;
	return FW_DHCP_MESSAGE;
}

static const char *const type_names[] = {
	[FW_DHCP4_BOOTP] = "bootp",
	[FW_DHCP4_DISCOVER] = "discover",
	[FW_DHCP4_OFFER] = "offer",
	[FW_DHCP4_REQUEST] = "request",
	[FW_DHCP4_DECLINE] = "decline",
	[FW_DHCP4_ACK] = "ack",
	[FW_DHCP4_NAK] = "nak",
	[FW_DHCP4_RELEASE] = "release",
	[FW_DHCP4_INFORM] = "inform",
};
_Static_assert(FW_ARRAY_SIZE(type_names) == FW_DHCP4_TYPE_MAX_, "type_names");

const char *fw_dhcp4_type_name(unsigned type)
{
	return type < FW_DHCP4_TYPE_MAX_ ? type_names[type] : NULL;
}
