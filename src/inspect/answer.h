/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answer: a DNS query's packet to that of its answer, without records. */
#pragma once

#include "inspect/packet.h"

#define FW_ANSWER_MAX 512	/* headers, the longest question, EDNS */

/*
 * query: the packet from its IP header on, as fw_packet_read() has read it,
 * whose message fw_dns_read() takes for a plain query. Writes the answer, from
 * the IP header on, and returns its size; 0 where the query is none that may be
 * answered.
 */
size_t fw_answer_make(const uint8_t *query, const struct fw_packet *packet,
		      unsigned rcode, uint8_t ret[static FW_ANSWER_MAX]);
