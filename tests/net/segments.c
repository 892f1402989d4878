/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP segments that belong to nothing, each from a source of its own.
 *
 *	segments syn|ack DESTINATION PORT COUNT SECONDS
 *
 * Sends COUNT of them (0: as many as it can), for SECONDS at most or until
 * SIGTERM comes, from 198.18.0.0/15 or fd07:99::/64, and prints `sent N`. An ACK
 * acknowledges a number that nobody has sent. Exit 1 on an error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define OPTIONS 20

static const uint8_t options[OPTIONS] = {
	2, 4, 0x05, 0xb4,			/* MSS 1460 */
	4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0,	/* SACK, timestamp */
	1, 3, 3, 7,				/* window scale */
};

struct segment {
	struct tcphdr tcp;
	uint8_t options[OPTIONS];
};

struct packet4 {
	struct iphdr ip;
	struct segment segment;
};

struct packet6 {
	struct ip6_hdr ip;
	struct segment segment;
};

static volatile sig_atomic_t ended;

static void end(int number)
{
	(void)number;
	ended = 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "segments: %s: %s\n", what, strerror(errno));
	return 1;
}

/* xorshift64*: no need for more */
static uint32_t any(void)
{
	static uint64_t state;

	if (!state)
		state = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid() << 1 ^ 1;
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * 0x2545f4914f6cdd1dULL >> 32);
}

static uint32_t sum(const void *from, size_t size)
{
	const uint8_t *bytes = from;
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

/* addresses: of the IP header, both */
static void make_segment(struct segment *s, bool syn, uint16_t port,
			 const void *addresses, size_t size)
{
	uint32_t check;

	memset(s, 0, sizeof(*s));
	s->tcp.source = htons((uint16_t)(1024 + any() % 60000));
	s->tcp.dest = htons(port);
	s->tcp.seq = any();
	s->tcp.doff = sizeof(*s) / 4;
	s->tcp.th_flags = syn ? TH_SYN : TH_ACK;
	s->tcp.ack_seq = syn ? 0 : any();
	s->tcp.window = htons(64240);
	memcpy(s->options, options, sizeof(options));
	check = sum(s, sizeof(*s)) + sum(addresses, size) + IPPROTO_TCP +
		(uint32_t)sizeof(*s);
	check = (check & 0xffff) + (check >> 16);
	s->tcp.check = htons((uint16_t)~(check + (check >> 16)));
}

/* The kernel fills in what is left of the header. */
static size_t make4(struct packet4 *p, bool syn, const struct in_addr *to,
		    uint16_t port)
{
	memset(&p->ip, 0, sizeof(p->ip));
	p->ip.version = 4;
	p->ip.ihl = 5;
	p->ip.ttl = 64;
	p->ip.protocol = IPPROTO_TCP;
	p->ip.saddr = htonl(0xc6120000 | any() % 0x1ffff);
	p->ip.daddr = to->s_addr;
	make_segment(&p->segment, syn, port, &p->ip.saddr, 8);
	return sizeof(*p);
}

static size_t make6(struct packet6 *p, bool syn, const struct in6_addr *to,
		    uint16_t port)
{
	static const uint8_t net[8] = { 0xfd, 0x07, 0x00, 0x99 };

	memset(&p->ip, 0, sizeof(p->ip));
	p->ip.ip6_flow = htonl(6u << 28);
	p->ip.ip6_plen = htons(sizeof(p->segment));
	p->ip.ip6_nxt = IPPROTO_TCP;
	p->ip.ip6_hlim = 64;
	memcpy(&p->ip.ip6_src, net, sizeof(net));
	for (size_t i = 2; i < 4; i++)
		p->ip.ip6_src.s6_addr32[i] = any();
	p->ip.ip6_dst = *to;
	make_segment(&p->segment, syn, port, &p->ip.ip6_src, 32);
	return sizeof(*p);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	union {
		struct packet4 v4;
		struct packet6 v6;
	} packet;
	uint64_t sent = 0, count;
	bool is4, syn;
	uint16_t port;
	int fd, on = 1;

	if (argc != 6) {
		fprintf(stderr, "usage: segments syn|ack DESTINATION PORT COUNT "
				"SECONDS\n");
		return 64;
	}
	syn = !strcmp(argv[1], "syn");
	is4 = inet_pton(AF_INET, argv[2], &to4.sin_addr) == 1;
	if (!is4 && inet_pton(AF_INET6, argv[2], &to6.sin6_addr) != 1)
		return fail(argv[2]);
	port = (uint16_t)strtoul(argv[3], NULL, 10);
	count = strtoull(argv[4], NULL, 10);
	signal(SIGTERM, end);
	signal(SIGALRM, end);
	alarm((unsigned)strtoul(argv[5], NULL, 10));
	fd = socket(is4 ? AF_INET : AF_INET6, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0 || (!is4 && setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &on,
					  sizeof(on))))
		return fail("socket");
	while (!ended && (!count || sent < count)) {
		size_t size = is4 ? make4(&packet.v4, syn, &to4.sin_addr, port) :
				    make6(&packet.v6, syn, &to6.sin6_addr, port);
		const void *to = is4 ? (const void *)&to4 : (const void *)&to6;
		socklen_t length = is4 ? sizeof(to4) : sizeof(to6);

		if (sendto(fd, &packet, size, 0, to, length) >= 0)
			sent++;
		else if (errno != ENOBUFS && errno != EINTR)
			return fail("send");
	}
	printf("sent %" PRIu64 "\n", sent);
	return 0;
}
