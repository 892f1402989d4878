/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents as text for Prometheus: each family once, labels escaped, no sample
 * of what is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "daemon/metrics.h"
#include "util/cleanup.h"

static json_t *document(const char *text)
{
	json_t *d = json_loads(text, 0, NULL);

	assert_non_null(d);
	return d;
}

static char *printed(const struct fw_metrics_of *of)
{
	struct fw_buf buf = { 0 };
	char *text;

	fw_metrics_print(of, &buf);
	text = fw_buf_take(&buf);
	assert_non_null(text);
	return text;
}

static void has(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	if (!at || (at > text && at[-1] != '\n') || at[strlen(line)] != '\n')
		fail_msg("no line '%s' in\n%s", line, text);
}

static size_t times(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

static void test_rows(void **state)
{
	json_t *status = document(
		"{\"version\": \"1.2\", \"uptime_s\": 7, \"queues\":"
		" [{\"queue\": 3, \"packets\": 10}, {\"queue\": 4,"
		" \"packets\": 0}], \"flows\": {\"trusted\": 5, \"blocked\": 6}}");
	struct fw_metrics_of of = { .status = status };
	_cleanup_free_ char *text = printed(&of);

	(void)state;
	has(text, "flywall_build_info{version=\"1.2\"} 1");
	has(text, "flywall_uptime_seconds 7");
	has(text, "flywall_queue_packets_total{queue=\"3\"} 10");
	has(text, "flywall_queue_packets_total{queue=\"4\"} 0");
	has(text, "flywall_flows{verdict=\"trusted\"} 5");
	has(text, "flywall_flows{verdict=\"blocked\"} 6");
	assert_int_equal(times(text, "# TYPE flywall_flows "), 1);
	assert_int_equal(times(text, "# HELP flywall_flows "), 1);
	assert_null(strstr(text, "flywall_queue_bytes_total{"));
	json_decref(status);
}

/* Where a rule does not count, that is no 0; two of one chain and text are one
 * sample, or the whole text would be refused. */
static void test_rules(void **state)
{
	json_t *rules = document(
		"{\"rules\": [{\"chain\": \"a\", \"line\": 2, \"table\": null,"
		" \"text\": \"say \\\"x\\\\y\\\"\\nz\", \"packets\": 3},"
		" {\"chain\": \"a\", \"line\": 3, \"table\": null,"
		" \"text\": \"say \\\"x\\\\y\\\"\\nz\", \"packets\": 4},"
		" {\"chain\": \"a\", \"line\": 9, \"text\": \"drop\","
		" \"packets\": null}]}");
	struct fw_metrics_of of = { .rules = rules };
	_cleanup_free_ char *text = printed(&of);

	(void)state;
	has(text, "flywall_rule_packets_total{chain=\"a\","
		  "rule=\"say \\\"x\\\\y\\\"\\nz\"} 7");
	assert_null(strstr(text, "rule=\"drop\""));
	json_decref(rules);
}

/* What counts in the kernel outlives the daemon, what counts in the daemon does
 * not: a sum of them would fall, and not to 0. */
static void test_names(void **state)
{
	json_t *programs = document(
		"{\"xdp-drop-rule\": 8, \"malformed-vlan\": 2,"
		" \"xdp-drop-malformed\": 4, \"dns-queries\": 1}");
	json_t *own = document("{\"malformed-vlan\": 5, \"dns-queries\": 6}");
	struct fw_metrics_of of = { .programs = programs, .daemon = own };
	_cleanup_free_ char *text = printed(&of);

	(void)state;
	has(text, "flywall_drops_total{layer=\"xdp\",reason=\"rule\","
		  "by=\"programs\"} 8");
	has(text, "flywall_drops_total{layer=\"xdp\",reason=\"malformed\","
		  "by=\"programs\"} 4");
	has(text, "flywall_malformed_packets_total{reason=\"vlan\","
		  "by=\"programs\"} 2");
	has(text, "flywall_malformed_packets_total{reason=\"vlan\","
		  "by=\"daemon\"} 5");
	has(text, "flywall_statistics_total{name=\"dns-queries\","
		  "by=\"daemon\"} 6");
	json_decref(programs);
	json_decref(own);
}

static void test_kernel(void **state)
{
	json_t *status = document(
		"{\"kernel\": [{\"name\": \"drops\", \"total\": 9,"
		" \"rate\": 2.5, \"baseline\": 0.0, \"over\": true,"
		" \"source\": \"x\"}, {\"name\": \"resets\", \"total\": 0,"
		" \"rate\": 0.0, \"over\": false, \"source\": null}],"
		" \"events\": {\"left_out\": {\"drop\": 12}},"
		" \"features\": [{\"name\": \"a\", \"layer\": \"nft\","
		" \"fallback\": \"nft\"}, {\"name\": \"b\","
		" \"layer\": \"xdp\", \"fallback\": null}]}");
	struct fw_metrics_of of = { .status = status };
	_cleanup_free_ char *text = printed(&of);

	(void)state;
	has(text, "flywall_kernel_occurrences_total{counter=\"drops\"} 9");
	has(text, "flywall_kernel_rate{counter=\"drops\"} 2.5");
	has(text, "flywall_kernel_baseline{counter=\"drops\"} 0.0");
	has(text, "flywall_kernel_alert{counter=\"drops\"} 1");
	assert_null(strstr(text, "resets"));
	has(text, "flywall_events_left_out_total{type=\"drop\"} 12");
	has(text, "flywall_fallback_info{feature=\"a\",layer=\"nft\","
		  "fallback=\"nft\"} 1");
	assert_null(strstr(text, "feature=\"b\""));
	json_decref(status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
