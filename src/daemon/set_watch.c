/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nf_tables' messages in; out what they say of the plan's sets. Opening fails
 * with -errno. Where messages were lost, any set may have changed.
 *
 * The message that ends a transaction names the process that made it: one of our
 * own name is ours, or the child that libnftables runs in.
 */
#include "daemon/set_watch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "util/cleanup.h"

#define ROOM (1 << 20)		/* bytes of messages that may wait */

struct fw_set_watch {
	struct mnl_socket *nl;
	char name[16];		/* of this process */
	bool compiled;		/* sets that are compiled in were changed, by
				   the transaction at hand */
	/* valid during a drain */
	const struct fw_plan *plan;
	struct fw_set_news news;
};

FW_CLEANUP_PTR(struct fw_set_watch *, fw_set_watch_close)

int fw_set_watch_open(struct fw_set_watch **ret)
{
	_cleanup_(fw_set_watch_close_ptr_) struct fw_set_watch *watch =
		calloc(1, sizeof(*watch));
	int group = NFNLGRP_NFTABLES, room = ROOM;

	if (!watch)
		return -ENOMEM;
	(void)prctl(PR_GET_NAME, watch->name);
	watch->nl = mnl_socket_open2(NETLINK_NETFILTER,
				     SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!watch->nl ||
	    mnl_socket_bind(watch->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(watch->nl, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return -errno;
	/* Less than that is no harm: what is lost is read anew. */
	(void)setsockopt(mnl_socket_get_fd(watch->nl), SOL_SOCKET,
			 SO_RCVBUFFORCE, &room, sizeof(room));
	*ret = FW_TAKE(watch);
	return 0;
}

void fw_set_watch_close(struct fw_set_watch *watch)
{
	if (!watch)
		return;
	if (watch->nl)
		(void)mnl_socket_close(watch->nl);
	free(watch);
}

int fw_set_watch_fd(const struct fw_set_watch *watch)
{
	return mnl_socket_get_fd(watch->nl);
}

struct names {
	const char *table, *set;
};

/* The table is attribute 1 in messages of sets and of elements, and the set's
 * name is 2. */
static int find_names(const struct nlattr *attr, void *data)
{
	_Static_assert((int)NFTA_SET_TABLE == (int)NFTA_SET_ELEM_LIST_TABLE &&
		       (int)NFTA_SET_NAME == (int)NFTA_SET_ELEM_LIST_SET,
		       "one place");
	struct names *names = data;
	int type = mnl_attr_get_type(attr);

	if (type != NFTA_SET_TABLE && type != NFTA_SET_NAME)
		return MNL_CB_OK;
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return MNL_CB_ERROR;
	if (type == NFTA_SET_TABLE)
		names->table = mnl_attr_get_str(attr);
	else
		names->set = mnl_attr_get_str(attr);
	return names->table && names->set ? MNL_CB_STOP : MNL_CB_OK;
}

static bool is_live(const struct fw_plan *plan, const struct names *names)
{
	for (size_t i = 0; i < plan->xdp.n_live_sets; i++)
		if (!strcmp(plan->xdp.live_sets[i].name, names->set) &&
		    !strcmp(plan->xdp.live_sets[i].table, names->table))
			return true;
	return false;
}

/* Those at top level stand in each table that asks them. */
static bool is_compiled(const struct fw_plan *plan, const struct names *names)
{
	for (size_t i = 0; i < plan->n_sets; i++) {
		const struct fw_plan_set *set = &plan->sets[i];

		if (fw_plan_set_is_compiled(set) &&
		    !strcmp(set->name, names->set) &&
		    (!*set->table || !strcmp(set->table, names->table)))
			return true;
	}
	return false;
}

static int find_process(const struct nlattr *attr, void *data)
{
	const char **name = data;

	if (mnl_attr_get_type(attr) != NFTA_GEN_PROC_NAME)
		return MNL_CB_OK;
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return MNL_CB_ERROR;
	*name = mnl_attr_get_str(attr);
	return MNL_CB_STOP;
}

/* A transaction ends. */
static void end(struct fw_set_watch *watch, const struct nlmsghdr *message)
{
	const char *name = NULL;

	(void)mnl_attr_parse(message, sizeof(struct nfgenmsg), find_process,
			     &name);
	watch->news.compiled |= watch->compiled &&
				!(name && !strcmp(name, watch->name));
	watch->compiled = false;
}

static int on_message(const struct nlmsghdr *message, void *data)
{
	struct fw_set_watch *watch = data;
	struct names names = { NULL, NULL };
	unsigned type = message->nlmsg_type & 0xff;

	switch (type) {
	case NFT_MSG_NEWGEN:
		end(watch, message);
		return MNL_CB_OK;
	case NFT_MSG_NEWSET:
	case NFT_MSG_DELSET:
	case NFT_MSG_NEWSETELEM:
	case NFT_MSG_DELSETELEM:
		break;
	default:
		return MNL_CB_OK;
	}
	if (mnl_attr_parse(message, sizeof(struct nfgenmsg), find_names,
			   &names) < 0 ||
	    !names.table || !names.set)
		return MNL_CB_OK;
	watch->news.live = watch->news.live || is_live(watch->plan, &names);
	if (type == NFT_MSG_NEWSETELEM || type == NFT_MSG_DELSETELEM)
		watch->compiled = watch->compiled ||
				  is_compiled(watch->plan, &names);
	return MNL_CB_OK;
}

struct fw_set_news fw_set_watch_drain(struct fw_set_watch *watch,
				      const struct fw_plan *plan)
{
	_Alignas(struct nlmsghdr) char buf[32768];
	ssize_t n;

	watch->plan = plan;
	watch->news = (struct fw_set_news){ .live = false };
	for (;;) {
		n = mnl_socket_recvfrom(watch->nl, buf, sizeof(buf));
		if (n < 0 && errno != ENOBUFS)
			break;
		if (n < 0) {
			watch->news.live = plan->xdp.n_live_sets > 0;
			watch->news.compiled = true;
		} else {
			(void)mnl_cb_run(buf, (size_t)n, 0, 0, on_message,
					 watch);
		}
	}
	return watch->news;
}
