/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the check of sets share. */
#pragma once

#include "compile/own_types.h"
#include "util/buf.h"

/* A set while it is checked. */
struct fw_set_check {
	struct fw_checker *checker;
	const struct fw_res_set *source;
	struct fw_typed_set *set;
	const char *type;		/* as written: "ipv4_addr . mark" */
	struct fw_loc type_loc;
	const struct fw_word *file;
	struct fw_file_options options;
	uint64_t size;
	const struct fw_line *timeout, *refresh, *shrink;	/* or NULL */
	bool misspelt;			/* a key is none; it may have been the type */
	bool stateful;			/* counter, limit or quota an element */
	bool judges;			/* … more than a time to stay, that is */
	struct fw_buf body;
	size_t flags_end;		/* in body; 0: it has no flags */
	bool fixed;			/* flags say constant */
	bool has_times;			/* flags say timeout, or the set has one */
	struct fw_interval_vec intervals;
	struct fw_own_content own;
	FW_VEC(struct fw_timed_element) timed;	/* own types */
	FW_VEC(const struct fw_res_run *) places;	/* of intervals, in that
							   order */
	FW_VEC(const char *) texts;	/* elements for nft */
};

/* sets_lines.c: the lines of a set, and what they may not say together. */
int fw_set_check_lines(struct fw_set_check *check);
/* The keys that nft does not have, one by one; NULL ends them. */
const char *fw_set_own_key(size_t i);
/* sets_written.c: notes the sets that rules change. */
void fw_sets_note_written(const struct fw_resolved *resolved);
/* sets_elements.c: its elements; overlaps. */
int fw_set_check_elements(struct fw_set_check *check);
/* How many words of an element are its value; the rest is comment, timeout and
 * the like. */
size_t fw_set_value_words(const struct fw_res_run *run);
/* sets_own.c: elements of Flywall's own types, and what becomes of them. */
int fw_set_own_element(struct fw_set_check *check,
		       const struct fw_res_run *run);
int fw_set_own_finish(struct fw_set_check *check);
/* lint_sets.c: elements that add nothing; after the others. */
int fw_lint_elements(struct fw_set_check *check);
/* sets_typed.c: what the keys of any set or map are made of, and the content of
 * those that sets_elements.c does not read. */
int fw_set_check_types(struct fw_set_check *check);
