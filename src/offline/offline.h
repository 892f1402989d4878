/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that need no daemon: check, plan, print.
 *
 * They read files and nothing else: no root, no kernel, no network. Data goes
 * to standard output, diagnostics to standard error. Each returns the exit
 * status: 0, 65 (a configuration is invalid), 66 (a file named on the command
 * line cannot be read), 70, 71 or 74. check --live asks this machine, too: 69
 * says that it refuses what is valid, 77 that only root may ask.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "grammar/parse.h"

struct fw_offline_options {
	const char *const *files;	/* at least one; "-" is standard input */
	size_t n_files;
	struct fw_parse_options parse;
	bool json;
	bool strict;	/* check: warnings are errors */
	bool live;	/* check: on this machine, too */
	bool verbose;	/* check: also what was not done */
	const char *capture;	/* explain: a file of packets, or NULL */
	bool terse;	/* plan: without contents of maps */
};

int fw_offline_check(const struct fw_offline_options *options);
int fw_offline_plan(const struct fw_offline_options *options);
/* The first file only. */
int fw_offline_print(const struct fw_offline_options *options);
/* Of this kernel; verbose: with the verifier's logs. */
int fw_offline_features(bool json, bool verbose);
/* The table of lints: name, severity and text, a line each. */
void fw_offline_lints(void);
/* The words that the language adds to nft's: place and word, a line each. */
void fw_offline_words(void);
/* The first two files. Status 0 whether they differ or not. */
int fw_offline_diff(const struct fw_offline_options *options);
/* packet: in nft's matches; with a capture its devices, or NULL. Status 64 where
 * it is none. */
int fw_offline_explain(const struct fw_offline_options *options,
		       const char *packet);
/* What the parsers see in a file of packets, a flow each. */
int fw_offline_dissect(const char *path, bool json);
