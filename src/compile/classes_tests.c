/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields without a table of their own, to tests and cuts (abi.h).
 *
 * In: the matches of such fields, and of live sets. Out: for each field that a
 * rule tests where programs find its number, and the row of each run of numbers;
 * for each live set the rows of its members and of others. Fails only for want
 * of memory.
 */
#include <errno.h>
#include <netinet/in.h>

#include "compile/classes.h"
#include "compile/lower.h"
#include "util/cleanup.h"

#define NETWORK(offset, size, shift, bits) \
	{ FW_BASE_NETWORK, offset, size, shift, bits, { 0, 0 }, 0 }
#define LINK(offset, size, bits) \
	{ FW_BASE_LINK, offset, size, 0, bits, { 0, 0 }, 0 }
#define VLAN(offset, shift, bits) \
	{ FW_BASE_VLAN, offset, 2, shift, bits, { 0, 0 }, 0 }
#define TRANSPORT(offset, proto, other) \
	{ FW_BASE_TRANSPORT, offset, 2, 0, 16, { proto, other }, 0 }
/* A place that is the same whatever L3 is. */
#define ALL(...) { __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__ }

/* As nft places them: RFC 791, 8200, 826, 9293, 768, 792; IEEE 802.1Q. */
static const struct fw_test tests[FW_FIELD_ALL_MAX_] = {
	[FW_FIELD_PROTOCOL] = { .kind = FW_TEST_PROTOCOL },
	[FW_FIELD_LENGTH] = { .kind = FW_TEST_LENGTH },
	[FW_FIELD_FRAG] = { .kind = FW_TEST_FRAGMENT },
	[FW_FIELD_DNS_QTYPE] = { .kind = FW_TEST_DNS_QTYPE },
	[FW_FIELD_DNS_CLASS] = { .kind = FW_TEST_DNS_CLASS },
	[FW_FIELD_ETHER_DADDR] = { .kind = FW_TEST_LOAD,
				   .place = ALL(LINK(0, 6, 48)) },
	[FW_FIELD_ETHER_SADDR] = { .kind = FW_TEST_LOAD,
				   .place = ALL(LINK(6, 6, 48)) },
	[FW_FIELD_ETHER_TYPE] = { .kind = FW_TEST_LOAD,
				  .place = ALL(LINK(12, 2, 16)) },
	[FW_FIELD_VLAN_ID] = { .kind = FW_TEST_LOAD,
			       .place = ALL(VLAN(14, 0, 12)) },
	[FW_FIELD_VLAN_DEI] = { .kind = FW_TEST_LOAD,
				.place = ALL(VLAN(14, 12, 1)) },
	[FW_FIELD_VLAN_PCP] = { .kind = FW_TEST_LOAD,
				.place = ALL(VLAN(14, 13, 3)) },
	[FW_FIELD_VLAN_TYPE] = { .kind = FW_TEST_LOAD,
				 .place = ALL(VLAN(16, 0, 16)) },
	[FW_FIELD_ARP_OPERATION] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_ARP] = NETWORK(6, 2, 0, 16) } },
	[FW_FIELD_ARP_SADDR] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_ARP] = NETWORK(8, 6, 0, 48) } },
	[FW_FIELD_ARP_SADDR4] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_ARP] = NETWORK(14, 4, 0, 32) } },
	[FW_FIELD_ARP_DADDR] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_ARP] = NETWORK(18, 6, 0, 48) } },
	[FW_FIELD_ARP_DADDR4] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_ARP] = NETWORK(24, 4, 0, 32) } },
	[FW_FIELD_DSCP] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_IP] = NETWORK(1, 1, 2, 6),
			  [FW_L3_IP6] = NETWORK(0, 2, 6, 6) } },
	[FW_FIELD_ECN] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_IP] = NETWORK(1, 1, 0, 2),
			  [FW_L3_IP6] = NETWORK(0, 2, 4, 2) } },
	[FW_FIELD_IP_LENGTH] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_IP] = NETWORK(2, 2, 0, 16),
			  [FW_L3_IP6] = NETWORK(4, 2, 0, 16) } },
	[FW_FIELD_IP_ID] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_IP] = NETWORK(4, 2, 0, 16) } },
	[FW_FIELD_FRAG_OFF] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_IP] = NETWORK(6, 2, 0, 16) } },
	[FW_FIELD_TTL] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_IP] = NETWORK(8, 1, 0, 8),
			  [FW_L3_IP6] = NETWORK(7, 1, 0, 8) } },
	[FW_FIELD_FLOWLABEL] = {
		.kind = FW_TEST_LOAD,
		.place = { [FW_L3_IP6] = NETWORK(1, 3, 0, 20) } },
	[FW_FIELD_TH_SPORT] = { .kind = FW_TEST_LOAD,
				.place = ALL(TRANSPORT(0, 0, 0)) },
	[FW_FIELD_TH_DPORT] = { .kind = FW_TEST_LOAD,
				.place = ALL(TRANSPORT(2, 0, 0)) },
	[FW_FIELD_UDP_LENGTH] = {
		.kind = FW_TEST_LOAD,
		.place = ALL(TRANSPORT(4, IPPROTO_UDP, IPPROTO_UDP)) },
	[FW_FIELD_TCP_WINDOW] = {
		.kind = FW_TEST_LOAD,
		.place = ALL(TRANSPORT(14, IPPROTO_TCP, IPPROTO_TCP)) },
	[FW_FIELD_ICMP_ID] = {
		.kind = FW_TEST_LOAD,
		.place = ALL(TRANSPORT(4, IPPROTO_ICMP, IPPROTO_ICMPV6)) },
	[FW_FIELD_ICMP_SEQUENCE] = {
		.kind = FW_TEST_LOAD,
		.place = ALL(TRANSPORT(6, IPPROTO_ICMP, IPPROTO_ICMPV6)) },
};

bool fw_field_in_xdp(enum fw_field field)
{
	return field < FW_FIELD_MAX_ || tests[field].kind != FW_TEST_NONE;
}

const struct fw_test *fw_field_test(enum fw_field field)
{
	return &tests[field];
}

struct cuts {
	struct fw_arena *arena;
	FW_VEC(struct fw_cut) vec;
};

static int add_cut(void *ctx, uint64_t from, uint64_t to, uint32_t row)
{
	struct cuts *cuts = ctx;
	struct fw_cut *cut;

	(void)to;
	if (from && cuts->vec.items[cuts->vec.n - 1].row == row)
		return 0;
	cut = fw_vec_push(cuts->arena, &cuts->vec);
	if (!cut)
		return -ENOMEM;
	*cut = (struct fw_cut){ .from = from, .row = row };
	return 0;
}

static bool is_tested(const struct fw_plan_xdp *xdp, enum fw_field field)
{
	for (uint32_t i = 0; i < xdp->n_rules; i++)
		if (fw_classes_match(&xdp->rules[i], field))
			return true;
	return false;
}

static int add_live(struct fw_classes *c, struct cuts *cuts,
		    const struct fw_live_match *live, struct fw_test *test)
{
	struct fw_cut pair[2];
	int r = fw_classes_live(c, live, test, pair);

	test->first = (uint32_t)cuts->vec.n;
	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(pair); i++) {
		struct fw_cut *cut = fw_vec_push(cuts->arena, &cuts->vec);

		if (cut)
			*cut = pair[i];
		else
			r = -ENOMEM;
	}
	return r;
}

int fw_classes_tests(struct fw_classes *c)
{
	struct cuts cuts = { .arena = c->plan->arena };
	struct fw_test *out = fw_arena_array(c->plan->arena, FW_TESTS_MAX,
					     sizeof(*out));
	int r = out ? 0 : -ENOMEM;

	for (enum fw_field f = FW_FIELD_MAX_; r == 0 && f < FW_FIELD_ALL_MAX_;
	     f++) {
		struct fw_test *test = &out[FW_TEST_OF(f)];

		if (!is_tested(&c->plan->xdp, f))
			continue;
		*test = tests[f];
		test->first = (uint32_t)cuts.vec.n;
		r = fw_classes_intern(c, &c->base[f], &test->absent);
		if (r == 0)
			r = fw_classes_sweep(c, f, add_cut, &cuts);
		test->n = (uint32_t)cuts.vec.n - test->first;
	}
	for (uint32_t i = 0; r == 0 && i < c->plan->xdp.n_live_tests; i++)
		r = add_live(c, &cuts, &c->plan->xdp.live_tests[i],
			     &out[FW_LIVE_TEST(i)]);
	if (r == 0)
		r = fw_classes_table(c, "tests", FW_TABLE_ARRAY,
				     sizeof(uint32_t), sizeof(*out),
				     FW_TESTS_MAX, NULL, out);
	if (r == 0)
		r = fw_classes_table(c, "cuts", FW_TABLE_ARRAY,
				     sizeof(uint32_t), sizeof(struct fw_cut),
				     cuts.vec.n, NULL, cuts.vec.items);
	return r;
}
