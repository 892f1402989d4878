/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queue chains across a commit.
 *
 * In: the own table as it stands and as it shall be. Out: batches of
 * queue_rule.h at the right steps. What may fail: memory, and the kernel
 * (-errno).
 */
#include "apply/nft_queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "apply/nft_kernel.h"
#include "util/cleanup.h"

static struct fw_queue_change rule_of(const struct fw_nft_rec_chain *chain)
{
	return (struct fw_queue_change){
		.chain = chain->name,
		.first = chain->queue_first,
		.last = chain->queue_last,
		.bypass = chain->bypass,
	};
}

/* Handles of every rule that stands in old. */
static int replace_rules(struct fw_arena *arena, struct fw_queue_change *change,
			 const struct fw_nft_rec_chain *old)
{
	uint64_t *handles = fw_arena_array(arena, old->n_rules, sizeof(*handles));

	if (!handles)
		return -ENOMEM;
	for (size_t i = 0; i < old->n_rules; i++)
		handles[i] = old->rules[i].handle;
	change->replaces = handles;
	change->n_replaces = old->n_rules;
	return 0;
}

static int plan_chain(struct fw_arena *arena, const struct fw_nft_rec_table *live,
		      const struct fw_nft_rec_chain *chain,
		      struct fw_nft_queue_work *work)
{
	const struct fw_nft_rec_chain *old =
		live ? fw_nft_rec_chain(live, chain->name) : NULL;
	struct fw_queue_change change = rule_of(chain);

	if (!live) {
		work->late[work->n_late++] = change;
		return 0;
	}
	if (!old || old->n_rules == 0) {
		change.create = !old;
		work->staged[work->n_staged++] = change;
		return 0;
	}
	if (old->n_rules == 1 && chain->rules[0].handle)
		return 0;
	if (old->queue)
		work->restored[work->n_restored++] = rule_of(old);
	work->replaced[work->n_replaced] = change;
	return replace_rules(arena, &work->replaced[work->n_replaced++], old);
}

int fw_nft_queue_plan(struct fw_arena *arena, const struct fw_nft_rec_table *live,
		      const struct fw_nft_rec_table *next,
		      struct fw_nft_queue_work *ret)
{
	size_t n = next ? next->n_chains : 0;
	struct fw_nft_queue_work work = {
		.staged = fw_arena_array(arena, n, sizeof(*work.staged)),
		.replaced = fw_arena_array(arena, n, sizeof(*work.replaced)),
		.restored = fw_arena_array(arena, n, sizeof(*work.restored)),
		.late = fw_arena_array(arena, n, sizeof(*work.late)),
	};
	int r = 0;

	if (!work.staged || !work.replaced || !work.restored || !work.late)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++)
		if (next->chains[i].queue)
			r = plan_chain(arena, live, &next->chains[i], &work);
	if (r == 0)
		*ret = work;
	return r;
}

static int apply(struct mnl_socket *nl, const struct fw_queue_change *changes,
		 size_t n)
{
	return n ? fw_queue_rule_apply(nl, changes, n) : 0;
}

int fw_nft_queue_stage(struct mnl_socket *nl, const struct fw_nft_queue_work *work)
{
	return apply(nl, work->staged, work->n_staged);
}

int fw_nft_queue_replace(struct mnl_socket *nl,
			 const struct fw_nft_queue_work *work)
{
	return apply(nl, work->replaced, work->n_replaced);
}

int fw_nft_queue_finish(struct mnl_socket *nl,
			const struct fw_nft_queue_work *work)
{
	return apply(nl, work->late, work->n_late);
}

/* One by one: a stage that failed has made none of them. */
void fw_nft_queue_unstage(struct mnl_socket *nl,
			  const struct fw_nft_queue_work *work)
{
	for (size_t i = 0; i < work->n_staged; i++) {
		struct fw_queue_change drop = work->staged[i];

		drop.drop = true;
		(void)fw_queue_rule_apply(nl, &drop, 1);
	}
}

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)

/* The rules to replace are those that stand now, whatever their handles. */
static void restore_chain(struct mnl_socket *nl,
			  const struct fw_nft_kernel_table *table,
			  struct fw_queue_change change)
{
	const struct fw_nft_kernel_chain *chain =
		fw_nft_kernel_chain(table, change.chain);
	_cleanup_free_ uint64_t *handles = NULL;

	if (!chain)
		return;
	handles = calloc(chain->n_rules + 1, sizeof(*handles));
	if (!handles)
		return;
	for (size_t i = 0; i < chain->n_rules; i++)
		handles[i] = chain->rules[i].handle;
	change.replaces = handles;
	change.n_replaces = chain->n_rules;
	(void)fw_queue_rule_apply(nl, &change, 1);
}

void fw_nft_queue_restore(struct mnl_socket *nl,
			  const struct fw_nft_queue_work *work)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct fw_nft_kernel_table table = {.family = "inet", .name = "flywall"};

	if (!arena || work->n_restored == 0 ||
	    fw_nft_kernel_table(nl, arena, &table) < 0)
		return;
	for (size_t i = 0; i < work->n_restored; i++)
		restore_chain(nl, &table, work->restored[i]);
}

/* --- held packets ----------------------------------------------------------- */
#define QUEUES_FILE "/proc/thread-self/net/netfilter/nfnetlink_queue"
#define LOOK_MS 5	/* the kernel has no event for an empty queue */

bool fw_nft_queue_used(const struct fw_nft_rec_table *own)
{
	for (size_t i = 0; own && i < own->n_chains; i++)
		if (own->chains[i].queue)
			return true;
	return false;
}

static bool queues_to(const struct fw_nft_rec_table *own, unsigned queue)
{
	for (size_t i = 0; i < own->n_chains; i++)
		if (own->chains[i].queue && queue >= own->chains[i].queue_first &&
		    queue <= own->chains[i].queue_last)
			return true;
	return false;
}

/* The file's first three columns: queue, listener, packets held. */
static unsigned held(const struct fw_nft_rec_table *own)
{
	_cleanup_fclose_ FILE *file = fopen(QUEUES_FILE, "re");
	unsigned queue, packets, sum = 0;

	while (file && fscanf(file, "%u %*u %u%*[^\n]", &queue, &packets) == 2)
		if (queues_to(own, queue))
			sum += packets;
	return sum;
}

unsigned fw_nft_queue_drain(const struct fw_nft_rec_table *own, unsigned ms)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
	unsigned left = own ? held(own) : 0;

	for (unsigned waited = 0; left && waited < ms; waited += LOOK_MS) {
		(void)nanosleep(&pause, NULL);
		left = held(own);
	}
	return left;
}
