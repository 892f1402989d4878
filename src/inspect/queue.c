/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queue: the netlink side of a worker.
 *
 * In: netlink messages of one queue. Out: what they say, and verdict messages.
 * Opening fails with the kernel's error; reading with -ENOBUFS when the socket
 * ran over, which loses packets but not the queue.
 *
 * A batch is recvmmsg() of up to 32 messages and one send() of as many verdict
 * messages: four times the packets a CPU second of one call each. What the kernel
 * writes it writes into memory that a process forked later has, too.
 */
#include "inspect/queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "inspect/shared.h"
#include "plan/plan.h"
#include "util/cleanup.h"

#define BATCH FW_QUEUE_BATCH
#define COPY_RANGE 65535u	/* a segmented packet, whole */
#define MESSAGE_MAX (65536 + 8192)	/* aligned as netlink wants it */
/* The packet's priority: NFQA_PRIORITY, which libnetfilter_queue's header lacks.
 * Kernels before 5.18 leave it. */
#define ATTR_PRIORITY 21
#define VERDICT_MAX 64		/* header, verdict, mark, priority */
#define QUEUE_LEN 4096u
#define SOCKET_BUFFER (32 * 1024 * 1024)
#define REQUEST_MAX 256
#define BIND_TRIES 3

struct fw_queue {
	struct mnl_socket *socket;
	uint16_t number;
	fw_queue_fn *fn;
	void *ctx;
	uint32_t seq;
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	struct fw_shared memory;	/* BATCH * MESSAGE_MAX */
	struct fw_queue_message taken[BATCH];	/* packets without a verdict */
	size_t n_taken;
	uint8_t verdicts[BATCH * VERDICT_MAX];
	size_t verdicts_len;
	unsigned n_packets;	/* of this batch */
	bool acked;		/* the answer to seq came: */
	int answer;		/* 0 or -errno */
};

/* --- verdicts ------------------------------------------------------------- */
static void put_verdict(struct fw_queue *queue, uint32_t id,
			const struct fw_queue_verdict *verdict)
{
	char *at = (char *)queue->verdicts + queue->verdicts_len;
	struct nlmsghdr *nlh = nfq_nlmsg_put(at, NFQNL_MSG_VERDICT,
					     queue->number);

	nfq_nlmsg_verdict_put(nlh, (int)id,
			      verdict->drop ? NF_DROP : NF_ACCEPT);
	if (verdict->set_mark)
		nfq_nlmsg_verdict_put_mark(nlh, verdict->mark);
	if (verdict->set_class)
		mnl_attr_put_u32(nlh, ATTR_PRIORITY,
				 htonl(FW_QOS_CARRIER |
				       (uint32_t)verdict->class
					       << FW_QOS_NUMBER_SHIFT));
	queue->verdicts_len += (nlh->nlmsg_len + 3u) & ~3u;
}

static int send_verdicts(struct fw_queue *queue)
{
	ssize_t n = 0;

	if (queue->verdicts_len)
		n = mnl_socket_sendto(queue->socket, queue->verdicts,
				      queue->verdicts_len);
	queue->verdicts_len = 0;
	return n < 0 ? -errno : 0;
}

/* --- messages ------------------------------------------------------------- */
static void note_answer(struct fw_queue *queue, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_seq != queue->seq || queue->acked)
		return;		/* of a verdict whose packet is gone */
	queue->acked = true;
	queue->answer = error->error;
}

static uint32_t attr_be32(const struct nlattr *attr)
{
	return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static void read_link(const struct nfqnl_msg_packet_hw *from,
		      struct fw_queue_message *ret)
{
	size_t size = ntohs(from->hw_addrlen);

	if (size > sizeof(from->hw_addr))
		return;
	ret->link = from->hw_addr;
	ret->link_size = size;
}

/* Returns false for a message without the header that carries the id. */
static bool read_message(const struct nlmsghdr *nlh,
			 struct fw_queue_message *ret)
{
	struct nlattr *attrs[NFQA_MAX + 1] = { NULL };
	const struct nfqnl_msg_packet_hdr *header;

	if (nfq_nlmsg_parse(nlh, attrs) < 0 || !attrs[NFQA_PACKET_HDR])
		return false;
	header = mnl_attr_get_payload(attrs[NFQA_PACKET_HDR]);
	*ret = (struct fw_queue_message){
		.id = ntohl(header->packet_id),
		.mark = attr_be32(attrs[NFQA_MARK]),
		.ifindex = attr_be32(attrs[NFQA_IFINDEX_INDEV]),
		.ct = attrs[NFQA_CT],
	};
	if (attrs[NFQA_HWADDR])
		read_link(mnl_attr_get_payload(attrs[NFQA_HWADDR]), ret);
	if (attrs[NFQA_PAYLOAD]) {
		ret->data = mnl_attr_get_payload(attrs[NFQA_PAYLOAD]);
		ret->len = mnl_attr_get_payload_len(attrs[NFQA_PAYLOAD]);
	}
	ret->full_len = attrs[NFQA_CAP_LEN] ?
				attr_be32(attrs[NFQA_CAP_LEN]) : ret->len;
	return true;
}

static bool is_packet(const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_type ==
	       (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET);
}

/* All that have been taken get their verdict, in order. */
static void judge(struct fw_queue *queue)
{
	struct fw_queue_verdict verdicts[BATCH];
	size_t n = queue->n_taken;

	if (!n)
		return;
	queue->fn(queue->ctx, queue->taken, n, verdicts);
	for (size_t i = 0; i < n; i++)
		put_verdict(queue, queue->taken[i].id, &verdicts[i]);
	queue->n_packets += (unsigned)n;
	queue->n_taken = 0;
}

static void take(struct fw_queue *queue, const void *data, size_t size)
{
	const struct nlmsghdr *nlh = data;
	int len = (int)size;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type == NLMSG_ERROR)
			note_answer(queue, nlh);
		if (!is_packet(nlh) ||
		    !read_message(nlh, &queue->taken[queue->n_taken]))
			continue;
		/* The kernel sends one packet a message; room for one each. */
		if (++queue->n_taken < BATCH)
			continue;
		judge(queue);
		(void)send_verdicts(queue);
	}
}

int fw_queue_read(struct fw_queue *queue)
{
	int n, r;

	n = recvmmsg(fw_queue_fd(queue), queue->messages, BATCH, MSG_DONTWAIT,
		     NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	queue->n_packets = 0;
	for (int i = 0; i < n; i++)
		take(queue, queue->vectors[i].iov_base,
		     queue->messages[i].msg_len);
	judge(queue);
	r = send_verdicts(queue);
	return r ? r : (int)queue->n_packets;
}

/* --- configuration -------------------------------------------------------- */
/* Sends a request and waits for the kernel's answer; packets may come ahead of
 * it. Only while no other thread reads the queue. */
static int request(struct fw_queue *queue, struct nlmsghdr *nlh)
{
	struct nlmsghdr *first = queue->memory.p;
	ssize_t n;

	nlh->nlmsg_flags |= NLM_F_ACK;
	nlh->nlmsg_seq = ++queue->seq;
	queue->acked = false;
	if (mnl_socket_sendto(queue->socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (!queue->acked) {
		n = mnl_socket_recvfrom(queue->socket, first, MESSAGE_MAX);
		if (n < 0 && errno != ENOBUFS && errno != EINTR)
			return -errno;
		if (n > 0)
			take(queue, first, (size_t)n);
		judge(queue);
		(void)send_verdicts(queue);
	}
	return queue->answer;
}

static void put_flags(struct nlmsghdr *nlh, uint32_t flags, uint32_t mask)
{
	mnl_attr_put_u32(nlh, NFQA_CFG_FLAGS, htonl(flags));
	mnl_attr_put_u32(nlh, NFQA_CFG_MASK, htonl(mask));
}

/* All in one message: no packet sees a queue that is half made. */
static int bind_queue(struct fw_queue *queue, bool fail_open, bool conntrack)
{
	char buffer[REQUEST_MAX];
	struct nlmsghdr *nlh = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG,
					     queue->number);
	uint32_t flags = NFQA_CFG_F_GSO |
			 (fail_open ? NFQA_CFG_F_FAIL_OPEN : 0) |
			 (conntrack ? NFQA_CFG_F_CONNTRACK : 0);

	nfq_nlmsg_cfg_put_cmd(nlh, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	nfq_nlmsg_cfg_put_params(nlh, NFQNL_COPY_PACKET, COPY_RANGE);
	nfq_nlmsg_cfg_put_qmaxlen(nlh, QUEUE_LEN);
	put_flags(nlh, flags,
		  NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_CONNTRACK);
	return request(queue, nlh);
}

/* The kernel says EPERM both to who may not and to who comes second. A request
 * without meaning, which it grants to whoever may, tells them apart. */
static int tell_busy(struct fw_queue *queue)
{
	char buffer[REQUEST_MAX];
	struct nlmsghdr *nlh = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG,
					     queue->number);

	nfq_nlmsg_cfg_put_cmd(nlh, AF_INET, NFQNL_CFG_CMD_PF_BIND);
	return request(queue, nlh) ? -EPERM : -EBUSY;
}

/* With connections where this kernel attaches them (-EAGAIN: it has loaded the
 * module for it just now). */
static int configure(struct fw_queue *queue, bool fail_open)
{
	int r = -EAGAIN;

	for (int i = 0; i < BIND_TRIES && r == -EAGAIN; i++)
		r = bind_queue(queue, fail_open, true);
	if (r == -EOPNOTSUPP || r == -EAGAIN)
		r = bind_queue(queue, fail_open, false);
	return r == -EPERM ? tell_busy(queue) : r;
}

/* The worker reads meanwhile, and would take the answer: none is asked for. */
int fw_queue_set_fail_open(struct fw_queue *queue, bool fail_open)
{
	char buffer[REQUEST_MAX];
	struct nlmsghdr *nlh = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG,
					     queue->number);

	put_flags(nlh, fail_open ? NFQA_CFG_F_FAIL_OPEN : 0,
		  NFQA_CFG_F_FAIL_OPEN);
	return mnl_socket_sendto(queue->socket, nlh, nlh->nlmsg_len) < 0 ?
		       -errno : 0;
}

FW_CLEANUP_PTR(struct fw_queue *, fw_queue_close)

static int allocate(uint16_t number, struct fw_queue **ret)
{
	_cleanup_(fw_queue_close_ptr_) struct fw_queue *queue =
		calloc(1, sizeof(*queue));
	uint8_t *at;
	int r;

	if (!queue)
		return -ENOMEM;
	queue->number = number;
	r = fw_shared_new("flywall-queue", (size_t)BATCH * MESSAGE_MAX,
			  &queue->memory);
	if (r)
		return r;
	at = queue->memory.p;
	for (size_t i = 0; i < BATCH; i++) {
		queue->vectors[i].iov_base = at + i * MESSAGE_MAX;
		queue->vectors[i].iov_len = MESSAGE_MAX;
		queue->messages[i].msg_hdr.msg_iov = &queue->vectors[i];
		queue->messages[i].msg_hdr.msg_iovlen = 1;
	}
	*ret = FW_TAKE(queue);
	return 0;
}

int fw_queue_new(uint16_t number, fw_queue_fn *fn, void *ctx,
		 struct fw_queue **ret)
{
	_cleanup_(fw_queue_close_ptr_) struct fw_queue *queue = NULL;
	int size = SOCKET_BUFFER;
	int r = allocate(number, &queue);

	if (r)
		return r;
	queue->fn = fn;
	queue->ctx = ctx;
	queue->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!queue->socket)
		return -errno;
	if (mnl_socket_bind(queue->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	if (setsockopt(fw_queue_fd(queue), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)) < 0)
		return -errno;
	*ret = FW_TAKE(queue);
	return 0;
}

int fw_queue_bind(struct fw_queue *queue, bool fail_open)
{
	return configure(queue, fail_open);
}

const struct fw_shared *fw_queue_memory(const struct fw_queue *queue)
{
	return &queue->memory;
}

int fw_queue_fd(const struct fw_queue *queue)
{
	return mnl_socket_get_fd(queue->socket);
}

void fw_queue_close(struct fw_queue *queue)
{
	if (!queue)
		return;
	if (queue->socket)
		(void)mnl_socket_close(queue->socket);
	fw_shared_done(&queue->memory);
	free(queue);
}
