/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * App: from a flow's first bytes to a parser, and from its facts to those that
 * rules ask for.
 *
 * In: the client's bytes, in any portions, or its datagrams. Out: a state and
 * facts. Nothing fails but by a state, and datagrams for want of memory.
 */
#include "inspect/app.h"

#include <string.h>

#include "util/cleanup.h"

static void take_fingerprints(struct fw_app *app, const struct fw_hello *hello,
			      char transport)
{
	fw_ja3(hello, app->ja3);
	fw_ja4(hello, transport, app->ja4);
}

static enum fw_parse_state feed_tls(struct fw_app *app, const uint8_t *data,
				    size_t len)
{
	enum fw_parse_state state = fw_tls_feed(&app->tls, data, len);

	if (state == FW_PARSE_DONE)
		take_fingerprints(app, &app->tls.hello, 't');
	return state;
}

/* Text until TLS is asked for, and TLS behind it. */
static enum fw_parse_state feed_text(struct fw_app *app, const uint8_t *data,
				     size_t len)
{
	size_t taken = fw_starttls_feed(&app->starttls, data, len);

	if (app->starttls.state != FW_PARSE_DONE)
		return app->starttls.state;
	app->kind = FW_APP_TLS;
	fw_tls_init(&app->tls);
	return feed_tls(app, data + taken, len - taken);
}

/* What turns out to be no request may be another protocol's text. */
static enum fw_parse_state feed_http(struct fw_app *app, const uint8_t *data,
				     size_t len)
{
	struct fw_starttls before = app->starttls;
	enum fw_parse_state state = fw_http_feed(&app->http, data, len);

	if (state == FW_PARSE_NEED_MORE)
		(void)fw_starttls_feed(&app->starttls, data, len);
	if (state != FW_PARSE_OTHER)
		return state;
	app->starttls = before;
	app->kind = FW_APP_TEXT;
	return feed_text(app, data, len);
}

/* A preface that breaks off may still be a request of HTTP/1. */
static enum fw_parse_state feed_http2(struct fw_app *app, const uint8_t *data,
				      size_t len)
{
	static const char preface[] = FW_HTTP2_PREFACE;
	size_t before = app->http2.taken;
	enum fw_parse_state state = fw_http2_feed(&app->http2, data, len);

	if (state != FW_PARSE_OTHER)
		return state;
	app->kind = FW_APP_HTTP;
	fw_http_init(&app->http);
	state = feed_http(app, (const uint8_t *)preface, before);
	return state == FW_PARSE_NEED_MORE ? feed_http(app, data, len) : state;
}

static enum fw_parse_state feed_ssh(struct fw_app *app, const uint8_t *data,
				    size_t len)
{
	return fw_ssh_feed(&app->ssh, data, len);
}

static enum fw_parse_state feed_dns(struct fw_app *app, const uint8_t *data,
				    size_t len)
{
	return fw_dns_feed(&app->dns, data, len);
}

static void init_tls(struct fw_app *app)
{
	fw_tls_init(&app->tls);
}

static void init_http(struct fw_app *app)
{
	fw_http_init(&app->http);
}

static void init_http2(struct fw_app *app)
{
	fw_http2_init(&app->http2);
}

static void init_ssh(struct fw_app *app)
{
	fw_ssh_init(&app->ssh);
}

static void init_dns(struct fw_app *app)
{
	fw_dns_init(&app->dns);
}

static const struct {
	const char *name;
	void (*init)(struct fw_app *app);
	enum fw_parse_state (*feed)(struct fw_app *app, const uint8_t *data,
				    size_t len);
} kinds[] = {
	[FW_APP_UNKNOWN] = { "unknown", NULL, NULL },
	[FW_APP_TLS] = { "tls", init_tls, feed_tls },
	[FW_APP_QUIC] = { "quic", NULL, NULL },
	[FW_APP_HTTP] = { "http", init_http, feed_http },
	[FW_APP_HTTP2] = { "http2", init_http2, feed_http2 },
	[FW_APP_SSH] = { "ssh", init_ssh, feed_ssh },
	[FW_APP_DNS] = { "dns", init_dns, feed_dns },
	[FW_APP_TEXT] = { "text", NULL, feed_text },
	[FW_APP_NONE] = { "none", NULL, NULL },
};
_Static_assert(FW_ARRAY_SIZE(kinds) == FW_APP_MAX_, "kinds");

const char *fw_app_name(enum fw_app_kind kind)
{
	return kinds[kind].name;
}

/* --- which one ------------------------------------------------------------ */
/* Of n bytes, at least one; UNKNOWN while more may tell. A record of TLS is of
 * version 3.x; a token of HTTP may begin as "SSH-" does. */
static enum fw_app_kind kind_of(const uint8_t *head, size_t n, bool dns_port)
{
	static const char ssh[] = "SSH-", http2[] = "PRI ";

	if (head[0] >= 20 && head[0] <= 22 && (n < 2 || head[1] == 3))
		return n < 2 ? FW_APP_UNKNOWN : FW_APP_TLS;
	if (!memcmp(head, ssh, n))
		return n < sizeof(ssh) - 1 ? FW_APP_UNKNOWN : FW_APP_SSH;
	if (dns_port)
		return FW_APP_DNS;
	if (!memcmp(head, http2, n))
		return n < sizeof(http2) - 1 ? FW_APP_UNKNOWN : FW_APP_HTTP2;
	if ((head[0] > ' ' && head[0] <= '~') || head[0] == '\r' ||
	    head[0] == '\n')
		return FW_APP_HTTP;
	return FW_APP_NONE;
}

static void choose(struct fw_app *app)
{
	app->kind = kind_of(app->head, app->head_len, app->dns_port);
	if (app->kind == FW_APP_NONE)
		app->state = FW_PARSE_OTHER;
	else if (app->kind != FW_APP_UNKNOWN)
		kinds[app->kind].init(app);
}

void fw_app_init(struct fw_app *app, bool dns_port)
{
	memset(app, 0, sizeof(*app));
	fw_starttls_init(&app->starttls);
	app->dns_port = dns_port;
}

enum fw_parse_state fw_app_feed(struct fw_app *app, const uint8_t *data,
				size_t len)
{
	while (len && app->kind == FW_APP_UNKNOWN) {
		app->head[app->head_len++] = *data++;
		len--;
		choose(app);
		if (kinds[app->kind].feed)
			app->state = kinds[app->kind].feed(app, app->head,
							   app->head_len);
	}
	if (len && app->state == FW_PARSE_NEED_MORE)
		app->state = kinds[app->kind].feed(app, data, len);
	return app->state;
}

/* --- datagrams ------------------------------------------------------------ */
void fw_app_init_datagrams(struct fw_app *app)
{
	memset(app, 0, sizeof(*app));
	app->kind = FW_APP_QUIC;
	fw_quic_init(&app->quic);
}

int fw_app_datagram(struct fw_app *app, const uint8_t *data, size_t len)
{
	int err = 0;

	if (app->state == FW_PARSE_NEED_MORE)
		err = fw_quic_add(&app->quic, data, len);
	if (app->state != app->quic.state &&
	    app->quic.state == FW_PARSE_DONE)
		take_fingerprints(app, &app->quic.hello, 'q');
	app->state = app->quic.state;
	return err;
}

void fw_app_done(struct fw_app *app)
{
	if (app->kind == FW_APP_QUIC)
		fw_quic_done(&app->quic);
	if (app->kind == FW_APP_HTTP2)
		fw_http2_done(&app->http2);
}

size_t fw_app_held(const struct fw_app *app)
{
	return sizeof(*app) +
	       (app->kind == FW_APP_QUIC  ? app->quic.crypto.cap :
		app->kind == FW_APP_HTTP2 ? fw_http2_held(&app->http2) : 0);
}

/* --- facts ---------------------------------------------------------------- */
static bool text(struct fw_fact *fact, const char *bytes, size_t len)
{
	fact->text = bytes;
	fact->len = len;
	return len;
}

const struct fw_hello *fw_app_hello(const struct fw_app *app)
{
	if (app->state != FW_PARSE_DONE)
		return NULL;
	return app->kind == FW_APP_TLS	? &app->tls.hello :
	       app->kind == FW_APP_QUIC ? &app->quic.hello : NULL;
}

static bool tls_sni(const struct fw_app *app, struct fw_fact *fact)
{
	const struct fw_hello *hello = fw_app_hello(app);

	return text(fact, hello->sni, hello->sni_len);
}

static bool tls_ja3(const struct fw_app *app, struct fw_fact *fact)
{
	return text(fact, app->ja3, strlen(app->ja3));
}

static bool tls_ja4(const struct fw_app *app, struct fw_fact *fact)
{
	return text(fact, app->ja4, strlen(app->ja4));
}

static bool tls_version(const struct fw_app *app, struct fw_fact *fact)
{
	fact->number = fw_hello_version(fw_app_hello(app));
	return true;
}

static bool tls_alpn(const struct fw_app *app, struct fw_fact *fact)
{
	size_t len;
	const uint8_t *names = fw_hello_list(fw_app_hello(app), FW_HELLO_ALPN,
					     &len);

	return text(fact, (const char *)names, len);
}

static bool http_host(const struct fw_app *app, struct fw_fact *fact)
{
	const struct fw_host *host = app->kind == FW_APP_HTTP2 ?
					     &app->http2.host : &app->http.host;

	return text(fact, host->name, host->len);
}

static bool ssh_version(const struct fw_app *app, struct fw_fact *fact)
{
	fact->number = app->ssh.version;
	return true;
}

static bool dns_qname(const struct fw_app *app, struct fw_fact *fact)
{
	fact->text = app->dns.question.name;
	fact->len = app->dns.question.len;
	return true;	/* that of the root is empty */
}

static bool dns_qtype(const struct fw_app *app, struct fw_fact *fact)
{
	fact->number = app->dns.question.type;
	return true;
}

/* The protocol that has the fact; read: false where its message has none. */
static const struct {
	enum fw_app_kind kind;
	bool (*read)(const struct fw_app *app, struct fw_fact *fact);
} facts[FW_FACT_MAX_] = {
	[FW_FACT_TLS_SNI] = { FW_APP_TLS, tls_sni },
	[FW_FACT_TLS_JA3] = { FW_APP_TLS, tls_ja3 },
	[FW_FACT_TLS_JA4] = { FW_APP_TLS, tls_ja4 },
	[FW_FACT_TLS_VERSION] = { FW_APP_TLS, tls_version },
	[FW_FACT_TLS_ALPN] = { FW_APP_TLS, tls_alpn },
	[FW_FACT_HTTP_HOST] = { FW_APP_HTTP, http_host },
	[FW_FACT_SSH_VERSION] = { FW_APP_SSH, ssh_version },
	[FW_FACT_DNS_QNAME] = { FW_APP_DNS, dns_qname },
	[FW_FACT_DNS_QTYPE] = { FW_APP_DNS, dns_qtype },
};

/* QUIC carries TLS, and HTTP/2 what HTTP/1 does. */
static bool has(const struct fw_app *app, enum fw_fact_kind fact)
{
	enum fw_app_kind kind = app->kind == FW_APP_QUIC  ? FW_APP_TLS :
				app->kind == FW_APP_HTTP2 ? FW_APP_HTTP :
							    app->kind;

	return kind == facts[fact].kind;
}

bool fw_app_tells(const struct fw_app *app, enum fw_fact_kind fact)
{
	return has(app, fact) && app->state == FW_PARSE_DONE;
}

struct fw_fact fw_app_fact(const struct fw_app *app, enum fw_fact_kind kind)
{
	struct fw_fact fact = { .state = FW_FACT_ABSENT };
	bool mine = has(app, kind);

	if (app->kind == FW_APP_TEXT && app->state == FW_PARSE_NEED_MORE &&
	    facts[kind].kind == FW_APP_TLS) {
		fact.state = FW_FACT_UNKNOWN;	/* and nothing of it is here */
	} else if (app->kind == FW_APP_UNKNOWN ||
		   (mine && app->state == FW_PARSE_NEED_MORE)) {
		fact.state = FW_FACT_UNKNOWN;
		fact.begun = app->kind != FW_APP_UNKNOWN || app->head_len;
	} else if (mine && app->state == FW_PARSE_MALFORMED) {
		fact.state = FW_FACT_MALFORMED;
	} else if (fw_app_tells(app, kind) && facts[kind].read(app, &fact)) {
		fact.state = FW_FACT_KNOWN;
	}
	return fact;
}
