/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ring buffer entries in (bpf/abi.h), records out. An entry that does not keep
 * to its layout is refused; nothing else fails but memory.
 */
#include "events/ring.h"

#include <errno.h>
#include <stdio.h>

#include "util/cleanup.h"

typedef int (*fill_fn)(const struct fw_event_head *head,
		       const struct fw_ring_names *names,
		       struct fw_record *record);

static void fill_rule(uint32_t id, const struct fw_ring_names *names,
		      struct fw_record *record)
{
	struct fw_ring_rule rule;

	if (!id || !names->rule(names->ctx, id, &rule))
		return;
	if (record->type == FW_RECORD_LOG) {
		fw_record_text(record, "prefix", rule.log_prefix);
		fw_record_text(record, "level", rule.log_level);
		fw_record_text(record, "verdict", rule.audit);
	}
	fw_record_text(record, "file", rule.file);
	fw_record_number(record, "line", rule.line);
	fw_record_text(record, "rule", rule.text);
}

/* "syn|ack", as nft writes flags. */
static void fill_flags(uint8_t flags, struct fw_record *record)
{
	static const char *const flag_names[] = {
		"fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr",
	};
	char text[sizeof("fin|syn|rst|psh|ack|urg|ecn|cwr")] = "";
	char *end = text;

	for (size_t i = 0; i < FW_ARRAY_SIZE(flag_names); i++)
		if (flags >> i & 1)
			end += sprintf(end, "%s%s", end == text ? "" : "|",
				       flag_names[i]);
	fw_record_text(record, "tcp_flags", text);
}

/* What a packet lacks is left out. */
static void fill_headers(const struct fw_event_packet *packet,
			 struct fw_record *record)
{
	char proto[FW_PROTO_MAX];

	if (packet->vlan)
		fw_record_number(record, "vlan", packet->vlan);
	if (!packet->family)
		fw_record_number(record, "ether_type", packet->type);
	if (packet->has_proto)
		fw_record_text(record, "proto",
			       fw_proto_text(packet->proto, proto));
	fw_record_address(record, "src", packet->family, packet->saddr);
	if (packet->has_ports)
		fw_record_number(record, "sport", packet->sport);
	fw_record_address(record, "dst", packet->family, packet->daddr);
	if (packet->has_ports)
		fw_record_number(record, "dport", packet->dport);
	if (packet->has_flags)
		fill_flags(packet->tcp_flags, record);
	if (packet->has_icmp) {
		fw_record_number(record, "icmp_type", packet->icmp_type);
		fw_record_number(record, "icmp_code", packet->icmp_code);
	}
	fw_record_number(record, "length", packet->length);
}

/* Of a packet that a `log` rule met, and of one that was dropped. */
static int fill_packet(const struct fw_event_head *head,
		       const struct fw_ring_names *names,
		       struct fw_record *record)
{
	const struct fw_event_packet *packet = (const void *)head;

	if (packet->reason >= FW_STAT_MAX_ || packet->malformed >= FW_STAT_MAX_)
		return -EINVAL;
	if (packet->reason)
		fw_record_text(record, "reason",
			       names->stat((enum fw_stat)packet->reason));
	if (packet->malformed)
		fw_record_text(record, "malformed",
			       names->stat((enum fw_stat)packet->malformed));
	fill_rule(packet->rule, names, record);
	fill_headers(packet, record);
	return 0;
}

/* Entries are of fixed size, so that a program reserves with a constant. */
static const struct {
	enum fw_record_type type;
	uint16_t size;
	fill_fn fill;
} kinds[] = {
	[FW_EVENT_LOG] = { FW_RECORD_LOG, sizeof(struct fw_event_packet),
			   fill_packet },
	[FW_EVENT_DROP] = { FW_RECORD_DROP, sizeof(struct fw_event_packet),
			    fill_packet },
};
_Static_assert(FW_ARRAY_SIZE(kinds) == FW_EVENT_MAX_, "ring buffer entries");

int fw_ring_record(const struct fw_event_head *head,
		   const struct fw_ring_names *names,
		   enum fw_record_type *ret_type, char **ret_line)
{
	struct fw_record record;
	char *line;
	int r;

	if (head->type >= FW_EVENT_MAX_ || !kinds[head->type].fill ||
	    head->size != kinds[head->type].size)
		return -EINVAL;
	fw_record_begin(&record, kinds[head->type].type,
			fw_record_wall(head->time_ns));
	fw_record_text(&record, "device", names->device(names->ctx, head->ifindex));
	r = kinds[head->type].fill(head, names, &record);
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
