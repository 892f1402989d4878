/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and texts in, blocks of 512 bytes out (POSIX.1-2017, pax: "ustar
 * Interchange Format"). Fails only as a stream does.
 */
#include "client/archive.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define BLOCK 512

struct header {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6], version[2];
	char user[32], group[32];
	char major[8], minor[8];
	char prefix[155];
	char padding[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

/* The sum is of all bytes, with its own field as blanks. */
static void add_up(struct header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned sum = 0;

	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += bytes[i];
	(void)snprintf(header->checksum, sizeof(header->checksum), "%06o", sum);
}

void fw_archive_add(FILE *out, const char *name, const char *text, size_t len,
		    uint64_t mtime_s)
{
	static const char zeros[BLOCK];
	struct header header = {
		.mode = "0000600", .uid = "0000000", .gid = "0000000",
		.type = '0', .magic = "ustar", .version = { '0', '0' },
		.user = "root", .group = "root",
	};

	assert(strlen(name) <= FW_ARCHIVE_NAME_MAX);
	(void)snprintf(header.name, sizeof(header.name), "%s", name);
	(void)snprintf(header.size, sizeof(header.size), "%011" PRIo64,
		       (uint64_t)len & 077777777777);
	(void)snprintf(header.mtime, sizeof(header.mtime), "%011" PRIo64,
		       mtime_s & 077777777777);
	add_up(&header);
	(void)fwrite(&header, BLOCK, 1, out);
	(void)fwrite(text, 1, len, out);
	if (len % BLOCK)
		(void)fwrite(zeros, 1, BLOCK - len % BLOCK, out);
}

void fw_archive_end(FILE *out)
{
	static const char zeros[2 * BLOCK];

	(void)fwrite(zeros, 1, sizeof(zeros), out);
}
