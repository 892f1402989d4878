/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says of devices that XDP may send packets from and to: who
 * else would see those packets in the stack, and whether the driver sends them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_TC_PRIORITY 49	/* of Flywall's filters: before what tc numbers
				   by itself */

struct mnl_socket;

struct fw_road_ask {
	struct mnl_socket *route, *generic;	/* NULL: cannot be asked */
	uint16_t family;	/* "netdev", of generic netlink; 0: none */
	uint32_t *queued;	/* devices with a qdisc of the admin's */
	size_t n_queued, cap_queued;
	bool unsure;		/* not all that is there may be known */
};

/* In the current network namespace. What cannot be asked is answered as if
 * somebody saw the packets. */
void fw_road_ask_open(struct fw_road_ask *ask);
void fw_road_ask_done(struct fw_road_ask *ask);
bool fw_road_ask_queued(const struct fw_road_ask *ask, uint32_t ifindex);
/* Filters at TC egress besides Flywall's. */
bool fw_road_ask_filtered(struct fw_road_ask *ask, uint32_t ifindex);
/* The driver redirects in XDP, and sends what was redirected (kernels since
 * 6.3 say so). */
bool fw_road_ask_sends(struct fw_road_ask *ask, uint32_t ifindex);
/* An Ethernet device's own address. */
bool fw_road_ask_mac(uint32_t ifindex, uint8_t ret[static 6]);
