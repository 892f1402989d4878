/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP packets made to order, for tests of the inspector. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "inspect/packet.h"

#define PACKET_MAX 9000

struct packet {
	size_t len;
	uint8_t data[PACKET_MAX];
};

/* From tuple, TCP or UDP; seq, ack and flags are TCP's. */
struct packet packet_make(const struct fw_tuple *tuple, uint8_t flags,
			  uint32_t seq, uint32_t ack, const void *payload,
			  size_t len);
/* 10.0.0.1:1000 -> 10.0.0.2:443, or fd00::1 and fd00::2. */
struct fw_tuple packet_tuple(uint8_t family, uint8_t proto);
