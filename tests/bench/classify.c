/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a verdict costs: the XDP program over 16, 1,000 and 4,096 ordered rules
 * against an empty XDP program, by BPF_PROG_TEST_RUN in turns.
 *
 *	classify [ROUNDS]
 *
 * Rules are dense: prefixes of either address between /4 and /24, a protocol,
 * ranges of ports; packets are random ones of the same kind, so that many rules
 * match in each field and few or none in all. Prints nanoseconds a packet, the
 * median of the rounds, and ratios.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/typed.h"
#include "tests/prog/kernel.h"
#include "tests/prog/random.h"

#define PACKETS 64
#define REPEAT 20000
#define ROUNDS_MAX 101

static const uint32_t sizes[] = { 16, 1000, 4096 };
#define SIZES 3

struct contender {
	const char *name;
	int program;
	struct kernel kernel;
	uint32_t ns[ROUNDS_MAX];
};

static uint8_t packets[PACKETS][60];

static void make_packet(struct rng *rng, uint8_t *p)
{
	static const uint8_t head[] = { 0x45, 0, 0, 46, 0, 1, 0, 0, 64, 6 };
	uint32_t saddr = htonl(0x0a000000 | rng_below(rng, 1u << 24));
	uint32_t daddr = htonl(0xac000000 | rng_below(rng, 1u << 24));
	uint16_t ports[2] = {
		htons((uint16_t)rng_below(rng, 65536)),
		htons((uint16_t)rng_below(rng, 65536)),
	};

	memset(p, 0, 60);
	p[12] = 8;
	memcpy(p + 14, head, sizeof(head));
	memcpy(p + 26, &saddr, 4);
	memcpy(p + 30, &daddr, 4);
	memcpy(p + 34, ports, 4);
	p[46] = 0x50;
	p[47] = 0x10;
}

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

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "empty", "GPL", insns, 2, NULL);
}

/* Nanoseconds a packet, times 100: the kernel's figure is whole ones. */
static uint32_t measure(const struct contender *c)
{
	uint64_t sum = 0;

	for (int i = 0; i < PACKETS; i++) {
		struct xdp_md ctx = { .data_end = sizeof(packets[i]),
				      .ingress_ifindex = 1 };
		LIBBPF_OPTS(bpf_test_run_opts, opts,
			    .data_in = packets[i],
			    .data_size_in = sizeof(packets[i]),
			    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx),
			    .repeat = REPEAT);

		if (bpf_prog_test_run_opts(c->program, &opts) < 0) {
			perror("BPF_PROG_TEST_RUN");
			exit(1);
		}
		sum += opts.duration;
	}
	return (uint32_t)(sum * 100 / PACKETS);
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(struct contender *c, int rounds)
{
	qsort(c->ns, (size_t)rounds, sizeof(*c->ns), by_value);
	return c->ns[rounds / 2] / 100.0;
}

static void open_contender(struct contender *c, uint32_t n)
{
	struct fw_plan *plan = make_plan(n);
	int r = kernel_open(&c->kernel, KERNEL_XDP, NULL);

	if (r == 0)
		r = kernel_fill(&c->kernel, 0, plan, 0);
	if (r == 0)
		r = kernel_control(&c->kernel, 0);
	if (r < 0) {
		fprintf(stderr, "cannot load: %s\n", strerror(-r));
		exit(1);
	}
	c->program = c->kernel.program;
	fw_plan_unref(plan);
}

int main(int argc, char **argv)
{
	static struct contender c[SIZES + 1];
	int rounds = argc > 1 ? atoi(argv[1]) : 15;
	struct rng rng = { .state = 2 };
	double empty;

	if (rounds < 1 || rounds > ROUNDS_MAX)
		return 64;
	for (int i = 0; i < PACKETS; i++)
		make_packet(&rng, packets[i]);
	c[SIZES].program = empty_program();
	for (int i = 0; i < SIZES; i++)
		open_contender(&c[i], sizes[i]);
	for (int r = 0; r < rounds; r++)
		for (int i = 0; i <= SIZES; i++)
			c[i].ns[r] = measure(&c[i]);
	empty = median(&c[SIZES], rounds);
	printf("a verdict in XDP, ns (medians of %d rounds)\n", rounds);
	printf("  an empty program %21.1f\n", empty);
	for (int i = 0; i < SIZES; i++) {
		double ns = median(&c[i], rounds);

		printf("  %5u rules %26.1f   %5.1f times\n", sizes[i], ns,
		       ns / empty);
		kernel_close(&c[i].kernel);
	}
	return 0;
}
