/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall plan: what a configuration means for each layer.
 *
 * In: a file. Out: the plan on standard output, as text or one JSON document;
 * diagnostics on standard error, and then no plan.
 */
#include "offline/offline.h"

#include <sysexits.h>

#include "offline/load.h"

int fw_offline_plan(const struct fw_offline_options *options)
{
	struct fw_load load;
	int status;

	fw_load_open(&load, options->files[0], &options->parse, true);
	fw_diags_print(&load.diags, stderr);
	status = load.status;
	if (!status && options->json)
		status = fw_plan_print_json(load.plan, options->terse,
					    stdout) ? EX_OSERR : 0;
	else if (!status)
		fw_plan_print(load.plan, options->terse, stdout);
	fw_load_close(&load);
	if (fflush(stdout) || ferror(stdout))
		return EX_IOERR;
	return status;
}
