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
 *
 * A file with an intent is settled at open: the kernel's epoch is the one of
 * live or of next.
 */
#define _GNU_SOURCE 1	/* asprintf */

#include "apply/nft.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/fault.h"
#include "apply/nft_child.h"
#include "apply/nft_complain.h"
#include "apply/nft_diff.h"
#include "apply/nft_kernel.h"
#include "apply/nft_queue.h"
#include "apply/nft_record.h"
#include "apply/nft_state.h"
#include "apply/queue_rule.h"
#include "util/cleanup.h"

#define OWN_NAME "flywall"
#define DRAIN_MS 200	/* for packets that a base chain's coming would harm */
#define RUNS_MAX 4	/* of one script, each without more lines */

enum {
	EXIT_KERNEL = 69,
	EXIT_SYSTEM = 71,
	EXIT_BUSY = 75,
};

struct fw_nft {
	char *path;
	bool take_over;
	bool has_queue;
	bool unread;		/* live lacks handles: read back failed */
	struct fw_nft_place place;
	struct mnl_socket *nl;
	struct fw_nft_record *live;	/* never NULL */
	char warning[256];
	/* valid while staged */
	struct fw_nft_record *next;	/* NULL: nothing is staged */
	struct fw_arena *arena;		/* of script and queue */
	struct fw_nft_script script;
	struct fw_nft_queue_work queue;
};

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)
FW_CLEANUP_PTR(struct fw_nft *, fw_nft_close)

static int __attribute__((format(printf, 4, 5)))
fail(struct fw_apply_error *ret_error, int code, int r, const char *format, ...)
{
	va_list ap;

	ret_error->code = code;
	ret_error->rule = FW_NO_RULE;
	va_start(ap, format);
	(void)vsnprintf(ret_error->text, sizeof(ret_error->text), format, ap);
	va_end(ap);
	return r;
}

static int fail_system(struct fw_apply_error *ret_error, int r, const char *what)
{
	return fail(ret_error, EXIT_SYSTEM, r, "%s: %s", what, strerror(-r));
}

static const struct fw_nft_rec_table *own_table(const struct fw_nft_record *record)
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

static void replace_live(struct fw_nft *nft, struct fw_nft_record *record)
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

	if (r < 0 || !own_table(next) || epoch != (uint32_t)next->epoch) {
		fw_nft_record_free(next);
		return r;
	}
	replace_live(nft, next);
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
	replace_live(nft, live);
	return next ? settle(nft, next) : 0;
}

static int reconcile(struct fw_nft *nft, struct fw_nft_kernel_tables *ret)
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
		return fail_system(ret_error, -ENOMEM, "nft");
	nft->take_over = config->take_over;
	nft->live = fw_nft_record_new();
	if (!nft->live || asprintf(&nft->path, "%s/nft.state",
				   config->state_dir) < 0)
		return fail_system(ret_error, -ENOMEM, "nft");
	if (mkdir(config->state_dir, 0700) && errno != EEXIST)
		return fail_system(ret_error, -errno, config->state_dir);
	r = fw_nft_place_here(&nft->place);
	if (r < 0)
		return fail_system(ret_error, r, "boot id");
	r = open_socket(&nft->nl);
	if (r == 0)
		r = fw_queue_rule_probe(nft->nl, &nft->has_queue);
	if (r < 0)
		return fail(ret_error, EXIT_KERNEL, r, "nf_tables: %s", strerror(-r));
	r = load_state(nft);
	if (r < 0)
		return fail_system(ret_error, r, nft->path);
	r = reconcile(nft, &tables);
	if (r < 0)
		return fail_system(ret_error, r, "reading nf_tables");
	*ret = FW_TAKE(nft);
	return 0;
}

uint64_t fw_nft_epoch(const struct fw_nft *nft)
{
	return own_table(nft->live) ? nft->live->epoch : 0;
}

bool fw_nft_has_queue(const struct fw_nft *nft)
{
	return nft->has_queue;
}

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
			return fail(ret_error, EXIT_SYSTEM, r, "%s", texts[i].text);
	return fail_system(ret_error, r, "running nft");
}

/*
 * A trial that makes a base chain registers it, and takes it back: that drops
 * all packets held in queues, so where there may be some the trial is made
 * without hooks. What only a hook can tell is then refused by the transaction.
 */
static bool trial_has_hooks(const struct fw_nft *nft)
{
	return !nft->script.moves_base_chains ||
	       !fw_nft_queue_used(own_table(nft->live));
}

/* Runs the script until nft takes it, without lines that time has overtaken.
 * -EAGAIN: an object was marked for a reset, and the difference is to be made
 * again. */
static int run(struct fw_nft *nft, bool dry_run, struct fw_apply_error *ret_error)
{
	struct fw_nft_complaints complaints;
	enum fw_nft_remedy remedy = FW_NFT_RUN_AGAIN;
	bool hooks = !dry_run || trial_has_hooks(nft);

	for (int i = 0; remedy == FW_NFT_RUN_AGAIN && i < RUNS_MAX; i++) {
		const char *text = fw_nft_script_render(&nft->script, hooks);
		int r = text ? fw_nft_child_run(nft->arena, text, dry_run,
						&complaints) : -ENOMEM;

		if (r == 0)
			return 0;
		if (r < 0)
			return tell_child(ret_error, r);
		remedy = fw_nft_remedy_for(&nft->script, &complaints);
	}
	fw_nft_tell(&nft->script, &complaints, ret_error);
	if (remedy == FW_NFT_RUN_AGAIN)
		fw_nft_reset_complained(&nft->script, &complaints);
	return remedy == FW_NFT_REFUSED ? -EINVAL : -EAGAIN;
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
		return fail_system(ret_error, -ENOMEM, "nft");
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
			return fail(ret_error, EXIT_BUSY, -EBUSY,
				    "table %s %s exists and is not Flywall's own; "
				    "--take-over replaces it",
				    kernel->family, kernel->name);
		r = add_foreign(nft, ret, kernel);
	}
	return r < 0 ? fail_system(ret_error, r, "reading nf_tables") : 0;
}

/* Difference and dry run; again when run-time elements were in the way. */
static int prepare(struct fw_nft *nft, const struct fw_nft_record *standing,
		   struct fw_apply_error *ret_error)
{
	struct fw_nft_diff_options options = {.queue_rules = nft->has_queue};
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < 2; i++) {
		nft->script = (struct fw_nft_script){.arena = nft->arena};
		r = fw_nft_diff(standing, nft->next, &options, &nft->script);
		if (r < 0)
			return fail_system(ret_error, r, "nft");
		if (!fw_nft_script_empty(&nft->script))
			r = run(nft, true, ret_error);
	}
	return r;
}

static int stage(struct fw_nft *nft, struct fw_apply_error *ret_error)
{
	struct fw_nft_kernel_tables tables;
	struct fw_nft_record standing;
	int r = reconcile(nft, &tables);

	if (r < 0)
		return fail_system(ret_error, r, "reading nf_tables");
	r = claim(nft, &tables, &standing, ret_error);
	if (r == 0)
		r = prepare(nft, &standing, ret_error);
	if (r < 0)
		return r;
	if (!nft->has_queue)
		r = fw_nft_queue_plan(nft->arena, own_table(&standing),
				      own_table(nft->next), &nft->queue);
	if (r == 0)
		r = fw_nft_state_write(nft->path, &nft->place, nft->live, nft->next);
	if (r < 0)
		return fail_system(ret_error, r, nft->path);
	r = fw_fault("nft-intent");
	if (r == 0)
		r = fw_nft_queue_stage(nft->nl, &nft->queue);
	return r < 0 ? fail(ret_error, EXIT_KERNEL, r, "queue rule: %s",
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
		return fail_system(ret_error, -ENOMEM, "nft");
	r = fw_nft_record_from_plan(plan, epoch, slot, &nft->next);
	if (r < 0)
		r = fail_system(ret_error, r, "nft");
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
	unsigned left = fw_nft_queue_drain(own_table(nft->live), DRAIN_MS);

	if (left)
		warn(nft, "%u packets were held in queues when base chains came "
		     "or went", left);
}

/* A child that crashed or was too slow may have done its work: the kernel's
 * epoch says. */
static bool happened(struct fw_nft *nft)
{
	uint32_t epoch;

	return own_table(nft->next) &&
	       fw_nft_kernel_epoch(nft->nl, &epoch) == 0 &&
	       epoch == (uint32_t)nft->next->epoch;
}

static int transact(struct fw_nft *nft, struct fw_apply_error *ret_error)
{
	int r;

	if (fw_nft_script_empty(&nft->script))
		return 0;
	r = run(nft, false, ret_error);
	if ((r == -ETIMEDOUT || r == -ECHILD) && happened(nft))
		r = 0;
	return r;
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
		return fail_system(ret_error, -EINVAL, "nothing staged");
	if (nft->script.moves_base_chains)
		spare_held_packets(nft);
	r = fw_nft_queue_replace(nft->nl, &nft->queue);
	if (r < 0)
		return fail(ret_error, EXIT_KERNEL, r, "queue rule: %s",
			    strerror(-r));
	r = fw_fault("nft-transaction");
	r = r < 0 ? fail_system(ret_error, r, "nft") : transact(nft, ret_error);
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
	replace_live(nft, FW_TAKE(nft->next));
	forget_stage(nft);
	read_back(nft);
	return 0;
}

const char *fw_nft_warning(const struct fw_nft *nft)
{
	return nft->warning[0] ? nft->warning : NULL;
}

int fw_nft_retire(struct fw_nft *nft)
{
	int r = fw_fault("nft-retire");

	if (nft->unread || r < 0)
		return r;	/* the intent tells the next daemon more */
	return fw_nft_state_write(nft->path, &nft->place, nft->live, NULL);
}

/* --- counters --------------------------------------------------------------- */
static void add_counts(const struct fw_nft_rec_chain *chain,
		       const struct fw_nft_kernel_chain *kernel,
		       struct fw_rule_count *counts, size_t n_counts)
{
	size_t k = 0;

	for (size_t i = 0; i < chain->n_rules; i++) {
		const struct fw_nft_rec_rule *rule = &chain->rules[i];
		struct fw_rule_count *count;

		while (k < kernel->n_rules &&
		       kernel->rules[k].handle != rule->handle)
			k++;
		if (k == kernel->n_rules)
			return;
		if (rule->rule >= n_counts || !kernel->rules[k].counted)
			continue;
		count = &counts[rule->rule];
		if (count->packets < 0)
			*count = (struct fw_rule_count){0};
		count->packets += (int64_t)kernel->rules[k].packets;
		count->bytes += (int64_t)kernel->rules[k].bytes;
	}
}

static int count_table(struct fw_nft *nft, struct fw_arena *arena,
		       const struct fw_nft_rec_table *table,
		       struct fw_nft_kernel_table *kernel,
		       struct fw_rule_count *counts, size_t n_counts)
{
	int r = fw_nft_kernel_table(nft->nl, arena, kernel);

	for (size_t i = 0; r == 0 && i < table->n_chains; i++) {
		const struct fw_nft_kernel_chain *chain =
			fw_nft_kernel_chain(kernel, table->chains[i].name);

		if (chain)
			add_counts(&table->chains[i], chain, counts, n_counts);
	}
	return r;
}

int fw_nft_rule_counts(struct fw_nft *nft, const struct fw_plan *plan,
		       struct fw_rule_count *counts)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct fw_nft_kernel_tables tables;
	int r = arena ? fw_nft_kernel_tables(nft->nl, arena, &tables) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < nft->live->n_tables; i++) {
		const struct fw_nft_rec_table *table = &nft->live->tables[i];
		struct fw_nft_kernel_table *kernel =
			fw_nft_kernel_find(&tables, table->family, table->name);

		if (kernel && kernel->handle == table->handle)
			r = count_table(nft, arena, table, kernel, counts,
					plan->n_rules);
	}
	return r;
}

/* --- leaving ---------------------------------------------------------------- */
int fw_nft_flush(struct fw_nft *nft, struct fw_apply_error *ret_error)
{
	struct fw_nft_diff_options options = {0};
	struct fw_nft_kernel_tables tables;
	int r;

	fw_nft_abort(nft);
	r = reconcile(nft, &tables);
	if (r < 0)
		return fail_system(ret_error, r, "reading nf_tables");
	nft->next = fw_nft_record_new();
	nft->arena = fw_arena_new();
	if (!nft->next || !nft->arena)
		return fail_system(ret_error, -ENOMEM, "nft");
	nft->script.arena = nft->arena;
	r = fw_nft_diff(nft->live, nft->next, &options, &nft->script);
	if (r < 0)
		return fail_system(ret_error, r, "nft");
	r = transact(nft, ret_error);
	if (r < 0)
		return r;
	replace_live(nft, FW_TAKE(nft->next));
	forget_stage(nft);
	r = fw_nft_retire(nft);
	return r < 0 ? fail_system(ret_error, r, nft->path) : 0;
}

void fw_nft_close(struct fw_nft *nft)
{
	if (!nft)
		return;
	forget_stage(nft);
	fw_nft_record_free(nft->live);
	if (nft->nl)
		(void)mnl_socket_close(nft->nl);
	free(nft->path);
	free(nft);
}
