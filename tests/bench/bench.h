/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the benchmarks share: packets that differ, programs run by
 * BPF_PROG_TEST_RUN, medians, and rows of the table of measures.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/corpus.h"
#include "tests/prog/random.h"

#define BENCH_ROUNDS_MAX 101

struct bench_corpus {
	uint8_t packets[CORPUS_PACKETS][CORPUS_SIZE];
};

/* A TCP packet with these addresses (host order); ports at random. */
void bench_packet(struct rng *rng, uint32_t saddr, uint32_t daddr, uint8_t *ret);
/* Into a map "corpus". Failures end the program, here and below. */
void bench_fill(int map, const struct bench_corpus *corpus);
/* Nanoseconds a run. */
double bench_time(int program, const uint8_t *packet, uint32_t repeat);
double bench_median(double *values, int n);
/* The first argument, or 15: 1 to BENCH_ROUNDS_MAX. */
int bench_rounds(int argc, char **argv);
_Noreturn void bench_die(const char *what, int error);

/*
 * A row: a ratio and its bound, "<=" or ">=". Behind it, on standard output; and,
 * with FLYWALL_BENCH in the environment, at the end of that file, fields parted by
 * tabs.
 */
void bench_row(const char *measure, double ratio, const char *bound, double limit,
	       const char *detail);
