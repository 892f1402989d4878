/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a question costs: parsing a query and finding its name's class, among a
 * thousand and among a million names, with three and with six labels, by
 * BPF_PROG_TEST_RUN in turns.
 *
 *	names [ROUNDS]
 *
 * Each run asks 65,536 different names, every second one of which is below a
 * name of the set. Before each question the program puts it into the packet;
 * what that costs is measured by itself and taken off. Prints nanoseconds a
 * question, the median of the rounds, and ratios; and what the tables of a
 * million take to be made.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compile/lower.h"
#include "tests/bench/bench.h"
#include "tests/prog/names.h"
#include "util/cleanup.h"

#define FEW 1000
#define MANY 1000000

static const struct contender {
	const char *title;
	uint32_t names;
	const char *below;	/* labels in front of the set's two */
} contenders[] = {
	{ "1,000 names, three labels", FEW, "www." },
	{ "1,000 names, six labels", FEW, "a.static.cdn.www." },
	{ "1,000,000 names, three labels", MANY, "www." },
	{ "1,000,000 names, six labels", MANY, "a.static.cdn.www." },
};
#define CONTENDERS FW_ARRAY_SIZE(contenders)

static double seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *what, int r)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-r));
	exit(1);
}

/* --- the set -------------------------------------------------------------- */
static const char *const tops[] = { "com", "net", "org", "example", "test" };

/* The i-th name of the set, or of those that are not in it. */
static int name_of(char *text, size_t size, uint32_t i, bool member)
{
	uint64_t mixed = (i + 1) * 0x9e3779b97f4a7c15;

	return snprintf(text, size, "%c%x%x.%s", member ? 's' : 'n',
			(unsigned)(mixed >> 44), i, tops[i % 5]);
}

static void load(struct names *names, uint32_t n)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_domain *domains =
		arena ? fw_arena_array(arena, n, sizeof(*domains)) : NULL;
	struct fw_domain_set set = { "s", domains, n };
	const struct fw_domain_set *sets[] = { &set };
	const struct fw_siphash_key key = { 1, 2 };
	struct fw_suffix_table table;
	struct fw_suffixes suffixes;
	double start;
	int r = 0;

	if (!domains)
		abort();
	for (uint32_t i = 0; i < n; i++) {
		char text[64];

		(void)name_of(text, sizeof(text), i, true);
		domains[i].name = fw_arena_strdup(arena, text);
		if (!domains[i].name)
			abort();
	}
	start = seconds();
	r = fw_suffixes_build(arena, sets, 1, &suffixes);
	if (!r)
		r = fw_suffix_table_build(&suffixes, &key, &table);
	if (r)
		fail("tables", r);
	if (n == MANY)
		printf("tables of a million names: %.2f s, %.1f MiB\n",
		       seconds() - start,
		       ((double)table.head.buckets * sizeof(*table.buckets) +
			(double)table.n_filter * 8) / (1 << 20));
	r = names_fill(names, 0, &table);
	if (r)
		fail("maps", r);
	fw_suffix_table_done(&table);
	fw_arena_free(arena);
}

/* --- the questions -------------------------------------------------------- */
static void ask_below(struct names *names, const struct contender *c)
{
	static uint8_t questions[NAMES_QUESTIONS][NAMES_QUESTION_SIZE];
	struct rng rng = { .state = 3 };
	int r;

	for (uint32_t i = 0; i < NAMES_QUESTIONS; i++) {
		char text[64];
		int at = snprintf(text, sizeof(text), "%s", c->below);

		(void)name_of(text + at, sizeof(text) - (size_t)at,
			      rng_below(&rng, c->names), i % 2);
		names_question(text, questions[i]);
	}
	r = names_load(names, questions);
	if (r)
		fail("questions", r);
}

static void say(const char *measure, double a, double b, double most)
{
	char detail[80];

	snprintf(detail, sizeof(detail), "%.0f ns / %.0f ns", a, b);
	bench_row(measure, a / b, "<=", most, detail);
}

int main(int argc, char **argv)
{
	static double ns[CONTENDERS][BENCH_ROUNDS_MAX];
	struct names names[CONTENDERS];
	int rounds = bench_rounds(argc, argv);
	double cost[CONTENDERS];

	for (size_t i = 0; i < CONTENDERS; i++) {
		int r = names_open(&names[i]);

		if (r)
			fail("names", r);
		load(&names[i], contenders[i].names);
		ask_below(&names[i], &contenders[i]);
	}
	for (int r = 0; r < rounds; r++)
		for (size_t i = 0; i < CONTENDERS; i++)
			ns[i][r] = names_time(&names[i], false) -
				   names_time(&names[i], true);
	printf("a question in XDP, ns (medians of %d rounds)\n", rounds);
	for (size_t i = 0; i < CONTENDERS; i++) {
		cost[i] = bench_median(ns[i], rounds);
		printf("  %-36s %6.1f\n", contenders[i].title, cost[i]);
		names_close(&names[i]);
	}
	say("DNS question, a million names / a thousand", cost[2], cost[0], 2.5);
	say("DNS question, six labels / three", cost[3], cost[2], 1.2);
	return 0;
}
