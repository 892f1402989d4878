/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes in TC egress's program: DSCP and checksums, what a packet costs, what
 * passes of a burst and of a flood.
 *
 * Catches, among others: a checksum that is not changed with the DSCP, ECN or a
 * flow label that is, a burst that is not heeded, a merged packet that costs as
 * one, a class that the other direction pays for, a packet without class that has
 * one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "kernel.h"
#include "util/cleanup.h"

#define NUMBER 77
#define CARRIER (FW_QOS_CARRIER | NUMBER << FW_QOS_NUMBER_SHIFT)
#define SECOND UINT64_C(1000000000)
#define FRAME_MAX 2048
#define ETHERNET 14

struct test {
	struct kernel egress;
	int classes;		/* the slot's table */
	unsigned passed, failed;
};

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t len, l3;
};

static void check(struct test *t, const char *what, uint64_t got, uint64_t lo,
		  uint64_t hi)
{
	if (got >= lo && got <= hi) {
		t->passed++;
		return;
	}
	t->failed++;
	fprintf(stderr, "FAIL %s: %" PRIu64 ", not %" PRIu64 " to %" PRIu64 "\n",
		what, got, lo, hi);
}

static void same(struct test *t, const char *what, uint64_t got, uint64_t want)
{
	check(t, what, got, want, want);
}

/* --- frames --------------------------------------------------------------- */
static uint16_t ip_sum(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_sum(uint8_t *ip)
{
	uint16_t sum;

	ip[10] = ip[11] = 0;
	sum = ip_sum(ip);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

/* With a payload of zeros; vlan: with a tag in the frame. */
static void make(struct frame *f, bool v6, bool vlan, uint8_t proto,
		 uint8_t tos, size_t payload)
{
	size_t l4 = proto == 6 ? 20 : 8, head = v6 ? 40 : 20;
	uint8_t *ip;

	memset(f, 0, sizeof(*f));
	f->l3 = vlan ? ETHERNET + 4 : ETHERNET;
	f->len = f->l3 + head + l4 + payload;
	memcpy(f->bytes + 12, vlan ? "\x81\0\0\5" : "", vlan ? 4 : 0);
	memcpy(f->bytes + f->l3 - 2, v6 ? "\x86\xdd" : "\x08\0", 2);
	ip = f->bytes + f->l3;
	if (v6) {
		ip[0] = (uint8_t)(0x60 | tos >> 4);
		ip[1] = (uint8_t)(tos << 4 | 0xa);	/* flow label */
		ip[4] = (uint8_t)((l4 + payload) >> 8);
		ip[5] = (uint8_t)(l4 + payload);
		ip[6] = proto;
		ip[7] = 64;
		ip[8] = 0xfd, ip[24] = 0xfd, ip[39] = 2;
	} else {
		ip[0] = 0x45;
		ip[1] = tos;
		ip[2] = (uint8_t)((head + l4 + payload) >> 8);
		ip[3] = (uint8_t)(head + l4 + payload);
		ip[8] = 64;
		ip[9] = proto;
		ip[12] = 10, ip[16] = 10, ip[19] = 2;
		put_sum(ip);
	}
	if (proto == 6)
		ip[head + 12] = 0x50;
}

/* In place: the header as a class with this DSCP leaves it. */
static void expect_dscp(struct frame *f, bool v6, uint8_t dscp)
{
	uint8_t *ip = f->bytes + f->l3;

	if (v6) {
		ip[0] = (uint8_t)(0x60 | dscp >> 2);
		ip[1] = (uint8_t)((ip[1] & 0x3f) | dscp << 6);
		return;
	}
	ip[1] = (uint8_t)((ip[1] & 3) | dscp << 2);
	put_sum(ip);
}

/* --- the program ------------------------------------------------------------ */
static int set_class(struct test *t, const struct fw_qos *qos)
{
	uint32_t key = NUMBER, index = FW_QOS_INDEX(NUMBER, 0);
	const uint64_t never = 0;
	int r = bpf_map_update_elem(t->classes, &key, qos, BPF_ANY);

	for (int i = 0; !r && i < 2; i++, index++)
		r = bpf_map_update_elem(kernel_map(&t->egress, "qos_state"),
					&index, &never, BPF_ANY);
	return r;
}

static uint64_t until(struct test *t)
{
	uint32_t index = FW_QOS_INDEX(NUMBER, 0);
	uint64_t value = 0;

	(void)bpf_map_lookup_elem(kernel_map(&t->egress, "qos_state"), &index,
				  &value);
	return value;
}

static struct fw_qos_counter counted(struct test *t, bool reply)
{
	uint32_t index = FW_QOS_INDEX(NUMBER, reply);
	size_t n = (size_t)libbpf_num_possible_cpus();
	_cleanup_free_ struct fw_qos_counter *of = calloc(n, sizeof(*of));
	struct fw_qos_counter sum = {0};

	if (!of || bpf_map_lookup_elem(kernel_map(&t->egress, "tc_stats"),
				       &index, of))
		return sum;
	for (size_t i = 0; i < n; i++) {
		sum.packets += of[i].packets;
		sum.bytes += of[i].bytes;
		sum.dropped += of[i].dropped;
		sum.marked += of[i].marked;
	}
	return sum;
}

/* One packet of so many segments, repeat times; ret: as it leaves. */
static int run(struct test *t, const struct frame *f, uint32_t *priority,
	       uint32_t segments, int repeat, struct frame *ret)
{
	struct __sk_buff in = {
		.priority = *priority,
		.gso_segs = segments > 1 ? segments : 0,
		.gso_size = segments > 1 ? 1000 : 0,
	};
	struct __sk_buff out = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->bytes,
		    .data_size_in = (uint32_t)f->len, .data_out = ret->bytes,
		    .data_size_out = sizeof(ret->bytes), .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .ctx_out = &out,
		    .ctx_size_out = sizeof(out), .repeat = repeat);

	if (bpf_prog_test_run_opts(t->egress.program, &opts))
		return -errno;
	ret->len = opts.data_size_out;
	*priority = out.priority;
	return (int)opts.retval;
}

/* --- tests ---------------------------------------------------------------- */
static void test_dscp(struct test *t, bool v6, bool vlan)
{
	struct fw_qos_counter before = counted(t, false);
	struct frame f, out;
	unsigned changed = 0;

	for (unsigned dscp = 0; dscp < 64; dscp++) {
		struct fw_qos qos = {.flags = FW_QOS_KNOWN | FW_QOS_DSCP,
				     .dscp = (uint8_t)dscp};
		uint8_t tos = (uint8_t)(dscp * 37 + 11);
		uint32_t priority = CARRIER;

		make(&f, v6, vlan, 17, tos, 100);
		changed += tos >> 2 != dscp;
		same(t, "class", (uint64_t)set_class(t, &qos), 0);
		same(t, "passes", (uint32_t)run(t, &f, &priority, 1, 1, &out),
		     (uint32_t)TC_ACT_UNSPEC);
		expect_dscp(&f, v6, (uint8_t)dscp);
		same(t, vlan ? "tagged" : v6 ? "IPv6" : "IPv4",
		     out.len == f.len && !memcmp(out.bytes, f.bytes, f.len), 1);
	}
	same(t, "marked", counted(t, false).marked - before.marked, changed);
}

static void test_priority(struct test *t)
{
	struct fw_qos qos = {.flags = FW_QOS_KNOWN | FW_QOS_PRIORITY,
			     .priority = 0x1001e};
	struct fw_qos_counter before[2] = {counted(t, false), counted(t, true)};
	uint32_t priority = CARRIER;
	struct frame f, out;

	make(&f, false, false, 17, 0x10, 10);
	same(t, "class", (uint64_t)set_class(t, &qos), 0);
	(void)run(t, &f, &priority, 1, 1, &out);
	same(t, "priority of the class", priority, 0x1001e);
	priority = CARRIER | FW_QOS_REPLY;
	(void)run(t, &f, &priority, 1, 1, &out);
	same(t, "originals", counted(t, false).packets - before[0].packets, 1);
	same(t, "replies", counted(t, true).packets - before[1].packets, 1);
	priority = CARRIER + (1 << FW_QOS_NUMBER_SHIFT);
	(void)run(t, &f, &priority, 1, 1, &out);
	same(t, "priority without a class", priority, 6);
	priority = 3;
	(void)run(t, &f, &priority, 1, 1, &out);
	same(t, "priority that tells of none", priority, 3);
	same(t, "no others", counted(t, false).packets - before[0].packets, 1);
}

/* A bucket that stays full of debts: what each packet adds is exact. */
static void test_cost(struct test *t)
{
	static const struct {
		const char *what;
		bool v6;
		uint8_t proto;
		size_t payload;
		uint32_t segments;
		uint64_t bytes;
	} cases[] = {
		{"UDP", false, 17, 100, 1, 128},
		{"TCP over IPv6", true, 6, 100, 1, 160},
		{"merged TCP", false, 6, 1500, 2, 1500 + 2 * 40},
		{"merged UDP over IPv6", true, 17, 1800, 2, 1800 + 2 * 48},
	};
	struct fw_qos qos = {.flags = FW_QOS_KNOWN, .period = SECOND,
			     .rate = 1000, .depth = SECOND * 3600};
	struct frame f, out;

	same(t, "class", (uint64_t)set_class(t, &qos), 0);
	for (size_t i = 0; i < FW_ARRAY_SIZE(cases); i++) {
		struct fw_qos_counter before = counted(t, false);
		uint32_t priority = CARRIER;
		uint64_t was;

		make(&f, cases[i].v6, false, cases[i].proto, 0,
		     cases[i].payload);
		(void)run(t, &f, &priority, 1, 1, &out);
		was = until(t);
		before = counted(t, false);
		priority = CARRIER;
		(void)run(t, &f, &priority, cases[i].segments, 1, &out);
		same(t, cases[i].what, (until(t) - was) / (SECOND / 1000),
		     cases[i].bytes);
		same(t, "bytes", counted(t, false).bytes - before.bytes,
		     cases[i].bytes);
		same(t, "packets", counted(t, false).packets - before.packets,
		     cases[i].segments);
	}
}

/* Of a class whose priority is its own carrier, so that each round has it. */
static void flood(struct test *t, int n)
{
	uint32_t priority = CARRIER;
	struct frame f, out;

	make(&f, false, false, 17, 0, 972);	/* 1,000 of IP */
	same(t, "a flood", (uint32_t)run(t, &f, &priority, 1, n, &out) ==
			   (uint32_t)-EINVAL, 0);
}

static void test_burst(struct test *t)
{
	/* 1 byte a second; so many at once */
	struct fw_qos qos = {.period = SECOND, .rate = 1,
			     .depth = SECOND * 20000,
			     .flags = FW_QOS_KNOWN | FW_QOS_PRIORITY,
			     .priority = CARRIER};
	struct fw_qos_counter before = counted(t, false), after;

	same(t, "class", (uint64_t)set_class(t, &qos), 0);
	flood(t, 100);
	after = counted(t, false);
	same(t, "of a burst", after.packets - before.packets, 21);
	same(t, "beyond it", after.dropped - before.dropped, 79);
}

static uint64_t now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static void test_rate(struct test *t)
{
	const uint64_t rate = 100000000, depth = SECOND / 20;
	struct fw_qos qos = {.period = SECOND, .rate = rate, .depth = depth,
			     .flags = FW_QOS_KNOWN | FW_QOS_PRIORITY,
			     .priority = CARRIER};
	struct fw_qos_counter before = counted(t, false), after;
	uint64_t start, ns, last = 0, steady = 0;

	same(t, "class", (uint64_t)set_class(t, &qos), 0);
	start = now();
	do {
		flood(t, 2000);
		ns = now() - start;
		/* Who is kept off the CPU for longer than the burst lasts lets
		 * some of the rate go by. */
		if (ns - last < depth / 2)
			steady += ns - last;
		last = ns;
	} while (steady < SECOND / 2 && ns < 20 * SECOND);
	after = counted(t, false);
	check(t, "time of a flood", steady, SECOND / 2, UINT64_MAX);
	check(t, "bytes of a flood", after.bytes - before.bytes,
	      rate / 100 * 98 / 10000 * steady / 100000,
	      (rate / 100 * 102 / 10000 * ns / 100000) + rate / 20 + 1000);
	check(t, "a flood it was", after.dropped - before.dropped, 1000,
	      UINT64_MAX);
}

static int open_all(struct test *t)
{
	uint32_t slot = 0;
	int r = kernel_open(&t->egress, KERNEL_ROAD, NULL);

	if (r)
		return r;
	t->classes = bpf_map_create(BPF_MAP_TYPE_ARRAY, "qos", sizeof(uint32_t),
				    sizeof(struct fw_qos), FW_QOS_CLASSES,
				    NULL);
	if (t->classes < 0)
		return -errno;
	return bpf_map_update_elem(kernel_map(&t->egress, "qos_profiles"),
				   &slot, &t->classes, BPF_ANY);
}

int main(void)
{
	struct test t = {0};

	if (open_all(&t)) {
		perror("the program");
		return 1;
	}
	test_dscp(&t, false, false);
	test_dscp(&t, true, false);
	test_dscp(&t, false, true);
	test_dscp(&t, true, true);
	test_priority(&t);
	test_cost(&t);
	test_burst(&t);
	test_rate(&t);
	kernel_close(&t.egress);
	printf("%u held, %u did not\n", t.passed, t.failed);
	return t.failed ? 1 : 0;
}
