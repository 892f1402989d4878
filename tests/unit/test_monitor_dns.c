/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitor dns: messages in, records out, by a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/monitor.h"
#include "util/cleanup.h"

/* --- what comes out ------------------------------------------------------- */
#define RECORDS 64

static struct {
	json_t *items[RECORDS];
	size_t n;
} records;

static void take(void *ctx, struct fw_record *record)
{
	char *line = fw_record_end(record);

	(void)ctx;
	assert_non_null(line);
	assert_true(records.n < RECORDS);
	records.items[records.n] = json_loads(line, 0, NULL);
	assert_non_null(records.items[records.n++]);
	free(line);
}

/* A second after the epoch, at boot. */
static uint64_t wall(void *ctx, uint64_t boot_ns)
{
	(void)ctx;
	return boot_ns + 1000000000;
}

static void forget(void)
{
	while (records.n)
		json_decref(records.items[--records.n]);
}

/* --- what goes in --------------------------------------------------------- */
#define QUERY "\xbe\xef\1\0\0\1\0\0\0\0\0\0"
#define WWW "\3www\7Example"

static struct fw_seen message(const char *bytes, size_t len)
{
	return (struct fw_seen){
		.ifindex = 7, .device = "wan", .family = 4,
		.proto = IPPROTO_UDP, .src = { 10, 7, 1, 2 },
		.dst = { 10, 7, 2, 2 }, .sport = 4242, .dport = 53,
		.payload = (const uint8_t *)bytes, .len = len, .length = len,
		.whole = true,
	};
}

#define MESSAGE(text) message(text, sizeof(text) - 1)

static struct fw_monitors *new_monitors(struct fw_plan *plan)
{
	const struct fw_monitor_out out = { .record = take, .wall_ns = wall };
	struct fw_monitors *monitors = fw_monitors_new(&out);

	assert_non_null(monitors);
	plan->log_dns_queries = true;
	assert_int_equal(fw_monitors_plan(monitors, plan), 0);
	return monitors;
}

static uint64_t odd(const struct fw_monitors *monitors)
{
	uint64_t stats[FW_STAT_MAX_] = { 0 };

	fw_monitors_add_stats(monitors, stats);
	return stats[FW_STAT_DNS_ODD];
}

static void see(struct fw_monitors *monitors, struct fw_seen seen)
{
	fw_monitors_seen(monitors, FW_WATCH(FW_WATCHER_DNS), &seen);
}

/* --- questions ------------------------------------------------------------ */
static void test_question(void **state)
{
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_monitors(&plan);
	struct fw_seen seen = MESSAGE(QUERY WWW "\0\0\x1c\0\1");
	json_t *expected = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "time",
		"1970-01-01T00:00:03.000000Z", "type", "dns-query", "device",
		"wan", "name", "www.Example", "qtype", "AAAA", "client",
		"10.7.1.2", "client_port", 4242, "server", "10.7.2.2");

	(void)state;
	seen.time_ns = 2000000000;
	see(monitors, seen);
	assert_int_equal(records.n, 1);
	assert_true(json_equal(records.items[0], expected));
	json_decref(expected);
	forget();
	/* seen where it came in */
	seen.out = seen.forwarded = true;
	see(monitors, seen);
	assert_int_equal(records.n, 0);
	/* nobody asked for a log */
	plan.log_dns_queries = false;
	assert_int_equal(fw_monitors_plan(monitors, &plan), 0);
	seen.forwarded = false;
	see(monitors, seen);
	assert_int_equal(records.n, 0);
	assert_int_equal(odd(monitors), 0);
	fw_monitors_free(monitors);
}

/* A device of other monitors, and another port. */
static void test_not_watched(void **state)
{
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_monitors(&plan);
	struct fw_seen seen = MESSAGE(QUERY WWW "\0\0\1\0\1");

	(void)state;
	fw_monitors_seen(monitors, FW_WATCH(FW_WATCHER_TLS), &seen);
	seen.dport = 54;
	see(monitors, seen);
	assert_int_equal(records.n, 0);
	fw_monitors_free(monitors);
}

/* No event, and counted. */
static void test_odd(void **state)
{
	const struct fw_seen odds[] = {
		MESSAGE("\xbe\xef\1\0\0\2\0\0\0\0\0\0" WWW "\0\0\1\0\1"),
		MESSAGE("\xbe\xef\1\0\0\0\0\0\0\0\0\0"),
		MESSAGE(QUERY WWW "\0\0\1\0"),
		MESSAGE(QUERY WWW),
		MESSAGE(QUERY "\3www\xc0\x0c\0\1\0\1"),
		MESSAGE(QUERY "\x40" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0\0\1\0\1"),
	};
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_monitors(&plan);

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(odds); i++) {
		see(monitors, odds[i]);
		assert_int_equal(records.n, 0);
		assert_int_equal(odd(monitors), i + 1);
	}
	fw_monitors_free(monitors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_not_watched),
		cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
