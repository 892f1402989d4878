/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owned tables: what is known of them when a daemon begins.
 *
 * In: the state file and the kernel. Out: the live record: the tables that are
 * ours, with their text and handles as they stand. What may fail: the system
 * (71), a kernel without nf_tables (69).
 *
 * A state file with an intent is settled here: the kernel's epoch is the one of
 * live or of next. nft_commit.c says how it came to be.
 */
#define _GNU_SOURCE 1	/* asprintf */

#include "apply/nft.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "apply/nft_private.h"
#include "apply/queue_rule.h"
#include "util/cleanup.h"

FW_CLEANUP_PTR(struct fw_nft *, fw_nft_close)

const struct fw_nft_rec_table *fw_nft_own_table(const struct fw_nft_record *record)
{
	for (size_t i = 0; i < record->n_tables; i++)
		if (record->tables[i].own)
			return &record->tables[i];
	return NULL;
}

/* --- open ------------------------------------------------------------------- */
static int open_socket(struct mnl_socket **ret)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int r;

	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = -errno;
		(void)mnl_socket_close(nl);
		return r;
	}
	*ret = nl;
	return 0;
}

void fw_nft_replace_live(struct fw_nft *nft, struct fw_nft_record *record)
{
	fw_nft_record_free(nft->live);
	nft->live = record;
}

/* Which of two records the kernel holds, and its handles. */
static int settle(struct fw_nft *nft, struct fw_nft_record *next)
{
	struct fw_nft_kernel_tables tables;
	uint32_t epoch;
	int r = fw_nft_kernel_epoch(nft->nl, &epoch);

	if (r < 0 || !fw_nft_own_table(next) || epoch != (uint32_t)next->epoch) {
		fw_nft_record_free(next);
		return r;
	}
	fw_nft_replace_live(nft, next);
	r = fw_nft_kernel_tables(nft->nl, next->arena, &tables);
	if (r == 0)
		r = fw_nft_record_read_back(next, nft->nl, &tables);
	return r < 0 ? r : 0;
}

/* A file of another boot or namespace speaks of nothing that is here; neither
 * does a damaged one, and then ownership has to be given anew. */
static int load_state(struct fw_nft *nft)
{
	struct fw_nft_record *live = NULL, *next = NULL;
	int r = fw_nft_state_read(nft->path, &nft->place, &live, &next);

	if (r == -ENOENT || r == -ESTALE || r == -EBADMSG)
		return 0;
	if (r < 0)
		return r;
	fw_nft_replace_live(nft, live);
	return next ? settle(nft, next) : 0;
}

int fw_nft_reconcile(struct fw_nft *nft, struct fw_nft_kernel_tables *ret)
{
	int r = fw_nft_kernel_tables(nft->nl, nft->live->arena, ret);

	if (r == 0 && nft->unread)
		r = fw_nft_record_read_back(nft->live, nft->nl, ret);
	if (r < 0)
		return r;
	nft->unread = false;
	return fw_nft_record_reconcile(nft->live, nft->nl, ret);
}

int fw_nft_open(const struct fw_apply_config *config, struct fw_nft **ret,
		struct fw_apply_error *ret_error)
{
	_cleanup_(fw_nft_close_ptr_) struct fw_nft *nft = calloc(1, sizeof(*nft));
	struct fw_nft_kernel_tables tables;
	int r;

	if (!nft)
		return fw_nft_fail(ret_error, -ENOMEM, "nft");
	nft->take_over = config->take_over;
	nft->live = fw_nft_record_new();
	if (!nft->live || asprintf(&nft->path, "%s/nft.state",
				   config->state_dir) < 0)
		return fw_nft_fail(ret_error, -ENOMEM, "nft");
	if (mkdir(config->state_dir, 0700) && errno != EEXIST)
		return fw_nft_fail(ret_error, -errno, config->state_dir);
	r = fw_nft_place_here(&nft->place);
	if (r < 0)
		return fw_nft_fail(ret_error, r, "boot id");
	r = open_socket(&nft->nl);
	if (r == 0)
		r = fw_queue_rule_probe(nft->nl, &nft->has_queue);
	if (r < 0)
		return fw_apply_fail(ret_error, FW_APPLY_REFUSED, r, "nf_tables: %s", strerror(-r));
	r = load_state(nft);
	if (r < 0)
		return fw_nft_fail(ret_error, r, nft->path);
	r = fw_nft_reconcile(nft, &tables);
	if (r < 0)
		return fw_nft_fail(ret_error, r, "reading nf_tables");
	*ret = FW_TAKE(nft);
	return 0;
}

uint64_t fw_nft_epoch(const struct fw_nft *nft)
{
	return fw_nft_own_table(nft->live) ? nft->live->epoch : 0;
}

bool fw_nft_has_queue(const struct fw_nft *nft)
{
	return nft->has_queue;
}

const char *fw_nft_warning(const struct fw_nft *nft)
{
	return nft->warning[0] ? nft->warning : NULL;
}

void fw_nft_close(struct fw_nft *nft)
{
	if (!nft)
		return;
	fw_nft_record_free(nft->next);
	fw_arena_free(nft->arena);
	fw_nft_record_free(nft->live);
	if (nft->nl)
		(void)mnl_socket_close(nft->nl);
	free(nft->path);
	free(nft);
}
