/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diagnostics: what is wrong with the user's text, and where.
 *
 * A diagnostic is a record with up to four places. Records are collected while
 * a configuration is parsed and compiled, and printed once, sorted by place:
 *
 *	file:line:col-col: Error: text
 *	the source line
 *	    ^^^^
 *
 * Out of memory while recording is remembered in diags->oom.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/arena.h"

/* A text that was read whole: a configuration file, an include, stdin. */
struct fw_source {
	const char *name;	/* as the user named it; "-" is <stdin> */
	const char *text;	/* NUL-terminated */
	size_t len;
	const struct fw_source *includer;	/* NULL for the first file */
	uint32_t include_line;			/* valid with includer */
};

/* Lines and columns count from 1, columns in bytes; end_col is the last one. */
struct fw_loc {
	const struct fw_source *source;	/* NULL: no place (a whole list file: */
	const char *file;		/* then file and line say it) */
	uint32_t line, col;
	uint32_t end_line, end_col;
};

enum fw_severity {
	FW_SEVERITY_ERROR,
	FW_SEVERITY_WARNING,
	FW_SEVERITY_NOTE,
};

#define FW_DIAG_PLACES 3
#define FW_DIAG_SHOWN 20	/* printed in one run; the rest is counted */

struct fw_diag {
	enum fw_severity severity;
	const char *id;		/* stable, kebab-case: "unknown-set" */
	struct fw_loc loc;
	const char *text;	/* one line, no final dot */
	struct {
		struct fw_loc loc;
		const char *text;
	} related[FW_DIAG_PLACES];
	size_t n_related;
	const char *hint;	/* "did you mean …", or NULL */
};

struct fw_diags {
	struct fw_arena *arena;
	struct fw_diag *items;
	size_t n, cap;
	size_t n_errors, n_warnings;
	bool oom;
};

void fw_diags_init(struct fw_diags *diags, struct fw_arena *arena);

/* id must be a string that outlives diags (a literal). Returns the record, to
 * which places and a hint may be added, or NULL when memory ran out (noted). */
struct fw_diag *fw_diag_add(struct fw_diags *diags, enum fw_severity severity,
			    const char *id, const struct fw_loc *loc,
			    const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Both take a NULL diag. */
void fw_diag_related(struct fw_diags *diags, struct fw_diag *diag,
		     const struct fw_loc *loc, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void fw_diag_hint(struct fw_diags *diags, struct fw_diag *diag,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define fw_error(diags, id, loc, ...) \
	fw_diag_add((diags), FW_SEVERITY_ERROR, (id), (loc), __VA_ARGS__)
#define fw_warning(diags, id, loc, ...) \
	fw_diag_add((diags), FW_SEVERITY_WARNING, (id), (loc), __VA_ARGS__)
#define fw_note(diags, id, loc, ...) \
	fw_diag_add((diags), FW_SEVERITY_NOTE, (id), (loc), __VA_ARGS__)

/* Sorts by file order, line, column; errors before warnings in one place. */
void fw_diags_sort(struct fw_diags *diags);
void fw_diags_print(const struct fw_diags *diags, FILE *out);
const char *fw_severity_name(enum fw_severity severity);

/* The nearest of names (n strings) to word, within a third of its length, for
 * "did you mean"; NULL when none is near. Damerau-Levenshtein distance. */
const char *fw_nearest(const char *word, const char *const *names, size_t n);

/* From the first byte of a to the last one of b; both in one source. */
struct fw_loc fw_loc_span(const struct fw_loc *a, const struct fw_loc *b);
/* Does what is at loc begin within span; earlier than b? In one source. */
bool fw_loc_within(const struct fw_loc *loc, const struct fw_loc *span);
bool fw_loc_before(const struct fw_loc *a, const struct fw_loc *b);
