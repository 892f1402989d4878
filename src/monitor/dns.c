/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor dns.
 *
 * In: messages from and to port 53. Out: a record for each question, where the
 * plan says `log queries`. What cannot be read is counted as odd; only memory
 * fails.
 */
#include "monitor/dns.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "events/dns_name.h"

#define HEADER_SIZE 12		/* RFC 1035 section 4.1.1 */
#define NAME_SIZE_MAX 255	/* section 2.3.4 */
#define RESPONSE 0x8000		/* QR */

struct dns {
	const struct fw_monitor_out *out;
	bool log_queries;
};

static uint16_t number(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* Bytes of the name in wire form, root included; 0: none that is whole. */
static size_t name_size(const uint8_t *wire, size_t len)
{
	size_t at = 0;

	while (at < len && at < NAME_SIZE_MAX) {
		size_t label = wire[at++];

		if (!label)
			return at;
		at += label;
	}
	return 0;
}

static void record_query(struct dns *dns, const struct fw_seen *seen,
			 const char *name, uint16_t type)
{
	char qtype[FW_DNS_TYPE_MAX];
	struct fw_record record;

	fw_record_begin(&record, FW_RECORD_DNS_QUERY,
			dns->out->wall_ns(dns->out->ctx, seen->time_ns));
	fw_record_text(&record, "device", seen->device);
	fw_record_text(&record, "name", name);
	fw_record_text(&record, "qtype", fw_dns_type_text(type, qtype));
	fw_record_address(&record, "client", seen->family, seen->src);
	fw_record_number(&record, "client_port", seen->sport);
	fw_record_address(&record, "server", seen->family, seen->dst);
	dns->out->record(dns->out->ctx, &record);
}

/* False: no question that can be read. */
static bool take_query(struct dns *dns, const struct fw_seen *seen)
{
	const uint8_t *at = seen->payload + HEADER_SIZE;
	size_t len = seen->len - HEADER_SIZE, size;
	char name[FW_DNS_TEXT_MAX];

	if (number(seen->payload + 4) != 1)
		return false;
	size = name_size(at, len);
	if (!size || len - size < 4 || fw_dns_name_text(at, size, name))
		return false;
	if (dns->log_queries && !seen->forwarded)
		record_query(dns, seen, name, number(at + size));
	return true;
}

static void dns_seen(void *monitor, const struct fw_seen *seen)
{
	struct dns *dns = monitor;

	if (seen->proto != IPPROTO_UDP)
		return;
	/* The programs have counted those that are too short. */
	if (seen->len < HEADER_SIZE || number(seen->payload + 2) & RESPONSE)
		return;
	if (!take_query(dns, seen))
		dns->out->stats[FW_STAT_DNS_ODD]++;
}

static int dns_plan(void *monitor, const struct fw_plan *plan)
{
	struct dns *dns = monitor;

	dns->log_queries = plan->log_dns_queries;
	return 0;
}

static void *dns_new(const struct fw_monitor_out *out)
{
	struct dns *dns = calloc(1, sizeof(*dns));

	if (dns)
		dns->out = out;
	return dns;
}

const struct fw_monitor_kind fw_monitor_dns = {
	.new = dns_new,
	.free = free,
	.plan = dns_plan,
	.seen = dns_seen,
};
