/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink's messages in; out, that there were some. Opening fails with -errno.
 * What they say does not matter, nor do those that were lost: the socket's error
 * says that there were some.
 */
#include "daemon/routes.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "util/cleanup.h"

struct fw_routes {
	struct mnl_socket *socket;
};

static const unsigned groups[] = {
	RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_TC,
	RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE,
	RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE,
	RTNLGRP_NEXTHOP,
};

FW_CLEANUP_PTR(struct fw_routes *, fw_routes_close)

static unsigned group_bits(void)
{
	unsigned bits = 0;

	for (size_t i = 0; i < FW_ARRAY_SIZE(groups); i++)
		bits |= 1u << (groups[i] - 1);
	return bits;
}

int fw_routes_open(struct fw_routes **ret)
{
	_cleanup_(fw_routes_close_ptr_) struct fw_routes *routes =
		calloc(1, sizeof(*routes));

	if (!routes)
		return -ENOMEM;
	routes->socket = mnl_socket_open2(NETLINK_ROUTE,
					  SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!routes->socket ||
	    mnl_socket_bind(routes->socket, group_bits(),
			    MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	*ret = FW_TAKE(routes);
	return 0;
}

void fw_routes_close(struct fw_routes *routes)
{
	if (!routes)
		return;
	if (routes->socket)
		(void)mnl_socket_close(routes->socket);
	free(routes);
}

int fw_routes_fd(const struct fw_routes *routes)
{
	return mnl_socket_get_fd(routes->socket);
}

void fw_routes_drain(struct fw_routes *routes)
{
	char buffer[32768];

	while (mnl_socket_recvfrom(routes->socket, buffer, sizeof(buffer)) >= 0 ||
	       errno == ENOBUFS || errno == EINTR)
		;
}
