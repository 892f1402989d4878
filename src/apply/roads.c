/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: flow keys. Out: what the programs know of roads besides the flows
 * themselves: which flows may have one, and the turn. May fail: a full map, a
 * program that is not there.
 *
 * As with the flow map: any thread may call these functions.
 */
#include <bpf/bpf.h>
#include <errno.h>

#include "apply/apply.h"

/* Of the program that opens roads: an adopted map alone opens none. */
bool fw_apply_roads(const struct fw_apply *apply)
{
	return apply->bpf.prog[FW_BPF_ROAD] >= 0 &&
	       fw_bpf_map_fd(&apply->bpf, "flow_road") >= 0;
}

int fw_apply_road_grant(struct fw_apply *apply, const struct fw_flow_key *key,
			const struct fw_grant *grant)
{
	if (!fw_apply_roads(apply))
		return -EOPNOTSUPP;
	return bpf_map_update_elem(fw_bpf_map_fd(&apply->bpf, "flow_road"), key,
				   grant, BPF_ANY);
}

void fw_apply_road_revoke(struct fw_apply *apply, const struct fw_flow_key *key)
{
	int fd = fw_bpf_map_fd(&apply->bpf, "flow_road");

	if (fd >= 0)
		(void)bpf_map_delete_elem(fd, key);
}

void fw_apply_roads_clear(struct fw_apply *apply)
{
	int fd = fw_bpf_map_fd(&apply->bpf, "flow_road");
	struct fw_flow_key key;

	while (fd >= 0 && !bpf_map_get_next_key(fd, NULL, &key) &&
	       !bpf_map_delete_elem(fd, &key))
		;
	fw_apply_roads_close(apply);
}

/* A lost turn among several threads would be a turn all the same: they all want
 * that what was open is closed. */
void fw_apply_roads_close(struct fw_apply *apply)
{
	int fd = fw_bpf_map_fd(&apply->bpf, "road_turn");
	uint32_t key = 0, turn;

	if (fd < 0 || bpf_map_lookup_elem(fd, &key, &turn))
		return;
	turn++;
	(void)bpf_map_update_elem(fd, &key, &turn, BPF_ANY);
}
