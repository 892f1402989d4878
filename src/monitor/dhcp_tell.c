/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leases in, records out. Only memory fails, and then a record is counted lost. */
#include "monitor/dhcp_record.h"
#include "monitor/dhcp_state.h"
#include "util/cleanup.h"

#define NS_PER_S UINT64_C(1000000000)

static const char *const action_names[] = {
	[FW_LEASE_NEW] = "new",
	[FW_LEASE_RENEW] = "renew",
	[FW_LEASE_RELEASE] = "release",
	[FW_LEASE_DECLINE] = "decline",
	[FW_LEASE_REFUSE] = "refuse",
	[FW_LEASE_EXPIRE] = "expire",
};
_Static_assert(FW_ARRAY_SIZE(action_names) == FW_LEASE_ACTION_MAX_,
	       "action_names");

void fw_dhcp_record_some(struct fw_record *record, const char *key,
			 const char *text)
{
	if (*text)
		fw_record_text(record, key, text);
}

void fw_dhcp_record_client(struct fw_record *record, const char *mac_key,
			   const char *id_key,
			   const struct fw_dhcp_client *client)
{
	char text[3 * FW_DHCP_ID_MAX + 1];

	fw_dhcp_hex(client->mac, client->mac_len, text, sizeof(text));
	fw_dhcp_record_some(record, mac_key, text);
	fw_dhcp_hex(client->id, client->id_len, text, sizeof(text));
	fw_dhcp_record_some(record, id_key, text);
}

void fw_dhcp_tell_lease(const struct fw_dhcp *dhcp, enum fw_lease_action action,
			const struct fw_lease *lease,
			const struct fw_dhcp_asked *asked, uint64_t now_ns)
{
	const struct fw_monitor_out *out = dhcp->out;
	char address[FW_LEASE_ADDRESS_MAX];
	struct fw_record record;

	if (!fw_dhcp_block(dhcp)->dhcp_leases)
		return;
	fw_lease_address(lease, address);
	fw_record_begin(&record, FW_RECORD_DHCP_LEASE,
			out->wall_ns(out->ctx, now_ns));
	fw_dhcp_record_some(&record, "device", lease->device);
	fw_record_text(&record, "action", action_names[action]);
	fw_record_text(&record, "address", address);
	fw_dhcp_record_client(&record, "mac", "client_id", &lease->client);
	fw_dhcp_record_some(&record, "host", lease->host);
	fw_dhcp_record_some(&record, "vendor", lease->vendor);
	if (asked)
		fw_dhcp_record_some(&record, lease->family == 4 ? "params" :
								  "request",
				    asked->params);
	fw_dhcp_record_some(&record, "kind", lease->kind);
	fw_record_address(&record, "server", lease->family, lease->server);
	if (action <= FW_LEASE_RENEW && lease->expires_ns != FW_LEASE_FOR_EVER)
		fw_record_number(&record, "lease_s",
				 (lease->expires_ns - now_ns) / NS_PER_S);
	out->record(out->ctx, &record);
}
