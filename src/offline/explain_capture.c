/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flywall explain --pcap: each packet of a capture.
 *
 * In: a file, the devices. Out: a line a packet: its number, what it is and what
 * becomes of it; with -v all that explain knows of it; with -j an object. Fails
 * for a file that cannot be read or is damaged (66), the latter behind the
 * packets that could be read.
 */
#include "offline/explain_capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

#include "model/explain.h"
#include "offline/capture.h"
#include "offline/flow_memory.h"
#include "util/cleanup.h"

FW_CLEANUP_PTR(struct fw_arena *, fw_arena_free)
FW_CLEANUP_PTR(struct fw_capture *, fw_capture_close)

struct reader {
	const struct fw_plan *plan;
	const struct fw_offline_options *options;
	const char *iif, *oif;
	struct fw_arena *arena;		/* of the memory */
	struct fw_flow_memory *memory;
	size_t n;
};

/* --- what it is ----------------------------------------------------------- */
static void add_address(const struct fw_model_packet *p, enum fw_field v4,
			enum fw_field v6, struct fw_buf *ret)
{
	enum fw_field field = p->has[v4] ? v4 : v6;
	uint8_t bytes[16];
	char text[INET6_ADDRSTRLEN];
	size_t n = field == v4 ? 4 : 16;

	if (!p->has[field]) {
		fw_buf_add(ret, "?");
		return;
	}
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(p->value[field] >> 8 * (n - 1 - i));
	fw_buf_add(ret, inet_ntop(n == 4 ? AF_INET : AF_INET6, bytes, text,
				  sizeof(text)));
}

/* "proto 6 192.0.2.1 40000 > 198.51.100.1 443" */
static void add_packet(const struct fw_model_packet *p, struct fw_buf *ret)
{
	if (p->value[FW_FIELD_L3] == FW_L3_ARP) {
		fw_buf_add(ret, "arp");
		return;
	}
	if (!p->has[FW_FIELD_SADDR4] && !p->has[FW_FIELD_SADDR6]) {
		fw_buf_printf(ret, "ether type 0x%04x",
			      (unsigned)p->value[FW_FIELD_ETHER_TYPE]);
		return;
	}
	fw_buf_printf(ret, "proto %u ", (unsigned)p->value[FW_FIELD_NEXTHDR]);
	add_address(p, FW_FIELD_SADDR4, FW_FIELD_SADDR6, ret);
	if (p->has[FW_FIELD_SPORT])
		fw_buf_printf(ret, " %u", (unsigned)p->value[FW_FIELD_SPORT]);
	fw_buf_add(ret, " > ");
	add_address(p, FW_FIELD_DADDR4, FW_FIELD_DADDR6, ret);
	if (p->has[FW_FIELD_DPORT])
		fw_buf_printf(ret, " %u", (unsigned)p->value[FW_FIELD_DPORT]);
}

/* --- packets -------------------------------------------------------------- */
static int print(const struct reader *r, const struct fw_explain *explain)
{
	_cleanup_(fw_buf_done) struct fw_buf text = { 0 };

	if (r->options->json) {
		fw_explain_json(r->plan, explain, r->n, &text);
		fw_buf_addc(&text, '\n');
	} else {
		fw_buf_printf(&text, "%zu: ", r->n);
		add_packet(&explain->told->packet, &text);
		if (r->options->verbose) {
			fw_buf_addc(&text, '\n');
			fw_explain_text(r->plan, explain, &text);
			fw_buf_addc(&text, '\n');
		} else {
			fw_buf_printf(&text, ": %s (%s), %s\n",
				      fw_explain_verdict_name(explain->verdict),
				      fw_layer_name(explain->layer),
				      explain->reason);
		}
	}
	if (text.failed)
		return -ENOMEM;
	(void)fwrite(text.text, 1, text.len, stdout);
	return 0;
}

static int take_frame(struct reader *r, const struct fw_frame *frame)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	struct fw_model_packet packet;
	struct fw_explain *explain;
	struct fw_told told;
	unsigned direction = 0, state;
	int err;

	if (!arena)
		return -ENOMEM;
	fw_model_packet_parse(frame->data, frame->len, &packet);
	state = fw_flow_memory_ask(r->memory, &packet, &direction);
	fw_told_frame(&told, frame->data, frame->len, r->iif, r->oif, state,
		      direction);
	r->n++;
	err = fw_explain(arena, r->plan, &told, &explain);
	if (err == 0)
		err = print(r, explain);
	if (err == 0 && (explain->verdict == FW_EXPLAIN_ACCEPT ||
			 explain->verdict == FW_EXPLAIN_INSPECT))
		err = fw_flow_memory_add(r->memory, &packet);
	return err;
}

static int take_all(struct reader *r, struct fw_capture *capture)
{
	struct fw_frame frame;
	int err = 0, more;

	while ((more = fw_capture_next(capture, &frame)) > 0 && err == 0)
		err = take_frame(r, &frame);
	if (err < 0)
		return EX_OSERR;
	if (more < 0) {
		(void)fprintf(stderr, "flywall: %s: %s\n", r->options->capture,
			      capture->error);
		return EX_NOINPUT;
	}
	return 0;
}

int fw_explain_capture(const struct fw_plan *plan,
		       const struct fw_offline_options *options,
		       const char *iif, const char *oif)
{
	_cleanup_(fw_arena_free_ptr_) struct fw_arena *arena = fw_arena_new();
	_cleanup_(fw_capture_close_ptr_) struct fw_capture *capture = NULL;
	struct reader r = { .plan = plan, .options = options, .iif = iif,
			    .oif = oif, .arena = arena };
	int status = fw_capture_read(options->capture, &capture);

	if (status)
		return status;
	r.memory = arena ? fw_flow_memory_new(arena) : NULL;
	if (!r.memory)
		return EX_OSERR;
	if (options->json)
		(void)puts("{\"schema\": \"flywall/1\"}");
	return take_all(&r, capture);
}
