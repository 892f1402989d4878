/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame as nft's netdev ingress hook sees it: which fields it has, and their
 * values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

struct fw_model_packet {
	bool has[FW_FIELD_ALL_MAX_];
	fw_u128 value[FW_FIELD_ALL_MAX_];	/* valid with has; as in intervals */
	uint64_t open;		/* bit f: nobody said whether the packet has
				   field f, nor its value; has is then false */
	uint32_t length;	/* meta length: behind Ethernet and first tag */
	uint16_t vlan;		/* id, 0 untagged */
	uint32_t transport;	/* offset of its header, from Ethernet's on; valid
				   with fields of it */
	bool later_fragment;	/* no first one: without transport header */
	enum fw_stat malformed;	/* FW_STAT_MALFORMED_*, or 0 */
};

/* frame: len bytes from the Ethernet header on, as on the wire. */
void fw_model_packet_parse(const uint8_t *frame, size_t len,
			   struct fw_model_packet *ret);

void fw_model_packet_set(struct fw_model_packet *packet, enum fw_field field,
			 fw_u128 value);
void fw_model_packet_open(struct fw_model_packet *packet, enum fw_field field);
