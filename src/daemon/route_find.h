/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the kernel would send a packet, by its main answer to an address. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnl_socket;

/* In the current network namespace. 0 or -errno; mnl_socket_close() ends it. */
int fw_route_open(struct mnl_socket **ret);
/* family: 4, 6. ret_ifindex: 0 where the address is this host's own. 0; -errno,
 * also where there is no way to it. */
int fw_route_find(struct mnl_socket *socket, uint8_t family,
		  const uint8_t address[static 16], uint32_t *ret_ifindex);
