/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: plans. Out: generations in the kernel, one active at a time. May fail:
 * whatever the kernel refuses before the flip; nothing has changed then.
 *
 * Who reads what, and who may change it:
 *
 *	active slot	read by every program; changed by nobody
 *	free slot	read by nobody, unless overlap is set; filled by stage()
 *	control word	read once a packet; changed by set_overlap(), flip(),
 *			back_out() and recover() only
 *
 * A slot becomes free by an RCU wait behind the store that took the programs
 * off it: that of step 6, or the one in back_out(). Where such a wait fails the
 * slot stays `unretired`, and the next commit waits again before it stages.
 *
 * A process killed anywhere leaves pins, links and the nft tables. Which half
 * of a commit was done is told by two numbers: the epoch of the control word
 * and that of the last nft transaction. recover() compares them.
 */
#include "apply/generation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "apply/error.h"
#include "apply/fault.h"
#include "apply/settings.h"
#include "apply/stage.h"
#include "util/cleanup.h"

/* --- commit --------------------------------------------------------------- */
struct commit {
	struct fw_apply *apply;
	const struct fw_plan *plan;
	struct fw_apply_error *error;
	uint64_t epoch;		/* of the generation that is being made */
	unsigned slot;		/* its slot */
	struct fw_settings_were were;	/* before it */
};

static int wait_rcu(struct commit *c)
{
	int r = fw_rcu_wait(&c->apply->rcu);

	if (r)
		return fw_apply_fail(c->error, FW_APPLY_SYSTEM, r,
				     "cannot wait for running programs: %s",
				     strerror(-r));
	return 0;
}

static int retire_late(struct commit *c)
{
	int r;

	if (!c->apply->unretired)
		return 0;
	r = wait_rcu(c);
	if (!r)
		r = fw_snapshot_retire(&c->apply->snapshot, c->slot);
	c->apply->unretired = r != 0;
	return r;
}

/* Tables are made of devices and of settings; and of these some are there only
 * when nft has looked at the rules, for which the kernel loads conntrack. */
static int stage(struct commit *c)
{
	struct fw_apply *a = c->apply;
	int r = retire_late(c);

	/* Something may come that has to see packets. */
	fw_apply_road_ports_clear(a);
	if (!r)
		r = fw_devices_stage(&a->devices, c->plan, c->error);
	if (!r)
		r = fw_nft_stage(a->nft, c->plan, c->epoch, c->slot, c->error);
	if (!r)
		fw_settings_set(c->plan, &c->were);
	fw_counters_stage_begin(&a->counters);
	fw_counters_stage_begin(&a->limits);
	if (!r)
		r = fw_stage_tables(&a->snapshot, c->slot, c->plan, &a->devices,
				    &a->counters, &a->limits, c->error);
	return r;
}

static int set_overlap(struct commit *c)
{
	fw_control_set(&c->apply->control, c->epoch - 1, !c->slot, true);
	return 0;
}

/* A transaction may have gone through although its answer was lost. */
static int change_nft(struct commit *c)
{
	struct fw_nft *nft = c->apply->nft;
	int r = fw_nft_commit(nft, c->error);

	return r && fw_nft_epoch(nft) == c->epoch ? 0 : r;
}

/* Programs of the new generation find the members when they first ask. A set
 * that cannot be read has no say; it is no reason to undo what nft has done. */
static void fill_sets(struct commit *c)
{
	struct fw_apply *a = c->apply;

	a->sets_error = fw_sets_follow(&a->sets, c->plan);
}

static void flip(struct commit *c)
{
	struct fw_apply *a = c->apply;

	(void)fw_fault("flip");	/* a store cannot fail; a process can die */
	fw_control_set(&a->control, c->epoch, c->slot, false);
	fw_counters_flip(&a->counters);
	fw_counters_flip(&a->limits);
	fw_plan_unref((struct fw_plan *)a->plan);
	a->plan = fw_plan_ref(c->plan);
}

static int retire(struct commit *c)
{
	struct fw_apply *a = c->apply;
	int r = fw_snapshot_retire(&a->snapshot, !c->slot);
	int nft = fw_nft_retire(a->nft);
	int sets = fw_sets_retire(&a->sets, c->plan);
	int devices = fw_devices_retire(&a->devices);

	fw_counters_retire(&a->counters);
	fw_counters_retire(&a->limits);
	r = r ? r : nft ? nft : devices;
	return r ? r : sets;
}

static int back_out(struct commit *c, int error)
{
	struct fw_apply *a = c->apply;

	fw_control_set(&a->control, c->epoch - 1, !c->slot, false);
	fw_nft_abort(a->nft);
	fw_devices_abort(&a->devices);
	fw_settings_put_back(&c->were);
	fw_counters_abort(&a->counters);
	fw_counters_abort(&a->limits);
	a->unretired = fw_rcu_wait(&a->rcu) ||
		       fw_snapshot_retire(&a->snapshot, c->slot);
	return fw_apply_fail(c->error, FW_APPLY_SYSTEM, error,
			     "cannot apply: %s", strerror(-error));
}

static int step(struct commit *c, const char *name,
		int (*run)(struct commit *c))
{
	int r = fw_fault(name);

	if (r)
		return fw_apply_fail(c->error, FW_APPLY_REFUSED, r,
				     "injected fault: %s", name);
	return run(c);
}

int fw_apply_commit(struct fw_apply *apply, const struct fw_plan *plan,
		    struct fw_apply_error *ret_error)
{
	struct commit c = {
		.apply = apply,
		.plan = plan,
		.error = ret_error,
		.epoch = fw_control_epoch(&apply->control) + 1,
		.slot = !fw_control_slot(&apply->control),
	};
	int r;

	*ret_error = (struct fw_apply_error){.rule = FW_NO_RULE};
	r = step(&c, "stage", stage);				/* 1 */
	r = r ? r : step(&c, "overlap", set_overlap);		/* 2 */
	r = r ? r : step(&c, "settle", wait_rcu);		/* 3 */
	r = r ? r : step(&c, "nft", change_nft);		/* 4 */
	if (r)
		return back_out(&c, r);
	fill_sets(&c);
	flip(&c);						/* 5 */
	r = step(&c, "drain", wait_rcu);			/* 6 */
	r = r ? r : step(&c, "retire", retire);			/* 7 */

	/* The generation is active, whatever 6 and 7 said. */
	apply->unretired = r != 0;
	*ret_error = (struct fw_apply_error){.rule = FW_NO_RULE};
	(void)fw_apply_describe(apply);
	fw_apply_road_ports(apply);
	return 0;
}

/* --- start and end -------------------------------------------------------- */
/*
 * What an earlier process left, in this order:
 *
 * 1. overlap set, nft at the next epoch: all was staged and nft is through, so
 *    the flip is made now;
 * 2. overlap set otherwise: nft has not changed, so overlap is cleared;
 * 3. nft ahead without overlap: the pins were lost; epochs go on from nft's.
 *
 * The free slot may hold half of a generation: the next commit replaces it.
 */
static int recover(struct fw_apply *a)
{
	uint64_t epoch = fw_control_epoch(&a->control);
	uint64_t nft = fw_nft_epoch(a->nft);
	unsigned slot = fw_control_slot(&a->control);

	if (fw_control_overlap(&a->control)) {
		if (nft == epoch + 1)
			fw_control_set(&a->control, nft, !slot, false);
		else
			fw_control_set(&a->control, epoch, slot, false);
	} else if (nft > epoch) {
		fw_control_set(&a->control, nft, slot, false);
	}
	return fw_rcu_wait(&a->rcu);
}

static int copy_config(struct fw_apply *a, const struct fw_apply_config *from)
{
	a->arena = fw_arena_new();
	if (!a->arena)
		return -ENOMEM;
	a->config = (struct fw_apply_config){
		.instance = fw_arena_strdup(a->arena, from->instance),
		.bpffs = fw_arena_strdup(a->arena, from->bpffs),
		.state_dir = fw_arena_strdup(a->arena, from->state_dir),
		.take_over = from->take_over,
	};
	return a->config.instance && a->config.bpffs && a->config.state_dir ?
		       0 : -ENOMEM;
}

static int open_slots(struct fw_apply *a, struct fw_counters *slots,
		      const char *file, const char *values)
{
	char path[FW_BPF_PATH_MAX];

	if (!fw_bpf_any(&a->bpf))
		return 0;	/* nothing counts */
	if (!fw_bpf_fs_path(a->fs.dir, file, path))
		return -ENAMETOOLONG;
	return fw_counters_open(slots, path, file + strlen("map_"),
				fw_bpf_map_fd(&a->bpf, values));
}

static int open_all(struct fw_apply *a, const struct fw_plan_options *options,
		    struct fw_apply_error *ret_error)
{
	bool adopted;
	int r = fw_bpf_fs_open(&a->fs, &a->config, ret_error);

	if (r)
		return r;
	adopted = a->fs.adopted;
	r = fw_bpf_open(&a->bpf, &a->fs, a->config.state_dir, options,
			ret_error);
	if (!r)
		r = fw_rcu_init(&a->rcu, fw_bpf_any(&a->bpf));
	if (!r)
		r = fw_control_open(&a->control,
				    fw_bpf_map_fd(&a->bpf, "control"));
	if (!r)
		r = open_slots(a, &a->counters, "map_counter_keys", "counters");
	if (!r)
		r = open_slots(a, &a->limits, "map_limit_keys", "limits");
	if (!r)
		r = fw_bpf_fs_complete(&a->fs);
	if (!r)
		r = fw_devices_open(&a->devices, &a->bpf, &a->fs);
	if (r)
		return r;
	r = fw_snapshot_init(&a->snapshot, &a->bpf, adopted);
	if (!r)
		r = fw_apply_flows_open(a);
	if (!r)
		r = fw_apply_events_open(a);
	if (!r)
		r = fw_apply_watched_open(a);
	if (!r)
		r = fw_nft_open(&a->config, &a->nft, ret_error);
	a->sets = (struct fw_sets){
		.sets = fw_bpf_map_fd(&a->bpf, "sets"),
		.hosts = fw_bpf_map_fd(&a->bpf, "set_hosts"),
		.nets = fw_bpf_map_fd(&a->bpf, "set_nets"),
		.nft = a->nft,
	};
	return r ? r : recover(a);
}

int fw_apply_open(const struct fw_apply_config *config,
		  const struct fw_plan_options *options, struct fw_apply **ret,
		  struct fw_apply_error *ret_error)
{
	struct fw_apply *a = calloc(1, sizeof(*a));
	int r = -ENOMEM;

	*ret_error = (struct fw_apply_error){.rule = FW_NO_RULE};
	if (a) {
		a->flows = options->flows;
		(void)pthread_mutex_init(&a->flow_lock, NULL);
		a->rcu = (struct fw_rcu){-1, -1};
		a->counters.keys = a->limits.keys = -1;
		r = copy_config(a, config);
		if (!r)
			r = open_all(a, options, ret_error);
	}
	if (r) {
		if (a && a->fs.dir[0] && !a->fs.adopted)
			fw_bpf_fs_remove(a->fs.dir);	/* begun here */
		fw_apply_close(a);
		return fw_apply_fail(ret_error, FW_APPLY_SYSTEM, r,
				     "cannot start: %s", strerror(-r));
	}
	*ret = a;
	return 0;
}

bool fw_apply_lacks(const struct fw_apply *apply, const char **ret_reason)
{
	static const enum fw_bpf_program judging[] = {FW_BPF_XDP, FW_BPF_TC};

	for (size_t i = 0; i < FW_ARRAY_SIZE(judging); i++) {
		*ret_reason = apply->bpf.reason[judging[i]];
		if (apply->bpf.prog[judging[i]] < 0)
			return true;
	}
	return false;
}

uint64_t fw_apply_generation(const struct fw_apply *apply)
{
	return fw_control_epoch(&apply->control);
}

const struct fw_plan *fw_apply_plan(const struct fw_apply *apply)
{
	return apply->plan;
}

int fw_apply_sets_follow(struct fw_apply *apply)
{
	if (apply->plan)
		apply->sets_error = fw_sets_follow(&apply->sets, apply->plan);
	return apply->sets_error;
}

int fw_apply_set_ranges(struct fw_apply *apply, struct fw_arena *arena,
			const struct fw_live_set *set, unsigned width,
			struct fw_nft_ranges *ret)
{
	return fw_nft_set_ranges(apply->nft, arena, set, width, ret);
}

int fw_apply_set_count(struct fw_apply *apply, struct fw_arena *arena,
		       const struct fw_live_set *set, size_t *ret)
{
	return fw_nft_set_count(apply->nft, arena, set, ret);
}

int fw_apply_flow_classes(struct fw_apply *apply, struct fw_arena *arena,
			  struct fw_flow_classes *ret)
{
	int r;

	*ret = (struct fw_flow_classes){0};
	if (!apply->plan || !apply->plan->n_classes)
		return 0;
	r = fw_nft_classes(apply->nft, arena, ret);
	return r == -ENOENT ? 0 : r;
}

int fw_apply_set_script(struct fw_apply *apply, const char *script,
			struct fw_apply_error *ret_error)
{
	int r = fw_nft_run(apply->nft, script, ret_error);

	(void)fw_apply_sets_follow(apply);
	return r;
}

int fw_apply_sets_error(const struct fw_apply *apply)
{
	return apply->sets_error;
}

/* nft first: were it refused, XDP would go on as before. */
int fw_apply_flush(struct fw_apply *apply, struct fw_apply_error *ret_error)
{
	int r;

	*ret_error = (struct fw_apply_error){.rule = FW_NO_RULE};
	r = fw_nft_flush(apply->nft, ret_error);
	if (r)
		return fw_apply_fail(ret_error, FW_APPLY_REFUSED, r,
				     "cannot delete the nft tables: %s",
				     strerror(-r));
	fw_devices_flush(&apply->devices);
	fw_bpf_fs_remove(apply->fs.dir);
	(void)rmdir(apply->fs.root);
	return 0;
}

void fw_apply_close(struct fw_apply *apply)
{
	if (!apply)
		return;
	if (apply->nft)
		fw_nft_close(apply->nft);
	fw_apply_events_done(apply);
	fw_apply_watched_done(apply);
	fw_devices_done(&apply->devices);
	fw_snapshot_done(&apply->snapshot);
	fw_counters_done(&apply->counters);
	fw_counters_done(&apply->limits);
	fw_control_done(&apply->control);
	fw_rcu_done(&apply->rcu);
	fw_bpf_done(&apply->bpf);
	fw_plan_unref((struct fw_plan *)apply->plan);
	fw_arena_free(apply->status);
	fw_arena_free(apply->arena);
	(void)pthread_mutex_destroy(&apply->flow_lock);
	free(apply);
}
