/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: names of settings. Out: what /proc/sys says of them. May fail: a kernel
 * that has no such setting, or not for this namespace; one that takes no such
 * value, or nothing from this process.
 */
#include "apply/sysctl.h"

#include <stdio.h>

#include "util/cleanup.h"

#define PATH_LENGTH 128

static FILE *open_setting(const char *name, const char *mode)
{
	char path[PATH_LENGTH];
	int n = snprintf(path, sizeof(path), "/proc/sys/%s", name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return NULL;
	for (char *at = path + sizeof("/proc/sys/") - 1; *at; at++)
		if (*at == '.')
			*at = '/';
	return fopen(path, mode);
}

bool fw_sysctl_read(const char *name, long *ret)
{
	_cleanup_fclose_ FILE *in = open_setting(name, "re");
	bool found = false;
	long value;

	while (in && fscanf(in, "%ld", &value) == 1) {
		*ret = value;
		found = true;
	}
	return found;
}

bool fw_sysctl_write(const char *name, long value)
{
	FILE *out = open_setting(name, "we");
	bool written;

	if (!out)
		return false;
	written = fprintf(out, "%ld\n", value) > 0;
	return fclose(out) == 0 && written;
}
