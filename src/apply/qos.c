/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the running plan's classes. Out: what TC has counted of them. May fail: no
 * programs, system calls.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "apply/apply.h"
#include "util/cleanup.h"

static void add(struct fw_qos_counter *sum, const struct fw_qos_counter *one)
{
	sum->packets += one->packets;
	sum->bytes += one->bytes;
	sum->dropped += one->dropped;
	sum->dropped_bytes += one->dropped_bytes;
	sum->delayed += one->delayed;
	sum->marked += one->marked;
}

int fw_apply_class_counts(struct fw_apply *apply,
			  const struct fw_qos_class *class, bool reply,
			  struct fw_qos_counter *ret)
{
	int fd = fw_bpf_map_fd(&apply->bpf, "tc_stats");
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct fw_qos_counter *values = NULL;
	uint32_t index = FW_QOS_INDEX((uint32_t)class->number, reply);

	if (fd < 0)
		return -EOPNOTSUPP;
	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &index, values))
		return -errno;
	*ret = (struct fw_qos_counter){0};
	for (int i = 0; i < cpus; i++)
		add(ret, &values[i]);
	return 0;
}
