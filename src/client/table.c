/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON objects and a description of columns in, lines on standard output out.
 * Missing members are shown as "-"; nothing fails.
 */
#include "client/table.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"

#define GAP 2

static void put_text(const json_t *value, char text[static FW_CELL_MAX])
{
	if (json_is_string(value))
		(void)snprintf(text, FW_CELL_MAX, "%s",
			       json_string_value(value));
	else if (json_is_integer(value))
		(void)snprintf(text, FW_CELL_MAX, "%" JSON_INTEGER_FORMAT,
			       json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(text, FW_CELL_MAX, "%.2f",
			       json_real_value(value));
}

static void put_bytes(const json_t *value, char text[static FW_CELL_MAX])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double size = (double)json_integer_value(value);
	size_t unit = 0;

	while (size >= 1024 && unit + 1 < FW_ARRAY_SIZE(units)) {
		size /= 1024;
		unit++;
	}
	(void)snprintf(text, FW_CELL_MAX, "%.*f %s",
		       unit > 0 && size < 100 ? 1 : 0, size, units[unit]);
}

/* The two largest units that are not zero in front: "3d 4h", "2m 5s", "7s". */
static void put_seconds(const json_t *value, char text[static FW_CELL_MAX])
{
	static const struct {
		json_int_t seconds;
		char unit, next;
		json_int_t next_seconds;
	} steps[] = {
		{ 86400, 'd', 'h', 3600 },
		{ 3600, 'h', 'm', 60 },
		{ 60, 'm', 's', 1 },
	};
	json_int_t s = json_integer_value(value);

	for (size_t i = 0; i < FW_ARRAY_SIZE(steps); i++) {
		if (s < steps[i].seconds)
			continue;
		(void)snprintf(text, FW_CELL_MAX,
			       "%" JSON_INTEGER_FORMAT "%c %"
			       JSON_INTEGER_FORMAT "%c",
			       s / steps[i].seconds, steps[i].unit,
			       s % steps[i].seconds / steps[i].next_seconds,
			       steps[i].next);
		return;
	}
	(void)snprintf(text, FW_CELL_MAX, "%" JSON_INTEGER_FORMAT "s", s);
}

static void put_place(const json_t *row, char text[static FW_CELL_MAX])
{
	const char *file = json_string_value(json_object_get(row, "file"));
	json_int_t line = json_integer_value(json_object_get(row, "line"));

	if (file)
		(void)snprintf(text, FW_CELL_MAX, "%s:%" JSON_INTEGER_FORMAT,
			       file, line);
}

static void put_endpoint(const json_t *row, const struct fw_column *column,
			 char text[static FW_CELL_MAX])
{
	const char *addr = json_string_value(json_object_get(row, column->key));
	json_int_t port = json_integer_value(json_object_get(row,
							     column->more));

	if (addr)
		(void)snprintf(text, FW_CELL_MAX,
			       strchr(addr, ':') ?
				       "[%s]:%" JSON_INTEGER_FORMAT :
				       "%s:%" JSON_INTEGER_FORMAT,
			       addr, port);
}

void fw_cell_text(const json_t *row, const struct fw_column *column,
		  char text[static FW_CELL_MAX])
{
	const json_t *value = json_object_get(row, column->key);

	text[0] = '\0';
	if (column->kind == FW_COLUMN_PLACE)
		put_place(row, text);
	else if (column->kind == FW_COLUMN_ENDPOINT)
		put_endpoint(row, column, text);
	else if (column->kind == FW_COLUMN_BYTES && json_is_integer(value))
		put_bytes(value, text);
	else if (column->kind == FW_COLUMN_SECONDS && json_is_integer(value))
		put_seconds(value, text);
	else if (column->kind == FW_COLUMN_YES)
		strcpy(text, json_is_true(value) ? "yes" : "-");
	else
		put_text(value, text);
	if (text[0] == '\0')
		strcpy(text, "-");
	for (char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
}

static bool is_number(const struct fw_column *column)
{
	return column->kind == FW_COLUMN_COUNT ||
	       column->kind == FW_COLUMN_BYTES ||
	       column->kind == FW_COLUMN_SECONDS;
}

static void measure(const json_t *rows, const struct fw_column *columns,
		    size_t n_columns, size_t widths[static FW_COLUMNS_MAX])
{
	char text[FW_CELL_MAX];
	const json_t *row;
	size_t i;

	for (size_t c = 0; c < n_columns; c++)
		widths[c] = strlen(columns[c].title);
	json_array_foreach(rows, i, row) {
		for (size_t c = 0; c < n_columns; c++) {
			fw_cell_text(row, &columns[c], text);
			if (strlen(text) > widths[c])
				widths[c] = strlen(text);
		}
	}
}

/* The last column is as wide as its text. */
static void put_cell(const char *text, bool right, size_t width, bool last)
{
	if (right)
		printf("%*s", (int)width, text);
	else if (last)
		(void)fputs(text, stdout);
	else
		printf("%-*s", (int)width, text);
	if (last)
		(void)putchar('\n');
	else
		printf("%*s", GAP, "");
}

void fw_table_print(const json_t *rows, const struct fw_column *columns,
		    size_t n_columns, int indent)
{
	size_t widths[FW_COLUMNS_MAX], i;
	char text[FW_CELL_MAX];
	const json_t *row;

	if (json_array_size(rows) == 0)
		return;
	measure(rows, columns, n_columns, widths);
	printf("%*s", indent, "");
	for (size_t c = 0; c < n_columns; c++)
		put_cell(columns[c].title, is_number(&columns[c]), widths[c],
			 c + 1 == n_columns);
	json_array_foreach(rows, i, row) {
		printf("%*s", indent, "");
		for (size_t c = 0; c < n_columns; c++) {
			fw_cell_text(row, &columns[c], text);
			put_cell(text, is_number(&columns[c]), widths[c],
				 c + 1 == n_columns);
		}
	}
}
