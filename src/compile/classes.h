/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that build the classifier's tables share. */
#pragma once

#include "compile/typed.h"
#include "util/vec.h"

/* Rows, interned: equal ones are one. */
struct fw_rows {
	struct fw_row *items;
	uint32_t n, cap;
	uint32_t *slots;	/* open addressing; row + 1, 0 is free */
	uint32_t n_slots;	/* a power of two */
};

struct fw_classes {
	struct fw_plan *plan;
	struct fw_rows rows;
	struct fw_gen gen;
	struct fw_row base[FW_FIELD_ALL_MAX_];	/* rules that do not test it */
	FW_VEC(struct fw_plan_table) tables;
};

/* The row's number; fills row->any. -ENOSPC where there are too many. */
int fw_rows_intern(struct fw_rows *rows, struct fw_row *row, uint32_t *ret);
int fw_classes_intern(struct fw_classes *classes, struct fw_row *row,
		      uint32_t *ret);
/* All of more, in their order, behind those that are there, as they are; ret:
 * the number of the first. */
int fw_rows_append(struct fw_rows *rows, const struct fw_rows *more,
		   uint32_t *ret);
void fw_rows_done(struct fw_rows *rows);
void fw_row_set(struct fw_row *row, uint32_t rule);
/* Of a row that is interned or appended: the number of words that hold a bit is
 * brought up to date. */
void fw_row_and(struct fw_row *row, const struct fw_row *other);
/* The rule's match of the field, or NULL; also for a slot that is not in use. */
const struct fw_match *fw_classes_match(const struct fw_xdp_rule *rule,
					enum fw_field field);
/* The field's values in order, as runs with one row: fn is called for each, up
 * to the field's largest value, and may fail. */
typedef int (*fw_classes_run_fn)(void *ctx, uint64_t from, uint64_t to,
				 uint32_t row);
int fw_classes_sweep(struct fw_classes *classes, enum fw_field field,
		     fw_classes_run_fn fn, void *ctx);
int fw_classes_table(struct fw_classes *classes, const char *name,
		     enum fw_table_kind kind, size_t key_size,
		     size_t value_size, size_t n, const void *keys,
		     const void *values);

/* A prefix, and the class of those of its addresses that no longer one covers. */
struct fw_prefix_class {
	fw_u128 addr;		/* in the field's own width */
	uint32_t class;
	uint8_t len;
};

/* All by address, one before those within it. */
struct fw_prefix_classes {
	struct fw_prefix_class *items;
	size_t n;
	unsigned width;		/* bits of an address */
};

/* classes_addresses.c: the tables of the four address fields. -E2BIG where there
 * are too many prefixes. */
int fw_classes_addresses(struct fw_classes *classes);
/* classes_tests.c: tables "tests" and "cuts", of fields without a table. */
int fw_classes_tests(struct fw_classes *classes);
/* classes_forms.c: the field's table in the form that fits; other tables of the
 * same field stay empty. */
int fw_classes_put(struct fw_classes *classes, enum fw_field field,
		   const struct fw_prefix_classes *prefixes);
/* classes_live.c: what asks a live set, but for the number of its first cut. */
int fw_classes_live(struct fw_classes *classes, const struct fw_live_match *live,
		    struct fw_test *test, struct fw_cut cuts[static 2]);
