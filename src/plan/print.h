/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the printers of a plan share: the content of a map in words, and the nft
 * text. Only plan/ looks at it.
 */
#pragma once

#include "plan/plan.h"
#include "util/buf.h"

/* One entry (or a run of equal ones) of a table, in words: "192.0.2.0/24",
 * "row 3". Returns 0 to go on, anything else to stop with it. */
typedef int (*fw_plan_entry_fn)(void *ctx, const char *key, const char *value);

/* Calls fn for what stands in the table, in its order. Returns 0, what fn
 * returned, or -ENOMEM. */
int fw_plan_table_entries(const struct fw_plan_table *table,
			  fw_plan_entry_fn fn, void *ctx);

/* The same for the table of names that `dns qname` asks: a suffix, the sets that
 * it is in itself, and those that names below it are in. */
#define FW_NAMES_TABLE "names"
int fw_plan_name_entries(const struct fw_suffixes *suffixes,
			 fw_plan_entry_fn fn, void *ctx);

const char *fw_table_kind_name(enum fw_table_kind kind);
size_t fw_plan_table_bytes(const struct fw_plan_table *table);

/* The tables in which a rule of the maps has rows, each once, by their order in
 * the plan: calls fn with the name. */
void fw_plan_rule_tables(const struct fw_plan *plan,
			 const struct fw_xdp_rule *rule,
			 void (*fn)(void *ctx, const char *table), void *ctx);

/* The nft text; terse gives the number of elements in their place. */
void fw_plan_nft_text(const struct fw_plan *plan, bool terse,
		      struct fw_buf *ret);

/* What is no table, chain, set or rule: headings, and a line for each thing
 * below them, without numbers that hang on other things. */
void fw_plan_print_settings(const struct fw_plan *plan, FILE *out);

/* What blocks, options, sets and statements say (blocks_print.c). */
void fw_plan_print_blocks(const struct fw_plan *plan, bool terse, FILE *out);
