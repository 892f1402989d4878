/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts: what the compiler may know of the host.
 *
 * Empty facts are what `flywall check` and `plan` work with: every device is then
 * taken to exist and every feature to be there. The daemon gathers facts from
 * the kernel before it compiles; tests read them from a file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/arena.h"

struct fw_changes;
struct fw_lists;

struct fw_fact_device {
	const char *name;
	uint32_t ifindex;
	bool no_xdp;		/* neither native nor generic was accepted */
	const char *reason;	/* valid with no_xdp */
	bool vlan_offload;	/* tags are taken out before XDP sees them */
	bool vlan_fixed;	/* valid with it: that cannot be turned off */
};

/* A number that connections may bear, in their mark, for a profile of this
 * name. */
struct fw_fact_profile {
	const char *name;
	unsigned number;
};

struct fw_facts {
	bool known;
	struct fw_fact_device *devices;	/* by name */
	size_t n_devices;
	const struct fw_fact_device *later;	/* what is taken of a device that
				   is missing and may come, without a name and
				   ifindex; NULL: none comes */
	const struct fw_fact_profile *profiles;	/* at most one a number */
	size_t n_profiles;
	bool no_xdp;		/* this kernel loads no XDP program */
	bool no_tc;		/* nor TC programs */
	bool no_nft_queue;	/* no nft queue expression: xt target */
	struct fw_lists *lists;	/* element files that are not to be read again,
				   and where others are kept; or NULL */
	const struct fw_changes *changes;	/* of sets, at run time; or
						   NULL */
};

extern const struct fw_facts fw_facts_empty;

/* NULL where there is no such device, nor may come. */
const struct fw_fact_device *fw_facts_device(const struct fw_facts *facts,
					     const char *name);

/*
 * Reads facts from a text, one a line:
 *
 *	device eth0 2
 *	device eth1 3 no-xdp driver says no
 *	device eth2 4 vlan-offload
 *	device eth3 5 vlan-offload fixed
 *	profile web 2
 *	no-xdp | no-tc | no-nft-queue
 *
 * Returns 0, -EINVAL for a line that is none of these, or -ENOMEM.
 */
int fw_facts_read(struct fw_arena *arena, FILE *in, struct fw_facts *ret);
