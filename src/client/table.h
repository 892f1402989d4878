/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Aligned columns from a list of JSON objects, for people. */
#pragma once

#include <jansson.h>
#include <stddef.h>

enum fw_column_kind {
	FW_COLUMN_TEXT,		/* null is "-" */
	FW_COLUMN_COUNT,	/* right-aligned */
	FW_COLUMN_BYTES,	/* "1.5 KiB" */
	FW_COLUMN_SECONDS,	/* "2h 3m" */
	FW_COLUMN_YES,		/* booleans: "yes", "-" */
	FW_COLUMN_PLACE,	/* members file and line: "x.conf:7" */
	FW_COLUMN_ENDPOINT,	/* an address, and the member `more`, its port */
};

struct fw_column {
	const char *title;
	enum fw_column_kind kind;
	const char *key;
	const char *more;	/* valid with ENDPOINT */
};

#define FW_COLUMNS_MAX 16

/* Every line is preceded by indent spaces. Prints nothing for no rows. */
void fw_table_print(const json_t *rows, const struct fw_column *columns,
		    size_t n_columns, int indent);

#define FW_CELL_MAX 1100

/* A cell's text: no control characters are left in it, whoever wrote it. */
void fw_cell_text(const json_t *row, const struct fw_column *column,
		  char text[static FW_CELL_MAX]);
