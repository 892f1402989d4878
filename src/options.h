/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of the command line: one table, from which parsing, usage and
 * completion draw. Which of them a command takes is a set of bits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fw_option {
	FW_OPTION_FILE,
	FW_OPTION_FOLLOW,	/* the other -f, of events */
	FW_OPTION_CHECK,
	FW_OPTION_INSTANCE,
	FW_OPTION_INCLUDE,
	FW_OPTION_DEFINE,
	FW_OPTION_TAKE_OVER,
	FW_OPTION_JSON,
	FW_OPTION_TERSE,
	FW_OPTION_STRICT,
	FW_OPTION_LIVE,
	FW_OPTION_CONFIRM,
	FW_OPTION_FLUSH,
	FW_OPTION_PCAP,
	FW_OPTION_VERBOSE,
	FW_OPTION_VERSION,
	FW_OPTION_HELP,
	FW_OPTION_COMMANDS,
	FW_OPTION_LINTS,
	FW_OPTION_WORDS,
	FW_OPTION_MAX_,
};

#define FW_BIT(option) (1u << FW_OPTION_##option)
/* What every command takes; so do those that read a configuration. */
#define FW_OPTIONS_ALWAYS \
	(FW_BIT(INSTANCE) | FW_BIT(VERBOSE) | FW_BIT(VERSION) | FW_BIT(HELP))
#define FW_OPTIONS_CONFIG (FW_BIT(FILE) | FW_BIT(INCLUDE) | FW_BIT(DEFINE))

struct fw_option_row {
	int letter;		/* 0: only the long name */
	int other_letter;	/* the same in another letter, or 0 */
	const char *name;
	const char *argument;	/* what it is called in usage, or NULL */
	const char *help;	/* NULL: not in usage */
};
extern const struct fw_option_row fw_options[FW_OPTION_MAX_];

/* What was said; a later option takes the place of an earlier one. */
struct fw_words {
	uint32_t given;		/* bits of the options that were there */
	const char *file, *instance, *capture, *confirm;
	const char **includes, **defines;	/* in order */
	size_t n_includes, n_defines;
	char **words;		/* what is no option */
	size_t n_words;
};

/* Options up to the first word that is none: those of `flywall` itself.
 * Returns how many of argv were taken, the program's name included; -EINVAL
 * after a message on standard error; -ENOMEM. */
int fw_options_read_first(int argc, char **argv, struct fw_words *words);
/* What stands behind a command's word, which is argv[0]: options of allowed,
 * anywhere, and words. Adds to what is in words. */
int fw_options_read(int argc, char **argv, uint32_t allowed,
		    struct fw_words *words);
void fw_words_done(struct fw_words *words);
