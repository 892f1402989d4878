/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the classifier's builder share. Only classes*.c look at it. */
#pragma once

#include <assert.h>

#include "compile/lower.h"

/* --- rows (classes_rows.c) ------------------------------------------------- */
/* Every row once. Row 0 is the first that was interned. */
struct fw_class_rows {
	struct fw_row *items;
	uint32_t n, cap;
	uint32_t *slots;	/* open addressing; row + 1, 0 is free */
	uint32_t n_slots;	/* a power of two */
};

/* 68 MiB, and as much again for the other slot. */
#define FW_CLASS_ROWS_MAX (1u << 17)

/* The number of an equal row; fills row->any. -ENOSPC at the limit, -ENOMEM. */
int fw_class_intern(struct fw_class_rows *rows, struct fw_row *row,
		    uint32_t *ret);
void fw_class_rows_done(struct fw_class_rows *rows);

static inline void fw_row_flip(struct fw_row *row, uint32_t rule)
{
	row->words[rule / 64] ^= 1ULL << (rule % 64);
}

static inline void fw_row_set(struct fw_row *row, uint32_t rule)
{
	row->words[rule / 64] |= 1ULL << (rule % 64);
}

/* --- the builder (classes.c) ----------------------------------------------- */
struct fw_classes {
	struct fw_plan *plan;
	struct fw_class_rows rows;
	struct fw_gen gen;
	struct fw_row base[FW_FIELD_MAX_];	/* rules that do not test it */
	FW_VEC(struct fw_plan_table) tables;
};

/* The rule's match on a field, or NULL; a slot that no rule uses has none. */
const struct fw_match *fw_class_match(const struct fw_xdp_rule *rule,
				      enum fw_field field);
int fw_class_table(struct fw_classes *c, const char *name,
		   enum fw_table_kind kind, size_t key_size, size_t value_size,
		   size_t n, const void *keys, const void *values);

/* --- addresses (classes_addresses.c) --------------------------------------- */
/* A prefix of a rule and the row of the addresses that no longer one covers.
 * Sorted by address, shorter ones first. */
struct fw_class_prefix {
	fw_u128 addr;		/* in the field's own width */
	uint32_t row;
	uint8_t len;
};

/* saddr4, daddr4, saddr6, daddr6 and what stands for them. */
int fw_class_addresses(struct fw_classes *c);

/* --- the trie of arrays (classes_trie.c) ----------------------------------- */
/* Table name from sorted prefixes: 1, or 0 where it would be too large. */
int fw_class_trie(struct fw_classes *c, const char *name,
		  const struct fw_class_prefix *prefixes, size_t n,
		  uint32_t other);
