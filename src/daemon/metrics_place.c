/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests and ticks in, the daemon's metrics out. A place that cannot be had
 * is told of and left alone: a filter does not stop for want of onlookers.
 *
 * Whoever can connect is a stranger: one path, two methods, a short request, a
 * short time, and a text that is made at most once a second.
 */
#include "daemon/metrics_place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/json.h"
#include "daemon/metrics.h"
#include "daemon/status.h"
#include "util/cleanup.h"
#include "util/log.h"

#define PATH "/metrics"
#define TYPE "text/plain; version=0.0.4; charset=utf-8"
#define REQUEST_MAX 8192	/* bytes of headers; there is no body */
#define TIMEOUT_S 10
#define FRESH_NS 1000000000ULL
#define FILE_S 15
#define BACKLOG 16

struct fw_metrics_place {
	struct fw_daemon *daemon;
	char *listen, *file;	/* as asked for, or NULL */
	struct evhttp *http;
	struct event *timer;
	char reason[256];	/* why a place is not there; "" else */
	char *text;		/* made at made_ns */
	uint64_t made_ns;
};

static void complain(struct fw_metrics_place *place, const char *where,
		     int error)
{
	char reason[sizeof(place->reason)];

	(void)snprintf(reason, sizeof(reason), "%s: %s", where,
		       strerror(-error));
	if (strcmp(reason, place->reason))
		fw_log(LOG_ERR, "metrics: %s", reason);
	memcpy(place->reason, reason, sizeof(reason));
}

char *fw_metrics_text(struct fw_daemon *daemon)
{
	json_t *documents[] = {
		fw_status_document(daemon),
		fw_status_rules(daemon),
		fw_status_counters(daemon),
		fw_status_classes(daemon),
		fw_status_stats(daemon, FW_COUNTED_PROGRAMS),
		fw_status_stats(daemon, FW_COUNTED_DAEMON),
	};
	const struct fw_metrics_of of = {
		documents[0], documents[1], documents[2],
		documents[3], documents[4], documents[5],
	};
	struct fw_buf buf = { 0 };

	for (size_t i = 0; i < FW_ARRAY_SIZE(documents); i++)
		buf.failed |= !documents[i];
	if (!buf.failed)
		fw_metrics_print(&of, &buf);
	for (size_t i = 0; i < FW_ARRAY_SIZE(documents); i++)
		json_decref(documents[i]);
	return fw_buf_take(&buf);
}

/* NULL: no memory. */
static const char *text(struct fw_metrics_place *place)
{
	uint64_t now = fw_daemon_clock();

	if (place->text && now - place->made_ns < FRESH_NS)
		return place->text;
	free(place->text);
	place->text = fw_metrics_text(place->daemon);
	place->made_ns = now;
	return place->text;
}

/* --- over HTTP ------------------------------------------------------------ */

static void answer(struct evhttp_request *request, void *ctx)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *body = evhttp_request_get_output_buffer(request);
	const char *metrics = text(ctx);

	if (!metrics || evbuffer_add(body, metrics, strlen(metrics)) < 0) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
		return;
	}
	(void)evhttp_add_header(headers, "Content-Type", TYPE);
	evhttp_send_reply(request, HTTP_OK, NULL, NULL);
}

/* "127.0.0.1:9477", "[::1]:9477", as check has let it through. */
static socklen_t address_of(const char *where, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	const char *colon = strrchr(where, ':');
	in_port_t port = htons((uint16_t)atoi(colon + 1));
	char host[INET6_ADDRSTRLEN];

	*ret = (struct sockaddr_storage){ 0 };
	if (*where == '[') {
		(void)snprintf(host, sizeof(host), "%.*s",
			       (int)(colon - where) - 2, where + 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = port;
		return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1 ?
			       sizeof(*v6) : 0;
	}
	(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - where), where);
	v4->sin_family = AF_INET;
	v4->sin_port = port;
	return inet_pton(AF_INET, host, &v4->sin_addr) == 1 ? sizeof(*v4) : 0;
}

/* A socket that an earlier daemon left is no obstacle, any other file is. */
static int clear_path(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	return unlink(path) < 0 ? -errno : 0;
}

static socklen_t path_of(const char *where, struct sockaddr_storage *ret)
{
	struct sockaddr_un *addr = (struct sockaddr_un *)ret;

	*ret = (struct sockaddr_storage){ .ss_family = AF_UNIX };
	if (strlen(where) >= sizeof(addr->sun_path))
		return 0;
	strcpy(addr->sun_path, where);
	return sizeof(*addr);
}

/* A listening socket, or -errno. */
static int listen_at(const char *where)
{
	bool is_path = *where == '/';
	struct sockaddr_storage addr;
	socklen_t len = is_path ? path_of(where, &addr) :
				  address_of(where, &addr);
	_cleanup_close_ int fd = -1;
	const int one = 1;
	int r;

	if (!len)
		return -EINVAL;
	r = is_path ? clear_path(where) : 0;
	if (r < 0)
		return r;
	fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (const struct sockaddr *)&addr, len) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;
	return FW_TAKE_FD(fd);
}

static int serve(struct fw_metrics_place *place)
{
	_cleanup_close_ int fd = listen_at(place->listen);
	struct evconnlistener *listener;

	if (fd < 0)
		return fd;
	place->http = evhttp_new(place->daemon->base);
	if (!place->http)
		return -ENOMEM;
	evhttp_set_allowed_methods(place->http, EVHTTP_REQ_GET |
					       EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(place->http, REQUEST_MAX);
	evhttp_set_max_body_size(place->http, 0);
	evhttp_set_timeout(place->http, TIMEOUT_S);
	listener = evconnlistener_new(place->daemon->base, NULL, NULL,
				      LEV_OPT_CLOSE_ON_FREE, 0, fd);
	if (!listener)
		return -ENOMEM;
	(void)FW_TAKE_FD(fd);
	if (evhttp_set_cb(place->http, PATH, answer, place) < 0 ||
	    !evhttp_bind_listener(place->http, listener)) {
		evconnlistener_free(listener);
		return -ENOMEM;
	}
	return 0;
}

static void serve_no_more(struct fw_metrics_place *place)
{
	if (!place->http)
		return;
	evhttp_free(FW_TAKE(place->http));
	if (*place->listen == '/')
		(void)unlink(place->listen);
}

/* --- in a file ------------------------------------------------------------ */

/* World-readable: the one who collects it is another user. */
static int replace(const char *path, const char *metrics)
{
	_cleanup_free_ char *temp = NULL;
	_cleanup_close_ int fd = -1;
	size_t len = strlen(metrics);
	int r = 0;

	if (asprintf(&temp, "%s.new", path) < 0)
		return -ENOMEM;
	if (unlink(temp) < 0 && errno != ENOENT)
		return -errno;
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  0644);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0644) < 0)
		r = -errno;
	else if (write(fd, metrics, len) != (ssize_t)len)
		r = -ENOSPC;
	if (r == 0 && rename(temp, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(temp);
	return r;
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct fw_metrics_place *place = ctx;
	const char *metrics = text(place);
	int r = metrics ? replace(place->file, metrics) : -ENOMEM;

	(void)fd;
	(void)what;
	if (r < 0)
		complain(place, place->file, r);
	else if (place->http || !place->listen)
		place->reason[0] = '\0';
}

static int write_often(struct fw_metrics_place *place)
{
	const struct timeval period = { .tv_sec = FILE_S };

	place->timer = event_new(place->daemon->base, -1, EV_PERSIST, on_timer,
				 place);
	if (!place->timer || event_add(place->timer, &period) < 0)
		return -ENOMEM;
	on_timer(-1, 0, place);
	return 0;
}

/* --- places --------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int take_name(char **slot, const char *name)
{
	free(*slot);
	*slot = name ? strdup(name) : NULL;
	return name && !*slot ? -ENOMEM : 0;
}

static void run_listen(struct fw_metrics_place *place, const char *name)
{
	int r = 0;

	if (same(place->listen, name) && (place->http || !name))
		return;
	serve_no_more(place);
	if (take_name(&place->listen, name) < 0)
		r = -ENOMEM;
	else if (name)
		r = serve(place);
	if (r < 0) {
		serve_no_more(place);
		complain(place, name, r);
	}
}

/* Numbers that nobody makes any more would be taken for true. */
static void write_no_more(struct fw_metrics_place *place)
{
	if (!place->timer)
		return;
	event_free(FW_TAKE(place->timer));
	(void)unlink(place->file);
}

static void run_file(struct fw_metrics_place *place, const char *name)
{
	int r = 0;

	if (!same(place->file, name)) {
		write_no_more(place);
		r = take_name(&place->file, name);
	}
	if (name && r >= 0 && !place->timer)
		r = write_often(place);
	if (r < 0)
		complain(place, name, r);
}

struct fw_metrics_place *fw_metrics_place_new(struct fw_daemon *daemon)
{
	struct fw_metrics_place *place = calloc(1, sizeof(*place));

	if (place)
		place->daemon = daemon;
	return place;
}

void fw_metrics_place_run(struct fw_metrics_place *place)
{
	const struct fw_plan_service *service =
		&place->daemon->running.plan->service;

	place->reason[0] = '\0';
	run_listen(place, service->metrics_listen);
	run_file(place, service->metrics_file);
}

void fw_metrics_place_free(struct fw_metrics_place *place)
{
	if (!place)
		return;
	serve_no_more(place);
	write_no_more(place);
	free(place->listen);
	free(place->file);
	free(place->text);
	free(place);
}

json_t *fw_metrics_place_document(const struct fw_metrics_place *place)
{
	return json_pack("{s:o, s:o, s:o}", "listen",
			 fw_json_text(place->listen), "file",
			 fw_json_text(place->file), "reason",
			 fw_json_text(place->reason[0] ? place->reason :
							 NULL));
}
