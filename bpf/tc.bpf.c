/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "maps.h"

SEC("tc")
int fw_tc(struct __sk_buff *ctx)
{
	(void)fw_control_read();
	(void)ctx;
	return -1;
}

char LICENSE[] SEC("license") = "GPL";
