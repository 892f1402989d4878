/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a device. Out: Flywall's filters at its TC ingress and egress, under a
 * handle and a priority of their own, so that a later daemon replaces them without
 * a gap. May fail: a kernel without clsact or cls_bpf.
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
#include "apply/road_ask.h"

#define HANDLE 0x6677

struct place {
	enum fw_bpf_program program;	/* its name begins the pin's */
	enum bpf_tc_attach_point point;
};

static const struct place ingress = {FW_BPF_TC, BPF_TC_INGRESS};
static const struct place egress = {FW_BPF_ROAD, BPF_TC_EGRESS};

static bool pin_path(const struct fw_devices *devices,
		     const struct place *place, uint32_t ifindex,
		     char ret[static FW_BPF_PATH_MAX])
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%s_%u",
		       fw_bpf_program_names[place->program], ifindex);
	return fw_bpf_fs_path(devices->fs->dir, name, ret);
}

static int replace_filter(const struct place *place, uint32_t ifindex, int prog)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = place->point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = FW_TC_PRIORITY,
		    .prog_fd = prog, .flags = BPF_TC_F_REPLACE);
	int r = bpf_tc_hook_create(&hook);

	if (r && r != -EEXIST)
		return r;
	return bpf_tc_attach(&hook, &opts);
}

static int attach(struct fw_devices *devices, struct fw_device *device,
		  const struct place *place)
{
	int prog = devices->bpf->prog[place->program], r;
	char path[FW_BPF_PATH_MAX], gist[160];

	if (!pin_path(devices, place, device->ifindex, path))
		return -ENAMETOOLONG;
	/* The pin first: a filter without one would never be taken out. */
	(void)unlink(path);
	if (bpf_obj_pin(prog, path))
		return -errno;
	fw_bpf_log_begin();
	r = replace_filter(place, device->ifindex, prog);
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
static void detach(struct fw_devices *devices, struct fw_device *device,
		   const struct place *place)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)device->ifindex,
		    .attach_point = place->point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = FW_TC_PRIORITY);
	char path[FW_BPF_PATH_MAX];

	fw_bpf_log_begin();	/* a device that is gone is no news */
	(void)bpf_tc_detach(&hook, &opts);
	fw_bpf_log_end();
	if (pin_path(devices, place, device->ifindex, path))
		(void)unlink(path);
}

int fw_tc_attach(struct fw_devices *devices, struct fw_device *device)
{
	if (devices->bpf->prog[FW_BPF_TC] < 0) {
		(void)snprintf(device->reason, sizeof(device->reason), "%s",
			       devices->bpf->reason[FW_BPF_TC]);
		return -EOPNOTSUPP;
	}
	return attach(devices, device, &ingress);
}

void fw_tc_detach(struct fw_devices *devices, struct fw_device *device)
{
	detach(devices, device, &ingress);
}

int fw_road_attach(struct fw_devices *devices, struct fw_device *device)
{
	if (devices->bpf->prog[FW_BPF_ROAD] < 0)
		return -EOPNOTSUPP;
	return attach(devices, device, &egress);
}

void fw_road_detach(struct fw_devices *devices, struct fw_device *device)
{
	detach(devices, device, &egress);
}
