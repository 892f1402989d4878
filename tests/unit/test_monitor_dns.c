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

static const char *device(void *ctx, uint32_t ifindex)
{
	(void)ctx;
	return ifindex == 7 ? "wan" : NULL;
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
	static const struct fw_plan_device watched = {
		.name = "wan", .watch_dns = true,
	};
	const struct fw_monitor_out out = {
		.record = take, .wall_ns = wall, .device = device,
	};
	struct fw_monitors *monitors = fw_monitors_new(&out);

	assert_non_null(monitors);
	plan->log_dns_queries = true;
	plan->devices = &watched;
	plan->n_devices = 1;
	assert_int_equal(fw_monitors_plan(monitors, plan), 0);
	return monitors;
}

static uint64_t stat_of(const struct fw_monitors *monitors, enum fw_stat stat)
{
	uint64_t stats[FW_STAT_MAX_] = { 0 };

	fw_monitors_add_stats(monitors, stats);
	return stats[stat];
}

static uint64_t odd(const struct fw_monitors *monitors)
{
	return stat_of(monitors, FW_STAT_DNS_ODD);
}

static void see(struct fw_monitors *monitors, struct fw_seen seen)
{
	fw_monitors_seen(monitors, FW_WATCH(FW_WATCHER_DNS), &seen);
}

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

static struct fw_seen at(struct fw_seen seen, uint64_t time_ns)
{
	seen.time_ns = time_ns;
	return seen;
}

/* As it comes back. */
static struct fw_seen back(struct fw_seen seen)
{
	struct fw_seen answer = seen;

	memcpy(answer.src, seen.dst, sizeof(answer.src));
	memcpy(answer.dst, seen.src, sizeof(answer.dst));
	answer.sport = seen.dport;
	answer.dport = seen.sport;
	return answer;
}

#define ASK WWW "\0\0\x1c\0\1"
#define ANSWER "\xbe\xef\x81\x80\0\1\0\1\0\0\0\0" ASK \
	"\xc0\x0c\0\x1c\0\1\0\0\0\1\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define NXDOMAIN "\xbe\xef\x81\x83\0\1\0\0\0\0\0\0" ASK

/* One record, of the question at 2 s. */
static void same_record(const char *rcode, const char *answer, int latency_us)
{
	json_t *expected = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s*, s:s*}", "time",
		"1970-01-01T00:00:03.000000Z", "type", "dns-query", "device",
		"wan", "name", "www.Example", "qtype", "AAAA", "client",
		"10.7.1.2", "client_port", 4242, "server", "10.7.2.2", "rcode",
		rcode, "answer", answer);

	assert_int_equal(records.n, 1);
	if (rcode)
		(void)json_object_set_new(expected, "latency_us",
					  json_integer(latency_us));
	assert_true(json_equal(records.items[0], expected));
	json_decref(expected);
	forget();
}

/* --- questions ------------------------------------------------------------ */
static void test_answered(void **state)
{
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_monitors(&plan);

	(void)state;
	see(monitors, at(MESSAGE(QUERY ASK), 2 * S));
	/* again, as nobody has answered yet */
	see(monitors, at(MESSAGE(QUERY ASK), 2 * S + 5 * MS));
	assert_int_equal(records.n, 0);
	see(monitors, at(back(MESSAGE(ANSWER)), 2 * S + 7 * MS));
	same_record("NOERROR", "2001:db8::1", 7000);
	/* the same id once more is another question */
	see(monitors, at(MESSAGE(QUERY ASK), 2 * S));
	see(monitors, at(back(MESSAGE(NXDOMAIN)), 2 * S));
	same_record("NXDOMAIN", NULL, 0);
	fw_monitors_tick(monitors, 100 * S);
	assert_int_equal(records.n, 0);
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_ANSWERED), 2);
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_STRAY), 0);
	assert_int_equal(odd(monitors), 0);
	fw_monitors_free(monitors);
}

static void test_unanswered(void **state)
{
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_monitors(&plan);

	(void)state;
	see(monitors, at(MESSAGE(QUERY ASK), 2 * S));
	fw_monitors_tick(monitors, 8 * S - 1);
	assert_int_equal(records.n, 0);
	fw_monitors_tick(monitors, 8 * S);
	same_record(NULL, NULL, 0);
	see(monitors, at(back(MESSAGE(ANSWER)), 9 * S));
	assert_int_equal(records.n, 0);
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_UNANSWERED), 1);
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_STRAY), 1);
	/* nobody asked for a log */
	plan.log_dns_queries = false;
	assert_int_equal(fw_monitors_plan(monitors, &plan), 0);
	see(monitors, at(MESSAGE(QUERY ASK), 50 * S));
	see(monitors, at(back(MESSAGE(ANSWER)), 50 * S));
	assert_int_equal(records.n, 0);
	fw_monitors_free(monitors);
}

/* On both devices, and once by other addresses: one record, where it came in. */
static void test_forwarded(void **state)
{
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_monitors(&plan);
	struct fw_seen out = at(MESSAGE(QUERY ASK), 2 * S + MS);
	struct fw_seen in;

	(void)state;
	out.ifindex = 8;
	out.forwarded = out.out = true;
	out.src[3] = 99;
	in = at(back(out), 2 * S + 2 * MS);
	in.payload = (const uint8_t *)ANSWER;
	in.len = in.length = sizeof(ANSWER) - 1;
	in.forwarded = in.out = false;
	see(monitors, at(MESSAGE(QUERY ASK), 2 * S));
	see(monitors, out);
	see(monitors, in);
	assert_int_equal(records.n, 0);
	in = at(back(MESSAGE(ANSWER)), 2 * S + 3 * MS);
	in.forwarded = in.out = true;
	see(monitors, in);
	same_record("NOERROR", "2001:db8::1", 3000);
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_ANSWERED), 1);
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_STRAY), 0);
	fw_monitors_free(monitors);
}

/* Each differs from what was asked in one thing, and leaves the question as it
 * was. */
static void test_stray(void **state)
{
	const struct fw_seen answer = at(back(MESSAGE(ANSWER)), 2 * S);
	char id[] = ANSWER, name[] = ANSWER, letter[] = ANSWER, type[] = ANSWER;
	struct fw_seen strays[9];
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_monitors(&plan);

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(strays); i++)
		strays[i] = answer;
	id[1]++;
	strays[0].payload = (const uint8_t *)id;
	name[13] = 'x';
	strays[1].payload = (const uint8_t *)name;
	letter[13] = 'W';
	strays[2].payload = (const uint8_t *)letter;
	type[12 + 13 + 1] = 1;
	strays[3].payload = (const uint8_t *)type;
	strays[4].src[3]++;
	strays[5].dst[3]++;
	strays[6].dport++;
	strays[7].ifindex++;
	strays[8].family = 6;
	see(monitors, at(MESSAGE(QUERY ASK), 2 * S));
	for (size_t i = 0; i < FW_ARRAY_SIZE(strays); i++) {
		see(monitors, strays[i]);
		assert_int_equal(records.n, 0);
		assert_int_equal(stat_of(monitors, FW_STAT_DNS_STRAY), i + 1);
	}
	see(monitors, answer);
	same_record("NOERROR", "2001:db8::1", 0);
	see(monitors, answer);
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_STRAY), 10);
	fw_monitors_free(monitors);
}

/* Four at a time: the oldest goes, and is told of. */
static void test_room(void **state)
{
	struct fw_plan plan = { .options.dns_pending = 4 };
	struct fw_monitors *monitors = new_monitors(&plan);
	char query[] = QUERY ASK, answer[] = ANSWER;

	(void)state;
	for (char i = 0; i < 6; i++) {
		query[1] = i;
		see(monitors, at(MESSAGE(query), 2 * S));
	}
	assert_int_equal(records.n, 2);
	forget();
	for (char i = 0; i < 6; i++) {
		answer[1] = i;
		see(monitors, at(back(MESSAGE(answer)), 2 * S));
	}
	assert_int_equal(records.n, 4);
	forget();
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_UNANSWERED), 2);
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_ANSWERED), 4);
	fw_monitors_free(monitors);
}

/* Two messages in a segment, then a piece of one. */
static void test_stream(void **state)
{
	static const char two[] = "\0\x1d" QUERY ASK "\0\x1d"
		"\xbe\xee\1\0\0\1\0\0\0\0\0\0" ASK;
	static const char piece[] = "\0\x1f" QUERY ASK;
	struct fw_seen seen = at(message(two, sizeof(two) - 1), 2 * S);
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_monitors(&plan);

	(void)state;
	seen.proto = IPPROTO_TCP;
	see(monitors, seen);
	seen.payload = (const uint8_t *)piece;
	seen.len = seen.length = sizeof(piece) - 1;
	see(monitors, seen);
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_CUT), 1);
	/* over UDP it is nobody's answer */
	see(monitors, at(back(MESSAGE(ANSWER)), 2 * S));
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_STRAY), 1);
	fw_monitors_tick(monitors, 20 * S);
	assert_int_equal(records.n, 2);
	forget();
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
	fw_monitors_tick(monitors, 100 * S);
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
		back(MESSAGE("\xbe\xef\x81\x80\0\1\0\1\0\0\0\0" ASK "\0")),
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
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_forwarded),
		cmocka_unit_test(test_stray),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_not_watched),
		cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
