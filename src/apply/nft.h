/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft: owned tables in one transaction, by the difference to what stands.
 *
 * Works through libnftables in a short-lived child (nft_child.h). Knows of each
 * owned table the rules' text and kernel handles, and keeps both in the state
 * directory, so that the next daemon can go on. Which of two recorded states is
 * live is read from the kernel: the own table's set "epoch" has the epoch of
 * the last transaction as its one element.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "apply/generation.h"

struct fw_nft;

/* Reads the state directory and the kernel. */
int fw_nft_open(const struct fw_apply_config *config, struct fw_nft **ret,
		struct fw_apply_error *ret_error);

/* Epoch of the transaction that the kernel holds; 0 where there is none. */
uint64_t fw_nft_epoch(const struct fw_nft *nft);
/* Whether this kernel has the nft queue expression; tried once, at open. */
bool fw_nft_has_queue(const struct fw_nft *nft);

/*
 * First half: ownership, the difference, a dry run, and the queue chains of
 * new profiles (which nothing jumps to yet). Changes nothing a packet sees.
 */
int fw_nft_stage(struct fw_nft *nft, const struct fw_plan *plan, uint64_t epoch,
		 unsigned slot, struct fw_apply_error *ret_error);
/*
 * Whether what is staged makes or unmakes a base chain: then packets held in a
 * queue are lost or pass twice. False where nothing is staged.
 */
bool fw_nft_moves_base_chains(const struct fw_nft *nft);
/* Second half: the transaction. Where base chains come or go it waits until
 * the queues are empty, at most 200 ms. */
int fw_nft_commit(struct fw_nft *nft, struct fw_apply_error *ret_error);
/* After the flip: queue chains that no profile uses any more, state file. */
int fw_nft_retire(struct fw_nft *nft);
/* What the last commit has done but not as it should, for the log; NULL where
 * all is well. Valid until the next stage. */
const char *fw_nft_warning(const struct fw_nft *nft);
/* Forgets what was staged. */
void fw_nft_abort(struct fw_nft *nft);

/* Adds nft's own counts to counts (plan->n_rules items; -1 = not counted). */
int fw_nft_rule_counts(struct fw_nft *nft, const struct fw_plan *plan,
		       struct fw_rule_count *counts);
/* Adds those of named counters to counts (plan->n_counters items). */
int fw_nft_counter_counts(struct fw_nft *nft, const struct fw_plan *plan,
			  struct fw_rule_count *counts);

/*
 * What a set of values holds now, as nft shows it: intervals in their order,
 * apart, with what is left of their time. width: of a value, in bits.
 */
struct fw_nft_range {
	fw_u128 lo, hi;
	bool timed;
	uint64_t age_ms;	/* valid with timed: since its time began */
	uint64_t left_ms;	/* likewise */
};

struct fw_nft_ranges {
	struct fw_nft_range *items;
	size_t n, cap;
};

int fw_nft_set_ranges(struct fw_nft *nft, struct fw_arena *arena,
		      const struct fw_live_set *set, unsigned width,
		      struct fw_nft_ranges *ret);
/* How many elements it holds, whatever they are. */
int fw_nft_set_count(struct fw_nft *nft, struct fw_arena *arena,
		     const struct fw_live_set *set, size_t *ret);
/* The classes of connections, by id; -ENOENT where no rule gives one. */
int fw_nft_classes(struct fw_nft *nft, struct fw_arena *arena,
		   struct fw_flow_classes *ret);
/* Runs a script in nft's language, one transaction. 0 or -errno. */
int fw_nft_run(struct fw_nft *nft, const char *script,
	       struct fw_apply_error *ret_error);

/* Deletes every owned table. */
int fw_nft_flush(struct fw_nft *nft, struct fw_apply_error *ret_error);
void fw_nft_close(struct fw_nft *nft);
