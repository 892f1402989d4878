/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a device of whose frames rules in XDP look at the tag. Out: its driver
 * leaves 802.1Q tags in the frames that it receives; or takes them out again,
 * where Flywall has stopped it. May fail: a driver that does not let it be
 * changed.
 *
 * A pin says on which devices it was on before.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apply/devices.h"
#include "util/cleanup.h"

#define FEATURE "rx-vlan-hw-parse"
#define FEATURES_MAX 256

static bool pin_path(const struct fw_devices *devices, uint32_t ifindex,
		     char ret[static FW_BPF_PATH_MAX])
{
	char name[32];

	(void)snprintf(name, sizeof(name), "tags_%u", ifindex);
	return fw_bpf_fs_path(devices->fs->dir, name, ret);
}

static int ask(int sock, uint32_t ifindex, void *what)
{
	struct ifreq request = {.ifr_data = what};

	if (!if_indextoname(ifindex, request.ifr_name) ||
	    ioctl(sock, SIOCETHTOOL, &request))
		return -errno;
	return 0;
}

bool fw_tags_taken(int sock, uint32_t ifindex)
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};

	return !ask(sock, ifindex, &flags) && flags.data & ETH_FLAG_RXVLAN;
}

/* --- what the driver lets be changed ---------------------------------------- */
/* The place of the feature among the kernel's; -ENOENT. */
static int find_feature(int sock, uint32_t ifindex)
{
	const size_t size = sizeof(struct ethtool_gstrings) +
			    FEATURES_MAX * ETH_GSTRING_LEN;
	_cleanup_free_ struct ethtool_gstrings *names = calloc(1, size);
	struct {
		struct ethtool_sset_info info;
		uint32_t n;
	} sets = {.info = {.cmd = ETHTOOL_GSSET_INFO,
			   .sset_mask = 1u << ETH_SS_FEATURES}};

	if (!names || ask(sock, ifindex, &sets) || sets.n > FEATURES_MAX)
		return -ENOENT;
	*names = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS,
		.string_set = ETH_SS_FEATURES,
		.len = sets.n,
	};
	if (ask(sock, ifindex, names))
		return -ENOENT;
	for (uint32_t i = 0; i < sets.n; i++)
		if (!strncmp((const char *)names->data + i * ETH_GSTRING_LEN,
			     FEATURE, ETH_GSTRING_LEN))
			return (int)i;
	return -ENOENT;
}

bool fw_tags_fixed(int sock, uint32_t ifindex)
{
	struct {
		struct ethtool_gfeatures head;
		struct ethtool_get_features_block blocks[FEATURES_MAX / 32];
	} all = {.head = {.cmd = ETHTOOL_GFEATURES,
			  .size = FEATURES_MAX / 32}};
	int at = find_feature(sock, ifindex);

	return at < 0 || ask(sock, ifindex, &all) ||
	       !(all.blocks[at / 32].available & 1u << at % 32);
}

bool fw_tags_stopped(const struct fw_devices *devices, uint32_t ifindex)
{
	char path[FW_BPF_PATH_MAX];

	return pin_path(devices, ifindex, path) && !access(path, F_OK);
}

/* --- on and off ------------------------------------------------------------- */
static int turn(int sock, uint32_t ifindex, bool on)
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};
	int r = ask(sock, ifindex, &flags);

	if (r)
		return r;
	flags.cmd = ETHTOOL_SFLAGS;
	flags.data = on ? flags.data | ETH_FLAG_RXVLAN :
			  flags.data & ~(uint32_t)ETH_FLAG_RXVLAN;
	r = ask(sock, ifindex, &flags);
	if (!r && fw_tags_taken(sock, ifindex) != on)
		r = -EOPNOTSUPP;
	return r;
}

int fw_tags_attach(struct fw_devices *devices, struct fw_device *device)
{
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char path[FW_BPF_PATH_MAX];
	int r;

	if (sock < 0)
		return -errno;
	if (!fw_tags_taken(sock, device->ifindex))
		return 0;
	if (!pin_path(devices, device->ifindex, path))
		return -ENAMETOOLONG;
	if (bpf_obj_pin(fw_bpf_map_fd(devices->bpf, "control"), path) &&
	    errno != EEXIST)
		return -errno;
	r = turn(sock, device->ifindex, false);
	if (r) {
		(void)snprintf(device->reason, sizeof(device->reason),
			       "VLAN receive offload cannot be turned off: %s",
			       strerror(-r));
		(void)unlink(path);
	}
	return r;
}

void fw_tags_detach(struct fw_devices *devices, struct fw_device *device)
{
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char path[FW_BPF_PATH_MAX];

	if (pin_path(devices, device->ifindex, path) && !unlink(path))
		(void)turn(sock, device->ifindex, true);
}

void fw_tags_adopt(const struct fw_devices *devices, const char *dir,
		   uint32_t ifindex)
{
	char from[FW_BPF_PATH_MAX], to[FW_BPF_PATH_MAX], name[32];

	(void)snprintf(name, sizeof(name), "tags_%u", ifindex);
	if (strcmp(dir, devices->fs->dir) && fw_bpf_fs_path(dir, name, from) &&
	    pin_path(devices, ifindex, to))
		(void)rename(from, to);
}
