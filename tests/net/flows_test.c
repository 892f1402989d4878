/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's flows, against the kernel's conntrack in a namespace of their
 * own. Connections are made by ctnetlink; the flow map is an array here.
 *
 * Catches: map entries with another tuple than the one that arrives at ingress,
 * entries that outlive their connection, trust that is adopted without one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/flows.h"
#include "inspect/packet.h"
#include "util/cleanup.h"

#define UNVETTED 0x24000000u	/* profile 2 */
#define TRUSTED 0x28000000u

/* --- a flow map ----------------------------------------------------------- */
#define MAP_MAX 16

static struct {
	struct fw_flow_key key;
	struct fw_flow flow;
	bool used;
} map[MAP_MAX];

static int map_find(const struct fw_flow_key *key)
{
	for (int i = 0; i < MAP_MAX; i++)
		if (map[i].used && !memcmp(&map[i].key, key, sizeof(*key)))
			return i;
	return -1;
}

static size_t map_size(void)
{
	size_t n = 0;

	for (int i = 0; i < MAP_MAX; i++)
		n += map[i].used;
	return n;
}

uint64_t fw_apply_generation(const struct fw_apply *apply)
{
	(void)apply;
	return 7;
}

int fw_apply_flow_set(struct fw_apply *apply, const struct fw_flow_key *key,
		      const struct fw_flow *flow)
{
	int i = map_find(key);

	(void)apply;
	for (int free = 0; i < 0 && free < MAP_MAX; free++)
		if (!map[free].used)
			i = free;
	if (i < 0)
		return -E2BIG;
	map[i].key = *key;
	map[i].flow = *flow;
	map[i].used = true;
	return 0;
}

int fw_apply_flow_get(struct fw_apply *apply, const struct fw_flow_key *key,
		      struct fw_flow *ret)
{
	int i = map_find(key);

	(void)apply;
	if (i < 0)
		return -ENOENT;
	*ret = map[i].flow;
	return 0;
}

int fw_apply_flow_delete(struct fw_apply *apply, const struct fw_flow_key *key)
{
	int i = map_find(key);

	(void)apply;
	if (i < 0)
		return -ENOENT;
	map[i].used = false;
	return 0;
}

int fw_apply_flows(struct fw_apply *apply,
		   int (*fn)(void *ctx, const struct fw_flow_key *key,
			     const struct fw_flow *flow),
		   void *ctx)
{
	int r = 0;

	(void)apply;
	for (int i = 0; i < MAP_MAX && !r; i++)
		if (map[i].used)
			r = fn(ctx, &map[i].key, &map[i].flow);
	return r;
}

bool fw_apply_roads(const struct fw_apply *apply)
{
	(void)apply;
	return true;
}

static struct fw_flow_key granted[MAP_MAX];
static size_t n_granted;

int fw_apply_road_grant(struct fw_apply *apply, const struct fw_flow_key *key,
			const struct fw_grant *grant)
{
	int i = map_find(key);

	(void)apply;
	if (i < 0 || map[i].flow.pair != grant->pair || n_granted == MAP_MAX)
		return -ENOENT;
	granted[n_granted++] = *key;
	return 0;
}

void fw_apply_road_revoke(struct fw_apply *apply, const struct fw_flow_key *key)
{
	(void)apply;
	for (size_t i = 0; i < n_granted; i++)
		if (!memcmp(&granted[i], key, sizeof(*key)))
			granted[i--] = granted[--n_granted];
}

int fw_apply_credit(struct fw_apply *apply, const struct fw_hash *key,
		    const struct fw_rule_count *more)
{
	(void)apply, (void)key, (void)more;
	return 0;
}

struct fw_rule_count fw_apply_credited(const struct fw_apply *apply,
				       const struct fw_hash *key)
{
	(void)apply, (void)key;
	return (struct fw_rule_count){0};
}

int fw_apply_flow_classes(struct fw_apply *apply, struct fw_arena *arena,
			  struct fw_flow_classes *ret)
{
	(void)apply, (void)arena;
	*ret = (struct fw_flow_classes){0};
	return 0;
}

int fw_flow_class_of(const struct fw_flow_classes *classes, uint32_t id)
{
	(void)classes, (void)id;
	return -1;
}

bool fw_apply_road_port(const struct fw_apply *apply, uint32_t ifindex)
{
	(void)apply;
	(void)ifindex;
	return false;
}

void fw_apply_roads_clear(struct fw_apply *apply)
{
	(void)apply;
	n_granted = 0;
}

/* --- connections ---------------------------------------------------------- */
static struct fw_tuple tuple(const char *src, uint16_t sport, const char *dst,
			     uint16_t dport)
{
	struct fw_tuple t = { .proto = IPPROTO_TCP, .sport = sport,
			      .dport = dport };
	bool ip6 = strchr(src, ':');

	t.family = ip6 ? 6 : 4;
	assert_int_equal(inet_pton(ip6 ? AF_INET6 : AF_INET, src, t.saddr), 1);
	assert_int_equal(inet_pton(ip6 ? AF_INET6 : AF_INET, dst, t.daddr), 1);
	return t;
}

static void connection(enum nf_conntrack_query what,
		       const struct fw_tuple *original,
		       const struct fw_tuple *reply, uint32_t mark)
{
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	struct nf_conntrack *ct = nfct_new();
	bool ip6 = original->family == 6;

	assert_non_null(handle);
	nfct_set_attr_u8(ct, ATTR_ORIG_L3PROTO, ip6 ? AF_INET6 : AF_INET);
	nfct_set_attr_u8(ct, ATTR_REPL_L3PROTO, ip6 ? AF_INET6 : AF_INET);
	nfct_set_attr(ct, ip6 ? ATTR_ORIG_IPV6_SRC : ATTR_ORIG_IPV4_SRC,
		      original->saddr);
	nfct_set_attr(ct, ip6 ? ATTR_ORIG_IPV6_DST : ATTR_ORIG_IPV4_DST,
		      original->daddr);
	nfct_set_attr_u8(ct, ATTR_ORIG_L4PROTO, original->proto);
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_SRC, htons(original->sport));
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_DST, htons(original->dport));
	nfct_set_attr(ct, ip6 ? ATTR_REPL_IPV6_SRC : ATTR_REPL_IPV4_SRC,
		      reply->saddr);
	nfct_set_attr(ct, ip6 ? ATTR_REPL_IPV6_DST : ATTR_REPL_IPV4_DST,
		      reply->daddr);
	nfct_set_attr_u8(ct, ATTR_REPL_L4PROTO, reply->proto);
	nfct_set_attr_u16(ct, ATTR_REPL_PORT_SRC, htons(reply->sport));
	nfct_set_attr_u16(ct, ATTR_REPL_PORT_DST, htons(reply->dport));
	if (what == NFCT_Q_CREATE) {
		nfct_set_attr_u8(ct, ATTR_TCP_STATE,
				 TCP_CONNTRACK_ESTABLISHED);
		nfct_set_attr_u32(ct, ATTR_TIMEOUT, 100);
		nfct_set_attr_u32(ct, ATTR_MARK, mark);
	}
	if (nfct_query(handle, what, ct) < 0)
		fail_msg("ctnetlink: %s", strerror(errno));
	nfct_destroy(ct);
	(void)nfct_close(handle);
}

/* --- a lab ---------------------------------------------------------------- */
struct lab {
	struct fw_flows *flows;
	struct fw_plan *plan;
	struct fw_profile profiles[3];
	struct fw_flow_report report;
	struct fw_tuple raw[2];
	struct fw_flow_view view;	/* of the one flow, after look() */
	char sni[64], profile[64];
	size_t n_views;
};

static void lab_open(struct lab *lab)
{
	memset(lab, 0, sizeof(*lab));
	memset(map, 0, sizeof(map));
	lab->plan = fw_plan_new();
	lab->plan->options.marks = 0xff000000;
	lab->plan->options.mark_shift = 24;
	lab->plan->options.flows = 4;
	for (uint8_t i = 0; i < 3; i++)
		lab->profiles[i] = (struct fw_profile){
			.name = i == 2 ? "web" : "other", .id = i };
	lab->plan->profiles = lab->profiles;
	lab->plan->n_profiles = 3;
	assert_int_equal(fw_flows_new(NULL, lab->plan, &lab->flows), 0);
	lab->raw[0] = tuple("10.0.0.1", 1000, "10.0.0.2", 443);
	lab->raw[1] = fw_tuple_inverse(&lab->raw[0]);
	lab->report = (struct fw_flow_report){
		.id = 1,
		.tuple = lab->raw[0],
		.ifindex = { 5, 6 },
		.profile = &lab->profiles[2],
		.packets = 4,
		.bytes = 400,
		.rule = FW_NO_RULE,
	};
}

static void lab_close(struct lab *lab)
{
	struct nfct_handle *handle = nfct_open(CONNTRACK, 0);
	const uint32_t family = AF_UNSPEC;

	fw_flows_free(lab->flows);
	fw_plan_unref(lab->plan);
	assert_int_equal(nfct_query(handle, NFCT_Q_FLUSH, &family), 0);
	(void)nfct_close(handle);
}

static void tell(struct lab *lab, enum fw_flow_verdict verdict)
{
	const struct fw_door *door = fw_flows_door(lab->flows);

	lab->report.verdict = verdict;
	lab->report.reason = verdict == FW_FLOW_UNVETTED ? NULL : "rule";
	door->flow(door->ctx, &lab->report);
}

static void create(const struct lab *lab, uint32_t mark)
{
	connection(NFCT_Q_CREATE, &lab->raw[0], &lab->raw[1], mark);
}

static int take_view(void *ctx, const struct fw_flow_view *view)
{
	struct lab *lab = ctx;

	lab->view = *view;
	lab->n_views++;
	(void)snprintf(lab->profile, sizeof(lab->profile), "%s", view->profile);
	(void)snprintf(lab->sni, sizeof(lab->sni), "%s",
		       view->sni ? view->sni : "-");
	return 0;
}

static size_t look(struct lab *lab)
{
	lab->n_views = 0;
	assert_int_equal(fw_flows_each(lab->flows, take_view, lab), 0);
	return lab->n_views;
}

/* Waits for the end of a connection. */
static void drain(struct lab *lab)
{
	struct pollfd fd = { fw_flows_fd(lab->flows), POLLIN, 0 };

	assert_int_equal(poll(&fd, 1, 5000), 1);
	assert_true(fw_flows_drain(lab->flows) >= 0);
}

static struct fw_flow_key key_of(const struct fw_tuple *raw, uint32_t ifindex)
{
	struct fw_flow_key key = {
		.ifindex = ifindex,
		.family = raw->family,
		.proto = raw->proto,
		.sport = htons(raw->sport),
		.dport = htons(raw->dport),
	};

	memcpy(key.saddr, raw->saddr, 16);
	memcpy(key.daddr, raw->daddr, 16);
	return key;
}

/* Both directions stand, by their raw tuples and devices. */
static void expect_mapped(struct lab *lab, uint32_t in, uint32_t out)
{
	struct fw_flow_key key[2] = { key_of(&lab->raw[0], in),
				      key_of(&lab->raw[1], out) };
	struct fw_flow flow[2];

	assert_int_equal(map_size(), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fw_apply_flow_get(NULL, &key[i], &flow[i]), 0);
		assert_int_equal(flow[i].reply, i);
		assert_int_equal(flow[i].verdict, lab->report.verdict);
		assert_int_equal(flow[i].profile, 2);
		assert_int_equal(flow[i].user_packets, 4);
		assert_int_equal(flow[i].epoch, 7);
		assert_true(flow[i].first_ns > 0);
	}
	assert_int_equal(flow[0].pair, flow[1].pair);
}

/* --- tests ---------------------------------------------------------------- */
static void verdict_is_mapped(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	create(&lab, UNVETTED);
	lab.report.packets = 1;
	tell(&lab, FW_FLOW_UNVETTED);
	assert_int_equal(map_size(), 0);
	assert_int_equal(look(&lab), 1);
	assert_int_equal(lab.view.verdict, FW_FLOW_UNVETTED);
	assert_null(lab.view.reason);
	lab.report.packets = 4;
	lab.report.sni = "good.example";
	tell(&lab, FW_FLOW_TRUSTED);
	expect_mapped(&lab, 5, 6);
	lab.report.packets = 5;
	lab.report.bytes = 500;
	lab.report.sni = NULL;
	tell(&lab, FW_FLOW_TRUSTED);

	map[0].flow.packets = 10;
	map[0].flow.bytes = 1000;
	map[1].flow.packets = 100;
	map[1].flow.bytes = 10000;
	assert_int_equal(look(&lab), 1);
	assert_int_equal(lab.view.verdict, FW_FLOW_TRUSTED);
	assert_int_equal(lab.view.user_packets, 5);
	assert_int_equal(lab.view.user_bytes, 500);
	assert_int_equal(lab.view.packets, 115);
	assert_int_equal(lab.view.bytes, 11500);
	assert_string_equal(lab.sni, "good.example");
	assert_string_equal(lab.profile, "web");
	assert_string_equal(lab.view.reason, "rule");
	assert_string_equal(lab.view.road, "stack");
	assert_true(lab.view.idle_s < 60);
	lab_close(&lab);
}

static void ipv6(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	lab.raw[0] = tuple("fd00::1", 1000, "fd00::2", 443);
	lab.raw[1] = fw_tuple_inverse(&lab.raw[0]);
	lab.report.tuple = lab.raw[0];
	create(&lab, UNVETTED);
	tell(&lab, FW_FLOW_BLOCKED);
	expect_mapped(&lab, 5, 6);
	lab_close(&lab);
}

static bool is_translated(const struct lab *lab, int reply)
{
	struct fw_flow_key key = key_of(&lab->raw[reply], reply ? 6u : 5u);
	int i = map_find(&key);

	return i >= 0 && map[i].flow.road.translated;
}

/* At the queue the destination is translated already and the source not yet:
 * the map gets what arrives at the devices. */
static void nat(void **state)
{
	static const struct {
		const char *daddr;	/* as the client has it */
		const char *saddr;	/* as the server sees it */
	} cases[] = {
		{ "10.0.0.2", "192.0.2.9" },
		{ "192.0.2.80", "10.0.0.1" },
		{ "192.0.2.80", "192.0.2.9" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		struct lab lab;

		lab_open(&lab);
		lab.raw[0] = tuple("10.0.0.1", 1000, cases[i].daddr, 443);
		lab.raw[1] = tuple("10.0.0.2", 443, cases[i].saddr, 1000);
		create(&lab, UNVETTED);
		/* another connection has as raw tuple what the queue shows */
		struct fw_tuple other = lab.report.tuple;
		struct fw_tuple elsewhere =
			tuple("10.0.0.77", 443, "10.0.0.1", 1000);

		if (i == 2)
			connection(NFCT_Q_CREATE, &other, &elsewhere, UNVETTED);
		tell(&lab, FW_FLOW_TRUSTED);
		expect_mapped(&lab, 5, 6);
		assert_int_equal(look(&lab), 1);
		assert_true(fw_tuple_equal(&lab.view.tuple, &lab.raw[0]));
		for (int reply = 0; reply < 2; reply++)
			assert_true(is_translated(&lab, reply));
		lab_close(&lab);
	}
}

static void sent_along(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	lab.raw[0] = tuple("10.0.0.1", 1000, "192.0.2.80", 443);
	lab.raw[1] = tuple("10.0.0.2", 443, "192.0.2.9", 1000);
	lab.report.has_ct = true;
	lab.report.ct[0] = lab.raw[0];
	lab.report.ct[1] = lab.raw[1];
	lab.report.ct_mark = UNVETTED;
	tell(&lab, FW_FLOW_TRUSTED);	/* no connection: none is asked for */
	expect_mapped(&lab, 5, 6);
	lab_close(&lab);
}

/* The worker saw the answering side first. */
static void turned(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	create(&lab, UNVETTED);
	lab.report.tuple = lab.raw[1];
	tell(&lab, FW_FLOW_UNVETTED);
	tell(&lab, FW_FLOW_TRUSTED);
	expect_mapped(&lab, 6, 5);
	tell(&lab, FW_FLOW_TRUSTED);
	expect_mapped(&lab, 6, 5);
	assert_int_equal(look(&lab), 1);
	assert_int_equal(lab.view.tuple.dport, 443);
	lab_close(&lab);
}

/* One direction's ingress is not known until later. */
static void one_side_first(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	create(&lab, UNVETTED);
	lab.report.ifindex[1] = 0;
	tell(&lab, FW_FLOW_TRUSTED);
	assert_int_equal(map_size(), 1);
	lab.report.ifindex[1] = 6;
	tell(&lab, FW_FLOW_TRUSTED);
	expect_mapped(&lab, 5, 6);
	lab_close(&lab);
}

/* A verdict for the first packet: conntrack has nothing yet. */
static void not_known_yet(void **state)
{
	struct fw_flows_stats stats;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	tell(&lab, FW_FLOW_TRUSTED);
	assert_int_equal(map_size(), 0);
	fw_flows_tick(lab.flows);
	assert_int_equal(map_size(), 0);
	create(&lab, TRUSTED);
	fw_flows_tick(lab.flows);
	expect_mapped(&lab, 5, 6);
	lab_close(&lab);

	/* and never: it is given up, and counted */
	lab_open(&lab);
	tell(&lab, FW_FLOW_TRUSTED);
	for (int i = 0; i < 10; i++)
		fw_flows_tick(lab.flows);
	create(&lab, TRUSTED);
	fw_flows_tick(lab.flows);
	assert_int_equal(map_size(), 0);
	fw_flows_get_stats(lab.flows, &stats);
	assert_int_equal(stats.unmapped, 1);
	assert_int_equal(stats.trusted, 1);
	lab_close(&lab);
}

static void connection_ends(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	create(&lab, TRUSTED);
	tell(&lab, FW_FLOW_TRUSTED);
	assert_int_equal(map_size(), 2);
	connection(NFCT_Q_DESTROY, &lab.raw[0], &lab.raw[1], 0);
	drain(&lab);
	assert_int_equal(map_size(), 0);
	assert_int_equal(look(&lab), 0);
	assert_int_equal(fw_flows_drain(lab.flows), 0);
	lab_close(&lab);
}

/* The tuple is another connection's by the time the end of the first is told:
 * its entries stay. */
static void ends_late(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	create(&lab, TRUSTED);
	tell(&lab, FW_FLOW_TRUSTED);
	connection(NFCT_Q_DESTROY, &lab.raw[0], &lab.raw[1], 0);
	create(&lab, UNVETTED);
	lab.report.id = 2;
	lab.report.packets = 1;
	tell(&lab, FW_FLOW_UNVETTED);
	assert_int_equal(map_size(), 0);	/* the old trust is gone */
	assert_int_equal(look(&lab), 1);
	assert_int_equal(lab.view.user_packets, 1);
	lab.report.packets = 4;
	tell(&lab, FW_FLOW_BLOCKED);
	expect_mapped(&lab, 5, 6);
	drain(&lab);
	expect_mapped(&lab, 5, 6);
	lab_close(&lab);
}

static void profile_of_connection(void **state)
{
	const struct fw_door *door;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	door = fw_flows_door(lab.flows);
	assert_int_equal(door->profile(door->ctx, &lab.raw[0]), -ENOENT);
	create(&lab, UNVETTED);
	assert_int_equal(door->profile(door->ctx, &lab.raw[0]), 2);
	assert_int_equal(door->profile(door->ctx, &lab.raw[1]), 2);
	lab_close(&lab);

	/* a mark without our state */
	lab_open(&lab);
	door = fw_flows_door(lab.flows);
	create(&lab, 0x20000000);
	assert_int_equal(door->profile(door->ctx, &lab.raw[0]), -ENOENT);
	lab_close(&lab);
}

static void capacity(void **state)
{
	struct fw_flows_stats stats;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	for (uint16_t i = 0; i < 6; i++) {
		lab.report.tuple.sport = (uint16_t)(2000 + i);
		tell(&lab, FW_FLOW_UNVETTED);
	}
	fw_flows_get_stats(lab.flows, &stats);
	assert_int_equal(stats.records, 4);
	assert_int_equal(stats.max, 4);
	assert_int_equal(stats.refused, 2);
	assert_int_equal(stats.unvetted, 4);
	lab_close(&lab);
}

static void put_map(const struct lab *lab, int reply,
		    enum fw_flow_verdict verdict)
{
	struct fw_flow_key key = key_of(&lab->raw[reply], reply ? 6u : 5u);
	struct fw_flow flow = { .pair = 99, .verdict = (uint8_t)verdict,
				.reply = (uint8_t)reply, .user_packets = 4,
				.user_bytes = 400, .packets = 50, .epoch = 7,
				.profile = 2, .first_ns = 1, .last_ns = 1 };

	assert_int_equal(fw_apply_flow_set(NULL, &key, &flow), 0);
}

static void adoption(void **state)
{
	struct fw_tuple gone;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	create(&lab, TRUSTED);
	put_map(&lab, 0, FW_FLOW_TRUSTED);
	put_map(&lab, 1, FW_FLOW_TRUSTED);
	gone = lab.raw[0];
	lab.raw[0].sport = 1001;	/* no such connection */
	put_map(&lab, 0, FW_FLOW_TRUSTED);
	lab.raw[0].sport = 1002;	/* not trusted any more */
	lab.raw[1] = fw_tuple_inverse(&lab.raw[0]);
	create(&lab, UNVETTED);
	put_map(&lab, 0, FW_FLOW_TRUSTED);
	lab.raw[0] = gone;
	lab.raw[1] = fw_tuple_inverse(&gone);

	assert_int_equal(fw_flows_adopt(lab.flows), 1);
	lab.report.verdict = FW_FLOW_TRUSTED;
	expect_mapped(&lab, 5, 6);
	assert_int_equal(look(&lab), 1);
	assert_int_equal(lab.view.verdict, FW_FLOW_TRUSTED);
	assert_int_equal(lab.view.user_packets, 4);
	assert_int_equal(lab.view.packets, 104);
	assert_string_equal(lab.profile, "web");

	/* and its end is noticed */
	connection(NFCT_Q_DESTROY, &lab.raw[0], &lab.raw[1], 0);
	drain(&lab);
	assert_int_equal(map_size(), 0);
	lab_close(&lab);
}

/* An end that was not told is found by the check; adopted records are idle. */
static void lost_end(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab);
	create(&lab, TRUSTED);
	put_map(&lab, 0, FW_FLOW_TRUSTED);
	assert_int_equal(fw_flows_adopt(lab.flows), 1);
	for (int i = 0; i < 100; i++)
		fw_flows_tick(lab.flows);
	assert_int_equal(look(&lab), 1);
	connection(NFCT_Q_DESTROY, &lab.raw[0], &lab.raw[1], 0);
	for (int i = 0; i < 100; i++)
		fw_flows_tick(lab.flows);
	assert_int_equal(look(&lab), 0);
	assert_int_equal(map_size(), 0);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdict_is_mapped),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(nat),
		cmocka_unit_test(sent_along),
		cmocka_unit_test(turned),
		cmocka_unit_test(one_side_first),
		cmocka_unit_test(not_known_yet),
		cmocka_unit_test(connection_ends),
		cmocka_unit_test(ends_late),
		cmocka_unit_test(profile_of_connection),
		cmocka_unit_test(capacity),
		cmocka_unit_test(adoption),
		cmocka_unit_test(lost_end),
	};

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
		(void)fprintf(stderr, "needs root and network namespaces\n");
		return 77;
	}
	return cmocka_run_group_tests_name("flows", tests, NULL, NULL);
}
