/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events: ring buffer entries to records, what is kept, who is told. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "events/log.h"
#include "events/ring.h"

/* --- records -------------------------------------------------------------- */

static void test_record(void **state)
{
	const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	struct fw_record record;
	char *line;

	(void)state;
	/* 2001-09-09T01:46:40 is a thousand million seconds */
	fw_record_begin(&record, FW_RECORD_FLOW, 1000000000000456789ULL);
	fw_record_text(&record, "text", "a\"b\\c\nd");
	fw_record_text(&record, "none", NULL);
	fw_record_number(&record, "number", UINT64_MAX);
	fw_record_address(&record, "addr", 6, v6);
	fw_record_address(&record, "odd", 5, v6);
	line = fw_record_end(&record);
	assert_string_equal(line,
			    "{\"time\": \"2001-09-09T01:46:40.000456Z\", "
			    "\"type\": \"flow\", "
			    "\"text\": \"a\\\"b\\\\c\\u000ad\", "
			    "\"number\": 18446744073709551615, "
			    "\"addr\": \"2001:db8::1\"}");
	free(line);
}

/* Whatever bytes a packet has, the line is JSON that a strict reader takes. */
static void test_record_bytes(void **state)
{
	static const struct {
		const char *text, *read;
	} cases[] = {
		{ "gr\303\274n", "gr\303\274n" },
		{ "a\377b", "a\357\277\275b" },
		{ "cut \303", "cut \357\277\275" },
		{ "long \300\257", "long \357\277\275\357\277\275" },
		{ "half \355\240\200",
		  "half \357\277\275\357\277\275\357\277\275" },
		{ "\360\237\224\245", "\360\237\224\245" },
		{ "\364\220\200\200",
		  "\357\277\275\357\277\275\357\277\275\357\277\275" },
		{ "del\177", "del\177" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fw_record record;
		json_t *document;
		char *line;

		fw_record_begin(&record, FW_RECORD_ERROR, 0);
		fw_record_text(&record, "text", cases[i].text);
		line = fw_record_end(&record);
		document = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(document);
		assert_string_equal(json_string_value(json_object_get(document,
								      "text")),
				    cases[i].read);
		json_decref(document);
		free(line);
	}
}

static void test_types(void **state)
{
	(void)state;
	for (int i = 0; i < FW_RECORD_MAX_; i++) {
		const char *name =
			fw_record_type_name((enum fw_record_type)i);

		assert_int_equal(fw_record_type_find(name), i);
	}
	assert_int_equal(fw_record_type_find("dns"), -ENOENT);
}

/* --- ring buffer entries -------------------------------------------------- */

static const char *device(void *ctx, uint32_t ifindex)
{
	(void)ctx;
	return ifindex == 7 ? "wan" : NULL;
}

static bool rule(void *ctx, uint32_t id, struct fw_ring_rule *ret)
{
	(void)ctx;
	*ret = (struct fw_ring_rule){
		.file = "a.conf", .line = 3, .text = "log drop",
		.log_prefix = "in: ", .log_level = "warn",
	};
	return id == 0x01020304;
}

static const char *stat_name(enum fw_stat stat)
{
	return stat == FW_STAT_XDP_DROP_RULE ? "xdp-drop-rule" : "?";
}

static const struct fw_ring_names names = { NULL, device, rule, stat_name };

static void refused(const struct fw_event_head *head)
{
	enum fw_record_type type;
	char *line;

	assert_int_equal(fw_ring_record(head, &names, &type, &line),
			 -EINVAL);
}

static struct fw_event_packet packet(enum fw_event_type type)
{
	return (struct fw_event_packet){
		.head = { .type = type,
			  .size = sizeof(struct fw_event_packet),
			  .ifindex = 7 },
		.rule = 0x01020304,
		.reason = FW_STAT_XDP_DROP_RULE,
		.length = 60,
		.family = 4,
		.proto = 6,
		.has_proto = 1,
		.has_ports = 1,
		.has_flags = 1,
		.tcp_flags = 0x12,
		.sport = 1000,
		.dport = 22,
		.saddr = { 10, 7, 1, 2 },
		.daddr = { 10, 7, 2, 2 },
	};
}

static json_t *record_of(const struct fw_event_packet *event,
			 enum fw_record_type want)
{
	enum fw_record_type type;
	json_t *document;
	char *line;

	assert_int_equal(fw_ring_record(&event->head, &names, &type, &line), 0);
	assert_int_equal(type, want);
	document = json_loads(line, 0, NULL);
	assert_non_null(document);
	(void)json_object_del(document, "time");
	free(line);
	return document;
}

static void same_record(json_t *document, json_t *expected)
{
	assert_true(json_equal(document, expected));
	json_decref(document);
	json_decref(expected);
}

static void test_packets(void **state)
{
	struct fw_event_packet event = packet(FW_EVENT_LOG);

	(void)state;
	same_record(record_of(&event, FW_RECORD_LOG),
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s,"
			      " s:s, s:i, s:s, s:i, s:s, s:i}",
			      "type", "log", "device", "wan", "reason",
			      "xdp-drop-rule", "prefix", "in: ", "level",
			      "warn", "file", "a.conf", "line", 3, "rule",
			      "log drop", "proto", "tcp", "src", "10.7.1.2",
			      "sport", 1000, "dst", "10.7.2.2", "dport", 22,
			      "tcp_flags", "syn|ack", "length", 60));
	/* What the packet lacks, and a rule that has gone, are left out. */
	event = packet(FW_EVENT_DROP);
	event.rule = 5;
	event.family = event.has_proto = event.has_ports = event.has_flags = 0;
	event.type = 0x0806;
	event.vlan = 3;
	same_record(record_of(&event, FW_RECORD_DROP),
		    json_pack("{s:s, s:s, s:s, s:i, s:i, s:i}", "type", "drop",
			      "device", "wan", "reason", "xdp-drop-rule",
			      "vlan", 3, "ether_type", 0x0806, "length", 60));
	event.reason = FW_STAT_MAX_;
	refused(&event.head);
}

static void test_odd_entries(void **state)
{
	struct fw_event_packet event = packet(FW_EVENT_DROP);

	(void)state;
	event.head.size--;
	refused(&event.head);
	event = packet(FW_EVENT_NONE);
	refused(&event.head);
	event.head.type = FW_EVENT_MAX_;
	refused(&event.head);
}

/* A minute of the boot clock ago is a minute ago on the wall. */
static void test_wall(void **state)
{
	struct fw_event_packet event = packet(FW_EVENT_DROP);
	enum fw_record_type type;
	struct tm tm = { 0 };
	struct timespec now;
	json_t *document;
	const char *when;
	char *line;

	(void)state;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	event.head.time_ns = (uint64_t)(now.tv_sec - 60) * 1000000000ULL;
	assert_int_equal(fw_ring_record(&event.head, &names, &type, &line), 0);
	document = json_loads(line, 0, NULL);
	when = json_string_value(json_object_get(document, "time"));
	assert_non_null(strptime(when, "%Y-%m-%dT%H:%M:%S", &tm));
	assert_in_range(time(NULL) - timegm(&tm), 59, 63);
	json_decref(document);
	free(line);
}

/* --- the log -------------------------------------------------------------- */

struct heard {
	char text[256];
};

static void hear(void *ctx, const char *line)
{
	struct heard *heard = ctx;

	strcat(heard->text, line);
}

static void add(struct fw_events *events, enum fw_record_type type,
		const char *line)
{
	fw_events_add(events, type, line ? strdup(line) : NULL);
}

static void test_kept(void **state)
{
	struct fw_events *events = fw_events_new(3);
	struct heard heard = { "" };
	struct fw_subscriber all = { .types = FW_RECORD_ALL,
				     .event = hear,
				     .ctx = &heard };

	(void)state;
	fw_events_replay(events, &all);
	assert_string_equal(heard.text, "");
	add(events, FW_RECORD_FLOW, "a");
	add(events, FW_RECORD_DEVICE, "b");
	fw_events_replay(events, &all);
	assert_string_equal(heard.text, "ab");
	add(events, FW_RECORD_FLOW, "c");
	add(events, FW_RECORD_FLOW, NULL);
	add(events, FW_RECORD_FLOW, "d");
	add(events, FW_RECORD_DEVICE, "e");
	heard.text[0] = '\0';
	fw_events_replay(events, &all);
	assert_string_equal(heard.text, "cde");
	heard.text[0] = '\0';
	all.types = 1u << FW_RECORD_DEVICE;
	fw_events_replay(events, &all);
	assert_string_equal(heard.text, "e");
	assert_int_equal(fw_events_total(events), 6);
	assert_int_equal(fw_events_lost(events), 1);
	fw_events_free(events);
}

static void test_subscribers(void **state)
{
	struct fw_events *events = fw_events_new(2);
	struct heard heard[2] = { { "" }, { "" } };
	struct fw_subscriber flows = { .types = 1u << FW_RECORD_FLOW,
				       .event = hear,
				       .ctx = &heard[0] };
	struct fw_subscriber all = { .types = FW_RECORD_ALL,
				     .event = hear,
				     .ctx = &heard[1] };

	(void)state;
	add(events, FW_RECORD_FLOW, "0");
	fw_events_subscribe(events, &flows);
	fw_events_subscribe(events, &all);
	add(events, FW_RECORD_FLOW, "1");
	add(events, FW_RECORD_DEVICE, "2");
	fw_events_unsubscribe(events, &flows);
	fw_events_unsubscribe(events, &flows);
	add(events, FW_RECORD_FLOW, "3");
	assert_string_equal(heard[0].text, "1");
	assert_string_equal(heard[1].text, "123");
	fw_events_free(events);
}

static uint64_t now_ns;

static uint64_t clock_of_test(void)
{
	return now_ns;
}

static void add_many(struct fw_events *events, enum fw_record_type type,
		     size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(events, type, "x");
}

/* Of each type as many as its limit allows, and the rest is counted and told. */
static void test_limit(void **state)
{
	struct fw_events *events = fw_events_new(0);
	struct heard heard = { "" };
	struct fw_subscriber all = { .types = FW_RECORD_ALL,
				     .event = hear,
				     .ctx = &heard };

	(void)state;
	now_ns = 1000000000000ull;
	fw_events_set_clock(events, clock_of_test);
	fw_events_subscribe(events, &all);
	add_many(events, FW_RECORD_FLOW, 20);
	assert_string_equal(heard.text, "xxxxxxxxxxxxxxxxxxxx");
	heard.text[0] = '\0';
	fw_events_set_limit(events, 4, 2);
	add_many(events, FW_RECORD_FLOW, 9);
	add_many(events, FW_RECORD_DEVICE, 1);
	add_many(events, FW_RECORD_LOST, 6);
	assert_string_equal(heard.text, "xxxxxxxxxxx");
	heard.text[0] = '\0';
	/* half a period has room for half of it */
	now_ns += 1000000000;
	add_many(events, FW_RECORD_FLOW, 9);
	assert_string_equal(heard.text, "xx");
	/* what nobody used does not add up */
	now_ns += 100000000000ull;
	heard.text[0] = '\0';
	add_many(events, FW_RECORD_FLOW, 9);
	assert_string_equal(heard.text, "xxxx");
	assert_int_equal(fw_events_left_out(events, FW_RECORD_FLOW), 17);
	assert_int_equal(fw_events_left_out(events, FW_RECORD_DEVICE), 0);
	heard.text[0] = '\0';
	fw_events_tell_left_out(events);
	assert_non_null(strstr(heard.text,
			       "\"type\": \"lost\", \"of\": \"flow\", "
			       "\"reason\": \"limit\", \"count\": 17}"));
	heard.text[0] = '\0';
	fw_events_tell_left_out(events);
	assert_string_equal(heard.text, "");
	/* a new limit begins anew */
	fw_events_set_limit(events, 1, 86400);
	add_many(events, FW_RECORD_FLOW, 2);
	fw_events_set_limit(events, 3, 1);
	add_many(events, FW_RECORD_FLOW, 4);
	fw_events_set_limit(events, 0, 0);
	add_many(events, FW_RECORD_FLOW, 5);
	assert_string_equal(heard.text, "xxxxxxxxx");
	fw_events_tell_left_out(events);
	assert_non_null(strstr(heard.text, "\"count\": 2}"));
	fw_events_free(events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_bytes),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_wall),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_odd_entries),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_subscribers),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
