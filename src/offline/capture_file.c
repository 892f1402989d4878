/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture's file, whole in memory.
 *
 * In: a path. Out: a capture. Fails with an exit status, behind a line that
 * says why.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "offline/capture.h"
#include "util/cleanup.h"

#define FILE_MAX ((size_t)1 << 30)

static int read_whole(const char *path, uint8_t **ret, size_t *ret_len)
{
	_cleanup_fclose_ FILE *in = fopen(path, "rb");
	_cleanup_free_ uint8_t *data = NULL;
	size_t len = 0, cap = 0;

	if (!in)
		return -errno;
	for (;;) {
		uint8_t *more;
		size_t n;

		if (len == cap) {
			cap = cap ? cap * 2 : 65536;
			more = cap > FILE_MAX ? NULL : realloc(data, cap);
			if (!more)
				return cap > FILE_MAX ? -EFBIG : -ENOMEM;
			data = more;
		}
		n = fread(data + len, 1, cap - len, in);
		if (n == 0)
			break;
		len += n;
	}
	if (ferror(in))
		return -EIO;
	*ret = FW_TAKE(data);
	*ret_len = len;
	return 0;
}

static int complain(const char *path, const char *why)
{
	(void)fprintf(stderr, "flywall: %s: %s\n", path, why);
	return EX_NOINPUT;
}

int fw_capture_read(const char *path, struct fw_capture **ret_capture)
{
	_cleanup_free_ uint8_t *data = NULL;
	_cleanup_free_ struct fw_capture *capture = malloc(sizeof(*capture));
	size_t len = 0;
	int err = capture ? read_whole(path, &data, &len) : -ENOMEM;

	if (err < 0) {
		(void)complain(path, strerror(-err));
		return err == -ENOMEM ? EX_OSERR : EX_NOINPUT;
	}
	if (fw_capture_open(capture, data, len) < 0)
		return complain(path, capture->error);
	capture->own = FW_TAKE(data);
	*ret_capture = FW_TAKE(capture);
	return 0;
}

void fw_capture_close(struct fw_capture *capture)
{
	if (!capture)
		return;
	free(capture->own);
	free(capture);
}
