/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of very many addresses, in each form that the compiler has for them: the
 * XDP program against the model, with members, what is beside them, what differs
 * from them in one bit, and random addresses, as source and as destination.
 *
 *	FLYWALL_ADDRESSES	in a set, and packets for each, default 50000
 *	FLYWALL_SEED		default 1
 *
 * Catches, among others: a line of the trie that is written beside another's, a /24
 * whose bits are its neighbour's, or that counts one too many before it, a length of
 * prefix that is not asked, a filter without a prefix's bit, a form that is too small
 * for a million, an end of a range that is off by one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "compile/typed.h"
#include "kernel.h"
#include "model/model.h"
#include "plan/print.h"
#include "random.h"
#include "util/cleanup.h"

#define RULES 64		/* a word; of which SETS do something */
#define SETS 3
#define TOLD_MOST 10		/* failures in full */

/* Networks of a set, and which table they are to come into. */
struct shape {
	const char *what, *table;
	enum fw_table_kind kind;
	uint32_t part;		/* of so many as are asked for */
	bool v6;
	uint8_t lengths[20];	/* one of these each; 0 behind the last */
	bool any_length;	/* 1 to all bits, instead */
	bool ranges;		/* every fifth is one that is no prefix */
};

static const struct shape shapes[] = {
	{"IPv4 hosts", "saddr4", FW_TABLE_BITS, 1, false, {32}, false, false},
	{"IPv4 prefixes and ranges", "saddr4", FW_TABLE_BITS, 1, false,
	 {32, 32, 32, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 20}, false,
	 true},
	{"some IPv4 prefixes and ranges", "saddr4", FW_TABLE_TRIE, 50, false,
	 {32, 32, 32, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 20}, false,
	 true},
	{"IPv6 hosts", "saddr6", FW_TABLE_HASH, 1, true, {128}, false, false},
	{"IPv6 prefixes", "saddr6", FW_TABLE_HASH, 1, true,
	 {128, 128, 128, 127, 126, 120, 112, 96, 64, 64, 56, 48}, false, false},
	{"IPv6 prefixes of any length", "saddr6_lpm", FW_TABLE_LPM, 1, true, {0},
	 true, false},
};

struct test {
	struct kernel xdp;
	struct rng rng;
	const struct shape *shape;
	struct fw_plan *plan;
	const struct fw_match *set;	/* the first rule's */
	struct fw_counter expected[SETS];	/* a rule each */
	unsigned long dropped, passed, failed;
};

static void fail(const char *what, int r)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-r));
	exit(1);
}

/* --- sets ----------------------------------------------------------------- */
static unsigned width_of(const struct shape *shape)
{
	return shape->v6 ? 128 : 32;
}

static fw_u128 most(const struct shape *shape)
{
	return ~(fw_u128)0 >> (128 - width_of(shape));
}

/* IPv6 ones from 2000::/8. */
static fw_u128 random_address(struct rng *rng, const struct shape *shape)
{
	uint64_t high = UINT64_C(0x20) << 56;

	if (!shape->v6)
		return (uint32_t)rng_next(rng);
	high |= rng_next(rng) >> 8;
	return (fw_u128)high << 64 | rng_next(rng);
}

static unsigned random_length(struct rng *rng, const struct shape *shape)
{
	if (shape->any_length)
		return 40 + rng_below(rng, 89);
	return shape->lengths[rng_below(rng,
					(uint32_t)strlen((const char *)
							 shape->lengths))];
}

/* Every second one beside one of near's, if that is given. */
static struct fw_interval random_network(struct rng *rng,
					 const struct shape *shape,
					 const struct fw_match *near)
{
	unsigned free_bits = width_of(shape) - random_length(rng, shape);
	fw_u128 addr = random_address(rng, shape);
	fw_u128 host = free_bits ? most(shape) >> (width_of(shape) - free_bits)
				 : 0;

	if (near && rng_percent(rng, 50))
		addr = near->intervals[rng_below(rng, (uint32_t)near->n_intervals)]
			       .lo ^ rng_below(rng, 256);
	if (shape->ranges && rng_percent(rng, 20)) {
		fw_u128 end = addr + rng_below(rng, 40);

		return (struct fw_interval){addr, end > most(shape) ? addr : end};
	}
	return (struct fw_interval){addr & ~host, addr | host};
}

static const struct fw_match *make_match(struct test *t, enum fw_field field,
					 uint32_t n, const struct fw_match *near)
{
	struct fw_interval *iv = fw_arena_array(t->plan->arena, n, sizeof(*iv));
	struct fw_match *match = fw_arena_alloc(t->plan->arena, sizeof(*match));

	if (!iv || !match)
		fail("set", -ENOMEM);
	for (uint32_t i = 0; i < n; i++)
		iv[i] = random_network(&t->rng, t->shape, near);
	*match = (struct fw_match){field, iv, fw_intervals_merge(iv, n)};
	return match;
}

/* That the compiler has chosen the form that is to be tested. */
static bool has_form(const struct fw_plan *plan, const struct shape *shape)
{
	const struct fw_plan_table *table = fw_plan_table(plan, shape->table);

	return table && table->n && table->kind == shape->kind;
}

/* A source of the first set is dropped, one of the second counted before it, a
 * destination of the third dropped. */
static void make_rules(struct test *t, struct fw_xdp_rule *rules, uint32_t n)
{
	enum fw_field from = t->shape->v6 ? FW_FIELD_SADDR6 : FW_FIELD_SADDR4;
	enum fw_field to = t->shape->v6 ? FW_FIELD_DADDR6 : FW_FIELD_DADDR4;

	t->set = make_match(t, from, n, NULL);
	for (int i = 0; i < RULES; i++)
		rules[i].rule = FW_NO_RULE;
	rules[0].matches = make_match(t, from, n / 4 + 1, t->set);
	rules[1].matches = t->set;
	rules[2].matches = make_match(t, to, n / 4 + 1, t->set);
	for (int i = 0; i < SETS; i++) {
		rules[i].n_matches = 1;
		rules[i].verdict = i ? FW_VERDICT_DROP : FW_VERDICT_NONE;
		rules[i].counted = true;
	}
}

static void make_plan(struct test *t, uint32_t n)
{
	static const struct fw_typed typed;
	struct fw_xdp_device *device;
	struct fw_xdp_rule *rules;
	int r = -ENOMEM;

	fw_plan_unref(t->plan);
	t->plan = fw_plan_new();
	if (!t->plan)
		fail("plan", r);
	rules = fw_arena_array(t->plan->arena, RULES, sizeof(*rules));
	device = fw_arena_array(t->plan->arena, 1, sizeof(*device));
	if (!rules || !device)
		fail("plan", r);
	make_rules(t, rules, n);
	*device = (struct fw_xdp_device){.device = "lo",
					 .family = "netdev",
					 .n_words = 1,
					 .policy = FW_VERDICT_ACCEPT};
	t->plan->xdp.rules = rules;
	t->plan->xdp.n_rules = RULES;
	t->plan->xdp.devices = device;
	t->plan->xdp.n_devices = 1;
	r = fw_classes_build((struct fw_typed *)&typed, t->plan);
	if (r >= 0)
		r = kernel_fill(&t->xdp, 0, t->plan, 0);
	if (r < 0)
		fail("tables", r);
	if (!has_form(t->plan, t->shape)) {
		fprintf(stderr, "FAIL %s: not in %s as %s\n", t->shape->what,
			t->shape->table, fw_table_kind_name(t->shape->kind));
		t->failed++;
	}
}

/* --- packets -------------------------------------------------------------- */
/* Random; in the set; beside it; off by one bit. */
static fw_u128 pick(struct test *t, const struct fw_match *set)
{
	const struct fw_interval *iv =
		&set->intervals[rng_below(&t->rng, (uint32_t)set->n_intervals)];
	fw_u128 bit = (fw_u128)1 << rng_below(&t->rng, width_of(t->shape));
	fw_u128 value = rng_percent(&t->rng, 50) ? iv->lo : iv->hi;

	switch (rng_below(&t->rng, 5)) {
	case 0:
		return random_address(&t->rng, t->shape);
	case 1:
		return iv->lo + random_address(&t->rng, t->shape) %
					(iv->hi - iv->lo + 1);
	case 2:
		return value;
	case 3:
		return (value == iv->lo ? iv->lo - 1 : iv->hi + 1) &
		       most(t->shape);
	default:
		return value ^ bit;
	}
}

static void put_address(uint8_t *at, fw_u128 addr, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(addr >> 8 * (bytes - 1 - i));
}

/* UDP without data. Returns its length. */
static uint32_t make_frame(struct test *t, uint8_t frame[62])
{
	static const uint8_t v4[] = {8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17};
	static const uint8_t v6[] = {0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 17, 64};
	const struct fw_xdp_rule *rules = t->plan->xdp.rules;
	fw_u128 from = pick(t, rules[rng_below(&t->rng, 2)].matches);
	fw_u128 to = pick(t, rules[1 + rng_below(&t->rng, 2)].matches);
	bool six = t->shape->v6;
	unsigned bytes = six ? 16 : 4;
	uint8_t *at = frame + (six ? 22 : 26);

	memset(frame, 0, 62);
	memcpy(frame + 12, six ? v6 : v4, six ? sizeof(v6) : sizeof(v4));
	put_address(at, from, bytes);
	put_address(at + bytes, to, bytes);
	at[2 * bytes + 5] = 8;	/* UDP's length */
	return six ? 62 : 42;
}

static void run_packet(struct test *t)
{
	struct xdp_md ctx = {.ingress_ifindex = 1};
	struct fw_model_result want;
	uint8_t frame[62];
	uint32_t len = make_frame(t, frame);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx));
	int r;

	ctx.data_end = len;
	r = bpf_prog_test_run_opts(t->xdp.program, &opts);
	if (r)
		fail("test run", r);
	want = fw_model_xdp(t->plan, "lo", frame, len, NULL);
	for (int i = 0; i < SETS; i++)
		if (want.met[0] >> i & 1) {
			t->expected[i].packets++;
			t->expected[i].bytes += len - 14;
		}
	if (opts.retval ==
	    (want.verdict == FW_VERDICT_DROP ? XDP_DROP : XDP_PASS)) {
		t->dropped += opts.retval == XDP_DROP;
		t->passed += opts.retval == XDP_PASS;
		return;
	}
	if (t->failed++ >= TOLD_MOST)
		return;
	fprintf(stderr, "FAIL %s, %s:", t->shape->what,
		opts.retval == XDP_DROP ? "dropped" : "passed");
	for (uint32_t i = t->shape->v6 ? 22 : 26; i < len - 8; i++)
		fprintf(stderr, " %02x", frame[i]);
	fputc('\n', stderr);
}

static void check_counters(struct test *t)
{
	for (uint32_t i = 0; i < SETS; i++) {
		struct fw_counter got;
		int r = kernel_counter(&t->xdp, i, &got);

		if (!r && !memcmp(&got, &t->expected[i], sizeof(got)))
			continue;
		fprintf(stderr, "FAIL %s: rule %u counts otherwise\n",
			t->shape->what, i);
		t->failed++;
	}
}

static void run_shape(struct test *t, uint32_t n)
{
	make_plan(t, n / t->shape->part);
	memset(t->expected, 0, sizeof(t->expected));
	t->dropped = t->passed = 0;
	if (kernel_zero(&t->xdp))
		fail("counters", -EIO);
	for (uint32_t i = 0; i < n; i++)
		run_packet(t);
	check_counters(t);
	printf("%s: %zu, in %s as %s; %lu packets dropped, %lu passed\n",
	       t->shape->what, t->set->n_intervals, t->shape->table,
	       fw_table_kind_name(t->shape->kind), t->dropped, t->passed);
	/* A mix of one verdict shows nothing. */
	if (t->dropped < n / 10 || t->passed < n / 10) {
		fprintf(stderr, "FAIL %s: a poor mix\n", t->shape->what);
		t->failed++;
	}
}

int main(void)
{
	const char *addresses = getenv("FLYWALL_ADDRESSES");
	const char *seed = getenv("FLYWALL_SEED");
	static struct test t;
	int r;

	kernel_namespace(NULL, 0);
	r = kernel_open(&t.xdp, KERNEL_XDP, NULL);
	if (!r)
		r = kernel_control(&t.xdp, 1 << FW_CONTROL_EPOCH_SHIFT);
	if (r)
		fail("program", r);
	t.rng.state = seed ? strtoull(seed, NULL, 0) : 1;
	for (size_t i = 0; i < FW_ARRAY_SIZE(shapes); i++) {
		t.shape = &shapes[i];
		run_shape(&t, addresses ? (uint32_t)strtoul(addresses, NULL, 0)
					: 50000);
	}
	fw_plan_unref(t.plan);
	kernel_close(&t.xdp);
	printf("%lu failed\n", t.failed);
	return t.failed != 0;
}
