/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of commands share. */
#pragma once

#include <string.h>

#include "compile/resolve.h"

/* A command while it is read. */
struct fw_command {
	struct fw_resolver *resolver;
	const struct fw_item *item;
	const char *verb;
	struct fw_word *words;	/* what has not been read yet */
	size_t n;
	const char *family;	/* "ip" where it was left out */
};

bool fw_command_is(const struct fw_command *command, const char *verb);
/* The place of what comes next. */
const struct fw_loc *fw_command_here(const struct fw_command *command);
/* The next word as a name; NULL after a diagnostic. */
const struct fw_word *fw_command_name(struct fw_command *command,
				      const char *what);
/* Family and name of a table that the file has declared; NULL after a
 * diagnostic. */
struct fw_res_table *fw_command_table(struct fw_command *command);

/* Diagnostics. names: what there is, for "did you mean". */
void fw_command_unknown(struct fw_command *command, const char *what,
			const struct fw_word *word, const char *const *names,
			size_t n);
void fw_command_there_already(struct fw_command *command, const char *what,
			      const struct fw_word *word,
			      const struct fw_loc *loc);

/* Takes what stands at an address off a list of pointers. */
#define FW_COMMAND_REMOVE(vec, thing)					\
	do {								\
		size_t i_ = 0;						\
									\
		while (i_ < (vec)->n && (vec)->items[i_] != (thing))	\
			i_++;						\
		if (i_ < (vec)->n)					\
			memmove(&(vec)->items[i_], &(vec)->items[i_ + 1],	\
				(--(vec)->n - i_) *			\
					sizeof((vec)->items[0]));	\
	} while (0)

/* resolve_elements.c: behind the word `set`, `map` or `element`. 0 or -ENOMEM. */
int fw_command_set(struct fw_command *command, bool map);
int fw_command_element(struct fw_command *command);
