/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers: out of the device that the query came in by, to the link-layer
 * address that it came from, past routes and rules of this host, as XDP sends
 * them.
 *
 * In: packets. Out: frames. Opening may fail with -errno; sending is an attempt.
 */
#include "daemon/answers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#include "inspect/queue.h"

/* Bound to no protocol: nothing is received. */
int fw_answers_open(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

void fw_answers_send(int fd, const struct fw_queue_message *to,
		     const uint8_t *packet, size_t len)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(packet[0] >> 4 == 4 ? ETH_P_IP :
							    ETH_P_IPV6),
		.sll_ifindex = (int)to->ifindex,
		.sll_halen = (unsigned char)to->link_size,
	};

	if (to->link_size > sizeof(address.sll_addr))
		return;
	memcpy(address.sll_addr, to->link, to->link_size);
	(void)sendto(fd, packet, len, MSG_DONTWAIT,
		     (const struct sockaddr *)&address, sizeof(address));
}
