/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inspector on captures that others made: every server name of TLS and QUIC
 * that FLYWALL_CORPUS lists is found, by flow, with the fingerprint of its
 * client, and no other one; malformed captures get a verdict for every packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inspect/inspector.h"
#include "tests/unit/capture.h"
#include "util/cleanup.h"

#define NAMES_MAX 512

struct seen {
	char capture[64];
	struct fw_tuple tuple;
	char sni[256], ja4[64];
	bool expected;
};

static struct seen seen[NAMES_MAX];
static size_t n_seen;
static const char *present;	/* capture being read */
static unsigned reports;

static void on_flow(void *ctx, const struct fw_flow_report *report)
{
	(void)ctx;
	reports++;
	if (!report->sni)
		return;
	for (size_t i = 0; i < n_seen; i++)
		if (!strcmp(seen[i].capture, present) &&
		    fw_tuple_equal(&seen[i].tuple, &report->tuple) &&
		    !strcmp(seen[i].sni, report->sni))
			return;
	assert_true(n_seen < NAMES_MAX);
	(void)snprintf(seen[n_seen].capture, sizeof(seen[0].capture), "%s",
		       present);
	(void)snprintf(seen[n_seen].sni, sizeof(seen[0].sni), "%s",
		       report->sni);
	(void)snprintf(seen[n_seen].ja4, sizeof(seen[0].ja4), "%s",
		       report->ja4);
	seen[n_seen++].tuple = report->tuple;
}

static void on_packet(void *ctx, const uint8_t *data, size_t len)
{
	struct fw_queue_message message = { .data = data, .len = len,
					    .full_len = len };

	(void)fw_inspector_packet(ctx, &message);
}

/* Reads a capture through an inspector that decides nothing before it knows
 * the name. Returns the number of packets. */
static int inspect(const char *folder, const char *name)
{
	static const struct fw_domain_set none = { "", NULL, 0 };
	static const struct fw_inspect_rule rule = { .fact = FW_FACT_TLS_SNI, .domains = &none,
	  .action = FW_INSPECT_DROP, .rule = FW_NO_RULE };
	struct fw_profile profile = {
		.name = "all", .window_packets = 1000,
		.window_bytes = 1 << 30, .max_bytes = 1 << 30,
		.max_ms = 1 << 30, .memory = 1 << 30, .memory_flow = 1 << 20,
		.on_overlap_first = true, .fallback = FW_INSPECT_TRUST,
		.rules = &rule, .n_rules = 1,
	};
	const struct fw_door door = { .flow = on_flow };
	struct fw_inspector inspector;
	struct fw_plan *plan = fw_plan_new();
	char path[4096];
	int n;

	plan->options.marks = 0xff000000;
	plan->options.mark_shift = 24;
	plan->options.flows = 100000;
	plan->profiles = &profile;
	plan->n_profiles = 1;
	assert_int_equal(fw_inspector_init(&inspector, 0, plan, &door), 0);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	present = name;
	n = capture_read(path, on_packet, &inspector);
	if (n >= 0)
		assert_int_equal(inspector.stats.packets, n);
	fw_inspector_done(&inspector);
	fw_plan_unref(plan);
	return n;
}

static struct fw_tuple tuple_of(char *const *fields)
{
	bool udp = !strcmp(fields[1], "udp");
	struct fw_tuple t = { .proto = udp ? IPPROTO_UDP : IPPROTO_TCP };
	bool ip6 = strchr(fields[2], ':');

	t.family = ip6 ? 6 : 4;
	assert_int_equal(inet_pton(ip6 ? AF_INET6 : AF_INET, fields[2],
				   t.saddr), 1);
	assert_int_equal(inet_pton(ip6 ? AF_INET6 : AF_INET, fields[4],
				   t.daddr), 1);
	t.sport = (uint16_t)atoi(fields[3]);
	t.dport = (uint16_t)atoi(fields[5]);
	return t;
}

/* capture transport src sport dst dport sni ja4 */
static void expect(char *line)
{
	char *fields[8];
	struct fw_tuple tuple;

	for (size_t i = 0; i < FW_ARRAY_SIZE(fields); i++)
		fields[i] = strsep(&line, "\t\n");
	if (fields[0][0] == '#')
		return;
	tuple = tuple_of(fields);
	for (size_t i = 0; i < n_seen; i++) {
		if (strcmp(seen[i].capture, fields[0]) != 0 ||
		    strcmp(seen[i].sni, fields[6]) != 0 ||
		    !fw_tuple_equal(&seen[i].tuple, &tuple))
			continue;
		assert_string_equal(seen[i].ja4, fields[7]);
		seen[i].expected = true;
		return;
	}
	fail_msg("%s: no %s from port %s", fields[0], fields[6], fields[3]);
}

static int folder_of(const char *name, char path[4096])
{
	return snprintf(path, 4096, "%s/pcap/%s", getenv("FLYWALL_CORPUS"),
			name);
}

static unsigned inspect_folder(const char *folder)
{
	struct dirent *entry;
	unsigned packets = 0;
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		int n = strstr(entry->d_name, ".pcap") ?
				inspect(folder, entry->d_name) : 0;

		packets += n > 0 ? (unsigned)n : 0;
	}
	(void)closedir(dir);
	return packets;
}

static void names(void **state)
{
	char folder[4096], path[4200], line[1024];

	(void)state;
	(void)folder_of("ja4", folder);
	assert_true(inspect_folder(folder) > 100);
	(void)snprintf(path, sizeof(path), "%s/expected.tsv", folder);
	_cleanup_fclose_ FILE *file = fopen(path, "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		expect(line);
	for (size_t i = 0; i < n_seen; i++)
		if (!seen[i].expected)
			fail_msg("%s: %s was not expected", seen[i].capture,
				 seen[i].sni);
	assert_true(n_seen > 50);
}

static void malformed(void **state)
{
	char folder[4096];

	(void)state;
	(void)folder_of("malformed", folder);
	assert_true(inspect_folder(folder) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(malformed),
	};

	if (!getenv("FLYWALL_CORPUS")) {
		(void)fprintf(stderr, "FLYWALL_CORPUS is not set\n");
		return 77;
	}
	return cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
}
