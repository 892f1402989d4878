/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where pins live: <bpffs>/<instance>/v<FW_ABI_VERSION>/
 *
 *	map_NAME	state maps, the control word, outer maps
 *	xdp_IFINDEX	links of XDP
 *	tc_IFINDEX	a TC program, to say that its filter stands there
 *
 * The folder's name is the version of what is in it. A new one is filled as
 * v<N>-new and gets its name when it is complete, so a folder with the right
 * name can be adopted whole. Device names are not used: the bpf file system
 * allows no dots.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "apply/generation.h"

#define FW_BPF_PATH_MAX 256

struct fw_bpf_fs {
	char root[FW_BPF_PATH_MAX];	/* <bpffs>/<instance> */
	char dir[FW_BPF_PATH_MAX];	/* where pins are now */
	bool adopted;		/* dir was there, complete */
	char reason[128];	/* why the bpf file system is not where it was
				   asked for; empty when it is */
};

/* Mounts where needed, and finds or makes the folder. */
int fw_bpf_fs_open(struct fw_bpf_fs *fs, const struct fw_apply_config *config,
		   struct fw_apply_error *ret_error);
/* A folder that was filled gets its final name. */
int fw_bpf_fs_complete(struct fw_bpf_fs *fs);

/* Both write dir/NAME; false when it does not fit. */
bool fw_bpf_fs_path(const char *dir, const char *name,
		    char ret[static FW_BPF_PATH_MAX]);

/* Calls fn with each entry of dir; stops at the first non-zero. */
int fw_bpf_fs_each(const char *dir, int (*fn)(void *ctx, const char *name),
		   void *ctx);
/* Folders of other versions under root: fn gets their full path. */
int fw_bpf_fs_each_old(const struct fw_bpf_fs *fs,
		       int (*fn)(void *ctx, const char *dir), void *ctx);
/* Unlinks everything in dir, and dir. */
void fw_bpf_fs_remove(const char *dir);
