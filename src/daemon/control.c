/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of strangers in, calls of the command table and lines of answers out.
 *
 * Only root and the daemon's own user get in (SO_PEERCRED). A line that is too
 * long, no JSON, no request or an unknown command is answered with an error;
 * what a peer can hold of the daemon's memory is bounded by the number of
 * connections, the length of a line, and a time limit on those who do not
 * read. Opening fails with -errno; afterwards only connections fail, one at a
 * time.
 */
#include "daemon/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>

#include "daemon/json.h"
#include "util/cleanup.h"

#define BACKLOG 16
#define IDLE_SECONDS 30		/* without a request, or without reading */
#define CLOSE_MS 1000

/*
 * busy:    a request is under way; what arrives now is an error
 * ending:  nothing is read any more; freed when all is sent
 */
struct fw_conn {
	struct fw_socket *control;
	struct bufferevent *bev;
	struct fw_conn *next;
	struct fw_conn_watch watch;	/* valid while busy */
	bool busy, ending;
	struct ucred peer;		/* who asks */
};

struct fw_socket {
	struct event_base *base;
	struct evconnlistener *listener;
	struct sockaddr_un addr;	/* sun_path is empty: nothing to unlink */
	const struct fw_socket_command *commands;
	size_t n_commands;
	void *ctx;
	struct fw_conn *conns;
	size_t n_conns;
};

/* --- connections ---------------------------------------------------------- */

static void conn_free(struct fw_conn *conn)
{
	struct fw_conn **at = &conn->control->conns;

	if (conn->busy && conn->watch.closed)
		conn->watch.closed(conn->watch.ctx);
	while (*at != conn)
		at = &(*at)->next;
	*at = conn->next;
	conn->control->n_conns--;
	bufferevent_free(conn->bev);
	free(conn);
}

/* No more requests; goes when all is sent. */
static void conn_end(struct fw_conn *conn)
{
	(void)bufferevent_disable(conn->bev, EV_READ);
	conn->ending = true;
}

size_t fw_conn_backlog(const struct fw_conn *conn)
{
	return evbuffer_get_length(bufferevent_get_output(conn->bev));
}

static void set_timeouts(struct fw_conn *conn, bool read, bool write)
{
	const struct timeval idle = { .tv_sec = IDLE_SECONDS };

	bufferevent_set_timeouts(conn->bev, read ? &idle : NULL,
				 write ? &idle : NULL);
}

void fw_conn_watch(struct fw_conn *conn, const struct fw_conn_watch *watch)
{
	conn->watch = *watch;
}

void fw_conn_set_stream(struct fw_conn *conn)
{
	set_timeouts(conn, false, false);
}

/* --- answers -------------------------------------------------------------- */

/* Out of memory cuts the answer off; the client then misses its end. */
void fw_conn_line(struct fw_conn *conn, const char *line)
{
	struct evbuffer *out = bufferevent_get_output(conn->bev);
	size_t len = strlen(line);

	if (evbuffer_expand(out, len + 1) < 0)
		return;
	(void)evbuffer_add(out, line, len);
	(void)evbuffer_add(out, "\n", 1);
}

void fw_conn_document(struct fw_conn *conn, json_t *document)
{
	_cleanup_free_ char *line = NULL;

	if (document)
		line = json_dumps(document, JSON_COMPACT);
	json_decref(document);
	fw_conn_line(conn, line ? line : "{\"error\":\"out of memory\"}");
}

void fw_conn_error(struct fw_conn *conn, const char *format, ...)
{
	char text[1200];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fw_conn_document(conn,
			 json_pack("{s:o}", "error", fw_json_text(text)));
}

void fw_conn_diagnostics(struct fw_conn *conn, const char *text)
{
	if (text && *text)
		fw_conn_document(conn, json_pack("{s:o}", "diagnostics",
						 fw_json_text(text)));
}

void fw_conn_exit(struct fw_conn *conn, int code)
{
	conn->busy = false;
	conn->watch = (struct fw_conn_watch){ 0 };
	set_timeouts(conn, true, true);
	fw_conn_document(conn, json_pack("{s:i}", "exit", code));
}

/* --- requests ------------------------------------------------------------- */

/* The answer to what is no request: nobody else's is under way then, or its
 * peer does not keep to the protocol and loses it. */
static void refuse(struct fw_conn *conn, int code, const char *text)
{
	if (conn->busy && conn->watch.closed)
		conn->watch.closed(conn->watch.ctx);
	fw_conn_error(conn, "%s", text);
	fw_conn_exit(conn, code);
	conn_end(conn);
}

static const struct fw_socket_command *
find_command(const struct fw_socket *control, const char *name)
{
	for (size_t i = 0; i < control->n_commands; i++) {
		if (!strcmp(control->commands[i].name, name))
			return &control->commands[i];
	}
	return NULL;
}

static void run_request(struct fw_conn *conn, json_t *request)
{
	json_t *arguments = json_object_get(request, "arguments");
	const json_t *name = json_object_get(request, "command");
	const struct fw_socket_command *command;
	json_t *none = NULL;

	if (!json_is_string(name) || (arguments && !json_is_object(arguments))) {
		refuse(conn, EX_USAGE, "not a request");
		return;
	}
	command = find_command(conn->control, json_string_value(name));
	if (!command) {
		refuse(conn, EX_USAGE, "unknown command");
		return;
	}
	if (!arguments)
		arguments = none = json_object();
	conn->busy = true;
	set_timeouts(conn, false, true);
	command->run(conn->control->ctx, conn, arguments);
	json_decref(none);
}

static void take_line(struct fw_conn *conn, const char *line, size_t len)
{
	json_t *request;

	if (conn->busy) {
		refuse(conn, EX_USAGE, "a request is under way");
		return;
	}
	request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(request))
		run_request(conn, request);
	else
		refuse(conn, EX_USAGE, "not a request");
	json_decref(request);
}

/* --- what libevent calls -------------------------------------------------- */

static void on_read(struct bufferevent *bev, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct fw_conn *conn = ctx;

	while (!conn->ending) {
		_cleanup_free_ char *line = NULL;
		size_t len;

		line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);
		if (!line)
			break;
		take_line(conn, line, len);
	}
	if (!conn->ending && evbuffer_get_length(in) >= FW_SOCKET_LINE_MAX)
		refuse(conn, EX_USAGE, "request too long");
}

static void on_write(struct bufferevent *bev, void *ctx)
{
	struct fw_conn *conn = ctx;

	(void)bev;
	if (conn->busy && conn->watch.drained)
		conn->watch.drained(conn->watch.ctx);
	if (conn->ending && !conn->busy && fw_conn_backlog(conn) == 0)
		conn_free(conn);
}

/* A peer may shut down its writing side and wait for the rest of the answer.
 * A stream, or a request that waits, ends with it: nothing else tells that the
 * peer is gone. */
static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct fw_conn *conn = ctx;

	(void)bev;
	if ((what & BEV_EVENT_EOF) && !conn->busy && fw_conn_backlog(conn) > 0)
		conn_end(conn);
	else
		conn_free(conn);
}

bool fw_socket_admits(uid_t peer, uid_t own)
{
	return peer == 0 || peer == own;
}

static bool check_peer(struct fw_conn *conn, int fd)
{
	socklen_t len = sizeof(conn->peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &conn->peer, &len) == 0 &&
	       fw_socket_admits(conn->peer.uid, geteuid());
}

uid_t fw_conn_user(const struct fw_conn *conn)
{
	return conn->peer.uid;
}

pid_t fw_conn_process(const struct fw_conn *conn)
{
	return conn->peer.pid;
}

/* Takes fd, also when it returns NULL. */
static struct fw_conn *conn_new(struct fw_socket *control, int fd)
{
	struct fw_conn *conn = calloc(1, sizeof(*conn));

	if (conn)
		conn->bev = bufferevent_socket_new(control->base, fd,
						   BEV_OPT_CLOSE_ON_FREE);
	if (!conn || !conn->bev) {
		(void)close(fd);
		free(conn);
		return NULL;
	}
	conn->control = control;
	conn->next = control->conns;
	control->conns = conn;
	control->n_conns++;
	bufferevent_setwatermark(conn->bev, EV_READ, 0, FW_SOCKET_LINE_MAX);
	bufferevent_setcb(conn->bev, on_read, on_write, on_event, conn);
	set_timeouts(conn, true, true);
	(void)bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
	return conn;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
		      struct sockaddr *addr, int len, void *ctx)
{
	struct fw_socket *control = ctx;
	struct fw_conn *conn;

	(void)listener;
	(void)addr;
	(void)len;
	if (control->n_conns >= FW_SOCKET_CONNECTIONS) {
		(void)close(fd);
		return;
	}
	conn = conn_new(control, fd);
	if (conn && !check_peer(conn, fd))
		refuse(conn, EX_NOPERM, "not permitted");
}

/* --- the socket ----------------------------------------------------------- */

static int listen_at(const struct sockaddr_un *addr)
{
	_cleanup_close_ int fd = -1;
	mode_t mask;
	int r;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (unlink(addr->sun_path) < 0 && errno != ENOENT)
		return -errno;
	mask = umask(0177);
	r = bind(fd, (const struct sockaddr *)addr, sizeof(*addr));
	(void)umask(mask);
	if (r < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return FW_TAKE_FD(fd);
}

int fw_socket_open(struct event_base *base, const char *path,
		    const struct fw_socket_command *commands,
		    size_t n_commands, void *ctx, struct fw_socket **ret)
{
	_cleanup_free_ struct fw_socket *control = NULL;
	int fd;

	control = calloc(1, sizeof(*control));
	if (!control)
		return -ENOMEM;
	control->base = base;
	control->commands = commands;
	control->n_commands = n_commands;
	control->ctx = ctx;
	control->addr.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(control->addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(control->addr.sun_path, path);
	fd = listen_at(&control->addr);
	if (fd < 0)
		return fd;
	control->listener = evconnlistener_new(base, on_accept, control,
					       LEV_OPT_CLOSE_ON_FREE |
						       LEV_OPT_CLOSE_ON_EXEC,
					       0, fd);
	if (!control->listener) {
		(void)close(fd);
		return -ENOMEM;
	}
	*ret = FW_TAKE(control);
	return 0;
}

void fw_socket_unlisten(struct fw_socket *control)
{
	if (!control || !control->listener)
		return;
	evconnlistener_free(control->listener);
	control->listener = NULL;
	(void)unlink(control->addr.sun_path);
}

/* The loop runs no more: what is left is written by hand. */
static void flush(struct fw_conn *conn)
{
	struct evbuffer *out = bufferevent_get_output(conn->bev);
	struct pollfd fd = { .fd = bufferevent_getfd(conn->bev),
			     .events = POLLOUT };
	size_t left = evbuffer_get_length(out);
	const unsigned char *data = evbuffer_pullup(out, -1);

	while (data && left > 0 && poll(&fd, 1, CLOSE_MS) > 0) {
		ssize_t n = send(fd.fd, data, left, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		data += n;
		left -= (size_t)n;
	}
}

void fw_socket_close(struct fw_socket *control)
{
	if (!control)
		return;
	fw_socket_unlisten(control);
	while (control->conns) {
		flush(control->conns);
		conn_free(control->conns);
	}
	free(control);
}
