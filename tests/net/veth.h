/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab for tests of generations: this process in a network and a mount
 * namespace of its own, a peer process in another one, a veth between them,
 * and a bpf file system that goes with the process.
 *
 *	peer: eth0 10.9.0.2 … 10.9.0.9  ---  fw0 10.9.0.1: this process
 *
 * The peer sends UDP datagrams from its eight sources in turn.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "apply/generation.h"

#define VETH_SOURCES 8		/* 10.9.0.2 is number 0 */

/* Skips (exit 77) where this cannot be made. */
void veth_up(void);
void veth_down(void);
/* Runs a command of ours; its failure fails the test. */
void veth_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One datagram from each source; returns a bit for each that arrived. */
unsigned veth_probe(void);
/* Continuous traffic, all sources in turn. */
void veth_traffic_on(void);
/* Ends it, and waits until all that will arrive has arrived. */
void veth_traffic_off(uint64_t sent[VETH_SOURCES], uint64_t got[VETH_SOURCES]);
/* Waits until so many more datagrams of each source were sent. */
void veth_traffic_wait(uint64_t n);

const struct fw_apply_config *veth_config(void);

/* --- plans ----------------------------------------------------------------
 * A rule `ip saddr { … } [limit …] counter drop` for each mask of sources; rules
 * with equal names have equal keys.
 */
struct veth_rule {
	const char *name;
	unsigned sources;	/* bits */
	const struct fw_plan_limit *limit;	/* or NULL */
};

#define VETH_RULES_MAX 8

struct veth_policy {
	const char *device;
	enum fw_attach attach;
	bool no_xdp, tc, watch;
	struct veth_rule rules[VETH_RULES_MAX];
	uint32_t crowd;		/* other addresses in the table: strangers that
				   no rule names; the table is a trie then */
	unsigned nft;		/* sources that a prerouting chain drops; only
				   where nft is the real one */
};

struct fw_plan *veth_plan(const struct veth_policy *policy);

/* --- nft's stand-in -------------------------------------------------------
 * Keeps its epoch where a killed process's successor finds it.
 */
extern struct veth_nft {
	uint64_t epoch, staged;
	unsigned stages, commits, aborts, retires;
	int fail_stage, fail_commit;	/* -errno to give */
} *veth_nft;
