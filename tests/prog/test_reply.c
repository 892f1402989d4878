/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers made by XDP out of queries: every byte of them is told by the query,
 * and checked here one by one, checksums anew; and which queries get none.
 */
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "names.h"
#include "util/cleanup.h"

#define UDP 8
#define OPT 11

struct query {
	const char *name;	/* of the case */
	const char *flags;	/* two bytes; what the answer has: */
	const char *answer;
	const char *records;	/* behind the question */
	size_t records_len;
	uint8_t count;		/* of them, as the header says */
	bool opt;		/* the answer has one */
	uint8_t opt_do;
	bool v6, tagged, longest;
	size_t padding;		/* behind the packet */
	const char *label;	/* NULL: "wWw" */
	/* Where not 0 there is no answer: */
	size_t at;		/* byte at - 1 of the frame is set to value */
	uint8_t value;
	size_t options;		/* bytes of the IP header, or of extensions */
};

#define RECORDS(text) text, sizeof(text) - 1
#define PLAIN "\1\0", "\x81\x83"
#define EDNS "\0\0\x29\x10\0\0\0\0\0\0\0"
#define EDNS_DO "\0\0\x29\x10\0\0\0\xff\xff\0\0"
#define COOKIE "\0\0\x29\x10\0\0\0\0\0\0\x0c\0\x0a\0\x08" "01234567"
#define TSIG "\0\0\xfa\0\xff\0\0\0\0\0\0"

static const struct query queries[] = {
	{ .name = "plain", PLAIN, RECORDS("") },
	{ .name = "no recursion wanted", "\0\0", "\x80\x83", RECORDS("") },
	{ .name = "all flags", "\7\xff", "\x81\x93", RECORDS("") },
	{ .name = "EDNS", PLAIN, RECORDS(EDNS), 1, true },
	{ .name = "EDNS with DO", PLAIN, RECORDS(EDNS_DO), 1, true, 0x80 },
	{ .name = "EDNS with options", PLAIN, RECORDS(COOKIE), 1, true },
	{ .name = "EDNS, cut options", PLAIN, RECORDS("\0\0\x29\x10\0\0\0\0\0\0\1"), 1 },
	{ .name = "EDNS, cut", PLAIN, RECORDS("\0\0\x29\x10\0\0\0\0\0\0"), 1 },
	{ .name = "EDNS that is not counted", PLAIN, RECORDS(EDNS) },
	{ .name = "EDNS that is not there", PLAIN, RECORDS(""), 1 },
	{ .name = "another record", PLAIN, RECORDS(TSIG), 1 },
	{ .name = "EDNS of another name", PLAIN, RECORDS("\1\0\x29\x10\0\0\0\0\0\0\0"),
	  1 },
	{ .name = "bytes behind", PLAIN, RECORDS("abcdefg") },
	{ .name = "bytes behind EDNS", PLAIN, RECORDS(EDNS "abcdefg"), 1, true },
	{ .name = "padding", PLAIN, RECORDS(""), .padding = 9 },
	{ .name = "odd size", PLAIN, RECORDS(EDNS), 1, true, .label = "wwww" },
	{ .name = "the longest name", PLAIN, RECORDS(EDNS), 1, true, .longest = true },
	{ .name = "a tag", PLAIN, RECORDS(EDNS), 1, true, .tagged = true },
	{ .name = "IPv6", PLAIN, RECORDS(""), .v6 = true },
	{ .name = "IPv6, EDNS", PLAIN, RECORDS(COOKIE), 1, true, .v6 = true },
	{ .name = "IPv6, a tag, padding", PLAIN, RECORDS(EDNS_DO), 1, true, 0x80,
	  .v6 = true, .tagged = true, .padding = 3 },
	{ .name = "IPv6, the longest name", PLAIN, RECORDS(EDNS), 1, true, .v6 = true,
	  .longest = true },

	{ .name = "to all stations", PLAIN, RECORDS(""), .at = 1, .value = 0xff },
	{ .name = "from several stations", PLAIN, RECORDS(""), .at = 7, .value = 1 },
	{ .name = "from no address", PLAIN, RECORDS(""), .at = 27, .value = 0 },
	{ .name = "from this host", PLAIN, RECORDS(""), .at = 27, .value = 127 },
	{ .name = "from a group", PLAIN, RECORDS(""), .at = 27, .value = 239 },
	{ .name = "to a group", PLAIN, RECORDS(""), .at = 31, .value = 224 },
	{ .name = "to a group, IPv6", PLAIN, RECORDS(""), .at = 39, .value = 0xff,
	  .v6 = true },
	{ .name = "IP options", PLAIN, RECORDS(""), .options = 4 },
	{ .name = "IPv6 extension", PLAIN, RECORDS(""), .options = 8, .v6 = true },
};

/* --- what is sent, and what is to come back -------------------------------- */
static void put_name(struct frame *f, const struct query *q)
{
	const char *label = q->label ? q->label : "wWw";
	uint8_t byte = (uint8_t)strlen(label);

	/* 247 bytes more are 255 with the root's */
	for (int i = 0; q->longest && i < 4; i++) {
		uint8_t size = i < 3 ? 63 : 53;

		put(f, &size, 1);
		memset(f->bytes + f->len, 'x', size);
		f->len += size;
	}
	put(f, &byte, 1);
	put(f, label, byte);
	put(f, "\2eX", 4);
}

static void put_message(struct frame *f, const struct query *q, bool answer)
{
	const uint8_t opt[OPT] = { 0, 0, 41, 1232 >> 8, 1232 & 0xff, 0, 0,
				   q->opt_do };

	put(f, "\xbe\xef", 2);
	put(f, answer ? q->answer : q->flags, 2);
	put(f, "\0\1\0\0\0\0", 6);
	put16(f, answer ? q->opt : q->count);
	put_name(f, q);
	put16(f, 28);
	put16(f, 1);
	if (!answer)
		put(f, q->records, q->records_len);
	else if (q->opt)
		put(f, opt, sizeof(opt));
}

static const uint8_t address[2][16] = {
	{ 0x20, 1, 0xd, 0xb8, 1, [15] = 2 },	/* IPv4: 32.1.13.184 */
	{ 0x26, 6, 0x47, 0, 2, [15] = 3 },
};

static void put_ip(struct frame *f, const struct query *q, bool answer,
		   size_t udp)
{
	size_t start = f->len, size = q->v6 ? 16 : 4;
	uint16_t check;

	if (q->v6) {
		put(f, "\x60\0\0\0", 4);
		put16(f, udp + q->options);
		put(f, q->options ? "\0\x40" : "\x11\x40", 2);
	} else {
		uint8_t first = (uint8_t)(0x45 + q->options / 4);

		put(f, &first, 1);
		put(f, "", 1);
		put16(f, 20 + q->options + udp);
		/* identification, don't fragment, TTL */
		put(f, answer ? "\0\0\x40\0\x40\x11\0\0" :
				"\x12\x34\0\0\x33\x11\0\0", 8);
	}
	put(f, address[answer], size);
	put(f, address[!answer], size);
	if (q->v6 && q->options)
		put(f, "\x11\0\1\4\0\0\0\0", 8);
	else
		put(f, "\1\1\1\1", q->options);
	check = (uint16_t)~frame_sum(f->bytes + start, 20, 0);
	if (!q->v6) {
		f->bytes[start + 10] = (uint8_t)(check >> 8);
		f->bytes[start + 11] = (uint8_t)check;
	}
}

static void put_udp(struct frame *f, const struct query *q, bool answer,
		    const struct frame *message)
{
	static const uint8_t ports[2][2] = { { 0x9c, 0x40 }, { 0, 53 } };
	size_t start = f->len, len = UDP + message->len, size = q->v6 ? 16 : 4;
	uint32_t pseudo = 17 + (uint32_t)len;
	uint16_t check;

	put(f, ports[answer], 2);
	put(f, ports[!answer], 2);
	put16(f, len);
	put16(f, 0);
	put(f, message->bytes, message->len);
	if (!answer)	/* offloaded: whatever it is */
		return;
	pseudo += frame_sum(address[0], size, 0) + (uint32_t)frame_sum(address[1], size, 0);
	check = (uint16_t)~frame_sum(f->bytes + start, len, pseudo);
	f->bytes[start + 6] = (uint8_t)(check >> 8);
	f->bytes[start + 7] = (uint8_t)check;
}

static void make(struct frame *f, const struct query *q, bool answer)
{
	static const uint8_t macs[2][6] = { { 2, 0, 0, 0, 0, 1 },
					    { 2, 0, 0, 0, 0, 2 } };
	struct frame message = { .len = 0 };

	put_message(&message, q, answer);
	f->len = 0;
	put(f, macs[!answer], 6);
	put(f, macs[answer], 6);
	if (q->tagged)
		put(f, "\x81\0\x20\7", 4);
	put(f, q->v6 ? "\x86\xdd" : "\x08\0", 2);
	put_ip(f, q, answer, UDP + message.len);
	put_udp(f, q, answer, &message);
	if (answer)
		return;
	memset(f->bytes + f->len, 0xaa, q->padding);
	f->len += q->padding;
	if (q->at)
		f->bytes[q->at - 1] = q->value;
}

static void show(const char *what, const struct frame *f)
{
	fprintf(stderr, "  %s", what);
	for (size_t i = 0; i < f->len; i++)
		fprintf(stderr, " %02x", f->bytes[i]);
	fputc('\n', stderr);
}

static bool check(struct names *names, const struct query *q)
{
	bool none = q->at || q->options, sent;
	struct frame have, want;

	make(&have, q, false);
	make(&want, q, true);
	sent = names_reply(names, have.bytes, &have.len);
	if (sent == !none &&
	    (none || (have.len == want.len &&
		      memcmp(have.bytes, want.bytes, want.len) == 0)))
		return true;
	fprintf(stderr, "FAIL %s: %s\n", q->name, sent ? "answered" : "not");
	show("have", &have);
	show("want", &want);
	return false;
}

int main(void)
{
	unsigned passed = 0, failed = 0;
	struct names names;
	int r = names_open(&names);

	if (r) {
		fprintf(stderr, "names: %s\n", strerror(-r));
		return 1;
	}
	for (size_t i = 0; i < FW_ARRAY_SIZE(queries); i++) {
		if (check(&names, &queries[i]))
			passed++;
		else
			failed++;
	}
	names_close(&names);
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
