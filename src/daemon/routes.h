/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what the stack would do with a packet may have changed: routes,
 * neighbours, rules of routing, addresses, devices, qdiscs and filters of tc. */
#pragma once

struct fw_routes;

/* In the current network namespace. 0 or -errno. */
int fw_routes_open(struct fw_routes **ret);
void fw_routes_close(struct fw_routes *routes);	/* NULL is fine */
/* Readable when something has changed; then fw_routes_drain(). */
int fw_routes_fd(const struct fw_routes *routes);
void fw_routes_drain(struct fw_routes *routes);
