/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: rtnetlink's dumps of qdiscs and filters, generic netlink's "netdev". Out:
 * yes or no. Nothing fails: what cannot be learnt is answered to the safe side.
 *
 * Qdiscs that the kernel has chosen by itself have no handle, those that somebody
 * has asked for do. clsact and ingress are none: their filters count.
 */
#include "apply/road_ask.h"

#include <bpf/bpf.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "util/cleanup.h"

/* linux/netdev.h (6.3); headers of older kernels have none of it. */
#define NETDEV_DEV_GET 1
#define NETDEV_DEV_IFINDEX 1
#define NETDEV_DEV_XDP_FEATURES 3
#define NETDEV_XDP_REDIRECT 2u
#define NETDEV_XDP_NDO_XMIT 4u
#define NETDEV_XDP_BOTH (NETDEV_XDP_REDIRECT | NETDEV_XDP_NDO_XMIT)
#define TCX_EGRESS 47		/* BPF_TCX_EGRESS, 6.6 */
#define REQUEST_SIZE 128
#define REPLY_SIZE 32768

static struct mnl_socket *open_socket(int bus)
{
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);

	if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		(void)mnl_socket_close(socket);
		return NULL;
	}
	return socket;
}

/* Sends a request, and hears all of its answer. False: it is not known. */
static bool ask_kernel(struct mnl_socket *socket, struct nlmsghdr *request,
		       mnl_cb_t fn, void *ctx)
{
	char reply[REPLY_SIZE];
	int r = MNL_CB_OK;

	if (!socket || mnl_socket_sendto(socket, request,
					 request->nlmsg_len) < 0)
		return false;
	while (r > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(socket, reply, sizeof(reply));

		if (n < 0)
			return false;
		r = mnl_cb_run(reply, (size_t)n, 0,
			       mnl_socket_get_portid(socket), fn, ctx);
	}
	return r == MNL_CB_STOP;
}

/* --- qdiscs and filters ------------------------------------------------------- */
static struct tcmsg *put_tc(struct nlmsghdr *head, uint16_t type)
{
	head->nlmsg_type = type;
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	return mnl_nlmsg_put_extra_header(head, sizeof(struct tcmsg));
}

static int take_qdisc(const struct nlmsghdr *head, void *ctx)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(head);
	struct fw_road_ask *ask = ctx;

	if (head->nlmsg_type != RTM_NEWQDISC || !tc->tcm_handle ||
	    tc->tcm_parent == TC_H_CLSACT)
		return MNL_CB_OK;
	if (ask->n_queued == ask->cap_queued) {
		size_t cap = ask->cap_queued ? 2 * ask->cap_queued : 16;
		uint32_t *queued = realloc(ask->queued, cap * sizeof(*queued));

		if (!queued) {
			ask->unsure = true;
			return MNL_CB_OK;
		}
		ask->queued = queued;
		ask->cap_queued = cap;
	}
	ask->queued[ask->n_queued++] = (uint32_t)tc->tcm_ifindex;
	return MNL_CB_OK;
}

bool fw_road_ask_queued(const struct fw_road_ask *ask, uint32_t ifindex)
{
	for (size_t i = 0; i < ask->n_queued; i++)
		if (ask->queued[i] == ifindex)
			return true;
	return ask->unsure;
}

static int take_filter(const struct nlmsghdr *head, void *ctx)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(head);

	if (head->nlmsg_type == RTM_NEWTFILTER &&
	    TC_H_MAJ(tc->tcm_info) >> 16 != FW_TC_PRIORITY)
		*(bool *)ctx = true;
	return MNL_CB_OK;
}

bool fw_road_ask_filtered(struct fw_road_ask *ask, uint32_t ifindex)
{
	char buffer[REQUEST_SIZE] = {0};
	struct nlmsghdr *head = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tc = put_tc(head, RTM_GETTFILTER);
	bool found = false;
	__u32 programs = 0;

	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);
	return !ask_kernel(ask->route, head, take_filter, &found) || found ||
	       (!bpf_prog_query((int)ifindex, (enum bpf_attach_type)TCX_EGRESS,
				0, NULL, NULL, &programs) &&
		programs);
}

/* --- the driver ---------------------------------------------------------------- */
static struct nlmsghdr *put_generic(char *buffer, uint16_t family,
				    uint8_t command)
{
	struct nlmsghdr *head = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *generic;

	head->nlmsg_type = family;
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	generic = mnl_nlmsg_put_extra_header(head, sizeof(*generic));
	generic->cmd = command;
	generic->version = 1;
	return head;
}

static int see_family(const struct nlattr *attr, void *ctx)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		*(uint16_t *)ctx = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int take_family(const struct nlmsghdr *head, void *ctx)
{
	return mnl_attr_parse(head, sizeof(struct genlmsghdr), see_family, ctx);
}

static uint16_t find_family(struct mnl_socket *socket, const char *name)
{
	char buffer[REQUEST_SIZE] = {0};
	struct nlmsghdr *head = put_generic(buffer, GENL_ID_CTRL,
					    CTRL_CMD_GETFAMILY);
	uint16_t family = 0;

	mnl_attr_put_strz(head, CTRL_ATTR_FAMILY_NAME, name);
	return ask_kernel(socket, head, take_family, &family) ? family : 0;
}

static int see_features(const struct nlattr *attr, void *ctx)
{
	if (mnl_attr_get_type(attr) == NETDEV_DEV_XDP_FEATURES)
		*(uint64_t *)ctx = mnl_attr_get_u64(attr);
	return MNL_CB_OK;
}

static int take_features(const struct nlmsghdr *head, void *ctx)
{
	return mnl_attr_parse(head, sizeof(struct genlmsghdr), see_features,
			      ctx);
}

bool fw_road_ask_sends(struct fw_road_ask *ask, uint32_t ifindex)
{
	char buffer[REQUEST_SIZE] = {0};
	uint64_t features = 0;
	struct nlmsghdr *head;

	if (!ask->family)
		return false;
	head = put_generic(buffer, ask->family, NETDEV_DEV_GET);
	mnl_attr_put_u32(head, NETDEV_DEV_IFINDEX, ifindex);
	return ask_kernel(ask->generic, head, take_features, &features) &&
	       (features & NETDEV_XDP_BOTH) == NETDEV_XDP_BOTH;
}

bool fw_road_ask_mac(uint32_t ifindex, uint8_t ret[static 6])
{
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};

	if (!if_indextoname(ifindex, request.ifr_name) ||
	    ioctl(sock, SIOCGIFHWADDR, &request) ||
	    request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return false;
	memcpy(ret, request.ifr_hwaddr.sa_data, 6);
	return true;
}

/* --- beginning and end --------------------------------------------------------- */
void fw_road_ask_open(struct fw_road_ask *ask)
{
	char buffer[REQUEST_SIZE] = {0};
	struct nlmsghdr *head = mnl_nlmsg_put_header(buffer);

	*ask = (struct fw_road_ask){
		.route = open_socket(NETLINK_ROUTE),
		.generic = open_socket(NETLINK_GENERIC),
	};
	if (ask->generic)
		ask->family = find_family(ask->generic, "netdev");
	(void)put_tc(head, RTM_GETQDISC);
	if (!ask_kernel(ask->route, head, take_qdisc, ask))
		ask->unsure = true;
}

void fw_road_ask_done(struct fw_road_ask *ask)
{
	if (ask->route)
		(void)mnl_socket_close(ask->route);
	if (ask->generic)
		(void)mnl_socket_close(ask->generic);
	free(FW_TAKE(ask->queued));
}
