/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The learning engine's database: rows that are written a second, new ones and
 * ones that are there, in batches as the daemon writes them; its size with a
 * million flows; and what a look at all of them takes.
 *
 *	learn
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "learn/suggest.h"

#define ROWS 1000000u
#define BATCH 16384u
#define DAYS 30u
#define TODAY 20000u
#define HOSTS 2000u	/* clients of an office; services in the world */

static char path[] = "/var/tmp/flywall-bench-XXXXXX/flows.db";
static struct fw_learn_flow batch[BATCH];

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Row n of a million: days one after the other, as they come. */
static struct fw_learn_flow row(uint32_t n)
{
	uint32_t day = n / (ROWS / DAYS), within = n % (ROWS / DAYS);
	uint32_t client = 0x0a000000u + within % HOSTS;
	uint32_t server = 0xc0000000u + within / HOSTS * 7919 + within % 97;
	struct fw_learn_flow flow = {
		.key = { .in = "lan0", .out = "wan0", .family = 4, .proto = 6,
			 .port = (uint16_t)(within % 3 ? 443 : 993),
			 .day = TODAY - DAYS + day + 1 },
		.first = UINT64_C(1728000000) + day * 86400,
		.last = UINT64_C(1728000000) + day * 86400 + 60,
		.flows = 3,
		.packets = { 20, 30 },
		.bytes = { 4000, 30000 },
	};

	for (int i = 0; i < 4; i++) {
		flow.key.client[i] = (uint8_t)(client >> (24 - 8 * i));
		flow.key.server[i] = (uint8_t)(server >> (24 - 8 * i));
	}
	(void)strcpy(flow.name, "www.example.org");
	return flow;
}

static double write_rows(struct fw_store *store, uint32_t from, uint32_t to)
{
	double began = now();

	for (uint32_t n = from; n < to;) {
		uint32_t k = 0;
		int r;

		for (; k < BATCH && n < to; k++, n++)
			batch[k] = row(n);
		r = fw_store_add(store, batch, k);
		if (r)
			bench_die("rows", -r);
	}
	return (to - from) / (now() - began);
}

static double look(struct fw_store *store, size_t *ret_pairs)
{
	const struct fw_plan_learn limits = {
		.flows = 10, .peers = 3, .ms = 172800000, .confidence = 900000,
	};
	struct fw_arena *arena = fw_arena_new();
	struct fw_suggest_input input = { .limits = &limits };
	fw_suggestions all = { 0 };
	fw_learn_pairs pairs = { 0 };
	double began = now();
	int r = fw_store_pairs(store, TODAY, ROWS, arena, &pairs);

	input.pairs = pairs.items;
	input.n_pairs = *ret_pairs = pairs.n;
	if (r == 0)
		r = fw_suggest(arena, &input, &all);
	if (r)
		bench_die("suggestions", -r);
	fw_arena_free(arena);
	return now() - began;
}

int main(void)
{
	struct fw_store *store;
	double fresh, again, seconds;
	char detail[96], *aside;
	struct stat st;
	size_t pairs;

	path[strlen(path) - strlen("/flows.db")] = '\0';
	if (!mkdtemp(path))
		bench_die(path, 0);
	path[strlen(path)] = '/';
	if (fw_store_open(path, &store, &aside))
		bench_die("database", 0);
	fresh = write_rows(store, 0, ROWS);
	again = write_rows(store, ROWS - ROWS / DAYS, ROWS);
	seconds = look(store, &pairs);
	fw_store_close(store);
	if (stat(path, &st))
		bench_die(path, 0);

	(void)snprintf(detail, sizeof(detail), "%.0f rows/s", fresh);
	bench_row("learning, new rows a second / 20,000", fresh / 20000, ">=",
		  1, detail);
	(void)snprintf(detail, sizeof(detail), "%.0f rows/s", again);
	bench_row("learning, known rows a second / 20,000", again / 20000, ">=",
		  1, detail);
	(void)snprintf(detail, sizeof(detail), "%.1f MiB",
		       (double)st.st_size / (1 << 20));
	bench_row("learning, database of a million flows, MiB",
		  (double)st.st_size / (1 << 20), "<=", 150, detail);
	(void)snprintf(detail, sizeof(detail), "%zu pairs", pairs);
	bench_row("learning, a look at all of them, seconds", seconds, "<=", 10,
		  detail);
	(void)unlink(path);
	path[strlen(path) - strlen("/flows.db")] = '\0';
	(void)rmdir(path);
	return 0;
}
