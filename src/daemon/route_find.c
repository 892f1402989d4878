/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes, asked for.
 *
 * In: addresses. Out: devices. Fails with the kernel's error.
 */
#include "daemon/route_find.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

int fw_route_open(struct mnl_socket **ret)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE,
						     SOCK_CLOEXEC);

	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int r = -errno;

		(void)mnl_socket_close(socket);
		return r;
	}
	*ret = socket;
	return 0;
}

static int read_oif(const struct nlattr *attr, void *data)
{
	uint32_t *ifindex = data;

	if (mnl_attr_get_type(attr) == RTA_OIF)
		*ifindex = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int read_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	uint32_t *ifindex = data;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	(void)mnl_attr_parse(nlh, sizeof(*rtm), read_oif, ifindex);
	if (rtm->rtm_type == RTN_LOCAL)
		*ifindex = 0;
	return MNL_CB_STOP;
}

int fw_route_find(struct mnl_socket *socket, uint8_t family,
		  const uint8_t address[static 16], uint32_t *ret_ifindex)
{
	static unsigned seq;
	char room[4096];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct rtmsg *rtm;
	uint32_t ifindex = UINT32_MAX;
	ssize_t n;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = ++seq;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = family == 4 ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = family == 4 ? 32 : 128;
	mnl_attr_put(nlh, RTA_DST, family == 4 ? 4 : 16, address);
	if (mnl_socket_sendto(socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(socket, room, sizeof(room));
	if (n < 0 || mnl_cb_run(room, (size_t)n, seq,
				mnl_socket_get_portid(socket), read_route,
				&ifindex) < 0)
		return -errno;
	if (ifindex == UINT32_MAX)
		return -ENETUNREACH;
	*ret_ifindex = ifindex;
	return 0;
}
