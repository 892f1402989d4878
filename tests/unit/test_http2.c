/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP/2 in clear text: the authority that a request is for, what servers must
 * refuse, and a preface that is none; cut in two at each byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/app.h"
#include "util/cleanup.h"

#define END_HEADERS 0x4
#define PADDED 0x8
#define PRIORITY 0x20
#define GET { ":method", "GET" }, { ":scheme", "http" }, { ":path", "/a?b" }
#define MAX_FIELDS 8

struct field {
	const char *name, *value;
};

struct bytes {
	uint8_t data[4096];
	size_t len;
};

static void put(struct bytes *to, const void *data, size_t len)
{
	assert_true(len <= sizeof(to->data) - to->len);
	if (len)
		memcpy(to->data + to->len, data, len);
	to->len += len;
}

static void put_frame(struct bytes *to, uint8_t type, uint8_t flags,
		      uint32_t stream, const void *payload, size_t len)
{
	const uint8_t head[FW_HTTP2_FRAME_HEAD] = {
		(uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len, type,
		flags, (uint8_t)(stream >> 24), (uint8_t)(stream >> 16),
		(uint8_t)(stream >> 8), (uint8_t)stream,
	};

	put(to, head, sizeof(head));
	put(to, payload, len);
}

/* The fields as HPACK packs them. */
static struct bytes pack(const struct field *fields)
{
	struct bytes block = { .len = 0 };
	nghttp2_nv nv[MAX_FIELDS];
	nghttp2_hd_deflater *deflater;
	size_t n = 0;
	ssize_t len;

	for (; n < MAX_FIELDS && fields[n].name; n++)
		nv[n] = (nghttp2_nv){
			.name = (uint8_t *)(uintptr_t)fields[n].name,
			.value = (uint8_t *)(uintptr_t)fields[n].value,
			.namelen = strlen(fields[n].name),
			.valuelen = strlen(fields[n].value),
		};
	assert_int_equal(nghttp2_hd_deflate_new(&deflater, 4096), 0);
	len = nghttp2_hd_deflate_hd(deflater, block.data, sizeof(block.data),
				    nv, n);
	assert_true(len > 0);
	block.len = (size_t)len;
	nghttp2_hd_deflate_del(deflater);
	return block;
}

/* A connection's beginning as clients send it, up to its first request. */
static struct bytes opening(void)
{
	static const uint8_t settings[] = { 0, 3, 0, 0, 0, 100 };
	static const uint8_t window[] = { 0, 1, 0, 0 };
	struct bytes all = { .len = 0 };

	put(&all, FW_HTTP2_PREFACE, strlen(FW_HTTP2_PREFACE));
	put_frame(&all, 4, 0, 0, settings, sizeof(settings));
	put_frame(&all, 8, 0, 0, window, sizeof(window));
	return all;
}

/* Fed whole, and cut at each byte: as told each time. */
static void check(const struct bytes *all, enum fw_parse_state state,
		  const char *host)
{
	for (size_t cut = 0; cut < all->len; cut++) {
		struct fw_fact fact;
		struct fw_app app;

		fw_app_init(&app, false);
		(void)fw_app_feed(&app, all->data, cut);
		(void)fw_app_feed(&app, all->data + cut, all->len - cut);
		assert_string_equal(fw_app_name(app.kind), "http2");
		assert_int_equal(app.state, state);
		fact = fw_app_fact(&app, FW_FACT_HTTP_HOST);
		if (state == FW_PARSE_DONE && host) {
			assert_int_equal(fact.state, FW_FACT_KNOWN);
			assert_string_equal(fact.text, host);
			assert_string_equal(app.http2.request,
					    "GET /a?b HTTP/2");
		} else {
			assert_int_not_equal(fact.state, FW_FACT_KNOWN);
		}
		if (state != FW_PARSE_NEED_MORE)
			assert_int_equal(fw_app_held(&app), sizeof(app));
		fw_app_done(&app);
	}
}

static const struct {
	struct field fields[MAX_FIELDS];
	enum fw_parse_state state;
	const char *host;
} requests[] = {
	{ { GET, { ":authority", "a.example" } }, FW_PARSE_DONE, "a.example" },
	{ { GET, { ":authority", "A.Example.:8080" }, { "host", "a.example" } },
	  FW_PARSE_DONE, "a.example" },
	{ { GET, { "host", "b.example" } }, FW_PARSE_DONE, "b.example" },
	{ { GET, { "x", "y" } }, FW_PARSE_DONE, NULL },
	{ { GET, { ":authority", "a.example" }, { "host", "b.example" } },
	  FW_PARSE_MALFORMED, NULL },
	{ { GET, { ":authority", "a.example" }, { ":authority", "a.example" } },
	  FW_PARSE_MALFORMED, NULL },
	{ { GET, { "host", "a.example" }, { "host", "a.example" } },
	  FW_PARSE_MALFORMED, NULL },
	{ { GET, { "x", "y" }, { ":authority", "a.example" } },
	  FW_PARSE_MALFORMED, NULL },
	{ { GET, { ":authority", "a b" } }, FW_PARSE_MALFORMED, NULL },
};

static void authorities(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(requests); i++) {
		struct bytes block = pack(requests[i].fields), all = opening();

		put_frame(&all, 1, END_HEADERS, 1, block.data, block.len);
		check(&all, requests[i].state, requests[i].host);
		all.len--;
		if (requests[i].state == FW_PARSE_DONE)
			check(&all, FW_PARSE_NEED_MORE, NULL);
	}
}

static void blocks_over_frames(void **state)
{
	static const struct field fields[MAX_FIELDS] = {
		GET, { ":authority", "a.example" },
	};
	struct bytes block = pack(fields);

	(void)state;
	for (size_t cut = 0; cut <= block.len; cut++) {
		/* three bytes of padding, and a priority */
		struct bytes all = opening(), first = { { 3 }, 6 };

		put(&first, block.data, cut);
		put(&first, "\0\0\0", 3);
		put_frame(&all, 1, PADDED | PRIORITY, 3, first.data, first.len);
		put_frame(&all, 9, 0, 3, "", 0);
		put_frame(&all, 9, END_HEADERS, 3, block.data + cut,
			  block.len - cut);
		check(&all, FW_PARSE_DONE, "a.example");
	}
}

static void what_servers_refuse(void **state)
{
	static const struct field fields[MAX_FIELDS] = {
		GET, { ":authority", "a.example" },
	};
	struct bytes block = pack(fields), all = { .len = 0 };

	(void)state;
	/* no SETTINGS */
	put(&all, FW_HTTP2_PREFACE, strlen(FW_HTTP2_PREFACE));
	put_frame(&all, 1, END_HEADERS, 1, block.data, block.len);
	check(&all, FW_PARSE_MALFORMED, NULL);
	/* a block that another frame, or another stream's, interrupts */
	for (size_t i = 0; i < 2; i++) {
		all = opening();
		put_frame(&all, 1, 0, 1, block.data, block.len);
		put_frame(&all, i ? 9 : 6, END_HEADERS, i ? 3 : 0, "", 0);
		check(&all, FW_PARSE_MALFORMED, NULL);
	}
	/* a continuation of nothing, and a stream of the server's */
	all = opening();
	put_frame(&all, 9, END_HEADERS, 1, block.data, block.len);
	check(&all, FW_PARSE_MALFORMED, NULL);
	all = opening();
	put_frame(&all, 1, END_HEADERS, 2, block.data, block.len);
	check(&all, FW_PARSE_MALFORMED, NULL);
	/* more padding than frame, an index of nothing, a block cut short */
	all = opening();
	put_frame(&all, 1, END_HEADERS | PADDED, 1, "\5abcd", 5);
	check(&all, FW_PARSE_MALFORMED, NULL);
	all = opening();
	put_frame(&all, 1, END_HEADERS, 1, "\xfe", 1);
	check(&all, FW_PARSE_MALFORMED, NULL);
	all = opening();
	put_frame(&all, 1, END_HEADERS, 1, block.data, block.len - 1);
	check(&all, FW_PARSE_MALFORMED, NULL);
}

/* A method of HTTP/1 may begin as the preface does. */
static void prefaces_that_are_none(void **state)
{
	static const struct {
		const char *text, *host;
	} texts[] = {
		{ "PRI * HTTP/1.1\r\nHost: a.example\r\n\r\n", "a.example" },
		{ "PRI http://b.example/ HTTP/1.1\r\n\r\n", "b.example" },
		{ "PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(texts); i++)
		for (size_t cut = 0; cut < strlen(texts[i].text); cut++) {
			const uint8_t *data = (const uint8_t *)texts[i].text;
			struct fw_fact fact;
			struct fw_app app;

			fw_app_init(&app, false);
			(void)fw_app_feed(&app, data, cut);
			(void)fw_app_feed(&app, data + cut,
					  strlen(texts[i].text) - cut);
			fact = fw_app_fact(&app, FW_FACT_HTTP_HOST);
			if (texts[i].host)
				assert_string_equal(fact.text, texts[i].host);
			else
				assert_int_equal(fact.state, FW_FACT_ABSENT);
			fw_app_done(&app);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authorities),
		cmocka_unit_test(blocks_over_frames),
		cmocka_unit_test(what_servers_refuse),
		cmocka_unit_test(prefaces_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
