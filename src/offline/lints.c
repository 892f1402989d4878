/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall --lints: what lints there are, for completion and the check of the
 * manual. A line each on standard output. Nothing fails.
 */
#include <stdio.h>

#include "compile/lint.h"
#include "offline/offline.h"

void fw_offline_lints(void)
{
	for (size_t i = 0; i < FW_LINT_MAX_; i++)
		printf("%s %s %s\n", fw_lints[i].id,
		       fw_severity_name(fw_lints[i].severity),
		       fw_lints[i].text);
}
