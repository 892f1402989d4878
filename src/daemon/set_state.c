/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of sets to a file of the run directory, and back. What fails is the
 * file: it is logged, and the daemon goes on.
 */
#include "daemon/set_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply/nft_state.h"
#include "util/cleanup.h"
#include "util/log.h"

FW_CLEANUP_PTR(struct fw_changes *, fw_changes_free)

static char *path_of(const struct fw_daemon *daemon, const char *suffix)
{
	char *path;

	if (asprintf(&path, "%s/sets%s", daemon->dir, suffix) < 0)
		return NULL;
	return path;
}

static int read_file(const char *path, struct fw_changes **ret)
{
	_cleanup_fclose_ FILE *in = fopen(path, "re");
	struct fw_nft_place here;
	int r;

	if (!in)
		return -errno;
	r = fw_nft_place_here(&here);
	return r ? r : fw_changes_read(in, here.boot, ret);
}

int fw_set_state_read(const struct fw_daemon *daemon, struct fw_changes **ret)
{
	_cleanup_free_ char *path = path_of(daemon, "");
	int r = path ? read_file(path, ret) : -ENOMEM;

	if (r == 0) {
		(void)fw_changes_prune(*ret, fw_daemon_clock());
		return 0;
	}
	if (r == -ENOMEM)
		return r;
	if (r != -ENOENT && r != -ESTALE)
		fw_log_errno(LOG_ERR, r, "%s: changes of sets are lost", path);
	*ret = fw_changes_copy(NULL);
	return *ret ? 0 : -ENOMEM;
}

static int write_file(const struct fw_changes *changes, const char *path,
		      const char *temp)
{
	FILE *out = fopen(temp, "we");
	struct fw_nft_place here;
	int r = fw_nft_place_here(&here);

	if (!out)
		return -errno;
	if (r == 0)
		fw_changes_write(changes, here.boot, out);
	if (fclose(out) != 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temp, path) < 0)
		r = -errno;
	return r;
}

void fw_set_state_write(const struct fw_daemon *daemon)
{
	_cleanup_free_ char *path = path_of(daemon, "");
	_cleanup_free_ char *temp = path_of(daemon, ".new");
	int r = -ENOMEM;

	if (path && temp)
		r = write_file(daemon->running.changes, path, temp);
	if (r < 0)
		fw_log_errno(LOG_ERR, r, "changes of sets will be lost with "
					 "this daemon");
}

void fw_set_state_forget(const struct fw_daemon *daemon)
{
	_cleanup_free_ char *path = path_of(daemon, "");

	if (path)
		(void)remove(path);
}
