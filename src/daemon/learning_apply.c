/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A suggestion into the file of those that were applied, and from there into what
 * runs.
 *
 * In: a suggestion. Out: the file, a generation on trial, an answer. Whatever
 * fails puts the file back as it was:
 *
 *	1. the file is written beside itself, and takes its place
 *	2. the configuration is compiled: it may be wrong now, or not include
 *	   the file
 *	3. it is reloaded on trial
 *	4. when the trial ends unconfirmed, the file goes back, too
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "daemon/commands.h"
#include "daemon/json.h"
#include "daemon/learning.h"
#include "daemon/reload.h"
#include "daemon/status.h"
#include "learn/suggest.h"
#include "learn/words.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/log.h"

#define TRIAL_MS 60000
#define FILE_MAX (1024 * 1024)

struct fw_learning_undo {
	char *path;
	char *before;		/* what was in it; NULL: it was not there */
	mode_t mode;
};

struct apply {
	struct fw_daemon *daemon;
	struct fw_conn *conn;	/* NULL: it has gone */
	uint64_t number;
	char comment[FW_LEARN_COMMENT_MAX];
	struct fw_learning_undo *undo;
};

/* --- the file -------------------------------------------------------------- */
void fw_learning_undo_free(struct fw_learning_undo *undo)
{
	if (!undo)
		return;
	free(undo->path);
	free(undo->before);
	free(undo);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

static int write_file(const char *path, mode_t mode, const char *text)
{
	_cleanup_free_ char *beside = NULL;
	int fd, r;

	if (asprintf(&beside, "%s.new", path) < 0)
		return -ENOMEM;
	(void)unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(beside, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(beside);
	return r;
}

/* *ret NULL: there is none. */
static int read_file(const char *path, char **ret, mode_t *ret_mode)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	ssize_t n;

	*ret = NULL;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return -EFBIG;
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	n = read(fd, text, (size_t)st.st_size);
	if (n != st.st_size)
		return n < 0 ? -errno : -EIO;
	*ret_mode = st.st_mode & 0777;
	*ret = FW_TAKE(text);
	return 0;
}

void fw_learning_undo(struct fw_learning_undo *undo)
{
	int r = undo->before ?
			write_file(undo->path, undo->mode, undo->before) :
			unlink(undo->path) ? -errno : 0;

	if (r < 0)
		fw_log_errno(LOG_ERR, r, "%s is not as it was before",
			     undo->path);
}

/* Names come from the network: none goes into the file. */
static char *text_with(const char *before, const struct fw_suggestion *s,
		       const char *comment)
{
	struct fw_buf text = { 0 };

	fw_buf_add(&text, before ? before :
		   "# Suggestions that were applied, by flywall learn apply.\n");
	if (text.len && text.text[text.len - 1] != '\n')
		fw_buf_addc(&text, '\n');
	fw_buf_printf(&text, "# %llu flows of %llu peers on %llu days, "
			     "confidence 0.%03u\n",
		      (unsigned long long)s->flows,
		      (unsigned long long)s->peers,
		      (unsigned long long)s->days, s->confidence / 1000);
	fw_buf_printf(&text, "add rule %s %s %s %s %s\n", s->family, s->table,
		      s->chain, s->rule, comment);
	return fw_buf_take(&text);
}

static int put(struct apply *apply, const char *output,
	       const struct fw_suggestion *s)
{
	_cleanup_free_ char *text = NULL;
	int r;

	apply->undo = calloc(1, sizeof(*apply->undo));
	if (!apply->undo)
		return -ENOMEM;
	apply->undo->mode = 0644;
	apply->undo->path = strdup(output);
	if (!apply->undo->path)
		return -ENOMEM;
	r = read_file(output, &apply->undo->before, &apply->undo->mode);
	if (r < 0)
		return r;
	text = text_with(apply->undo->before, s, apply->comment);
	return text ? write_file(output, apply->undo->mode, text) : -ENOMEM;
}

/* --- the way --------------------------------------------------------------- */
static void release(struct apply *apply)
{
	if (apply->conn)
		fw_conn_watch(apply->conn, &(struct fw_conn_watch){ 0 });
	fw_learning_undo_free(apply->undo);
	free(apply);
}

static void give_up(struct apply *apply, int code, const char *text)
{
	fw_learning_undo(apply->undo);
	if (apply->conn && text)
		fw_conn_error(apply->conn, "%s", text);
	if (apply->conn)
		fw_conn_exit(apply->conn, code);
	release(apply);
}

/* What it says goes before the reason to give up. */
static void give_up_by(struct apply *apply, const struct fw_outcome *outcome)
{
	if (apply->conn)
		fw_conn_diagnostics(apply->conn, outcome->diagnostics);
	give_up(apply, outcome->code, outcome->error);
}

static void on_reloaded(void *ctx, const struct fw_outcome *outcome)
{
	struct apply *apply = ctx;

	if (outcome->code) {
		give_up_by(apply, outcome);
		return;
	}
	fw_learning_keep(apply->daemon, FW_TAKE(apply->undo));
	fw_log(LOG_NOTICE, "suggestion %llu is applied, on trial",
	       (unsigned long long)apply->number);
	if (apply->conn)
		fw_commands_outcome(apply->conn, outcome);
	release(apply);
}

static bool has_rule(const struct fw_plan *plan, const char *comment)
{
	for (size_t i = 0; i < plan->n_rules; i++)
		if (strstr(plan->rules[i].text, comment))
			return true;
	return false;
}

static void on_compiled(void *ctx, const struct fw_outcome *outcome)
{
	struct apply *apply = ctx;
	_cleanup_free_ char *text = NULL;
	const char *reason;
	int r;

	if (outcome->code) {
		give_up_by(apply, outcome);
		return;
	}
	if (!has_rule(outcome->plan, apply->comment)) {
		(void)asprintf(&text, "%s is not included: add "
			       "'include \"%s\"' at the end of %s, and an "
			       "empty file of that name", apply->undo->path,
			       apply->undo->path, apply->daemon->file);
		give_up(apply, EX_DATAERR, text ? text : "no memory");
		return;
	}
	r = fw_reload_start(apply->daemon, NULL, TRIAL_MS, on_reloaded, apply);
	if (r < 0) {
		r = fw_reload_explain(r, &reason);
		give_up(apply, r, reason);
	}
}

static void on_closed(void *ctx)
{
	struct apply *apply = ctx;

	apply->conn = NULL;
}

static void refuse(struct fw_conn *conn, int code, const char *what,
		   const char *text)
{
	fw_conn_error(conn, "%s%s%s", what, *what ? ": " : "", text);
	fw_conn_exit(conn, code);
}

void fw_learning_apply(struct fw_daemon *daemon, struct fw_conn *conn,
		       const char *output, const struct fw_suggestion *s)
{
	struct apply *apply;
	const char *text;
	int r;

	if (!s->chain) {
		refuse(conn, FW_EXIT_NO, "not applied", s->policy);
		return;
	}
	if (daemon->trial) {
		r = fw_reload_explain(-EALREADY, &text);
		refuse(conn, r, "", text);
		return;
	}
	apply = calloc(1, sizeof(*apply));
	if (!apply) {
		refuse(conn, EX_OSERR, "", strerror(ENOMEM));
		return;
	}
	*apply = (struct apply){ .daemon = daemon, .conn = conn,
				 .number = s->number };
	fw_learn_comment(s->rule, apply->comment);
	r = put(apply, output, s);
	if (r < 0) {
		refuse(conn, EX_IOERR, output, strerror(-r));
		release(apply);
		return;
	}
	r = fw_reload_compare(daemon, NULL, on_compiled, apply);
	if (r < 0) {
		r = fw_reload_explain(r, &text);
		give_up(apply, r, text);
		return;
	}
	fw_conn_watch(conn, &(struct fw_conn_watch){ .closed = on_closed,
						     .ctx = apply });
}
