/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queue chains of the own table where the kernel has no nft queue expression:
 * which of them need a new rule, and when in a commit they get it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "apply/nft_record.h"
#include "apply/queue_rule.h"
#include "util/arena.h"

/*
 * staged	chains that are new in a table that stands: made before the
 *		transaction, when nothing jumps to them yet
 * replaced	rules that change: just before it
 * restored	and back, when the transaction fails
 * late		chains of a table that is new: just behind it. Before that
 *		nothing was vetted, and until then the chain vet drops
 */
struct fw_nft_queue_work {
	struct fw_queue_change *staged, *replaced, *restored, *late;
	size_t n_staged, n_replaced, n_restored, n_late;
};

struct mnl_socket;

/* Both tables may be NULL. next's queue rules that stay have their handle. The
 * tables' texts must outlive ret. 0 or -ENOMEM. */
int fw_nft_queue_plan(struct fw_arena *arena, const struct fw_nft_rec_table *live,
		      const struct fw_nft_rec_table *next,
		      struct fw_nft_queue_work *ret);

/* Each 0 or -errno, and then it has changed nothing. */
int fw_nft_queue_stage(struct mnl_socket *nl, const struct fw_nft_queue_work *work);
int fw_nft_queue_replace(struct mnl_socket *nl,
			 const struct fw_nft_queue_work *work);
int fw_nft_queue_finish(struct mnl_socket *nl,
			const struct fw_nft_queue_work *work);
/* Undo; what cannot be undone is put right by the next commit. */
void fw_nft_queue_unstage(struct mnl_socket *nl,
			  const struct fw_nft_queue_work *work);
void fw_nft_queue_restore(struct mnl_socket *nl,
			  const struct fw_nft_queue_work *work);

/* Whether own has a queue chain; own may be NULL. */
bool fw_nft_queue_used(const struct fw_nft_rec_table *own);
/* Waits at most ms until the queues of own's queue chains hold no packet;
 * returns how many they still hold. own may be NULL. */
unsigned fw_nft_queue_drain(const struct fw_nft_rec_table *own, unsigned ms);
