/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Element files in memory. In: paths. Out: their bytes, and what tells another
 * file from this one. What may fail: reading, memory.
 */
#include "lists/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lists/line.h"
#include "util/cleanup.h"

struct fw_list_stamp fw_list_stamp(const struct stat *st)
{
	return (struct fw_list_stamp){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.changed = st->st_mtim,
	};
}

bool fw_list_stamp_same(const struct fw_list_stamp *a,
			const struct fw_list_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static void file_unref(struct fw_list_kept *file)
{
	if (!file || --file->refs > 0)
		return;
	free(file->bytes);
	free((char *)file->path);
	free(file);
}

FW_CLEANUP_PTR(struct fw_list_kept *, file_unref)

/* Until the file ends, or has more than it had at first. */
static int read_bytes(int fd, struct fw_list_kept *file, size_t size)
{
	file->bytes = malloc(size + 1);
	if (!file->bytes)
		return -ENOMEM;
	while (file->len <= size) {
		ssize_t n = read(fd, file->bytes + file->len,
				 size + 1 - file->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		file->len += (size_t)n;
	}
	return file->len == size ? 0 : -ESTALE;
}

int fw_list_keep(const char *path, struct fw_list_kept **ret)
{
	_cleanup_(file_unref_ptr_) struct fw_list_kept *file =
		calloc(1, sizeof(*file));
	_cleanup_close_ int fd = -1;
	struct timespec now;
	struct stat st;
	int r;

	if (!file)
		return -ENOMEM;
	file->refs = 1;
	file->path = strdup(path);
	if (!file->path)
		return -ENOMEM;
	fd = fw_list_open(path, &st);
	if (fd < 0)
		return fd;
	if (st.st_size > FW_LIST_MAX_FILE)
		return -EFBIG;
	r = read_bytes(fd, file, (size_t)st.st_size);
	if (r < 0)
		return r;
	file->stamp = fw_list_stamp(&st);
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	file->read_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) +
			(uint64_t)now.tv_nsec;
	*ret = FW_TAKE(file);
	return 0;
}

static size_t index_of(const struct fw_lists *lists, const char *path)
{
	size_t i = 0;

	while (i < lists->n && strcmp(lists->items[i]->path, path) != 0)
		i++;
	return i;
}

struct fw_list_kept *fw_lists_find(const struct fw_lists *lists,
				   const char *path)
{
	size_t i = index_of(lists, path);

	return i < lists->n ? lists->items[i] : NULL;
}

int fw_lists_put(struct fw_lists *lists, struct fw_list_kept *file)
{
	size_t i = index_of(lists, file->path);

	if (i == lists->cap) {
		size_t cap = lists->cap ? lists->cap * 2 : 8;
		struct fw_list_kept **items =
			reallocarray(lists->items, cap, sizeof(*items));

		if (!items) {
			file_unref(file);
			return -ENOMEM;
		}
		lists->items = items;
		lists->cap = cap;
	}
	if (i == lists->n)
		lists->n++;
	else
		file_unref(lists->items[i]);
	lists->items[i] = file;
	return 0;
}

int fw_lists_share(struct fw_lists *lists, const struct fw_lists *from)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->n; i++) {
		from->items[i]->refs++;
		r = fw_lists_put(lists, from->items[i]);
	}
	return r;
}

void fw_lists_done(struct fw_lists *lists)
{
	for (size_t i = 0; i < lists->n; i++)
		file_unref(lists->items[i]);
	free(lists->items);
	*lists = (struct fw_lists){ 0 };
}
