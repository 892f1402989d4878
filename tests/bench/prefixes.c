/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it costs to find an address among prefixes: Flywall's table of a thousand
 * and of a million, and the kernel's LPM trie of the same million, by
 * BPF_PROG_TEST_RUN in turns.
 *
 *	prefixes [ROUNDS]
 *
 * Half of the prefixes are hosts, the others of lengths between 20 and 30; the
 * addresses looked up are 65,536 random ones. What it costs to take the next
 * address is measured by itself and taken off.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compile/typed.h"
#include "plan/print.h"
#include "plan/trie.h"
#include "tests/bench/bench.h"
#include "util/cleanup.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "tests/bench/packets.skel.h"
#pragma GCC diagnostic pop

#define FEW 1000
#define MANY 1000000

/* --- tables ---------------------------------------------------------------- */
static struct fw_plan *make_plan(uint32_t n)
{
	struct fw_plan *plan = fw_plan_new();
	struct rng rng = { .state = n };
	struct fw_xdp_rule *rules;
	struct fw_interval *iv;
	struct fw_match *m;
	struct fw_typed typed = { 0 };

	if (!plan)
		abort();
	rules = fw_arena_array(plan->arena, 64, sizeof(*rules));
	iv = fw_arena_array(plan->arena, n, sizeof(*iv));
	m = fw_arena_array(plan->arena, 1, sizeof(*m));
	if (!rules || !iv || !m)
		abort();
	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = i % 2 ? 32 : 20 + rng_below(&rng, 11);
		uint32_t mask = ~0u << (32 - len);

		iv[i].lo = (uint32_t)rng_next(&rng) & mask;
		iv[i].hi = (uint32_t)iv[i].lo | ~mask;
	}
	*m = (struct fw_match){ FW_FIELD_SADDR4, iv,
				fw_intervals_merge(iv, n) };
	for (int i = 0; i < 64; i++)
		rules[i].rule = FW_NO_RULE;
	rules[0] = (struct fw_xdp_rule){ .matches = m, .n_matches = 1,
					 .verdict = FW_VERDICT_DROP,
					 .counted = true };
	plan->xdp.rules = rules;
	plan->xdp.n_rules = 64;
	if (fw_classes_build(&typed, plan) < 0)
		abort();
	return plan;
}

static void put(const struct bpf_map *outer, int inner)
{
	uint32_t slot = 0;

	if (inner < 0 || bpf_map_update_elem(bpf_map__fd(outer), &slot, &inner,
					     BPF_ANY))
		bench_die(bpf_map__name(outer), errno);
	(void)close(inner);
}

static int new_map(enum bpf_map_type type, uint32_t key, uint32_t value,
		   uint32_t n, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);

	return bpf_map_create(type, "bench", key, value, n, &opts);
}

static void put_trie(struct fw_packets_bpf *bpf, const struct fw_plan_table *t)
{
	int fd = new_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct fw_trie_line),
			 t->lines, BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	struct fw_trie_line *lines =
		mmap(NULL, t->lines * sizeof(*lines), PROT_READ | PROT_WRITE,
		     MAP_SHARED, fd, 0);

	if (lines == MAP_FAILED)
		bench_die("trie", errno);
	fw_trie_write(t, lines);
	(void)munmap(lines, t->lines * sizeof(*lines));
	put(bpf->maps.saddr4, fd);
}

static void put_lpm(struct fw_packets_bpf *bpf, const struct fw_plan_table *t)
{
	int fd = new_map(BPF_MAP_TYPE_LPM_TRIE, t->key_size, 4, t->n,
			 BPF_F_NO_PREALLOC);
	uint32_t n = t->n;

	if (fd < 0 || bpf_map_update_batch(fd, t->keys, t->values, &n, NULL))
		bench_die("LPM trie", errno);
	put(bpf->maps.saddr4_lpm, fd);
}

/* What the program would find in a generation's header. */
static void tell_bits(struct fw_packets_bpf *bpf, const struct fw_plan_table *t)
{
	if (t->kind == FW_TABLE_BITS)
		bpf->bss->address_bits = t->bits;
}

static struct fw_packets_bpf *open_tables(uint32_t n, bool lpm,
					  const struct bench_corpus *corpus)
{
	struct fw_packets_bpf *bpf = fw_packets_bpf__open_and_load();
	struct fw_plan *plan = make_plan(n);
	const struct fw_plan_table *table = fw_plan_table(plan, "saddr4");

	if (!bpf || !table || !table->lines)
		bench_die("programs", errno);
	bench_fill(bpf_map__fd(bpf->maps.corpus), corpus);
	put_trie(bpf, table);
	tell_bits(bpf, table);
	if (lpm)
		put_lpm(bpf, table);
	printf("  %u prefixes: %.1f MiB, %s\n", table->n,
	       (double)fw_plan_table_bytes(table) / 1048576,
	       fw_table_kind_name(table->kind));
	fw_plan_unref(plan);
	return bpf;
}

/* All addresses once before they are measured: what another contender has left in
 * the caches is none of this one's. */
static double look_up(const struct bpf_program *program,
		      const struct bench_corpus *corpus)
{
	(void)bench_time(bpf_program__fd(program), corpus->packets[0],
			 CORPUS_PACKETS);
	return bench_time(bpf_program__fd(program), corpus->packets[0],
			  CORPUS_PACKETS);
}

int main(int argc, char **argv)
{
	static struct bench_corpus corpus;
	static double lpm[BENCH_ROUNDS_MAX], few[BENCH_ROUNDS_MAX],
		many[BENCH_ROUNDS_MAX];
	int rounds = bench_rounds(argc, argv);
	struct fw_packets_bpf *thousand, *million;
	struct rng rng = { .state = 9 };
	double ns[3];
	char detail[80];

	for (int i = 0; i < CORPUS_PACKETS; i++)
		bench_packet(&rng, (uint32_t)rng_next(&rng), 0, corpus.packets[i]);
	printf("An address among prefixes, medians of %d rounds\n", rounds);
	thousand = open_tables(FEW, false, &corpus);
	million = open_tables(MANY, true, &corpus);
	for (int r = 0; r < rounds; r++) {
		double none = look_up(million->progs.address_none, &corpus);

		few[r] = look_up(thousand->progs.address_lines, &corpus) - none;
		many[r] = look_up(million->progs.address_lines, &corpus) - none;
		lpm[r] = look_up(million->progs.address_lpm, &corpus) - none;
	}
	ns[0] = bench_median(few, rounds);
	ns[1] = bench_median(many, rounds);
	ns[2] = bench_median(lpm, rounds);
	snprintf(detail, sizeof(detail), "%.0f ns / %.0f ns", ns[2], ns[1]);
	bench_row("a million prefixes, kernel LPM trie / Flywall", ns[2] / ns[1],
		  ">=", 15, detail);
	snprintf(detail, sizeof(detail), "%.0f ns / %.0f ns", ns[1], ns[0]);
	bench_row("a million prefixes / a thousand", ns[1] / ns[0], "<=", 3,
		  detail);
	fw_packets_bpf__destroy(thousand);
	fw_packets_bpf__destroy(million);
	return 0;
}
