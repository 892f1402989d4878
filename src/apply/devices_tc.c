/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a device. Out: Flywall's filter at its TC ingress, under a handle and a
 * priority of its own, so that a later daemon replaces it without a gap. May
 * fail: a kernel without clsact or cls_bpf.
 *
 * A pin of the program says on which devices a filter stands.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apply/bpf_log.h"
#include "apply/devices.h"

#define HANDLE 0x6677
#define PRIORITY 49		/* before what tc numbers by itself */

static bool pin_path(const struct fw_devices *devices, uint32_t ifindex,
		     char ret[static FW_BPF_PATH_MAX])
{
	char name[32];

	(void)snprintf(name, sizeof(name), "tc_%u", ifindex);
	return fw_bpf_fs_path(devices->fs->dir, name, ret);
}

static int replace_filter(uint32_t ifindex, int prog)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = PRIORITY,
		    .prog_fd = prog, .flags = BPF_TC_F_REPLACE);
	int r = bpf_tc_hook_create(&hook);

	if (r && r != -EEXIST)
		return r;
	return bpf_tc_attach(&hook, &opts);
}

int fw_tc_attach(struct fw_devices *devices, struct fw_device *device)
{
	int prog = devices->bpf->prog[FW_BPF_TC], r;
	char path[FW_BPF_PATH_MAX], gist[160];

	if (prog < 0) {
		(void)snprintf(device->reason, sizeof(device->reason), "%s",
			       devices->bpf->reason[FW_BPF_TC]);
		return -EOPNOTSUPP;
	}
	if (!pin_path(devices, device->ifindex, path))
		return -ENAMETOOLONG;
	/* The pin first: a filter without one would never be taken out. */
	(void)unlink(path);
	if (bpf_obj_pin(prog, path))
		return -errno;
	fw_bpf_log_begin();
	r = replace_filter(device->ifindex, prog);
	if (r) {
		fw_bpf_log_gist(gist, sizeof(gist));
		(void)snprintf(device->reason, sizeof(device->reason),
			       "no TC filter: %s", gist[0] ? gist
							   : strerror(-r));
		(void)unlink(path);
	}
	fw_bpf_log_end();
	return r;
}

/* The clsact qdisc stays: others may have filters in it, and an empty one
 * costs nothing. */
void fw_tc_detach(struct fw_devices *devices, struct fw_device *device)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)device->ifindex,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = PRIORITY);
	char path[FW_BPF_PATH_MAX];

	fw_bpf_log_begin();	/* a device that is gone is no news */
	(void)bpf_tc_detach(&hook, &opts);
	fw_bpf_log_end();
	if (pin_path(devices, device->ifindex, path))
		(void)unlink(path);
}
