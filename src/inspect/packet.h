/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packet: the headers of one queue message, which begins with the IP header. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/worker.h"

#define FW_TCP_FIN 0x01
#define FW_TCP_SYN 0x02
#define FW_TCP_RST 0x04
#define FW_TCP_ACK 0x10

struct fw_packet {
	struct fw_tuple tuple;	/* as the packet shows it; ports 0 where the
				   protocol has none */
	uint8_t tcp_flags;	/* these four are valid with TCP */
	uint32_t seq, ack;
	const uint8_t *payload;	/* above TCP or UDP; of other protocols all
				   that follows the IP headers */
	size_t payload_len;	/* that is here */
	size_t payload_full;	/* that the packet has: more when the kernel
				   copied only a part */
};

/*
 * Reads data, of which len bytes are here and full_len were in the packet.
 * Link-layer padding behind the IP packet is left out. Returns 0, or -EINVAL
 * for what is no whole, unfragmented packet with a sound header: nothing can
 * be said of its flow. ret_reason then says why, as XDP and TC would; 0: a
 * fragment, or not all that is needed was copied.
 */
int fw_packet_read(const uint8_t *data, size_t len, size_t full_len,
		   struct fw_packet *ret, enum fw_stat *ret_reason);

/* The tuple of the other direction. */
struct fw_tuple fw_tuple_inverse(const struct fw_tuple *tuple);
bool fw_tuple_equal(const struct fw_tuple *a, const struct fw_tuple *b);
