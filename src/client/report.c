/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall report: what somebody else needs to know to find a fault, in one
 * archive.
 *
 * In: a table of commands and files. Out: an archive on standard output, each
 * answer a file in it, without secrets; the last one says what became of each.
 * What fails or takes too long is said there, and the rest goes on. Status 64
 * where standard output is a terminal, 71 without memory, 74 when the archive
 * cannot be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "client/archive.h"
#include "client/client.h"
#include "client/redact.h"
#include "util/buf.h"
#include "util/cleanup.h"

#define PATIENCE_S 60		/* for each: the verifier takes its time */
#define ANSWER_MAX (8u << 20)	/* of each, in bytes */
#define WORDS_MAX 8

extern char **environ;

struct part {
	const char *name;		/* in the archive */
	const char *words[WORDS_MAX];	/* a command; "flywall" is this one */
	const char *path;		/* or a file */
};

/* Words that stand for what this run was told. */
#define INSTANCE "INSTANCE"
#define FILE_ "FILE"
#define ASK "flywall", "-i", INSTANCE

static const struct part parts[] = {
	{ "version.txt", { "flywall", "-V" }, NULL },
	{ "kernel.txt", { NULL }, "/proc/version" },
	{ "system.txt", { NULL }, "/etc/os-release" },
	{ "features.txt", { "flywall", "features", "-v" }, NULL },
	{ "status.txt", { ASK, "status" }, NULL },
	{ "status.json", { ASK, "status", "-j" }, NULL },
	{ "rules.txt", { ASK, "list", "rules" }, NULL },
	{ "config.txt", { ASK, "list", "config" }, NULL },
	{ "events.txt", { ASK, "events", "generation", "error" }, NULL },
	{ "check.txt", { "flywall", "check", "-f", FILE_ }, NULL },
	{ "plan.txt", { "flywall", "plan", "-t", "-f", FILE_ }, NULL },
	{ "nft.txt", { "nft", "-t", "-a", "list", "ruleset" }, NULL },
	{ "links.txt", { "ip", "-d", "link" }, NULL },
	{ "queues.txt", { NULL }, "/proc/net/netfilter/nfnetlink_queue" },
	{ "journal.txt",
	  { "journalctl", "--no-pager", "-n", "2000", "-t", "flywall" },
	  NULL },
};

struct answer {
	struct fw_buf text;
	const char *trouble;	/* or NULL */
	int status;		/* of a command that ended */
	bool too_long;
};

/* --- answers -------------------------------------------------------------- */
static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* True while there may be more. A NUL would end the text. */
static bool take(int fd, struct answer *answer)
{
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++)
		if (!bytes[i])
			bytes[i] = '?';
	if (n > 0)
		fw_buf_addn(&answer->text, bytes, (size_t)n);
	if (answer->text.len < ANSWER_MAX)
		return n > 0 || (n < 0 && errno == EINTR);
	answer->too_long = true;
	return false;
}

/* Whether it came to its end in time. */
static bool take_all(int fd, struct answer *answer)
{
	const int64_t deadline = now_ms() + PATIENCE_S * 1000;
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = deadline - now_ms();

		if (left <= 0)
			return false;
		if (poll(&ready, 1, (int)left) > 0 && !take(fd, answer))
			return true;
	}
}

static void read_path(const char *path, struct answer *answer)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		answer->trouble = strerror(errno);
	else if (!take_all(fd, answer))
		answer->trouble = "took too long";
}

/* Standard error comes among it, where it belongs. */
static int spawn(const char *const *words, int out, pid_t *ret)
{
	const char *path = !strcmp(words[0], "flywall") ? "/proc/self/exe" :
							   words[0];
	posix_spawn_file_actions_t actions;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
					     "/dev/null", O_RDONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, out,
						     STDOUT_FILENO);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, out,
						     STDERR_FILENO);
	if (!r)
		r = posix_spawnp(ret, path, &actions, NULL,
				 (char *const *)(uintptr_t)words, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

static void run(const char *const *words, struct answer *answer)
{
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		answer->trouble = strerror(errno);
		return;
	}
	r = spawn(words, ends[1], &pid);
	(void)close(ends[1]);
	if (r) {
		answer->trouble = strerror(r);
	} else {
		if (!take_all(ends[0], answer))
			answer->trouble = "took too long";
		if (answer->trouble || answer->too_long)
			(void)kill(pid, SIGKILL);
		while (waitpid(pid, &answer->status, 0) < 0 && errno == EINTR)
			;
	}
	(void)close(ends[0]);
}

/* --- archive -------------------------------------------------------------- */
struct report {
	const struct fw_client *client;
	const char *file;
	struct fw_buf contents;
	uint64_t time_s;
	bool failed;	/* for want of memory */
};

static void add(struct report *report, const char *name, struct fw_buf *text)
{
	char path[FW_ARCHIVE_NAME_MAX + 1];

	(void)snprintf(path, sizeof(path), "flywall-report/%s", name);
	report->failed |= text->failed;
	if (text->failed)
		return;
	if (text->text)
		fw_redact(text->text, text->len);
	fw_archive_add(stdout, path, text->text ? text->text : "", text->len,
		       report->time_s);
}

static const char *meant(const struct report *report, const char *word)
{
	if (word && !strcmp(word, INSTANCE))
		return report->client->instance;
	if (word && !strcmp(word, FILE_))
		return report->file;
	return word;
}

static void note(struct report *report, const struct part *part,
		 const struct answer *answer)
{
	struct fw_buf *out = &report->contents;

	fw_buf_printf(out, "%s:", part->name);
	if (part->path)
		fw_buf_printf(out, " %s", part->path);
	for (size_t i = 0; i < WORDS_MAX && part->words[i]; i++)
		fw_buf_printf(out, " %s", meant(report, part->words[i]));
	if (answer->trouble)
		fw_buf_printf(out, ": %s", answer->trouble);
	else if (answer->too_long)
		fw_buf_printf(out, ": cut at %u bytes", ANSWER_MAX);
	else if (WIFSIGNALED(answer->status))
		fw_buf_printf(out, ": signal %d", WTERMSIG(answer->status));
	else if (answer->status)
		fw_buf_printf(out, ": exit status %d",
			      WEXITSTATUS(answer->status));
	fw_buf_printf(out, "\n");
}

static void add_part(struct report *report, const struct part *part)
{
	const char *words[WORDS_MAX + 1] = { NULL };
	struct answer answer = { 0 };

	for (size_t i = 0; i < WORDS_MAX; i++)
		words[i] = meant(report, part->words[i]);
	if (part->path)
		read_path(part->path, &answer);
	else
		run(words, &answer);
	note(report, part, &answer);
	add(report, part->name, &answer.text);
	fw_buf_done(&answer.text);
}

int fw_client_report(const struct fw_client *client, const char *file)
{
	struct report report = {
		.client = client,
		.file = file,
		.time_s = (uint64_t)time(NULL),
	};

	if (isatty(STDOUT_FILENO)) {
		(void)fputs("flywall: report writes an archive: "
			    "flywall report >report.tar\n", stderr);
		return EX_USAGE;
	}
	for (size_t i = 0; i < FW_ARRAY_SIZE(parts); i++)
		add_part(&report, &parts[i]);
	add(&report, "contents.txt", &report.contents);
	fw_buf_done(&report.contents);
	fw_archive_end(stdout);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fputs("flywall: the report cannot be written\n", stderr);
		return EX_IOERR;
	}
	if (!report.failed)
		return EX_OK;
	(void)fputs("flywall: out of memory\n", stderr);
	return EX_OSERR;
}
