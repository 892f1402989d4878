/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of sets at run time: what was added to what the configuration says,
 * and what was taken from it.
 *
 * A set holds (its declared elements, unless it was emptied, without the deleted
 * ones) and the added ones. Elements are intervals of values; a prefix is one.
 * Times are those of the boot clock, in nanoseconds.
 */
#pragma once

#include <stdio.h>

#include "plan/plan.h"
#include "util/vec.h"

struct fw_added {
	struct fw_interval value;
	uint64_t since_ns;
	uint64_t until_ns;	/* 0: it stays */
};

typedef FW_VEC(struct fw_interval) fw_changed_vec;

struct fw_set_changes {
	const char *family, *table;	/* "" at top level */
	const char *name;
	const char *type;	/* with another type they mean nothing */
	bool emptied;		/* what is declared is not there, until the
				   next reload */
	FW_VEC(struct fw_added) added;	/* sorted, apart */
	fw_changed_vec deleted;		/* sorted, apart */
};

/* Nothing is changed. */
static inline bool fw_set_is_idle(const struct fw_set_changes *of)
{
	return !of->emptied && !of->added.n && !of->deleted.n;
}

struct fw_changes {
	struct fw_arena *arena;
	FW_VEC(struct fw_set_changes) sets;
};

/* NULL when memory runs out. from may be NULL: no changes. */
struct fw_changes *fw_changes_copy(const struct fw_changes *from);
void fw_changes_free(struct fw_changes *changes);	/* NULL is fine */

/* Of that set, of that type; NULL where there are none. */
struct fw_set_changes *fw_changes_find(const struct fw_changes *changes,
				       const struct fw_plan_set *set);
/* The same, made where there are none; NULL when memory runs out. */
struct fw_set_changes *fw_changes_open(struct fw_changes *changes,
				       const struct fw_plan_set *set);

/* What a set holds with these changes (NULL: none), sorted and apart, in the
 * arena. 0 or -ENOMEM. */
int fw_changes_content(struct fw_arena *arena, const struct fw_set_changes *of,
		       const struct fw_interval *declared, size_t n,
		       fw_changed_vec *ret);

/* --- one set ---------------------------------------------------------------- */
struct fw_set_edit {
	struct fw_arena *arena;
	struct fw_set_changes *of;	/* NULL: may only be tested */
	const struct fw_plan_set *set;
	uint64_t now_ns, until_ns;	/* until_ns 0: added ones stay */
};

/* Each returns whether the element was changed, or all of it is there; -ENOMEM.
 * An element that is there already is not added, one that is not there as a
 * whole is not deleted. */
int fw_set_has(const struct fw_set_edit *edit, struct fw_interval value);
int fw_set_add(const struct fw_set_edit *edit, struct fw_interval value);
int fw_set_delete(const struct fw_set_edit *edit, struct fw_interval value);
/* Nothing but these; how many came and went. 0 or -ENOMEM. */
int fw_set_replace(const struct fw_set_edit *edit,
		   const struct fw_interval *values, size_t n,
		   size_t *ret_added, size_t *ret_deleted);
/* Nothing at all; how many went. 0 or -ENOMEM. */
int fw_set_flush(const struct fw_set_edit *edit, size_t *ret_deleted);
/* What another holds of a set (held, sorted and apart) that is known to hold so
 * much: what came, with its times, and what went, in the arena. 0 or -ENOMEM. */
struct fw_set_difference {
	FW_VEC(struct fw_added) came;
	fw_changed_vec went;
};
int fw_set_differ(struct fw_arena *arena, const fw_changed_vec *known,
		  const struct fw_added *held, size_t n,
		  struct fw_set_difference *ret);
/* Does the same: whether that changes the set, or -ENOMEM. */
int fw_set_learn(const struct fw_set_edit *edit,
		 const struct fw_set_difference *news);
/* What from holds of those declared elements, and nothing that it has deleted.
 * 0 or -ENOMEM. */
int fw_set_repeat(const struct fw_set_edit *edit,
		  const struct fw_set_changes *from,
		  const struct fw_interval *declared, size_t n);
/* Takes out what was added at that time or before: how many. */
size_t fw_set_expire(const struct fw_set_edit *edit, uint64_t since_ns);
/* How many elements those values are. */
size_t fw_set_count(const struct fw_plan_set *set,
		    const struct fw_interval *values, size_t n);

/* --- all -------------------------------------------------------------------- */
/* Drops what has ended; true where there was any. */
bool fw_changes_prune(struct fw_changes *changes, uint64_t now_ns);
/* When the next one ends; 0: none does. */
uint64_t fw_changes_next(const struct fw_changes *changes);
/* As a reload begins: what is declared is there again. */
void fw_changes_restore(struct fw_changes *changes);
/* As a reload has come to that plan: what is deleted and no longer declared is
 * forgotten, and so are sets that are gone. 0 or -ENOMEM. */
int fw_changes_settle(struct fw_changes *changes, const struct fw_plan *plan);
/* Of sets that nft holds nothing is kept, but that they were emptied. */
void fw_changes_close(struct fw_changes *changes, const struct fw_plan *plan);

/* --- in a file -------------------------------------------------------------- */
/* boot: of this boot, whose clock it is. Errors are out's. */
void fw_changes_write(const struct fw_changes *changes, const char *boot,
		      FILE *out);
/* 0; -ESTALE of another boot; -EBADMSG; -ENOMEM. */
int fw_changes_read(FILE *in, const char *boot, struct fw_changes **ret);
