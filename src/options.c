/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * argv in, what was said out. An option that is not known or not allowed here
 * is said on standard error, as getopt_long(3) does.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "util/cleanup.h"

const struct fw_option_row fw_options[] = {
	[FW_OPTION_FILE] = { 'f', 0, "file", "FILE",
			     "the configuration (- is standard input)" },
	[FW_OPTION_FOLLOW] = { 'f', 0, "follow", NULL,
			       "events: go on with what comes" },
	[FW_OPTION_CHECK] = { 'n', 'c', "check", NULL,
			      "the same as the command check" },
	[FW_OPTION_INSTANCE] = { 'i', 0, "instance", "NAME",
				 "which daemon (default: flywall)" },
	[FW_OPTION_INCLUDE] = { 'I', 0, "includepath", "DIR",
				"seek included files in DIR, too" },
	[FW_OPTION_DEFINE] = { 'D', 0, "define", "NAME=VALUE",
			       "a define at the head of the file" },
	[FW_OPTION_TAKE_OVER] = { 0, 0, "take-over", NULL,
				  "make declared tables that exist its own" },
	[FW_OPTION_JSON] = { 'j', 0, "json", NULL, "print JSON" },
	[FW_OPTION_TERSE] = { 't', 0, "terse", NULL, "leave contents out" },
	[FW_OPTION_STRICT] = { 0, 0, "strict", NULL,
			       "check: warnings are errors" },
	[FW_OPTION_LIVE] = { 0, 0, "live", NULL,
			     "check: on this machine's kernel, too" },
	[FW_OPTION_CONFIRM] = { 0, 0, "confirm", "TIME",
				"reload: go back unless confirmed in TIME" },
	[FW_OPTION_FLUSH] = { 0, 0, "flush", NULL,
			      "stop: take everything out of the kernel" },
	[FW_OPTION_PCAP] = { 0, 0, "pcap", "CAPTURE",
			     "explain: each packet of a capture" },
	[FW_OPTION_VERBOSE] = { 'v', 0, "verbose", NULL, "say more" },
	[FW_OPTION_VERSION] = { 'V', 0, "version", NULL, "print the version" },
	[FW_OPTION_HELP] = { 'h', 0, "help", NULL, "print this" },
	[FW_OPTION_COMMANDS] = { 0, 0, "commands", NULL, NULL },
	[FW_OPTION_LINTS] = { 0, 0, "lints", NULL, NULL },
	[FW_OPTION_WORDS] = { 0, 0, "words", NULL, NULL },
};

/* getopt's number of an option: above all letters. */
#define NUMBER(option) (0x100 + (int)(option))

static const char **vector_of(struct fw_words *words, enum fw_option option,
			      size_t **ret_n)
{
	bool include = option == FW_OPTION_INCLUDE;

	*ret_n = include ? &words->n_includes : &words->n_defines;
	return include ? words->includes : words->defines;
}

/* Both vectors have room for every word of the command line. */
static void take(struct fw_words *words, enum fw_option option,
		 const char *value)
{
	const char **vector;
	size_t *n;

	words->given |= 1u << option;
	switch (option) {
	case FW_OPTION_FILE:
		words->file = value;
		break;
	case FW_OPTION_INSTANCE:
		words->instance = value;
		break;
	case FW_OPTION_PCAP:
		words->capture = value;
		break;
	case FW_OPTION_CONFIRM:
		words->confirm = value;
		break;
	case FW_OPTION_INCLUDE:
	case FW_OPTION_DEFINE:
		vector = vector_of(words, option, &n);
		vector[(*n)++] = value;
		break;
	default:
		break;
	}
}

static int reserve(const char ***vector, size_t n)
{
	const char **larger = realloc(*vector, (n + 1) * sizeof(**vector));

	if (!larger)
		return -ENOMEM;
	*vector = larger;
	return 0;
}

/* What getopt_long() takes, of the options in allowed. */
struct getopt_tables {
	char letters[4 * FW_OPTION_MAX_ + 2];
	struct option names[FW_OPTION_MAX_ + 1];
};

static void add_letter(struct getopt_tables *tables, size_t *at, int letter,
		       bool argument)
{
	if (!letter)
		return;
	tables->letters[(*at)++] = (char)letter;
	if (argument)
		tables->letters[(*at)++] = ':';
}

static void make_tables(uint32_t allowed, bool first,
			struct getopt_tables *tables)
{
	size_t at = 0, n = 0;

	*tables = (struct getopt_tables){ 0 };
	if (first)
		tables->letters[at++] = '+';
	for (unsigned i = 0; i < FW_OPTION_MAX_; i++) {
		const struct fw_option_row *row = &fw_options[i];

		if (!(allowed & 1u << i))
			continue;
		add_letter(tables, &at, row->letter, row->argument != NULL);
		add_letter(tables, &at, row->other_letter,
			   row->argument != NULL);
		tables->names[n++] = (struct option){
			.name = row->name,
			.has_arg = row->argument ? required_argument :
						   no_argument,
			.val = NUMBER(i),
		};
	}
}

static enum fw_option find(uint32_t allowed, int found)
{
	for (unsigned i = 0; i < FW_OPTION_MAX_; i++) {
		if ((allowed & 1u << i) &&
		    (found == NUMBER(i) || found == fw_options[i].letter ||
		     found == fw_options[i].other_letter))
			return (enum fw_option)i;
	}
	return FW_OPTION_MAX_;
}

static bool is_define(const char *text)
{
	const char *equals = strchr(text, '=');

	return equals && equals != text;
}

static int read_options(int argc, char **argv, uint32_t allowed, bool first,
			struct fw_words *words)
{
	struct getopt_tables tables;
	int found;

	if (reserve(&words->includes, words->n_includes + (size_t)argc) < 0 ||
	    reserve(&words->defines, words->n_defines + (size_t)argc) < 0)
		return -ENOMEM;
	make_tables(allowed, first, &tables);
	optind = 0;	/* glibc: begin anew */
	while ((found = getopt_long(argc, argv, tables.letters, tables.names,
				    NULL)) != -1) {
		enum fw_option option = find(allowed, found);

		if (option == FW_OPTION_MAX_)
			return -EINVAL;
		if (option == FW_OPTION_DEFINE && !is_define(optarg)) {
			(void)fprintf(stderr, "%s: -D takes NAME=VALUE, not "
				      "'%s'\n", argv[0], optarg);
			return -EINVAL;
		}
		take(words, option, optarg);
	}
	return 0;
}

int fw_options_read_first(int argc, char **argv, struct fw_words *words)
{
	uint32_t all = (1u << FW_OPTION_MAX_) - 1;
	int r;

	r = read_options(argc, argv, all & ~FW_BIT(FOLLOW), true, words);
	return r < 0 ? r : optind;
}

int fw_options_read(int argc, char **argv, uint32_t allowed,
		    struct fw_words *words)
{
	int r;

	r = read_options(argc, argv, allowed, false, words);
	if (r < 0)
		return r;
	words->words = argv + optind;
	words->n_words = (size_t)(argc - optind);
	return 0;
}

void fw_words_done(struct fw_words *words)
{
	free(words->includes);
	free(words->defines);
}
