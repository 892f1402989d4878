/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 prefixes as the trie of lines that the programs look them up in (abi.h). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

struct fw_plan_table;

/* 256 MiB: more are for another form. */
#define FW_TRIE_LINES_MAX (1u << 22)

/* How many lines a table of FW_TABLE_TRIE takes; none without prefixes. 0 or
 * -ENOMEM. */
int fw_trie_count(const struct fw_plan_table *table, size_t *ret);
/* Writes all of them. */
void fw_trie_write(const struct fw_plan_table *table, struct fw_trie_line *lines);
/* The class of an address, as the programs find it. */
uint32_t fw_trie_class(const struct fw_trie_line *lines, uint32_t addr);
