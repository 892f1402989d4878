/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command in, the lines of the daemon's answer out. What fails is said on
 * standard error and is the exit status.
 */
#include "client/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sysexits.h>

#include "util/cleanup.h"

static int complain(const struct fw_client *client, int error)
{
	if (error == EACCES || error == EPERM) {
		(void)fprintf(stderr,
			      "flywall: not permitted to ask instance %s\n",
			      client->instance);
		return EX_NOPERM;
	}
	if (error == ENOENT || error == ECONNREFUSED)
		(void)fprintf(stderr, "flywall: no daemon runs instance %s\n",
			      client->instance);
	else
		(void)fprintf(stderr, "flywall: %s: %s\n", client->socket,
			      strerror(error));
	return EX_UNAVAILABLE;
}

/* The socket, or -errno. */
static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return FW_TAKE_FD(fd);
}

bool fw_client_answers(const struct fw_client *client)
{
	_cleanup_close_ int fd = connect_to(client->socket);

	return fd >= 0;
}

/* A daemon that refuses to be asked says so and closes: that is no failure to
 * send, its answer can be read. */
static int send_request(int fd, const char *command, json_t *arguments)
{
	_cleanup_free_ char *text = NULL;
	json_t *request;
	size_t len, sent = 0;

	request = json_pack("{s:s, s:o}", "command", command, "arguments",
			    arguments ? arguments : json_object());
	if (request)
		text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (!text)
		return -ENOMEM;
	len = strlen(text);
	text[len++] = '\n';	/* the NUL's place: its length is known */
	while (sent < len) {
		ssize_t n = send(fd, text + sent, len - sent, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EPIPE ? 0 : -errno;
		sent += (size_t)n;
	}
	return 0;
}

/* True when the line was for standard error. */
static bool take_message(const json_t *document)
{
	const char *error = json_string_value(json_object_get(document,
							      "error"));
	const char *text = json_string_value(json_object_get(document,
							     "diagnostics"));

	if (json_object_size(document) != 1 || (!error && !text))
		return false;
	if (error)
		(void)fprintf(stderr, "flywall: %s\n", error);
	else
		(void)fputs(text, stderr);
	return true;
}

/* The exit status of the last line, or -1. */
static int exit_code(const json_t *document)
{
	const json_t *code = json_object_get(document, "exit");

	if (json_object_size(document) != 1 || !json_is_integer(code))
		return -1;
	return (int)json_integer_value(code);
}

static int read_answer(FILE *in, fw_request_fn fn, void *ctx)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, in)) > 0) {
		json_t *document = json_loadb(line, (size_t)len, 0, NULL);
		int code = exit_code(document);

		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (code < 0 && json_is_object(document) &&
		    !take_message(document))
			fn(ctx, line, document);
		json_decref(document);
		if (code >= 0)
			return code;
	}
	(void)fputs("flywall: the daemon went away\n", stderr);
	return EX_UNAVAILABLE;
}

int fw_request(const struct fw_client *client, const char *command,
	       json_t *arguments, fw_request_fn fn, void *ctx)
{
	_cleanup_fclose_ FILE *in = NULL;
	int fd, r, code;

	fd = connect_to(client->socket);
	if (fd < 0) {
		json_decref(arguments);
		return complain(client, -fd);
	}
	r = send_request(fd, command, arguments);
	in = fdopen(fd, "r");
	if (r < 0 || !in) {
		if (!in)
			(void)close(fd);
		return complain(client, r < 0 ? -r : ENOMEM);
	}
	code = read_answer(in, fn, ctx);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fputs("flywall: the answer cannot be written\n", stderr);
		return EX_IOERR;
	}
	return code;
}
