/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rate limit costs while two CPUs charge the same bucket: compare-and-swap,
 * as Flywall does it, and a spin lock, by BPF_PROG_TEST_RUN in turns.
 *
 *	limits [ROUNDS]
 */
#define _GNU_SOURCE 1	/* CPU_SET */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "bpf/abi.h"
#include "tests/bench/bench.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "tests/bench/packets.skel.h"
#pragma GCC diagnostic pop

#define CPUS 2
#define REPEAT 2000000

static pthread_barrier_t together;

struct runner {
	pthread_t thread;
	int cpu, program;
	double ns;
};

static void *run(void *ctx)
{
	static const uint8_t packet[CORPUS_SIZE];
	struct runner *runner = ctx;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((size_t)runner->cpu, &cpus);
	(void)pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	(void)pthread_barrier_wait(&together);
	runner->ns = bench_time(runner->program, packet, REPEAT);
	return NULL;
}

/* The mean of the CPUs. */
static double contended(const struct bpf_program *program)
{
	struct runner runners[CPUS];
	double sum = 0;

	for (int i = 0; i < CPUS; i++) {
		runners[i].cpu = i;
		runners[i].program = bpf_program__fd(program);
		if (pthread_create(&runners[i].thread, NULL, run, &runners[i]))
			bench_die("thread", errno);
	}
	for (int i = 0; i < CPUS; i++) {
		(void)pthread_join(runners[i].thread, NULL);
		sum += runners[i].ns;
	}
	return sum / CPUS;
}

int main(int argc, char **argv)
{
	static double lock[BENCH_ROUNDS_MAX], swap[BENCH_ROUNDS_MAX];
	struct fw_limit limit = { .depth = 1000000, .cost = 1000 };
	struct fw_packets_bpf *bpf = fw_packets_bpf__open_and_load();
	int rounds = bench_rounds(argc, argv);
	uint32_t zero = 0;
	char detail[80];
	double ns[2];

	if (!bpf || bpf_map_update_elem(bpf_map__fd(bpf->maps.limits), &zero,
					&limit, BPF_ANY))
		bench_die("programs", errno);
	(void)pthread_barrier_init(&together, NULL, CPUS);
	for (int r = 0; r < rounds; r++) {
		lock[r] = contended(bpf->progs.bucket_lock);
		swap[r] = contended(bpf->progs.bucket_swap);
	}
	ns[0] = bench_median(lock, rounds);
	ns[1] = bench_median(swap, rounds);
	printf("A rate limit that two CPUs charge, medians of %d rounds\n",
	       rounds);
	snprintf(detail, sizeof(detail), "%.0f ns / %.0f ns", ns[0], ns[1]);
	bench_row("rate limit, spin lock / compare-and-swap", ns[0] / ns[1],
		  ">=", 3, detail);
	fw_packets_bpf__destroy(bpf);
	return 0;
}
