/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a file to a plan: all of a reload that touches no kernel. */
#pragma once

#include <stddef.h>

#include "facts/facts.h"
#include "grammar/parse.h"
#include "lists/kept.h"
#include "plan/changes.h"
#include "plan/plan.h"

struct fw_load_tree;

/* A configuration as it runs, or what is wrong with it. */
struct fw_load {
	/* what it is compiled from */
	struct fw_load_tree *tree;	/* NULL: the file is yet to be read */
	struct fw_lists lists;		/* element files that have been */
	struct fw_changes *changes;	/* of sets, at run time; or NULL */

	int code;		/* exit status: 0, 65, 66, 69 or 71 */
	struct fw_plan *plan;	/* valid with code 0 */
	char *text;		/* canonical, valid with code 0 */
	char *diagnostics;	/* as they are printed, or NULL */
	char *error;		/* what else failed, in a line, or NULL */
};

/* Makes ret ready for fw_load(): the same text and the same element files as
 * those of running. 0 or -ENOMEM. */
int fw_load_same(const struct fw_load *running, struct fw_load *ret);
/* Makes ret ready for fw_load(): a text in the place of a file, which is called
 * name and has its lists beside that. 0, -EINVAL where it is no configuration,
 * or -ENOMEM. */
int fw_load_text(const char *name, const char *text, struct fw_load *ret);
/* Reads and compiles. Safe from any thread, for one caller at a time. */
void fw_load(const char *file, const struct fw_parse_options *options,
	     const struct fw_facts *facts, struct fw_load *load);
void fw_load_done(struct fw_load *load);
