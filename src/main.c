/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the command line in, an exit status out (sysexits.h). One table
 * of commands, at the end, says what there is; usage, completion and the check
 * of the manual draw from it.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "client/client.h"
#include "daemon/daemon.h"
#include "offline/offline.h"
#include "options.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/duration.h"

#define CONFIG_DEFAULT SYSCONFDIR "/flywall/flywall.conf"

struct command {
	const char *name;
	uint32_t options;	/* besides FW_OPTIONS_ALWAYS */
	const char *arguments;	/* for usage, or NULL: it takes no words */
	int (*run)(const struct fw_words *words);
	const char *help;
};

static int usage_error(const char *text)
{
	(void)fprintf(stderr, "flywall: %s (flywall -h shows what there is)\n",
		      text);
	return EX_USAGE;
}

static bool is_given(const struct fw_words *words, enum fw_option option)
{
	return words->given & 1u << option;
}

static struct fw_parse_options parse_options(const struct fw_words *words)
{
	return (struct fw_parse_options){
		.include_dirs = words->includes,
		.n_include_dirs = words->n_includes,
		.defines = words->defines,
		.n_defines = words->n_defines,
	};
}

/* --- the daemon ----------------------------------------------------------- */

static int run_daemon(const struct fw_words *words)
{
	const struct fw_daemon_options options = {
		.file = words->file ? words->file : CONFIG_DEFAULT,
		.instance = words->instance,
		.parse = parse_options(words),
		.take_over = is_given(words, FW_OPTION_TAKE_OVER),
		.verbose = is_given(words, FW_OPTION_VERBOSE),
	};

	return fw_daemon_run(&options);
}

/* --- commands that ask it ------------------------------------------------- */

/* Room for the path of a socket, which is what bounds an instance's name. */
struct client {
	char socket[sizeof(FW_RUN_DIRECTORY "//control") + FW_INSTANCE_MAX];
	struct fw_client client;
};

static const struct fw_client *client(const struct fw_words *words,
				      struct client *ret)
{
	(void)snprintf(ret->socket, sizeof(ret->socket),
		       FW_RUN_DIRECTORY "/%s/control", words->instance);
	ret->client = (struct fw_client){
		.socket = ret->socket,
		.instance = words->instance,
		.json = is_given(words, FW_OPTION_JSON),
	};
	return &ret->client;
}

static int run_status(const struct fw_words *words)
{
	struct client c;

	return fw_client_status(client(words, &c));
}

static int run_list(const struct fw_words *words)
{
	struct client c;

	if (words->n_words > 1)
		return usage_error("list takes one word");
	return fw_client_list(client(words, &c),
			      words->n_words ? words->words[0] : "config");
}

static int run_metrics(const struct fw_words *words)
{
	struct client c;

	return fw_client_metrics(client(words, &c));
}

static int run_events(const struct fw_words *words)
{
	struct client c;

	return fw_client_events(client(words, &c),
				is_given(words, FW_OPTION_FOLLOW),
				words->words, words->n_words);
}

static int run_reload(const struct fw_words *words)
{
	uint64_t trial_ms = 0;
	struct client c;

	if (is_given(words, FW_OPTION_CONFIRM) &&
	    (!fw_duration_read(words->confirm, &trial_ms) ||
	     trial_ms < 1 || trial_ms > FW_TRIAL_MS_MAX))
		return usage_error("--confirm takes a time, of at most a day: "
				   "30s, 5m");
	return fw_client_reload(client(words, &c), words->file, trial_ms);
}

static int run_set(const struct fw_words *words)
{
	struct client c;

	return fw_client_set(client(words, &c), words->words, words->n_words);
}

static int run_flow(const struct fw_words *words)
{
	struct client c;

	return fw_client_flow(client(words, &c), words->words, words->n_words);
}

static int run_learn(const struct fw_words *words)
{
	struct client c;

	return fw_client_learn(client(words, &c), words->words, words->n_words);
}

static int run_confirm(const struct fw_words *words)
{
	struct client c;

	return fw_client_confirm(client(words, &c));
}

static int run_abort(const struct fw_words *words)
{
	struct client c;

	return fw_client_abort(client(words, &c));
}

static int run_report(const struct fw_words *words)
{
	struct client c;

	return fw_client_report(client(words, &c),
				words->file ? words->file : CONFIG_DEFAULT);
}

static int run_stop(const struct fw_words *words)
{
	struct client c;

	return fw_client_stop(client(words, &c),
			      is_given(words, FW_OPTION_FLUSH));
}

/* --- commands that need none ---------------------------------------------- */

static int run_offline(const struct fw_words *words,
		       int (*run)(const struct fw_offline_options *options))
{
	const char *file = words->file ? words->file : CONFIG_DEFAULT;
	const struct fw_offline_options options = {
		.files = words->n_words ? (const char *const *)words->words :
					  &file,
		.n_files = words->n_words ? words->n_words : 1,
		.parse = parse_options(words),
		.json = is_given(words, FW_OPTION_JSON),
		.terse = is_given(words, FW_OPTION_TERSE),
		.strict = is_given(words, FW_OPTION_STRICT),
		.live = is_given(words, FW_OPTION_LIVE),
		.verbose = is_given(words, FW_OPTION_VERBOSE),
	};

	if (words->file && words->n_words > 0)
		return usage_error("either -f or files");
	return run(&options);
}

static int run_check(const struct fw_words *words)
{
	return run_offline(words, fw_offline_check);
}

static int run_print(const struct fw_words *words)
{
	return run_offline(words, fw_offline_print);
}

static int run_plan(const struct fw_words *words)
{
	return run_offline(words, fw_offline_plan);
}

static int run_features(const struct fw_words *words)
{
	return fw_offline_features(is_given(words, FW_OPTION_JSON),
				   is_given(words, FW_OPTION_VERBOSE));
}

/* Two files, or one against what runs. */
static int run_diff(const struct fw_words *words)
{
	struct client c;

	if (words->n_words == 2)
		return run_offline(words, fw_offline_diff);
	if (words->n_words > 0)
		return usage_error("diff takes two files, or none");
	if (words->n_includes > 0 || words->n_defines > 0)
		return usage_error("the daemon has its own -I and -D");
	return fw_client_diff(client(words, &c), words->file);
}

/* Its words are the packet: quoted as one, or not. */
static int run_explain(const struct fw_words *words)
{
	const char *file = words->file ? words->file : CONFIG_DEFAULT;
	const struct fw_offline_options options = {
		.files = &file,
		.n_files = 1,
		.parse = parse_options(words),
		.json = is_given(words, FW_OPTION_JSON),
		.verbose = is_given(words, FW_OPTION_VERBOSE),
		.capture = words->capture,
	};
	_cleanup_(fw_buf_done) struct fw_buf packet = { 0 };
	struct client c;

	for (size_t i = 0; i < words->n_words; i++)
		fw_buf_printf(&packet, "%s%s", i > 0 ? " " : "",
			      words->words[i]);
	if (packet.failed)
		return EX_OSERR;
	if (!packet.text && !words->capture)
		return usage_error("explain which packet?");
	/* What runs, unless a file is named or nothing runs. */
	if (!words->file && !words->capture &&
	    fw_client_answers(client(words, &c)))
		return fw_client_explain(&c.client, packet.text);
	return fw_offline_explain(&options, packet.text);
}

static int run_dissect(const struct fw_words *words)
{
	if (words->n_words != 1)
		return usage_error("dissect takes one file of packets");
	return fw_offline_dissect(words->words[0],
				  is_given(words, FW_OPTION_JSON));
}

/* --- what there is -------------------------------------------------------- */

static const struct command commands[] = {
	{ "run", FW_OPTIONS_CONFIG | FW_BIT(TAKE_OVER), NULL, run_daemon,
	  "be the daemon, in the foreground; so without a command" },
	{ "check",
	  FW_OPTIONS_CONFIG | FW_BIT(JSON) | FW_BIT(STRICT) | FW_BIT(CHECK) |
		  FW_BIT(LIVE),
	  "[FILE ...]", run_check, "say whether a configuration is valid" },
	{ "print", FW_OPTIONS_CONFIG, NULL, run_print,
	  "print a configuration as canonical text" },
	{ "plan", FW_OPTIONS_CONFIG | FW_BIT(JSON) | FW_BIT(TERSE), NULL,
	  run_plan, "print which rule runs on which layer, and why" },
	{ "diff", FW_OPTIONS_CONFIG | FW_BIT(JSON), "[FILE FILE]", run_diff,
	  "say what one configuration changes in another" },
	{ "explain", FW_OPTIONS_CONFIG | FW_BIT(JSON) | FW_BIT(PCAP), "PACKET",
	  run_explain, "say which rules a packet meets, and what becomes of it" },
	{ "dissect", FW_BIT(JSON), "FILE.pcap", run_dissect,
	  "say what the inspector sees in a capture, a flow a line" },
	{ "reload", FW_BIT(FILE) | FW_BIT(JSON) | FW_BIT(CONFIRM), NULL,
	  run_reload,
	  "read the configuration again, and wait for the outcome" },
	{ "confirm", FW_BIT(JSON), NULL, run_confirm,
	  "let a generation that reload --confirm made stay" },
	{ "abort", FW_BIT(JSON), NULL, run_abort,
	  "go back to the generation before it, at once" },
	{ "status", FW_BIT(JSON), NULL, run_status,
	  "generation, devices, features, queues, maps, counters" },
	{ "list", FW_BIT(JSON), "[config | rules | classes | names | sets | flows]", run_list,
	  "what runs; rules with their counters; sets; inspected flows" },
	{ "events", FW_BIT(FOLLOW) | FW_BIT(JSON), "[TYPE ...]", run_events,
	  "the last events; with -f those that come" },
	{ "metrics", 0, NULL, run_metrics,
	  "what is counted, as Prometheus reads it" },
	{ "set", FW_BIT(JSON), "[FAMILY TABLE] NAME VERB [ELEMENT ...]",
	  run_set, "add, delete, replace, test, expire or flush elements" },
	{ "flow", FW_BIT(JSON), "trust | block | forget SELECTOR", run_flow,
	  "give flows a verdict, or have them inspected anew" },
	{ "learn", FW_BIT(JSON), "[list | show N | apply N | reject N]",
	  run_learn, "rules that the flows which were seen ask for" },
	{ "features", FW_BIT(JSON), NULL, run_features,
	  "what this kernel offers; with -v the verifier's logs" },
	{ "report", FW_BIT(FILE), NULL, run_report,
	  "an archive of what finds a fault: flywall report >report.tar" },
	{ "stop", FW_BIT(FLUSH), NULL, run_stop, "end the daemon" },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static void print_option(const struct fw_option_row *row)
{
	char names[64], letters[16] = "    ";

	if (row->letter && row->other_letter)
		(void)snprintf(letters, sizeof(letters), "-%c, -%c, ",
			       row->letter, row->other_letter);
	else if (row->letter)
		(void)snprintf(letters, sizeof(letters), "-%c, ", row->letter);
	(void)snprintf(names, sizeof(names), "%s--%s%s%s", letters, row->name,
		       row->argument ? " " : "",
		       row->argument ? row->argument : "");
	printf("  %-32s %s\n", names, row->help);
}

static void print_usage(void)
{
	printf("flywall [OPTION ...] [COMMAND] [OPTION ...] [WORD ...]\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < FW_ARRAY_SIZE(commands); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "%s %s", commands[i].name,
			       commands[i].arguments ? commands[i].arguments :
						       "");
		printf("  %-32s %s\n", name, commands[i].help);
	}
	printf("\nOptions:\n");
	for (size_t i = 0; i < FW_OPTION_MAX_; i++) {
		if (fw_options[i].help)
			print_option(&fw_options[i]);
	}
	printf("\nThe configuration is %s unless -f names another.\n",
	       CONFIG_DEFAULT);
}

/* For completion and checks: a command a line, with its options. */
static void print_commands(void)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(commands); i++) {
		uint32_t allowed = commands[i].options | FW_OPTIONS_ALWAYS;

		printf("%s", commands[i].name);
		for (size_t o = 0; o < FW_OPTION_MAX_; o++) {
			if (!(allowed & 1u << o))
				continue;
			if (fw_options[o].letter)
				printf(" -%c", fw_options[o].letter);
			printf(" --%s", fw_options[o].name);
		}
		(void)putchar('\n');
	}
}

/* Options that are answered at once, wherever they stand. */
static bool answer(const struct fw_words *words)
{
	if (is_given(words, FW_OPTION_HELP))
		print_usage();
	else if (is_given(words, FW_OPTION_VERSION))
		printf("flywall %s\n", PACKAGE_VERSION);
	else if (is_given(words, FW_OPTION_COMMANDS))
		print_commands();
	else if (is_given(words, FW_OPTION_LINTS))
		fw_offline_lints();
	else if (is_given(words, FW_OPTION_WORDS))
		fw_offline_words();
	else
		return false;
	return true;
}

/* --- from words to a command ---------------------------------------------- */

/* An instance names files: letters, digits and -_. of which none comes first. */
static bool is_instance(const char *name)
{
	static const char more[] = "-_.";
	size_t len = strlen(name);

	if (len == 0 || len > FW_INSTANCE_MAX || strchr(more, name[0]))
		return false;
	for (; *name; name++) {
		if (!(*name >= 'a' && *name <= 'z') &&
		    !(*name >= 'A' && *name <= 'Z') &&
		    !(*name >= '0' && *name <= '9') && !strchr(more, *name))
			return false;
	}
	return true;
}

/* Options in front of the command's word are held against the command, too. */
static int check_words(const struct command *command,
		       const struct fw_words *words)
{
	uint32_t allowed = command->options | FW_OPTIONS_ALWAYS;
	char text[128];

	for (size_t i = 0; i < FW_OPTION_MAX_; i++) {
		if (!(words->given & ~allowed & 1u << i))
			continue;
		(void)snprintf(text, sizeof(text), "%s takes no --%s",
			       command->name, fw_options[i].name);
		return usage_error(text);
	}
	if (words->n_words > 0 && !command->arguments) {
		(void)snprintf(text, sizeof(text), "%s takes no words",
			       command->name);
		return usage_error(text);
	}
	if (!is_instance(words->instance))
		return usage_error("an instance's name is letters, digits, -_.");
	return 0;
}

static int run_command(const struct command *command, int argc, char **argv,
		       struct fw_words *words)
{
	static char program[] = "flywall";
	int code, r;

	argv[0] = program;	/* getopt's messages begin with it */
	r = fw_options_read(argc, argv, command->options | FW_OPTIONS_ALWAYS,
			    words);
	if (r < 0)
		return r == -ENOMEM ? EX_OSERR : EX_USAGE;
	if (answer(words))
		return EX_OK;
	code = check_words(command, words);
	return code ? code : command->run(words);
}

/* Without a command: check with -n, else the daemon. */
static int run_words(int argc, char **argv, struct fw_words *words)
{
	const struct command *command;
	int n;

	n = fw_options_read_first(argc, argv, words);
	if (n < 0)
		return n == -ENOMEM ? EX_OSERR : EX_USAGE;
	if (answer(words))
		return EX_OK;
	if (n == argc) {
		command = find_command(is_given(words, FW_OPTION_CHECK) ?
					       "check" :
					       "run");
		return run_command(command, 1, argv, words);
	}
	command = find_command(argv[n]);
	if (!command) {
		(void)fprintf(stderr, "flywall: %s: no such command"
				      " (flywall -h shows what there is)\n",
			      argv[n]);
		return EX_USAGE;
	}
	return run_command(command, argc - n, argv + n, words);
}

int main(int argc, char **argv)
{
	struct fw_words words = { .instance = FW_INSTANCE_DEFAULT };
	int code;

	code = run_words(argc, argv, &words);
	fw_words_done(&words);
	if (fflush(stdout) != 0 && code == EX_OK)
		code = EX_IOERR;
	return code;
}
