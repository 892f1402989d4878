/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall diff FILE FILE: what the second configuration changes in the first.
 *
 * In: two files. Out: a line for each change on standard output, or one JSON
 * document; nothing where they mean the same. Diagnostics on standard error.
 */
#include "offline/offline.h"

#include <sysexits.h>

#include "offline/load.h"
#include "plan/diff.h"
#include "util/cleanup.h"

static int print(const struct fw_load *from, const struct fw_load *to, bool json)
{
	_cleanup_(fw_buf_done) struct fw_buf text = { 0 };
	fw_plan_change_vec changes = { 0 };

	if (fw_plan_diff(to->arena, from->plan, to->plan, &changes) < 0)
		return EX_OSERR;
	if (json) {
		fw_plan_diff_json(from->plan, to->plan, &changes, &text);
		fw_buf_addc(&text, '\n');
	} else {
		fw_plan_diff_text(&changes, &text);
	}
	if (text.failed)
		return EX_OSERR;
	(void)fwrite(text.text, 1, text.len, stdout);
	return 0;
}

static int open_file(struct fw_load *load, const char *file,
		     const struct fw_offline_options *options)
{
	fw_load_open(load, file, &options->parse, true);
	if (load->status)
		fw_diags_print(&load->diags, stderr);
	return load->status;
}

int fw_offline_diff(const struct fw_offline_options *options)
{
	struct fw_load from, to;
	int a = open_file(&from, options->files[0], options);
	int b = open_file(&to, options->files[1], options);
	int status = a > b ? a : b;

	if (!status)
		status = print(&from, &to, options->json);
	fw_load_close(&from);
	fw_load_close(&to);
	if (fflush(stdout) || ferror(stdout))
		return EX_IOERR;
	return status;
}
