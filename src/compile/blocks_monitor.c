/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor dns { devices = { … }; log queries }.
 *
 * In: a block `monitor`. Out: the devices that are watched. Other monitors are
 * refused.
 */
#include <string.h>

#include "compile/typecheck.h"
#include "compile/vocabulary.h"
#include "util/cleanup.h"

static int devices(struct fw_checker *checker, void *ctx,
		   const struct fw_line *line)
{
	*(bool *)ctx = true;
	return fw_check_devices(checker, line->words + 1, line->n_words - 1,
				&line->loc, &checker->typed->dns_devices,
				&checker->typed->n_dns_devices);
}

static int log_key(struct fw_checker *checker, void *ctx,
		   const struct fw_line *line)
{
	static const char *const choices[] = { "queries" };
	size_t i;

	(void)ctx;
	if (fw_check_choice(checker, line, choices, 1, &i))
		checker->typed->dns_log_queries = true;
	return 0;
}

static const struct fw_block_key keys[] = {
	{ "devices", devices, false },
	{ "log", log_key, false },
	{ "local", NULL, false },
	{ "alert", NULL, false },
};

int fw_check_monitor(struct fw_checker *checker,
		     const struct fw_res_block *block)
{
	static const char *const kinds[] = { "dns", "tls", "dhcp", "kernel" };
	struct fw_diag *diag;
	const char *near;

	if (block->name && !strcmp(block->name, "dns")) {
		bool named = false;
		int r = fw_check_keys(checker, "monitor dns",
				      block->lines.items, block->lines.n, keys,
				      FW_ARRAY_SIZE(keys), &named);

		if (!r && !named)
			fw_error(checker->diags, "no-device", &block->loc,
				 "'monitor dns' names no devices");
		return r;
	}
	for (size_t i = 1; block->name && i < FW_ARRAY_SIZE(kinds); i++) {
		if (strcmp(block->name, kinds[i]))
			continue;
		fw_error(checker->diags, "unsupported", &block->loc,
			 "'monitor %s' is not supported by this version",
			 block->name);
		return 0;
	}
	diag = fw_error(checker->diags, "unknown-key",
			block->name ? &block->name_loc : &block->loc,
			block->name ? "there is no monitor '%s'" :
				      "monitor what? 'monitor dns { … }'%s",
			block->name ? block->name : "");
	near = block->name ? fw_nearest(block->name, kinds,
					FW_ARRAY_SIZE(kinds)) : NULL;
	if (near)
		fw_diag_hint(checker->diags, diag, "did you mean '%s'?", near);
	return 0;
}
