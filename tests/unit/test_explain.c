/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Explain against what else knows the meaning of a plan.
 *
 * Random ingress chains and frames: the rules that explain puts on XDP are those
 * that the model of the XDP program counts, and the verdicts agree. Random
 * rulesets and frames of which some fields are not told: what explain is sure of
 * is what it says when all is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compile/compile.h"
#include "grammar/parse.h"
#include "model/explain.h"
#include "model/model.h"
#include "offline/capture.h"
#include "tests/prog/packets.h"
#include "tests/prog/random.h"
#include "util/buf.h"
#include "util/cleanup.h"

#define RULESETS 300
#define FRAMES 120
#define RULES 14

/* --- rulesets ------------------------------------------------------------- */
static const char *const matches[] = {
	"ip saddr 10.0.0.0/9", "ip saddr != 10.1.0.0/16",
	"ip daddr { 192.0.2.0/24, 10.0.0.0-10.0.0.9 }", "ip saddr @nets",
	"ip6 saddr 2001:db8::/33", "meta l4proto { 6, 17 }", "ip protocol 17",
	"tcp dport 22", "tcp dport { 80, 443 }", "udp dport 53",
	"udp sport 1000-40000", "tcp flags syn", "tcp flags & (syn | ack) == syn",
	"icmp type echo-request", "icmpv6 type { 1-4, 128 }",
	"meta protocol ip6", "ip ttl < 60", "ip dscp cs1", "meta length > 300",
	"ip saddr . udp dport @pairs", "th dport 1-1024", "ether type ip",
	"vlan id 5", "limit rate over 1/second", "limit rate 1/second",
	"ip frag-off & 0x1fff != 0", "ip6 nexthdr 17", "exthdr frag exists",
};
static const char *const ends[] = {
	"accept", "drop", "drop", "counter", "counter drop", "counter accept",
	"log", "continue", "counter continue", "limit rate over 1/second",
	"tcp dport vmap { 22 : accept, 80-90 : drop }",
	"ip saddr . udp dport vmap { 10.0.0.1 . 53 : drop, 10.0.0.0/8 . 99 : "
	"accept }",
};
/* only where no XDP model is asked */
static const char *const more_ends[] = {
	"jump one", "goto one", "jump two", "return", "meta mark set 1",
	"tcp dport vmap { 22 : accept, 80-90 : drop, 443 : jump two }",
	"ip protocol vmap { 6 : goto two, 17 : return }", "reject",
};

static void add_rules(struct rng *rng, bool more, struct fw_buf *text)
{
	for (uint32_t i = 0, n = 1 + rng_below(rng, RULES); i < n; i++) {
		fw_buf_add(text, "\t\t");
		for (uint32_t k = rng_percent(rng, 20) + rng_percent(rng, 80);
		     k > 0; k--)
			fw_buf_printf(text, "%s%s ",
				      rng_percent(rng, 10) ? "counter " : "",
				      matches[rng_below(rng, FW_ARRAY_SIZE(matches))]);
		if (more && rng_percent(rng, 40))
			fw_buf_printf(text, "%s\n", more_ends[rng_below(
					rng, FW_ARRAY_SIZE(more_ends))]);
		else
			fw_buf_printf(text, "%s\n", ends[rng_below(
					rng, FW_ARRAY_SIZE(ends))]);
	}
}

static const char sets[] =
	"\tset nets { type ipv4_addr; flags interval; elements = { 10.2.0.0/15, "
	"192.0.2.7 } }\n"
	"\tset pairs { type ipv4_addr . inet_service; elements = { 10.0.0.1 . "
	"53, 10.0.0.2 . 99 } }\n";

static char *ingress_text(struct rng *rng)
{
	struct fw_buf text = { 0 };

	fw_buf_printf(&text, "table netdev t {\n%s\tchain c {\n\t\ttype filter "
		      "hook ingress device \"wan\" priority 0; policy %s;\n",
		      sets, rng_percent(rng, 50) ? "drop" : "accept");
	add_rules(rng, false, &text);
	fw_buf_add(&text, "\t}\n}\n");
	return fw_buf_take(&text);
}

static char *whole_text(struct rng *rng)
{
	struct fw_buf text = { 0 };

	fw_buf_printf(&text, "table inet t {\n%s\tchain c {\n\t\ttype filter "
		      "hook input priority 0; policy %s;\n", sets,
		      rng_percent(rng, 50) ? "drop" : "accept");
	add_rules(rng, true, &text);
	fw_buf_add(&text, "\t}\n\tchain one {\n\t\tmeta mark 1 drop\n");
	add_rules(rng, false, &text);
	fw_buf_add(&text, "\t\tjump two\n\t}\n\tchain two {\n");
	add_rules(rng, false, &text);
	fw_buf_add(&text, "\t}\n}\n");
	return fw_buf_take(&text);
}

static struct fw_plan *compile(const char *text)
{
	static const struct fw_parse_options options;
	struct fw_arena *arena = fw_arena_new();
	struct fw_plan *plan = NULL;
	struct fw_diags diags;
	struct fw_ast *ast;

	assert_non_null(arena);
	fw_diags_init(&diags, arena);
	assert_int_equal(fw_parse_text(arena, "t", text, strlen(text), &options,
				       &diags, &ast), 0);
	assert_int_equal(fw_compile(arena, ast, &fw_facts_empty, &diags, &plan),
			 0);
	/* What the lints or the grammar refuse of it is no ruleset. */
	fw_arena_free(arena);
	return plan;
}

/* --- against the model of XDP --------------------------------------------- */
static void fail_with(const char *what, const char *text,
		      const struct packet *packet)
{
	print_error("%s\n%s", what, text);
	for (size_t i = 0; i < packet->len && i < 128; i++)
		print_error("%02x", packet->bytes[i]);
	fail_msg("\n");
}

/* The user's rules that the program would have counted, against those said. */
static bool same_rules(const struct fw_plan *plan,
		       const struct fw_model_result *model,
		       const struct fw_explain *said)
{
	bool met[4 * RULES] = { false }, told[4 * RULES] = { false };

	for (uint32_t r = 0; r < plan->xdp.n_rules; r++)
		if (model->met[r / 64] >> r % 64 & 1 &&
		    plan->xdp.rules[r].rule != FW_NO_RULE &&
		    plan->xdp.rules[r].counted)
			met[plan->xdp.rules[r].rule] = true;
	for (size_t i = 0; i < said->rules.n; i++) {
		const struct fw_explain_rule *r = &said->rules.items[i];

		if (r->layer == FW_LAYER_XDP && r->certain && r->counted)
			told[r->rule] = true;
	}
	return memcmp(met, told, sizeof(met)) == 0;
}

static bool same_verdict(const struct fw_plan *plan,
			 const struct fw_model_result *model,
			 const struct fw_explain *said)
{
	const struct fw_xdp_device *device =
		plan->xdp.n_devices ? &plan->xdp.devices[0] : NULL;

	if (!device)
		return true;
	if (model->verdict == FW_VERDICT_DROP)
		return said->verdict == FW_EXPLAIN_DROP &&
		       said->layer == FW_LAYER_XDP;
	if (device->policy != FW_VERDICT_NONE || model->carried)
		return said->verdict == FW_EXPLAIN_ACCEPT;
	return true;	/* nft goes on */
}

static void xdp_agrees(void **state)
{
	struct rng rng = { 1 };
	unsigned compared = 0, in_xdp = 0;

	(void)state;
	for (unsigned i = 0; i < RULESETS; i++) {
		_cleanup_free_ char *text = ingress_text(&rng);
		struct fw_plan *plan = compile(text);

		if (plan)
			plan->options.malformed_drop = i % 2;
		for (unsigned k = 0; plan && k < FRAMES; k++) {
			struct fw_arena *arena = fw_arena_new();
			struct fw_model_result model;
			struct fw_explain *said;
			struct packet packet;
			struct fw_told told;

			packet_random(&rng, plan, 400, &packet);
			model = fw_model_xdp(plan, "wan", packet.bytes,
					     packet.len, NULL);
			fw_told_frame(&told, packet.bytes, packet.len, "wan",
				      NULL, 0, 0);
			assert_int_equal(fw_explain(arena, plan, &told, &said),
					 0);
			if (!same_verdict(plan, &model, said))
				fail_with("other verdicts", text, &packet);
			if (!same_rules(plan, &model, said))
				fail_with("other rules", text, &packet);
			compared++;
			in_xdp += plan->xdp.n_devices > 0;
			fw_arena_free(arena);
		}
		fw_plan_unref(plan);
	}
	print_message("%u compared, %u in XDP\n", compared, in_xdp);
	assert_true(compared > RULESETS * FRAMES / 2);
	assert_true(in_xdp > compared / 4);
}

/* --- what is not told ----------------------------------------------------- */
static void sure_is_true(void **state)
{
	struct rng rng = { 2 };
	unsigned sure = 0, unknown = 0;

	(void)state;
	for (unsigned i = 0; i < 4 * RULESETS; i++) {
		_cleanup_free_ char *text = whole_text(&rng);
		struct fw_plan *plan = compile(text);

		for (unsigned k = 0; plan && k < FRAMES; k++) {
			struct fw_arena *arena = fw_arena_new();
			struct fw_explain *all, *some;
			struct fw_told told, less;
			struct packet packet;

			packet_random(&rng, plan, 400, &packet);
			fw_told_frame(&told, packet.bytes, packet.len, "wan",
				      NULL, 8, 0);
			less = told;
			for (unsigned f = 1; f < FW_FIELD_ALL_MAX_; f++)
				if (rng_percent(&rng, 30))
					fw_model_packet_open(
						&less.packet,
						(enum fw_field)f);
			assert_int_equal(fw_explain(arena, plan, &told, &all),
					 0);
			assert_int_equal(fw_explain(arena, plan, &less, &some),
					 0);
			sure += some->verdict != FW_EXPLAIN_UNKNOWN;
			unknown += some->verdict == FW_EXPLAIN_UNKNOWN;
			if (some->verdict != FW_EXPLAIN_UNKNOWN &&
			    some->verdict != all->verdict)
				fail_with("sure of what is not so", text,
					  &packet);
			fw_arena_free(arena);
		}
		fw_plan_unref(plan);
	}
	print_message("%u sure, %u unknown\n", sure, unknown);
	assert_true(sure > 1000);
	assert_true(unknown > 1000);
}

/* --- DNS ------------------------------------------------------------------ */
static const char names_text[] =
	"set bad { type domain; elements = { \"evil.example\" } }\n"
	"table netdev t {\n\tchain c {\n\t\ttype filter hook ingress device "
	"\"wan\" priority 0; policy accept;\n"
	"\t\tdns qtype aaaa drop\n\t\tdns qname @bad drop\n"
	"\t\tdns qname != \"good.example\" counter\n\t}\n}\n";

/* Of a frame's query everything is told: name and type. */
static void names_of_frames(void **state)
{
	static const struct {
		const char *name;	/* wire form */
		uint8_t type;
		bool query;
		enum fw_explain_verdict verdict;
		size_t rules;		/* met */
	} cases[] = {
		{ "\1a\4Evil\7example", 1, true, FW_EXPLAIN_DROP, 1 },
		{ "\1a\4Good\7example", 1, true, FW_EXPLAIN_ACCEPT, 0 },
		{ "\1a\4Good\7example", 28, true, FW_EXPLAIN_DROP, 1 },
		{ "\4othe\4name\4here", 1, true, FW_EXPLAIN_ACCEPT, 1 },
		{ "\1a\4Evil\7example", 1, false, FW_EXPLAIN_ACCEPT, 0 },
	};
	static const uint8_t headers[] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 60, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x9c, 0x40, 0, 53, 0, 40, 0, 0,
		0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
	};
	struct fw_plan *plan = compile(names_text);

	(void)state;
	assert_non_null(plan);
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		struct fw_arena *arena = fw_arena_new();
		uint8_t frame[sizeof(headers) + 20] = { 0 };
		struct fw_explain *said;
		struct fw_told told;

		memcpy(frame, headers, sizeof(headers));
		memcpy(frame + sizeof(headers), cases[i].name,
		       strlen(cases[i].name));
		frame[sizeof(headers) + 17] = cases[i].type;
		frame[sizeof(headers) + 19] = 1;
		frame[44] |= cases[i].query ? 0 : 0x80;
		fw_told_frame(&told, frame, sizeof(frame), "wan", NULL, 0, 0);
		assert_int_equal(fw_explain(arena, plan, &told, &said), 0);
		assert_int_equal(said->verdict, cases[i].verdict);
		assert_int_equal(said->rules.n, cases[i].rules);
		fw_arena_free(arena);
	}
	fw_plan_unref(plan);
}

/* --- captures ------------------------------------------------------------- */
#define LE(n) (n) & 0xff, (n) >> 8 & 0xff, (n) >> 16 & 0xff, (n) >> 24 & 0xff
#define BE(n) (n) >> 24 & 0xff, (n) >> 16 & 0xff, (n) >> 8 & 0xff, (n) & 0xff
#define IP4 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2

/* What the first frame of a capture is told to be. */
static int first(const uint8_t *data, size_t len, struct fw_frame *frame)
{
	static struct fw_capture capture;
	int r = fw_capture_open(&capture, data, len);

	return r < 0 ? r : fw_capture_next(&capture, frame);
}

static void captures_are_read(void **state)
{
	static const uint8_t little[] = {
		LE(0xa1b2c3d4u), 2, 0, 4, 0, LE(0u), LE(0u), LE(65535u),
		LE(101u), LE(1u), LE(2u), LE(20u), LE(60u), IP4,
	};
	static const uint8_t big[] = {
		BE(0xa1b23c4du), 0, 2, 0, 4, BE(0u), BE(0u), BE(65535u),
		BE(101u), BE(1u), BE(2u), BE(20u), BE(20u), IP4,
	};
	static const uint8_t ng[] = {
		LE(0x0a0d0d0au), LE(28u), LE(0x1a2b3c4du), 1, 0, 0, 0,
		LE(0xffffffffu), LE(0xffffffffu), LE(28u),
		LE(1u), LE(20u), 101, 0, 0, 0, LE(0u), LE(20u),
		LE(6u), LE(52u), LE(0u), LE(0u), LE(0u), LE(20u), LE(20u), IP4,
		LE(52u),
	};
	static const struct {
		const uint8_t *data;
		size_t len;
		size_t missing;
	} whole[] = {
		{ little, sizeof(little), 40 },
		{ big, sizeof(big), 0 },
		{ ng, sizeof(ng), 0 },
	};
	struct fw_frame frame;

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(whole); i++) {
		assert_int_equal(first(whole[i].data, whole[i].len, &frame), 1);
		assert_int_equal(frame.len, 34);
		assert_int_equal(frame.missing, whole[i].missing);
		assert_memory_equal(frame.data + 12, "\x08\x00\x45", 3);
		for (size_t len = 0; len < whole[i].len; len++) {
			/* at its exact size, so that a sanitizer sees its end */
			uint8_t *cut = malloc(len ? len : 1);

			memcpy(cut, whole[i].data, len);
			assert_int_not_equal(first(cut, len, &frame), 1);
			free(cut);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp_agrees),
		cmocka_unit_test(sure_is_true),
		cmocka_unit_test(names_of_frames),
		cmocka_unit_test(captures_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
