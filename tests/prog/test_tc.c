/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TC on the real receive path: frames enter behind XDP (live frames), so that
 * tags, metadata and marks are what the kernel makes of them.
 *
 *  1. every relation of metadata to control word: taken, or judged anew;
 *  2. the flow map: counted, trusted, blocked, by exactly its key;
 *  3. random rule sets and frames without metadata: the model's verdict;
 *  4. XDP and TC together: XDP's metadata is what TC takes;
 *  5. rule counters: charged where no XDP program runs, not where one does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>

#include "kernel.h"
#include "model/model.h"
#include "packets.h"
#include "plans.h"
#include "probe.h"
#include "tables.h"
#include "util/cleanup.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "tests/prog/probe.skel.h"
#pragma GCC diagnostic pop

#define DEVICE "fwa0"
#define ROUNDS 40
#define FRAMES 80
#define FRAME_MAX 1500

struct test {
	struct kernel xdp, tc;
	struct fw_probe_bpf *probe;
	int device;
	struct fw_plan *plans[FW_SLOTS];
	struct rng rng;
	unsigned passed, failed;
};

static void check(struct test *t, bool good, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void check(struct test *t, bool good, const char *format, ...)
{
	va_list ap;

	if (good) {
		t->passed++;
		return;
	}
	if (++t->failed > 20)
		return;
	fputs("FAIL ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static uint64_t stat(struct test *t, enum fw_stat which)
{
	uint64_t value = 0;

	if (kernel_stat(&t->xdp, which, &value) != 0)
		check(t, false, "stat %d", which);
	return value;
}

/* --- sending -------------------------------------------------------------- */
/* Through program, then into the stack as if received. meta NULL: the probe
 * writes none. ret->seen is 0 when TC dropped the packet. */
static int receive(struct test *t, int program, const struct packet *packet,
		   const struct fw_meta *meta, struct probe *ret)
{
	int fd = bpf_map__fd(t->probe->maps.probe);
	struct probe value = {.write = meta != NULL};
	struct xdp_md ctx = {
		.data_end = (uint32_t)packet->len,
		.ingress_ifindex = (uint32_t)t->device,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet->bytes,
		    .data_size_in = (uint32_t)packet->len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1, .batch_size = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	uint32_t key = 0;
	int r;

	if (meta)
		value.meta = *meta;
	r = bpf_map_update_elem(fd, &key, &value, BPF_ANY);
	if (!r)
		r = bpf_prog_test_run_opts(program, &opts);
	if (!r)
		r = bpf_map_lookup_elem(fd, &key, ret);
	return r;
}

/* Ethernet, IPv4, UDP; with a tag when vlan is not 0. */
static void make_udp(struct packet *packet, uint16_t vlan, uint16_t dport)
{
	static const uint8_t ip[] = {0x45, 0,	 0,  32, 0, 0, 0,   0, 64, 17,
				     0,	   0,	 10, 0,	 0, 1, 10,  1, 0,  2,
				     0x04, 0xd2, 0,  0,	 0, 12, 0,  0, 0,  0,
				     0,	   0};
	size_t at = 12;

	memset(packet->bytes, 0, 64);
	if (vlan) {
		packet->bytes[at++] = 0x81;
		packet->bytes[at++] = 0;
		packet->bytes[at++] = (uint8_t)(0x20 | vlan >> 8);
		packet->bytes[at++] = (uint8_t)vlan;
	}
	packet->bytes[at++] = 8;
	packet->bytes[at++] = 0;
	memcpy(packet->bytes + at, ip, sizeof(ip));
	packet->bytes[at + 22] = (uint8_t)(dport >> 8);
	packet->bytes[at + 23] = (uint8_t)dport;
	packet->len = at + sizeof(ip);
}

/* --- plans ---------------------------------------------------------------- */
/* One rule: destination port 53 accepted, which the rest in nft has to heed;
 * port 99 dropped, in one slot only. */
static struct fw_plan *make_plan(bool drops)
{
	static const struct fw_interval dns = {53, 53}, odd = {99, 99};
	static const struct fw_match matches[] = {
		{FW_FIELD_DPORT, &dns, 1},
		{FW_FIELD_DPORT, &odd, 1},
	};
	struct fw_plan *plan = fw_plan_new();
	struct fw_xdp_rule *rules;
	struct fw_xdp_device *device;

	if (!plan)
		return NULL;
	rules = fw_arena_array(plan->arena, 64, sizeof(*rules));
	device = fw_arena_array(plan->arena, 1, sizeof(*device));
	if (!rules || !device)
		return NULL;
	for (int r = 0; r < 64; r++)
		rules[r].rule = FW_NO_RULE;
	rules[0] = (struct fw_xdp_rule){
		.matches = &matches[0],
		.n_matches = 1,
		.verdict = FW_VERDICT_ACCEPT,
		.counted = true,
	};
	rules[1] = (struct fw_xdp_rule){
		.matches = &matches[1],
		.n_matches = 1,
		.verdict = drops ? FW_VERDICT_DROP : FW_VERDICT_NONE,
		.rule = 1,
		.counted = true,
	};
	*device = (struct fw_xdp_device){
		.device = DEVICE, .family = "netdev", .n_words = 1};
	plan->xdp.rules = rules;
	plan->xdp.n_rules = 64;
	plan->xdp.devices = device;
	plan->xdp.n_devices = 1;
	plan->options.mark_shift = 24;
	return plan;
}

static int use_plan(struct test *t, uint32_t slot, struct fw_plan *plan,
		    uint8_t flags)
{
	int r = plan ? tables_build(plan) : -ENOMEM;

	fw_plan_unref(t->plans[slot]);
	t->plans[slot] = plan;
	return r ? r : kernel_fill(&t->xdp, slot, plan, flags);
}

static int use_simple_plans(struct test *t, uint8_t flags)
{
	int r = use_plan(t, 0, make_plan(false), flags);

	return r ? r : use_plan(t, 1, make_plan(true), flags);
}

static uint64_t control_word(uint64_t epoch, uint32_t slot, bool overlap)
{
	return epoch << FW_CONTROL_EPOCH_SHIFT |
	       (overlap ? FW_CONTROL_OVERLAP : 0) | slot;
}

/* --- 1. metadata ---------------------------------------------------------- */
#define EPOCH ((UINT64_C(7) << 32) + 1)	/* low bits: 1, the one before: 0 */

struct meta_case {
	uint32_t slot;
	bool overlap;		/* now */
	int32_t age;		/* epochs since the metadata */
	uint16_t flags;		/* of the metadata */
	bool magic, write;
};

/* The truth table of DESIGN: the packet's own generation, where it is the one
 * that holds. */
static bool meta_counts(const struct meta_case *c)
{
	bool both = c->flags & FW_META_OVERLAP;

	if (!c->write || !c->magic)
		return false;
	if (c->overlap)
		return c->age == 0 && both;
	return c->age == 0 || (c->age == 1 && both);
}

static uint32_t marks_of(uint32_t slot, bool overlap, uint32_t carry)
{
	uint32_t marks = 0;

	for (uint32_t s = 0; s < FW_SLOTS; s++)
		if ((overlap || s == slot) && carry & FW_META_CARRY(s))
			marks |= (uint32_t)FW_MARK_CARRY(s);
	return marks << 24;
}

static void run_meta_case(struct test *t, const struct meta_case *c)
{
	uint64_t taken = stat(t, FW_STAT_TC_META);
	uint64_t anew = stat(t, FW_STAT_TC_RECLASSIFIED);
	struct fw_meta meta = {
		.magic = c->magic ? FW_META_MAGIC : 0x1234,
		.flags = c->flags,
		.epoch = (uint32_t)EPOCH - (uint32_t)c->age,
	};
	bool counts = meta_counts(c);
	/* Port 53 is carried by both slots: seen when it is judged anew. */
	uint32_t want = marks_of(c->slot, c->overlap, counts ? c->flags : 3);
	struct packet packet;
	struct probe got;
	int r;

	make_udp(&packet, 0, 53);
	r = kernel_control(&t->xdp, control_word(EPOCH, c->slot, c->overlap));
	if (!r)
		r = receive(t, bpf_program__fd(t->probe->progs.probe_xdp),
			    &packet, c->write ? &meta : NULL, &got);
	check(t, !r && got.seen == 1 && got.mark == want,
	      "slot %u overlap %d age %d flags %u magic %d write %d: mark %#x "
	      "for %#x",
	      c->slot, c->overlap, c->age, c->flags, c->magic, c->write,
	      got.mark, want);
	check(t, stat(t, FW_STAT_TC_META) - taken == counts &&
		       stat(t, FW_STAT_TC_RECLASSIFIED) - anew == !counts,
	      "metadata counted");
}

static void test_meta(struct test *t)
{
	struct meta_case c = {.magic = true, .write = true};

	for (c.slot = 0; c.slot < FW_SLOTS; c.slot++)
		for (int overlap = 0; overlap < 2; overlap++)
			for (c.age = -1; c.age <= 2; c.age++)
				for (c.flags = 0; c.flags < 8; c.flags++) {
					c.overlap = overlap;
					run_meta_case(t, &c);
				}
	c = (struct meta_case){.write = true, .flags = FW_META_OVERLAP};
	run_meta_case(t, &c);
	c = (struct meta_case){.magic = true};
	run_meta_case(t, &c);
}

/* What one of two generations drops is dropped when it is judged anew, and the
 * metadata's word stands when it holds. */
static void test_drop(struct test *t)
{
	struct fw_meta meta = {.magic = FW_META_MAGIC, .epoch = (uint32_t)EPOCH};
	int program = bpf_program__fd(t->probe->progs.probe_xdp);
	struct packet packet;
	struct probe got;

	make_udp(&packet, 0, 99);
	for (uint32_t slot = 0; slot < FW_SLOTS; slot++)
		for (int overlap = 0; overlap < 2; overlap++) {
			bool drop = slot == 1 || overlap;

			if (kernel_control(&t->xdp, control_word(EPOCH, slot,
								 overlap)) ||
			    receive(t, program, &packet, NULL, &got))
				check(t, false, "receive");
			check(t, got.seen == !drop, "slot %u overlap %d: seen %u",
			      slot, overlap, got.seen);
			if (overlap || receive(t, program, &packet, &meta, &got))
				continue;
			check(t, got.seen == 1, "metadata stands: seen %u",
			      got.seen);
		}
}

/* --- 2. flows ------------------------------------------------------------- */
static struct fw_flow_key udp_key(struct test *t, uint16_t vlan)
{
	return (struct fw_flow_key){
		.ifindex = (uint32_t)t->device,
		.vlan = vlan,
		.family = 4,
		.proto = 17,
		.saddr = {10, 0, 0, 1},
		.daddr = {10, 1, 0, 2},
		.sport = htons(1234),
		.dport = htons(80),
	};
}

static int count_flows(struct test *t, uint64_t all, uint64_t blocked)
{
	struct fw_flow_counts counts = {all, blocked};
	uint32_t zero = 0;

	return bpf_map_update_elem(kernel_map(&t->xdp, "flow_counts"), &zero,
				   &counts, BPF_ANY);
}

struct flow_case {
	const char *name;
	uint16_t vlan, packet_vlan;
	uint8_t verdict;
	uint32_t device;	/* added to the packet's */
	bool hit, seen;
	uint32_t mark;
	bool uncounted;		/* no flow is looked up */
};

/* meta: XDP's word, or NULL where TC judges by itself. */
static void run_flow_case(struct test *t, const struct flow_case *c,
			  const struct fw_meta *meta)
{
	struct fw_flow_key key = udp_key(t, c->vlan);
	struct fw_flow flow = {.verdict = c->verdict};
	int fd = kernel_map(&t->xdp, "flow_map");
	struct packet packet;
	struct probe got;

	key.ifindex += c->device;
	make_udp(&packet, c->packet_vlan, 80);
	if (bpf_map_update_elem(fd, &key, &flow, BPF_ANY) ||
	    count_flows(t, !c->uncounted, 0) ||
	    receive(t, bpf_program__fd(t->probe->progs.probe_xdp), &packet, meta,
		    &got) ||
	    count_flows(t, 0, 0) || bpf_map_lookup_elem(fd, &key, &flow) ||
	    bpf_map_delete_elem(fd, &key)) {
		check(t, false, "%s: map", c->name);
		return;
	}
	check(t, got.seen == c->seen && (!c->seen || got.mark == c->mark),
	      "%s: seen %u mark %#x", c->name, got.seen, got.mark);
	check(t, flow.packets == c->hit && flow.bytes == (c->hit ? 32u : 0u) &&
		       (flow.last_ns != 0) == c->hit,
	      "%s: %llu packets, %llu bytes", c->name, flow.packets, flow.bytes);
}

static void test_flows(struct test *t)
{
	const uint32_t trusted = (uint32_t)FW_MARK_TRUSTED << 24;
	const struct flow_case cases[] = {
		{"unvetted", 0, 0, FW_FLOW_UNVETTED, 0, true, true, 0, false},
		{"trusted", 0, 0, FW_FLOW_TRUSTED, 0, true, true, trusted, false},
		{"blocked", 0, 0, FW_FLOW_BLOCKED, 0, true, false, 0, false},
		{"tagged", 1029, 1029, FW_FLOW_TRUSTED, 0, true, true, trusted, false},
		{"another tag", 5, 6, FW_FLOW_TRUSTED, 0, false, true, 0, false},
		{"tag for none", 0, 6, FW_FLOW_BLOCKED, 0, false, true, 0, false},
		{"another device", 0, 0, FW_FLOW_TRUSTED, 1, false, true, 0, false},
		{"none counted", 0, 0, FW_FLOW_BLOCKED, 0, false, true, 0, true},
	};
	const struct fw_meta meta = {
		.magic = FW_META_MAGIC, .epoch = (uint32_t)EPOCH};

	if (kernel_control(&t->xdp, control_word(EPOCH, 0, false)))
		check(t, false, "control");
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++)
		run_flow_case(t, &cases[i], NULL);
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++)
		run_flow_case(t, &cases[i], &meta);
}

/* What XDP does with a packet of the flow: it looks only where a flow is
 * blocked, and charges no other. */
static void run_blocked_case(struct test *t, uint8_t verdict, uint64_t n,
			     uint32_t want)
{
	struct fw_flow_key key = udp_key(t, 0);
	struct fw_flow flow = {.verdict = verdict};
	int fd = kernel_map(&t->xdp, "flow_map");
	uint64_t drops = stat(t, FW_STAT_XDP_DROP_BLOCKED);
	struct packet packet;
	struct xdp_md ctx = {.ingress_ifindex = (uint32_t)t->device};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet.bytes,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	bool drop = want == XDP_DROP;
	int r;

	make_udp(&packet, 0, 80);
	ctx.data_end = opts.data_size_in = (uint32_t)packet.len;
	r = bpf_map_update_elem(fd, &key, &flow, BPF_ANY);
	if (!r)
		r = count_flows(t, 1, n);
	if (!r)
		r = bpf_prog_test_run_opts(t->xdp.program, &opts);
	if (!r)
		r = bpf_map_lookup_elem(fd, &key, &flow);
	(void)count_flows(t, 0, 0);
	(void)bpf_map_delete_elem(fd, &key);
	check(t, !r && opts.retval == want && flow.packets == drop &&
		       flow.bytes == (drop ? 32u : 0u) &&
		       stat(t, FW_STAT_XDP_DROP_BLOCKED) - drops == drop,
	      "xdp, verdict %u of %" PRIu64 " blocked: %u, %llu packets",
	      verdict, n, opts.retval, flow.packets);
}

static void test_blocked(struct test *t)
{
	run_blocked_case(t, FW_FLOW_BLOCKED, 1, XDP_DROP);
	run_blocked_case(t, FW_FLOW_BLOCKED, 0, XDP_PASS);
	run_blocked_case(t, FW_FLOW_TRUSTED, 1, XDP_PASS);
	run_blocked_case(t, FW_FLOW_UNVETTED, 7, XDP_PASS);
}

/* --- 3. random ------------------------------------------------------------ */
/* The kernel drops a tagged frame that is too short to be untagged. */
static bool reaches_tc(const struct packet *packet)
{
	unsigned type = packet->bytes[12] << 8u | packet->bytes[13];

	return (type != 0x8100 && type != 0x88a8) || packet->len >= 20;
}

static void run_random(struct test *t, uint64_t seed)
{
	uint32_t slot = rng_below(&t->rng, 2), carry = 0;
	bool overlap = rng_percent(&t->rng, 50), drop = false;
	struct packet packet;
	struct probe got;

	packet_random(&t->rng, t->plans[slot], FRAME_MAX, &packet);
	if (!reaches_tc(&packet))
		return;
	for (uint32_t s = 0; s < FW_SLOTS; s++) {
		struct fw_model_result result = fw_model_xdp(
			t->plans[s], DEVICE, packet.bytes, packet.len, NULL);

		if (s != slot && !overlap)
			continue;
		drop |= result.verdict == FW_VERDICT_DROP;
		if (result.carried)
			carry |= FW_META_CARRY(s);
	}
	if (kernel_control(&t->xdp, control_word(EPOCH, slot, overlap)) ||
	    receive(t, bpf_program__fd(t->probe->progs.probe_xdp), &packet, NULL,
		    &got)) {
		check(t, false, "receive %zu bytes", packet.len);
		return;
	}
	check(t, got.seen == !drop, "seed %" PRIu64 ": seen %u, drop %d", seed,
	      got.seen, drop);
	if (got.seen && !drop)
		check(t, got.mark == marks_of(slot, overlap, carry) >> 24
					     << t->plans[slot]->options.mark_shift,
		      "seed %" PRIu64 ": mark %#x", seed, got.mark);
}

static int test_random(struct test *t)
{
	static const char *const devices[] = {DEVICE};
	int r = 0;

	for (uint64_t seed = 1; !r && seed <= ROUNDS; seed++) {
		t->rng.state = seed;
		r = use_plan(t, 0, plan_random(&t->rng, devices, 1), 0);
		if (!r)
			r = use_plan(t, 1, plan_random(&t->rng, devices, 1), 0);
		for (int i = 0; !r && i < FRAMES; i++)
			run_random(t, seed);
	}
	return r;
}

/* --- 4. XDP and TC together ----------------------------------------------- */
static void test_together(struct test *t)
{
	uint64_t taken = stat(t, FW_STAT_TC_META);
	struct packet packet;
	struct probe got;

	make_udp(&packet, 0, 53);
	for (int overlap = 0; overlap < 2; overlap++) {
		if (kernel_control(&t->xdp, control_word(EPOCH, 1, overlap)) ||
		    receive(t, t->xdp.program, &packet, NULL, &got))
			check(t, false, "receive");
		check(t, got.seen == 1 && got.mark == marks_of(1, overlap, 3),
		      "together: seen %u mark %#x", got.seen, got.mark);
	}
	check(t, stat(t, FW_STAT_TC_META) - taken == 2, "metadata taken");
}

/* --- 5. counters ---------------------------------------------------------- */
static void test_charge(struct test *t, uint8_t flags)
{
	struct fw_counter before, after;
	struct packet packet;
	struct probe got;

	make_udp(&packet, 0, 53);
	if (use_simple_plans(t, flags) ||
	    kernel_control(&t->xdp, control_word(EPOCH, 0, false)) ||
	    kernel_counter(&t->xdp, 0, &before) ||
	    receive(t, bpf_program__fd(t->probe->progs.probe_xdp), &packet, NULL,
		    &got) ||
	    kernel_counter(&t->xdp, 0, &after))
		check(t, false, "charge");
	else
		check(t, after.packets - before.packets ==
				 (flags & FW_DEV_NO_XDP ? 1 : 0),
		      "flags %u: charged %llu", flags,
		      after.packets - before.packets);
}

/* --- set up --------------------------------------------------------------- */
/* Priority 1 makes the hook. */
static int attach(int device, int program, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = device,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = program, .handle = 1,
		    .priority = priority);
	int r = priority == 1 ? bpf_tc_hook_create(&hook) : 0;

	return r ? r : bpf_tc_attach(&hook, &opts);
}

static int set_up(struct test *t)
{
	int r = kernel_open(&t->xdp, KERNEL_XDP, NULL);

	if (!r)
		r = kernel_open(&t->tc, KERNEL_TC, &t->xdp);
	if (r)
		return r;
	t->device = (int)if_nametoindex(DEVICE);
	t->probe = fw_probe_bpf__open_and_load();
	if (!t->probe)
		return -errno;
	r = attach(t->device, t->tc.program, 1);
	if (!r)
		r = attach(t->device,
			   bpf_program__fd(t->probe->progs.probe_tc), 2);
	return r ? r : use_simple_plans(t, 0);
}

int main(void)
{
	static const char *const pairs[] = {"fwa"};
	static struct test t;
	int r;

	kernel_namespace(pairs, 1);
	r = set_up(&t);
	if (!r) {
		test_meta(&t);
		test_drop(&t);
		test_flows(&t);
		test_blocked(&t);
		test_together(&t);
		test_charge(&t, 0);
		test_charge(&t, FW_DEV_NO_XDP);
		r = test_random(&t);
	}
	if (r)
		fprintf(stderr, "stopped: %s\n", strerror(-r));
	for (int slot = 0; slot < FW_SLOTS; slot++)
		fw_plan_unref(t.plans[slot]);
	fw_probe_bpf__destroy(t.probe);
	kernel_close(&t.tc);
	kernel_close(&t.xdp);
	printf("%u passed, %u failed\n", t.passed, t.failed);
	return r || t.failed || !t.passed;
}
