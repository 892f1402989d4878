/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trial to a file of the run directory, and back. May fail: the disk, memory.
 *
 * The file has a line for where it belongs, one for the way back, the
 * configuration, and a last line, without which it was not written to its end:
 *
 *	flywall-trial 1 BOOT NETNS
 *	DEADLINE FILE
 *	TEXT
 *	# end
 */
#include "daemon/trial_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/nft_state.h"
#include "util/cleanup.h"

#define HEAD "flywall-trial 1"
#define END "\n# end\n"

static char *path_of(const char *dir, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/trial%s", dir, suffix) < 0 ? NULL : path;
}

void fw_trial_record_done(struct fw_trial_record *record)
{
	free(record->file);
	free(record->text);
	*record = (struct fw_trial_record){ 0 };
}

void fw_trial_record_remove(const char *dir)
{
	_cleanup_free_ char *path = path_of(dir, "");

	if (path)
		(void)remove(path);
}

static int close_synced(FILE *out)
{
	int r = fflush(out) != 0 || fsync(fileno(out)) < 0 ? -errno : 0;

	if (fclose(out) != 0 && r == 0)
		r = -errno;
	return r;
}

int fw_trial_record_write(const char *dir, uint64_t deadline_ns,
			  const char *file, const char *text)
{
	_cleanup_free_ char *path = path_of(dir, "");
	_cleanup_free_ char *temp = path_of(dir, ".new");
	struct fw_nft_place here;
	FILE *out;
	int r;

	if (!path || !temp)
		return -ENOMEM;
	if (strchr(file, '\n'))
		return -EINVAL;
	r = fw_nft_place_here(&here);
	if (r)
		return r;
	out = fopen(temp, "we");
	if (!out)
		return -errno;
	(void)fprintf(out, HEAD " %s %" PRIu64 "\n%" PRIu64 " %s\n%s" END,
		      here.boot, here.netns, deadline_ns, file, text);
	r = close_synced(out);
	if (r == 0 && rename(temp, path) < 0)
		r = -errno;
	if (r < 0)
		(void)remove(temp);
	return r;
}

/* --- back ----------------------------------------------------------------- */
static int read_place(const char *line)
{
	struct fw_nft_place here;
	uint64_t netns;
	char boot[64];
	int r = fw_nft_place_here(&here);

	if (r)
		return r;
	if (sscanf(line, HEAD " %63s %" SCNu64, boot, &netns) != 2)
		return -EBADMSG;
	return strcmp(boot, here.boot) || netns != here.netns ? -ESTALE : 0;
}

/* Its line ends in a line break, which goes. */
static int read_way(char *line, struct fw_trial_record *ret)
{
	char *end = strchr(line, '\n'), *file;

	if (!end)
		return -EBADMSG;
	*end = '\0';
	ret->deadline_ns = strtoull(line, &file, 10);
	if (file == line || *file != ' ' || !file[1])
		return -EBADMSG;
	ret->file = strdup(file + 1);
	return ret->file ? 0 : -ENOMEM;
}

static int read_text(FILE *in, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, tail = strlen(END);
	ssize_t n = getdelim(&text, &size, '\0', in);

	if (n < (ssize_t)tail || strlen(text) != (size_t)n ||
	    strcmp(text + n - tail, END) != 0)
		return -EBADMSG;
	text[n - (ssize_t)tail] = '\0';
	*ret = FW_TAKE(text);
	return 0;
}

static int read_file(const char *path, struct fw_trial_record *ret)
{
	_cleanup_fclose_ FILE *in = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	int r;

	if (!in)
		return -errno;
	r = getline(&line, &size, in) < 0 ? -EBADMSG : read_place(line);
	if (r == 0)
		r = getline(&line, &size, in) < 0 ? -EBADMSG :
						    read_way(line, ret);
	return r ? r : read_text(in, &ret->text);
}

int fw_trial_record_read(const char *dir, struct fw_trial_record *ret)
{
	_cleanup_free_ char *path = path_of(dir, "");
	int r = -ENOMEM;

	*ret = (struct fw_trial_record){ 0 };
	if (path)
		r = read_file(path, ret);
	if (r < 0)
		fw_trial_record_done(ret);
	return r;
}
