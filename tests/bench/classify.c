/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a verdict costs: the XDP program over 16, 1,000 and 4,096 ordered rules
 * against an empty XDP program, by BPF_PROG_TEST_RUN in turns.
 *
 *	classify [ROUNDS]
 *
 * Rules are dense: prefixes of either address between /4 and /24, a protocol,
 * ranges of ports; packets are random ones of the same kind, so that many rules
 * match in each field and few or none in all. Rows: 64 packets, each many times in
 * a row; and 65,536 packets in turn. And what generations cost: the same program
 * against itself with tables that never change.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/typed.h"
#include "tests/bench/bench.h"
#include "tests/prog/kernel.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "tests/bench/fixed.skel.h"
#include "tests/bench/packets.skel.h"
#pragma GCC diagnostic pop

#define WARM 64			/* packets */
#define REPEAT 20000		/* runs of each */

static const struct {
	uint32_t rules;
	double most;		/* times an empty program */
} sizes[] = { { 16, 5 }, { 1000, 10 }, { 4096, 25 } };
#define SIZES 3
#define EMPTY SIZES		/* contenders besides those of sizes */
#define FIXED (SIZES + 1)
#define CONTENDERS (SIZES + 2)
#define FIXED_LIKE 1		/* of sizes */

struct contender {
	int program;
	struct kernel kernel;
	double warm[BENCH_ROUNDS_MAX];	/* ns a packet */
	double rotating[BENCH_ROUNDS_MAX];
};

static struct bench_corpus corpus;

static struct fw_interval *one(struct fw_arena *arena, uint32_t lo, uint32_t hi)
{
	struct fw_interval *interval =
		fw_arena_array(arena, 1, sizeof(*interval));

	if (!interval)
		abort();
	interval->lo = lo;
	interval->hi = hi;
	return interval;
}

static struct fw_interval *prefix(struct rng *rng, struct fw_arena *arena,
				  uint32_t base)
{
	uint32_t len = 4 + rng_below(rng, 21);
	uint32_t mask = ~(~0u >> len), addr;

	addr = (base | rng_below(rng, 1u << 24)) & mask;
	return one(arena, addr, addr | ~mask);
}

static struct fw_interval *ports(struct rng *rng, struct fw_arena *arena)
{
	uint32_t lo = rng_below(rng, 65536), n = rng_below(rng, 4096);

	return one(arena, lo, lo + n > 65535 ? 65535 : lo + n);
}

static void make_rule(struct rng *rng, struct fw_arena *arena, uint32_t i,
		      struct fw_xdp_rule *rule)
{
	struct fw_match *m = fw_arena_array(arena, 4, sizeof(*m));

	if (!m)
		abort();
	m[0] = (struct fw_match){ FW_FIELD_SADDR4,
				  prefix(rng, arena, 0x0a000000), 1 };
	m[1] = (struct fw_match){ FW_FIELD_DADDR4,
				  prefix(rng, arena, 0xac000000), 1 };
	m[2] = (struct fw_match){ FW_FIELD_L4PROTO, one(arena, 6, 6), 1 };
	m[3] = (struct fw_match){ FW_FIELD_DPORT, ports(rng, arena), 1 };
	*rule = (struct fw_xdp_rule){
		.matches = m,
		.n_matches = 4,
		.verdict = FW_VERDICT_DROP,
		.rule = i,
		.counted = true,
	};
}

static struct fw_plan *make_plan(uint32_t n)
{
	struct fw_plan *plan = fw_plan_new();
	struct fw_xdp_device *device;
	struct fw_xdp_rule *rules;
	struct fw_typed typed = { 0 };
	struct rng rng = { .state = 1 };
	uint32_t words = (n + 63) / 64;

	if (!plan)
		abort();
	device = fw_arena_array(plan->arena, 1, sizeof(*device));
	rules = fw_arena_array(plan->arena, words * 64, sizeof(*rules));
	if (!device || !rules)
		abort();
	for (uint32_t i = 0; i < words * 64; i++) {
		if (i < n)
			make_rule(&rng, plan->arena, i, &rules[i]);
		else
			rules[i].rule = FW_NO_RULE;
	}
	*device = (struct fw_xdp_device){
		.device = "lo", .family = "netdev", .table = "t", .chain = "c",
		.n_words = (uint16_t)words, .policy = FW_VERDICT_DROP,
	};
	plan->xdp.rules = rules;
	plan->xdp.n_rules = words * 64;
	plan->xdp.devices = device;
	plan->xdp.n_devices = 1;
	if (fw_classes_build(&typed, plan) < 0)
		abort();
	return plan;
}

static int empty_program(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_XDP,
		    .prog_flags = BPF_F_XDP_HAS_FRAGS);

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "empty", "GPL", insns, 2, &opts);
}

/* The mean of packets that are each run many times in a row. */
static double time_warm(int program)
{
	double sum = 0;

	for (int i = 0; i < WARM; i++)
		sum += bench_time(program, corpus.packets[i], REPEAT);
	return sum / WARM;
}

/* Of all packets in turn, with what it costs to put them into the frame. */
static double time_rotating(struct fw_packets_bpf *packets, int program)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(packets->maps.next_program), &zero,
				&program, BPF_ANY))
		bench_die("tail call", errno);
	return bench_time(bpf_program__fd(packets->progs.corpus_rotate),
			  corpus.packets[0], 2 * CORPUS_PACKETS);
}

static void open_contender(struct contender *c, uint32_t n, bool fixed)
{
	struct fw_plan *plan = make_plan(n);
	const void *elf;
	size_t size;
	int r;

	if (fixed) {
		elf = fw_fixed_bpf__elf_bytes(&size);
		r = kernel_open_bytes(&c->kernel, elf, size, NULL);
	} else {
		r = kernel_open(&c->kernel, KERNEL_XDP, NULL);
	}
	if (r == 0)
		r = kernel_fill(&c->kernel, 0, plan, 0);
	if (r == 0)
		r = kernel_control(&c->kernel, 0);
	if (r < 0)
		bench_die("cannot load", -r);
	c->program = c->kernel.program;
	fw_plan_unref(plan);
}

static void say(const char *how, const double ns[CONTENDERS])
{
	double empty = ns[EMPTY];
	char measure[80], detail[80];

	for (int i = 0; i < SIZES; i++) {
		snprintf(measure, sizeof(measure),
			 "verdict, %u rules / empty program, %s",
			 sizes[i].rules, how);
		snprintf(detail, sizeof(detail), "%.1f ns / %.1f ns", ns[i],
			 empty);
		bench_row(measure, ns[i] / empty, "<=", sizes[i].most, detail);
	}
	for (int i = 0; i < SIZES - 1; i++) {
		snprintf(measure, sizeof(measure),
			 "verdict, 4096 rules / %u, %s", sizes[i].rules, how);
		snprintf(detail, sizeof(detail), "%.1f ns / %.1f ns",
			 ns[SIZES - 1], ns[i]);
		bench_row(measure, ns[SIZES - 1] / ns[i], "<=", i ? 3 : 7,
			  detail);
	}
	snprintf(measure, sizeof(measure), "generations / fixed maps, %u rules, %s",
		 sizes[FIXED_LIKE].rules, how);
	snprintf(detail, sizeof(detail), "%.1f ns / %.1f ns", ns[FIXED_LIKE],
		 ns[FIXED]);
	bench_row(measure, ns[FIXED_LIKE] / ns[FIXED], "<=", 1.05, detail);
}

/* Each round measures all of them; what all share is taken off the rotating
 * ones, and what the empty program takes put back. */
int main(int argc, char **argv)
{
	static struct contender c[CONTENDERS];
	struct fw_packets_bpf *packets = fw_packets_bpf__open_and_load();
	double warm[CONTENDERS], rotating[CONTENDERS];
	int rounds = bench_rounds(argc, argv);
	struct rng rng = { .state = 2 };

	if (!packets)
		bench_die("programs", errno);
	for (int i = 0; i < CORPUS_PACKETS; i++)
		bench_packet(&rng, 0x0a000000 | rng_below(&rng, 1u << 24),
			     0xac000000 | rng_below(&rng, 1u << 24),
			     corpus.packets[i]);
	bench_fill(bpf_map__fd(packets->maps.corpus), &corpus);
	c[EMPTY].program = empty_program();
	for (int i = 0; i < SIZES; i++)
		open_contender(&c[i], sizes[i].rules, false);
	open_contender(&c[FIXED], sizes[FIXED_LIKE].rules, true);
	for (int r = 0; r < rounds; r++) {
		for (int i = 0; i < CONTENDERS; i++) {
			c[i].warm[r] = time_warm(c[i].program);
			c[i].rotating[r] = time_rotating(packets, c[i].program);
		}
		for (int i = 0; i < CONTENDERS; i++)
			if (i != EMPTY)
				c[i].rotating[r] += c[EMPTY].warm[r] -
						    c[EMPTY].rotating[r];
	}
	for (int i = 0; i < CONTENDERS; i++) {
		warm[i] = bench_median(c[i].warm, rounds);
		rotating[i] = i == EMPTY ? warm[i]
					 : bench_median(c[i].rotating, rounds);
		if (i != EMPTY)
			kernel_close(&c[i].kernel);
	}
	printf("A verdict in XDP, medians of %d rounds\n", rounds);
	say("warm packets", warm);
	say("65536 packets", rotating);
	fw_packets_bpf__destroy(packets);
	return 0;
}
