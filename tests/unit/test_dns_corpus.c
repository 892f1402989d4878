/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the DNS in captures that others made, field by field against tshark:
 * those of FLYWALL_CORPUS, and those that are named on the command line. Each goes
 * the way of a frame that a monitor reads.
 *
 * Compared are id, QR, rcode, the question, and of all records name, type and
 * TTL; of A, AAAA and CNAME the data. Not compared, as a monitor does not look at
 * them: messages of other operations than a query (dynamic updates, NOTIFY), the
 * TTL of OPT, which is none, and the types that NSEC and RRSIG speak of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events/dns_name.h"
#include "monitor/dns_message.h"
#include "monitor/seen.h"
#include "tests/unit/capture.h"
#include "util/buf.h"
#include "util/cleanup.h"

/* Messages that are refused, and those that are told otherwise, and why. */
static const struct exception {
	const char *file;
	unsigned refused, differ;
	const char *why;
} exceptions[] = {
	{ "dns-invalid-names.pcap", 3, 0, "names cut off, or that never end; "
	  "tshark shows what it can of them" },
	{ "dns-edns-bad-length.pcap", 0, 1, "an option is longer than its OPT: "
	  "tshark gives the rest up, the records behind it are whole" },
};

static char *const *named;

/* --- what is told --------------------------------------------------------- */
struct told {
	struct fw_buf lines;
	unsigned n, refused;
};

static const char *name_text(const uint8_t *name, size_t len,
			     char text[static FW_DNS_TEXT_MAX])
{
	if (fw_dns_name_text(name, len, text))
		return "?";
	return strcmp(text, ".") ? text : "<Root>";
}

/* Columns of records, each a list with commas. */
enum { NAMES, TYPES, TTLS, A, AAAA, CNAMES, COLUMNS };

static void add(struct fw_buf *column, const char *text)
{
	if (column->len)
		fw_buf_addc(column, ',');
	fw_buf_add(column, text);
}

static void add_record(struct fw_buf columns[COLUMNS],
		       const struct fw_dns_message *message,
		       const struct fw_dns_record *record)
{
	char text[FW_DNS_TEXT_MAX], address[INET6_ADDRSTRLEN], number[16];
	uint8_t name[FW_DNS_WIRE_MAX], len;

	add(&columns[NAMES], name_text(record->name, record->name_len, text));
	(void)snprintf(number, sizeof(number), "%u", record->type);
	add(&columns[TYPES], number);
	(void)snprintf(number, sizeof(number), "%u", record->ttl);
	if (record->type != FW_RR_OPT)
		add(&columns[TTLS], number);
	if (fw_dns_is_address(record))
		add(&columns[record->len == 4 ? A : AAAA],
		    inet_ntop(record->len == 4 ? AF_INET : AF_INET6,
			      record->data, address, sizeof(address)));
	if (record->type == FW_RR_CNAME &&
	    !fw_dns_record_name(message, record, 0, name, &len))
		add(&columns[CNAMES], name_text(name, len, text));
}

static void tell(struct fw_buf *lines, const struct fw_dns_message *message)
{
	struct fw_dns_walk walk = { message, 0, 0, 0 };
	struct fw_buf columns[COLUMNS] = { { 0 } };
	struct fw_dns_record record;
	char text[FW_DNS_TEXT_MAX];
	int r;

	fw_buf_printf(lines, "0x%04x\t%d\t", message->id, message->response);
	if (message->response)
		fw_buf_printf(lines, "%u", message->rcode);
	fw_buf_printf(lines, "\t%s\t%u",
		      name_text(message->name, message->name_len, text),
		      message->qtype);
	while (fw_dns_record_next(&walk, &record, &r))
		add_record(columns, message, &record);
	for (int i = 0; i < COLUMNS; i++) {
		fw_buf_addc(lines, '\t');
		fw_buf_addn(lines, columns[i].text ? columns[i].text : "",
			    columns[i].len);
		fw_buf_done(&columns[i]);
	}
	fw_buf_addc(lines, '\n');
}

static void on_packet(void *ctx, const uint8_t *data, size_t len)
{
	uint8_t frame[70000] = { 0 };
	struct fw_dns_message message;
	struct told *told = ctx;
	struct fw_seen seen;

	assert_true(len < sizeof(frame) - 14);
	memcpy(frame + 12, data[0] >> 4 == 6 ? "\x86\xdd" : "\x08\x00", 2);
	memcpy(frame + 14, data, len);
	if (!fw_seen_frame(frame, len + 14, 0, &seen) || seen.proto != 17 ||
	    fw_seen_watcher(&seen) != FW_WATCHER_DNS || seen.len < 12 ||
	    seen.payload[2] >> 3 & 0xf)
		return;
	told->n++;
	if (fw_dns_message_read(seen.payload, seen.len, &message) ||
	    !message.has_question) {
		told->refused++;
		fw_buf_add(&told->lines, "refused\n");
		return;
	}
	tell(&told->lines, &message);
}

/* --- what tshark says ----------------------------------------------------- */
static const char fields[] =
	" -Y 'udp.port==53 && dns && dns.flags.opcode==0' -e dns.id"
	" -e dns.flags.response -e dns.flags.rcode -e dns.qry.name"
	" -e dns.qry.type -e dns.resp.name -e dns.resp.type -e dns.resp.ttl"
	" -e dns.a -e dns.aaaa -e dns.cname";

static FILE *ask_tshark(const char *path)
{
	_cleanup_free_ char *command = NULL;

	assert_true(asprintf(&command,
			     "tshark -r '%s' -T fields -E separator=/t -E "
			     "occurrence=a -E aggregator=,%s 2>/dev/null",
			     path, fields) > 0);
	return popen(command, "r");
}

#define TYPE_COLUMN 6

/* Items of a list with commas: whether b has all of a, in that order. */
static bool is_within(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *a_end = a + a_len, *b_end = b + b_len;

	while (a < a_end && b < b_end) {
		size_t x = strcspn(a, ",\t\n"), y = strcspn(b, ",\t\n");

		if (x == y && !strncmp(a, b, x))
			a += x + 1;
		b += y + 1;
	}
	return a >= a_end;
}

/* tshark lists the types that NSEC and RRSIG speak of among those of records. */
static bool agree(const char *ours, const char *theirs)
{
	for (unsigned column = 0;; column++) {
		size_t a = strcspn(ours, "\t\n"), b = strcspn(theirs, "\t\n");

		if (column == TYPE_COLUMN ? !is_within(ours, a, theirs, b) :
					    a != b || strncmp(ours, theirs, a))
			return false;
		if (ours[a] != theirs[b])
			return false;
		if (ours[a] == '\n')
			return true;
		ours += a + 1;
		theirs += b + 1;
	}
}

/* Line by line; a message that is refused agrees with whatever. */
static void compare(const char *path)
{
	_cleanup_free_ char *theirs = NULL, *ours = NULL;
	struct told told = { .lines = { 0 } };
	size_t room = 0;
	unsigned n = 0, differ = 0;
	struct exception expected = { .file = NULL };
	char *at;
	FILE *in;

	assert_true(capture_read(path, on_packet, &told) >= 0);
	ours = fw_buf_take(&told.lines);
	in = ask_tshark(path);
	assert_non_null(in);
	at = ours;
	while (getline(&theirs, &room, in) > 0) {
		size_t len = at ? strcspn(at, "\n") + 1 : 0;

		n++;
		if (!len || !*at) {
			print_error("%s: tshark has more: %s", path, theirs);
			fail();
		}
		if (strncmp(at, "refused\n", len) && !agree(at, theirs)) {
			print_message("%s, message %u:\n%.*s%s", path, n,
				      (int)len, at, theirs);
			differ++;
		}
		at += len;
	}
	(void)pclose(in);
	assert_int_equal(n, told.n);
	for (size_t i = 0; i < FW_ARRAY_SIZE(exceptions); i++) {
		if (strstr(path, exceptions[i].file))
			expected = exceptions[i];
	}
	assert_int_equal(told.refused, expected.refused);
	assert_int_equal(differ, expected.differ);
}

static void test_corpus(void **state)
{
	const char *corpus = getenv("FLYWALL_CORPUS");
	_cleanup_free_ char *dir = NULL;
	unsigned n = 0;
	struct dirent *entry;
	DIR *folder;

	(void)state;
	for (; named && *named; named++, n++)
		compare(*named);
	if (!corpus || system("tshark -v >/dev/null 2>&1"))
		skip();
	assert_true(asprintf(&dir, "%s/pcap/dns", corpus) > 0);
	folder = opendir(dir);
	if (!folder)
		skip();
	while ((entry = readdir(folder))) {
		_cleanup_free_ char *path = NULL;

		if (entry->d_name[0] == '.')
			continue;
		assert_true(asprintf(&path, "%s/%s", dir, entry->d_name) > 0);
		compare(path);
		n++;
	}
	(void)closedir(folder);
	print_message("%u captures\n", n);
	assert_true(n > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_corpus) };

	if (argc > 1)
		named = argv + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
