/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYN cookies, packet by packet: the SYN-ACK that comes in the SYN's place is told
 * by the SYN but for cookie and clock, and checked byte by byte, checksums anew; the
 * ACK that brings the cookie back passes, with another one it is dropped. And which
 * SYNs go on to the kernel, untouched.
 *
 * A socket that listens on port 80 of every address is the listener; addresses
 * that have a route through a device are forwarded.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "frame.h"
#include "kernel.h"
#include "tables.h"
#include "util/cleanup.h"

#define TCP 20
#define MSS 1400
#define WSCALE 7	/* of the rule, for those that are forwarded */
#define LOCAL_WSCALE 5
#define SEQ 0xfffffff0u
#define STAMP "\xde\xad\xbe\xef"
#define RULES_MADE 64	/* a word of the classifier */

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

struct test {
	struct kernel xdp, syn;
	unsigned passed, failed;
};

struct try {
	const char *name;
	const char *options;	/* the SYN's */
	size_t size;		/* of them */
	bool sack, stamp, scale;	/* the answer has these */
	uint8_t client_scale;
	bool v6, tagged, forwarded;
	/* Where one of these is set there is no answer: */
	size_t at;		/* byte at - 1 of the frame is set to value */
	uint8_t value;
	size_t ip_options;
	uint16_t port;
};

#define OPTIONS(text) text, sizeof(text) - 1
#define O_MSS "\2\4\5\xb4"
#define O_SACK "\4\2"
#define O_STAMP "\x8\xa" STAMP "\0\0\0\0"
#define O_SCALE "\3\3\x9"
#define ALL O_MSS O_SACK O_STAMP "\1" O_SCALE

static const struct try tries[] = {
	{ .name = "nothing offered", OPTIONS("") },
	{ .name = "MSS", OPTIONS(O_MSS) },
	{ .name = "all", OPTIONS(ALL), true, true, true, 9 },
	{ .name = "all, a tag", OPTIONS(ALL), true, true, true, 9, .tagged = true },
	{ .name = "all, IPv6", OPTIONS(ALL), true, true, true, 9, .v6 = true },
	{ .name = "all, IPv6, a tag", OPTIONS(ALL), true, true, true, 9, .v6 = true,
	  .tagged = true },
	{ .name = "all, forwarded", OPTIONS(ALL), true, true, true, 9, .forwarded = true },
	{ .name = "all, forwarded, a tag", OPTIONS(ALL), true, true, true, 9,
	  .forwarded = true, .tagged = true },
	{ .name = "all, forwarded, IPv6", OPTIONS(ALL), true, true, true, 9, .v6 = true,
	  .forwarded = true },
	{ .name = "no timestamps", OPTIONS(O_MSS "\1" O_SCALE O_SACK "\0\0") },
	{ .name = "no timestamps, forwarded", OPTIONS(O_MSS "\1" O_SCALE O_SACK "\0\0"),
	  .forwarded = true },
	{ .name = "timestamps alone", OPTIONS("\1\1" O_STAMP), .stamp = true },
	{ .name = "a scale too large", OPTIONS("\1\1" O_STAMP "\1\3\3\xff"), false, true,
	  true, 14 },
	{ .name = "an option of another kind", OPTIONS("\xfd\6abcd" O_SACK O_STAMP "\1\1"),
	  true, true },
	{ .name = "behind the end", OPTIONS("\1\1" O_STAMP "\0" O_SCALE), .stamp = true },
	{ .name = "an option without size", OPTIONS("\1\1" O_STAMP "\4\0\3\3"),
	  .stamp = true },
	{ .name = "an option of one byte", OPTIONS("\1\1" O_STAMP "\4\1\4\2"),
	  .stamp = true },
	{ .name = "an option past the end", OPTIONS("\1\1" O_STAMP "\1\1\3\3"),
	  .stamp = true },
	{ .name = "a scale of another size", OPTIONS("\1\1" O_STAMP "\3\4\x9\0"),
	  .stamp = true },

	{ .name = "no listener", OPTIONS(ALL), .port = 81 },
	{ .name = "to all stations", OPTIONS(ALL), .at = 1, .value = 0xff },
	{ .name = "from several stations", OPTIONS(ALL), .at = 7, .value = 1 },
	{ .name = "from this host", OPTIONS(ALL), .at = 27, .value = 127 },
	{ .name = "to a group", OPTIONS(ALL), .at = 31, .value = 224 },
	{ .name = "a header of 16 bytes", OPTIONS(ALL), .at = 47, .value = 0x40 },
	{ .name = "a header longer than the packet", OPTIONS(ALL), .at = 47, .value = 0xf0 },
	{ .name = "IP options", OPTIONS(ALL), .ip_options = 4 },
};

/* --- frames --------------------------------------------------------------- */
static const uint8_t macs[2][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };
static const uint8_t client[16] = { 0x20, 1, 0xd, 0xb8, 1, [15] = 2 };
static const uint8_t servers[2][16] = {
	{ 0x26, 6, 0x47, 0, 2, [15] = 3 },	/* of this host: no route */
	{ 0x26, 6, 0x48, 9, 2, [15] = 3 },	/* behind the device */
};

static void set32(struct frame *f, size_t at, uint32_t value)
{
	set16(f, at, value >> 16);
	set16(f, at + 2, value & 0xffff);
}

static uint32_t get32(const struct frame *f, size_t at)
{
	uint32_t value = 0;

	for (size_t i = 0; i < 4; i++)
		value = value << 8 | f->bytes[at + i];
	return value;
}

static size_t l4_of(const struct try *t)
{
	return 14u + (t->tagged ? 4 : 0) + (t->v6 ? 40 : 20 + t->ip_options);
}

static void put_ip(struct frame *f, const struct try *t, bool answer, size_t size)
{
	const uint8_t *server = servers[t->forwarded];
	size_t start = f->len, wide = t->v6 ? 16 : 4;
	uint8_t first = (uint8_t)(0x45 + t->ip_options / 4);

	if (t->v6) {
		put(f, "\x60\0\0\0", 4);
		put16(f, size);
		put(f, "\6\x40", 2);
	} else {
		put(f, &first, 1);
		put(f, "", 1);
		put16(f, 20 + t->ip_options + size);
		/* identification, don't fragment, TTL */
		put(f, answer ? "\0\0\x40\0\x40\6\0\0" :
				"\x12\x34\0\0\x33\6\0\0", 8);
	}
	put(f, answer ? server : client, wide);
	put(f, answer ? client : server, wide);
	put(f, "\1\1\1\1", t->ip_options);
	if (!t->v6)
		set16(f, start + 10, (uint16_t)~frame_sum(f->bytes + start, 20, 0));
}

/* The checksum of the segment at the end. */
static void sum_tcp(struct frame *f, const struct try *t)
{
	size_t start = l4_of(t), wide = t->v6 ? 16 : 4;
	uint32_t pseudo = 6 + (uint32_t)(f->len - start);

	pseudo += frame_sum(client, wide, 0);
	pseudo += frame_sum(servers[t->forwarded], wide, 0);
	set16(f, start + 16, 0);
	set16(f, start + 16, (uint16_t)~frame_sum(f->bytes + start,
						  f->len - start, pseudo));
}

static void make(struct frame *f, const struct try *t, bool answer, uint8_t flags,
		 const void *options, size_t size)
{
	uint16_t port = t->port ? t->port : 80;
	size_t start = l4_of(t);

	f->len = 0;
	put(f, macs[!answer], 6);
	put(f, macs[answer], 6);
	if (t->tagged)
		put(f, "\x81\0\x20\7", 4);
	put(f, t->v6 ? "\x86\xdd" : "\x08\0", 2);
	put_ip(f, t, answer, TCP + size);
	memset(f->bytes + start, 0, TCP);
	f->len += TCP;
	set16(f, start, answer ? port : 40000);
	set16(f, start + 2, answer ? 40000 : port);
	set16(f, start + 12, (TCP + size) / 4 << 12 | (size_t)flags);
	set16(f, start + 14, 64240);
	put(f, options, size);
	sum_tcp(f, t);
}

static void make_syn(struct frame *f, const struct try *t)
{
	make(f, t, false, SYN, t->options, t->size);
	set32(f, l4_of(t) + 4, SEQ);
	sum_tcp(f, t);
	if (t->at)
		f->bytes[t->at - 1] = t->value;
}

/* What is to come back, with the cookie and the clock of what came. */
static void make_answer(struct frame *f, const struct try *t,
			const struct frame *came)
{
	struct frame options = { .len = 0 };
	size_t start = l4_of(t);
	uint32_t clock = get32(came, start + TCP + 8) & ~0x3fu;

	put(&options, "\2\4", 2);
	put16(&options, MSS);
	if (t->stamp) {
		put(&options, t->sack ? "\4\2\x8\xa" : "\1\1\x8\xa", 4);
		put(&options, "\0\0\0\0" STAMP, 8);
		set32(&options, 8, clock | (t->sack ? 0x10u : 0) |
					   (t->scale ? t->client_scale : 0xfu));
	}
	if (t->scale)
		put(&options, t->forwarded ? "\1\3\3\7" : "\1\3\3\5", 4);
	make(f, t, true, SYN | ACK, options.bytes, options.len);
	set32(f, start + 4, get32(came, start + 4));
	set32(f, start + 8, SEQ + 1);
	set16(f, start + 14, t->forwarded ? 0 : 14600);
	sum_tcp(f, t);
}

/* The third of the handshake. */
static void make_ack(struct frame *f, const struct try *t,
		     const struct frame *answer, uint32_t off)
{
	size_t start = l4_of(t);
	struct frame options = { .len = 0 };

	if (t->stamp) {
		put(&options, "\1\1\x8\xa" STAMP, 8);
		put(&options, answer->bytes + start + TCP + 8, 4);
	}
	make(f, t, false, ACK, options.bytes, options.len);
	set32(f, start + 4, SEQ + 1);
	set32(f, start + 8, get32(answer, start + 4) + 1 + off);
	sum_tcp(f, t);
}

/* --- runs ----------------------------------------------------------------- */
/* The verdict; *f becomes what is left, without the metadata of what passes. */
static uint32_t run(struct test *test, struct frame *f)
{
	struct frame out;
	size_t meta;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->bytes,
		    .data_size_in = (uint32_t)f->len, .data_out = out.bytes,
		    .data_size_out = sizeof(out.bytes), .repeat = 1);

	if (bpf_prog_test_run_opts(test->xdp.program, &opts))
		return UINT32_MAX;
	meta = opts.retval == XDP_PASS ? sizeof(struct fw_meta) : 0;
	f->len = opts.data_size_out - meta;
	memcpy(f->bytes, out.bytes + meta, f->len);
	return opts.retval;
}

static uint64_t counted(const struct test *test, enum fw_stat which)
{
	uint64_t value = 0;

	(void)kernel_stat(&test->xdp, which, &value);
	return value;
}

static void hold(struct test *test, const struct try *t, const char *what, bool so)
{
	if (so) {
		test->passed++;
		return;
	}
	test->failed++;
	fprintf(stderr, "FAIL %s: %s\n", t->name, what);
}

static bool same(const struct frame *a, const struct frame *b)
{
	if (a->len == b->len && !memcmp(a->bytes, b->bytes, a->len))
		return true;
	for (int k = 0; k < 2; k++) {
		const struct frame *f = k ? b : a;

		fputs(k ? "\n  want" : "  have", stderr);
		for (size_t i = 0; i < f->len; i++)
			fprintf(stderr, " %02x", f->bytes[i]);
	}
	fputc('\n', stderr);
	return false;
}

static void check_acks(struct test *test, const struct try *t,
		       const struct frame *answer)
{
	struct frame ack;

	make_ack(&ack, t, answer, 0);
	hold(test, t, "the ACK passes", run(test, &ack) == XDP_PASS);
	hold(test, t, "its cookie counts", counted(test, FW_STAT_XDP_COOKIE) == 1);
	make_ack(&ack, t, answer, 1u << 16);
	hold(test, t, "another ACK is dropped", run(test, &ack) == XDP_DROP);
	hold(test, t, "and counts", counted(test, FW_STAT_XDP_DROP_COOKIE) == 1);
}

static void check(struct test *test, const struct try *t)
{
	bool none = t->at || t->ip_options || t->port;
	struct frame f, before, want;
	uint32_t verdict;

	(void)kernel_zero_stats(&test->xdp);
	make_syn(&f, t);
	before = f;
	verdict = run(test, &f);
	hold(test, t, "SYNs", counted(test, FW_STAT_XDP_SYN) == 1);
	if (t->at == 1 || t->at == 7) {	/* known only where all else is done */
		hold(test, t, "no answer", verdict == XDP_DROP);
		return;
	}
	if (none) {
		hold(test, t, "it passes", verdict == XDP_PASS &&
		     counted(test, FW_STAT_XDP_SYN_PASSED) == 1);
		hold(test, t, "untouched", same(&f, &before));
		return;
	}
	hold(test, t, "an answer", verdict == XDP_TX);
	if (verdict != XDP_TX)
		return;
	make_answer(&want, t, &f);
	hold(test, t, "as it should be", same(&f, &want));
	check_acks(test, t, &f);
}

/* --- the place ------------------------------------------------------------ */
static bool set(const char *path, const char *value)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, value, strlen(value)) > 0;
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(fd, 16))
		return -1;
	return fd;
}

static bool make_place(void)
{
	static const char *const pairs[] = { "fwsyn" };

	kernel_namespace(pairs, 1);
	return set("/proc/sys/net/ipv4/tcp_syncookies", "2") &&
	       set("/proc/sys/net/ipv4/ip_forward", "1") &&
	       set("/proc/sys/net/ipv6/conf/all/forwarding", "1") &&
	       !system("ip address add 10.9.0.1/24 dev fwsyn0 && "
		       "ip address add fd09::1/64 dev fwsyn0 nodad && "
		       "ip address add 38.6.71.0/32 dev lo && "
		       "ip address add 2606:4700:200::3/128 dev lo nodad && "
		       "ip route add 38.6.72.9/32 via 10.9.0.2 && "
		       "ip route add 2606:4809:200::3/128 via fd09::2 && "
		       "ip route add 32.1.13.184/32 via 10.9.0.2 && "
		       "ip route add 2001:db8:100::2/128 via fd09::2");
}

/* `synproxy` for every packet. */
static int use_synproxy(struct test *test)
{
	static const struct fw_syn config = {
		.local = FW_SYN_WSCALE | FW_SYN_SACK | FW_SYN_TIMESTAMP,
		.local_wscale = LOCAL_WSCALE,
		.flags = FW_SYN_LOCAL | FW_SYN_FORWARD | FW_SYN_ROUTER,
		.of[1] = { MSS, WSCALE, FW_SYN_MSS | FW_SYN_WSCALE |
					FW_SYN_SACK | FW_SYN_TIMESTAMP },
	};
	struct fw_xdp_device device = { .device = "lo",
					.family = "netdev",
					.n_words = 1,
					.policy = FW_VERDICT_ACCEPT };
	struct fw_xdp_rule rules[RULES_MADE] = {
		{ .verdict = FW_VERDICT_SYNPROXY, .synproxy = 1 } };
	struct fw_plan *plan = fw_plan_new();
	int r = -ENOMEM;

	for (int i = 1; i < RULES_MADE; i++)
		rules[i].rule = FW_NO_RULE;
	if (plan) {
		plan->xdp.rules = rules;
		plan->xdp.n_rules = RULES_MADE;
		plan->xdp.devices = &device;
		plan->xdp.n_devices = 1;
		plan->options.mark_shift = 24;
		r = tables_build(plan);
	}
	if (!r)
		r = kernel_fill(&test->xdp, 0, plan, 0);
	if (!r)
		r = kernel_syn(&test->xdp, &test->syn, 0, &config);
	if (!r)
		r = kernel_control(&test->xdp, 1 << FW_CONTROL_EPOCH_SHIFT);
	fw_plan_unref(plan);
	return r;
}

int main(void)
{
	struct test test = { .passed = 0 };
	_cleanup_close_ int listener = -1;
	int r;

	kernel_needs();
	if (!make_place()) {
		fprintf(stderr, "needs /proc/sys and ip(8)\n");
		return 77;
	}
	listener = listen_on(80);
	r = listener < 0 ? -errno : kernel_open(&test.xdp, KERNEL_XDP, NULL);
	if (!r)
		r = kernel_open(&test.syn, KERNEL_SYN, &test.xdp);
	if (!r)
		r = use_synproxy(&test);
	if (r) {
		fprintf(stderr, "programs: %s\n", strerror(-r));
		return 1;
	}
	for (size_t i = 0; i < FW_ARRAY_SIZE(tries); i++)
		check(&test, &tries[i]);
	kernel_close(&test.syn);
	kernel_close(&test.xdp);
	printf("%u passed, %u failed\n", test.passed, test.failed);
	return test.failed != 0;
}
