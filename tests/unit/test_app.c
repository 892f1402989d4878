/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream's protocol by its first bytes, and the facts that rules ask of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/app.h"
#include "tests/unit/hello.h"
#include "util/cleanup.h"

#define TEXT(text) (const uint8_t *)(text), sizeof(text) - 1

static struct fw_app feed(const void *data, size_t len, size_t portion,
			  bool dns_port)
{
	struct fw_app app;

	fw_app_init(&app, dns_port);
	for (size_t at = 0; at < len; at += portion)
		(void)fw_app_feed(&app, (const uint8_t *)data + at,
				  len - at < portion ? len - at : portion);
	return app;
}

static const struct {
	const char *head;
	size_t len;
	bool dns_port;
	enum fw_app_kind kind;
	enum fw_parse_state state;
} cases[] = {
	{ "\x16", 1, false, FW_APP_UNKNOWN, FW_PARSE_NEED_MORE },
	{ "\x16\x03", 2, false, FW_APP_TLS, FW_PARSE_NEED_MORE },
	{ "\x15\x03\x03\0\2\1\x70", 7, false, FW_APP_TLS, FW_PARSE_NEED_MORE },
	{ "\x16\x02", 2, false, FW_APP_NONE, FW_PARSE_OTHER },
	{ "S", 1, false, FW_APP_UNKNOWN, FW_PARSE_NEED_MORE },
	{ "SSH-", 4, false, FW_APP_SSH, FW_PARSE_NEED_MORE },
	{ "SE", 2, false, FW_APP_HTTP, FW_PARSE_NEED_MORE },
	{ "SSH ", 4, false, FW_APP_HTTP, FW_PARSE_NEED_MORE },
	{ "G", 1, false, FW_APP_HTTP, FW_PARSE_NEED_MORE },
	{ "\r\n", 2, false, FW_APP_HTTP, FW_PARSE_NEED_MORE },
	{ "{", 1, false, FW_APP_TEXT, FW_PARSE_NEED_MORE },
	{ "{\1", 2, false, FW_APP_TEXT, FW_PARSE_OTHER },
	{ "{}\n", 3, false, FW_APP_TEXT, FW_PARSE_OTHER },
	{ "\0", 1, false, FW_APP_NONE, FW_PARSE_OTHER },
	{ "\0", 1, true, FW_APP_DNS, FW_PARSE_NEED_MORE },
	{ "\x16\x03", 2, true, FW_APP_TLS, FW_PARSE_NEED_MORE },
};

static void kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++)
		for (size_t portion = 1; portion <= cases[i].len; portion++) {
			struct fw_app app = feed(cases[i].head, cases[i].len,
						 portion, cases[i].dns_port);

			assert_string_equal(fw_app_name(app.kind),
					    fw_app_name(cases[i].kind));
			assert_int_equal(app.state, cases[i].state);
		}
}

/* --- TLS ------------------------------------------------------------------ */
/* Messages of openssl s_client; JA3 is what tshark makes of them. */
static void tls_facts(void **state)
{
	static const struct {
		const char *seed, *ja3, *ja4, *alpn;
		uint64_t version;
	} seeds[] = {
		{ "openssl-tls13", "a3afc2c46ba4a7d7fbe1cfb7a3031c2f",
		  "t13d311000_e8f1e7e78f70_1f22a2ca17c4", NULL, 0x0304 },
		{ "openssl-tls12", "871a754af286dfb70c1b53c6887c62e0",
		  "t12d280700_d943125447b4_e7e480e5a997", NULL, 0x0303 },
		{ "openssl-alpn", "5a1edc7f170af1014fc65c994878e63c",
		  "t13d3111h2_e8f1e7e78f70_1f22a2ca17c4",
		  "\2h2\x08http/1.1", 0x0304 },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(seeds); i++) {
		struct hello hello = hello_seed(seeds[i].seed);
		struct fw_app app = feed(hello.data, hello.len, 7, false);
		struct fw_fact fact = fw_app_fact(&app, FW_FACT_TLS_JA3);

		assert_int_equal(fact.state, FW_FACT_KNOWN);
		assert_string_equal(fact.text, seeds[i].ja3);
		fact = fw_app_fact(&app, FW_FACT_TLS_JA4);
		assert_string_equal(fact.text, seeds[i].ja4);
		fact = fw_app_fact(&app, FW_FACT_TLS_VERSION);
		assert_int_equal(fact.number, seeds[i].version);
		fact = fw_app_fact(&app, FW_FACT_TLS_ALPN);
		assert_int_equal(fact.state, seeds[i].alpn ? FW_FACT_KNOWN :
							     FW_FACT_ABSENT);
		if (seeds[i].alpn)
			assert_memory_equal(fact.text, seeds[i].alpn, fact.len);
		fact = fw_app_fact(&app, FW_FACT_HTTP_HOST);
		assert_int_equal(fact.state, FW_FACT_ABSENT);
	}
}

/* Conversations that turn to TLS, in portions of every size; pipelined as no
 * client should. */
static void tls_in_text(void **state)
{
	static const struct {
		const char *text, *protocol;
	} texts[] = {
		{ "EHLO a.example\r\nSTARTTLS\r\n", "smtp" },
		{ "ehlo [192.0.2.1]\r\nnoop\r\nstarttls\r\n", "smtp" },
		{ "CAPA\r\nSTLS\r\n", "pop3" },
		{ "1 CAPABILITY\r\n2 ID NIL\r\n3 STARTTLS\r\n", "imap" },
		{ "<?xml version='1.0'?><stream:stream to='a' xmlns='b/'>"
		  "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
		  "xmpp" },
		{ "<stream:stream><starttls xmlns=\"x\"></starttls>", "xmpp" },
	};
	struct hello seed = hello_seed("openssl-tls13"), all;
	struct fw_fact fact;
	struct fw_app app;

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(texts); i++) {
		size_t len = strlen(texts[i].text);

		all.len = 0;
		hello_put(&all, texts[i].text, len);
		hello_put(&all, seed.data, seed.len);
		for (size_t portion = 1; portion < all.len; portion++) {
			app = feed(all.data, all.len, portion, false);
			fact = fw_app_fact(&app, FW_FACT_TLS_SNI);
			assert_int_equal(fact.state, FW_FACT_KNOWN);
			assert_string_equal(app.starttls.protocol,
					    texts[i].protocol);
		}
		app = feed(all.data, len - 1, 5, false);
		fact = fw_app_fact(&app, FW_FACT_TLS_SNI);
		assert_int_equal(fact.state, FW_FACT_UNKNOWN);
		fact = fw_app_fact(&app, FW_FACT_HTTP_HOST);
		assert_int_equal(fact.state, FW_FACT_ABSENT);
	}
	app = feed("USER a\r\nSTARTTLS\r\n", 18, 4, false);
	assert_int_equal(app.starttls.state, FW_PARSE_NEED_MORE);
	app = feed("HELP\r\nSTARTTLS\r\n", 16, 4, false);
	assert_int_equal(app.state, FW_PARSE_OTHER);
}

/* --- SSH ------------------------------------------------------------------ */
static void ssh_versions(void **state)
{
	static const struct {
		const char *line;
		enum fw_fact_state state;
		uint64_t version;
	} lines[] = {
		{ "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", FW_FACT_KNOWN, 0x0200 },
		{ "SSH-1.99-x\n", FW_FACT_KNOWN, 0x0163 },
		{ "SSH-1.5-x\r\n", FW_FACT_KNOWN, 0x0105 },
		{ "SSH-2.0-x", FW_FACT_UNKNOWN, 0 },
		{ "SSH-2-x\r\n", FW_FACT_MALFORMED, 0 },
		{ "SSH-2.0\r\n", FW_FACT_MALFORMED, 0 },
		{ "SSH-2.256-x\r\n", FW_FACT_MALFORMED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(lines); i++) {
		struct fw_app app =
			feed(lines[i].line, strlen(lines[i].line), 3, false);
		struct fw_fact fact = fw_app_fact(&app, FW_FACT_SSH_VERSION);

		assert_int_equal(fact.state, lines[i].state);
		if (fact.state == FW_FACT_KNOWN)
			assert_int_equal(fact.number, lines[i].version);
	}
}

/* RFC 4253 section 4.2: 255 bytes, CR LF among them. */
static void ssh_banner_has_a_bound(void **state)
{
	char line[300] = "SSH-2.0-";

	(void)state;
	memset(line + 8, 'x', sizeof(line) - 8);
	for (size_t len = 250; len < 260; len++) {
		struct fw_app app;

		fw_app_init(&app, false);
		(void)fw_app_feed(&app, (const uint8_t *)line, len);
		(void)fw_app_feed(&app, TEXT("\r\n"));
		assert_int_equal(app.state, len <= FW_SSH_BANNER_MAX ?
						    FW_PARSE_DONE :
						    FW_PARSE_MALFORMED);
	}
}

/* --- DNS over TCP ----------------------------------------------------------- */
#define QUESTION "\3www\7eXample\0\0\x1c\0\1"
#define QUERY "\x12\x34\1\0\0\1\0\0\0\0\0\0" QUESTION

static void dns_messages(void **state)
{
	static const char query[] = "\0\x1d" QUERY "\0\x1d" QUERY;
	static const char answer[] = "\0\x1d\x12\x34\x81\x80\0\1\0\0\0\0\0\0"
				     QUESTION;
	size_t len = sizeof(query) / 2;

	(void)state;
	for (size_t portion = 1; portion < len; portion++) {
		struct fw_app app = feed(query, sizeof(query) - 1, portion,
					 true);
		struct fw_fact fact = fw_app_fact(&app, FW_FACT_DNS_QNAME);

		assert_int_equal(fact.state, FW_FACT_KNOWN);
		assert_string_equal(fact.text, "www.example");
		fact = fw_app_fact(&app, FW_FACT_DNS_QTYPE);
		assert_int_equal(fact.number, 28);

		app = feed(query, portion, 1, true);
		fact = fw_app_fact(&app, FW_FACT_DNS_QNAME);
		assert_int_equal(fact.state, FW_FACT_UNKNOWN);
		assert_true(fact.begun);
	}
	struct fw_app app = feed(answer, sizeof(answer) - 1, 1, true);

	assert_int_equal(fw_app_fact(&app, FW_FACT_DNS_QNAME).state,
			 FW_FACT_ABSENT);
	app = feed(TEXT("\0\0"), 1, true);
	assert_int_equal(fw_app_fact(&app, FW_FACT_DNS_QNAME).state,
			 FW_FACT_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(tls_facts),
		cmocka_unit_test(tls_in_text),
		cmocka_unit_test(ssh_versions),
		cmocka_unit_test(ssh_banner_has_a_bound),
		cmocka_unit_test(dns_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
