/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink's link messages in, a table of devices and the changes to it out.
 * Opening fails with -errno; later, a socket that overflowed is read anew.
 */
#include "daemon/links.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/cleanup.h"

struct link_entry {
	uint32_t ifindex;
	bool seen;		/* valid during a dump */
	char name[IFNAMSIZ];
};

struct fw_links {
	struct mnl_socket *events, *dump;
	struct link_entry *items;
	size_t n, cap;
	/* valid during a drain */
	void (*fn)(void *ctx, const struct fw_link_change *change);
	void *ctx;
	int error;
};

FW_CLEANUP_PTR(struct fw_links *, fw_links_close)

static struct link_entry *find(const struct fw_links *links, uint32_t ifindex)
{
	for (size_t i = 0; i < links->n; i++) {
		if (links->items[i].ifindex == ifindex)
			return &links->items[i];
	}
	return NULL;
}

const char *fw_links_name(const struct fw_links *links, uint32_t ifindex)
{
	const struct link_entry *link = find(links, ifindex);

	return link ? link->name : NULL;
}

static void tell(const struct fw_links *links, const struct link_entry *link,
		 bool present)
{
	const struct fw_link_change change = {
		.name = link->name,
		.ifindex = link->ifindex,
		.present = present,
	};

	if (links->fn)
		links->fn(links->ctx, &change);
}

static void take_out(struct fw_links *links, uint32_t ifindex)
{
	struct link_entry *link = find(links, ifindex);

	if (!link)
		return;
	tell(links, link, false);
	*link = links->items[--links->n];
}

static int put_in(struct fw_links *links, uint32_t ifindex, const char *name)
{
	struct link_entry *link = find(links, ifindex);

	if (link && strcmp(link->name, name)) {
		take_out(links, ifindex);
		link = NULL;
	}
	if (link) {
		link->seen = true;
		return 0;
	}
	if (links->n == links->cap) {
		size_t cap = links->cap ? 2 * links->cap : 16;

		link = realloc(links->items, cap * sizeof(*link));
		if (!link)
			return -ENOMEM;
		links->items = link;
		links->cap = cap;
	}
	link = &links->items[links->n++];
	*link = (struct link_entry){ .ifindex = ifindex, .seen = true };
	(void)strncpy(link->name, name, sizeof(link->name) - 1);
	tell(links, link, true);
	return 0;
}

static int find_name(const struct nlattr *attr, void *data)
{
	const char **name = data;

	if (mnl_attr_get_type(attr) != IFLA_IFNAME)
		return MNL_CB_OK;
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return MNL_CB_ERROR;
	*name = mnl_attr_get_str(attr);
	return MNL_CB_STOP;
}

/* Messages of a bridge about its ports (AF_BRIDGE) are no news of a device. */
static int on_message(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct fw_links *links = data;
	const char *name = NULL;
	int r = 0;

	if (info->ifi_family != AF_UNSPEC)
		return MNL_CB_OK;
	if (message->nlmsg_type == RTM_DELLINK) {
		take_out(links, (uint32_t)info->ifi_index);
	} else if (message->nlmsg_type == RTM_NEWLINK) {
		(void)mnl_attr_parse(message, sizeof(*info), find_name, &name);
		if (name)
			r = put_in(links, (uint32_t)info->ifi_index, name);
	}
	if (r < 0)
		links->error = r;
	return MNL_CB_OK;
}

/* --- a look at all devices ------------------------------------------------ */

static int request_dump(struct fw_links *links, unsigned seq)
{
	char buffer[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	message->nlmsg_type = RTM_GETLINK;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = seq;
	info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	if (mnl_socket_sendto(links->dump, message, message->nlmsg_len) < 0)
		return -errno;
	return 0;
}

static int read_dump(struct fw_links *links, unsigned seq)
{
	unsigned portid = mnl_socket_get_portid(links->dump);
	char buffer[32768];
	int r = MNL_CB_OK;

	while (r > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(links->dump, buffer,
						sizeof(buffer));

		if (n < 0)
			return -errno;
		r = mnl_cb_run(buffer, (size_t)n, seq, portid, on_message,
			       links);
	}
	return r < 0 ? -errno : 0;
}

static int look(struct fw_links *links)
{
	unsigned seq = (unsigned)time(NULL);
	int r;

	for (size_t i = 0; i < links->n; i++)
		links->items[i].seen = false;
	r = request_dump(links, seq);
	if (r == 0)
		r = read_dump(links, seq);
	if (r < 0)
		return r;
	for (size_t i = links->n; i > 0; i--) {
		if (!links->items[i - 1].seen)
			take_out(links, links->items[i - 1].ifindex);
	}
	return 0;
}

/* --- the door ------------------------------------------------------------- */

static int open_sockets(struct fw_links *links)
{
	links->events = mnl_socket_open2(NETLINK_ROUTE,
					 SOCK_CLOEXEC | SOCK_NONBLOCK);
	links->dump = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!links->events || !links->dump ||
	    mnl_socket_bind(links->events, RTMGRP_LINK,
			    MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_bind(links->dump, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return 0;
}

/* Listening comes before looking: no change falls between them. */
int fw_links_open(struct fw_links **ret)
{
	_cleanup_(fw_links_close_ptr_) struct fw_links *links = NULL;
	int r;

	links = calloc(1, sizeof(*links));
	if (!links)
		return -ENOMEM;
	r = open_sockets(links);
	if (r == 0)
		r = look(links);
	if (r < 0)
		return r;
	*ret = FW_TAKE(links);
	return 0;
}

void fw_links_close(struct fw_links *links)
{
	if (!links)
		return;
	if (links->events)
		(void)mnl_socket_close(links->events);
	if (links->dump)
		(void)mnl_socket_close(links->dump);
	free(links->items);
	free(links);
}

int fw_links_fd(const struct fw_links *links)
{
	return mnl_socket_get_fd(links->events);
}

static int drain(struct fw_links *links)
{
	char buffer[32768];

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(links->events, buffer,
						sizeof(buffer));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return links->error;
		if (n < 0 && errno == ENOBUFS)
			return look(links);
		if (n < 0)
			return -errno;
		(void)mnl_cb_run(buffer, (size_t)n, 0, 0, on_message, links);
	}
}

int fw_links_drain(struct fw_links *links,
		   void (*fn)(void *ctx, const struct fw_link_change *change),
		   void *ctx)
{
	int r;

	links->fn = fn;
	links->ctx = ctx;
	links->error = 0;
	r = drain(links);
	links->fn = NULL;
	return r;
}
