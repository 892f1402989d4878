/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of both versions, to one shape.
 *
 * In: a UDP payload and where it came from. Out: what it means. Nothing fails:
 * what means nothing is a state.
 */
#include "monitor/dhcp_message.h"

#include <string.h>

#include "util/cleanup.h"

static bool is_zero(const uint8_t address[4])
{
	static const uint8_t zero[4];

	return !memcmp(address, zero, sizeof(zero));
}

static void set_id(struct fw_dhcp_client *client, const struct fw_dhcp_bytes *id)
{
	client->id_len = (uint8_t)(id->len < FW_DHCP_ID_MAX ? id->len :
							      FW_DHCP_ID_MAX);
	memcpy(client->id, id->data, client->id_len);
}

static void add_address(struct fw_dhcp_message *m, const uint8_t *address,
			size_t size, uint8_t bits, uint32_t seconds)
{
	struct fw_dhcp_address *a = &m->addresses[m->n_addresses++];

	memset(a->address, 0, sizeof(a->address));
	memcpy(a->address, address, size);
	a->bits = bits;
	a->seconds = seconds;
}

/* --- IPv4 ------------------------------------------------------------------ */
static const struct {
	bool known;
	uint8_t op;
	enum fw_dhcp_verb verb;
} types4[] = {
	[FW_DHCP4_BOOTP] = { true, FW_DHCP4_REPLY_OP, FW_DHCP_GRANT },
	[FW_DHCP4_DISCOVER] = { true, FW_DHCP4_REQUEST_OP, FW_DHCP_ASK },
	[FW_DHCP4_OFFER] = { true, FW_DHCP4_REPLY_OP, FW_DHCP_OFFER },
	[FW_DHCP4_REQUEST] = { true, FW_DHCP4_REQUEST_OP, FW_DHCP_ASK },
	[FW_DHCP4_DECLINE] = { true, FW_DHCP4_REQUEST_OP, FW_DHCP_DECLINE },
	[FW_DHCP4_ACK] = { true, FW_DHCP4_REPLY_OP, FW_DHCP_GRANT },
	[FW_DHCP4_NAK] = { true, FW_DHCP4_REPLY_OP, FW_DHCP_REFUSE },
	[FW_DHCP4_RELEASE] = { true, FW_DHCP4_REQUEST_OP, FW_DHCP_RELEASE },
	[FW_DHCP4_INFORM] = { true, FW_DHCP4_REQUEST_OP, FW_DHCP_INFORM },
};
_Static_assert(FW_ARRAY_SIZE(types4) == FW_DHCP4_TYPE_MAX_, "types4");

static void addresses4(struct fw_dhcp_message *m)
{
	const struct fw_dhcp4 *d = &m->v4;
	const uint8_t *address = d->yiaddr;
	uint32_t seconds = d->has & FW_DHCP4_HAS_LEASE ? d->lease_s : 0;

	if (d->op == FW_DHCP4_REQUEST_OP)
		address = d->has & FW_DHCP4_HAS_REQUESTED ? d->requested :
							    d->ciaddr;
	/* BOOTP knows no end (RFC 1534 section 2); an answer to INFORM has no
	 * time, and grants nothing (RFC 2131 section 4.3.5). */
	if (d->type == FW_DHCP4_BOOTP)
		seconds = UINT32_MAX;
	if (!is_zero(address))
		add_address(m, address, 4, 32, seconds);
}

static enum fw_dhcp_state read4(const struct fw_seen *seen,
				struct fw_dhcp_message *m)
{
	struct fw_dhcp4 *d = &m->v4;
	enum fw_dhcp_state state = fw_dhcp4_read(seen->payload, seen->len, d);

	if (state != FW_DHCP_MESSAGE)
		return state;
	if (d->type >= FW_DHCP4_TYPE_MAX_ || types4[d->type].op != d->op)
		return FW_DHCP_OTHER;
	m->verb = types4[d->type].verb;
	m->name = fw_dhcp4_type_name(d->type);
	m->xid = d->xid;
	m->relayed = !is_zero(d->giaddr);
	m->client.mac_len = d->hlen;
	memcpy(m->client.mac, d->chaddr, d->hlen);
	set_id(&m->client, &d->client_id);
	addresses4(m);
	m->has_server = d->has & FW_DHCP4_HAS_SERVER;
	memcpy(m->server, d->server, 4);
	if (!m->has_server && fw_dhcp_is_server(m->verb)) {
		m->has_server = true;
		memcpy(m->server, seen->src, 4);
	}
	return FW_DHCP_MESSAGE;
}

/* --- IPv6 ------------------------------------------------------------------ */
static const struct {
	bool known;
	enum fw_dhcp_verb verb;
} types6[] = {
	[FW_DHCP6_NONE] = { false, 0 },
	[FW_DHCP6_SOLICIT] = { true, FW_DHCP_ASK },
	[FW_DHCP6_ADVERTISE] = { true, FW_DHCP_OFFER },
	[FW_DHCP6_REQUEST] = { true, FW_DHCP_ASK },
	[FW_DHCP6_CONFIRM] = { true, FW_DHCP_INFORM },
	[FW_DHCP6_RENEW] = { true, FW_DHCP_ASK },
	[FW_DHCP6_REBIND] = { true, FW_DHCP_ASK },
	[FW_DHCP6_REPLY] = { true, FW_DHCP_GRANT },
	[FW_DHCP6_RELEASE] = { true, FW_DHCP_RELEASE },
	[FW_DHCP6_DECLINE] = { true, FW_DHCP_DECLINE },
	[FW_DHCP6_RECONFIGURE] = { true, FW_DHCP_OFFER },
	[FW_DHCP6_INFORMATION] = { true, FW_DHCP_INFORM },
	[FW_DHCP6_RELAY_FORW] = { false, 0 },
	[FW_DHCP6_RELAY_REPL] = { false, 0 },
};
_Static_assert(FW_ARRAY_SIZE(types6) == FW_DHCP6_TYPE_MAX_, "types6");

static enum fw_dhcp_state read6(const struct fw_seen *seen,
				struct fw_dhcp_message *m)
{
	struct fw_dhcp6 *d = &m->v6;
	enum fw_dhcp_state state = fw_dhcp6_read(seen->payload, seen->len, d);

	if (state != FW_DHCP_MESSAGE)
		return state;
	if (!types6[d->type].known)
		return FW_DHCP_OTHER;
	m->verb = types6[d->type].verb;
	m->name = fw_dhcp6_type_name(d->type);
	m->xid = d->xid;
	m->relayed = d->relayed;
	set_id(&m->client, &d->client);
	if (d->has_mac) {
		m->client.mac_len = sizeof(d->mac);
		memcpy(m->client.mac, d->mac, sizeof(d->mac));
	}
	m->iaid = d->has_ia ? d->iaid : 0;
	for (size_t i = 0; i < d->n_bindings; i++)
		add_address(m, d->bindings[i].address, 16, d->bindings[i].bits,
			    d->bindings[i].valid_s);
	/* A server of version 6 has no address that it goes by */
	m->has_server = fw_dhcp_is_server(m->verb);
	memcpy(m->server, seen->src, sizeof(m->server));
	return FW_DHCP_MESSAGE;
}

enum fw_dhcp_state fw_dhcp_message_read(const struct fw_seen *seen,
					struct fw_dhcp_message *ret)
{
	*ret = (struct fw_dhcp_message){ .family = seen->family };
	return seen->family == 4 ? read4(seen, ret) : read6(seen, ret);
}

bool fw_dhcp_client_same(const struct fw_dhcp_client *a,
			 const struct fw_dhcp_client *b, uint8_t family)
{
	bool macs = a->mac_len && b->mac_len, ids = a->id_len && b->id_len;

	if (macs && (family == 4 || !ids))
		return a->mac_len == b->mac_len &&
		       !memcmp(a->mac, b->mac, a->mac_len);
	return ids && a->id_len == b->id_len && !memcmp(a->id, b->id, a->id_len);
}
