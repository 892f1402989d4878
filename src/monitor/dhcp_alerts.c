/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor dhcp: alert rogue, conflict, starvation.
 *
 * In: messages and leases. Out: a record for each reason to worry, once: a reason
 * that comes again within an hour of the last time is the same one. Only memory
 * fails, and then a record is counted lost.
 */
#include <arpa/inet.h>
#include <string.h>

#include "monitor/dhcp_record.h"
#include "monitor/dhcp_state.h"
#include "util/siphash.h"

#define NS_PER_S UINT64_C(1000000000)
#define QUIET_NS (3600 * NS_PER_S)

static bool wants(const struct fw_dhcp *dhcp, enum fw_dhcp_alert alert)
{
	return fw_dhcp_block(dhcp)->dhcp_alerts >> alert & 1;
}

static bool is_news(struct fw_dhcp *dhcp, const void *reason, size_t size,
		    uint64_t now_ns)
{
	uint64_t hash = fw_siphash(&dhcp->key, reason, size);
	uint64_t *seen = &dhcp->told[hash % FW_DHCP_TOLD].seen_ns;
	uint64_t *known = &dhcp->told[hash % FW_DHCP_TOLD].hash;
	bool again = *seen && *known == hash && now_ns - *seen < QUIET_NS;

	*known = hash;
	*seen = now_ns ? now_ns : 1;
	return !again;
}

static void begin(const struct fw_dhcp *dhcp, enum fw_record_type type,
		  const char *device, uint64_t now_ns, struct fw_record *ret)
{
	fw_record_begin(ret, type, dhcp->out->wall_ns(dhcp->out->ctx, now_ns));
	fw_record_text(ret, "device", device && *device ? device : NULL);
}

/* --- rogue ------------------------------------------------------------------ */
static bool is_listed(const struct fw_plan_monitors *block, uint8_t family,
		      const uint8_t address[16])
{
	uint64_t high = 0, low = 0;
	size_t size = family == 4 ? 4 : 16;

	for (size_t i = 0; i < size; i++) {
		high = high << 8 | low >> 56;
		low = low << 8 | address[i];
	}
	for (size_t i = 0; i < block->n_dhcp_servers; i++) {
		const struct fw_plan_address *a = &block->dhcp_servers[i];

		if (a->v6 == (family == 6) && a->high == high && a->low == low)
			return true;
	}
	return false;
}

/* The first of them, where there is one. */
static void fill_address(struct fw_record *record, const char *key,
			 uint8_t family, const uint8_t *data, size_t len)
{
	size_t size = family == 4 ? 4 : 16;
	uint8_t address[16] = { 0 };

	if (len < size)
		return;
	memcpy(address, data, size);
	fw_record_address(record, key, family, address);
}

static void fill_offer4(struct fw_record *record, const struct fw_dhcp4 *dhcp)
{
	if (dhcp->has & FW_DHCP4_HAS_ROUTER)
		fill_address(record, "router", 4, dhcp->router,
			     sizeof(dhcp->router));
	fill_address(record, "dns", 4, dhcp->dns.data, dhcp->dns.len);
}

static void fill_offer6(struct fw_record *record, const struct fw_dhcp6 *dhcp)
{
	char duid[3 * FW_DHCP6_DUID_MAX + 1];

	fw_dhcp_hex(dhcp->server.data, dhcp->server.len, duid, sizeof(duid));
	fw_dhcp_record_some(record, "duid", duid);
	fill_address(record, "dns", 6, dhcp->dns.data, dhcp->dns.len);
}

static void tell_rogue(const struct fw_dhcp *dhcp, const struct fw_seen *seen,
		       const struct fw_dhcp_message *m)
{
	struct fw_record record;
	char mac[18];

	begin(dhcp, FW_RECORD_DHCP_ROGUE, seen->device, seen->time_ns, &record);
	fw_record_address(&record, "server", m->family, m->server);
	fw_record_address(&record, "src", m->family, seen->src);
	fw_dhcp_hex(seen->mac, sizeof(seen->mac), mac, sizeof(mac));
	fw_record_text(&record, "src_mac", mac);
	fw_record_text(&record, "message", m->name);
	fw_dhcp_record_client(&record, "mac", "client_id", &m->client);
	if (m->n_addresses)
		fw_record_address(&record, "address", m->family,
				  m->addresses[0].address);
	if (m->family == 4)
		fill_offer4(&record, &m->v4);
	else
		fill_offer6(&record, &m->v6);
	dhcp->out->record(dhcp->out->ctx, &record);
}

/* A server must be named by what it calls itself, and by where the message comes
 * from, unless a relay has carried it. */
void fw_dhcp_check_server(struct fw_dhcp *dhcp, const struct fw_seen *seen,
			  const struct fw_dhcp_message *m)
{
	const struct fw_plan_monitors *block = fw_dhcp_block(dhcp);
	struct {
		uint32_t type, ifindex;
		uint8_t server[16], src[16], mac[6], pad[2];
	} reason;

	if (!wants(dhcp, FW_DHCP_ALERT_ROGUE))
		return;
	if (is_listed(block, m->family, m->server) &&
	    ((m->family == 4 && m->relayed) ||
	     is_listed(block, m->family, seen->src)))
		return;
	memset(&reason, 0, sizeof(reason));
	reason.type = FW_RECORD_DHCP_ROGUE;
	reason.ifindex = seen->ifindex;
	memcpy(reason.server, m->server, sizeof(reason.server));
	memcpy(reason.src, seen->src, sizeof(reason.src));
	memcpy(reason.mac, seen->mac, sizeof(reason.mac));
	if (is_news(dhcp, &reason, sizeof(reason), seen->time_ns))
		tell_rogue(dhcp, seen, m);
}

/* --- starvation ------------------------------------------------------------- */
void fw_dhcp_check_client(struct fw_dhcp *dhcp, const struct fw_seen *seen,
			  const struct fw_dhcp_message *m)
{
	struct fw_record record;
	char mac[18];
	uint64_t ns;

	if (!fw_dhcp_clients_see(dhcp->clients, seen->ifindex, m,
				 seen->time_ns) ||
	    !fw_dhcp_clients_flood(dhcp->clients, seen->ifindex, seen->time_ns,
				   &ns) ||
	    !wants(dhcp, FW_DHCP_ALERT_STARVATION))
		return;
	begin(dhcp, FW_RECORD_DHCP_STARVATION, seen->device, seen->time_ns,
	      &record);
	fw_record_number(&record, "clients", FW_STARVATION_CLIENTS + 1);
	fw_record_number(&record, "over_ms", ns / (NS_PER_S / 1000));
	fw_record_text(&record, "message", m->name);
	fw_dhcp_record_client(&record, "mac", "client_id", &m->client);
	fw_dhcp_hex(seen->mac, sizeof(seen->mac), mac, sizeof(mac));
	fw_record_text(&record, "src_mac", mac);
	fw_record_number(&record, "leases", fw_leases_count(dhcp->leases));
	dhcp->out->record(dhcp->out->ctx, &record);
}

/* --- conflict --------------------------------------------------------------- */
static void fill_holder(struct fw_record *record, const struct fw_lease *holder,
			uint64_t now_ns)
{
	fw_dhcp_record_client(record, "other_mac", "other_client_id",
			      &holder->client);
	fw_dhcp_record_some(record, "other_host", holder->host);
	fw_record_address(record, "other_server", holder->family,
			  holder->server);
	fw_record_number(record, "other_age_s",
			 (now_ns - holder->renewed_ns) / NS_PER_S);
}

void fw_dhcp_conflict(struct fw_dhcp *dhcp, const struct fw_lease *lease,
		      const struct fw_lease *holder, bool declined,
		      uint64_t now_ns)
{
	struct {
		uint32_t type, ifindex;
		uint8_t address[16];
		uint32_t bits;
	} reason;
	char address[FW_LEASE_ADDRESS_MAX];
	struct fw_record record;

	memset(&reason, 0, sizeof(reason));
	reason.type = FW_RECORD_DHCP_CONFLICT;
	reason.ifindex = lease->ifindex;
	memcpy(reason.address, lease->address, sizeof(reason.address));
	reason.bits = lease->bits;
	if (!wants(dhcp, FW_DHCP_ALERT_CONFLICT) ||
	    !is_news(dhcp, &reason, sizeof(reason), now_ns))
		return;
	fw_lease_address(lease, address);
	begin(dhcp, FW_RECORD_DHCP_CONFLICT, lease->device, now_ns, &record);
	fw_record_text(&record, "reason", declined ? "declined" : "leased twice");
	fw_record_text(&record, "address", address);
	fw_dhcp_record_client(&record, "mac", "client_id", &lease->client);
	fw_dhcp_record_some(&record, "host", lease->host);
	fw_record_address(&record, "server", lease->family, lease->server);
	if (holder)
		fill_holder(&record, holder, now_ns);
	dhcp->out->record(dhcp->out->ctx, &record);
}
