/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the check of profiles share. */
#pragma once

#include "compile/blocks.h"

/* A profile while it is read. */
struct fw_profile_check {
	struct fw_profile *profile;
	FW_VEC(struct fw_inspect_rule) rules;
	uint32_t seq;
	bool queue;
};

/* A line that begins with a fact; ctx is the fw_profile_check. */
int fw_inspect_rule(struct fw_checker *checker, void *ctx,
		    const struct fw_line *line);
/* The facts, two words each ("payload": one), for words.c; NULL ends them. */
const char *fw_inspect_fact_words(size_t i, const char **ret_second);

/* --- inspect_values.c: what a fact is compared with ------------------------ */
enum fw_operand {
	FW_OPERAND_NAMES,	/* domain names, @set of them */
	FW_OPERAND_JA3,
	FW_OPERAND_JA4,
	FW_OPERAND_TEXTS,	/* protocol names: literals only */
	FW_OPERAND_TLS_VERSION,
	FW_OPERAND_SSH_VERSION,
	FW_OPERAND_QTYPE,
	FW_OPERAND_PATTERNS,	/* @set only */
	FW_OPERAND_MAX_,
};

/* The values at words[0]: a set, one value, `a, b` or `{ a, b }`. *ret_n words;
 * 0 after a diagnostic. table NULL: in a block. -ENOMEM. */
int fw_inspect_operand(struct fw_checker *checker,
		       const struct fw_typed_table *table,
		       enum fw_operand operand, const struct fw_word *words,
		       size_t n, struct fw_inspect_rule *ret, size_t *ret_n);
