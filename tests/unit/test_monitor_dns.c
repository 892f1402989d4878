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
#include "tests/unit/records.h"
#include "util/cleanup.h"

/* --- what comes out ------------------------------------------------------- */
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
		.record = records_take, .wall_ns = wall, .device = device,
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
	records_forget();
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
	fw_monitors_tick(monitors, 100 * S, 0);
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
	fw_monitors_tick(monitors, 8 * S - 1, 0);
	assert_int_equal(records.n, 0);
	fw_monitors_tick(monitors, 8 * S, 0);
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

/* Which of the file's sets have the name. */
static void test_sets(void **state)
{
	static const struct fw_domain bad[] = { { "example", false, false } };
	static const struct fw_domain good[] = { { "example.org", false, false } };
	static const struct fw_domain worse[] = { { "www.example", true, false } };
	static const struct fw_domain_set sets[] = {
		{ "bad", bad, 1 }, { "good", good, 1 }, { "", bad, 1 },
		{ "worse", worse, 1 },
	};
	struct fw_plan plan = { .domain_sets = sets, .n_domain_sets = 4 };
	struct fw_monitors *monitors = new_monitors(&plan);

	(void)state;
	see(monitors, at(MESSAGE(QUERY ASK), 2 * S));
	see(monitors, at(back(MESSAGE(ANSWER)), 2 * S));
	assert_int_equal(records.n, 1);
	assert_string_equal(json_string_value(json_object_get(records.items[0],
							      "sets")),
			    "bad, worse");
	records_forget();
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
	records_forget();
	for (char i = 0; i < 6; i++) {
		answer[1] = i;
		see(monitors, at(back(MESSAGE(answer)), 2 * S));
	}
	assert_int_equal(records.n, 4);
	records_forget();
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_UNANSWERED), 2);
	assert_int_equal(stat_of(monitors, FW_STAT_DNS_ANSWERED), 4);
	fw_monitors_free(monitors);
}

/* All of one port and id: one chain, from which the oldest goes. */
static void test_chain(void **state)
{
	struct fw_plan plan = { .options.dns_pending = 4 };
	struct fw_monitors *monitors = new_monitors(&plan);
	char query[] = QUERY ASK, answer[] = ANSWER;

	(void)state;
	for (uint64_t round = 1; round <= 2; round++) {
		for (char i = 0; i < 9; i++) {
			query[13] = (char)('a' + i);
			see(monitors, at(MESSAGE(query), round * 100 * S));
		}
		assert_int_equal(records.n, 5);
		for (char i = 0; i < 9; i++) {
			answer[13] = (char)('a' + i);
			see(monitors,
			    at(back(MESSAGE(answer)), round * 100 * S));
		}
		assert_int_equal(records.n, 9);
		assert_string_equal(json_string_value(json_object_get(
			records.items[4], "name")), "eww.Example");
		assert_string_equal(json_string_value(json_object_get(
			records.items[8], "name")), "iww.Example");
		records_forget();
		assert_int_equal(stat_of(monitors, FW_STAT_DNS_ANSWERED),
				 round * 4);
		/* all are forgotten, also as ones that had an answer */
		fw_monitors_tick(monitors, round * 100 * S + 31 * S, 0);
	}
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
	fw_monitors_tick(monitors, 20 * S, 0);
	assert_int_equal(records.n, 2);
	records_forget();
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
	fw_monitors_tick(monitors, 100 * S, 0);
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

/* --- alerts --------------------------------------------------------------- */
static const struct fw_domain lan[] = { { "lan", false, false } };
static const struct fw_domain_set local = { "", lan, 1 };

/* Alerts and no log; the first message is long past. */
static struct fw_monitors *new_alerts(struct fw_plan *plan)
{
	struct fw_monitors *monitors;

	plan->monitors.dns_alerts = (1u << FW_DNS_ALERT_MAX_) - 1;
	plan->monitors.dns_local = &local;
	monitors = new_monitors(plan);
	plan->log_dns_queries = false;
	assert_int_equal(fw_monitors_plan(monitors, plan), 0);
	see(monitors, at(MESSAGE("\xff\xff\1\0\0\1\0\0\0\0\0\0"
				 "\1a\3lan\0\0\1\0\1"), S));
	return monitors;
}

static const char *text_of(const char *key)
{
	assert_int_equal(records.n, 1);
	return json_string_value(json_object_get(records.items[0], key));
}

static int number_of(const char *key)
{
	return (int)json_integer_value(json_object_get(records.items[0], key));
}

#define THEN (20 * S)

/* Each kind of answer that does not fit is told of, with its reason. */
static void test_mismatch(void **state)
{
	const struct fw_seen answer = at(back(MESSAGE(ANSWER)), THEN);
	char other[] = ANSWER, name[] = ANSWER, letter[] = ANSWER;
	struct {
		struct fw_seen seen;
		const char *reason;
	} cases[5];
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_alerts(&plan);

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++)
		cases[i].seen = answer;
	name[13] = 'x';
	cases[0].seen.payload = (const uint8_t *)name;
	cases[0].reason = "question";
	letter[13] = 'W';
	cases[1].seen.payload = (const uint8_t *)letter;
	cases[1].reason = "case";
	cases[2].seen.src[3]++;
	cases[2].reason = "server";
	other[1]++;
	cases[3].seen.payload = (const uint8_t *)other;
	cases[3].reason = "id";
	cases[4].seen.dst[3]++;
	cases[4].reason = "unsolicited";
	see(monitors, at(MESSAGE(QUERY ASK), THEN));
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		see(monitors, cases[i].seen);
		fw_monitors_tick(monitors, THEN + S, 0);
		assert_string_equal(text_of("type"), "dns-mismatch");
		assert_string_equal(text_of("reason"), cases[i].reason);
		assert_int_equal(number_of("count"), 1);
		records_forget();
	}
	see(monitors, answer);
	assert_int_equal(records.n, 0);
	/* twice the same is a retransmission, twice different is not */
	see(monitors, answer);
	assert_int_equal(records.n, 0);
	other[1]--;
	other[sizeof(other) - 2]++;
	cases[3].seen.payload = (const uint8_t *)other;
	see(monitors, cases[3].seen);
	assert_string_equal(text_of("reason"), "duplicate");
	records_forget();
	fw_monitors_free(monitors);
}

static void test_late(void **state)
{
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_alerts(&plan);

	(void)state;
	see(monitors, at(MESSAGE(QUERY ASK), THEN));
	see(monitors, at(back(MESSAGE(ANSWER)), THEN + 6 * S));
	assert_string_equal(text_of("reason"), "late");
	records_forget();
	/* that there is none is no news */
	see(monitors, at(MESSAGE(QUERY ASK), THEN + 20 * S));
	see(monitors, at(back(MESSAGE(NXDOMAIN)), THEN + 27 * S));
	assert_int_equal(records.n, 0);
	fw_monitors_free(monitors);
}

/* Nothing is said of what may be one's own ignorance. */
static void test_doubt(void **state)
{
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_alerts(&plan);
	struct fw_seen answer = back(MESSAGE(ANSWER));

	(void)state;
	/* just started */
	see(monitors, at(answer, 5 * S));
	fw_monitors_tick(monitors, 8 * S, 0);
	assert_int_equal(records.n, 0);
	/* a message was lost before, or shortly after */
	see(monitors, at(answer, THEN));
	fw_monitors_tick(monitors, THEN + S, 1);
	assert_int_equal(records.n, 0);
	/* it came in by another device, or over TCP */
	answer.forwarded = answer.out = true;
	answer.dst[3] = 77;
	see(monitors, at(answer, THEN));
	answer.forwarded = answer.out = false;
	answer.proto = IPPROTO_TCP;
	see(monitors, at(answer, THEN));
	fw_monitors_tick(monitors, THEN + S, 1);
	assert_int_equal(records.n, 0);
	/* and now none of it */
	answer.proto = IPPROTO_UDP;
	see(monitors, at(answer, THEN));
	fw_monitors_tick(monitors, THEN + S, 1);
	assert_string_equal(text_of("reason"), "unsolicited");
	records_forget();
	fw_monitors_free(monitors);
}

/* A thousand forged ones are one record, then one with their number. */
static void test_flood_of_alerts(void **state)
{
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_alerts(&plan);
	struct fw_seen answer = back(MESSAGE(ANSWER));

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		see(monitors, at(answer, THEN + i));
	fw_monitors_tick(monitors, THEN + S, 0);
	assert_int_equal(records.n, 1);
	records_forget();
	see(monitors, at(answer, THEN + 11 * S));
	fw_monitors_tick(monitors, THEN + 12 * S, 0);
	assert_int_equal(number_of("count"), 1000);
	records_forget();
	fw_monitors_free(monitors);
}

/* --- rebinding ------------------------------------------------------------ */
/* An answer to name (with the root's 0), of one record. */
static void answer_with(struct fw_monitors *monitors, const char *name,
			size_t name_len, uint16_t type, const void *data,
			size_t len)
{
	static uint16_t id;
	uint8_t bytes[512] = { 0 };
	size_t n = 12 + name_len + 4;
	struct fw_seen seen;

	id++;
	bytes[0] = (uint8_t)(id >> 8);
	bytes[1] = (uint8_t)id;
	bytes[5] = 1;
	memcpy(bytes + 12, name, name_len);
	bytes[12 + name_len + 1] = (uint8_t)type;
	bytes[12 + name_len + 3] = 1;
	seen = at(message((char *)bytes, n), THEN);
	see(monitors, seen);
	bytes[2] = 0x80;
	bytes[7] = 1;
	memcpy(bytes + n, "\xc0\x0c\0\0\0\1\0\0\0\x3c\0", 11);
	bytes[n + 3] = (uint8_t)type;
	bytes[n + 11] = (uint8_t)len;
	memcpy(bytes + n + 12, data, len);
	seen = at(back(message((char *)bytes, n + 12 + len)), THEN);
	see(monitors, seen);
}

#define NAME(text) text, sizeof(text)

static void test_rebind(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		uint16_t type;
		const char *data;
		size_t data_len;
		const char *address;	/* NULL: no alert */
	} cases[] = {
		{ NAME("\1a\3com"), 1, "\x0a\0\0\1", 4, "10.0.0.1" },
		{ NAME("\1b\3com"), 1, "\xac\x1f\0\1", 4, "172.31.0.1" },
		{ NAME("\1c\3com"), 1, "\xac\x20\0\1", 4, NULL },
		{ NAME("\1d\3com"), 1, "\xa9\xfe\1\1", 4, "169.254.1.1" },
		{ NAME("\1e\3com"), 1, "\x7f\0\0\1", 4, "127.0.0.1" },
		{ NAME("\1f\3com"), 1, "\xc0\xa9\0\1", 4, NULL },
		{ NAME("\1g\3com"), 28, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1",
		  16, "fe80::1" },
		{ NAME("\1h\3com"), 28, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16,
		  "::1" },
		{ NAME("\1i\3com"), 28,
		  "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\xa8\0\1", 16,
		  "::ffff:192.168.0.1" },
		{ NAME("\1j\3com"), 28,
		  "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, NULL },
		{ NAME("\1k\3com"), 16, "\x0a\0\0\1", 4, NULL },
		{ NAME("\7printer\3LAN"), 1, "\x0a\0\0\1", 4, NULL },
		{ NAME("\7printer"), 1, "\x0a\0\0\1", 4, NULL },
		{ NAME("\1x\11localhost"), 1, "\x7f\0\0\1", 4, NULL },
		{ NAME("\1x\4plan"), 1, "\x7f\0\0\1", 4, "127.0.0.1" },
	};
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_alerts(&plan);

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		answer_with(monitors, cases[i].name, cases[i].len,
			    cases[i].type, cases[i].data, cases[i].data_len);
		assert_int_equal(records.n, cases[i].address != NULL);
		if (cases[i].address) {
			assert_string_equal(text_of("type"), "dns-rebind");
			assert_string_equal(text_of("address"),
					    cases[i].address);
		}
		records_forget();
	}
	fw_monitors_free(monitors);
}

/* --- rates ---------------------------------------------------------------- */
/* n questions of a name that make(i) writes, every ms; then their answers. */
static void ask_many(struct fw_monitors *monitors, unsigned n, uint64_t ms,
		     uint8_t rcode, void (*make)(unsigned i, char *name))
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t bytes[512] = { (uint8_t)(i >> 8), (uint8_t)i,
				       [5] = 1 };
		size_t len;

		make(i, (char *)bytes + 12);
		len = 12 + strlen((char *)bytes + 12) + 1 + 4;
		bytes[len - 3] = bytes[len - 1] = 1;
		see(monitors, at(message((char *)bytes, len),
				 THEN + i * ms * MS));
		bytes[2] = 0x81;
		bytes[3] = 0x80 | rcode;
		see(monitors, at(back(message((char *)bytes, len)),
				 THEN + i * ms * MS));
	}
}

static void short_name(unsigned i, char *name)
{
	sprintf(name, "\6n%05u\7example\3org", i);
}

static void test_nxdomain_flood(void **state)
{
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_alerts(&plan);

	(void)state;
	ask_many(monitors, 99, 1, 3, short_name);
	assert_int_equal(records.n, 0);
	ask_many(monitors, 1, 1, 3, short_name);
	assert_string_equal(text_of("type"), "dns-nxdomain-flood");
	assert_int_equal(number_of("nxdomain"), 100);
	records_forget();
	fw_monitors_free(monitors);
	/* slowly, and among names that exist */
	monitors = new_alerts(&plan);
	ask_many(monitors, 300, 110, 3, short_name);
	fw_monitors_free(monitors);
	monitors = new_alerts(&plan);
	ask_many(monitors, 500, 1, 0, short_name);
	ask_many(monitors, 200, 1, 3, short_name);
	assert_int_equal(records.n, 0);
	fw_monitors_free(monitors);
}

/* As iodine and its like have it: base 32. */
static void data_name(unsigned i, char *name)
{
	uint32_t x = i + 1;

	*name++ = 50;
	for (unsigned k = 0; k < 50; k++) {
		x = x * 1664525 + 1013904223;
		*name++ = "abcdefghijklmnopqrstuvwxyz234567"[x >> 27];
	}
	strcpy(name, "\1t\7example\3org");
}

static void same_data_name(unsigned i, char *name)
{
	data_name(i % 10, name);
}

static void dull_name(unsigned i, char *name)
{
	sprintf(name, "%cstatic-0000000-edge-0000000-n-%07u\7example\3org", 37,
		i);
}

static void site_name(unsigned i, char *name)
{
	data_name(i, name);
	sprintf(name + 51, "\10site%04u\3org", i);
}

static void test_tunnel(void **state)
{
	static void (*const benign[])(unsigned i, char *name) = {
		short_name, same_data_name, dull_name, site_name,
	};
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_alerts(&plan);

	(void)state;
	ask_many(monitors, 41, 100, 0, data_name);
	assert_string_equal(text_of("type"), "dns-tunnel");
	assert_string_equal(text_of("parent"), "example.org");
	assert_in_range(number_of("names"), 40, 41);
	assert_in_range(number_of("length"), 49, 52);
	assert_in_range((int)(atof(text_of("entropy")) * 100), 460, 500);
	records_forget();
	fw_monitors_free(monitors);
	for (size_t i = 0; i < FW_ARRAY_SIZE(benign); i++) {
		monitors = new_alerts(&plan);
		ask_many(monitors, 300, 100, 0, benign[i]);
		assert_int_equal(records.n, 0);
		fw_monitors_free(monitors);
	}
	/* a name a second, two seconds */
	monitors = new_alerts(&plan);
	ask_many(monitors, 300, 2000, 0, data_name);
	assert_int_equal(records.n, 0);
	fw_monitors_free(monitors);
}

static void test_no_alerts(void **state)
{
	struct fw_plan plan = { 0 };
	struct fw_monitors *monitors = new_alerts(&plan);

	(void)state;
	plan.monitors.dns_alerts = 0;
	assert_int_equal(fw_monitors_plan(monitors, &plan), 0);
	see(monitors, at(MESSAGE(QUERY ASK), 5 * S));
	answer_with(monitors, NAME("\1a\3com"), 1, "\x0a\0\0\1", 4);
	see(monitors, at(back(MESSAGE(NXDOMAIN)), THEN));
	ask_many(monitors, 200, 1, 3, data_name);
	fw_monitors_tick(monitors, THEN + 9 * S, 0);
	assert_int_equal(records.n, 0);
	fw_monitors_free(monitors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_forwarded),
		cmocka_unit_test(test_stray),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_not_watched),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_mismatch),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_flood_of_alerts),
		cmocka_unit_test(test_rebind),
		cmocka_unit_test(test_nxdomain_flood),
		cmocka_unit_test(test_tunnel),
		cmocka_unit_test(test_no_alerts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
