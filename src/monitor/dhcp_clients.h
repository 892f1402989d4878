/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that were seen, and how many new ones a device has a minute. Of fixed
 * size: under a flood of invented clients the oldest ones are forgotten first.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "monitor/dhcp_message.h"

/* More new clients than this in a minute are no office that comes to work:
 * flywall.conf(5). */
#define FW_STARVATION_CLIENTS 40u
#define FW_STARVATION_NS (60 * UINT64_C(1000000000))

struct fw_dhcp_clients;

/* NULL when memory or random numbers run out. */
struct fw_dhcp_clients *fw_dhcp_clients_new(void);
void fw_dhcp_clients_free(struct fw_dhcp_clients *clients);

/* Remembers a client; true where it was not known on that device. An IPv6 one
 * that asks for another association is another one, as it is to a server. */
bool fw_dhcp_clients_see(struct fw_dhcp_clients *clients, uint32_t ifindex,
			 const struct fw_dhcp_message *message,
			 uint64_t now_ns);

/* Counts a new client of a device. True where it is one too many, and was not a
 * minute ago; ret_ns is then the time in which they came. */
bool fw_dhcp_clients_flood(struct fw_dhcp_clients *clients, uint32_t ifindex,
			   uint64_t now_ns, uint64_t *ret_ns);
