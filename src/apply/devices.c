/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: pins that were left, and the devices of a plan. Out: programs attached
 * where the plan wants them. May fail: a device that refuses its program.
 *
 * A device is known by its ifindex: its name may change, and a device that
 * comes anew under an old name is another one.
 */
#include "apply/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "apply/error.h"
#include "apply/fault.h"
#include "util/cleanup.h"

static const struct {
	enum fw_part part;
	const char *fault;
	int (*attach)(struct fw_devices *devices, struct fw_device *device);
	void (*detach)(struct fw_devices *devices, struct fw_device *device);
} parts[] = {
	{FW_PART_XDP, "attach-xdp", fw_xdp_attach, fw_xdp_detach},
	{FW_PART_TC, "attach-tc", fw_tc_attach, fw_tc_detach},
	{FW_PART_ROAD, "attach-road", fw_road_attach, fw_road_detach},
	{FW_PART_WATCH, "attach-watch", fw_watch_attach, fw_watch_detach},
	{FW_PART_TAGS, "attach-tags", fw_tags_attach, fw_tags_detach},
};

/* --- adoption ------------------------------------------------------------- */
static struct fw_device *find_index(struct fw_devices *devices,
				    uint32_t ifindex)
{
	for (size_t i = 0; i < devices->n; i++)
		if (devices->items[i].ifindex == ifindex)
			return &devices->items[i];
	return NULL;
}

static struct fw_device *add(struct fw_devices *devices, uint32_t ifindex)
{
	struct fw_device *device;

	if (devices->n == FW_ARRAY_SIZE(devices->items))
		return NULL;
	device = &devices->items[devices->n++];
	*device = (struct fw_device){
		.ifindex = ifindex,
		.link = -1,
		.watch = -1,
	};
	return device;
}

struct adoption {
	struct fw_devices *devices;
	const char *dir;
	bool old;
};

static int adopt_xdp(struct adoption *a, const char *file)
{
	struct fw_device found = {.link = -1, .watch = -1}, *device;
	int r = fw_xdp_adopt(&found, a->dir, file);
	char path[FW_BPF_PATH_MAX];

	if (r == -ENODEV && fw_bpf_fs_path(a->dir, file, path))
		(void)unlink(path);
	if (r)
		return r == -ENODEV ? 0 : r;
	device = find_index(a->devices, found.ifindex);
	if (!device)
		device = add(a->devices, found.ifindex);
	if (!device || device->on & FW_PART_XDP) {
		(void)close(found.link);
		return device ? 0 : -E2BIG;
	}
	device->link = found.link;
	device->mode = found.mode;
	device->old_link = a->old;
	device->on |= FW_PART_XDP;
	return 0;
}

static int adopt_part(struct adoption *a, enum fw_part part, const char *number)
{
	uint32_t ifindex = (uint32_t)strtoul(number, NULL, 10);
	struct fw_device *device = find_index(a->devices, ifindex);

	if (!device)
		device = add(a->devices, ifindex);
	if (!device)
		return -E2BIG;
	if (part == FW_PART_TAGS)
		fw_tags_adopt(a->devices, a->dir, ifindex);
	device->on |= part;
	return 0;
}

static int adopt_one(void *ctx, const char *file)
{
	struct adoption *a = ctx;

	if (!strncmp(file, "xdp_", 4))
		return adopt_xdp(a, file);
	if (!strncmp(file, "tc_", 3))
		return adopt_part(a, FW_PART_TC, file + 3);
	if (!strncmp(file, "road_", 5))
		return adopt_part(a, FW_PART_ROAD, file + 5);
	if (!strncmp(file, "tags_", 5))
		return adopt_part(a, FW_PART_TAGS, file + 5);
	return 0;
}

static int adopt_old(void *ctx, const char *dir)
{
	struct adoption a = {ctx, dir, true};

	return fw_bpf_fs_each(dir, adopt_one, &a);
}

int fw_devices_open(struct fw_devices *devices, const struct fw_bpf *bpf,
		    const struct fw_bpf_fs *fs)
{
	struct adoption a = {devices, fs->dir, false};
	int r;

	*devices = (struct fw_devices){.bpf = bpf, .fs = fs};
	devices->readers = epoll_create1(EPOLL_CLOEXEC);
	if (devices->readers < 0)
		return -errno;
	r = fw_bpf_fs_each(fs->dir, adopt_one, &a);
	return r ? r : fw_bpf_fs_each_old(fs, adopt_old, devices);
}

static void detach(struct fw_devices *devices, struct fw_device *device,
		   unsigned which)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(parts); i++)
		if (device->on & which & parts[i].part)
			parts[i].detach(devices, device);
	device->on &= ~which;
	device->fresh &= ~which;
}

/* --- staging -------------------------------------------------------------- */
static unsigned wanted_parts(const struct fw_plan *plan,
			     const struct fw_plan_device *from)
{
	/* Without a rule there, it is for roads alone: where it is asked for. */
	bool roads = from->tc && plan->n_profiles &&
		     from->attach == FW_ATTACH_NATIVE;

	return ((from->xdp && from->attach != FW_ATTACH_OFF) || roads ?
			FW_PART_XDP : 0u) |
	       (from->tc ? FW_PART_TC : 0u) |
	       (from->tc && (plan->n_profiles || plan->n_classes) ?
			FW_PART_ROAD : 0u) |
	       (fw_watch_flags(from) ? FW_PART_WATCH : 0u) |
	       (from->keeps_tags ||
				(plan->n_profiles &&
				 plan->options.vlan_offload_off) ?
			FW_PART_TAGS : 0u);
}

/* A device that waits has an item too, without an ifindex. */
static int plan_device(struct fw_devices *devices, const struct fw_plan *plan,
		       const struct fw_plan_device *from)
{
	uint32_t ifindex = if_nametoindex(from->name);
	struct fw_device *device = ifindex ? find_index(devices, ifindex) : NULL;

	if (!device)
		device = add(devices, ifindex);
	if (!device)
		return -E2BIG;
	(void)snprintf(device->name, sizeof(device->name), "%s", from->name);
	device->want = wanted_parts(plan, from);
	device->needs_xdp = from->xdp;
	device->needs_tags = from->keeps_tags;
	/* A driver may lose what it holds when a program goes; so it stays as
	 * long as the device does, also where no rule needs it any more. */
	if (device->on & FW_PART_XDP && from->attach != FW_ATTACH_OFF)
		device->want |= FW_PART_XDP;
	device->watch_flags = fw_watch_flags(from);
	device->wish = from->attach;
	device->unheard = fw_xdp_answers(&plan->xdp, from->name) &&
			  fw_xdp_unheard(ifindex);
	return 0;
}

static void forget_plan(struct fw_devices *devices)
{
	size_t n = 0;

	for (size_t i = 0; i < devices->n; i++) {
		struct fw_device *device = &devices->items[i];

		device->want = 0;
		device->name[0] = '\0';
		if (device->on)
			devices->items[n++] = *device;
	}
	devices->n = n;
}

/* Without XDP, TC judges the device's packets, where the wish leaves it open.
 * TC stands behind XDP in the list of parts, so it is attached next. */
static bool tc_instead(struct fw_device *device, unsigned part)
{
	if (part != FW_PART_XDP || device->wish != FW_ATTACH_AUTO)
		return false;
	device->want |= FW_PART_TC;
	return true;
}

/* What is no filter: without the program of roads all flows stay on the stack,
 * without XDP they take TC's road, and status says so. */
static bool does_without(const struct fw_devices *devices,
			 const struct fw_device *device, unsigned part)
{
	return (part == FW_PART_ROAD && devices->bpf->prog[FW_BPF_ROAD] < 0) ||
	       (part == FW_PART_XDP && !device->needs_xdp) ||
	       (part == FW_PART_TAGS && !device->needs_tags);
}

/* Tags that no rule looks at are left to the driver unless packets are to be
 * sent on in XDP. */
static bool has_no_use(const struct fw_device *device, unsigned part)
{
	return part == FW_PART_TAGS && !device->needs_tags &&
	       !(device->on & FW_PART_XDP && device->mode == FW_ATTACH_NATIVE);
}

/* A change of mode would leave the device bare for a moment, so it waits. */
static int keep_xdp(struct fw_devices *devices, struct fw_device *device)
{
	bool refused = device->wish == FW_ATTACH_OFFLOAD &&
		       fw_xdp_offload_refused(device->ifindex, device->reason,
					      sizeof(device->reason));

	if (!refused && device->wish != FW_ATTACH_AUTO &&
	    device->wish != device->mode)
		(void)snprintf(device->reason, sizeof(device->reason),
			       "stays %s until it is attached anew",
			       fw_attach_name(device->mode));
	/* Another version's program goes on until the flip. */
	return device->old_link ? 0 : fw_xdp_renew(devices, device);
}

/* But a monitor that has a program may be joined by one that has none. */
static bool keeps_watch(const struct fw_devices *devices,
			const struct fw_device *device)
{
	return device->watch_reads ||
	       !fw_watch_lacks(devices->bpf, device->watch_flags);
}

static int stage_part(struct fw_devices *devices, struct fw_device *device,
		      size_t which)
{
	unsigned part = parts[which].part;
	int r;

	if (!(device->want & part) || has_no_use(device, part))
		return 0;
	if (device->on & part && part == FW_PART_XDP) {
		if (fw_xdp_alive(device))
			return keep_xdp(devices, device);
		detach(devices, device, part);
	}
	/* TC replaces what stands; an adopted filter has an older program. */
	if (device->on & part && part == FW_PART_WATCH) {
		if (keeps_watch(devices, device))
			return 0;
		detach(devices, device, part);
	}
	r = fw_fault(parts[which].fault);
	if (!r)
		r = parts[which].attach(devices, device);
	if (r)
		return tc_instead(device, part) ||
				       does_without(devices, device, part) ? 0 : r;
	if (!(device->on & part))
		device->fresh |= part;
	device->on |= part;
	return 0;
}

static int stage_device(struct fw_devices *devices, struct fw_device *device,
			struct fw_apply_error *ret_error)
{
	int r;

	device->reason[0] = '\0';
	if (!device->ifindex)
		return 0;
	for (size_t i = 0; i < FW_ARRAY_SIZE(parts); i++) {
		r = stage_part(devices, device, i);
		if (r)
			return fw_apply_fail(ret_error, FW_APPLY_REFUSED, r,
					     "device %s: %s", device->name,
					     device->reason[0] ?
						     device->reason :
						     strerror(-r));
	}
	if (device->unheard && device->on & FW_PART_XDP &&
	    device->mode == FW_ATTACH_NATIVE && !device->reason[0])
		fw_xdp_say_unheard(device);
	return 0;
}

int fw_devices_stage(struct fw_devices *devices, const struct fw_plan *plan,
		     struct fw_apply_error *ret_error)
{
	int r = 0;

	forget_plan(devices);
	for (size_t i = 0; i < plan->n_devices && !r; i++)
		r = plan_device(devices, plan, &plan->devices[i]);
	if (r)
		return fw_apply_fail(ret_error, FW_APPLY_INVALID, r,
				     "more than %d devices", FW_DEVICES_MAX);
	for (size_t i = 0; i < devices->n && !r; i++)
		r = stage_device(devices, &devices->items[i], ret_error);
	return r;
}

/* --- abort, retirement, end ----------------------------------------------- */
void fw_devices_abort(struct fw_devices *devices)
{
	for (size_t i = 0; i < devices->n; i++)
		detach(devices, &devices->items[i], devices->items[i].fresh);
}

static int remove_old(void *ctx, const char *dir)
{
	(void)ctx;
	fw_bpf_fs_remove(dir);
	return 0;
}

int fw_devices_retire(struct fw_devices *devices)
{
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < devices->n; i++) {
		struct fw_device *device = &devices->items[i];

		device->fresh = 0;
		detach(devices, device, device->on & ~device->want);
		if (device->on & FW_PART_XDP && device->old_link && !r)
			r = fw_xdp_renew(devices, device);
		if (device->on || device->name[0])
			devices->items[n++] = *device;
	}
	devices->n = n;
	return r ? r : fw_bpf_fs_each_old(devices->fs, remove_old, NULL);
}

void fw_devices_flush(struct fw_devices *devices)
{
	for (size_t i = 0; i < devices->n; i++)
		detach(devices, &devices->items[i], devices->items[i].on);
	devices->n = 0;
}

void fw_devices_done(struct fw_devices *devices)
{
	for (size_t i = 0; i < devices->n; i++) {
		if (devices->items[i].link >= 0)
			(void)close(devices->items[i].link);
		if (devices->items[i].watch >= 0)
			(void)close(devices->items[i].watch);
	}
	if (devices->readers > 0)
		(void)close(devices->readers);
	devices->readers = 0;
	devices->n = 0;
}

const struct fw_device *fw_devices_find(const struct fw_devices *devices,
					const char *name)
{
	for (size_t i = 0; i < devices->n; i++)
		if (!strcmp(devices->items[i].name, name))
			return &devices->items[i];
	return NULL;
}
