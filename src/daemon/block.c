/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block.
 *
 * In: addresses of packets. Out: elements of nft's sets, each with its time. What
 * may fail: the sockets, and what nft refuses.
 *
 * An element is one message in a batch of its own: libnftables, which runs in a
 * child, would take a worker's packets too long. Whether an address is this
 * host's, the kernel's routes say, as they do for a packet to it.
 */
#include "daemon/block.h"

#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "plan/plan.h"
#include "util/cleanup.h"

#define BUFFER 8192
#define PATIENCE_S 5

struct fw_block {
	pthread_mutex_t mutex;		/* of all below */
	struct mnl_socket *nft, *routes;
	uint32_t seq;
};

/* --- sockets --------------------------------------------------------------- */
static int open_socket(int bus, struct mnl_socket **ret)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_CLOEXEC);

	if (!nl)
		return -errno;
	*ret = nl;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO,
		       &patience, sizeof(patience)) < 0)
		return -errno;
	return 0;
}

int fw_block_open(struct fw_block **ret)
{
	struct fw_block *block = calloc(1, sizeof(*block));
	int r;

	if (!block)
		return -ENOMEM;
	(void)pthread_mutex_init(&block->mutex, NULL);
	r = open_socket(NETLINK_NETFILTER, &block->nft);
	if (r == 0)
		r = open_socket(NETLINK_ROUTE, &block->routes);
	if (r == 0)
		*ret = block;
	else
		fw_block_close(block);
	return r;
}

void fw_block_close(struct fw_block *block)
{
	if (!block)
		return;
	if (block->nft)
		(void)mnl_socket_close(block->nft);
	if (block->routes)
		(void)mnl_socket_close(block->routes);
	(void)pthread_mutex_destroy(&block->mutex);
	free(block);
}

/* The message with that number, past answers to what came before; NULL and
 * -errno where none comes. */
static const struct nlmsghdr *hear(struct mnl_socket *nl, char *buf,
				   uint32_t seq, int *ret_error)
{
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, BUFFER);
		int left = (int)n;

		if (n < 0) {
			*ret_error = -errno;
			return NULL;
		}
		for (const struct nlmsghdr *nlh = (const void *)buf;
		     mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
			if (nlh->nlmsg_seq == seq)
				return nlh;
	}
}

/* What an error message says: 0 for an acknowledgement. */
static int error_of(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);

	return error->error;
}

/* --- whose address it is ---------------------------------------------------- */
/* 0 where it is another's; -EADDRINUSE where it is this host's. Where the kernel
 * knows no way there, it is no address of its own either. */
static int check_local(struct fw_block *block, uint8_t family,
		       const uint8_t *addr)
{
	_Alignas(struct nlmsghdr) char buf[BUFFER];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	size_t size = family == 6 ? 16 : 4;
	const struct nlmsghdr *answer;
	struct rtmsg *route;
	int r = 0;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = ++block->seq;
	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = family == 6 ? AF_INET6 : AF_INET;
	route->rtm_dst_len = (unsigned char)(8 * size);
	mnl_attr_put(nlh, RTA_DST, size, addr);
	if (mnl_socket_sendto(block->routes, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	answer = hear(block->routes, buf, block->seq, &r);
	if (!answer || answer->nlmsg_type != RTM_NEWROUTE)
		return r;
	route = mnl_nlmsg_get_payload(answer);
	return route->rtm_type == RTN_LOCAL ? -EADDRINUSE : 0;
}

/* --- elements --------------------------------------------------------------- */
static struct nlmsghdr *put_header(char *buf, uint16_t type, uint16_t flags,
				   uint8_t family, uint16_t res_id, uint32_t seq)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *head;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = seq;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	head->nfgen_family = family;
	head->version = NFNETLINK_V0;
	head->res_id = htobe16(res_id);
	return nlh;
}

static void put_element(struct nlmsghdr *nlh, uint8_t family,
			const uint8_t *addr, uint64_t ms)
{
	struct nlattr *elements, *element, *key;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, FW_BLOCK_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET,
			  family == 6 ? FW_BLOCK_SET6 : FW_BLOCK_SET4);
	elements = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	key = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
	mnl_attr_put(nlh, NFTA_DATA_VALUE, family == 6 ? 16 : 4, addr);
	mnl_attr_nest_end(nlh, key);
	mnl_attr_put_u64(nlh, NFTA_SET_ELEM_TIMEOUT, htobe64(ms));
	mnl_attr_nest_end(nlh, element);
	mnl_attr_nest_end(nlh, elements);
}

static int add_element(struct fw_block *block, uint8_t family,
		       const uint8_t *addr, uint64_t ms)
{
	_Alignas(struct nlmsghdr) char buf[BUFFER];
	const uint16_t add = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM;
	uint32_t seq = block->seq + 1;
	const struct nlmsghdr *answer;
	struct nlmsghdr *nlh;
	size_t len;
	int r = 0;

	nlh = put_header(buf, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC,
			 NFNL_SUBSYS_NFTABLES, seq);
	len = nlh->nlmsg_len;
	nlh = put_header(buf + len, add, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
			 NFPROTO_INET, 0, seq + 1);
	put_element(nlh, family, addr, ms);
	len += nlh->nlmsg_len;
	nlh = put_header(buf + len, NFNL_MSG_BATCH_END, 0, AF_UNSPEC,
			 NFNL_SUBSYS_NFTABLES, seq + 2);
	len += nlh->nlmsg_len;
	block->seq += 3;
	if (mnl_socket_sendto(block->nft, buf, len) < 0)
		return -errno;
	answer = hear(block->nft, buf, seq + 1, &r);
	return answer ? error_of(answer) : r;
}

int fw_block_source(struct fw_block *block, uint8_t family,
		    const uint8_t addr[static 16], uint64_t ms)
{
	int r;

	(void)pthread_mutex_lock(&block->mutex);
	r = check_local(block, family, addr);
	if (r == 0)
		r = add_element(block, family, addr, ms);
	(void)pthread_mutex_unlock(&block->mutex);
	return r;
}
