/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live sets: what nft's sets hold, in the maps that programs ask (abi.h).
 *
 * nft's set is the one that counts: it keeps times, survives the daemon, and
 * anyone may change it. The maps follow it.
 */
#pragma once

#include "apply/bpf.h"
#include "apply/nft.h"

struct fw_sets {
	int sets, hosts, nets;	/* descriptors of the maps */
	struct fw_nft *nft;
};

/*
 * Brings the members of the plan's sets in line with nft. Where a set cannot be
 * read or there is no room, it stays as far as it was; the others are done all
 * the same. Returns 0 or the first -errno.
 */
int fw_sets_follow(const struct fw_sets *sets, const struct fw_plan *plan);
/* Takes out what belongs to no set of the plan; when no program asks it. */
int fw_sets_retire(const struct fw_sets *sets, const struct fw_plan *plan);
/* How many members the maps hold. 0 or -errno. */
int fw_sets_count(const struct fw_sets *sets, uint64_t *ret_hosts,
		  uint64_t *ret_nets);
