# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwplan.a
libfwplan_a_SOURCES = \
	src/plan/blocks.h \
	src/plan/blocks_json.c \
	src/plan/blocks_names.c \
	src/plan/blocks_print.c \
	src/plan/blocks_seal.c \
	src/plan/changes.c \
	src/plan/changes.h \
	src/plan/changes_file.c \
	src/plan/diff.h \
	src/plan/domain.c \
	src/plan/entries.c \
	src/plan/fields.c \
	src/plan/inspects.c \
	src/plan/json.h \
	src/plan/limit.c \
	src/plan/live.c \
	src/plan/plan.c \
	src/plan/plan.h \
	src/plan/plan_diff.c \
	src/plan/plan_diff_print.c \
	src/plan/plan_diff_rules.c \
	src/plan/plan_json.c \
	src/plan/plan_nft.c \
	src/plan/plan_print.c \
	src/plan/prefixes.h \
	src/plan/print.h \
	src/plan/prints.c \
	src/plan/prints.h \
	src/plan/qos.c \
	src/plan/roads.c \
	src/plan/seal.c \
	src/plan/seal.h \
	src/plan/suffix_table.c \
	src/plan/suffixes.h \
	src/plan/texts.c \
	src/plan/trie.c \
	src/plan/trie.h \
	src/plan/trie_bits.c \
	src/plan/trie_walk.h
