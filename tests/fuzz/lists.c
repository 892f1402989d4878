/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as an element file, in each format: fields whose places are within
 * the file, or one diagnostic.
 *
 * The first byte chooses the format, and for CSV the column; the rest is the
 * file. It lies in memory, under /proc/self/fd.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lists/lists.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
	size_t lines;		/* of the file */
	size_t fields;
	uint32_t line;		/* of the last field */
	size_t stop;		/* give up behind so many fields; 0: never */
};

static int take(void *ctx, const struct fw_list_field *field)
{
	struct reading *reading = ctx;

	assert(field->len && strlen(field->text) <= field->len);
	assert(field->loc.line >= reading->line &&
	       field->loc.line <= reading->lines);
	assert(field->loc.col >= 1 && field->loc.end_col >= field->loc.col);
	reading->line = field->loc.line;
	return ++reading->fields == reading->stop ? -ECANCELED : 0;
}

static int open_bytes(const uint8_t *data, size_t size, char path[64])
{
	int fd = memfd_create("list", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading reading = { .lines = 1 };
	const struct fw_loc loc = { .file = "fuzz.conf", .line = 1, .col = 1 };
	struct fw_arena *arena = fw_arena_new();
	struct fw_diags diags;
	enum fw_list_format format;
	char path[64];
	int fd, r;

	if (!size || !arena) {
		fw_arena_free(arena);
		return 0;
	}
	format = (enum fw_list_format)(data[0] % (FW_LIST_CSV + 1));
	for (size_t i = 1; i < size; i++)
		reading.lines += data[i] == '\n';
	reading.stop = data[0] & 0x80 ? 3 : 0;
	fd = open_bytes(data + 1, size - 1, path);
	fw_diags_init(&diags, arena);
	r = fw_list_read(path, format, 1 + data[0] / 8 % 8, NULL, &diags, &loc, take,
			 &reading);
	assert(r == -ECANCELED ? reading.fields == reading.stop :
				 !r == !diags.n_errors);
	assert(diags.n_errors <= 1);
	(void)close(fd);
	fw_arena_free(arena);
	return 0;
}
