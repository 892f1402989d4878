/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the kernel, as this network namespace sees it. Out: facts for the
 * compiler. May fail: no memory, no netlink.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "apply/apply.h"
#include "apply/devices.h"
#include "util/cleanup.h"

/* Names of Flywall's own program would say that it holds a device itself. */
static bool is_ours(const char *reason)
{
	return strstr(reason, "the program " FW_XDP_PROGRAM " ") != NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct fw_fact_device *)a)->name,
		      ((const struct fw_fact_device *)b)->name);
}

static int add_device(struct fw_arena *arena, const struct fw_apply *apply,
		      struct fw_facts *facts, const struct if_nameindex *from,
		      int sock)
{
	struct fw_fact_device *device = &facts->devices[facts->n_devices];
	char reason[256];

	device->name = fw_arena_strdup(arena, from->if_name);
	device->ifindex = from->if_index;
	device->vlan_offload = fw_tags_taken(sock, from->if_index) ||
		(apply && fw_tags_stopped(&apply->devices, from->if_index));
	device->vlan_fixed = device->vlan_offload &&
			     fw_tags_fixed(sock, from->if_index);
	if (!device->name)
		return -ENOMEM;
	if (fw_xdp_held(from->if_index, reason, sizeof(reason)) &&
	    !is_ours(reason)) {
		device->no_xdp = true;
		device->reason = fw_arena_strdup(arena, reason);
		if (!device->reason)
			return -ENOMEM;
	}
	facts->n_devices++;
	return 0;
}

/* A program that was refused is as good as none. */
static bool lacks(const struct fw_apply *apply, enum fw_bpf_program which,
		  enum bpf_prog_type type)
{
	if (apply)
		return apply->bpf.prog[which] < 0;
	return libbpf_probe_bpf_prog_type(type, NULL) == 0;
}

int fw_apply_facts(struct fw_arena *arena, const struct fw_apply *apply,
		   struct fw_facts *ret)
{
	struct if_nameindex *list = if_nameindex();
	/* Of its driver the worst: what XDP would not see stays in nft. */
	static const struct fw_fact_device later = {.vlan_offload = true,
						     .vlan_fixed = true};
	struct fw_facts facts = {.known = true, .later = &later};
	_cleanup_close_ int sock = -1;
	size_t n = 0;
	int r = 0;

	if (!list)
		return -errno;
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	while (list[n].if_index)
		n++;
	facts.devices = fw_arena_array(arena, n, sizeof(*facts.devices));
	if (!facts.devices)
		r = -ENOMEM;
	for (size_t i = 0; i < n && !r; i++)
		r = add_device(arena, apply, &facts, &list[i], sock);
	if_freenameindex(list);
	if (r)
		return r;
	qsort(facts.devices, n, sizeof(*facts.devices), by_name);
	facts.no_xdp = lacks(apply, FW_BPF_XDP, BPF_PROG_TYPE_XDP);
	facts.no_tc = lacks(apply, FW_BPF_TC, BPF_PROG_TYPE_SCHED_CLS);
	*ret = facts;
	return 0;
}
