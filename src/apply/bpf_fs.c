/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the place of the bpf file system and the instance's name. Out: the
 * folder of its pins. May fail: no permission to mount, a path too long.
 */
#include "apply/bpf_fs.h"

#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "apply/error.h"
#include "util/cleanup.h"

static inline void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC;
}

static int mount_at(const char *path)
{
	if (is_bpffs(path))
		return 0;
	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	return mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		     "mode=0700") ? -errno : 0;
}

/* In order: where it was asked for; below the state directory. */
static int find_bpffs(struct fw_bpf_fs *fs,
		      const struct fw_apply_config *config,
		      char ret[static FW_BPF_PATH_MAX],
		      struct fw_apply_error *ret_error)
{
	int r = mount_at(config->bpffs), second;

	if (!r) {
		(void)snprintf(ret, FW_BPF_PATH_MAX, "%s", config->bpffs);
		return 0;
	}
	if (!fw_bpf_fs_path(config->state_dir, "bpf", ret))
		return -ENAMETOOLONG;
	(void)snprintf(fs->reason, sizeof(fs->reason), "cannot mount %s: %s",
		       config->bpffs, strerror(-r));
	second = mount_at(ret);
	if (!second)
		return 0;
	return fw_apply_fail(ret_error, FW_APPLY_SYSTEM, second,
			     "cannot mount the bpf file system at %s (%s) nor at %s (%s)",
			     config->bpffs, strerror(-r), ret,
			     strerror(-second));
}

static int make_dir(const char *path, struct fw_apply_error *ret_error)
{
	if (!mkdir(path, 0700) || errno == EEXIST)
		return 0;
	return fw_apply_fail(ret_error, FW_APPLY_SYSTEM, -errno,
			     "cannot make %s: %s", path, strerror(errno));
}

int fw_bpf_fs_open(struct fw_bpf_fs *fs, const struct fw_apply_config *config,
		   struct fw_apply_error *ret_error)
{
	char mounted[FW_BPF_PATH_MAX], name[32];
	int r;

	*fs = (struct fw_bpf_fs){0};
	r = find_bpffs(fs, config, mounted, ret_error);
	if (r)
		return r;
	(void)snprintf(name, sizeof(name), "v%d", FW_ABI_VERSION);
	if (!fw_bpf_fs_path(mounted, config->instance, fs->root) ||
	    !fw_bpf_fs_path(fs->root, name, fs->dir))
		return fw_apply_fail(ret_error, FW_APPLY_SYSTEM, -ENAMETOOLONG,
				     "%s: path too long", mounted);
	r = make_dir(fs->root, ret_error);
	if (r)
		return r;
	fs->adopted = !access(fs->dir, F_OK);
	if (fs->adopted)
		return 0;
	(void)snprintf(name, sizeof(name), "v%d-new", FW_ABI_VERSION);
	if (!fw_bpf_fs_path(fs->root, name, fs->dir))
		return -ENAMETOOLONG;
	fw_bpf_fs_remove(fs->dir);
	return make_dir(fs->dir, ret_error);
}

int fw_bpf_fs_complete(struct fw_bpf_fs *fs)
{
	char path[FW_BPF_PATH_MAX], name[32];

	if (fs->adopted)
		return 0;
	(void)snprintf(name, sizeof(name), "v%d", FW_ABI_VERSION);
	if (!fw_bpf_fs_path(fs->root, name, path))
		return -ENAMETOOLONG;
	if (rename(fs->dir, path))
		return -errno;
	(void)snprintf(fs->dir, sizeof(fs->dir), "%s", path);
	return 0;
}

bool fw_bpf_fs_path(const char *dir, const char *name,
		    char ret[static FW_BPF_PATH_MAX])
{
	int n = snprintf(ret, FW_BPF_PATH_MAX, "%s/%s", dir, name);

	return n > 0 && n < FW_BPF_PATH_MAX;
}

int fw_bpf_fs_each(const char *dir, int (*fn)(void *ctx, const char *name),
		   void *ctx)
{
	_cleanup_(close_dir) DIR *d = opendir(dir);
	struct dirent *entry;
	int r;

	if (!d)
		return -errno;
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		r = fn(ctx, entry->d_name);
		if (r)
			return r;
	}
	return 0;
}

struct each_old {
	const struct fw_bpf_fs *fs;
	int (*fn)(void *ctx, const char *dir);
	void *ctx;
};

static int one_old(void *ctx, const char *name)
{
	const struct each_old *each = ctx;
	char path[FW_BPF_PATH_MAX];

	if (name[0] != 'v' || !fw_bpf_fs_path(each->fs->root, name, path) ||
	    !strcmp(path, each->fs->dir))
		return 0;
	return each->fn(each->ctx, path);
}

int fw_bpf_fs_each_old(const struct fw_bpf_fs *fs,
		       int (*fn)(void *ctx, const char *dir), void *ctx)
{
	struct each_old each = {fs, fn, ctx};

	return fw_bpf_fs_each(fs->root, one_old, &each);
}

static int unlink_one(void *ctx, const char *name)
{
	char path[FW_BPF_PATH_MAX];

	if (fw_bpf_fs_path(ctx, name, path))
		(void)unlink(path);
	return 0;
}

/* An open bpffs folder lists from a cursor, so unlinking meanwhile is fine. */
void fw_bpf_fs_remove(const char *dir)
{
	char path[FW_BPF_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s", dir);
	(void)fw_bpf_fs_each(dir, unlink_one, path);
	(void)rmdir(dir);
}
