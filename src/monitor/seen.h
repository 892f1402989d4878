/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a monitor is shown: one packet's payload, whoever brought it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

struct fw_seen {
	uint64_t time_ns;	/* boot clock */
	uint32_t ifindex;
	const char *device;	/* its name, or NULL; lent for the call */
	uint16_t vlan;		/* id, 0 untagged */
	bool out;		/* leaves by the device */
	bool forwarded;		/* and came in by one that this monitor watches
				   too: seen for the second time, with NAT
				   under other addresses */
	uint8_t mac[6];		/* source of the frame */
	uint8_t family;		/* 4, 6 */
	uint8_t proto;		/* IPPROTO_TCP, IPPROTO_UDP */
	uint8_t tcp_flags;
	uint8_t src[16], dst[16];	/* be; IPv4 in the first four, rest 0 */
	uint16_t sport, dport;	/* host order */
	uint32_t seq;		/* TCP: of the payload's first byte */
	const uint8_t *payload;	/* lent for the call */
	size_t len;		/* bytes that are here */
	size_t length;		/* that the packet has */
	bool whole;		/* all are here */
};

/* What a program sent. False for what is no message of this version. */
bool fw_seen_message(const struct fw_message *message, const uint8_t *payload,
		     struct fw_seen *ret);

/* A frame from the Ethernet header on; vlan: a tag that is not in it, or 0. time,
 * ifindex, device, out are the caller's. False where it has no payload over TCP
 * or UDP, or is no first fragment. */
bool fw_seen_frame(const uint8_t *frame, size_t len, uint16_t vlan,
		   struct fw_seen *ret);

/* Which monitor the packet is for. FW_WATCHER_MAX_: none. */
enum fw_watcher fw_seen_watcher(const struct fw_seen *seen);
