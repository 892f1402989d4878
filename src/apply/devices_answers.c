/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a device. Out: whether XDP there sends packets back, and whether those are
 * sure to leave. Nothing fails.
 *
 * A veth device hands what native XDP sends to its other end, which may be in
 * another network namespace. That takes it when it runs XDP, too; with GRO alone
 * it takes it when it comes by, and else not at all (drivers/net/veth.c, 6.18).
 * What generic XDP sends goes the way of all packets.
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "apply/devices.h"
#include "util/cleanup.h"

bool fw_xdp_answers(const struct fw_plan_xdp *xdp, const char *name)
{
	for (size_t i = 0; i < xdp->n_devices; i++) {
		const struct fw_xdp_device *device = &xdp->devices[i];
		size_t first = device->first_word * (size_t)64;

		if (strcmp(device->device, name))
			continue;
		for (size_t r = 0; r < device->n_words * (size_t)64; r++)
			if (xdp->rules[first + r].verdict >= FW_VERDICT_NXDOMAIN)
				return true;
	}
	return false;
}

bool fw_xdp_unheard(uint32_t ifindex)
{
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (char *)&driver};

	return if_indextoname(ifindex, request.ifr_name) &&
	       !ioctl(sock, SIOCETHTOOL, &request) &&
	       !strcmp(driver.driver, "veth");
}

void fw_xdp_say_unheard(struct fw_device *device)
{
	(void)snprintf(device->reason, sizeof(device->reason),
		       "what native XDP answers leaves a veth device only "
		       "while its other end runs XDP, too");
}
