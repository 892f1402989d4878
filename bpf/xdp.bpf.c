/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "maps.h"

SEC("xdp.frags")
int fw_xdp(struct xdp_md *ctx)
{
	(void)fw_control_read();
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
