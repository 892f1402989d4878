/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor tls: packets in, records out, by a clock of the test's own; and, of the
 * captures of FLYWALL_CORPUS, what tshark says of the same clients.
 *
 * Not compared with tshark: a second ClientHello of a connection, which is no
 * first message. tshark is told that port 80 may speak TLS, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/tls.h"
#include "tests/unit/capture.h"
#include "tests/unit/hello.h"
#include "tests/unit/records.h"
#include "util/buf.h"
#include "util/cleanup.h"

#define S UINT64_C(1000000000)
/* --- what comes out ------------------------------------------------------- */
static struct {
	void *monitor;
	struct fw_plan *plan;
	uint64_t stats[FW_STAT_MAX_], now;
	struct fw_monitor_out out;
	unsigned handshakes;
	char sni[300];
} lab;

static void take_handshake(void *ctx, const struct fw_handshake *handshake)
{
	(void)ctx;
	lab.handshakes++;
	(void)snprintf(lab.sni, sizeof(lab.sni), "%s", handshake->sni);
	assert_int_equal(strlen(handshake->ja3), 32);
	assert_int_equal(strlen(handshake->ja4), 36);
}

static const char *text(const json_t *record, const char *key)
{
	const char *found = json_string_value(json_object_get(record, key));

	return found ? found : "";
}

static long long number(const json_t *record, const char *key)
{
	return json_integer_value(json_object_get(record, key));
}

static int set_up(void **state)
{
	(void)state;
	memset(&lab, 0, sizeof(lab));
	lab.out = (struct fw_monitor_out){
		.record = records_take, .wall_ns = records_wall,
		.handshake = take_handshake, .stats = lab.stats,
	};
	lab.now = 1000 * S;
	lab.plan = fw_plan_new();
	lab.plan->monitors.tls_handshakes = true;
	lab.monitor = fw_monitor_tls.new(&lab.out);
	assert_non_null(lab.monitor);
	return fw_monitor_tls.plan(lab.monitor, lab.plan);
}

static int tear_down(void **state)
{
	(void)state;
	fw_monitor_tls.free(lab.monitor);
	fw_plan_unref(lab.plan);
	records_forget();
	return 0;
}

/* --- what goes in --------------------------------------------------------- */
static void send_from(uint16_t port, uint32_t seq, const uint8_t *data,
		      size_t len)
{
	const struct fw_seen seen = {
		.time_ns = lab.now, .ifindex = 7, .device = "wan", .family = 4,
		.proto = IPPROTO_TCP, .src = { 10, 7, 1, 2 },
		.dst = { 10, 7, 2, 2 }, .sport = port, .dport = 443,
		.seq = seq, .payload = data, .len = len, .length = len,
		.whole = true,
	};

	fw_monitor_tls.seen(lab.monitor, &seen);
}

static void one_packet(void **state)
{
	struct hello hello = hello_make("good.example", 0, 0);
	const json_t *r;

	(void)state;
	send_from(4000, 100, hello.data, hello.len);
	assert_int_equal(records.n, 1);
	r = records.items[0];
	assert_string_equal(text(r, "type"), "tls-handshake");
	assert_string_equal(text(r, "device"), "wan");
	assert_string_equal(text(r, "proto"), "tcp");
	assert_string_equal(text(r, "src"), "10.7.1.2");
	assert_int_equal(number(r, "sport"), 4000);
	assert_string_equal(text(r, "dst"), "10.7.2.2");
	assert_int_equal(number(r, "dport"), 443);
	assert_string_equal(text(r, "sni"), "good.example");
	assert_int_equal(lab.handshakes, 1);
	assert_string_equal(lab.sni, "good.example");
	/* it comes again, and so does another one on the same connection */
	send_from(4000, 100, hello.data, hello.len);
	send_from(4000, 100 + (uint32_t)hello.len, hello.data, hello.len);
	assert_int_equal(records.n, 1);
	/* another connection of the same ports, and one of others */
	send_from(4000, 0x80000000, hello.data, hello.len);
	send_from(4001, 100, hello.data, hello.len);
	assert_int_equal(records.n, 3);
	assert_int_equal(lab.stats[FW_STAT_TLS_HANDSHAKES], 3);
}

static void nothing_is_logged_unasked(void **state)
{
	struct hello hello = hello_make("good.example", 0, 0);

	(void)state;
	lab.plan->monitors.tls_handshakes = false;
	(void)fw_monitor_tls.plan(lab.monitor, lab.plan);
	send_from(4000, 100, hello.data, hello.len);
	assert_int_equal(records.n, 0);
	assert_int_equal(lab.handshakes, 1);
}

/* Cut at every byte behind the first nine, in order and not, across the end of
 * the sequence numbers. */
static void several_packets(void **state)
{
	struct hello hello = hello_make("good.example", 40, 300);
	uint32_t seq = 0xffffff00;
	uint16_t port = 1000;

	(void)state;
	for (size_t cut = 9; cut + 40 < hello.len; cut++) {
		send_from(++port, seq, hello.data, cut);
		send_from(port, seq + (uint32_t)cut, hello.data + cut,
			  hello.len - cut);
		assert_int_equal(records.n, 1);
		send_from(++port, seq, hello.data, cut);
		send_from(port, seq + (uint32_t)cut + 30,
			  hello.data + cut + 30, hello.len - cut - 30);
		assert_int_equal(records.n, 1);
		send_from(port, seq + (uint32_t)cut, hello.data + cut, 30);
		assert_int_equal(records.n, 2);
		assert_string_equal(text(records.items[1], "sni"),
				    "good.example");
		records_forget();
	}
	assert_int_equal(lab.stats[FW_STAT_TLS_ODD], 0);
}

static void what_does_not_end_is_odd(void **state)
{
	struct hello hello = hello_make("good.example", 0, 0);

	(void)state;
	send_from(1, 1, hello.data, hello.len - 1);
	send_from(2, 1, (const uint8_t *)"GET / HTTP/1.1\r\n", 16);
	send_from(3, 1, (const uint8_t *)"\x16\x03\x01\0\x04\x02\0\0\0", 9);
	fw_monitor_tls.tick(lab.monitor, lab.now + 9 * S);
	assert_int_equal(lab.stats[FW_STAT_TLS_ODD], 0);
	fw_monitor_tls.tick(lab.monitor, lab.now + 10 * S);
	assert_int_equal(lab.stats[FW_STAT_TLS_ODD], 1);
	assert_int_equal(records.n, 0);
	/* more of them than there is room for */
	for (uint16_t port = 1; port < 5000; port++)
		send_from(port, 1, hello.data, hello.len - 1);
	assert_in_range(lab.stats[FW_STAT_TLS_ODD], 4000, 4999);
	send_from(4999, (uint32_t)hello.len, hello.data + hello.len - 1, 1);
	assert_int_equal(records.n, 1);
}

/* --- captures ------------------------------------------------------------------ */
static void on_packet(void *ctx, const uint8_t *data, size_t len)
{
	static uint8_t frame[70000] = { 0 };
	struct fw_seen seen;

	(void)ctx;
	if (len > sizeof(frame) - 14)
		return;
	memcpy(frame + 12, data[0] >> 4 == 6 ? "\x86\xdd" : "\x08\0", 2);
	memcpy(frame + 14, data, len);
	lab.now += S / 1000;
	if (!fw_seen_frame(frame, len + 14, 0, &seen) ||
	    fw_seen_watcher(&seen) != FW_WATCHER_TLS)
		return;
	seen.ifindex = 7;
	seen.time_ns = lab.now;
	fw_monitor_tls.seen(lab.monitor, &seen);
}

static int read_capture(const char *folder, const char *name)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/pcap/%s/%s",
		       getenv("FLYWALL_CORPUS"), folder, name);
	lab.now += 100 * S;
	return capture_read(path, on_packet, NULL);
}

/* capture transport src sport dst dport sni ja4: those that the file names, and no
 * others that have a name. */
static void named_clients_are_told(void **state)
{
	char path[4096], line[1024], capture[256] = "";
	_cleanup_fclose_ FILE *file = NULL;
	unsigned told = 0, lines = 0;

	(void)state;
	if (!getenv("FLYWALL_CORPUS"))
		skip();
	(void)snprintf(path, sizeof(path), "%s/pcap/ja4/expected.tsv",
		       getenv("FLYWALL_CORPUS"));
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char *at = line, *fields[8];
		size_t i;

		if (*line == '#')
			continue;
		lines++;
		for (i = 0; i < FW_ARRAY_SIZE(fields); i++)
			fields[i] = strsep(&at, "\t\n");
		if (strcmp(capture, fields[0]) != 0) {
			records_forget();
			(void)snprintf(capture, sizeof(capture), "%s",
				       fields[0]);
			assert_true(read_capture("ja4", capture) > 0);
			for (i = 0; i < records.n; i++)
				told += *text(records.items[i], "sni") != '\0';
		}
		for (i = 0; i < records.n; i++) {
			const json_t *r = records.items[i];

			if (!strcmp(text(r, "proto"), fields[1]) &&
			    !strcmp(text(r, "src"), fields[2]) &&
			    number(r, "sport") == atoi(fields[3]) &&
			    !strcmp(text(r, "dst"), fields[4]) &&
			    !strcmp(text(r, "sni"), fields[6]) &&
			    !strcmp(text(r, "ja4"), fields[7]))
				break;
		}
		if (i == records.n)
			fail_msg("%s: no %s from port %s, %s", capture,
				 fields[6], fields[3], fields[7]);
	}
	print_message("%u clients\n", lines);
	assert_true(lines > 50);
	assert_int_equal(told, lines);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *joined(char **lines, size_t n)
{
	struct fw_buf buf = { 0 };

	qsort(lines, n, sizeof(*lines), by_text);
	fw_buf_add(&buf, "");
	for (size_t i = 0; i < n; i++) {
		fw_buf_printf(&buf, "%s\n", lines[i]);
		free(lines[i]);
	}
	return fw_buf_take(&buf);
}

static char *our_lines(void)
{
	char *lines[RECORDS];

	for (size_t i = 0; i < records.n; i++) {
		const json_t *r = records.items[i];

		assert_true(asprintf(&lines[i], "%lld\t%lld\t%s\t%s\t%s",
				     number(r, "sport"), number(r, "dport"),
				     text(r, "sni"), text(r, "alpn"),
				     text(r, "ja3")) > 0);
	}
	return joined(lines, records.n);
}

/* The first hello of each connection. */
static char *their_lines(const char *name)
{
	_cleanup_free_ char *command = NULL, *line = NULL;
	char *lines[RECORDS];
	bool seen[RECORDS] = { false };
	size_t n = 0, room = 0;
	FILE *in;

	assert_true(asprintf(&command, "tshark -r '%s/pcap/tls/%s' -T fields "
			     "-E separator=/t -E aggregator=, -E occurrence=a "
			     "-d tcp.port==80,tls "
			     "-Y 'tls.handshake.ja3 && tcp' -e tcp.stream "
			     "-e tcp.srcport -e tcp.dstport "
			     "-e tls.handshake.extensions_server_name "
			     "-e tls.handshake.extensions_alpn_str "
			     "-e tls.handshake.ja3 2>/dev/null",
			     getenv("FLYWALL_CORPUS"), name) > 0);
	in = popen(command, "r");
	assert_non_null(in);
	while (getline(&line, &room, in) > 0) {
		char *rest = line;
		unsigned long stream = strtoul(strsep(&rest, "\t"), NULL, 10);

		assert_true(stream < RECORDS && n < RECORDS);
		if (seen[stream])
			continue;
		seen[stream] = true;
		rest[strcspn(rest, "\n")] = '\0';
		lines[n] = strdup(rest);
		assert_non_null(lines[n++]);
	}
	(void)pclose(in);
	return joined(lines, n);
}

static void captures_agree_with_tshark(void **state)
{
	struct dirent *entry;
	unsigned hellos = 0;
	char path[4096];
	DIR *dir;

	(void)state;
	if (!getenv("FLYWALL_CORPUS") ||
	    system("tshark --version >/dev/null 2>&1") != 0)
		skip();
	(void)snprintf(path, sizeof(path), "%s/pcap/tls",
		       getenv("FLYWALL_CORPUS"));
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		_cleanup_free_ char *ours = NULL, *theirs = NULL;

		if (!strstr(entry->d_name, ".pcap"))
			continue;
		records_forget();
		/* of Linux' cooked packets, which capture.c does not read */
		if (read_capture("tls", entry->d_name) <= 0)
			continue;
		hellos += (unsigned)records.n;
		ours = our_lines();
		theirs = their_lines(entry->d_name);
		if (strcmp(ours, theirs) != 0)
			fail_msg("%s:\n%s--- tshark\n%s", entry->d_name, ours,
				 theirs);
	}
	(void)closedir(dir);
	print_message("%u hellos\n", hellos);
	assert_true(hellos > 30);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(one_packet),
		TEST(nothing_is_logged_unasked),
		TEST(several_packets),
		TEST(what_does_not_end_is_odd),
		TEST(named_clients_are_told),
		TEST(captures_agree_with_tshark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
