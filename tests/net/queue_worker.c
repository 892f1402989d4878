/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker without a daemon, for tests/net/queue.
 *
 *	queue_worker QUEUE WINDOW KEYWORD… [-- NAME…]
 *
 * Inspects flows of QUEUE under one profile: a window of WINDOW packets, names
 * that are dropped, default trust. Keywords: keep (default keep-inspecting),
 * first (on-overlap), accept (on-incomplete). Prints `ready`, runs until
 * standard input ends, then prints a line for each flow,
 *
 *	flow PROTO SPORT DPORT VERDICT REASON PACKETS BYTES SNI IFINDEX0 IFINDEX1
 *
 * and `worker PACKETS FLOWS TRUSTED BLOCKED OVERLOADS ODD MEMORY`. The line
 * `plan` on standard input gives the worker a plan without names to drop.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/view.h"
#include "inspect/worker.h"
#include "util/cleanup.h"

#define FLOWS_MAX 4096

static struct flow {
	struct fw_flow_report report;
	char sni[256];
} flows[FLOWS_MAX];
static size_t n_flows;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void on_flow(void *ctx, const struct fw_flow_report *report)
{
	size_t i = 0;

	(void)ctx;
	pthread_mutex_lock(&lock);
	while (i < n_flows && flows[i].report.id != report->id)
		i++;
	if (i == FLOWS_MAX)
		abort();
	if (i == n_flows)
		n_flows++;
	flows[i].report = *report;
	if (report->sni)
		(void)snprintf(flows[i].sni, sizeof(flows[i].sni), "%s",
			       report->sni);
	pthread_mutex_unlock(&lock);
}

static void add_names(struct fw_plan *plan, struct fw_profile *profile,
		      char **names, size_t n)
{
	struct fw_domain_set *set = fw_arena_alloc(plan->arena, sizeof(*set));
	struct fw_domain *domains =
		fw_arena_array(plan->arena, n, sizeof(*domains));
	struct fw_inspect_rule *rule =
		fw_arena_alloc(plan->arena, sizeof(*rule));

	for (size_t i = 0; i < n; i++)
		domains[i].name = names[i];
	set->name = "";
	set->domains = domains;
	set->n_domains = n;
	rule->domains = set;
	rule->action = FW_INSPECT_DROP;
	rule->rule = FW_NO_RULE;
	profile->rules = rule;
	profile->n_rules = 1;
}

static struct fw_plan *make_plan(uint16_t queue, uint32_t window,
				 char **keywords, size_t n_keywords,
				 char **names, size_t n_names)
{
	struct fw_plan *plan = fw_plan_new();
	struct fw_profile *profile =
		fw_arena_alloc(plan->arena, sizeof(*profile));

	*profile = (struct fw_profile){
		.name = "web",
		.queue_first = queue,
		.queue_last = queue,
		.window_packets = window,
		.window_bytes = 65536,
		.max_bytes = 65536,
		.max_ms = 30000,
		.memory = 64 << 20,
		.memory_flow = 256 << 10,
		.fallback = FW_INSPECT_TRUST,
	};
	for (size_t i = 0; i < n_keywords; i++) {
		if (!strcmp(keywords[i], "keep"))
			profile->fallback = FW_INSPECT_KEEP;
		else if (!strcmp(keywords[i], "first"))
			profile->on_overlap_first = true;
		else if (!strcmp(keywords[i], "accept"))
			profile->on_incomplete = true;
	}
	if (n_names)
		add_names(plan, profile, names, n_names);
	plan->options.marks = 0xff000000;
	plan->options.mark_shift = 24;
	plan->options.flows = 4096;
	plan->profiles = profile;
	plan->n_profiles = 1;
	return plan;
}

static void print_flows(void)
{
	static const char *const verdicts[] = { "unvetted", "trusted",
						"blocked" };

	for (size_t i = 0; i < n_flows; i++) {
		const struct fw_flow_report *r = &flows[i].report;

		printf("flow %u %u %u %s %s %" PRIu64 " %" PRIu64
		       " %s %u %u\n",
		       r->tuple.proto, r->tuple.sport, r->tuple.dport,
		       verdicts[r->verdict], r->reason ? r->reason : "-",
		       r->packets, r->bytes,
		       flows[i].sni[0] ? flows[i].sni : "-", r->ifindex[0],
		       r->ifindex[1]);
	}
}

int main(int argc, char **argv)
{
	const struct fw_door door = { .flow = on_flow };
	int dashes = 3, after;
	struct fw_worker_stats stats;
	struct fw_worker *worker;
	struct fw_view *view, *view_of_none;
	struct fw_plan *plan, *none;
	uint16_t queue;
	uint32_t window;
	char line[64];
	int r;

	if (argc < 3)
		return 64;
	queue = (uint16_t)atoi(argv[1]);
	window = (uint32_t)atoi(argv[2]);
	while (dashes < argc && strcmp(argv[dashes], "--") != 0)
		dashes++;
	after = dashes < argc ? dashes + 1 : argc;
	plan = make_plan(queue, window, argv + 3, (size_t)(dashes - 3),
			 argv + after, (size_t)(argc - after));
	none = make_plan(queue, window, argv + 3, (size_t)(dashes - 3), NULL, 0);
	if (fw_view_open(plan, &view) || fw_view_open(none, &view_of_none))
		return 1;
	r = fw_worker_start(queue, view, &door, &worker);
	if (r) {
		fprintf(stderr, "queue_worker: %s\n", strerror(-r));
		return 1;
	}
	printf("ready\n");
	(void)fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		if (!strcmp(line, "plan\n"))
			fw_worker_set_view(worker, view_of_none);
	fw_worker_get_stats(worker, &stats);
	fw_worker_stop(worker);
	print_flows();
	printf("worker %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	       " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
	       stats.packets, stats.flows, stats.trusted, stats.blocked,
	       stats.overloads, stats.odd, stats.memory);
	fw_view_unref(view);
	fw_view_unref(view_of_none);
	fw_plan_unref(plan);
	fw_plan_unref(none);
	return 0;
}
