/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines in, whole lines of a file out. What the disk refuses is lost and
 * counted, and what a write left of a line is taken back; the caller tries again
 * when it likes.
 */
#include "events/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "events/record.h"
#include "util/cleanup.h"

#define PENDING_MAX (1u << 20)	/* bytes */
#define MODE 0640
#define DIRECTORY_MODE 0750
#define HEAD "{\"schema\": \"flywall/1\"}\n"

/* Bytes written; fewer than len with *error set. */
static size_t write_all(int fd, const char *data, size_t len, int *error)
{
	size_t done = 0;

	*error = 0;
	while (done < len) {
		ssize_t n = write(fd, data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			*error = n < 0 ? -errno : -EIO;
			break;
		}
		done += (size_t)n;
	}
	return done;
}

/* Takes the last n bytes away again. */
static void take_back(struct fw_event_file *file, size_t n)
{
	struct stat st;

	if (n == 0)
		return;
	file->cut = fstat(file->fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		    st.st_size < (off_t)n ||
		    ftruncate(file->fd, st.st_size - (off_t)n) < 0;
}

static uint64_t count_lines(const char *data, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += data[i] == '\n';
	return n;
}

static void lose(struct fw_event_file *file, uint64_t lines)
{
	file->lost += lines;
	file->lost_total += lines;
}

/* Lines of text, each with its newline; *ret_whole bytes of them, whole lines,
 * are written. */
static int write_lines(struct fw_event_file *file, const char *data, size_t len,
		       size_t *ret_whole)
{
	size_t done, whole;
	int r = 0;

	*ret_whole = 0;
	if (file->cut)
		file->cut = write_all(file->fd, "\n", 1, &r) != 1;
	if (r < 0)
		return r;
	whole = done = write_all(file->fd, data, len, &r);
	while (whole > 0 && data[whole - 1] != '\n')
		whole--;
	take_back(file, done - whole);
	*ret_whole = whole;
	return r;
}

/* The directory may be missing where nothing but Flywall uses it. */
static void make_directory(const char *path)
{
	_cleanup_free_ char *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;

	if (!slash || slash == dir)
		return;
	*slash = '\0';
	(void)mkdir(dir, DIRECTORY_MODE);
}

/* A file that is made here has MODE whatever the umask; what was there keeps
 * its own. A FIFO without a reader is refused (ENXIO), and stops nobody. */
static int open_path(const char *path)
{
	const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK |
			  O_NOCTTY;
	int fd = open(path, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	make_directory(path);
	fd = open(path, flags | O_CREAT, MODE);
	if (fd < 0)
		return -errno;
	(void)fchmod(fd, MODE);
	return fd;
}

static int open_file(struct fw_event_file *file)
{
	struct stat st;
	size_t whole;
	int r;

	r = open_path(file->path);
	if (r < 0)
		return r;
	file->fd = r;
	file->cut = false;
	if (fstat(file->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		return 0;
	r = write_lines(file, HEAD, strlen(HEAD), &whole);
	if (r < 0)
		(void)close(FW_TAKE_FD(file->fd));
	return r;
}

static int open_now(struct fw_event_file *file)
{
	int r = open_file(file);

	file->failing = r < 0;
	return r;
}

static void close_now(struct fw_event_file *file)
{
	(void)fw_event_file_flush(file);
	if (file->fd >= 0)
		(void)close(FW_TAKE_FD(file->fd));
}

int fw_event_file_set(struct fw_event_file *file, const char *path)
{
	char *copy = NULL;

	if (path && file->path && !strcmp(path, file->path))
		return 0;
	if (path) {
		copy = strdup(path);
		if (!copy)
			return -ENOMEM;
	}
	close_now(file);
	free(file->path);
	file->path = copy;
	file->failing = false;
	file->lost = 0;
	return copy ? open_now(file) : 0;
}

int fw_event_file_reopen(struct fw_event_file *file)
{
	uint64_t lost;

	if (!file->path)
		return 0;
	close_now(file);
	if (file->lost == 0)
		return open_now(file);
	file->failing = true;
	return fw_event_file_retry(file, &lost);
}

void fw_event_file_add(struct fw_event_file *file, const char *line)
{
	size_t len = strlen(line);

	if (!file->path)
		return;
	if (file->failing || file->pending.len + len >= PENDING_MAX) {
		lose(file, 1);
		return;
	}
	fw_buf_addn(&file->pending, line, len);
	fw_buf_addc(&file->pending, '\n');
	file->pending_lines++;
}

int fw_event_file_flush(struct fw_event_file *file)
{
	const struct fw_buf *pending = &file->pending;
	size_t whole = 0;
	int r = 0;

	if (pending->failed)
		r = -ENOMEM;
	else if (pending->len > 0)
		r = write_lines(file, pending->text, pending->len, &whole);
	if (r < 0) {
		lose(file, file->pending_lines -
				   (whole ? count_lines(pending->text, whole) :
					    0));
		file->failing = true;
	}
	fw_buf_done(&file->pending);
	file->pending = (struct fw_buf){ 0 };
	file->pending_lines = 0;
	return r;
}

static int write_lost(struct fw_event_file *file)
{
	_cleanup_free_ char *line = NULL;
	struct fw_record record;
	size_t whole;

	fw_record_begin(&record, FW_RECORD_LOST, fw_record_now());
	fw_record_text(&record, "of", "this file");
	fw_record_text(&record, "reason", "disk");
	fw_record_number(&record, "count", file->lost);
	fw_buf_addc(&record.line, '}');
	fw_buf_addc(&record.line, '\n');
	line = fw_buf_take(&record.line);
	if (!line)
		return -ENOMEM;
	return write_lines(file, line, strlen(line), &whole);
}

/* The rest of the last block takes a line or two of a disk that is full: that is
 * no room to go on in. */
static bool is_full(int fd)
{
	struct statvfs st;

	return fstatvfs(fd, &st) == 0 && st.f_blocks > 0 && st.f_bfree == 0;
}

int fw_event_file_retry(struct fw_event_file *file, uint64_t *ret_lost)
{
	int r = 0;

	if (file->fd < 0)
		r = open_file(file);
	if (r == 0 && is_full(file->fd))
		r = -ENOSPC;
	if (r == 0 && file->lost > 0)
		r = write_lost(file);
	if (r < 0)
		return r;
	file->failing = false;
	*ret_lost = file->lost;
	file->lost = 0;
	return 0;
}

void fw_event_file_done(struct fw_event_file *file)
{
	close_now(file);
	free(FW_TAKE(file->path));
}
