/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a device and how XDP is wished on it. Out: a pinned link that runs
 * Flywall's program there. May fail: a driver that cannot, a device that
 * someone else holds.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "apply/bpf_log.h"
#include "apply/devices.h"
#include "util/cleanup.h"

/* The modes to try for a wish, in order. */
static const enum fw_attach tries[FW_ATTACH_MAX_][2] = {
	[FW_ATTACH_AUTO] = {FW_ATTACH_NATIVE, FW_ATTACH_GENERIC},
	[FW_ATTACH_NATIVE] = {FW_ATTACH_NATIVE},
	[FW_ATTACH_GENERIC] = {FW_ATTACH_GENERIC},
	[FW_ATTACH_OFFLOAD] = {FW_ATTACH_OFFLOAD, FW_ATTACH_NATIVE},
};

static const struct {
	const char *name;
	__u32 flag;
	__u8 attached;	/* as a query of the device says */
} modes[FW_ATTACH_MAX_] = {
	[FW_ATTACH_NATIVE] = {"native", XDP_FLAGS_DRV_MODE, XDP_ATTACHED_DRV},
	[FW_ATTACH_GENERIC] = {"generic", XDP_FLAGS_SKB_MODE, XDP_ATTACHED_SKB},
	[FW_ATTACH_OFFLOAD] = {"offload", XDP_FLAGS_HW_MODE, XDP_ATTACHED_HW},
};

/* The mode that a device runs in, AUTO when it runs nothing; and the program. */
static enum fw_attach query_mode(uint32_t ifindex, __u32 *ret_prog)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	*ret_prog = 0;
	if (bpf_xdp_query((int)ifindex, 0, &opts))
		return FW_ATTACH_AUTO;
	for (int m = 0; m < FW_ATTACH_MAX_; m++) {
		if (!modes[m].name || modes[m].attached != opts.attach_mode)
			continue;
		*ret_prog = opts.attach_mode == XDP_ATTACHED_DRV ?
				    opts.drv_prog_id :
			    opts.attach_mode == XDP_ATTACHED_SKB ?
				    opts.skb_prog_id : opts.hw_prog_id;
		return (enum fw_attach)m;
	}
	*ret_prog = opts.prog_id;
	return FW_ATTACH_AUTO;
}

static bool pin_path(const char *dir, uint32_t ifindex,
		     char ret[static FW_BPF_PATH_MAX])
{
	char name[32];

	(void)snprintf(name, sizeof(name), "xdp_%u", ifindex);
	return fw_bpf_fs_path(dir, name, ret);
}

/*
 * A link that is refused says only a number. The older way to attach tells the
 * driver's own words, so it is tried too, for them alone: should it succeed by
 * then, it is undone.
 */
static void ask_why(uint32_t ifindex, int prog, enum fw_attach mode, int error,
		    char *ret, size_t size)
{
	__u32 flags = modes[mode].flag | XDP_FLAGS_UPDATE_IF_NOEXIST;
	char gist[160];

	fw_bpf_log_begin();
	if (!bpf_xdp_attach((int)ifindex, prog, flags, NULL))
		(void)bpf_xdp_detach((int)ifindex, modes[mode].flag, NULL);
	fw_bpf_log_gist(gist, sizeof(gist));
	fw_bpf_log_end();
	(void)snprintf(ret, size, "no %s XDP: %s%s", modes[mode].name,
		       gist[0] ? "" : "the driver says: ",
		       gist[0] ? gist : strerror(-error));
}

/* The smallest there is: it lets every packet pass. device 0: on none. */
static int load_pass(uint32_t device)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_ifindex = device);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "fw_ask", "GPL", pass,
			       FW_ARRAY_SIZE(pass), &opts);

	return fd < 0 ? -errno : fd;
}

/* To load a program for a device says only a number, too. */
bool fw_xdp_offload_refused(uint32_t ifindex, char *ret, size_t size)
{
	_cleanup_close_ int bound = load_pass(ifindex);
	_cleanup_close_ int plain = -1;

	if (bound >= 0)
		return false;
	plain = load_pass(0);
	ask_why(ifindex, plain, FW_ATTACH_OFFLOAD, bound, ret, size);
	return true;
}

static int create_link(struct fw_devices *devices, struct fw_device *device,
		       enum fw_attach mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = modes[mode].flag);
	int prog = devices->bpf->prog[FW_BPF_XDP], r;
	_cleanup_close_ int link = -1;
	char path[FW_BPF_PATH_MAX];

	if (mode == FW_ATTACH_OFFLOAD &&
	    fw_xdp_offload_refused(device->ifindex, device->reason,
				   sizeof(device->reason)))
		return -EOPNOTSUPP;
	link = bpf_link_create(prog, (int)device->ifindex, BPF_XDP, &opts);
	if (link < 0) {
		r = -errno;
		ask_why(device->ifindex, prog, mode, r, device->reason,
			sizeof(device->reason));
		return r;
	}
	if (!pin_path(devices->fs->dir, device->ifindex, path))
		return -ENAMETOOLONG;
	(void)unlink(path);	/* of a device that had this number */
	if (bpf_obj_pin(link, path)) {
		r = -errno;
		(void)snprintf(device->reason, sizeof(device->reason),
			       "cannot pin the link: %s", strerror(-r));
		return r;
	}
	device->link = FW_TAKE_FD(link);
	device->mode = mode;
	return 0;
}

int fw_xdp_attach(struct fw_devices *devices, struct fw_device *device)
{
	const enum fw_attach *try = tries[device->wish];
	int r = -EOPNOTSUPP;

	if (devices->bpf->prog[FW_BPF_XDP] < 0) {
		(void)snprintf(device->reason, sizeof(device->reason), "%s",
			       devices->bpf->reason[FW_BPF_XDP]);
		return r;
	}
	if (fw_xdp_held(device->ifindex, device->reason,
			sizeof(device->reason)))
		return -EBUSY;
	for (size_t i = 0; i < FW_ARRAY_SIZE(*tries) && r && try[i]; i++) {
		/* The kernel would take it, and lose what it answers. */
		if (device->unheard && device->wish == FW_ATTACH_AUTO &&
		    try[i] == FW_ATTACH_NATIVE)
			fw_xdp_say_unheard(device);
		else
			r = create_link(devices, device, try[i]);
	}
	return r;
}

void fw_xdp_detach(struct fw_devices *devices, struct fw_device *device)
{
	char path[FW_BPF_PATH_MAX];

	if (pin_path(devices->fs->dir, device->ifindex, path))
		(void)unlink(path);
	(void)bpf_link_detach(device->link);
	(void)close(device->link);
	device->link = -1;
}

static int rename_pin(const struct fw_devices *devices,
		      const struct fw_device *device)
{
	char path[FW_BPF_PATH_MAX], beside[FW_BPF_PATH_MAX], name[32];

	(void)snprintf(name, sizeof(name), "new_%u", device->ifindex);
	if (!pin_path(devices->fs->dir, device->ifindex, path) ||
	    !fw_bpf_fs_path(devices->fs->dir, name, beside))
		return -ENAMETOOLONG;
	(void)unlink(beside);
	if (bpf_obj_pin(device->link, beside) || rename(beside, path))
		return -errno;
	return 0;
}

int fw_xdp_renew(struct fw_devices *devices, struct fw_device *device)
{
	struct bpf_link_info info = {0};
	__u32 len = sizeof(info);

	if (devices->bpf->prog[FW_BPF_XDP] < 0)
		return -EOPNOTSUPP;
	if (bpf_obj_get_info_by_fd(device->link, &info, &len))
		return -errno;
	if (info.prog_id != devices->bpf->prog_id[FW_BPF_XDP] &&
	    bpf_link_update(device->link, devices->bpf->prog[FW_BPF_XDP], NULL))
		return -errno;
	if (!device->old_link)
		return 0;
	device->old_link = false;
	return rename_pin(devices, device);
}

bool fw_xdp_alive(const struct fw_device *device)
{
	struct bpf_link_info info = {0};
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(device->link, &info, &len) &&
	       info.xdp.ifindex == device->ifindex;
}

int fw_xdp_adopt(struct fw_device *device, const char *dir, const char *file)
{
	struct bpf_link_info info = {0};
	_cleanup_close_ int link = -1;
	__u32 len = sizeof(info), prog;
	char path[FW_BPF_PATH_MAX];

	if (!fw_bpf_fs_path(dir, file, path))
		return -ENAMETOOLONG;
	link = bpf_obj_get(path);
	if (link < 0 || bpf_obj_get_info_by_fd(link, &info, &len))
		return -errno;
	device->ifindex = info.xdp.ifindex;
	if (!device->ifindex)
		return -ENODEV;
	device->mode = query_mode(device->ifindex, &prog);
	if (prog != info.prog_id)
		return -ENODEV;	/* of another network namespace */
	device->link = FW_TAKE_FD(link);
	return 0;
}

bool fw_xdp_held(uint32_t ifindex, char *ret, size_t size)
{
	char name[BPF_OBJ_NAME_LEN], device[IF_NAMESIZE];
	__u32 prog;

	(void)query_mode(ifindex, &prog);
	if (!prog)
		return false;
	fw_bpf_prog_name(prog, name);
	(void)snprintf(ret, size, "XDP on %s is held by the program %s (id %u)",
		       if_indextoname(ifindex, device) ? device : "?", name,
		       prog);
	return true;
}
