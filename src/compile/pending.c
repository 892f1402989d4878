/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this version checks and plans, but does not run yet.
 *
 * In: what a file uses, as the readers of blocks, sets and rules name it. Out:
 * checker->pending, for plan->pending: the daemon refuses a plan that has any.
 * Fails only for want of memory.
 *
 * The change that makes one of these work takes its row away.
 */
#include <errno.h>
#include <string.h>

#include "compile/typecheck.h"
#include "util/cleanup.h"

static const struct {
	const char *place;	/* as the reader names it */
	const char *word;	/* NULL: the place itself */
	const char *value;	/* NULL: whatever stands behind the word */
} rows[] = {
	{ "options", "control", NULL },

	{ "rule", "synproxy", "map" },	/* at ingress: the name from a map */

	{ "set of Flywall's own", "timeout", NULL },
};

static bool is(const char *row, const char *text)
{
	return !row || (text && !strcmp(row, text));
}

static const char *describe(struct fw_arena *arena, size_t row)
{
	if (!rows[row].word)
		return rows[row].place;
	if (!rows[row].value)
		return rows[row].word;
	return fw_arena_printf(arena, "%s %s", rows[row].word,
			       rows[row].value);
}

int fw_pending_note(struct fw_checker *checker, const char *place,
		    const char *word, const char *value,
		    const struct fw_loc *loc)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(rows); i++) {
		struct fw_plan_pending *slot;

		if (strcmp(rows[i].place, place) || !rows[i].word != !word ||
		    !is(rows[i].word, word) || !is(rows[i].value, value))
			continue;
		slot = fw_vec_push(checker->arena, &checker->pending);
		if (!slot)
			return -ENOMEM;
		slot->what = describe(checker->arena, i);
		slot->file = loc->file;
		slot->line = loc->line;
		return slot->what ? 0 : -ENOMEM;
	}
	return 0;
}
