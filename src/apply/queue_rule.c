/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queue rules by libnftnl.
 *
 * In: changes of chains that hold a queue rule. Out: one netlink batch,
 * acknowledged message by message. What may fail: the kernel's refusal of any
 * of them (the first one's -errno; the kernel then undoes the batch), memory,
 * the socket.
 *
 * A batch whose end message is left out is checked by the kernel, and undone:
 * that is the probe.
 */
#include "apply/queue_rule.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "util/cleanup.h"

#define OWN_TABLE "flywall"
#define BATCH_SIZE 65536
#define MESSAGE_ROOM 1024	/* the longest message of a batch */
#define REPLY_SECONDS 10

FW_CLEANUP_PTR(struct nftnl_rule *, nftnl_rule_free)
FW_CLEANUP_PTR(struct nftnl_chain *, nftnl_chain_free)

/* --- batches ---------------------------------------------------------------- */
struct batch {
	struct mnl_nlmsg_batch *msgs;
	uint32_t first_seq, seq;	/* of the begin message; of the next */
	size_t acks;			/* messages that will be answered */
	int error;
};

static void begin(struct batch *batch, char *buf)
{
	*batch = (struct batch){
		.msgs = mnl_nlmsg_batch_start(buf, BATCH_SIZE - MESSAGE_ROOM),
		.first_seq = (uint32_t)time(NULL),
	};
	if (!batch->msgs) {
		batch->error = -ENOMEM;
		return;
	}
	batch->seq = batch->first_seq;
	(void)nftnl_batch_begin(mnl_nlmsg_batch_current(batch->msgs), batch->seq++);
	if (!mnl_nlmsg_batch_next(batch->msgs))
		batch->error = -E2BIG;
}

static struct nlmsghdr *message(struct batch *batch, int type, int flags)
{
	batch->acks++;
	return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch->msgs),
				     (uint16_t)type, NFPROTO_INET,
				     (uint16_t)(flags | NLM_F_ACK), batch->seq++);
}

static void next(struct batch *batch)
{
	if (!mnl_nlmsg_batch_next(batch->msgs))
		batch->error = -E2BIG;
}

/* The first error of the batch, or 0 once every message has its answer. An
 * error of the begin message is the only answer there is. */
static int read_answers(struct mnl_socket *nl, const struct batch *batch)
{
	char buf[8192];
	size_t acks = 0;
	int error = 0;

	while (acks < batch->acks) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		int left = (int)n;

		if (n < 0)
			return error ? error : -errno;
		for (struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
		     mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR ||
			    nlh->nlmsg_seq - batch->first_seq > batch->acks)
				continue;
			if (nlh->nlmsg_seq == batch->first_seq)
				return err->error ? err->error : -EPROTO;
			acks++;
			if (err->error && !error)
				error = err->error;
		}
	}
	return error;
}

static int transact(struct mnl_socket *nl, struct batch *batch, bool commit)
{
	struct timeval wait = {.tv_sec = REPLY_SECONDS}, forever = {0};
	int fd = mnl_socket_get_fd(nl), r = batch->error;

	if (r == 0 && commit) {
		(void)nftnl_batch_end(mnl_nlmsg_batch_current(batch->msgs),
				      batch->seq++);
		next(batch);
		r = batch->error;
	}
	if (r == 0 && mnl_socket_sendto(nl, mnl_nlmsg_batch_head(batch->msgs),
					mnl_nlmsg_batch_size(batch->msgs)) < 0)
		r = -errno;
	if (r == 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		r = read_answers(nl, batch);
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &forever,
				 sizeof(forever));
	}
	if (batch->msgs)
		mnl_nlmsg_batch_stop(batch->msgs);
	return r;
}

/* --- messages --------------------------------------------------------------- */
static void put_chain(struct batch *batch, const char *table, const char *name,
		      int type, int flags)
{
	_cleanup_(nftnl_chain_free_ptr_) struct nftnl_chain *chain =
		nftnl_chain_alloc();

	if (!chain) {
		batch->error = -ENOMEM;
		return;
	}
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, table);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	nftnl_chain_nlmsg_build_payload(message(batch, type, flags), chain);
	next(batch);
}

static struct nftnl_rule *rule_of(const char *table, const char *chain)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (!rule)
		return NULL;
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	return rule;
}

static void put_rule(struct batch *batch, struct nftnl_rule *rule, int type,
		     int flags)
{
	nftnl_rule_nlmsg_build_payload(message(batch, type, flags), rule);
	next(batch);
}

/* handle 0: every rule of the chain. */
static void put_rule_deletion(struct batch *batch, const char *chain,
			      uint64_t handle)
{
	_cleanup_(nftnl_rule_free_ptr_) struct nftnl_rule *rule =
		rule_of(OWN_TABLE, chain);

	if (!rule) {
		batch->error = -ENOMEM;
		return;
	}
	if (handle)
		nftnl_rule_set_u64(rule, NFTNL_RULE_HANDLE, handle);
	put_rule(batch, rule, NFT_MSG_DELRULE, 0);
}

/* Takes over expr. */
static void put_new_rule(struct batch *batch, const char *table,
			 const char *chain, struct nftnl_expr *expr, bool compat)
{
	_cleanup_(nftnl_rule_free_ptr_) struct nftnl_rule *rule =
		rule_of(table, chain);

	if (!rule || !expr) {
		if (expr)
			nftnl_expr_free(expr);
		batch->error = -ENOMEM;
		return;
	}
	if (compat) {
		/* of any protocol */
		nftnl_rule_set_u32(rule, NFTNL_RULE_COMPAT_PROTO, 0);
		nftnl_rule_set_u32(rule, NFTNL_RULE_COMPAT_FLAGS, 0);
	}
	nftnl_rule_add_expr(rule, expr);
	put_rule(batch, rule, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
}

static struct nftnl_expr *nfqueue_target(const struct fw_queue_change *change)
{
	size_t size = XT_ALIGN(sizeof(struct xt_NFQ_info_v3));
	struct nftnl_expr *expr = nftnl_expr_alloc("target");
	struct xt_NFQ_info_v3 *info = calloc(1, size);

	if (!expr || !info) {
		free(info);
		if (expr)
			nftnl_expr_free(expr);
		return NULL;
	}
	info->queuenum = change->first;
	info->queues_total = (uint16_t)(change->last - change->first + 1);
	info->flags = change->bypass ? NFQ_FLAG_BYPASS : 0;
	nftnl_expr_set_str(expr, NFTNL_EXPR_TG_NAME, "NFQUEUE");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_TG_REV, 3);
	/* The expression keeps info itself, and frees it. */
	nftnl_expr_set(expr, NFTNL_EXPR_TG_INFO, info, (uint32_t)size);
	return expr;
}

static void put_change(struct batch *batch, const struct fw_queue_change *change)
{
	if (change->drop) {
		put_rule_deletion(batch, change->chain, 0);
		put_chain(batch, OWN_TABLE, change->chain, NFT_MSG_DELCHAIN, 0);
		return;
	}
	if (change->create)
		put_chain(batch, OWN_TABLE, change->chain, NFT_MSG_NEWCHAIN,
			  NLM_F_CREATE);
	put_new_rule(batch, OWN_TABLE, change->chain, nfqueue_target(change), true);
	for (size_t i = 0; i < change->n_replaces; i++)
		put_rule_deletion(batch, change->chain, change->replaces[i]);
}

int fw_queue_rule_apply(struct mnl_socket *nl,
			const struct fw_queue_change *changes, size_t n)
{
	_cleanup_free_ char *buf = malloc(BATCH_SIZE);
	struct batch batch;

	if (!buf)
		return -ENOMEM;
	begin(&batch, buf);
	for (size_t i = 0; i < n && !batch.error; i++)
		put_change(&batch, &changes[i]);
	return transact(nl, &batch, true);
}

/* --- probe ------------------------------------------------------------------ */
#define PROBE_NAME "flywall_probe"

static void put_probe_table(struct batch *batch)
{
	struct nftnl_table *table = nftnl_table_alloc();

	if (!table) {
		batch->error = -ENOMEM;
		return;
	}
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, PROBE_NAME);
	nftnl_table_nlmsg_build_payload(
		message(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE), table);
	nftnl_table_free(table);
	next(batch);
}

int fw_queue_rule_probe(struct mnl_socket *nl, bool *ret_expression)
{
	_cleanup_free_ char *buf = malloc(BATCH_SIZE);
	struct nftnl_expr *queue = nftnl_expr_alloc("queue");
	struct batch batch;
	int r;

	if (!buf || !queue) {
		if (queue)
			nftnl_expr_free(queue);
		return -ENOMEM;
	}
	nftnl_expr_set_u16(queue, NFTNL_EXPR_QUEUE_NUM, 0);
	nftnl_expr_set_u16(queue, NFTNL_EXPR_QUEUE_TOTAL, 1);
	begin(&batch, buf);
	put_probe_table(&batch);
	put_chain(&batch, PROBE_NAME, PROBE_NAME, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	put_new_rule(&batch, PROBE_NAME, PROBE_NAME, queue, false);
	r = transact(nl, &batch, false);
	if (r == 0 || r == -ENOENT || r == -EOPNOTSUPP) {
		*ret_expression = r == 0;
		return 0;
	}
	return r;
}
