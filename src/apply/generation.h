/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generations: the one place that changes the kernel.
 *
 * States of a generation:
 *
 *	staged	 its maps fill the free slot, programs judge by the other one
 *	overlap	 programs judge by both, nft is about to change
 *	active	 the control word names its slot
 *	retired	 no program reads it any more; its maps are freed
 *
 * A failed step leaves the active generation as it was. Commits are serial.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

struct fw_apply;
struct fw_nft_ranges;

struct fw_apply_config {
	const char *instance;
	const char *bpffs;	/* "/sys/fs/bpf"; mounted when it is not */
	const char *state_dir;	/* LOCALSTATEDIR or run directory of the
				   instance: owned tables and their rules */
	bool take_over;		/* --take-over */
};

/* Why a commit failed, for the admin. code is the exit status that fits: 65,
 * 69, 71 or 75. */
struct fw_apply_error {
	int code;
	char text[1024];
	/* where nft complained of a rule: index in plan->rules, or FW_NO_RULE */
	uint32_t rule;
};

/*
 * Mounts bpffs where needed, loads the programs, adopts pins and owned tables
 * that an earlier daemon left, and finishes or undoes a commit that was cut
 * off. Nothing that filters is changed. Returns 0 or -errno with ret_error
 * filled.
 */
int fw_apply_open(const struct fw_apply_config *config,
		  const struct fw_plan_options *options, struct fw_apply **ret,
		  struct fw_apply_error *ret_error);

/* True where the kernel refused a program that judges packets, with why: what
 * was compiled without fw_apply_facts() of apply does not fit then. */
bool fw_apply_lacks(const struct fw_apply *apply, const char **ret_reason);

/* Stage, commit, retire: steps 1 to 7. Takes a reference of plan. */
int fw_apply_commit(struct fw_apply *apply, const struct fw_plan *plan,
		    struct fw_apply_error *ret_error);

/* Number of the active generation, from 1; 0 before the first. */
uint64_t fw_apply_generation(const struct fw_apply *apply);
const struct fw_plan *fw_apply_plan(const struct fw_apply *apply);

/*
 * Live sets. They follow nft at each commit; between commits whoever knows that
 * nft's have changed says so here. 0, or -errno where some could not follow: it
 * is worth another try.
 */
int fw_apply_sets_follow(struct fw_apply *apply);
/* What such a set, or another one of nft's, holds; and a change of it: a script
 * in nft's language, one transaction, after which live sets follow. */
int fw_apply_set_ranges(struct fw_apply *apply, struct fw_arena *arena,
			const struct fw_live_set *set, unsigned width,
			struct fw_nft_ranges *ret);
int fw_apply_set_script(struct fw_apply *apply, const char *script,
			struct fw_apply_error *ret_error);
/* How many elements a set of nft's holds. */
int fw_apply_set_count(struct fw_apply *apply, struct fw_arena *arena,
		       const struct fw_live_set *set, size_t *ret);
/* How it went last time, the commit's included. */
int fw_apply_sets_error(const struct fw_apply *apply);

/* Packets and bytes by plan rule of the active generation, from the maps and
 * from nft; -1 where a rule is not counted. counts has plan->n_rules items. */
struct fw_rule_count {
	int64_t packets, bytes;
};
int fw_apply_rule_counts(struct fw_apply *apply, struct fw_rule_count *counts);
/* Of a class of the running plan, in one direction of its flows. */
int fw_apply_class_counts(struct fw_apply *apply,
			  const struct fw_qos_class *class, bool reply,
			  struct fw_qos_counter *ret);
/* Which class a rule has given to a connection, by its id in conntrack. */
struct fw_flow_class {
	uint32_t id, number;
};
struct fw_flow_classes {
	struct fw_flow_class *items;	/* by id */
	size_t n, cap;
};
/* All of them, in arena; none where the plan has no class. 0 or -errno. */
int fw_apply_flow_classes(struct fw_apply *apply, struct fw_arena *arena,
			  struct fw_flow_classes *ret);
/* -1: none. */
int fw_flow_class_of(const struct fw_flow_classes *classes, uint32_t id);
/* The same by named counter: what XDP and nft have counted together. counts has
 * plan->n_counters items. -errno where nft cannot be asked. */
int fw_apply_counter_counts(struct fw_apply *apply,
			    struct fw_rule_count *counts);

/* What roads have carried, kept by what a rule counts by (fw_plan_counts_by());
 * no other count has it. Adding fails with -errno; reading gives 0 where there is
 * none. */
int fw_apply_credit(struct fw_apply *apply, const struct fw_hash *key,
		    const struct fw_rule_count *more);
struct fw_rule_count fw_apply_credited(const struct fw_apply *apply,
				       const struct fw_hash *key);

/* Sums over CPUs of FW_STAT_MAX_ counters. */
int fw_apply_stats(struct fw_apply *apply, uint64_t stats[FW_STAT_MAX_]);

struct fw_device_status {
	const char *name;
	const char *xdp;	/* "native" | "generic" | "offload" | "off" */
	bool tc;
	bool watch;
	const char *state;	/* "attached" | "waiting" | "failed" */
	const char *reason;	/* or NULL */
};
/* Valid until the next commit. */
size_t fw_apply_devices(const struct fw_apply *apply,
			const struct fw_device_status **ret);

struct fw_map_status {
	const char *name;
	uint64_t entries, max;
};
size_t fw_apply_maps(struct fw_apply *apply, struct fw_map_status *ret,
		     size_t max);

struct fw_feature_status {
	const char *name;	/* "xdp-native eth0", "nft-queue", … */
	const char *layer;
	const char *fallback;	/* NULL: the feature itself */
	const char *reason;	/* valid with fallback */
};
size_t fw_apply_features(const struct fw_apply *apply,
			 const struct fw_feature_status **ret);

/* Flow map; safe from any thread. */
int fw_apply_flow_set(struct fw_apply *apply, const struct fw_flow_key *key,
		      const struct fw_flow *flow);
int fw_apply_flow_get(struct fw_apply *apply, const struct fw_flow_key *key,
		      struct fw_flow *ret);
int fw_apply_flow_delete(struct fw_apply *apply,
			 const struct fw_flow_key *key);
/* Calls fn for each entry; stops at the first non-zero, and returns it. */
int fw_apply_flows(struct fw_apply *apply,
		   int (*fn)(void *ctx, const struct fw_flow_key *key,
			     const struct fw_flow *flow),
		   void *ctx);

/* Roads (struct fw_road); safe from any thread. Whether there can be any. */
bool fw_apply_roads(const struct fw_apply *apply);
/* The flow of that key may have one. 0 or -errno. */
int fw_apply_road_grant(struct fw_apply *apply, const struct fw_flow_key *key,
			const struct fw_grant *grant);
void fw_apply_road_revoke(struct fw_apply *apply,
			  const struct fw_flow_key *key);
void fw_apply_roads_clear(struct fw_apply *apply);	/* no flow may */
/* Closes all that are open: a flow's next packet goes through the stack. */
void fw_apply_roads_close(struct fw_apply *apply);

/* Ports: devices between which XDP may send packets on. Looks which ones are,
 * after a commit, each second, and before roads are closed for the sake of news. */
void fw_apply_road_ports(struct fw_apply *apply);
void fw_apply_road_ports_clear(struct fw_apply *apply);
/* Safe from any thread. */
bool fw_apply_road_port(const struct fw_apply *apply, uint32_t ifindex);
/* Why a device of the running plan is none; NULL: it is one. */
const char *fw_apply_road_obstacle(const struct fw_apply *apply,
				   const char *name);

/* The events ring: file descriptor to poll, and a drain of all that is ready.
 * fn gets each record; returns their number or -errno. */
int fw_apply_events_fd(const struct fw_apply *apply);
int fw_apply_events_drain(struct fw_apply *apply,
			  void (*fn)(void *ctx,
				     const struct fw_event_head *head),
			  void *ctx);

/* Everything out of the kernel: links, programs, maps, pins, owned tables. */
int fw_apply_flush(struct fw_apply *apply, struct fw_apply_error *ret_error);
/* Closes; pins, links and tables stay. NULL is fine. */
void fw_apply_close(struct fw_apply *apply);
