/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first packet of a connection, as conntrack has it.
 *
 * In: its tuple and devices. Out: what explain is told. Nothing may fail.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "model/explain.h"

#define CT_NEW 8		/* NF_CT_STATE_BIT() */
#define SYN 2

static fw_u128 number_of(const uint8_t *bytes, size_t n)
{
	fw_u128 number = 0;

	for (size_t i = 0; i < n; i++)
		number = number << 8 | bytes[i];
	return number;
}

struct fields {
	uint64_t given;
	fw_u128 value[FW_FIELD_ALL_MAX_];
};

static void give(struct fields *fields, enum fw_field field, fw_u128 value)
{
	fields->given |= UINT64_C(1) << field;
	fields->value[field] = value;
}

static void give_tuple(struct fields *fields,
		       const struct fw_told_tuple *tuple)
{
	bool v4 = tuple->family == 4;
	size_t size = v4 ? 4 : 16;

	give(fields, FW_FIELD_L3, v4 ? FW_L3_IP : FW_L3_IP6);
	give(fields, v4 ? FW_FIELD_SADDR4 : FW_FIELD_SADDR6,
	     number_of(tuple->saddr, size));
	give(fields, v4 ? FW_FIELD_DADDR4 : FW_FIELD_DADDR6,
	     number_of(tuple->daddr, size));
	give(fields, FW_FIELD_L4PROTO, tuple->proto);
	if (tuple->sport || tuple->dport) {
		give(fields, FW_FIELD_SPORT, tuple->sport);
		give(fields, FW_FIELD_DPORT, tuple->dport);
	}
	if (tuple->echo) {
		give(fields, FW_FIELD_ICMP_TYPE,
		     tuple->proto == IPPROTO_ICMP ? ICMP_ECHO :
						    ICMP6_ECHO_REQUEST);
		give(fields, FW_FIELD_ICMP_CODE, 0);
	}
	give(fields, FW_FIELD_CT_STATE, CT_NEW);
	give(fields, FW_FIELD_CT_DIRECTION, 0);
	if (tuple->proto == IPPROTO_TCP)
		give(fields, FW_FIELD_TCP_FLAGS, SYN);
}

void fw_told_first(struct fw_told *told, const struct fw_told_tuple *tuple,
		   const char *iif, const char *oif)
{
	struct fields fields = { 0 };

	give_tuple(&fields, tuple);
	fw_told_fields(told, fields.given, fields.value, iif, oif, NULL);
	for (unsigned f = 0; f < FW_FIELD_ALL_MAX_; f++)
		if (told->assumed >> f & 1)
			fw_model_packet_open(&told->packet, (enum fw_field)f);
	told->assumed = 0;
}
