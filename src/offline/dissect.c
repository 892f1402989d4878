/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall dissect: what the inspector's parsers see in a capture.
 *
 * In: a file of packets. Out: a line a flow, in the order of their first
 * packets; with -j an object each. Fails for a file that cannot be read or is
 * damaged (66), the latter behind the flows that could be read.
 *
 * Flows are vetted as at the queue, but without a profile: so nothing is decided
 * and every parser goes on to its end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "inspect/table.h"
#include "offline/capture.h"
#include "offline/offline.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/json_text.h"

FW_CLEANUP_PTR(struct fw_capture *, fw_capture_close)

#define FLOWS_MAX (1u << 20)
#define ETHERNET_LEN 14
#define VLAN_LEN 4
#define VLANS_MAX 2

struct flow {
	struct fw_vetting vetting;
	struct flow *next;
};

struct dissection {
	struct fw_flow_table *table;
	struct fw_memory memory;
	struct flow *first, **last;
};

/* --- packets -------------------------------------------------------------- */
/* Where the IP header begins; 0 for a frame without one. */
static size_t ip_offset(const struct fw_frame *frame)
{
	size_t at = ETHERNET_LEN;

	for (int tags = 0; tags <= VLANS_MAX && at <= frame->len; tags++) {
		unsigned type = (unsigned)frame->data[at - 2] << 8 |
				frame->data[at - 1];

		if (type == 0x0800 || type == 0x86dd)
			return at;
		if (type != 0x8100 && type != 0x88a8)
			return 0;
		at += VLAN_LEN;
	}
	return 0;
}

static struct fw_vetting *new_flow(struct dissection *d,
				   const struct fw_packet *packet, bool reply)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	if (!flow)
		return NULL;
	flow->vetting.tuple = reply ? fw_tuple_inverse(&packet->tuple) :
				      packet->tuple;
	*d->last = flow;
	d->last = &flow->next;
	fw_flow_table_add(d->table, &flow->vetting, 0);
	return &flow->vetting;
}

static int take_packet(struct dissection *d, const struct fw_packet *packet,
		       size_t len)
{
	const uint8_t syn_ack = FW_TCP_SYN | FW_TCP_ACK;
	struct fw_vetting *vetting;
	bool reply;

	vetting = fw_flow_table_find(d->table, &packet->tuple, &reply);
	if (vetting && fw_vetting_reopens(vetting, packet, reply)) {
		fw_flow_table_remove(d->table, vetting);
		vetting = NULL;
	}
	if (!vetting) {
		reply = packet->tuple.proto == IPPROTO_TCP &&
			(packet->tcp_flags & syn_ack) == syn_ack;
		if (fw_flow_table_size(d->table) == FLOWS_MAX)
			return 0;
		vetting = new_flow(d, packet, reply);
	}
	if (!vetting)
		return -ENOMEM;
	vetting->packets++;
	vetting->bytes += len;
	fw_vetting_add(vetting, packet, reply, 0, &d->memory);
	return 0;
}

static int take_frame(struct dissection *d, const struct fw_frame *frame)
{
	size_t at = ip_offset(frame);
	struct fw_packet packet;
	enum fw_stat reason;

	if (!at || fw_packet_read(frame->data + at, frame->len - at,
				  frame->len - at + frame->missing, &packet,
				  &reason))
		return 0;
	return take_packet(d, &packet, frame->len - at + frame->missing);
}

/* --- one line ------------------------------------------------------------- */
/* "key=value key=value", or an object. */
struct line {
	struct fw_buf text;
	bool json;
};

static void line_done(struct line *line)
{
	fw_buf_done(&line->text);
}

static void put_key(struct line *line, const char *key)
{
	if (line->json)
		fw_buf_printf(&line->text, "%s\"%s\": ",
			      line->text.len ? ", " : "{", key);
	else
		fw_buf_printf(&line->text, "%s%s=",
			      line->text.len ? " " : "", key);
}

/* Quoted where it may be taken for more than one word. */
static void put_value(struct line *line, const char *value)
{
	bool bare = !line->json;

	for (const char *c = value; bare && *c; c++)
		bare = *c > ' ' && *c <= '~' && *c != '"' && *c != '\\';
	if (bare)
		fw_buf_add(&line->text, value);
	else
		fw_buf_add_json(&line->text, value);
}

static void put_text(struct line *line, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	put_key(line, key);
	put_value(line, value);
}

static void put_number(struct line *line, const char *key, uint64_t number)
{
	put_key(line, key);
	fw_buf_printf(&line->text, "%" PRIu64, number);
}

/* --- flows ---------------------------------------------------------------- */
static void put_address(struct line *line, const char *key, uint8_t family,
			const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN];

	put_text(line, key, inet_ntop(family == 4 ? AF_INET : AF_INET6,
				      address, text, sizeof(text)));
}

static void put_tuple(struct line *line, const struct fw_tuple *t)
{
	char number[4];

	(void)snprintf(number, sizeof(number), "%u", t->proto);
	put_text(line, "proto", t->proto == IPPROTO_TCP	   ? "tcp" :
				t->proto == IPPROTO_UDP	   ? "udp" :
				t->proto == IPPROTO_ICMP   ? "icmp" :
				t->proto == IPPROTO_ICMPV6 ? "ipv6-icmp" :
							     number);
	put_address(line, "src", t->family, t->saddr);
	if (t->sport || t->dport)
		put_number(line, "sport", t->sport);
	put_address(line, "dst", t->family, t->daddr);
	if (t->sport || t->dport)
		put_number(line, "dport", t->dport);
}

/* "1.3" of 0x0304; what is no version of TLS in hex. */
static void put_version(struct line *line, uint16_t version)
{
	char text[8];

	if (version > 0x0300 && version < 0x0310)
		(void)snprintf(text, sizeof(text), "1.%u", version - 0x0301u);
	else
		(void)snprintf(text, sizeof(text), "0x%04x", version);
	put_text(line, "tls_version", text);
}

static void put_alpn(struct line *line, const struct fw_hello *hello)
{
	size_t len;
	const uint8_t *names = fw_hello_list(hello, FW_HELLO_ALPN, &len);
	char name[256];

	if (!len)
		return;
	put_key(line, "alpn");
	for (size_t at = 0; at < len; at += 1u + names[at]) {
		memcpy(name, names + at + 1, names[at]);
		name[names[at]] = '\0';
		fw_buf_add(&line->text, at	    ? line->json ? ", " : "," :
					line->json ? "[" : "");
		put_value(line, name);
	}
	fw_buf_add(&line->text, line->json ? "]" : "");
}

static void put_tls(struct line *line, const struct fw_app *app)
{
	const struct fw_hello *hello = fw_app_hello(app);

	if (!hello)
		return;
	put_text(line, "sni", hello->sni);
	put_alpn(line, hello);
	put_version(line, fw_hello_version(hello));
	if (hello->ech) {
		put_key(line, "ech");
		fw_buf_add(&line->text, "true");
	}
	put_text(line, "ja3", app->ja3);
	put_text(line, "ja4", app->ja4);
}

static void put_app(struct line *line, const struct fw_app *app)
{
	bool done = app->state == FW_PARSE_DONE;

	if (app->kind == FW_APP_UNKNOWN || app->state == FW_PARSE_OTHER ||
	    (app->kind == FW_APP_HTTP && !app->http.request_done))
		return;
	put_text(line, "app", app->kind == FW_APP_TEXT ?
				      app->starttls.protocol :
				      fw_app_name(app->kind));
	if (app->kind == FW_APP_TLS)
		put_text(line, "starttls", app->starttls.protocol);
	put_tls(line, app);
	if (app->kind == FW_APP_HTTP && done)
		put_text(line, "http_host", app->http.host.name);
	if (app->kind == FW_APP_HTTP)
		put_text(line, "http_request", app->http.request);
	if (app->kind == FW_APP_HTTP2 && done) {
		put_text(line, "http_host", app->http2.host.name);
		put_text(line, "http_request", app->http2.request);
	}
	if (app->kind == FW_APP_SSH && done)
		put_text(line, "ssh_banner", app->ssh.banner);
	if (app->kind == FW_APP_DNS && done)
		put_text(line, "dns_qname", app->dns.question.name);
}

static int print_flow(const struct fw_vetting *vetting, bool json)
{
	_cleanup_(line_done) struct line line = { .json = json };
	const struct fw_app *app = fw_vetting_app(vetting);

	put_tuple(&line, &vetting->tuple);
	put_number(&line, "packets", vetting->packets);
	put_number(&line, "bytes", vetting->bytes);
	if (app)
		put_app(&line, app);
	if (vetting->question &&
	    vetting->window.facts[FW_FACT_DNS_QNAME].state == FW_FACT_KNOWN) {
		put_text(&line, "app", fw_app_name(FW_APP_DNS));
		put_text(&line, "dns_qname", vetting->question->name);
	}
	fw_buf_add(&line.text, json ? "}\n" : "\n");
	if (line.text.failed)
		return -ENOMEM;
	(void)fwrite(line.text.text, 1, line.text.len, stdout);
	return 0;
}

static int finish(struct dissection *d, bool json)
{
	struct flow *flow, *next;
	int err = 0;

	if (json)
		(void)puts("{\"schema\": \"flywall/1\"}");
	for (flow = d->first; flow && err == 0; flow = flow->next)
		err = print_flow(&flow->vetting, json);
	for (flow = d->first; flow; flow = next) {
		next = flow->next;
		fw_vetting_settle(&flow->vetting, &d->memory);
		free(flow->vetting.client);
		free(flow->vetting.question);
		free(flow);
	}
	free(d->table);
	return err;
}

int fw_offline_dissect(const char *path, bool json)
{
	_cleanup_(fw_capture_close_ptr_) struct fw_capture *capture = NULL;
	struct dissection d = { .memory = { 0, UINT64_MAX } };
	struct fw_frame frame;
	int more = 0, err = 0, status = fw_capture_read(path, &capture);

	if (status)
		return status;
	d.last = &d.first;
	d.table = fw_flow_table_new(FLOWS_MAX);
	if (!d.table)
		return EX_OSERR;
	while (!err && (more = fw_capture_next(capture, &frame)) > 0)
		err = take_frame(&d, &frame);
	if (finish(&d, json) < 0 || err < 0)
		return EX_OSERR;
	if (more < 0) {
		(void)fprintf(stderr, "flywall: %s: %s\n", path,
			      capture->error);
		return EX_NOINPUT;
	}
	return 0;
}
