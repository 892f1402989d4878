/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft is the oracle: random ingress rulesets run in Flywall on one device and in
 * nft's netdev hook on its twin, the same frames come in on both, and each must
 * pass both or neither and raise the same counters.
 *
 *	oracle_test [SEED]
 *
 *	FLYWALL_RULESETS	how many, default 800; 5000 before a release
 *	FLYWALL_SEED		of the first one, default 1
 *	FLYWALL_WORKERS		side by side, default 2: half of the time goes
 *				into waits for the kernel
 *
 * With a SEED, that ruleset alone. A failure prints its seed, the ruleset and
 * the frame. Each worker has a network namespace, 16 pairs of devices and a
 * daemon, which loads 16 rulesets at a time. Behind the lawful rounds, with GRO,
 * GSO and TSO off, come some with them on (oracle_flows.c), for rules without
 * counters and lengths.
 *
 * Frames come from the veths' other ends through packet sockets. In byte 8 to 11
 * of each, its source address, stands its number; packet sockets, one for each
 * protocol, see what came past the hook. The last frame on each device is a
 * marker that no chain drops: when it is there, all are through.
 */
#include "tests/net/oracle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <linux/if_ether.h>

#include "compile/compile.h"
#include "grammar/parse.h"
#include "model/model.h"
#include "util/cleanup.h"

#define FRAMES 60		/* for each ruleset */
#define FRAME_MAX 1500
#define MERGED_BATCHES 3	/* of each worker */
#define UNLISTED_MAX 8

struct totals {
	uint64_t rulesets, refused, rules, in_xdp, frames, passed, counters,
		failed, unlisted;	/* unlisted: batches */
};

struct loaded {
	uint64_t seed;
	struct oracle_ruleset ruleset;
	struct fw_plan *plan;
	struct packet frames[FRAMES];
};

static struct loaded loaded[ORACLE_SLOTS];
static struct totals totals;
static struct oracle_lab lab;

/* --- failures ------------------------------------------------------------- */
static void print_frame(const struct packet *frame)
{
	for (size_t i = 0; i < frame->len && i < 128; i++)
		(void)fprintf(stderr, "%02x%s", frame->bytes[i],
			      i % 16 == 15 ? "\n" : " ");
	(void)fprintf(stderr, "\n(%zu bytes)\n", frame->len);
}

/* Returns whether to go on with details. */
static bool fail(const struct loaded *one, const char *what)
{
	if (totals.failed++ >= 3)
		return false;
	(void)fprintf(stderr, "FAIL seed %" PRIu64 ": %s\n%s", one->seed, what,
		      one->ruleset.ours);
	return true;
}

/* --- rulesets ------------------------------------------------------------- */
static struct fw_plan *compile(const char *text)
{
	const struct fw_parse_options options = { 0 };
	struct fw_arena *arena = fw_arena_new();
	struct fw_plan *plan = NULL;
	struct fw_diags diags;
	struct fw_ast *ast;

	if (!arena)
		return NULL;
	fw_diags_init(&diags, arena);
	if (!fw_parse_text(arena, "ruleset", text, strlen(text), &options,
			   &diags, &ast))
		(void)fw_compile(arena, ast, &fw_facts_empty, &diags, &plan);
	if (diags.n_errors) {
		fw_plan_unref(plan);
		plan = NULL;
	}
	fw_arena_free(arena);
	return plan;
}

/* Flywall and nft must agree on what they refuse, too. */
static void make_ruleset(struct loaded *one, unsigned slot, bool merged,
			 struct rng *rng)
{
	const struct oracle_wish wish = { slot, lab.folder, merged };

	for (;;) {
		oracle_ruleset(rng, &wish, &one->ruleset);
		one->plan = compile(one->ruleset.ours);
		if (one->plan)
			break;
		totals.refused++;
		if (oracle_nft(&lab, "-c", one->ruleset.twin))
			(void)fail(one, "nft takes what Flywall refuses");
	}
	totals.rulesets++;
	totals.rules += one->plan->n_rules;
	for (size_t i = 0; i < one->plan->n_rules; i++)
		totals.in_xdp += one->plan->rules[i].layer == FW_LAYER_XDP;
}

/* --- frames --------------------------------------------------------------- */
static void make_frames(struct loaded *one, struct rng *rng)
{
	for (uint32_t i = 0; i < FRAMES; i++) {
		struct packet *frame = &one->frames[i];

		do {
			packet_random(rng, one->plan, FRAME_MAX, frame);
		} while (!oracle_observable(frame, one->ruleset.transport) ||
			 packet_ends_in_address(frame));
		frame->bytes[0] &= 0xfe;	/* to one, and not to us */
		frame->bytes[6] = 0x02;
		frame->bytes[7] = 0;
	}
}

static void send_frames(unsigned slots)
{
	for (unsigned slot = 0; slot < slots; slot++)
		for (uint32_t i = 0; i < FRAMES; i++)
			oracle_send(&lab, slot, &loaded[slot].frames[i],
				    slot * FRAMES + i);
}

static void compare_verdicts(unsigned slots)
{
	for (unsigned slot = 0; slot < slots; slot++) {
		const struct loaded *one = &loaded[slot];

		for (uint32_t i = 0; i < FRAMES; i++) {
			unsigned ours = lab.seen[0][slot * FRAMES + i];
			unsigned twin = lab.seen[1][slot * FRAMES + i];

			totals.frames++;
			totals.passed += twin;
			if (ours == twin)
				continue;
			if (fail(one, twin ? "nft passes a frame that Flywall "
					     "drops" :
					     "nft drops a frame that Flywall "
					     "passes"))
				print_frame(&one->frames[i]);
		}
	}
}

/* --- counters ------------------------------------------------------------- */
/* A rule's counter in nft's words: {"counter": {packets, bytes}}; NULL also where
 * it has a named one. */
static const json_t *counter_of(const json_t *rule)
{
	size_t i;
	json_t *expr;

	json_array_foreach(json_object_get(rule, "expr"), i, expr)
		if (json_is_object(json_object_get(expr, "counter")))
			return json_object_get(expr, "counter");
	return NULL;
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool in_chain(const json_t *rule, char side, const char *table,
		     const char *chain)
{
	const char *has = json_string_value(json_object_get(rule, "table"));
	const char *in = json_string_value(json_object_get(rule, "chain"));

	return has && in && has[0] == side && !strcmp(has + 1, table + 1) &&
	       !strcmp(in, chain);
}

/* The next rule of nft's list in this chain, from *at on. */
static const json_t *next_rule(const json_t *list, const char *table,
			       const char *chain, size_t *at)
{
	for (; *at < json_array_size(list); ++*at) {
		const json_t *rule = json_object_get(json_array_get(list, *at),
						     "rule");

		if (rule && in_chain(rule, 'y', table, chain)) {
			++*at;
			return rule;
		}
	}
	return NULL;
}

/* Of a rule, or a named one. */
static void compare_counter(const json_t *rule, const json_t *base,
			    const json_t *twin, const struct loaded *one)
{
	json_int_t packets = number(rule, "packets") - number(base, "packets");
	json_int_t bytes = number(rule, "bytes") - number(base, "bytes");
	const char *layer = json_string_value(json_object_get(rule, "layer"));
	const char *text = json_string_value(json_object_get(rule, "text"));

	totals.counters++;
	if (packets == number(twin, "packets") && bytes == number(twin, "bytes"))
		return;
	if (fail(one, "a counter differs"))
		(void)fprintf(stderr, "%s '%s': %lld packets, %lld bytes; "
			      "nft: %lld, %lld\n", layer ? layer : "counter",
			      text ? text : "k",
			      (long long)packets, (long long)bytes,
			      (long long)number(twin, "packets"),
			      (long long)number(twin, "bytes"));
}

/* nft's of the twin of this table. */
static const json_t *named_counter(const json_t *list, const char *table)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		const json_t *counter = json_object_get(item, "counter");
		const char *in = json_string_value(
			json_object_get(counter, "table"));

		if (in && in[0] == 'y' && !strcmp(in + 1, table + 1))
			return counter;
	}
	return NULL;
}

/* A table has one at most, and what it says goes on from batch to batch. */
static void compare_named(const json_t *base, const json_t *list)
{
	json_t *ours = oracle_list(&lab, "counters"), *counter;
	const json_t *before = json_object_get(base, "counters");
	size_t i;

	json_array_foreach(json_object_get(ours, "counters"), i, counter) {
		const char *table =
			json_string_value(json_object_get(counter, "table"));
		const struct loaded *one = &loaded[strtoul(table + 1, NULL, 10) %
						   ORACLE_SLOTS];
		const json_t *twin = named_counter(list, table);

		if (twin)
			compare_counter(counter, json_array_get(before, i),
					twin, one);
		else
			(void)fail(one, "nft lacks a named counter");
	}
	json_decref(ours);
}

/* Ours stand in the order of the file; a chain's rules are one run. */
static void compare_counters(const json_t *base, const json_t *named)
{
	json_t *ours = oracle_list(&lab, "rules"), *twin = oracle_twin(&lab);
	const json_t *rules = json_object_get(ours, "rules");
	const json_t *list = json_object_get(twin, "nftables");
	const char *table = "", *chain = "";
	size_t at = 0;

	totals.unlisted += !twin;
	for (size_t i = 0; twin && i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i), *counter;
		const json_t *other;
		const char *t = json_string_value(json_object_get(rule, "table"));
		const char *c = json_string_value(json_object_get(rule, "chain"));
		const struct loaded *one = &loaded[strtoul(t + 1, NULL, 10) %
						   ORACLE_SLOTS];

		if (strcmp(t, table) || strcmp(c, chain))
			at = 0;
		table = t;
		chain = c;
		other = next_rule(list, t, c, &at);
		counter = other ? counter_of(other) : NULL;
		if (!other)
			(void)fail(one, "nft has fewer rules");
		if (counter)
			compare_counter(rule,
					json_array_get(json_object_get(base,
								       "rules"),
						       i),
					counter, one);
	}
	if (twin)
		compare_named(named, list);
	json_decref(ours);
	json_decref(twin);
}

/* --- rounds --------------------------------------------------------------- */
static const char *ruleset_of(unsigned slot)
{
	return loaded[slot].ruleset.ours;
}

static void compare(unsigned slots, bool merged)
{
	json_t *base = oracle_list(&lab, "rules");
	json_t *named = oracle_list(&lab, "counters");

	if (merged)
		totals.failed += oracle_flows(&lab, slots, loaded[0].seed,
					      ruleset_of);
	send_frames(slots);
	if (!oracle_receive(&lab, slots))
		(void)fail(&loaded[0], "a marker did not come through");
	compare_verdicts(slots);
	if (!merged)
		compare_counters(base, named);
	json_decref(base);
	json_decref(named);
}

/* A batch that a side refuses is cut in two, until what it refuses is found. */
static void run_batch(const uint64_t *seeds, unsigned slots, bool merged)
{
	bool taken;

	oracle_begin(&lab);
	for (unsigned slot = 0; slot < slots; slot++) {
		struct loaded *one = &loaded[slot];
		struct rng rng = { .state = seeds[slot] };

		one->seed = seeds[slot];
		make_ruleset(one, slot, merged, &rng);
		oracle_add(&lab, one->ruleset.ours, one->ruleset.twin);
		make_frames(one, &rng);
	}
	taken = oracle_load(&lab);
	if (taken)
		compare(slots, merged);
	else if (slots == 1)
		(void)fail(&loaded[0], "a side refuses what the compiler takes");
	for (unsigned slot = 0; slot < slots; slot++)
		fw_plan_unref(loaded[slot].plan);
	if (taken || slots == 1)
		return;
	run_batch(seeds, slots / 2, merged);
	run_batch(seeds + slots / 2, slots - slots / 2, merged);
}

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : fallback;
}

/* Every n-th ruleset from the seed on. */
static void run_worker(unsigned worker, unsigned n_workers, uint64_t seed,
		       uint64_t rulesets)
{
	uint64_t seeds[ORACLE_SLOTS];
	unsigned n = 0;

	oracle_up(&lab);
	for (uint64_t i = worker; i < rulesets; i += n_workers) {
		seeds[n++] = seed + i;
		if (n == ORACLE_SLOTS || i + n_workers >= rulesets) {
			run_batch(seeds, n, false);
			n = 0;
		}
	}
	oracle_offloads(&lab, true);
	for (unsigned batch = 0; rulesets > 1 && batch < MERGED_BATCHES; batch++) {
		for (n = 0; n < ORACLE_SLOTS; n++)
			seeds[n] = UINT64_MAX - (seed + batch * 4096 +
						 worker * ORACLE_SLOTS + n);
		run_batch(seeds, n, true);
	}
	oracle_down(&lab);
}

static void add_totals(const struct totals *more)
{
	uint64_t *to = (uint64_t *)&totals;
	const uint64_t *from = (const uint64_t *)more;

	for (size_t i = 0; i < sizeof(totals) / sizeof(*to); i++)
		to[i] += from[i];
}

static int spawn(unsigned worker, unsigned n_workers, uint64_t seed,
		 uint64_t rulesets)
{
	int pipes[2];
	pid_t pid;

	if (pipe(pipes))
		return -1;
	pid = fork();
	if (!pid) {
		run_worker(worker, n_workers, seed, rulesets);
		_exit(write(pipes[1], &totals, sizeof(totals)) !=
		      sizeof(totals));
	}
	(void)close(pipes[1]);
	return pid < 0 ? -1 : pipes[0];
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) :
				   setting("FLYWALL_SEED", 1);
	uint64_t rulesets = argc > 1 ? 1 : setting("FLYWALL_RULESETS", 800);
	unsigned n = argc > 1 ? 1 : (unsigned)setting("FLYWALL_WORKERS", 2);
	int pipes[64], status, worst = 0;

	n = n < 1 ? 1 : n > FW_ARRAY_SIZE(pipes) ? FW_ARRAY_SIZE(pipes) : n;
	for (unsigned i = 0; i < n; i++)
		pipes[i] = spawn(i, n, seed, rulesets);
	for (unsigned i = 0; i < n; i++) {
		struct totals more;

		if (pipes[i] >= 0 &&
		    read(pipes[i], &more, sizeof(more)) == sizeof(more))
			add_totals(&more);
	}
	while (wait(&status) > 0)
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			worst = 77;
		else if (status && worst != 77)
			worst = 1;
	(void)printf("seed %" PRIu64 ": %" PRIu64 " rulesets (%" PRIu64
		     " refused by both), %" PRIu64 " rules, %" PRIu64
		     " of them in XDP; %" PRIu64 " frames, %" PRIu64
		     " passed; %" PRIu64 " counters, without those of %" PRIu64
		     " batches that nft cannot list; %" PRIu64 " differences\n",
		     seed, totals.rulesets, totals.refused, totals.rules,
		     totals.in_xdp, totals.frames, totals.passed,
		     totals.counters, totals.unlisted, totals.failed);
	return worst ? worst : totals.failed || !totals.frames ||
				       totals.unlisted > UNLISTED_MAX;
}
