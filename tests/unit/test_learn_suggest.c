/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is suggested: an office of 30 hosts and 12 services over simulated days,
 * with attackers in it. The clock is a number here.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compile/compile.h"
#include "grammar/parse.h"
#include "learn/collect.h"
#include "learn/cover.h"
#include "learn/suggest.h"
#include "learn/words.h"
#include "model/explain.h"
#include "util/cleanup.h"

#define DAYS 14u
#define FIRST_DAY 20000u
#define TODAY (FIRST_DAY + DAYS - 1)
#define HOST(n) (0x0a010000u + (n))	/* 10.1.0.n */
#define SERVER(n) (0x0a020000u + (n))	/* 10.2.0.n */

static char dir[] = "/tmp/flywall-suggest-XXXXXX";

static const struct fw_plan_learn limits = {
	.given = true,
	.flows = 10,
	.peers = 3,
	.ms = 2 * 86400000ull,
	.confidence = 900000,
};

/* --- a seeded generator (xorshift, Marsaglia 2003) -------------------------- */
static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

/* --- the office ------------------------------------------------------------ */
struct planted {
	uint8_t proto;
	uint16_t port;
	uint32_t server;	/* 0: anywhere, behind wan */
	unsigned from, to;	/* clients' last bytes */
	unsigned step;
	unsigned percent;	/* of days on which a client comes */
};

static const struct planted services[] = {
	{ IPPROTO_UDP, 53, SERVER(53), 10, 39, 1, 100 },
	{ IPPROTO_UDP, 123, SERVER(53), 10, 39, 1, 60 },
	{ IPPROTO_TCP, 53, SERVER(53), 10, 39, 1, 60 },
	{ IPPROTO_TCP, 80, SERVER(80), 10, 39, 1, 90 },
	{ IPPROTO_TCP, 443, SERVER(80), 10, 39, 1, 90 },
	{ IPPROTO_TCP, 443, 0, 10, 39, 1, 100 },
	{ IPPROTO_TCP, 587, SERVER(25), 10, 29, 1, 70 },
	{ IPPROTO_TCP, 993, SERVER(25), 10, 29, 1, 80 },
	{ IPPROTO_TCP, 445, SERVER(10), 10, 35, 1, 80 },
	{ IPPROTO_TCP, 5432, SERVER(32), 36, 39, 1, 90 },
	{ IPPROTO_TCP, 22, SERVER(32), 11, 17, 3, 60 },
	{ IPPROTO_TCP, 9100, SERVER(91), 20, 29, 1, 50 },
};

static struct fw_collect *collect;
static uint32_t next_id;
static uint64_t now;

static struct fw_seen seen_of(uint32_t client, uint32_t server, uint8_t proto,
			      uint16_t port)
{
	struct fw_seen seen = {
		.id = next_id++,
		.family = 4,
		.proto = proto,
		.port = port,
		.in = "lan",
		.out = "srv",
		.ended = true,
		.replied = true,
		.established = proto == IPPROTO_TCP,
		.counted = true,
		.packets = { 6, 5 },
		.bytes = { 6 * 52 + 400, 5 * 52 + 4000 },
	};

	client = htonl(client);
	server = htonl(server);
	memcpy(seen.client, &client, 4);
	memcpy(seen.server, &server, 4);
	if ((ntohl(server) & 0xffff0000) != SERVER(0))
		memcpy(seen.out, "wan", 4);
	return seen;
}

static void meet(uint32_t client, uint32_t server, uint8_t proto, uint16_t port)
{
	struct fw_seen seen = seen_of(client, server, proto, port);

	fw_collect_see(collect, &seen, now);
}

/* Sites of the world: no two in the same /16. */
static uint32_t site(unsigned n)
{
	return 0x17000000u + n * 0x00030000u + 7 * n;
}

static void work_a_day(void)
{
	for (size_t s = 0; s < FW_ARRAY_SIZE(services); s++)
		for (unsigned h = services[s].from; h <= services[s].to;
		     h += services[s].step) {
			unsigned times = below(100) < services[s].percent ?
						 1 + below(6) : 0;

			for (unsigned i = 0; i < times; i++)
				meet(HOST(h), services[s].server ?
					      services[s].server :
					      site(below(40)),
				     services[s].proto, services[s].port);
		}
}

/* --- the attackers --------------------------------------------------------- */
static void scan(void)
{
	for (uint16_t port = 1; port < 2000; port++) {
		struct fw_seen syn = seen_of(HOST(33), SERVER(32),
					     IPPROTO_TCP, port);
		uint32_t host = HOST(33 + (port + (uint32_t)(now / 86400)) % 6);
		struct fw_seen connect = seen_of(host, SERVER(91), IPPROTO_TCP,
						 port);
		struct fw_seen udp = seen_of(host, SERVER(10), IPPROTO_UDP,
					     port);

		/* RST or nothing, handshake and RST, nothing */
		syn.established = false;
		syn.packets[1] = syn.packets[0] = 1;
		syn.bytes[1] = syn.bytes[0] = 44;
		connect.packets[0] = 3;
		connect.bytes[0] = 60 + 52 + 52;
		connect.packets[1] = 1;
		connect.bytes[1] = 60;
		udp.replied = false;
		udp.packets[1] = udp.bytes[1] = 0;
		fw_collect_see(collect, &syn, now);
		fw_collect_see(collect, &connect, now);
		fw_collect_see(collect, &udp, now);
	}
}

/* Sources that nobody has: what is answered goes nowhere. */
static void forge(void)
{
	for (unsigned i = 40; i < 250; i++) {
		struct fw_seen syn = seen_of(HOST(i), SERVER(32), IPPROTO_TCP,
					     2222);

		syn.established = false;
		fw_collect_see(collect, &syn, now);
		for (unsigned k = 0; k < 5; k++) {
			meet(HOST(i), SERVER(99), IPPROTO_UDP, 161);
			meet(HOST(i), SERVER(53), IPPROTO_UDP, 53);
		}
	}
}

static void flood(void)
{
	for (unsigned i = 0; i < 5000; i++)
		meet(HOST(34), SERVER(77), IPPROTO_TCP, 4444);
	/* one that reports to its masters, all over the world */
	for (unsigned i = 0; i < 300; i++)
		meet(HOST(35), site(100 + below(50)), IPPROTO_TCP, 8443);
}

/* Little evidence of what may well be right. */
static void seldom(uint32_t day)
{
	meet(HOST(12), SERVER(32), IPPROTO_TCP, 23);	/* two peers */
	meet(HOST(13), SERVER(32), IPPROTO_TCP, 23);
	for (unsigned h = 10; h < 40 && day == FIRST_DAY + 5; h++)
		meet(HOST(h), SERVER(80), IPPROTO_TCP, 8080);	/* one day */
	for (unsigned h = 10; h < 40; h++) {
		struct fw_seen data = seen_of(HOST(h), SERVER(10), IPPROTO_TCP,
					      20);

		data.expected = true;
		fw_collect_see(collect, &data, now);
	}
}

/* --- days go by ------------------------------------------------------------- */
static void save(struct fw_store *store)
{
	const struct fw_learn_flow *rows;
	size_t n;

	rows = fw_collect_rows(collect, &n);
	assert_int_equal(fw_store_add(store, rows, n), 0);
	fw_collect_clear(collect);
	assert_int_equal(fw_collect_lost(collect), 0);
}

static fw_learn_pairs live(struct fw_arena *arena, bool attacked)
{
	char path[64];
	struct fw_store *store;
	fw_learn_pairs pairs = { 0 };
	char *aside;

	(void)snprintf(path, sizeof(path), "%s/%d.db", dir, attacked);
	assert_int_equal(fw_store_open(path, &store, &aside), 0);
	collect = fw_collect_new(65536, 1024);
	assert_non_null(collect);
	for (uint32_t day = FIRST_DAY; day <= TODAY; day++) {
		now = day * UINT64_C(86400) + 8 * 3600;
		work_a_day();
		if (attacked) {
			scan();
			forge();
			flood();
			seldom(day);
		}
		save(store);
	}
	assert_int_equal(fw_store_pairs(store, TODAY, 100000, arena, &pairs),
			 0);
	fw_collect_free(collect);
	fw_store_close(store);
	(void)unlink(path);
	return pairs;
}

static fw_suggestions suggest(struct fw_arena *arena,
			      const fw_learn_pairs *pairs,
			      const fw_learn_decisions *rejected)
{
	const struct fw_suggest_input input = {
		.pairs = pairs->items,
		.n_pairs = pairs->n,
		.rejected = rejected ? rejected->items : NULL,
		.n_rejected = rejected ? rejected->n : 0,
		.limits = &limits,
	};
	fw_suggestions ret = { 0 };

	assert_int_equal(fw_suggest(arena, &input, &ret), 0);
	return ret;
}

/* --- policies -------------------------------------------------------------- */
static struct fw_plan *compile(const char *text)
{
	static const struct fw_parse_options options;
	struct fw_arena *arena = fw_arena_new();
	struct fw_plan *plan = NULL;
	struct fw_diags diags;
	struct fw_ast *ast;

	fw_diags_init(&diags, arena);
	assert_int_equal(fw_parse_text(arena, "t.conf", text, strlen(text),
				       &options, &diags, &ast), 0);
	assert_int_equal(fw_compile(arena, ast, &fw_facts_empty, &diags, &plan),
			 0);
	if (diags.n_errors)
		fail_msg("%s", text);
	fw_arena_free(arena);
	return plan;
}

#define CHAIN(policy)                                                        \
	"table inet t {\n\tchain forward {\n\t\ttype filter hook forward "   \
	"priority 0; policy " policy ";\n"

/* A policy that drops, and what was suggested. */
static struct fw_plan *apply(const fw_suggestions *all)
{
	struct fw_buf text = { 0 };
	struct fw_plan *plan;

	fw_buf_add(&text, CHAIN("drop"));
	for (size_t i = 0; i < all->n; i++)
		fw_buf_printf(&text, "\t\t%s\n", all->items[i].rule);
	fw_buf_add(&text, "\t}\n}\n");
	plan = compile(text.text);
	fw_buf_done(&text);
	return plan;
}

static bool passes(struct fw_plan *plan, uint32_t client, uint32_t server,
		   uint8_t proto, uint16_t port)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_seen seen = seen_of(client, server, proto, port);
	struct fw_told_tuple tuple = {
		.family = 4, .proto = proto, .sport = 40000, .dport = port,
	};
	struct fw_explain *explain;
	struct fw_told told;
	bool accept;

	memcpy(tuple.saddr, seen.client, 4);
	memcpy(tuple.daddr, seen.server, 4);
	fw_told_first(&told, &tuple, seen.in, seen.out);
	assert_int_equal(fw_explain(arena, plan, &told, &explain), 0);
	assert_true(explain->verdict == FW_EXPLAIN_ACCEPT ||
		    explain->verdict == FW_EXPLAIN_DROP);
	accept = explain->verdict == FW_EXPLAIN_ACCEPT;
	fw_arena_free(arena);
	return accept;
}

static bool is_planted(unsigned host, uint32_t server, uint8_t proto,
		       uint16_t port)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(services); i++) {
		const struct planted *s = &services[i];
		bool there = s->server ? s->server == server :
					 server >= 0x17000000u;

		if (there && s->proto == proto && s->port == port &&
		    host >= s->from && host <= s->to &&
		    (host - s->from) % s->step == 0)
			return true;
	}
	return false;
}

static void expect_all_planted(const fw_suggestions *all)
{
	static const uint16_t ports[] = { 20, 22, 23, 53, 80, 123, 161, 443,
					  445, 587, 993, 2222, 3389, 4444,
					  5432, 8080, 8443, 9100, 1999 };
	static const uint32_t servers[] = {
		SERVER(10), SERVER(25), SERVER(32), SERVER(53), SERVER(77),
		SERVER(80), SERVER(81), SERVER(91), SERVER(99), 0x17000000u,
		0x17300070u, 0x18000000u,
	};
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP };
	struct fw_plan *plan = apply(all);

	for (unsigned h = 0; h < 256; h += h < 44 ? 1 : 21)
		for (size_t s = 0; s < FW_ARRAY_SIZE(servers); s++)
			for (size_t p = 0; p < FW_ARRAY_SIZE(ports); p++)
				for (size_t k = 0; k < 2; k++)
					if (passes(plan, HOST(h), servers[s],
						   protos[k], ports[p]) !=
					    is_planted(h, servers[s], protos[k],
						       ports[p]))
						fail_msg("10.1.0.%u %x %u %u",
							 h, servers[s],
							 protos[k], ports[p]);
	fw_plan_unref(plan);
}

/* --- tests ----------------------------------------------------------------- */
#define ALL "{ 10.1.0.10/31, 10.1.0.12/30, 10.1.0.16/28, 10.1.0.32/29 }"

static const char *const rules[] = {
	"iifname \"lan\" oifname \"srv\" ip saddr { 10.1.0.11, 10.1.0.14, "
	"10.1.0.17 } ip daddr 10.2.0.32 tcp dport 22 accept",
	"iifname \"lan\" oifname \"srv\" ip saddr " ALL " ip daddr 10.2.0.53 "
	"tcp dport 53 accept",
	"iifname \"lan\" oifname \"srv\" ip saddr " ALL " ip daddr 10.2.0.80 "
	"tcp dport { 80, 443 } accept",
	"iifname \"lan\" oifname \"srv\" ip saddr " ALL " ip daddr 10.2.0.53 "
	"udp dport { 53, 123 } accept",
	"iifname \"lan\" oifname \"wan\" ip saddr " ALL " tcp dport 443 accept",
	"iifname \"lan\" oifname \"srv\" ip saddr { 10.1.0.10/31, 10.1.0.12/30, "
	"10.1.0.16/29, 10.1.0.24/30, 10.1.0.28/31 } ip daddr 10.2.0.25 "
	"tcp dport { 587, 993 } accept",
	"iifname \"lan\" oifname \"srv\" ip saddr { 10.1.0.10/31, 10.1.0.12/30, "
	"10.1.0.16/28, 10.1.0.32/30 } ip daddr 10.2.0.10 tcp dport 445 accept",
	"iifname \"lan\" oifname \"srv\" ip saddr 10.1.0.36/30 ip daddr "
	"10.2.0.32 tcp dport 5432 accept",
	"iifname \"lan\" oifname \"srv\" ip saddr { 10.1.0.20/30, 10.1.0.24/30, "
	"10.1.0.28/31 } ip daddr 10.2.0.91 tcp dport 9100 accept",
};

static void expect_rules(const fw_suggestions *all)
{
	for (size_t i = 0; i < all->n; i++) {
		bool known = false;

		for (size_t k = 0; k < FW_ARRAY_SIZE(rules); k++)
			known |= !strcmp(all->items[i].rule, rules[k]);
		if (!known)
			fail_msg("%s", all->items[i].rule);
	}
	assert_int_equal(all->n, FW_ARRAY_SIZE(rules));
}

/* Three draws, without attackers and with: the same rules. */
static void test_office(void **state)
{
	(void)state;
	for (uint64_t draw = 1; draw <= 3; draw++)
		for (int attacked = 0; attacked < 2; attacked++) {
			struct fw_arena *arena = fw_arena_new();
			fw_learn_pairs pairs;
			fw_suggestions all;

			seed = draw * UINT64_C(0x9e3779b97f4a7c15);
			pairs = live(arena, attacked);
			all = suggest(arena, &pairs, NULL);
			expect_rules(&all);
			if (draw == 1)
				expect_all_planted(&all);
			fw_arena_free(arena);
		}
}

/* The evidence is what was planted, by hand this time. */
static void test_evidence(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_learn_pair pairs[3] = { 0 };
	fw_learn_pairs vec = { pairs, 3, 3 };
	fw_learn_decisions rejected;
	fw_suggestions all;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		pairs[i].key = (struct fw_learn_key){
			.in = "lan", .out = "wan", .family = 4,
			.proto = IPPROTO_TCP, .port = 25,
			.client = { 10, 0, 0, (uint8_t)(1 + 2 * i) },
			.server = { 192, 0, 2, 9 },
		};
		pairs[i].flows = i ? 6 : 500;
		pairs[i].days = 3u << i;
		pairs[i].first = 1000 - i;
		pairs[i].last = 2000 + i;
		pairs[i].name = i == 1 ? "mx.example.net" : "";
	}
	all = suggest(arena, &vec, NULL);
	assert_int_equal(all.n, 1);
	assert_int_equal(all.items[0].flows, 512);
	assert_int_equal(all.items[0].peers, 3);
	assert_int_equal(all.items[0].days, 4);
	assert_int_equal(all.items[0].first, 998);
	assert_int_equal(all.items[0].last, 2002);
	assert_int_equal(all.items[0].n_names, 1);
	assert_string_equal(all.items[0].names[0], "mx.example.net");
	/* of the 512, 10 + 6 + 6 count: 1 - 1 / (3.2 * 2 * 3) */
	assert_int_equal(all.items[0].confidence, 947916);

	/* somebody says no; twice the flows are new evidence */
	rejected = (fw_learn_decisions){
		(struct fw_learn_decision *)all.items[0].services, 1, 1,
	};
	assert_int_equal(all.items[0].n_services, 1);
	assert_int_equal(suggest(arena, &vec, &rejected).n, 0);
	pairs[2].flows = 517;
	assert_int_equal(suggest(arena, &vec, &rejected).n, 0);
	pairs[2].flows = 518;
	assert_int_equal(suggest(arena, &vec, &rejected).n, 1);

	/* a flood of one does not stand in for others' flows */
	pairs[1].flows = pairs[2].flows = 1;
	pairs[0].flows = 1000000;
	assert_int_equal(suggest(arena, &vec, NULL).items[0].flows, 1000002);
	pairs[0].flows = 7;
	assert_int_equal(suggest(arena, &vec, NULL).n, 0);
	fw_arena_free(arena);
}

static void test_confidence(void **state)
{
	(void)state;
	assert_int_equal(fw_suggest_confidence(&limits, 10, 3, 2, 0), 875000);
	assert_int_equal(fw_suggest_confidence(&limits, 0, 0, 0, 0), 0);
	assert_int_equal(fw_suggest_confidence(&limits, 100, 30, 20, 0),
			 999248);
	assert_int_equal(fw_suggest_confidence(&limits, 9000, 9000, 60, 0),
			 999248);
}

/* --- against a policy ------------------------------------------------------ */
static void expect_judged(const char *text, enum fw_suggest_state state,
			  const char *policy, const char *chain)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_learn_pair pair = {
		.key = { .in = "lan", .out = "wan", .family = 4,
			 .proto = IPPROTO_TCP, .port = 25,
			 .client = { 10, 0, 0, 1 }, .server = { 192, 0, 2, 9 } },
	};
	struct fw_suggestion s = {
		.key = pair.key, .samples = { &pair }, .n_samples = 1,
		.rule = "tcp dport 25 accept",
	};
	struct fw_plan *plan = compile(text);

	assert_int_equal(fw_suggest_judge(arena, plan, &s), 0);
	assert_string_equal(s.policy, policy);
	assert_int_equal(s.state, state);
	if (chain)
		assert_string_equal(s.chain, chain);
	else
		assert_null(s.chain);
	fw_plan_unref(plan);
	fw_arena_free(arena);
}

static void test_judge(void **state)
{
	char comment[FW_LEARN_COMMENT_MAX], text[512], policy[256];

	(void)state;
	expect_judged(CHAIN("drop") "}\n}\n", FW_SUGGEST_NEW,
		      "dropped by the policy of inet t forward", "forward");
	expect_judged(CHAIN("accept") "\t\tct state established accept\n}\n}\n",
		      FW_SUGGEST_NEW,
		      "accepted by the policy of inet t forward", "forward");
	expect_judged(CHAIN("drop") "\t\tct state new learn accept\n}\n}\n",
		      FW_SUGGEST_NEW,
		      "accepted while it learns by t.conf:4: ct state new "
		      "learn accept", "forward");
	expect_judged(CHAIN("drop") "\t\ttcp dport 20-30 accept\n}\n}\n",
		      FW_SUGGEST_ALLOWED,
		      "already allowed by t.conf:4: tcp dport 20-30 accept",
		      NULL);
	expect_judged(CHAIN("accept") "\t\tip saddr 10.0.0.0/8 drop\n}\n}\n",
		      FW_SUGGEST_DROPPED,
		      "dropped by t.conf:4: ip saddr 10.0.0.0/8 drop", NULL);
	expect_judged(CHAIN("drop") "\t\tmeta random 5 accept\n}\n}\n",
		      FW_SUGGEST_UNKNOWN,
		      "'meta random 5' cannot be told: t.conf:4: "
		      "meta random 5 accept", "forward");
	expect_judged(CHAIN("drop") "\t\tjump learned\n\t}\n\tchain learned {\n"
		      "\t}\n}\n", FW_SUGGEST_NEW,
		      "dropped by the policy of inet t forward", "learned");
	fw_learn_comment("tcp dport 25 accept", comment);
	(void)snprintf(text, sizeof(text), CHAIN("drop") "\t\tlearn accept\n"
		       "\t\ttcp dport 25 accept %s\n\t}\n}\n", comment);
	(void)snprintf(policy, sizeof(policy), "applied at t.conf:5: tcp dport "
		       "25 accept %s", comment);
	expect_judged(text, FW_SUGGEST_ALLOWED, policy, NULL);
	expect_judged("table inet t {\n}\n", FW_SUGGEST_UNKNOWN,
		      "no chain of type filter sees it", NULL);
}

/* One rule for both ports, unless one of them is allowed already. */
static void test_partly(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_learn_pair pairs[6] = { 0 };
	struct fw_suggest_input input = {
		.pairs = pairs, .n_pairs = 6, .limits = &limits,
	};
	fw_suggestions all = { 0 };
	struct fw_plan *plan = compile(CHAIN("drop") "tcp dport 25 accept\n}}");

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		pairs[i].key = (struct fw_learn_key){
			.in = "lan", .out = "wan", .family = 4,
			.proto = IPPROTO_TCP, .port = (uint16_t)(25 + i % 2),
			.client = { 10, 0, 0, (uint8_t)(i / 2) },
			.server = { 192, 0, 2, 9 },
		};
		pairs[i].flows = 20;
		pairs[i].days = 7;
		pairs[i].name = "";
	}
	assert_int_equal(fw_suggest(arena, &input, &all), 0);
	assert_int_equal(all.n, 1);
	assert_string_equal(all.items[0].ports, "{ 25, 26 }");
	input.plan = plan;
	all.n = 0;
	assert_int_equal(fw_suggest(arena, &input, &all), 0);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.items[0].ports, "26");
	assert_string_equal(all.items[1].ports, "25");
	fw_plan_unref(plan);
	fw_arena_free(arena);
}

/* --- connections that live --------------------------------------------------- */
static const struct fw_learn_flow *only_row(size_t expected)
{
	size_t n;
	const struct fw_learn_flow *rows = fw_collect_rows(collect, &n);

	assert_int_equal(n, expected);
	return rows;
}

static void test_living(void **state)
{
	struct fw_seen seen = seen_of(HOST(1), SERVER(1), IPPROTO_TCP, 22);

	(void)state;
	collect = fw_collect_new(4, 2);
	now = FIRST_DAY * UINT64_C(86400);
	seen.ended = false;
	fw_collect_see(collect, &seen, now);
	seen.packets[0] += 10;
	seen.bytes[0] += 1000;
	fw_collect_see(collect, &seen, now + 60);
	assert_int_equal(only_row(1)->flows, 1);
	assert_int_equal(only_row(1)->packets[0], 16);
	fw_collect_clear(collect);

	/* the next day it is a flow again, of what it sent since */
	seen.packets[0] += 5;
	fw_collect_see(collect, &seen, now + 86400);
	assert_int_equal(only_row(1)->flows, 1);
	assert_int_equal(only_row(1)->packets[0], 5);
	seen.ended = true;
	seen.packets[0] += 1;
	fw_collect_see(collect, &seen, now + 86500);
	assert_int_equal(only_row(1)->flows, 1);
	assert_int_equal(only_row(1)->packets[0], 6);
	/* another one, of the same number */
	seen.packets[0] = 3;
	fw_collect_see(collect, &seen, now + 86500);
	assert_int_equal(only_row(1)->flows, 2);
	assert_int_equal(only_row(1)->packets[0], 9);
	fw_collect_free(collect);
}

static void test_no_room(void **state)
{
	(void)state;
	collect = fw_collect_new(4, 2);
	now = FIRST_DAY * UINT64_C(86400);
	for (uint16_t port = 1; port <= 6; port++)
		meet(HOST(1), SERVER(1), IPPROTO_TCP, port);
	(void)only_row(4);
	assert_int_equal(fw_collect_lost(collect), 2);
	fw_collect_clear(collect);

	/* those that find no room while they live are counted once they end */
	for (unsigned round = 0; round < 3; round++) {
		next_id = 100;
		fw_collect_begin(collect);
		for (uint16_t port = 1; port <= 3; port++) {
			struct fw_seen seen = seen_of(HOST(1), SERVER(1),
						      IPPROTO_TCP, port);

			seen.ended = false;
			fw_collect_see(collect, &seen, now);
		}
		fw_collect_end(collect);
	}
	(void)only_row(2);
	next_id = 100;
	for (uint16_t port = 1; port <= 3; port++)
		meet(HOST(1), SERVER(1), IPPROTO_TCP, port);
	assert_int_equal(only_row(3)[0].flows, 1);
	assert_int_equal(only_row(3)[1].flows, 1);
	assert_int_equal(only_row(3)[2].flows, 1);
	fw_collect_free(collect);
}

/* --- prefixes -------------------------------------------------------------- */
static void expect_cover(unsigned from, unsigned to, unsigned known_to,
			 const char *text)
{
	struct fw_arena *arena = fw_arena_new();
	fw_addresses some = { 0 }, known = { 0 };
	fw_covers covers = { 0 };

	for (unsigned i = 0; i <= known_to; i++) {
		struct fw_address a = { { 10, 0, 0, (uint8_t)i } };

		*(struct fw_address *)fw_vec_push(arena, &known) = a;
		if (i >= from && i <= to)
			*(struct fw_address *)fw_vec_push(arena, &some) = a;
	}
	assert_int_equal(fw_cover(arena, 4, &some, &known, &covers), 0);
	assert_string_equal(fw_cover_text(arena, 4, &covers), text);
	fw_arena_free(arena);
}

static void test_cover(void **state)
{
	(void)state;
	expect_cover(7, 7, 7, "10.0.0.7");
	expect_cover(4, 7, 7, "10.0.0.4/30");
	/* 14 of 16: whole where nobody else is known there */
	expect_cover(16, 29, 29, "10.0.0.16/28");
	expect_cover(16, 29, 31, "{ 10.0.0.16/29, 10.0.0.24/30, 10.0.0.28/31 }");
	/* 30 of 64 is not well covered */
	expect_cover(2, 31, 31, "10.0.0.0/27");
	expect_cover(0, 40, 40, "{ 10.0.0.0/27, 10.0.0.32/29, 10.0.0.40 }");
}

static void test_cover_v6(void **state)
{
	struct fw_arena *arena = fw_arena_new();
	fw_addresses some = { 0 };
	fw_covers covers = { 0 };

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		struct fw_address *a = fw_vec_push(arena, &some);

		inet_pton(AF_INET6, "2001:db8:1:2::", a->bytes);
		a->bytes[15] = (uint8_t)(17 * i + 1);
		a->bytes[9] = (uint8_t)(i < 8 ? i : 0);
		if (i == 8)
			a->bytes[7] = 3;
	}
	fw_addresses_sort(&some);
	assert_int_equal(fw_cover(arena, 6, &some, &some, &covers), 0);
	assert_string_equal(fw_cover_text(arena, 6, &covers),
			    "{ 2001:db8:1:2::/64, 2001:db8:1:3::89 }");
	fw_arena_free(arena);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_cover_v6),
		cmocka_unit_test(test_confidence),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_living),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_partly),
		cmocka_unit_test(test_office),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
