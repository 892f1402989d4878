/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flood of UDP packets that costs next to nothing to make: frames go into a
 * device by BPF_PROG_TEST_RUN with live frames (Linux 5.18), so that what is
 * measured behind it is the receiver's filter and not the sender's sockets.
 *
 *	flood DEVICE MAC SOURCE DESTINATION SECONDS
 *
 * Sends from DEVICE, in this namespace, to the neighbour with MAC. Prints
 * `sent N in S seconds`. Needs root.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 64
#define ROUND 65536u	/* frames a call */

struct frame {
	struct ethhdr ether;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t data[18];
} __attribute__((packed));

/* r1 = ifindex, r2 = 0, call bpf_redirect, exit: each frame out of DEVICE. */
static int load_redirect(unsigned ifindex)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1,
		  .imm = (int)ifindex },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "flood", "GPL", program,
			     sizeof(program) / sizeof(program[0]), NULL);
}

static uint16_t ip_checksum(const struct iphdr *ip)
{
	uint16_t words[sizeof(*ip) / 2];
	uint32_t sum = 0;

	memcpy(words, ip, sizeof(*ip));
	for (size_t i = 0; i < sizeof(*ip) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

static void make_frame(struct frame *frame, const struct ether_addr *to,
		       const char *source, const char *destination)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.tot_len = htons(sizeof(*frame) - sizeof(frame->ether)),
		.saddr = inet_addr(source),
		.daddr = inet_addr(destination),
	};

	memset(frame, 0, sizeof(*frame));
	memcpy(frame->ether.h_dest, to, ETH_ALEN);
	frame->ether.h_source[0] = 2;
	frame->ether.h_proto = htons(ETH_P_IP);
	ip.check = ip_checksum(&ip);
	frame->ip = ip;
	frame->udp.source = htons(1024);
	frame->udp.dest = htons(9);
	frame->udp.len = htons(sizeof(frame->udp) + sizeof(frame->data));
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct ether_addr *to = argc == 6 ? ether_aton(argv[2]) : NULL;
	struct frame frame;
	double start, seconds;
	uint64_t sent = 0;
	unsigned ifindex;
	int program;

	if (!to) {
		fprintf(stderr, "usage: flood DEVICE MAC SOURCE DESTINATION "
				"SECONDS\n");
		return 64;
	}
	ifindex = if_nametoindex(argv[1]);
	seconds = strtod(argv[5], NULL);
	program = load_redirect(ifindex);
	if (!ifindex || program < 0) {
		fprintf(stderr, "flood: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	make_frame(&frame, to, argv[3], argv[4]);
	start = now();
	while (now() - start < seconds) {
		LIBBPF_OPTS(bpf_test_run_opts, options,
			.data_in = &frame,
			.data_size_in = sizeof(frame),
			.repeat = ROUND,
			.batch_size = BATCH,
			.flags = BPF_F_TEST_XDP_LIVE_FRAMES);

		if (bpf_prog_test_run_opts(program, &options) < 0) {
			fprintf(stderr, "flood: %s\n", strerror(errno));
			return 1;
		}
		sent += ROUND;
	}
	printf("sent %llu in %.3f seconds\n", (unsigned long long)sent,
	       now() - start);
	return 0;
}
