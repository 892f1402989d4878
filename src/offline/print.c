/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall print: a configuration as canonical text, includes in their place.
 *
 * In: a file. Out: the text on standard output, which parses to the same plan.
 * It is compiled first: what is not valid is not printed.
 */
#include "offline/offline.h"

#include <sysexits.h>

#include "offline/load.h"

int fw_offline_print(const struct fw_offline_options *options)
{
	struct fw_load load;
	int status;

	fw_load_open(&load, options->files[0], &options->parse, true);
	fw_diags_print(&load.diags, stderr);
	status = load.status;
	if (!status)
		fw_ast_print(load.ast, stdout);
	fw_load_close(&load);
	if (fflush(stdout) || ferror(stdout))
		return EX_IOERR;
	return status;
}
