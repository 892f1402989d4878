/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: packets, programs, figures. Out: medians and rows. What fails ends the
 * benchmark with a message.
 */
#include "tests/bench/bench.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_die(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, strerror(error));
	exit(1);
}

int bench_rounds(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 15;

	if (rounds >= 1 && rounds <= BENCH_ROUNDS_MAX)
		return rounds;
	fprintf(stderr, "%s [ROUNDS], 1 to %d\n", argv[0], BENCH_ROUNDS_MAX);
	exit(64);
}

void bench_packet(struct rng *rng, uint32_t saddr, uint32_t daddr, uint8_t *p)
{
	static const uint8_t head[] = { 0x45, 0, 0, 46, 0, 1, 0, 0, 64, 6 };
	const uint32_t addresses[] = { htonl(saddr), htonl(daddr) };
	const uint16_t ports[] = {
		htons((uint16_t)rng_below(rng, 65536)),
		htons((uint16_t)rng_below(rng, 65536)),
	};

	memset(p, 0, CORPUS_SIZE);
	p[12] = 8;
	memcpy(p + 14, head, sizeof(head));
	memcpy(p + CORPUS_SADDR, addresses, sizeof(addresses));
	memcpy(p + 34, ports, sizeof(ports));
	p[46] = 0x50;
	p[47] = 0x10;
}

void bench_fill(int map, const struct bench_corpus *corpus)
{
	static uint32_t keys[CORPUS_PACKETS];
	uint32_t n = CORPUS_PACKETS;

	for (uint32_t i = 0; i < n; i++)
		keys[i] = i;
	if (bpf_map_update_batch(map, keys, corpus->packets, &n, NULL))
		bench_die("corpus", errno);
}

double bench_time(int program, const uint8_t *packet, uint32_t repeat)
{
	struct xdp_md ctx = { .data_end = CORPUS_SIZE, .ingress_ifindex = 1 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet,
		    .data_size_in = CORPUS_SIZE, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = (int)repeat);

	if (bpf_prog_test_run_opts(program, &opts) < 0)
		bench_die("BPF_PROG_TEST_RUN", errno);
	if (opts.retval == XDP_ABORTED)
		bench_die("the program", EINVAL);
	return opts.duration;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double bench_median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

void bench_row(const char *measure, double ratio, const char *bound, double limit,
	       const char *detail)
{
	const char *path = getenv("FLYWALL_BENCH");
	FILE *to = path ? fopen(path, "a") : NULL;

	printf("  %-50s %6.2f  (%s %g; %s)\n", measure, ratio, bound, limit,
	       detail);
	if (!to)
		return;
	fprintf(to, "%s\t%.3f\t%s\t%g\t%s\n", measure, ratio, bound, limit, detail);
	(void)fclose(to);
}
