/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flood of UDP packets, or of TCP SYNs, that costs next to nothing to make: frames go into a
 * device by BPF_PROG_TEST_RUN with live frames (Linux 5.18), so that what is
 * measured behind it is the receiver's filter and not the sender's sockets.
 *
 *	flood DEVICE MAC SOURCES DESTINATION SECONDS [syn | SPORT DPORT]
 *
 * Sends from DEVICE, in this namespace, to the neighbour with MAC, 65,536
 * different packets in turn: from the address SOURCES, or from random ones of
 * those that the file of this name lists, IPv4 networks or addresses, one a line;
 * to UDP port 9, or TCP port 80. With two ports: of that one UDP flow.
 * Prints `sent N in S seconds`. Needs root.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/abi.h"
#include "tests/bench/bench.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "tests/bench/packets.skel.h"
#pragma GCC diagnostic pop

#define BATCH 64
#define ROUND 65536u	/* frames a call */
#define SOURCES_MAX (1u << 20)

struct frame {
	struct ethhdr ether;
	struct iphdr ip;
	union {
		struct {
			struct udphdr udp;
			uint8_t data[18];
		} __attribute__((packed));
		struct {
			struct tcphdr tcp;
			uint8_t mss[4];		/* its option */
			uint8_t pad[2];
		} __attribute__((packed));
	};
} __attribute__((packed));
_Static_assert(sizeof(struct frame) == CORPUS_SIZE, "a packet of the corpus");

struct source {
	uint32_t first, size;	/* host order; how many addresses */
};

/* --- sources --------------------------------------------------------------- */
static size_t read_sources(const char *name, struct source *ret)
{
	uint32_t address = inet_addr(name);
	FILE *in = address == INADDR_NONE ? fopen(name, "r") : NULL;
	char line[64], *slash;
	size_t n = 0;

	if (address != INADDR_NONE) {
		ret[0] = (struct source){ ntohl(address), 1 };
		return 1;
	}
	if (!in)
		bench_die(name, errno);
	while (n < SOURCES_MAX && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = 0;
		slash = strchr(line, '/');
		if (slash)
			*slash = 0;
		ret[n].first = ntohl(inet_addr(line));
		ret[n++].size = slash ? 1u << (32 - atoi(slash + 1)) : 1;
	}
	(void)fclose(in);
	if (!n)
		bench_die(name, EINVAL);
	return n;
}

/* --- frames ---------------------------------------------------------------- */
/* size: even; sum: of what is not there */
static uint16_t checksum(const void *from, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i += 2) {
		uint16_t word;

		memcpy(&word, (const char *)from + i, sizeof(word));
		sum += word;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

static void make_udp(struct frame *frame, uint16_t port, uint16_t to)
{
	frame->udp.source = htons(port);
	frame->udp.dest = htons(to);
	frame->udp.len = htons(sizeof(frame->udp) + sizeof(frame->data));
}

static void make_syn(struct frame *frame, uint16_t port)
{
	static const uint8_t mss[4] = { 2, 4, 0x05, 0xb4 };	/* 1460 */
	const size_t size = sizeof(frame->tcp) + sizeof(mss);
	uint32_t pseudo = htons(IPPROTO_TCP) + htons((uint16_t)size) +
			  (frame->ip.saddr & 0xffff) + (frame->ip.saddr >> 16) +
			  (frame->ip.daddr & 0xffff) + (frame->ip.daddr >> 16);

	frame->tcp.source = htons(port);
	frame->tcp.dest = htons(80);
	frame->tcp.doff = size / 4;
	frame->tcp.syn = 1;
	frame->tcp.window = htons(64240);
	memcpy(frame->mss, mss, sizeof(mss));
	frame->tcp.check = checksum(&frame->tcp, size, pseudo);
}

static void make_frame(struct frame *frame, const struct ether_addr *to,
		       uint32_t source, uint16_t port, const char *destination,
		       bool syn)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = syn ? IPPROTO_TCP : IPPROTO_UDP,
		.tot_len = htons((uint16_t)(sizeof(*frame) -
					    sizeof(frame->ether) -
					    (syn ? sizeof(frame->pad) : 0))),
		.saddr = htonl(source),
		.daddr = inet_addr(destination),
	};

	memset(frame, 0, sizeof(*frame));
	memcpy(frame->ether.h_dest, to, ETH_ALEN);
	frame->ether.h_source[0] = 2;
	frame->ether.h_proto = htons(ETH_P_IP);
	ip.check = checksum(&ip, sizeof(ip), 0);
	frame->ip = ip;
	if (syn)
		make_syn(frame, port);
	else
		make_udp(frame, port, 9);
}

/* All alike. */
static void make_flow(char **argv, const struct ether_addr *to,
		      struct bench_corpus *corpus)
{
	struct frame frame;

	make_frame(&frame, to, ntohl(inet_addr(argv[3])), 0, argv[4], false);
	make_udp(&frame, (uint16_t)atoi(argv[6]), (uint16_t)atoi(argv[7]));
	for (uint32_t i = 0; i < CORPUS_PACKETS; i++)
		memcpy(corpus->packets[i], &frame, sizeof(frame));
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_corpus(char **argv, const struct ether_addr *to, bool syn,
			struct bench_corpus *corpus)
{
	static struct source sources[SOURCES_MAX];
	size_t n = read_sources(argv[3], sources);
	struct rng rng = { .state = 4 };

	for (uint32_t i = 0; i < CORPUS_PACKETS; i++) {
		const struct source *s = &sources[rng_below(&rng, (uint32_t)n)];
		struct frame frame;

		make_frame(&frame, to, s->first + rng_below(&rng, s->size),
			   (uint16_t)i, argv[4], syn);
		memcpy(corpus->packets[i], &frame, sizeof(frame));
	}
}

int main(int argc, char **argv)
{
	bool syn = argc == 7 && !strcmp(argv[6], "syn");
	bool usage = argc == 6 || syn || argc == 8;
	struct ether_addr *to = usage ? ether_aton(argv[2]) : NULL;
	static struct bench_corpus corpus;
	struct fw_packets_bpf *bpf;
	double start, seconds;
	uint64_t sent = 0;

	if (!to) {
		fprintf(stderr, "usage: flood DEVICE MAC SOURCES DESTINATION "
				"SECONDS [syn | SPORT DPORT]\n");
		return 64;
	}
	seconds = strtod(argv[5], NULL);
	bpf = fw_packets_bpf__open_and_load();
	if (!bpf)
		bench_die("programs", errno);
	if (argc == 8)
		make_flow(argv, to, &corpus);
	else
		make_corpus(argv, to, syn, &corpus);
	bench_fill(bpf_map__fd(bpf->maps.corpus), &corpus);
	bpf->bss->corpus_device = if_nametoindex(argv[1]);
	if (!bpf->bss->corpus_device)
		bench_die(argv[1], errno);
	start = now();
	while (now() - start < seconds) {
		LIBBPF_OPTS(bpf_test_run_opts, options,
			.data_in = corpus.packets[0],
			.data_size_in = CORPUS_SIZE,
			.repeat = ROUND,
			.batch_size = BATCH,
			.flags = BPF_F_TEST_XDP_LIVE_FRAMES);

		if (bpf_prog_test_run_opts(
			    bpf_program__fd(bpf->progs.corpus_flood), &options))
			bench_die("BPF_PROG_TEST_RUN", errno);
		sent += ROUND;
	}
	printf("sent %llu in %.3f seconds\n", (unsigned long long)sent,
	       now() - start);
	fw_packets_bpf__destroy(bpf);
	return 0;
}
