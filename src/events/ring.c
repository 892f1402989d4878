/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ring buffer entries in (bpf/abi.h), records out. An entry that does not keep
 * to its layout is refused; nothing else fails but memory.
 */
#include "events/ring.h"

#include <arpa/inet.h>
#include <errno.h>

#include "events/dns_name.h"
#include "util/cleanup.h"

typedef int (*fill_fn)(const struct fw_event_head *head,
		       struct fw_record *record);

static int fill_dns_query(const struct fw_event_head *head,
			  struct fw_record *record)
{
	const struct fw_event_dns *dns = (const void *)head;
	char name[FW_DNS_TEXT_MAX], qtype[FW_DNS_TYPE_MAX];
	int r;

	r = fw_dns_name_text(dns->name, dns->name_len, name);
	if (r < 0)
		return r;
	fw_record_text(record, "name", name);
	fw_record_text(record, "qtype", fw_dns_type_text(dns->qtype, qtype));
	fw_record_address(record, "client", dns->family, dns->client);
	fw_record_number(record, "client_port", ntohs(dns->client_port));
	fw_record_address(record, "server", dns->family, dns->server);
	return 0;
}

/* Entries are of fixed size, so that a program reserves with a constant. */
static const struct {
	enum fw_record_type type;
	uint16_t size;
	fill_fn fill;
} kinds[] = {
	[FW_EVENT_DNS_QUERY] = { FW_RECORD_DNS_QUERY,
				 sizeof(struct fw_event_dns), fill_dns_query },
};
_Static_assert(FW_ARRAY_SIZE(kinds) == FW_EVENT_MAX_, "ring buffer entries");

int fw_ring_record(const struct fw_event_head *head, fw_ring_device_fn device,
		   void *ctx, enum fw_record_type *ret_type, char **ret_line)
{
	struct fw_record record;
	char *line;
	int r;

	if (head->type >= FW_EVENT_MAX_ || !kinds[head->type].fill ||
	    head->size != kinds[head->type].size)
		return -EINVAL;
	fw_record_begin(&record, kinds[head->type].type,
			fw_record_wall(head->time_ns));
	fw_record_text(&record, "device", device(ctx, head->ifindex));
	r = kinds[head->type].fill(head, &record);
	if (r < 0) {
		fw_buf_done(&record.line);
		return r;
	}
	line = fw_record_end(&record);
	if (!line)
		return -ENOMEM;
	*ret_type = record.type;
	*ret_line = line;
	return 0;
}
