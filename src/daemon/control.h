/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: JSON lines over a Unix stream socket.
 *
 * A request is one line, {"command": "status", "arguments": {…}}; the answer
 * is lines, of which the last is {"exit": N}. Of the lines before it,
 * {"error": "…"} and {"diagnostics": "…"} are for the client's standard error;
 * all else is data. A connection has one request under way at a time.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FW_SOCKET_LINE_MAX 65536	/* bytes of a request */
#define FW_SOCKET_CONNECTIONS 64

struct event_base;
struct fw_socket;
struct fw_conn;

struct fw_socket_command {
	const char *name;
	/* arguments is an object, lent for the call; the answer may come
	 * later, but fw_conn_exit() must come, unless the peer leaves. */
	void (*run)(void *ctx, struct fw_conn *conn, const json_t *arguments);
};

/*
 * Listens at path (0600), replacing what is there. commands and ctx must
 * outlive it. 0 or -errno.
 */
int fw_socket_open(struct event_base *base, const char *path,
		    const struct fw_socket_command *commands,
		    size_t n_commands, void *ctx, struct fw_socket **ret);
/* Listens no more and takes path away; connections stay. */
void fw_socket_unlisten(struct fw_socket *control);
/* Sends what is left to send, for at most a second, and ends all. NULL is
 * fine. */
void fw_socket_close(struct fw_socket *control);

/* Whether a process of that user may ask: root, or the daemon's own user. */
bool fw_socket_admits(uid_t peer, uid_t own);

/* Who asks, as the kernel said when the connection came. */
uid_t fw_conn_user(const struct fw_conn *conn);
pid_t fw_conn_process(const struct fw_conn *conn);

/* --- answers -------------------------------------------------------------- */
/* Takes document; NULL (no memory) is an error line. */
void fw_conn_document(struct fw_conn *conn, json_t *document);
/* A line that is JSON already, without its newline. */
void fw_conn_line(struct fw_conn *conn, const char *line);
void fw_conn_error(struct fw_conn *conn, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Text for the client's standard error as it stands; NULL or "" is none. */
void fw_conn_diagnostics(struct fw_conn *conn, const char *text);
/* The last line: the request is done with. */
void fw_conn_exit(struct fw_conn *conn, int code);

/* --- answers that take time ----------------------------------------------- */
/* While a request is under way: drained when all that was written is sent,
 * closed when the peer is gone; conn is then no more. Either may be NULL. */
struct fw_conn_watch {
	void (*drained)(void *ctx);
	void (*closed)(void *ctx);
	void *ctx;
};
void fw_conn_watch(struct fw_conn *conn, const struct fw_conn_watch *watch);
/* Bytes written and not sent yet. */
size_t fw_conn_backlog(const struct fw_conn *conn);
/* A stream: its reader may take its time, the writer minds the backlog. */
void fw_conn_set_stream(struct fw_conn *conn);
