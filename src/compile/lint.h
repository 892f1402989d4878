/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lints: what is valid, and may well not be meant. One table of their names,
 * from which messages, manual and completion draw.
 */
#pragma once

#include "compile/regions.h"
#include "compile/typecheck.h"

enum fw_lint {
	/* chains (lint_chains.c) */
	FW_LINT_NO_MANAGEMENT,
	FW_LINT_NO_ESTABLISHED,
	FW_LINT_NO_NEIGHBOURS,
	FW_LINT_ACCEPTS_ALL,
	/* rules and what stands before them (lint_reach.c) */
	FW_LINT_NEVER_REACHED,
	FW_LINT_NEVER_MATCHES,
	FW_LINT_NO_EFFECT,
	FW_LINT_SAME_AS_POLICY,
	/* elements (lint_sets.c) */
	FW_LINT_COVERED_ELEMENT,
	FW_LINT_OVERLAPPING_ELEMENTS,
	/* words (lint_words.c) */
	FW_LINT_HOST_BITS,
	FW_LINT_PORT_WITHOUT_PROTOCOL,
	FW_LINT_UNKNOWN_WORD,		/* typecheck_rule.c */
	FW_LINT_UNKNOWN_LINT,		/* lint.c */
	/* what nothing names (lint_unused.c) */
	FW_LINT_UNUSED_SET,
	FW_LINT_UNUSED_DEFINE,
	FW_LINT_UNUSED_CHAIN,
	FW_LINT_UNUSED_OBJECT,
	FW_LINT_UNUSED_PROFILE,
	FW_LINT_UNUSED_CLASS,
	/* XDP (lint_xdp.c) */
	FW_LINT_COULD_BE_EARLY,
	FW_LINT_COULD_BE_XDP,
	/* vetting (lint_inspect.c, marks.c) */
	FW_LINT_NOTRACK_INSPECT,
	FW_LINT_MARK_UNMASKED,
	FW_LINT_MARK_OVERWRITE,
	FW_LINT_MAX_,
};

struct fw_lint_row {
	const char *id;
	enum fw_severity severity;
	const char *text;	/* what it finds, for lists of lints */
};

extern const struct fw_lint_row fw_lints[FW_LINT_MAX_];

/* A diagnostic of the lint's, as fw_diag_add(). */
#define fw_lint_add(diags, lint, loc, ...)                                \
	fw_diag_add((diags), fw_lints[(lint)].severity, fw_lints[(lint)].id, \
		    (loc), __VA_ARGS__)

/* Takes out what a `# flywall: allow NAME` on its line silences, and warns of
 * names that are no lint's. After everything that may add one. Only memory
 * fails: -ENOMEM. */
int fw_lint_silence(struct fw_arena *arena, const struct fw_ast *ast,
		    struct fw_diags *diags);

/* --- shared by the files of lints ----------------------------------------- */
struct fw_lint_table {
	struct fw_checker *checker;
	const struct fw_typed_table *table;
	const struct fw_res_table *source;
};

struct fw_lint_chain {
	struct fw_checker *checker;
	const struct fw_typed_table *table;
	const struct fw_typed_chain *chain;
	const struct fw_res_table *source_table;
	const struct fw_res_chain *source;
	const struct fw_regions *regions;	/* the table's */
	size_t *work;		/* rules and boxes compared, in all chains */
};

/* Beyond this much a lint is silent: a hostile file shall not take for ever. */
#define FW_LINT_WORK FW_COVERS_WORK

/* The place of a whole rule. */
struct fw_loc fw_lint_rule_loc(const struct fw_typed_rule *rule);

/* Each looks at one chain; 0 or -ENOMEM. */
int fw_lint_policy(const struct fw_lint_chain *lint);
int fw_lint_reach(const struct fw_lint_chain *lint);
int fw_lint_lists(const struct fw_lint_chain *lint);
int fw_lint_words(const struct fw_lint_chain *lint);
int fw_lint_xdp(const struct fw_lint_chain *lint);
int fw_lint_inspect(const struct fw_lint_chain *lint);

int fw_lint_unused(const struct fw_lint_table *table);
void fw_lint_unused_sets(struct fw_checker *checker);
void fw_lint_unused_defines(struct fw_checker *checker);
void fw_lint_unused_blocks(struct fw_checker *checker);
int fw_lint_management_words(struct fw_checker *checker);
int fw_lint_set_words(struct fw_checker *checker, const struct fw_res_set *set);
