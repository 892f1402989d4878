/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Element files: the way through one of them.
 *
 * In: a path and a format. Out: fields, one call each. A file that is missing,
 * empty, no text, HTML, too large or malformed gives one diagnostic, at its
 * line where there is one, and -EINVAL; what the callback returns stops the
 * reading and is passed on. Memory is one buffer, whatever the file's size, but
 * for files that are kept.
 */
#include "lists/lists.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lists/kept.h"
#include "lists/line.h"
#include "util/cleanup.h"

#define BUFFER_BYTES (64u << 10)

_Static_assert(BUFFER_BYTES > 2 * FW_LIST_MAX_LINE, "a line fits the buffer");

struct reader {
	struct fw_list_run run;
	int fd;			/* -1: bytes are read */
	struct fw_list_kept *kept;	/* valid without fd */
	char *buffer;
	size_t from, to;	/* what is read and not yet used */
	size_t n_bytes;		/* read in all */
	bool end;
};

static ssize_t read_some(struct reader *reader, char *to, size_t room)
{
	size_t left;

	if (!reader->kept)
		return read(reader->fd, to, room);
	left = reader->kept->len - reader->n_bytes;
	if (room > left)
		room = left;
	memcpy(to, reader->kept->bytes + reader->n_bytes, room);
	return (ssize_t)room;
}

/* Moves what is left to the front and reads until the buffer is full. */
static int fill(struct reader *reader)
{
	memmove(reader->buffer, reader->buffer + reader->from, reader->to - reader->from);
	reader->to -= reader->from;
	reader->from = 0;
	while (!reader->end && reader->to < BUFFER_BYTES) {
		ssize_t n = read_some(reader, reader->buffer + reader->to,
				      BUFFER_BYTES - reader->to);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		reader->end = !n;
		reader->to += (size_t)n;
		reader->n_bytes += (size_t)n;
	}
	return 0;
}

/* The next line, without its end and with a NUL behind it. 1: there is one. */
static int next_line(struct reader *reader, char **ret, size_t *ret_len)
{
	char *line, *stop;
	int err;

	if (reader->to - reader->from <= FW_LIST_MAX_LINE && !reader->end) {
		err = fill(reader);
		if (err)
			return err;
	}
	if (reader->from == reader->to)
		return 0;
	line = reader->buffer + reader->from;
	stop = memchr(line, '\n', reader->to - reader->from);
	if (!stop)
		stop = reader->buffer + reader->to;	/* there is a byte more */
	reader->run.line++;
	*ret = line;
	*ret_len = (size_t)(stop - line);
	reader->from += *ret_len + (stop < reader->buffer + reader->to);
	*stop = '\0';
	return 1;
}

static int read_lines(struct reader *reader, enum fw_list_format format)
{
	char *line = NULL;
	size_t len = 0;
	int err = fill(reader);

	if (err)
		return err;
	if (format == FW_LIST_AUTO) {
		format = fw_list_guess(reader->buffer, reader->to);
		reader->run.guessed = true;
		reader->run.column = 1;
	}
	while ((err = next_line(reader, &line, &len)) > 0) {
		if (reader->run.line == 1 && !strncmp(line, "\xef\xbb\xbf", 3)) {
			line += 3;	/* a byte order mark */
			len -= 3;
		}
		err = fw_list_line(&reader->run, format, line, len);
		if (err)
			return err;
		if (reader->n_bytes > FW_LIST_MAX_FILE)
			return -EFBIG;
	}
	return err;
}

static const char *reason(int err)
{
	switch (err) {
	case -EFBIG:
		return "larger than 1 GiB";
	case -ENOTSUP:
		return "not a regular file";
	case -ESTALE:
		return "it changed while it was read";
	default:
		return strerror(-err);
	}
}

int fw_list_open(const char *path, struct stat *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (fstat(fd, ret) == 0 && S_ISREG(ret->st_mode))
		return fd;
	(void)close(fd);
	return -ENOTSUP;
}

/* Errors of the system are told from those of the callback and of lines. */
static int read_open(struct reader *reader, enum fw_list_format format,
		     const struct stat *st, int *ret_system)
{
	_cleanup_free_ char *buffer = malloc(BUFFER_BYTES + 1);
	int err;

	if (!buffer) {
		*ret_system = -ENOMEM;
		return -ENOMEM;
	}
	reader->buffer = buffer;
	err = read_lines(reader, format);
	reader->buffer = NULL;
	if (err && !reader->run.stopped)
		*ret_system = err;
	else if (!err && reader->n_bytes != (size_t)st->st_size)
		*ret_system = -ESTALE;
	return err ? err : *ret_system;
}

/* From kept where the file is there, or is put there first. */
static int open_kept(struct reader *reader, const char *path,
		     struct fw_lists *kept)
{
	struct fw_list_kept *file = NULL;
	int r;

	reader->kept = fw_lists_find(kept, path);
	if (reader->kept)
		return 0;
	r = fw_list_keep(path, &file);
	if (r == 0)
		r = fw_lists_put(kept, file);
	reader->kept = r == 0 ? file : NULL;
	return r;
}

int fw_list_read(const char *path, enum fw_list_format format, unsigned column,
		 struct fw_lists *kept, struct fw_diags *diags,
		 const struct fw_loc *loc, fw_list_fn fn, void *ctx)
{
	struct reader reader = {
		.run = { .column = column, .diags = diags, .named_at = loc, .fn = fn, .ctx = ctx },
		.fd = -1,
	};
	_cleanup_close_ int fd = -1;
	struct stat st = { 0 };
	int system = 0, err;

	reader.run.file = fw_arena_strdup(diags->arena, path);
	if (!reader.run.file)
		return -ENOMEM;
	if (kept) {
		err = open_kept(&reader, path, kept);
		st.st_size = err ? 0 : (off_t)reader.kept->len;
	} else {
		reader.fd = fd = fw_list_open(path, &st);
		err = fd < 0 ? fd : 0;
	}
	if (err)
		system = err;
	else
		err = read_open(&reader, format, &st, &system);

	if (system == -ENOMEM)
		return -ENOMEM;
	if (system) {
		fw_error(diags, "list-file", loc, "cannot read '%s': %s", path, reason(system));
		return -EINVAL;
	}
	if (reader.kept && !reader.kept->n_fields)
		reader.kept->n_fields = reader.run.n_fields;
	if (!err && !reader.run.n_fields) {
		fw_error(diags, "list-empty", loc, "'%s' has no elements", path);
		return -EINVAL;
	}
	return err;
}
