/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * App: which protocol a flow speaks, and its parser.
 *
 * The first bytes say which; from then on there is one parser, and what rules
 * ask of other protocols is known to be absent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/dns.h"
#include "inspect/http.h"
#include "inspect/http2.h"
#include "inspect/ja.h"
#include "inspect/quic.h"
#include "inspect/ssh.h"
#include "inspect/starttls.h"
#include "inspect/tls.h"
#include "inspect/verdict.h"

enum fw_app_kind {
	FW_APP_UNKNOWN,		/* not yet */
	FW_APP_TLS,
	FW_APP_QUIC,
	FW_APP_HTTP,
	FW_APP_HTTP2,
	FW_APP_SSH,
	FW_APP_DNS,
	FW_APP_TEXT,		/* that may turn to TLS */
	FW_APP_NONE,		/* none of these */
	FW_APP_MAX_,
};

struct fw_app {
	enum fw_app_kind kind;
	enum fw_parse_state state;
	bool dns_port;
	uint8_t head_len;
	uint8_t head[4];	/* while unknown */
	struct fw_starttls starttls;	/* protocol: what was spoken first */
	char ja3[FW_JA3_SIZE], ja4[FW_JA4_SIZE];	/* TLS, with DONE */
	union {
		struct fw_tls tls;
		struct fw_quic quic;
		struct fw_http http;
		struct fw_http2 http2;
		struct fw_ssh ssh;
		struct fw_dns_stream dns;
	};
};

/* dns_port: the server's port is that of DNS. */
void fw_app_init(struct fw_app *app, bool dns_port);
/* Feeds the next len bytes of the client's stream. Returns the state. */
enum fw_parse_state fw_app_feed(struct fw_app *app, const uint8_t *data,
				size_t len);

/* Of a flow of datagrams instead of a stream: those of its client, one by one.
 * -ENOMEM: it was not taken in whole. */
void fw_app_init_datagrams(struct fw_app *app);
int fw_app_datagram(struct fw_app *app, const uint8_t *data, size_t len);

/* Frees what the parser holds, but not app itself; bytes that it holds. */
void fw_app_done(struct fw_app *app);
size_t fw_app_held(const struct fw_app *app);

/* The ClientHello of TLS and QUIC, valid with DONE; else NULL. */
const struct fw_hello *fw_app_hello(const struct fw_app *app);
/* The state, and with KNOWN the value, of a fact that a stream may tell. Texts
 * are valid as long as app is. */
struct fw_fact fw_app_fact(const struct fw_app *app, enum fw_fact_kind fact);
/* Whether the message that has this fact, or lacks it, is here in whole. */
bool fw_app_tells(const struct fw_app *app, enum fw_fact_kind fact);

const char *fw_app_name(enum fw_app_kind kind);
