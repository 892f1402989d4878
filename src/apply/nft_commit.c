/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owned tables: from a plan to the kernel in one transaction.
 *
 * In: a plan, its epoch and slot. Out: the kernel's tables, the state file.
 * What may fail: what nft or the kernel refuses (69, with the rule), a table
 * that is another's (75), the system (71). Whatever fails before the
 * transaction leaves the kernel as it was.
 *
 * A commit has these steps, each recoverable when the daemon is killed in it:
 *
 *	stage	1. the live record is brought in line with the kernel
 *		2. ownership
 *		3. difference and dry run
 *		4. state file: live and next (intent)
 *		5. new queue chains, where nft has no words for their rule
 *	commit	6. queue rules that changed, likewise; where base chains come
 *		   or go, only when the queues are empty, or after 200 ms
 *		7. the transaction, which also changes the element of set epoch
 *		8. handles are read back; next is live
 *	retire	9. state file: live
 */
#include "apply/nft_private.h"

#include <stdarg.h>
#include <stdio.h>

#include "apply/fault.h"
#include "apply/nft_complain.h"
#include "apply/nft_diff.h"
#include "nft/child.h"
#include "util/cleanup.h"

#define OWN_NAME "flywall"
#define DRAIN_MS 200	/* for packets that a base chain's coming would harm */
#define RUNS_MAX 4	/* of one script, each without more lines */

/* --- running a script ------------------------------------------------------- */
static int tell_child(struct fw_apply_error *ret_error, int r)
{
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{-ETIMEDOUT, "nft took too long"},
		{-ECHILD, "nft crashed or ran out of memory"},
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(texts); i++)
		if (texts[i].error == r)
			return fw_apply_fail(ret_error, FW_APPLY_SYSTEM, r, "%s",
					     texts[i].text);
	return fw_nft_fail(ret_error, r, "running nft");
}

/*
 * A trial that makes a base chain registers it, and takes it back: that drops
 * all packets held in queues, so where there may be some the trial is made
 * without hooks. What only a hook can tell is then refused by the transaction.
 */
static bool trial_has_hooks(const struct fw_nft *nft)
{
	return !nft->script.moves_base_chains ||
	       !fw_nft_queue_used(fw_nft_own_table(nft->live));
}

/*
 * Runs the script until nft takes it, without lines that time has overtaken.
 * Returns 0; -EAGAIN when an object was marked for a reset, and the difference
 * is to be made again; -EINVAL when it is refused, for the complaints in ret;
 * -errno of the child.
 */
static int run(struct fw_nft *nft, bool dry_run, struct fw_nft_complaints *ret)
{
	enum fw_nft_remedy remedy = FW_NFT_RUN_AGAIN;
	bool hooks = !dry_run || trial_has_hooks(nft);

	for (int i = 0; remedy == FW_NFT_RUN_AGAIN && i < RUNS_MAX; i++) {
		const char *text = fw_nft_script_render(&nft->script, hooks);
		int r = text ? fw_nft_child_run(nft->arena, text, dry_run, ret) :
			       -ENOMEM;

		if (r <= 0)
			return r;
		remedy = fw_nft_remedy_for(&nft->script, ret);
	}
	if (remedy == FW_NFT_RUN_AGAIN)
		fw_nft_reset_complained(&nft->script, ret);
	return remedy == FW_NFT_REFUSED ? -EINVAL : -EAGAIN;
}

/* What run() has returned, for the admin. Without a complaint it is the child
 * that failed. */
static int tell(struct fw_nft *nft, int r, const struct fw_nft_complaints *complaints,
		struct fw_apply_error *ret_error)
{
	if (r < 0 && complaints->n)
		fw_nft_tell(&nft->script, complaints, ret_error);
	else if (r < 0)
		(void)tell_child(ret_error, r);
	return r;
}

/* --- stage ------------------------------------------------------------------ */
static bool may_take(const struct fw_nft *nft, const struct fw_nft_rec_table *table)
{
	return nft->take_over || (table && table->take_over);
}

/* Appends a table of the kernel's that is to be deleted whole. record->tables
 * has room for it. */
static int add_foreign(struct fw_nft *nft, struct fw_nft_record *record,
		       struct fw_nft_kernel_table *kernel)
{
	struct fw_nft_rec_table *table = &record->tables[record->n_tables++];
	int r = fw_nft_kernel_table(nft->nl, nft->arena, kernel);

	if (r < 0)
		return r;
	*table = (struct fw_nft_rec_table){
		.family = kernel->family,
		.name = kernel->name,
		.foreign = true,
	};
	table->chains = fw_arena_array(nft->arena, kernel->n_chains,
				       sizeof(*table->chains));
	if (!table->chains)
		return -ENOMEM;
	for (size_t i = 0; i < kernel->n_chains; i++) {
		table->chains[i].name = kernel->chains[i].name;
		table->chains[i].base = kernel->chains[i].base ? "" : NULL;
	}
	table->n_chains = kernel->n_chains;
	return 0;
}

/* What stands and is to give way: the live record and tables taken over. */
static int claim(struct fw_nft *nft, const struct fw_nft_kernel_tables *tables,
		 struct fw_nft_record *ret, struct fw_apply_error *ret_error)
{
	int r = 0;

	*ret = *nft->live;
	ret->tables = fw_arena_array(nft->arena, nft->live->n_tables + tables->n,
				     sizeof(*ret->tables));
	if (!ret->tables)
		return fw_nft_fail(ret_error, -ENOMEM, "nft");
	if (nft->live->n_tables)
		memcpy(ret->tables, nft->live->tables,
		       nft->live->n_tables * sizeof(*ret->tables));
	for (size_t i = 0; r == 0 && i < tables->n; i++) {
		struct fw_nft_kernel_table *kernel = &tables->items[i];
		const struct fw_nft_rec_table *wanted = fw_nft_record_table(
			nft->next, kernel->family, kernel->name);

		if (fw_nft_record_table(nft->live, kernel->family, kernel->name) ||
		    (!wanted && strcmp(kernel->name, OWN_NAME) != 0))
			continue;
		if (!may_take(nft, wanted))
			return fw_apply_fail(ret_error, FW_APPLY_BUSY, -EBUSY,
				    "table %s %s exists and is not Flywall's own; "
				    "--take-over replaces it",
				    kernel->family, kernel->name);
		r = add_foreign(nft, ret, kernel);
	}
	return r < 0 ? fw_nft_fail(ret_error, r, "reading nf_tables") : 0;
}

/* Difference and dry run; again when run-time elements were in the way. */
static int prepare(struct fw_nft *nft, const struct fw_nft_record *standing,
		   struct fw_apply_error *ret_error)
{
	struct fw_nft_diff_options options = {.queue_rules = nft->has_queue};
	struct fw_nft_complaints complaints = {0};
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < 2; i++) {
		nft->script = (struct fw_nft_script){.arena = nft->arena};
		r = fw_nft_diff(standing, nft->next, &options, &nft->script);
		if (r < 0)
			return fw_nft_fail(ret_error, r, "nft");
		if (!fw_nft_script_empty(&nft->script))
			r = run(nft, true, &complaints);
	}
	return tell(nft, r, &complaints, ret_error);
}

static int stage(struct fw_nft *nft, struct fw_apply_error *ret_error)
{
	struct fw_nft_kernel_tables tables;
	struct fw_nft_record standing;
	int r = fw_nft_reconcile(nft, &tables);

	if (r < 0)
		return fw_nft_fail(ret_error, r, "reading nf_tables");
	r = claim(nft, &tables, &standing, ret_error);
	if (r == 0)
		r = prepare(nft, &standing, ret_error);
	if (r < 0)
		return r;
	if (!nft->has_queue)
		r = fw_nft_queue_plan(nft->arena, fw_nft_own_table(&standing),
				      fw_nft_own_table(nft->next), &nft->queue);
	if (r == 0)
		r = fw_nft_state_write(nft->path, &nft->place, nft->live, nft->next);
	if (r < 0)
		return fw_nft_fail(ret_error, r, nft->path);
	r = fw_fault("nft-intent");
	if (r == 0)
		r = fw_nft_queue_stage(nft->nl, &nft->queue);
	return r < 0 ? fw_apply_fail(ret_error, FW_APPLY_REFUSED, r, "queue rule: %s",
			    strerror(-r)) : 0;
}

int fw_nft_stage(struct fw_nft *nft, const struct fw_plan *plan, uint64_t epoch,
		 unsigned slot, struct fw_apply_error *ret_error)
{
	int r;

	fw_nft_abort(nft);
	nft->warning[0] = '\0';
	nft->arena = fw_arena_new();
	if (!nft->arena)
		return fw_nft_fail(ret_error, -ENOMEM, "nft");
	r = fw_nft_record_from_plan(plan, epoch, slot, &nft->next);
	if (r < 0)
		r = fw_nft_fail(ret_error, r, "nft");
	else
		r = stage(nft, ret_error);
	if (r < 0)
		fw_nft_abort(nft);
	return r;
}

bool fw_nft_moves_base_chains(const struct fw_nft *nft)
{
	return nft->next && nft->script.moves_base_chains;
}

static void forget_stage(struct fw_nft *nft)
{
	fw_nft_record_free(FW_TAKE(nft->next));
	fw_arena_free(FW_TAKE(nft->arena));
	nft->script = (struct fw_nft_script){0};
	nft->queue = (struct fw_nft_queue_work){0};
}

/* The intent may stay in the file: its epoch never comes into the kernel. */
void fw_nft_abort(struct fw_nft *nft)
{
	if (nft->next)
		fw_nft_queue_unstage(nft->nl, &nft->queue);
	forget_stage(nft);
}

/* --- commit ----------------------------------------------------------------- */
static void __attribute__((format(printf, 2, 3)))
warn(struct fw_nft *nft, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(nft->warning, sizeof(nft->warning), format, ap);
	va_end(ap);
}

/* The kernel drops what a queue holds when any base chain goes, and lets it
 * pass twice when one comes. */
static void spare_held_packets(struct fw_nft *nft)
{
	unsigned left = fw_nft_queue_drain(fw_nft_own_table(nft->live), DRAIN_MS);

	if (left)
		warn(nft, "%u packets were held in queues when base chains came "
		     "or went", left);
}

/* A child that crashed or was too slow may have done its work: the kernel's
 * epoch says. */
static bool happened(struct fw_nft *nft)
{
	uint32_t epoch;

	return fw_nft_own_table(nft->next) &&
	       fw_nft_kernel_epoch(nft->nl, &epoch) == 0 &&
	       epoch == (uint32_t)nft->next->epoch;
}

static int transact(struct fw_nft *nft, struct fw_apply_error *ret_error)
{
	struct fw_nft_complaints complaints = {0};
	int r;

	if (fw_nft_script_empty(&nft->script))
		return 0;
	r = run(nft, false, &complaints);
	if ((r == -ETIMEDOUT || r == -ECHILD) && happened(nft))
		r = 0;
	return tell(nft, r, &complaints, ret_error);
}

static void read_back(struct fw_nft *nft)
{
	struct fw_nft_kernel_tables tables;
	int r = fw_nft_kernel_tables(nft->nl, nft->live->arena, &tables);

	if (r == 0)
		r = fw_nft_record_read_back(nft->live, nft->nl, &tables);
	if (r > 0)
		warn(nft, "%d chains are not as they were made; the next reload "
		     "makes them anew", r);
	if (r < 0) {
		nft->unread = true;
		warn(nft, "reading nf_tables: %s", strerror(-r));
	}
}

int fw_nft_commit(struct fw_nft *nft, struct fw_apply_error *ret_error)
{
	int r;

	if (!nft->next)
		return fw_nft_fail(ret_error, -EINVAL, "nothing staged");
	if (nft->script.moves_base_chains)
		spare_held_packets(nft);
	r = fw_nft_queue_replace(nft->nl, &nft->queue);
	if (r < 0)
		return fw_apply_fail(ret_error, FW_APPLY_REFUSED, r, "queue rule: %s",
			    strerror(-r));
	r = fw_fault("nft-transaction");
	r = r < 0 ? fw_nft_fail(ret_error, r, "nft") : transact(nft, ret_error);
	if (r < 0) {
		fw_nft_queue_restore(nft->nl, &nft->queue);
		return r;
	}
	(void)fw_fault("nft-done");	/* a process can die here, no more */
	/* From here on the transaction stands. A chain without its queue rule
	 * drops what comes to it. */
	r = fw_nft_queue_finish(nft->nl, &nft->queue);
	if (r < 0)
		warn(nft, "queue rule: %s; unvetted flows are dropped",
		     strerror(-r));
	fw_nft_replace_live(nft, FW_TAKE(nft->next));
	forget_stage(nft);
	nft->take_over = false;
	read_back(nft);
	return 0;
}

int fw_nft_retire(struct fw_nft *nft)
{
	int r = fw_fault("nft-retire");

	if (nft->unread || r < 0)
		return r;	/* the intent tells the next daemon more */
	return fw_nft_state_write(nft->path, &nft->place, nft->live, NULL);
}

/* --- leaving ---------------------------------------------------------------- */
int fw_nft_flush(struct fw_nft *nft, struct fw_apply_error *ret_error)
{
	struct fw_nft_diff_options options = {0};
	struct fw_nft_kernel_tables tables;
	int r;

	fw_nft_abort(nft);
	r = fw_nft_reconcile(nft, &tables);
	if (r < 0)
		return fw_nft_fail(ret_error, r, "reading nf_tables");
	nft->next = fw_nft_record_new();
	nft->arena = fw_arena_new();
	if (!nft->next || !nft->arena)
		return fw_nft_fail(ret_error, -ENOMEM, "nft");
	nft->script.arena = nft->arena;
	r = fw_nft_diff(nft->live, nft->next, &options, &nft->script);
	if (r < 0)
		return fw_nft_fail(ret_error, r, "nft");
	r = transact(nft, ret_error);
	if (r < 0)
		return r;
	fw_nft_replace_live(nft, FW_TAKE(nft->next));
	forget_stage(nft);
	r = fw_nft_retire(nft);
	return r < 0 ? fw_nft_fail(ret_error, r, nft->path) : 0;
}
