/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor tls: first messages of TLS and QUIC clients in, records out. */
#pragma once

#include "monitor/kind.h"

extern const struct fw_monitor_kind fw_monitor_tls;
