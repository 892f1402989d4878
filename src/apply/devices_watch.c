/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a device. Out: a packet socket bound to it, whose filter looks at every
 * packet and lets none into the socket. May fail: no program, no permission.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "apply/devices.h"
#include "util/cleanup.h"

/* The filter stands before the socket is bound: nothing comes in unseen. */
static int open_socket(uint32_t ifindex, int prog)
{
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll where = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)ifindex,
	};

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)) ||
	    bind(fd, (const struct sockaddr *)&where, sizeof(where)))
		return -errno;
	return FW_TAKE_FD(fd);
}

int fw_watch_attach(struct fw_devices *devices, struct fw_device *device)
{
	int fd;

	if (devices->bpf->prog[FW_BPF_DNS] < 0) {
		(void)snprintf(device->reason, sizeof(device->reason), "%s",
			       devices->bpf->reason[FW_BPF_DNS]);
		return -EOPNOTSUPP;
	}
	fd = open_socket(device->ifindex, devices->bpf->prog[FW_BPF_DNS]);
	if (fd < 0) {
		(void)snprintf(device->reason, sizeof(device->reason),
			       "no packet socket: %s", strerror(-fd));
		return fd;
	}
	device->watch = fd;
	return 0;
}

void fw_watch_detach(struct fw_devices *devices, struct fw_device *device)
{
	(void)devices;
	(void)close(device->watch);
	device->watch = -1;
}
