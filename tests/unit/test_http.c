/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP/1 requests: which host one is for, what servers must refuse, and what is
 * no request; cut in two at each byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "inspect/http.h"
#include "util/cleanup.h"

#define A_HOST "Host: a.example\r\n"
#define L50 "llllllllllllllllllllllllllllllllllllllllllllllllll"
#define L250 L50 L50 L50 L50 L50
#define L1000 L250 L250 L250 L250

static const struct {
	const char *request;
	enum fw_parse_state state;
	const char *host;	/* NULL: none; valid with DONE */
} cases[] = {
	{ "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", FW_PARSE_DONE,
	  "a.example" },
	{ "GET / HTTP/1.0\r\n\r\n", FW_PARSE_DONE, NULL },
	{ "\r\n\r\nGET / HTTP/1.1\r\n" A_HOST "\r\n", FW_PARSE_DONE,
	  "a.example" },
	{ "GET / HTTP/1.1\nhOsT:A.ExAmPlE.:8080\t\n\n", FW_PARSE_DONE,
	  "a.example" },
	{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", FW_PARSE_DONE, NULL },
	{ "GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", FW_PARSE_DONE,
	  "[2001:db8::1]" },
	{ "GET / HTTP/1.1\r\nX-Host: b\r\nHostile: c\r\n" A_HOST "\r\n",
	  FW_PARSE_DONE, "a.example" },
	{ "GET / HTTP/1.1\r\nCookie: " L1000 L250 "\r\n" A_HOST "\r\n",
	  FW_PARSE_DONE, "a.example" },
	{ "GET /" L1000 L250 " HTTP/1.1\r\n" A_HOST "\r\n", FW_PARSE_DONE,
	  "a.example" },
	{ "GET / HTTP/1.1\r\nX: a\r\n\tgoes on\r\n" A_HOST "\r\n",
	  FW_PARSE_DONE, "a.example" },
	{ "search-it /?q=http://b.example HTTP/1.1\r\n" A_HOST "\r\n",
	  FW_PARSE_DONE, "a.example" },
	/* the target names the host */
	{ "GET http://u:p@B.example:80/x HTTP/1.1\r\n" A_HOST "\r\n",
	  FW_PARSE_DONE, "b.example" },
	{ "GET http://b.example?x@c.example HTTP/1.1\r\n\r\n", FW_PARSE_DONE,
	  "b.example" },
	{ "CONNECT b.example:443 HTTP/1.1\r\n" A_HOST "\r\n", FW_PARSE_DONE,
	  "b.example" },
	{ "OPTIONS * HTTP/1.1\r\n" A_HOST "\r\n", FW_PARSE_DONE, "a.example" },
	/* what servers refuse, each in a way of its own */
	{ "GET / HTTP/1.1\r\n" A_HOST A_HOST "\r\n", FW_PARSE_MALFORMED, NULL },
	{ "GET / HTTP/1.1\r\nHost : a.example\r\n\r\n", FW_PARSE_MALFORMED,
	  NULL },
	{ "GET / HTTP/1.1\r\nHost: a\r\n .example\r\n\r\n", FW_PARSE_MALFORMED,
	  NULL },
	{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", FW_PARSE_MALFORMED, NULL },
	{ "GET / HTTP/1.1\r\nHost: a\xe4\r\n\r\n", FW_PARSE_MALFORMED, NULL },
	{ "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", FW_PARSE_MALFORMED, NULL },
	{ "GET / HTTP/1.1\r\nX: y\rHost: b\r\n\r\n", FW_PARSE_MALFORMED, NULL },
	{ "GET / HTTP/1.1\r\nHost: " L250 L250 "\r\n\r\n", FW_PARSE_MALFORMED,
	  NULL },
	{ "GET / HTTP/1.1\r\nHost:" "                " L1000 L50 "\r\n\r\n",
	  FW_PARSE_MALFORMED, NULL },
	{ "GET http://" L1000 L250 " HTTP/1.1\r\n\r\n", FW_PARSE_MALFORMED,
	  NULL },
	/* no requests */
	{ "GET / HTTP/2.0\r\n", FW_PARSE_OTHER, NULL },
	{ "GET /\r\n", FW_PARSE_OTHER, NULL },
	{ "HELO mail.example\r\n", FW_PARSE_OTHER, NULL },
	{ "PASS\r\n", FW_PARSE_OTHER, NULL },
	{ " GET", FW_PARSE_OTHER, NULL },
	{ "GET\1", FW_PARSE_OTHER, NULL },
	{ "GET / \1", FW_PARSE_OTHER, NULL },
	{ "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", FW_PARSE_OTHER, NULL },
	{ L50, FW_PARSE_OTHER, NULL },
	/* unfinished ones */
	{ "GET / HTTP/1.1\r\n" A_HOST, FW_PARSE_NEED_MORE, NULL },
	{ "GET / HTTP/1.1\r\n" A_HOST "\r", FW_PARSE_NEED_MORE, NULL },
};

static void is_as_told(size_t i, const struct fw_http *http)
{
	if (http->state != cases[i].state)
		fail_msg("%s: state %d", cases[i].request, (int)http->state);
	if (http->state != FW_PARSE_DONE)
		return;
	if ((http->host.len != 0) != (cases[i].host != NULL))
		fail_msg("%s: a host?", cases[i].request);
	if (http->host.len)
		assert_string_equal(http->host.name, cases[i].host);
	assert_int_equal(http->host.len, strlen(http->host.name));
}

static void requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		const uint8_t *data = (const uint8_t *)cases[i].request;
		size_t len = strlen(cases[i].request);

		for (size_t cut = 0; cut <= len; cut++) {
			struct fw_http http;

			fw_http_init(&http);
			(void)fw_http_feed(&http, data, cut);
			(void)fw_http_feed(&http, data + cut, len - cut);
			is_as_told(i, &http);
		}
	}
}

static void the_request_is_kept(void **state)
{
	static const char text[] = "GET /" L250 L50 " HTTP/1.1\r\n\r\n";
	struct fw_http http;

	(void)state;
	fw_http_init(&http);
	(void)fw_http_feed(&http, (const uint8_t *)text, strlen(text));
	assert_int_equal(http.state, FW_PARSE_DONE);
	assert_int_equal(strlen(http.request), FW_HTTP_REQUEST_MAX);
	assert_memory_equal(http.request, text, FW_HTTP_REQUEST_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(the_request_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
