/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: nothing. Out: a grace period that has passed. May fail: no memory, no
 * descriptors.
 *
 * The kernel promises that an update of an element of an ARRAY_OF_MAPS returns
 * only after a grace period (maybe_wait_bpf_programs(), since 4.19), so that
 * the replaced map is out of use. A dummy of one element gives that wait
 * alone. membarrier(MEMBARRIER_CMD_GLOBAL) would do too, but it fails under
 * nohz_full and does not wait where one CPU is online.
 */
#include "apply/rcu.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "util/cleanup.h"

int fw_rcu_init(struct fw_rcu *rcu, bool programs)
{
	_cleanup_close_ int inner = -1, outer = -1;
	LIBBPF_OPTS(bpf_map_create_opts, opts);

	rcu->inner = rcu->outer = -1;
	if (!programs)
		return 0;
	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fw_rcu_in", 4, 4, 1, NULL);
	if (inner < 0)
		return -errno;
	opts.inner_map_fd = (__u32)inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "fw_rcu", 4, 4, 1,
			       &opts);
	if (outer < 0)
		return -errno;
	rcu->inner = FW_TAKE_FD(inner);
	rcu->outer = FW_TAKE_FD(outer);
	return 0;
}

int fw_rcu_wait(const struct fw_rcu *rcu)
{
	__u32 zero = 0;

	if (rcu->outer < 0)
		return 0;
	return bpf_map_update_elem(rcu->outer, &zero, &rcu->inner, BPF_ANY);
}

void fw_rcu_done(struct fw_rcu *rcu)
{
	if (rcu->outer >= 0)
		(void)close(rcu->outer);
	if (rcu->inner >= 0)
		(void)close(rcu->inner);
	rcu->outer = rcu->inner = -1;
}
