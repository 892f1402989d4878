/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: requests, what is no request, slow and rude peers. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/control.h"

static char dir[] = "/tmp/flywall-control-XXXXXX";
static struct sockaddr_un addr = { .sun_family = AF_UNIX };

/* What the commands below remember. */
static struct event_base *base;
static struct fw_socket *control;
static struct fw_conn *waiting;
static int closed, drained;

static void run_echo(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	(void)ctx;
	fw_conn_document(conn, json_pack("{s:O}", "echo", arguments));
	fw_conn_exit(conn, 3);
}

static void on_drained(void *ctx)
{
	(void)ctx;
	drained++;
}

static void on_closed(void *ctx)
{
	(void)ctx;
	closed++;
	waiting = NULL;
}

static void run_wait(void *ctx, struct fw_conn *conn, const json_t *arguments)
{
	const struct fw_conn_watch watch = { .drained = on_drained,
					     .closed = on_closed };

	(void)ctx;
	(void)arguments;
	waiting = conn;
	fw_conn_set_stream(conn);
	fw_conn_watch(conn, &watch);
}

static const struct fw_socket_command commands[] = {
	{ "echo", run_echo },
	{ "wait", run_wait },
};

static int set_up(void **state)
{
	(void)state;
	waiting = NULL;
	closed = drained = 0;
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", dir);
	base = event_base_new();
	return fw_socket_open(base, addr.sun_path, commands, 2, NULL,
			       &control);
}

static int tear_down(void **state)
{
	(void)state;
	fw_socket_close(control);
	event_base_free(base);
	return rmdir(dir);
}

static int dial(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

/* Turns the loop until the text ends with `end` or the peer is at its end;
 * what was read is in text. */
static bool hear(int fd, const char *end, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (int i = 0; i < 10000; i++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		(void)event_base_loop(base, EVLOOP_NONBLOCK);
		if (poll(&p, 1, 1) <= 0)
			continue;
		n = read(fd, text + len, size - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
		if (len >= strlen(end) &&
		    !strcmp(text + len - strlen(end), end))
			return true;
	}
	fail_msg("no answer: %s", text);
	return false;
}

static void hears(int fd, const char *expected)
{
	char text[2048];

	assert_true(hear(fd, "}\n", text, sizeof(text)));
	assert_string_equal(text, expected);
}

static void hears_end(int fd)
{
	char text[2048];

	assert_false(hear(fd, "never", text, sizeof(text)));
}

static void turn_until(const int *counter)
{
	for (int i = 0; i < 10000 && !*counter; i++) {
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
		(void)poll(NULL, 0, 1);
	}
	assert_int_equal(*counter, 1);
}

/* --- requests ------------------------------------------------------------- */

static void test_answer(void **state)
{
	int fd = dial();
	struct stat st;

	(void)state;
	assert_int_equal(stat(addr.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	say(fd, "{\"command\":\"echo\",\"arguments\":{\"a\":1}}\n");
	hears(fd, "{\"echo\":{\"a\":1}}\n{\"exit\":3}\n");
	/* in pieces, and another one on the same connection */
	say(fd, "{\"command\":");
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	say(fd, "\"echo\"}\n");
	hears(fd, "{\"echo\":{}}\n{\"exit\":3}\n");
	(void)close(fd);
}

/* The writing side is shut with the request: the answer comes all the same. */
static void test_half_closed(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, "{\"command\":\"echo\"}\n");
	(void)shutdown(fd, SHUT_WR);
	hears(fd, "{\"echo\":{}}\n{\"exit\":3}\n");
	hears_end(fd);
	(void)close(fd);
}

static void test_no_requests(void **state)
{
	static const struct {
		const char *line, *answer;
	} cases[] = {
		{ "\n", "not a request" },
		{ "hello\n", "not a request" },
		{ "[]\n", "not a request" },
		{ "{}\n", "not a request" },
		{ "{\"command\":7}\n", "not a request" },
		{ "{\"command\":\"echo\",\"arguments\":[]}\n",
		  "not a request" },
		{ "{\"command\":\"echo\"} x\n", "not a request" },
		{ "{\"command\":\"\377\"}\n", "not a request" },
		{ "{\"command\":\"format\"}\n", "unknown command" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char expected[128];
		int fd = dial();

		(void)snprintf(expected, sizeof(expected),
			       "{\"error\":\"%s\"}\n{\"exit\":64}\n",
			       cases[i].answer);
		say(fd, cases[i].line);
		hears(fd, expected);
		hears_end(fd);
		(void)close(fd);
	}
}

static void test_too_long(void **state)
{
	static char junk[FW_SOCKET_LINE_MAX];
	int fd = dial();
	size_t sent = 0;

	(void)state;
	memset(junk, '[', sizeof(junk));
	while (sent < sizeof(junk)) {
		ssize_t n = send(fd, junk + sent, sizeof(junk) - sent,
				 MSG_NOSIGNAL);

		(void)event_base_loop(base, EVLOOP_NONBLOCK);
		if (n > 0)
			sent += (size_t)n;
	}
	hears(fd, "{\"error\":\"request too long\"}\n{\"exit\":64}\n");
	hears_end(fd);
	(void)close(fd);
}

/* A line just within the bound that nests as deep as it can. */
static void test_deep(void **state)
{
	static char junk[FW_SOCKET_LINE_MAX];
	int fd = dial();

	(void)state;
	memset(junk, '[', sizeof(junk));
	junk[60000] = '\n';
	junk[60001] = '\0';
	say(fd, junk);
	hears(fd, "{\"error\":\"not a request\"}\n{\"exit\":64}\n");
	(void)close(fd);
}

/* --- requests that take time ---------------------------------------------- */

static void test_wait(void **state)
{
	int fd = dial(), other = dial();

	(void)state;
	say(fd, "{\"command\":\"wait\"}\n");
	say(other, "{\"command\":\"echo\"}\n");
	hears(other, "{\"echo\":{}}\n{\"exit\":3}\n");
	assert_non_null(waiting);
	fw_conn_line(waiting, "{\"event\":1}");
	hears(fd, "{\"event\":1}\n");
	turn_until(&drained);
	fw_conn_exit(waiting, 0);
	hears(fd, "{\"exit\":0}\n");
	(void)close(fd);
	(void)close(other);
	for (int i = 0; i < 10; i++)
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(closed, 0);
}

static void test_waiter_leaves(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, "{\"command\":\"wait\"}\n");
	while (!waiting)
		(void)event_base_loop(base, EVLOOP_ONCE);
	(void)close(fd);
	turn_until(&closed);
}

static void test_waiter_talks(void **state)
{
	int fd = dial();

	(void)state;
	say(fd, "{\"command\":\"wait\"}\n{\"command\":\"echo\"}\n");
	hears(fd, "{\"error\":\"a request is under way\"}\n{\"exit\":64}\n");
	hears_end(fd);
	assert_int_equal(closed, 1);
	(void)close(fd);
}

/* What is not read stays with the daemon, and it can see how much that is. */
static void test_slow_reader(void **state)
{
	static char line[4096];
	int fd = dial();

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	say(fd, "{\"command\":\"wait\"}\n");
	while (!waiting)
		(void)event_base_loop(base, EVLOOP_ONCE);
	for (int i = 0; i < 256; i++) {
		fw_conn_line(waiting, line);
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
	}
	assert_true(fw_conn_backlog(waiting) > 256 * 1024);
	drained = 0;	/* at first the kernel took all */
	for (int i = 0; i < 100000 && !drained; i++) {
		char text[65536];

		(void)event_base_loop(base, EVLOOP_NONBLOCK);
		if (read(fd, text, sizeof(text)) < 0)
			assert_int_equal(errno, EAGAIN);
	}
	assert_int_equal(drained, 1);
	assert_int_equal(fw_conn_backlog(waiting), 0);
	(void)close(fd);
	turn_until(&closed);
}

/* The end of the daemon: the last answer gets out without the loop. */
static void test_close_flushes(void **state)
{
	int fd = dial();
	char text[256];
	ssize_t n;

	(void)state;
	say(fd, "{\"command\":\"wait\"}\n");
	while (!waiting)
		(void)event_base_loop(base, EVLOOP_ONCE);
	fw_socket_unlisten(control);
	assert_int_equal(access(addr.sun_path, F_OK), -1);
	fw_conn_exit(waiting, 0);
	fw_socket_close(control);
	control = NULL;
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "{\"exit\":0}\n");
	/* libevent closes a connection when it is next awake */
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(read(fd, text, sizeof(text)), 0);
	(void)close(fd);
}

/* --- who may ask ---------------------------------------------------------- */

static void test_admission(void **state)
{
	(void)state;
	assert_true(fw_socket_admits(0, 0));
	assert_true(fw_socket_admits(0, 1000));
	assert_true(fw_socket_admits(1000, 1000));
	assert_false(fw_socket_admits(1000, 0));
	assert_false(fw_socket_admits(1001, 1000));
}

static void test_too_many(void **state)
{
	int fds[FW_SOCKET_CONNECTIONS + 1];
	size_t n = sizeof(fds) / sizeof(fds[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		fds[i] = dial();
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
	}
	hears_end(fds[n - 1]);
	say(fds[0], "{\"command\":\"echo\"}\n");
	hears(fds[0], "{\"echo\":{}}\n{\"exit\":3}\n");
	for (size_t i = 0; i < n; i++)
		(void)close(fds[i]);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answer),	  TEST(test_half_closed),
		TEST(test_no_requests),	  TEST(test_too_long),
		TEST(test_deep),	  TEST(test_wait),
		TEST(test_waiter_leaves), TEST(test_waiter_talks),
		TEST(test_slow_reader),	  TEST(test_close_flushes),
		TEST(test_admission),	  TEST(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
