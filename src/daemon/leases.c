/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In: the leases of monitor dhcp. Out: a document. Only memory fails. */
#include "daemon/leases.h"

#include <arpa/inet.h>

#include "daemon/json.h"
#include "daemon/status.h"
#include "monitor/dhcp.h"
#include "monitor/dhcp_text.h"

#define NS_PER_S UINT64_C(1000000000)

struct listing {
	uint64_t now_ns;
	json_t *rows;		/* NULL once memory has run out */
};

static json_t *some(const char *text)
{
	return *text ? fw_json_text(text) : json_null();
}

static json_t *hex(const uint8_t *data, size_t len)
{
	char text[3 * FW_DHCP_ID_MAX + 1];

	fw_dhcp_hex(data, len, text, sizeof(text));
	return some(text);
}

static json_t *server(const struct fw_lease *lease)
{
	char text[INET6_ADDRSTRLEN];

	return fw_json_text(inet_ntop(lease->family == 4 ? AF_INET : AF_INET6,
				      lease->server, text, sizeof(text)));
}

/* A lease that has just ended, and of which nobody was told yet, has 0 left. */
static json_t *left(const struct listing *l, const struct fw_lease *lease)
{
	if (lease->expires_ns == FW_LEASE_FOR_EVER)
		return json_null();
	return fw_json_number(lease->expires_ns > l->now_ns ?
			      (lease->expires_ns - l->now_ns) / NS_PER_S : 0);
}

static json_t *age(const struct listing *l, uint64_t since_ns)
{
	return fw_json_number(l->now_ns > since_ns ?
			      (l->now_ns - since_ns) / NS_PER_S : 0);
}

static void add_row(void *ctx, const struct fw_lease *lease)
{
	struct listing *l = ctx;
	char address[FW_LEASE_ADDRESS_MAX];
	json_t *row;

	if (!l->rows)
		return;
	fw_lease_address(lease, address);
	row = json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			"device", some(lease->device), "address", address,
			"mac", hex(lease->client.mac, lease->client.mac_len),
			"client_id", hex(lease->client.id, lease->client.id_len),
			"host", some(lease->host), "vendor",
			some(lease->vendor), "kind", some(lease->kind),
			"server", server(lease), "age_s",
			age(l, lease->since_ns), "renewed_s",
			age(l, lease->renewed_ns), "expires_s", left(l, lease));
	if (json_array_append_new(l->rows, row)) {
		json_decref(l->rows);
		l->rows = NULL;
	}
}

json_t *fw_leases_document(const struct fw_daemon *daemon)
{
	const struct fw_leases *leases = fw_monitors_leases(daemon->monitors);
	struct listing l = { fw_daemon_clock(), json_array() };

	fw_leases_each(leases, add_row, &l);
	return json_pack("{s:s, s:o, s:o}", "schema", FW_SCHEMA, "max",
			 fw_json_number(fw_leases_max(leases)), "leases",
			 l.rows);
}
