/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket filters on real sockets: which packets become messages, what these
 * hold, and how often. Frames go into one end of a veth pair; the filter watches
 * at the other end, and on a second pair that the kernel forwards to. The same
 * frames are read as a monitor without programs reads them, to the same end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "frame.h"
#include "kernel.h"
#include "monitor/seen.h"
#include "util/cleanup.h"

struct test {
	struct kernel kernel, dns;
	struct ring_buffer *ring;
	int in, out;		/* watching sockets */
	int sender;
	struct fw_message last;
	uint8_t payload[FW_MESSAGE_MAX];	/* the last one's */
	unsigned events;
	unsigned passed, failed;
};

static void check(struct test *t, bool good, const char *name, const char *what)
{
	if (good) {
		t->passed++;
		return;
	}
	t->failed++;
	fprintf(stderr, "FAIL %s: %s\n", name, what);
}

/* --- frames --------------------------------------------------------------- */
struct question {
	const char *name;	/* of the case */
	const char *labels;	/* wire form without the root's 0 */
	size_t labels_len;
	uint16_t flags, questions, qtype, dport;
	uint8_t family;
	bool tagged;
	bool hop_by_hop;	/* IPv6 with an extension header */
	size_t cut;		/* bytes left out of the message's end */
	size_t pad;		/* bytes behind the packet */
	enum fw_stat stat;	/* that it raises, besides packets */
	bool counted;		/* stat is valid */
	bool event;
	bool answer;		/* an event, and no query */
};

/* The message behind the UDP header; returns its size. */
static size_t put_message(struct frame *f, const struct question *q)
{
	size_t start = f->len;

	put16(f, 0xbeef);
	put16(f, q->flags);
	put16(f, q->questions);
	put16(f, 0);
	put16(f, 0);
	put16(f, 0);
	put(f, q->labels, q->labels_len);
	put(f, "", 1);
	put16(f, q->qtype);
	put16(f, 1);
	f->len -= q->cut;
	return f->len - start;
}

static const uint8_t client4[] = {10, 1, 0, 2}, server4[] = {10, 2, 0, 2};
static const uint8_t client6[16] = {0x20, 1, 0xd, 0xb8, 1, [15] = 2};
static const uint8_t server6[16] = {0x20, 1, 0xd, 0xb8, 2, [15] = 2};

static void put_ip(struct frame *f, const struct question *q, size_t udp)
{
	if (q->family == 4) {
		put(f, "\x45\x00", 2);
		put16(f, (uint32_t)(20 + udp));
		put(f, "\x00\x01\x00\x00\x40\x11\x00\x00", 8);
		put(f, client4, 4);
		put(f, server4, 4);
		return;
	}
	put(f, "\x60\x00\x00\x00", 4);
	put16(f, (uint32_t)(udp + (q->hop_by_hop ? 8 : 0)));
	put(f, q->hop_by_hop ? "\x00\x40" : "\x11\x40", 2);
	put(f, client6, 16);
	put(f, server6, 16);
	if (q->hop_by_hop)
		put(f, "\x11\x00\x01\x04\x00\x00\x00\x00", 8);
}

/* IPv4's header checksum, RFC 791, for packets that are to be forwarded. */
static void sum_ip(uint8_t *ip)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

static void make_frame(struct frame *f, const struct question *q,
		       const uint8_t to[6])
{
	struct frame message = {.len = 0};
	size_t size = put_message(&message, q), ip;

	f->len = 0;
	put(f, to, 6);
	put(f, "\x02\x00\x00\x00\x00\x01", 6);
	if (q->tagged)
		put(f, "\x81\x00\x00\x07", 4);
	put16(f, q->family == 4 ? ETH_P_IP : ETH_P_IPV6);
	ip = f->len;
	put_ip(f, q, 8 + size);
	if (q->family == 4)
		sum_ip(f->bytes + ip);
	put16(f, 40000);
	put16(f, q->dport);
	put16(f, (uint32_t)(8 + size));
	put16(f, 0);
	put(f, message.bytes, message.len);
	memset(f->bytes + f->len, 0, q->pad);
	f->len += q->pad;
}

/* --- sockets -------------------------------------------------------------- */
static int open_socket(const char *device, uint16_t protocol)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)if_nametoindex(device),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)) != 0) {
		perror(device);
		exit(1);
	}
	return fd;
}

static int open_watch(struct test *t, const char *device)
{
	int program = t->kernel.program, fd = open_socket(device, 0);
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(device),
	};

	/* The filter first: nothing may reach the socket without. */
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &program,
		       sizeof(program)) != 0 ||
	    bind(fd, (void *)&address, sizeof(address)) != 0) {
		perror("watch");
		exit(1);
	}
	return fd;
}

static int on_event(void *ctx, void *data, size_t size)
{
	struct test *t = ctx;

	memcpy(&t->last, data, sizeof(t->last));
	if (size == sizeof(t->last) + t->last.kept)
		memcpy(t->payload, (uint8_t *)data + sizeof(t->last),
		       t->last.kept);
	else
		t->last.kept = 0;
	t->events++;
	return 0;
}

/* Frames are received before send() returns, or shortly after: events that
 * must not come are looked for a little longer. */
static void send_frame(struct test *t, const struct frame *f, bool expected)
{
	t->events = 0;
	if (send(t->sender, f->bytes, f->len, 0) != (ssize_t)f->len)
		perror("send");
	for (int i = 0; i < 50 && !(expected && t->events); i++) {
		(void)ring_buffer__poll(t->ring, expected ? 100 : 0);
		if (!expected && i > 2)
			break;
	}
	(void)ring_buffer__consume(t->ring);
}

static void device_address(struct test *t, const char *name, uint8_t ret[6])
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(t->sender, SIOCGIFHWADDR, &request) != 0)
		perror(name);
	memcpy(ret, request.ifr_hwaddr.sa_data, 6);
}

/* --- cases ---------------------------------------------------------------- */
#define LABELS(text) text, sizeof(text) - 1
#define L63 "\x3f" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define WWW LABELS("\3www\7example\3org")

static const struct question questions[] = {
	{"a question", WWW, 0x0100, 1, 28, 53, 4, .event = true},
	{"over IPv6", WWW, 0x0100, 1, 1, 53, 6, .event = true},
	{"behind an extension", WWW, 0x0100, 1, 1, 53, 6, .hop_by_hop = true,
	 .event = true},
	{"with a tag", WWW, 0x0100, 1, 1, 53, 4, .tagged = true, .event = true},
	{"the root", LABELS(""), 0, 1, 2, 53, 4, .event = true},
	{"upper case", LABELS("\3WWW\2eX"), 0, 1, 1, 53, 4, .event = true},
	{"255 bytes", LABELS(L63 L63 L63 "\x3d"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	 0, 1, 1, 53, 4, .event = true},
	{"an answer", WWW, 0x8180, 1, 1, 53, 4, .event = true, .answer = true},
	{"another port", WWW, 0x0100, 1, 1, 54, 4, .event = false},
	{"two questions", WWW, 0x0100, 2, 1, 53, 4, .event = true},
	{"whole, and padding behind", WWW, 0x0100, 1, 1, 53, 4, .pad = 9,
	 .event = true},
	{"cut in the header", WWW, 0x0100, 1, 1, 53, 4, .cut = 22,
	 .counted = true, .stat = FW_STAT_DNS_ODD},
	{"cut behind the header", WWW, 0x0100, 1, 1, 53, 4, .cut = 17,
	 .event = true},
};

static uint64_t stat(struct test *t, enum fw_stat which)
{
	uint64_t value = 0;

	(void)kernel_stat(&t->kernel, which, &value);
	return value;
}

static bool same_place(const struct fw_seen *s, const struct question *q)
{
	size_t size = q->family == 4 ? 4 : 16;

	return s->family == q->family && s->proto == 17 &&
	       s->sport == 40000 && s->dport == 53 &&
	       s->vlan == (q->tagged ? 7 : 0) &&
	       !memcmp(s->mac, "\x02\x00\x00\x00\x00\x01", 6) &&
	       !memcmp(s->src, q->family == 4 ? client4 : client6, size) &&
	       !memcmp(s->dst, q->family == 4 ? server4 : server6, size);
}

static bool same_payload(const struct fw_seen *s, const struct question *q)
{
	struct frame message = {.len = 0};
	size_t size = put_message(&message, q);

	return s->len == size && s->length == size && s->whole &&
	       !memcmp(s->payload, message.bytes, size);
}

static bool event_good(const struct test *t, const struct question *q)
{
	struct fw_seen seen;

	return t->last.watcher == FW_WATCHER_DNS && !t->last.flags &&
	       fw_seen_message(&t->last, t->payload, &seen) && seen.time_ns &&
	       seen.ifindex == if_nametoindex("fwa0") && same_place(&seen, q) &&
	       same_payload(&seen, q);
}

/* Read without programs, it is the same. */
static bool frame_good(const struct frame *frame, const struct question *q)
{
	struct fw_seen seen;
	bool read = fw_seen_frame(frame->bytes, frame->len, 0, &seen);

	if (!read || fw_seen_watcher(&seen) != FW_WATCHER_DNS)
		return !q->event && !q->counted;
	return same_place(&seen, q) && same_payload(&seen, q);
}

static const uint8_t nobody[6] = {2, 0, 0, 0, 0, 9};

static void run_question(struct test *t, const struct question *q)
{
	uint64_t queries = stat(t, FW_STAT_DNS_QUERIES);
	uint64_t odd = stat(t, FW_STAT_DNS_ODD);
	struct frame frame;

	make_frame(&frame, q, nobody);
	send_frame(t, &frame, q->event);
	check(t, t->events == q->event, q->name, "number of events");
	if (q->event)
		check(t, event_good(t, q), q->name, "the event");
	check(t, frame_good(&frame, q), q->name, "the frame");
	check(t, stat(t, FW_STAT_DNS_QUERIES) - queries ==
			 (q->event && !q->answer), q->name,
	      "queries counted");
	check(t, stat(t, FW_STAT_DNS_ODD) - odd == q->counted, q->name,
	      "odd ones counted");
}

static int watch(struct test *t, bool in, bool out)
{
	uint32_t devices[2], n = 0;

	if (in)
		devices[n++] = if_nametoindex("fwa0");
	if (out)
		devices[n++] = if_nametoindex("fwb0");
	return kernel_watch(&t->kernel, 0, devices, n);
}

/* A question that comes in on fwa0 and leaves on fwb0: as many messages as devices
 * see it, the second of which says that it was forwarded. */
static void run_forwarded(struct test *t, bool in, bool out, const char *name)
{
	unsigned expected = (unsigned)in + out;
	uint64_t queries = stat(t, FW_STAT_DNS_QUERIES);
	struct frame frame;
	uint8_t to[6];

	device_address(t, "fwa0", to);
	make_frame(&frame, &questions[0], to);
	if (watch(t, in, out))
		check(t, false, name, "watch");
	send_frame(t, &frame, expected);
	/* Forwarding comes after the first event: once more, until both could
	 * have been here. */
	for (int i = 0; i < 50 && t->events < expected; i++)
		(void)ring_buffer__poll(t->ring, 100);
	(void)ring_buffer__poll(t->ring, 100);
	check(t, t->events == expected, name, "number of events");
	check(t, stat(t, FW_STAT_DNS_QUERIES) - queries == (in || out), name,
	      "queries counted");
	if (!expected)
		return;
	check(t, t->last.ifindex == if_nametoindex(out ? "fwb0" : "fwa0"), name,
	      "the event's device");
	check(t, t->last.flags == (out ? FW_MESSAGE_OUT |
					 (in ? FW_MESSAGE_FORWARDED : 0) : 0),
	      name, "the event's flags");
}

/* A question that leaves by the device that it came in on. */
static void run_hairpin(struct test *t)
{
	struct frame frame;
	uint8_t to[6];

	device_address(t, "fwa0", to);
	make_frame(&frame, &questions[0], to);
	/* To 10.1.0.9, behind fwa0. */
	memcpy(frame.bytes + 14 + 16, (const uint8_t[]){10, 1, 0, 9}, 4);
	memset(frame.bytes + 14 + 10, 0, 2);
	sum_ip(frame.bytes + 14);
	if (watch(t, true, true))
		check(t, false, "hairpin", "watch");
	send_frame(t, &frame, true);
	for (int i = 0; i < 50 && t->events < 2; i++)
		(void)ring_buffer__poll(t->ring, 100);
	check(t, t->events == 2, "hairpin", "number of events");
	check(t, t->last.flags == (FW_MESSAGE_OUT | FW_MESSAGE_FORWARDED),
	      "hairpin", "the event's flags");
}

/* One's own questions leave without having come in. */
static void run_own(struct test *t)
{
	struct frame frame;
	int sender = t->sender;

	make_frame(&frame, &questions[0], nobody);
	t->sender = open_socket("fwa0", 0);
	if (watch(t, true, true))
		check(t, false, "own", "watch");
	send_frame(t, &frame, true);
	check(t, t->events == 1, "own question", "number of events");
	(void)close(t->sender);
	t->sender = sender;
}

/* Of too many messages some are left out, or lost in a full ring, and either is
 * counted: no packet goes unseen in silence. */
static void run_full(struct test *t)
{
	uint64_t lost = stat(t, FW_STAT_MESSAGES_LOST);
	uint64_t left = stat(t, FW_STAT_MESSAGES_LEFT_OUT);
	uint64_t packets = stat(t, FW_STAT_DNS_PACKETS);
	struct frame frame;
	unsigned sent = 30000;

	(void)ring_buffer__consume(t->ring);
	make_frame(&frame, &questions[0], nobody);
	for (unsigned i = 0; i < sent; i++)
		if (send(t->sender, frame.bytes, frame.len, 0) < 0)
			sent--;
	t->events = 0;
	(void)ring_buffer__consume(t->ring);
	lost = stat(t, FW_STAT_MESSAGES_LOST) - lost;
	left = stat(t, FW_STAT_MESSAGES_LEFT_OUT) - left;
	packets = stat(t, FW_STAT_DNS_PACKETS) - packets;
	check(t, lost + left > 0, "full ring", "nothing was lost");
	check(t, packets == sent, "full ring", "packets counted");
	check(t, lost + left + t->events == sent, "full ring",
	      "lost ones counted");
}

/* A TCP segment to port 53 is a message without the headers' options; one
 * without payload is none. */
static void run_segment(struct test *t, size_t payload)
{
	static const uint8_t ip[] = {0x45, 0, 0, 0, 0, 1, 0, 0, 64, 6, 0, 0};
	struct frame f = {.len = 0};

	put(&f, nobody, 6);
	put(&f, "\x02\x00\x00\x00\x00\x01\x08\x00", 8);
	put(&f, ip, sizeof(ip));
	put(&f, client4, 4);
	put(&f, server4, 4);
	put16(&f, 40000);
	put16(&f, 53);
	put(&f, "\0\0\x12\x34\0\0\0\0\x80\x18\1\0\0\0\0\0", 16);
	put(&f, "\1\1\1\1\1\1\1\1\1\1\1\1", 12);
	for (size_t i = 0; i < payload; i++)
		put(&f, "x", 1);
	f.bytes[17] = (uint8_t)(f.len - 14);
	sum_ip(f.bytes + 14);
	send_frame(t, &f, payload);
	check(t, t->events == (payload ? 1 : 0), "a segment", "messages");
	if (payload)
		check(t, t->last.kept == payload && t->payload[0] == 'x' &&
				 t->last.seq == 0x1234 &&
				 t->last.tcp_flags == 0x18,
		      "a segment", "the message");
}

static int set_up(struct test *t)
{
	static const char routes[] =
		"ip addr add 10.1.0.1/24 dev fwa0 && "
		"ip addr add 10.2.0.1/24 dev fwb0 && "
		"ip neigh add 10.1.0.9 lladdr 02:00:00:00:00:19 dev fwa0 && "
		"ip neigh add 10.2.0.2 lladdr 02:00:00:00:00:22 dev fwb0 && "
		"sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0";
	int r = kernel_open(&t->kernel, KERNEL_WATCH, NULL);

	if (!r)
		r = kernel_open(&t->dns, KERNEL_DNS, &t->kernel);
	if (!r)
		r = kernel_watcher(&t->kernel, &t->dns);

	if (r)
		return r;
	if (system(routes) != 0)
		return -EINVAL;
	t->ring = ring_buffer__new(kernel_map(&t->kernel, "watched"), on_event, t,
				   NULL);
	if (!t->ring)
		return -errno;
	t->in = open_watch(t, "fwa0");
	t->out = open_watch(t, "fwb0");
	t->sender = open_socket("fwa1", 0);
	r = kernel_control(&t->kernel, 1 << FW_CONTROL_EPOCH_SHIFT);
	return r ? r : watch(t, true, true);
}

int main(void)
{
	static const char *const pairs[] = {"fwa", "fwb"};
	static struct test t;
	char byte;
	int r;

	kernel_namespace(pairs, FW_ARRAY_SIZE(pairs));
	r = set_up(&t);
	if (r) {
		fprintf(stderr, "set up: %s\n", strerror(-r));
		return 1;
	}
	for (size_t i = 0; i < FW_ARRAY_SIZE(questions); i++)
		run_question(&t, &questions[i]);
	run_segment(&t, 40);
	run_segment(&t, 0);
	run_own(&t);
	run_forwarded(&t, true, true, "watched on both");
	run_forwarded(&t, false, true, "watched where it leaves");
	run_forwarded(&t, true, false, "watched where it comes in");
	run_forwarded(&t, false, false, "watched nowhere");
	(void)watch(&t, true, true);
	run_hairpin(&t);
	run_full(&t);
	check(&t, recv(t.in, &byte, 1, MSG_DONTWAIT) < 0, "socket",
	      "a packet was copied to it");
	ring_buffer__free(t.ring);
	kernel_close(&t.dns);
	kernel_close(&t.kernel);
	printf("%u passed, %u failed\n", t.passed, t.failed);
	return t.failed != 0;
}
