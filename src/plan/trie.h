/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 prefixes as the trie of lines that the programs look them up in (abi.h). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

struct fw_plan_table;

/* 256 MiB: more are for another form. */
#define FW_TRIE_LINES_MAX (1u << 22)

/* The form of a table of FW_TABLE_TRIE, TRIE or BITS, that takes fewer lines, and how
 * many; none without prefixes. 0 or -ENOMEM. */
int fw_trie_fit(struct fw_plan_table *table);
/* Writes all of them; they are zero before. */
void fw_trie_write(const struct fw_plan_table *table, struct fw_trie_line *lines);
/* The class of an address, as the programs find it. */
uint32_t fw_trie_class(const struct fw_plan_table *table,
		       const struct fw_trie_line *lines, uint32_t addr);
