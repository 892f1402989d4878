/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor dhcp: messages in, leases and records out. */
#pragma once

#include "monitor/dhcp_leases.h"
#include "monitor/kind.h"

extern const struct fw_monitor_kind fw_monitor_dhcp;

/* Room for leases where `options { leases N }` does not say. */
#define FW_DHCP_LEASES 16384u

/* The leases of a monitor, for those who list them. */
const struct fw_leases *fw_dhcp_leases(const void *monitor);
