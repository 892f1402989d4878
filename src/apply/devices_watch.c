/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a device. Out: a packet socket bound to it, whose filter looks at every
 * packet and lets none into the socket. May fail: no permission.
 *
 * Where the kernel has not taken the programs, the socket has no filter, and
 * fw_apply_watched_drain() reads the frames themselves: costly, and so the
 * device's reason says so. Generations come and go, but which of the two it is
 * does not change while the device is watched.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "apply/devices.h"
#include "util/cleanup.h"

/* Frames that wait for a reader. */
#define READER_BUFFER (4 << 20)

/* The programs that a monitor needs besides the first one. */
static const enum fw_bpf_program programs[FW_WATCHER_MAX_] = {
	[FW_WATCHER_DNS] = FW_BPF_DNS,
	[FW_WATCHER_TLS] = FW_BPF_TLS,
	[FW_WATCHER_DHCP] = FW_BPF_DHCP,
};

uint32_t fw_watch_flags(const struct fw_plan_device *from)
{
	return (from->watch_dns ? FW_WATCH(FW_WATCHER_DNS) : 0) |
	       (from->watch_tls ? FW_WATCH(FW_WATCHER_TLS) : 0) |
	       (from->watch_dhcp ? FW_WATCH(FW_WATCHER_DHCP) : 0);
}

const char *fw_watch_lacks(const struct fw_bpf *bpf, uint32_t flags)
{
	if (bpf->prog[FW_BPF_WATCH] < 0)
		return bpf->reason[FW_BPF_WATCH];
	for (unsigned i = 0; i < FW_WATCHER_MAX_; i++)
		if (flags & FW_WATCH(i) && bpf->prog[programs[i]] < 0)
			return bpf->reason[programs[i]];
	return NULL;
}

static int bind_to(int fd, uint32_t ifindex)
{
	struct sockaddr_ll where = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)ifindex,
	};

	return bind(fd, (const struct sockaddr *)&where, sizeof(where));
}

/* The filter stands before the socket is bound: nothing comes in unseen. */
static int open_filter(uint32_t ifindex, int prog)
{
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)) ||
	    bind_to(fd, ifindex))
		return -errno;
	return FW_TAKE_FD(fd);
}

/* Beside a frame come the tag that the driver took out of it, and when it came
 * by. */
static int open_reader(const struct fw_devices *devices, uint32_t ifindex)
{
	_cleanup_close_ int fd =
		socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct epoll_event event = {.events = EPOLLIN};
	int one = 1, size = READER_BUFFER;

	if (fd < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)))
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind_to(fd, ifindex) ||
	    epoll_ctl(devices->readers, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	return FW_TAKE_FD(fd);
}

int fw_watch_attach(struct fw_devices *devices, struct fw_device *device)
{
	const char *lacking = fw_watch_lacks(devices->bpf, device->watch_flags);
	int fd;

	if (lacking)
		fd = open_reader(devices, device->ifindex);
	else
		fd = open_filter(device->ifindex,
				 devices->bpf->prog[FW_BPF_WATCH]);
	if (fd < 0) {
		(void)snprintf(device->reason, sizeof(device->reason),
			       "no packet socket: %s", strerror(-fd));
		return fd;
	}
	device->watch = fd;
	device->watch_reads = lacking != NULL;
	return 0;
}

void fw_watch_detach(struct fw_devices *devices, struct fw_device *device)
{
	(void)devices;
	(void)close(device->watch);
	device->watch = -1;
}
