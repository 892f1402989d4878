/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: the name of a point in a commit, and FLYWALL_FAULT. Out: whether to fail
 * there. May fail: that is its purpose.
 */
#include "apply/fault.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

int fw_fault(const char *point)
{
	const char *wish = getenv("FLYWALL_FAULT");
	size_t len = strlen(point);

	if (!wish || strncmp(wish, point, len))
		return 0;
	if (!strcmp(wish + len, ":kill"))
		(void)raise(SIGKILL);
	return wish[len] ? 0 : -EIO;
}
