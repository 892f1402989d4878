/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop QUEUE: the loop that one begins with. A message is read, its packet let
 * through by a message of its own, until SIGTERM comes.
 *
 * Prints `ready`, then `VERDICTS SECONDS`: what it did, and its CPU time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static char buffer[0x10000 + 0x1000];
static struct mnl_socket *nl;
static uint16_t queue;
static volatile sig_atomic_t ended;

static void end(int number)
{
	(void)number;
	ended = 1;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int judge(const struct nlmsghdr *message, void *ctx)
{
	struct nlattr *attr[NFQA_MAX + 1] = {0};
	const struct nfqnl_msg_packet_hdr *header;
	char verdict[256];
	struct nlmsghdr *answer;
	uint64_t *n = ctx;

	if (nfq_nlmsg_parse(message, attr) < 0 || !attr[NFQA_PACKET_HDR])
		return MNL_CB_OK;
	header = mnl_attr_get_payload(attr[NFQA_PACKET_HDR]);
	answer = nfq_nlmsg_put(verdict, NFQNL_MSG_VERDICT, queue);
	nfq_nlmsg_verdict_put(answer, (int)ntohl(header->packet_id), NF_ACCEPT);
	if (mnl_socket_sendto(nl, answer, answer->nlmsg_len) < 0)
		die("verdict");
	(*n)++;
	return MNL_CB_OK;
}

static void bind_queue(void)
{
	struct nlmsghdr *message;
	char request[256];

	nl = mnl_socket_open(NETLINK_NETFILTER);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		die("netlink");
	message = nfq_nlmsg_put(request, NFQNL_MSG_CONFIG, queue);
	nfq_nlmsg_cfg_put_cmd(message, AF_INET, NFQNL_CFG_CMD_BIND);
	if (mnl_socket_sendto(nl, message, message->nlmsg_len) < 0)
		die("bind");
	message = nfq_nlmsg_put(request, NFQNL_MSG_CONFIG, queue);
	nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, 0xffff);
	if (mnl_socket_sendto(nl, message, message->nlmsg_len) < 0)
		die("parameters");
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = end};
	struct rusage usage;
	uint64_t n = 0;

	if (argc != 2)
		return 2;
	queue = (uint16_t)atoi(argv[1]);
	bind_queue();
	(void)sigaction(SIGTERM, &action, NULL);
	(void)puts("ready");
	(void)fflush(stdout);
	while (!ended) {
		ssize_t len = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));

		if (len < 0 && errno != ENOBUFS && errno != EINTR)
			die("receive");
		if (len > 0)
			(void)mnl_cb_run(buffer, (size_t)len, 0,
					 mnl_socket_get_portid(nl), judge, &n);
	}
	(void)getrusage(RUSAGE_SELF, &usage);
	(void)printf("%llu %.3f\n", (unsigned long long)n,
		     (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			     (double)(usage.ru_utime.tv_usec +
				      usage.ru_stime.tv_usec) / 1e6);
	return 0;
}
