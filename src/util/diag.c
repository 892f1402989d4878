/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diagnostics: the records, and their order.
 *
 * In: what is wrong, where, in words. Out: a list, sorted by place. Records and
 * their texts live in the arena; memory that runs out is noted in diags->oom
 * and loses the record, never the run. diag_print.c writes them.
 */
#include "util/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/vec.h"

static const char *const severity_names[] = {
	[FW_SEVERITY_ERROR] = "error",
	[FW_SEVERITY_WARNING] = "warning",
	[FW_SEVERITY_NOTE] = "note",
};

const char *fw_severity_name(enum fw_severity severity)
{
	return severity_names[severity];
}

void fw_diags_init(struct fw_diags *diags, struct fw_arena *arena)
{
	*diags = (struct fw_diags){ .arena = arena };
}

struct fw_diag *fw_diag_add(struct fw_diags *diags, enum fw_severity severity,
			    const char *id, const struct fw_loc *loc,
			    const char *format, ...)
{
	struct fw_diag *diag = fw_vec_push(diags->arena, diags);
	va_list ap;

	/* counted even when lost, so that nobody takes the run for clean */
	if (severity == FW_SEVERITY_ERROR)
		diags->n_errors++;
	else if (severity == FW_SEVERITY_WARNING)
		diags->n_warnings++;
	if (!diag) {
		diags->oom = true;
		return NULL;
	}
	diag->severity = severity;
	diag->id = id;
	if (loc)
		diag->loc = *loc;
	va_start(ap, format);
	diag->text = fw_arena_vprintf(diags->arena, format, ap);
	va_end(ap);
	if (!diag->text) {
		diags->oom = true;
		diag->text = "out of memory";
	}
	return diag;
}

void fw_diag_related(struct fw_diags *diags, struct fw_diag *diag,
		     const struct fw_loc *loc, const char *format, ...)
{
	const char *text;
	va_list ap;

	if (!diag || diag->n_related == FW_DIAG_PLACES)
		return;
	va_start(ap, format);
	text = fw_arena_vprintf(diags->arena, format, ap);
	va_end(ap);
	if (!text) {
		diags->oom = true;
		return;
	}
	diag->related[diag->n_related].loc = *loc;
	diag->related[diag->n_related].text = text;
	diag->n_related++;
}

void fw_diag_hint(struct fw_diags *diags, struct fw_diag *diag,
		  const char *format, ...)
{
	va_list ap;

	if (!diag)
		return;
	va_start(ap, format);
	diag->hint = fw_arena_vprintf(diags->arena, format, ap);
	va_end(ap);
	if (!diag->hint)
		diags->oom = true;
}

static int compare_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static size_t include_depth(const struct fw_source *source)
{
	size_t depth = 0;

	for (; source->includer; source = source->includer)
		depth++;
	return depth;
}

/* A place, or the include line through which it is reached. */
struct place {
	const struct fw_source *source;
	uint32_t line, col;
};

static void step_out(struct place *place)
{
	place->line = place->source->include_line;
	place->col = 0;
	place->source = place->source->includer;
}

/* Reading order: what an include brings stands at the include's line. */
static int compare_sources(const struct fw_loc *a, const struct fw_loc *b)
{
	struct place pa = { a->source, a->line, a->col };
	struct place pb = { b->source, b->line, b->col };
	size_t da = include_depth(pa.source), db = include_depth(pb.source);
	int by_depth = (da > db) - (da < db);

	for (; da > db; da--)
		step_out(&pa);
	for (; db > da; db--)
		step_out(&pb);
	while (pa.source != pb.source && pa.source->includer &&
	       pb.source->includer) {
		step_out(&pa);
		step_out(&pb);
	}
	if (pa.source != pb.source)	/* -D before files: by their names */
		return strcmp(pa.source->name, pb.source->name);
	if (pa.line != pb.line)
		return compare_u32(pa.line, pb.line);
	return pa.col != pb.col ? compare_u32(pa.col, pb.col) : by_depth;
}

static int compare_locs(const struct fw_loc *a, const struct fw_loc *b)
{
	int order;

	if (a->source && b->source)
		return compare_sources(a, b);
	if (a->source || b->source)
		return a->source ? -1 : 1;
	order = strcmp(a->file ? a->file : "", b->file ? b->file : "");
	if (!order)
		order = compare_u32(a->line, b->line);
	return order ? order : compare_u32(a->col, b->col);
}

static bool in_order(const struct fw_diag *a, const struct fw_diag *b)
{
	int order = compare_locs(&a->loc, &b->loc);

	return order ? order < 0 : a->severity <= b->severity;
}

/* Merges two sorted runs of from into to; what is equal keeps its order. */
static void merge(const struct fw_diag *from, struct fw_diag *to, size_t left,
		  size_t middle, size_t right)
{
	size_t a = left, b = middle;

	for (size_t i = left; i < right; i++) {
		if (a < middle && (b >= right || in_order(&from[a], &from[b])))
			to[i] = from[a++];
		else
			to[i] = from[b++];
	}
}

/* A merge sort: stable, so that the finder's order decides in one place. */
void fw_diags_sort(struct fw_diags *diags)
{
	struct fw_diag *from = diags->items, *to, *spare;

	if (diags->n < 2)
		return;
	spare = to = malloc(diags->n * sizeof(*to));
	if (!to) {
		diags->oom = true;
		return;
	}
	for (size_t width = 1; width < diags->n; width *= 2) {
		struct fw_diag *swap = from;

		for (size_t left = 0; left < diags->n; left += 2 * width) {
			size_t rest = diags->n - left;
			size_t middle = left + (width < rest ? width : rest);
			size_t right = left + (2 * width < rest ? 2 * width : rest);

			merge(from, to, left, middle, right);
		}
		from = to;
		to = swap;
	}
	if (from != diags->items)
		memcpy(diags->items, from, diags->n * sizeof(*from));
	free(spare);
}

struct fw_loc fw_loc_span(const struct fw_loc *a, const struct fw_loc *b)
{
	struct fw_loc span = *a;

	span.end_line = b->end_line;
	span.end_col = b->end_col;
	return span;
}

bool fw_loc_before(const struct fw_loc *a, const struct fw_loc *b)
{
	return a->source == b->source &&
	       (a->line < b->line || (a->line == b->line && a->col < b->col));
}

bool fw_loc_within(const struct fw_loc *loc, const struct fw_loc *span)
{
	return loc->source == span->source && !fw_loc_before(loc, span) &&
	       (loc->line < span->end_line ||
		(loc->line == span->end_line && loc->col <= span->end_col));
}
