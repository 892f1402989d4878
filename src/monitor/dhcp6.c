/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A DHCPv6 message, to facts.
 *
 * In: a UDP payload. Out: those options that leases and fingerprints are made of.
 * Nothing fails: what is none is a state.
 *
 * Options nest: a relay's message holds another one, an identity association its
 * addresses. Both are bounded, by the hops that relays allow (RFC 8415 section
 * 7.6) and by there being two levels; so nothing recurs.
 */
#include "monitor/dhcp6.h"

#include <string.h>

#include "util/cleanup.h"

#define HEADER_SIZE 4
#define RELAY_SIZE 34		/* section 9 */
#define HOPS_MAX 8		/* HOP_COUNT_LIMIT */
#define ETHERNET 1		/* hardware type */

enum option {
	OPTION_CLIENTID = 1,
	OPTION_SERVERID = 2,
	OPTION_IA_NA = 3,
	OPTION_IA_TA = 4,
	OPTION_IAADDR = 5,
	OPTION_ORO = 6,
	OPTION_RELAY_MSG = 9,
	OPTION_STATUS = 13,
	OPTION_RAPID = 14,
	OPTION_VENDOR_CLASS = 16,
	OPTION_DNS = 23,		/* RFC 3646 */
	OPTION_IA_PD = 25,
	OPTION_IAPREFIX = 26,
	OPTION_FQDN = 39,		/* RFC 4704 */
	OPTION_LINK_LAYER = 79,		/* RFC 6939 */
};

struct bytes {
	const uint8_t *at;
	size_t len;
};

static uint16_t number16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t number32(const uint8_t *at)
{
	return (uint32_t)number16(at) << 16 | number16(at + 2);
}

/* Takes the next option off the head of left: 1, or 0 at the end, or -1 where it
 * is not whole. */
static int next(struct bytes *left, uint16_t *ret_code, struct bytes *ret)
{
	size_t len;

	if (!left->len)
		return 0;
	if (left->len < 4)
		return -1;
	*ret_code = number16(left->at);
	len = number16(left->at + 2);
	if (len > left->len - 4)
		return -1;
	*ret = (struct bytes){ left->at + 4, len };
	left->at += 4 + len;
	left->len -= 4 + len;
	return 1;
}

/* Labels, to a name with dots; what cannot be shown is a '?'. A client that gives
 * a part of its name leaves the root's label away. */
static void read_name(struct bytes wire, struct fw_dhcp_bytes *ret)
{
	ret->len = 0;
	while (wire.len && wire.at[0] && wire.at[0] < wire.len) {
		size_t label = wire.at[0];

		if (ret->len)
			fw_dhcp_bytes_add(ret, (const uint8_t *)".", 1);
		fw_dhcp_bytes_add(ret, wire.at + 1, label);
		wire.at += 1 + label;
		wire.len -= 1 + label;
	}
}

/* --- identity associations ------------------------------------------------- */
static void take_binding(struct fw_dhcp6 *dhcp, enum fw_dhcp6_kind kind,
			 uint32_t iaid, const struct bytes *o)
{
	bool prefix = kind == FW_DHCP6_PREFIX;
	struct fw_dhcp6_binding *b;

	if (o->len < (prefix ? 25u : 24u) ||
	    dhcp->n_bindings == FW_DHCP6_BINDINGS)
		return;
	b = &dhcp->bindings[dhcp->n_bindings++];
	b->kind = kind;
	b->iaid = iaid;
	b->bits = prefix ? o->at[8] : 128;
	memcpy(b->address, prefix ? o->at + 9 : o->at, 16);
	b->preferred_s = number32(prefix ? o->at : o->at + 16);
	b->valid_s = number32(prefix ? o->at + 4 : o->at + 20);
}

static bool take_ia(struct fw_dhcp6 *dhcp, enum fw_dhcp6_kind kind,
		    const struct bytes *o)
{
	size_t head = kind == FW_DHCP6_TEMPORARY ? 4 : 12;
	uint16_t code, wanted = kind == FW_DHCP6_PREFIX ? OPTION_IAPREFIX :
							  OPTION_IAADDR;
	struct bytes left, inner;
	int r;

	if (o->len < head)
		return false;
	if (!dhcp->has_ia)
		dhcp->iaid = number32(o->at);
	dhcp->has_ia = true;
	left = (struct bytes){ o->at + head, o->len - head };
	while ((r = next(&left, &code, &inner)) > 0)
		if (code == wanted)
			take_binding(dhcp, kind, number32(o->at), &inner);
	return !r;
}

/* --- options --------------------------------------------------------------- */
/* Types 1 and 3 end in the hardware's address (section 11.2, 11.4). */
static void mac_of_duid(struct fw_dhcp6 *dhcp)
{
	const struct fw_dhcp_bytes *duid = &dhcp->client;
	uint16_t type = duid->len >= 4 ? number16(duid->data) : 0;
	size_t head = type == 1 ? 8 : 4;

	if (dhcp->has_mac || (type != 1 && type != 3) ||
	    number16(duid->data + 2) != ETHERNET || duid->len != head + 6)
		return;
	dhcp->has_mac = true;
	memcpy(dhcp->mac, duid->data + head, 6);
}

static void take_vendor(struct fw_dhcp6 *dhcp, const struct bytes *o)
{
	size_t len;

	if (o->len < 4 || dhcp->has_vendor)
		return;
	dhcp->has_vendor = true;
	dhcp->enterprise = number32(o->at);
	if (o->len < 6)
		return;
	len = number16(o->at + 4);
	if (len <= o->len - 6)
		fw_dhcp_bytes_add(&dhcp->vendor, o->at + 6, len);
}

static void take_requested(struct fw_dhcp6 *dhcp, const struct bytes *o)
{
	for (size_t i = 0; i + 2 <= o->len; i += 2)
		if (dhcp->n_requested < FW_DHCP6_ORDER)
			dhcp->requested[dhcp->n_requested++] =
				number16(o->at + i);
}

static void take_status(struct fw_dhcp6 *dhcp, const struct bytes *o)
{
	if (o->len < 2 || dhcp->has_status)
		return;
	dhcp->has_status = true;
	dhcp->status = number16(o->at);
	fw_dhcp_bytes_add(&dhcp->message, o->at + 2, o->len - 2);
}

static void take_duid(struct fw_dhcp_bytes *duid, const struct bytes *o)
{
	if (!duid->len && o->len <= FW_DHCP6_DUID_MAX)
		fw_dhcp_bytes_add(duid, o->at, o->len);
}

static bool take(struct fw_dhcp6 *dhcp, uint16_t code, const struct bytes *o)
{
	switch (code) {
	case OPTION_CLIENTID:
		take_duid(&dhcp->client, o);
		break;
	case OPTION_SERVERID:
		take_duid(&dhcp->server, o);
		break;
	case OPTION_IA_NA:
		return take_ia(dhcp, FW_DHCP6_ADDRESS, o);
	case OPTION_IA_TA:
		return take_ia(dhcp, FW_DHCP6_TEMPORARY, o);
	case OPTION_IA_PD:
		return take_ia(dhcp, FW_DHCP6_PREFIX, o);
	case OPTION_ORO:
		take_requested(dhcp, o);
		break;
	case OPTION_STATUS:
		take_status(dhcp, o);
		break;
	case OPTION_RAPID:
		dhcp->rapid = true;
		break;
	case OPTION_VENDOR_CLASS:
		take_vendor(dhcp, o);
		break;
	case OPTION_DNS:
		fw_dhcp_bytes_add(&dhcp->dns, o->at, o->len);
		break;
	case OPTION_FQDN:
		if (o->len)
			read_name((struct bytes){ o->at + 1, o->len - 1 },
				  &dhcp->host);
		break;
	default:
		break;
	}
	return true;
}

static enum fw_dhcp_state read_options(struct fw_dhcp6 *dhcp, struct bytes left)
{
	struct bytes o;
	uint16_t code;
	int r;

	while ((r = next(&left, &code, &o)) > 0) {
		if (dhcp->n_order < FW_DHCP6_ORDER)
			dhcp->order[dhcp->n_order++] = code;
		if (!take(dhcp, code, &o))
			return FW_DHCP_MALFORMED;
	}
	mac_of_duid(dhcp);
	return r ? FW_DHCP_MALFORMED : FW_DHCP_MESSAGE;
}

/* --- relays ---------------------------------------------------------------- */
/* From a relay's message to the one in it; false where there is none. */
static bool unwrap(struct fw_dhcp6 *dhcp, struct bytes *message)
{
	struct bytes left = { message->at + RELAY_SIZE, 0 }, o, inner = { 0 };
	uint16_t code;
	int r;

	if (message->len < RELAY_SIZE)
		return false;
	left.len = message->len - RELAY_SIZE;
	dhcp->relayed = true;
	memcpy(dhcp->peer, message->at + 18, sizeof(dhcp->peer));
	while ((r = next(&left, &code, &o)) > 0) {
		if (code == OPTION_RELAY_MSG)
			inner = o;
		if (code == OPTION_LINK_LAYER && o.len == 8 &&
		    number16(o.at) == ETHERNET) {
			dhcp->has_mac = true;
			memcpy(dhcp->mac, o.at + 2, sizeof(dhcp->mac));
		}
	}
	*message = inner;
	return !r && inner.len;
}

enum fw_dhcp_state fw_dhcp6_read(const uint8_t *data, size_t len,
				 struct fw_dhcp6 *ret)
{
	struct bytes message = { data, len };
	unsigned hops = 0;

	memset(ret, 0, sizeof(*ret));
	while (message.len && (message.at[0] == FW_DHCP6_RELAY_FORW ||
			       message.at[0] == FW_DHCP6_RELAY_REPL))
		if (++hops > HOPS_MAX + 1 || !unwrap(ret, &message))
			return FW_DHCP_MALFORMED;
	if (message.len < HEADER_SIZE)
		return FW_DHCP_MALFORMED;
	if (!message.at[0] || message.at[0] >= FW_DHCP6_TYPE_MAX_)
		return FW_DHCP_OTHER;
	ret->type = message.at[0];
	ret->xid = number32(message.at) & 0xffffff;
	message.at += HEADER_SIZE;
	message.len -= HEADER_SIZE;
	return read_options(ret, message);
}

static const char *const type_names[] = {
	[FW_DHCP6_NONE] = "none",
	[FW_DHCP6_SOLICIT] = "solicit",
	[FW_DHCP6_ADVERTISE] = "advertise",
	[FW_DHCP6_REQUEST] = "request",
	[FW_DHCP6_CONFIRM] = "confirm",
	[FW_DHCP6_RENEW] = "renew",
	[FW_DHCP6_REBIND] = "rebind",
	[FW_DHCP6_REPLY] = "reply",
	[FW_DHCP6_RELEASE] = "release",
	[FW_DHCP6_DECLINE] = "decline",
	[FW_DHCP6_RECONFIGURE] = "reconfigure",
	[FW_DHCP6_INFORMATION] = "information-request",
	[FW_DHCP6_RELAY_FORW] = "relay-forward",
	[FW_DHCP6_RELAY_REPL] = "relay-reply",
};
_Static_assert(FW_ARRAY_SIZE(type_names) == FW_DHCP6_TYPE_MAX_, "type_names");

const char *fw_dhcp6_type_name(unsigned type)
{
	return type < FW_DHCP6_TYPE_MAX_ ? type_names[type] : NULL;
}
