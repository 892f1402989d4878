/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a packet's description, or a capture, through explain.
 *
 * What begins with a capture's magic is one; all else is a description. Any
 * bytes: an answer or a complaint, no crash; the answer as JSON reads as JSON.
 */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/compile.h"
#include "compile/describe.h"
#include "grammar/parse.h"
#include "model/explain.h"
#include "offline/capture.h"
#include "offline/flow_memory.h"
#include "util/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] =
	"table netdev e {\n"
	"\tset s { type ipv4_addr . inet_service; elements = { 10.0.0.1 . 53 } }\n"
	"\tchain c { type filter hook ingress device \"a\" priority 0\n"
	"\t\tip saddr 10.0.0.0/8 tcp dport 22 drop\n"
	"\t\tip saddr . udp dport @s counter\n"
	"\t\tvlan id 5 ip6 nexthdr 17 drop\n"
	"\t}\n"
	"}\n"
	"table inet t {\n"
	"\tchain i { type filter hook input priority 0; policy drop\n"
	"\t\tct state vmap { new : jump j, established : accept }\n"
	"\t\tmeta mark set 5 ip dscp cs1 goto j\n"
	"\t\tfib daddr type local accept\n"
	"\t}\n"
	"\tchain j { tcp dport vmap { 1-99 : drop, 443 : return }; icmp type 8 accept\n"
	"\t\ttcp flags & (syn | ack) == syn reject\n"
	"\t}\n"
	"\tchain n { type nat hook prerouting priority -100; tcp dport 1 redirect to :2; }\n"
	"}\n";

static struct fw_plan *plan;

static void make_plan(void)
{
	static const struct fw_parse_options options;
	struct fw_arena *arena = fw_arena_new();
	struct fw_diags diags;
	struct fw_ast *ast;

	fw_diags_init(&diags, arena);
	if (fw_parse_text(arena, "fuzz.conf", text, strlen(text), &options,
			  &diags, &ast) ||
	    fw_compile(arena, ast, &fw_facts_empty, &diags, &plan) || !plan) {
		fw_diags_print(&diags, stderr);
		abort();
	}
	fw_arena_free(arena);
}

static void explain(struct fw_arena *arena, const struct fw_told *told)
{
	_cleanup_(fw_buf_done) struct fw_buf json = { 0 }, lines = { 0 };
	struct fw_explain *said;
	json_t *document;

	if (fw_explain(arena, plan, told, &said) < 0)
		abort();
	fw_explain_text(plan, said, &lines);
	fw_explain_json(plan, said, 0, &json);
	document = json_loads(json.text, 0, NULL);
	assert(document);
	json_decref(document);
}

static void take_words(struct fw_arena *arena, const uint8_t *data, size_t size)
{
	struct fw_description packet;
	struct fw_diags diags;
	struct fw_told told;
	struct fw_line line;

	fw_diags_init(&diags, arena);
	if (fw_parse_words(arena, "packet", (const char *)data, size, &diags,
			   &line) < 0)
		abort();
	if (!diags.n_errors && fw_describe(arena, &line, &diags, &packet) < 0)
		abort();
	fw_diags_sort(&diags);
	if (diags.n_errors)
		return;
	fw_told_fields(&told, packet.given, packet.value, packet.iif,
		       packet.oif, packet.qname);
	explain(arena, &told);
}

static void take_capture(struct fw_arena *arena, const uint8_t *data,
			 size_t size)
{
	struct fw_capture *capture = fw_arena_alloc(arena, sizeof(*capture));
	struct fw_flow_memory *memory = fw_flow_memory_new(arena);
	struct fw_frame frame;

	if (!capture || !memory || fw_capture_open(capture, data, size) < 0)
		return;
	for (unsigned n = 0; n < 1000 && fw_capture_next(capture, &frame) > 0;
	     n++) {
		struct fw_model_packet packet;
		struct fw_told told;
		unsigned direction = 0, state;

		fw_model_packet_parse(frame.data, frame.len, &packet);
		state = fw_flow_memory_ask(memory, &packet, &direction);
		fw_told_frame(&told, frame.data, frame.len, n % 2 ? "a" : NULL,
			      n % 3 ? NULL : "b", state, direction);
		explain(arena, &told);
		if (fw_flow_memory_add(memory, &packet) < 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t magics[][4] = {
		{ 0xd4, 0xc3, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0xc3, 0xd4 },
		{ 0x4d, 0x3c, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0x3c, 0x4d },
		{ 0x0a, 0x0d, 0x0d, 0x0a },
	};
	struct fw_arena *arena = fw_arena_new();
	bool capture = false;

	if (!plan)
		make_plan();
	for (size_t i = 0; size >= 4 && i < FW_ARRAY_SIZE(magics); i++)
		capture |= memcmp(data, magics[i], 4) == 0;
	if (capture)
		take_capture(arena, data, size);
	else
		take_words(arena, data, size);
	fw_arena_free(arena);
	return 0;
}
