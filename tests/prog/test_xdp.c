/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XDP and TC against the model: random rule sets, random frames of up to 9,000
 * bytes, some of them cut off at every byte, every state of the control word:
 * more than 200,000 pairs of frame and rule sets. Each goes through both
 * programs, by one slot and by both.
 *
 *	test_xdp [SEED]
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>

#include "compile/typed.h"
#include "kernel.h"
#include "model/model.h"
#include "packets.h"
#include "plans.h"
#include "tables.h"
#include "util/cleanup.h"

#define ROUNDS 240		/* pairs of rule sets */
#define FRAMES 600		/* each */
#define CUT_FRAMES 4		/* each; at every byte, from Ethernet's end on */
#define CUT_MAX 160
#define PAIRS_MIN 200000
#define MTU_FRAME 1514
#define TC_FRAME_MAX 3000	/* BPF_PROG_TEST_RUN takes a page */
#define ETHERNET_LEN 14
#define TC_FRAME_MIN 54		/* Ethernet and IPv6 headers */

static const char *const devices[] = {"lo", "fwa0", "fwb0"};
static const char *const pairs[] = {"fwa", "fwb"};
#define DEVICES FW_ARRAY_SIZE(devices)

struct test {
	struct kernel xdp, tc;
	struct fw_plan *plans[FW_SLOTS];
	struct rng rng;
	uint64_t epoch;
	struct fw_counter expected[FW_SLOTS * KERNEL_COUNTERS];
	uint64_t malformed[FW_STATS_MALFORMED];	/* likewise, by reason */
	uint64_t reasons[FW_STATS_MALFORMED];	/* of all rounds */
	struct ring_buffer *ring;
	uint64_t logs, drops;	/* that the round's frames have met */
	uint64_t told[FW_EVENT_MAX_];	/* events of them */
	uint64_t events;	/* of all rounds */
	bool wrong;		/* an event that no frame can have caused */
	unsigned passed, failed, pairs;
};

/* What both slots together have to say of a frame. */
struct expectation {
	bool drop;
	uint32_t carry;		/* FW_META_CARRY() */
};

static void check(struct test *t, bool good, const char *what, uint64_t seed)
{
	if (good) {
		t->passed++;
		return;
	}
	t->failed++;
	if (t->failed <= 20)
		fprintf(stderr, "FAIL %s (seed %#" PRIx64 ")\n", what, seed);
}

static struct expectation expect(const struct test *t, uint64_t word,
				 uint32_t device, const struct packet *packet,
				 struct fw_model_result results[FW_SLOTS])
{
	struct expectation e = {0};

	for (uint32_t slot = 0; slot < FW_SLOTS; slot++) {
		if (slot != (word & FW_CONTROL_SLOT) &&
		    !(word & FW_CONTROL_OVERLAP))
			continue;
		results[slot] = fw_model_xdp(t->plans[slot], devices[device],
					     packet->bytes, packet->len, NULL);
		e.drop |= results[slot].verdict == FW_VERDICT_DROP;
		if (results[slot].carried)
			e.carry |= FW_META_CARRY(slot);
	}
	return e;
}

/* Only the active slot's rules count. */
static void charge(struct test *t, uint32_t slot, uint32_t device,
		   const struct packet *packet,
		   const struct fw_model_result *result)
{
	struct fw_counter *counters = t->expected + slot * KERNEL_COUNTERS;
	const struct fw_plan *plan = t->plans[slot];
	struct fw_model_packet fields;

	fw_model_packet_parse(packet->bytes, packet->len, &fields);
	for (uint32_t r = 0; r < plan->xdp.n_rules; r++) {
		if (!(result->met[r / 64] >> r % 64 & 1) ||
		    !plan->xdp.rules[r].counted)
			continue;
		counters[r].packets++;
		counters[r].bytes += fields.length;
	}
	counters += FW_RULES_MAX;
	for (size_t i = 0, chain = 0; i < plan->xdp.n_devices; i++) {
		if (strcmp(plan->xdp.devices[i].device, devices[device]) ||
		    !(result->policies >> chain++ & 1))
			continue;
		counters[i].packets++;
		counters[i].bytes += fields.length;
	}
}

/* Rules that log, and whose events fit. */
static uint64_t logs_met(const struct fw_plan *plan,
			 const struct fw_model_result *result)
{
	uint64_t n = 0;

	for (uint32_t r = 0; r < plan->xdp.n_rules; r++)
		n += plan->xdp.rules[r].log && result->met[r / 64] >> r % 64 & 1;
	return n;
}

static int take_event(void *ctx, void *data, size_t size)
{
	const struct fw_event_packet *event = data;
	struct test *t = ctx;
	uint32_t number = event->rule - 1, slot = number / KERNEL_COUNTERS;
	uint32_t r = number % KERNEL_COUNTERS;

	t->told[event->head.type]++;
	if (size != sizeof(*event) || event->head.size != size)
		t->wrong = true;
	else if (event->head.type == FW_EVENT_LOG)
		t->wrong |= slot >= FW_SLOTS ||
			    r >= t->plans[slot]->xdp.n_rules ||
			    !t->plans[slot]->xdp.rules[r].log;
	else if (event->rule)
		t->wrong |= t->plans[slot]->xdp.rules[r].verdict !=
				    FW_VERDICT_DROP ||
			    event->reason != FW_STAT_XDP_DROP_RULE;
	return 0;
}

/* Nobody is told of a packet without cause, and what is not told is counted:
 * XDP's frames, and those that TC has dropped behind it. */
static void check_events(struct test *t, uint64_t seed)
{
	uint64_t lost = 0, logs = 0, drops = 0;

	(void)ring_buffer__consume(t->ring);
	(void)kernel_stat(&t->xdp, FW_STAT_EVENTS_LOST, &lost);
	(void)kernel_stat(&t->xdp, FW_STAT_LOGS_LEFT_OUT, &logs);
	(void)kernel_stat(&t->xdp, FW_STAT_DROPS_LEFT_OUT, &drops);
	check(t, !lost, "an event is lost", seed);
	check(t, t->told[FW_EVENT_LOG] + logs == t->logs, "log events", seed);
	check(t, t->told[FW_EVENT_DROP] + drops == t->drops, "drop events",
	      seed);
	check(t, !t->wrong, "an event without cause", seed);
	t->events += t->told[FW_EVENT_LOG] && t->told[FW_EVENT_DROP];
	t->logs = t->drops = 0;
	memset(t->told, 0, sizeof(t->told));
}

/* True when what came out is metadata that says so, and the frame. */
static bool output_good(const uint8_t *out, uint32_t size, uint64_t word,
			uint32_t carry, const struct packet *packet)
{
	struct fw_meta want = {
		.magic = FW_META_MAGIC,
		.flags = (uint16_t)carry,
		.epoch = (uint32_t)(word >> FW_CONTROL_EPOCH_SHIFT),
	};

	if (word & FW_CONTROL_OVERLAP)
		want.flags |= FW_META_OVERLAP;
	return size == sizeof(want) + packet->len &&
	       memcmp(out, &want, sizeof(want)) == 0 &&
	       memcmp(out + sizeof(want), packet->bytes, packet->len) == 0;
}

static void run_xdp(struct test *t, uint64_t word, uint32_t device,
		    const struct packet *packet, uint64_t seed)
{
	static uint8_t out[PACKET_MAX + 256];
	struct fw_model_result results[FW_SLOTS];
	struct expectation e = expect(t, word, device, packet, results);
	struct xdp_md ctx = {
		.data_end = (uint32_t)packet->len,
		.ingress_ifindex = if_nametoindex(devices[device]),
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet->bytes,
		    .data_size_in = (uint32_t)packet->len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx));
	uint32_t slot = word & FW_CONTROL_SLOT;
	int r = bpf_prog_test_run_opts(t->xdp.program, &opts);

	if (r) {
		fprintf(stderr, "test run of %zu bytes: %s\n", packet->len,
			strerror(-r));
		check(t, false, "xdp runs", seed);
		return;
	}
	charge(t, slot, device, packet, &results[slot]);
	t->logs += logs_met(t->plans[slot], &results[slot]);
	t->drops += e.drop;
	if (results[slot].malformed)
		t->malformed[results[slot].malformed -
			     FW_STAT_MALFORMED_FIRST]++;
	check(t, opts.retval == (e.drop ? XDP_DROP : XDP_PASS),
	      e.drop ? "xdp drops" : "xdp passes", seed);
	if (opts.retval == XDP_PASS && !e.drop)
		check(t, output_good(out, opts.data_size_out, word, e.carry,
				     packet),
		      "xdp's metadata", seed);
}

/* Without metadata TC judges by itself. */
static void run_tc(struct test *t, uint64_t word, uint32_t device,
		   const struct packet *packet, uint64_t seed)
{
	static uint8_t out[PACKET_MAX];
	struct fw_model_result results[FW_SLOTS];
	struct expectation e = expect(t, word, device, packet, results);
	struct __sk_buff ctx = {
		.mark = (uint32_t)rng_next(&t->rng),
		.ifindex = if_nametoindex(devices[device]),
	};
	struct __sk_buff after = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet->bytes,
		    .data_size_in = (uint32_t)packet->len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .ctx_out = &after,
		    .ctx_size_out = sizeof(after));
	uint32_t shift = t->plans[word & FW_CONTROL_SLOT]->options.mark_shift;
	uint32_t marks = 0;
	int r = bpf_prog_test_run_opts(t->tc.program, &opts);

	/* An IP frame without an IP header is refused before the program runs. */
	if (r == -EINVAL && packet->len < TC_FRAME_MIN)
		return;
	if (r) {
		fprintf(stderr, "test run of %zu bytes: %s\n", packet->len,
			strerror(-r));
		check(t, false, "tc runs", seed);
		return;
	}
	check(t, opts.retval == (e.drop ? TC_ACT_SHOT : (uint32_t)TC_ACT_UNSPEC),
	      e.drop ? "tc drops" : "tc passes", seed);
	t->drops += e.drop;
	if (e.drop)
		return;
	for (int slot = 0; slot < FW_SLOTS; slot++)
		if (e.carry & FW_META_CARRY(slot))
			marks |= (uint32_t)FW_MARK_CARRY(slot);
	check(t, after.mark == ((ctx.mark & ~(0xffu << shift)) | marks << shift),
	      "tc's mark", seed);
}

/* Every counter of the rule sets, once. */
static void check_counters(struct test *t, uint64_t seed)
{
	for (uint32_t slot = 0; slot < FW_SLOTS; slot++)
		for (uint32_t i = 0; i < KERNEL_COUNTERS; i++) {
			uint32_t number = slot * KERNEL_COUNTERS + i;
			struct fw_counter *want = &t->expected[number], got;

			if (i >= t->plans[slot]->xdp.n_rules &&
			    (i < FW_RULES_MAX ||
			     i >= FW_RULES_MAX +
					     t->plans[slot]->xdp.n_devices))
				continue;
			if (kernel_counter(&t->xdp, number, &got) != 0 ||
			    memcmp(&got, want, sizeof(got)) != 0) {
				check(t, false, "a rule's counter", seed);
				return;
			}
		}
	check(t, true, "counters", seed);
}

/* Every reason: XDP has counted each frame, and TC, which stands behind it,
 * none. */
static void check_malformed(struct test *t, uint64_t seed)
{
	for (unsigned i = 0; i < FW_STATS_MALFORMED; i++) {
		enum fw_stat reason =
			(enum fw_stat)(FW_STAT_MALFORMED_FIRST + i);
		uint64_t got;
		bool good = kernel_stat(&t->xdp, reason, &got) == 0 &&
			    got == t->malformed[i];

		check(t, good, fw_stat_name(reason), seed);
		t->reasons[i] += t->malformed[i];
	}
}

/* Half of the tables by the compiler's builder, half by the plain one. */
static int make_plan(struct test *t, uint32_t slot)
{
	struct fw_typed typed = {0};
	int r;

	fw_plan_unref(t->plans[slot]);
	t->plans[slot] = plan_random(&t->rng, devices, DEVICES);
	if (!t->plans[slot])
		return -ENOMEM;
	typed.options.mark_shift = t->plans[slot]->options.mark_shift;
	r = rng_percent(&t->rng, 50)
		    ? tables_build(t->plans[slot])
		    : fw_classes_build(&typed, t->plans[slot]);
	return r ? r : kernel_fill(&t->xdp, slot, t->plans[slot], 0);
}

static int run_frame(struct test *t, const struct packet *packet, uint64_t seed)
{
	uint32_t device = rng_below(&t->rng, DEVICES);
	uint64_t word = ++t->epoch << FW_CONTROL_EPOCH_SHIFT |
			rng_below(&t->rng, 4);
	int r = kernel_control(&t->xdp, word);

	run_xdp(t, word, device, packet, seed);
	if (packet->len <= TC_FRAME_MAX)
		run_tc(t, word, device, packet, seed);
	t->pairs++;
	return r;
}

/* As much as a device takes: the rest is padding. */
static void fill_up(struct test *t, struct packet *packet, size_t len)
{
	while (packet->len < len)
		packet->bytes[packet->len++] = (uint8_t)rng_next(&t->rng);
}

/* What is cut off is not padding: lengths in it say what there was. */
static int run_cut(struct test *t, uint64_t seed)
{
	struct packet packet;
	int r = 0;

	packet_random(&t->rng, t->plans[rng_below(&t->rng, 2)], CUT_MAX,
		      &packet);
	for (; !r && packet.len > ETHERNET_LEN; packet.len--)
		r = run_frame(t, &packet, seed);
	return r;
}

static int run_round(struct test *t, uint64_t seed)
{
	struct packet packet;
	int r;

	t->rng.state = seed;
	r = make_plan(t, 0);
	if (!r)
		r = make_plan(t, 1);
	if (!r)
		r = kernel_zero(&t->xdp);
	memset(t->expected, 0, sizeof(t->expected));
	memset(t->malformed, 0, sizeof(t->malformed));
	for (int i = 0; !r && i < FRAMES; i++) {
		bool jumbo = rng_percent(&t->rng, 5);

		packet_random(&t->rng, t->plans[rng_below(&t->rng, 2)],
			      jumbo ? PACKET_MAX : TC_FRAME_MAX, &packet);
		if (rng_percent(&t->rng, 4))
			fill_up(t, &packet, jumbo ? PACKET_MAX : MTU_FRAME);
		r = run_frame(t, &packet, seed);
	}
	for (int i = 0; !r && i < CUT_FRAMES; i++)
		r = run_cut(t, seed);
	if (!r) {
		check_counters(t, seed);
		check_malformed(t, seed);
		check_events(t, seed);
	}
	return r;
}

/* A reason that no frame had is one that was not tested, and so with events. */
static void check_all_met(struct test *t)
{
	check(t, t->events, "no event", 0);
	check(t, t->pairs >= PAIRS_MIN, "too few pairs", 0);
	for (unsigned i = 0; i < FW_STATS_MALFORMED; i++) {
		enum fw_stat reason =
			(enum fw_stat)(FW_STAT_MALFORMED_FIRST + i);

		/* The kernel takes no shorter frame. */
		if (reason != FW_STAT_MALFORMED_ETHERNET && !t->reasons[i])
			check(t, false, fw_stat_name(reason), 0);
	}
}

int main(int argc, char **argv)
{
	static struct test t;
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	int r;

	kernel_namespace(pairs, FW_ARRAY_SIZE(pairs));
	r = kernel_open(&t.xdp, KERNEL_XDP, NULL);
	if (!r)
		r = kernel_open(&t.tc, KERNEL_TC, &t.xdp);
	if (r) {
		fprintf(stderr, "load: %s\n", strerror(-r));
		return 1;
	}
	t.ring = ring_buffer__new(kernel_map(&t.xdp, "events"), take_event, &t,
				  NULL);
	if (!t.ring) {
		fprintf(stderr, "ring: %s\n", strerror(errno));
		return 1;
	}
	t.epoch = UINT32_MAX - PAIRS_MIN / 2;
	for (uint64_t i = 0; !r && i < (argc > 1 ? 1 : ROUNDS); i++)
		r = run_round(&t, argc > 1 ? seed : i + 1);
	if (!r && argc == 1)
		check_all_met(&t);
	for (int slot = 0; slot < FW_SLOTS; slot++)
		fw_plan_unref(t.plans[slot]);
	ring_buffer__free(t.ring);
	kernel_close(&t.tc);
	kernel_close(&t.xdp);
	if (r)
		fprintf(stderr, "stopped: %s\n", strerror(-r));
	printf("%u passed, %u failed, of %u pairs\n", t.passed, t.failed,
	       t.pairs);
	return r || t.failed || !t.passed;
}
