/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In: a lab with offloads on. Out: TCP in pieces that GRO may merge, and in
 * super-packets that GSO cuts, on both sides; how many flows came through
 * differently. May fail: no.
 *
 * Of a flow all or nothing comes through: the segments are alike but for their
 * sequence numbers, and the rules do not measure.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/net/oracle.h"

#define FLOWS 40		/* for each slot */
#define SEGMENTS 4
#define PAYLOAD 500
#define HEADERS(six) (14u + ((six) ? 40u : 20u) + 20u)

struct flow {
	bool six, super;
	struct packet packet;	/* headers; the payload is zero */
	uint32_t sequence;
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t sum16(const uint8_t *at, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void make_flow(struct flow *flow, struct rng *rng)
{
	static const uint16_t ports[] = { 22, 53, 80, 443, 1021, 3000, 40000 };
	/* FIN and PSH last: where GSO cuts, only the last segment keeps them. */
	static const uint8_t flags[] = { 0x10, 0x10, 0x12, 0x02, 0x18, 0x11 };
	uint8_t *at = flow->packet.bytes, *tcp;
	uint8_t from = (uint8_t)rng_below(rng, 64), to = (uint8_t)rng_below(rng, 64);

	memset(flow, 0, sizeof(*flow));
	flow->six = rng_percent(rng, 50);
	flow->super = rng_percent(rng, 50);
	at[6] = 0x02;
	at[7] = (uint8_t)HEADERS(flow->six);
	put16(at + 12, flow->six ? 0x86dd : 0x0800);
	if (flow->six) {
		const uint8_t net[] = { 0x20, 0x01, 0x0d, 0xb8 };

		at[14] = 0x60;
		at[20] = 6;
		at[21] = 64;
		memcpy(at + 22, net, sizeof(net));
		memcpy(at + 38, net, sizeof(net));
		at[37] = from;
		at[53] = to;
	} else {
		const uint8_t net[] = { 10, (uint8_t)rng_below(rng, 2), 0, from,
					10, (uint8_t)rng_below(rng, 2), 0, to };

		at[14] = 0x45;
		at[20] = 0x40;
		at[22] = 64;
		at[23] = 6;
		memcpy(at + 26, net, sizeof(net));
	}
	tcp = at + HEADERS(flow->six) - 20;
	put16(tcp, ports[rng_below(rng, 7)]);
	put16(tcp + 2, ports[rng_below(rng, 7)]);
	tcp[12] = 0x50;
	tcp[13] = flags[rng_below(rng, flow->super ? 4 : 6)];
	put16(tcp + 14, 1000);
	flow->sequence = (uint32_t)rng_next(rng);
}

/* The pseudo header's sum. */
static uint32_t pseudo(const struct flow *flow, size_t payload)
{
	const uint8_t *at = flow->packet.bytes;

	return sum16(at + (flow->six ? 22 : 26), flow->six ? 32 : 8,
		     (uint32_t)(20 + payload) + 6);
}

/* Lengths and checksums for so much payload; a super-packet's is partial. */
static void finish(struct flow *flow, size_t payload, bool partial)
{
	uint8_t *at = flow->packet.bytes, *tcp = at + HEADERS(flow->six) - 20;
	uint32_t sum = pseudo(flow, payload);

	put16(tcp + 4, flow->sequence >> 16);
	put16(tcp + 6, flow->sequence & 0xffff);
	put16(tcp + 16, 0);
	put16(tcp + 16, partial ? sum : ~sum16(tcp, 20, sum));
	if (flow->six) {
		put16(at + 18, (uint32_t)(20 + payload));
	} else {
		put16(at + 16, (uint32_t)(40 + payload));
		put16(at + 24, 0);
		put16(at + 24, ~sum16(at + 14, 20, 0));
	}
	flow->packet.len = HEADERS(flow->six) + payload;
}

/* One super-packet, which the kernel cuts where the device cannot. */
static void send_super(const struct oracle_lab *lab, int fd, unsigned slot,
		       struct flow *flow)
{
	struct virtio_net_hdr head = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = flow->six ? VIRTIO_NET_HDR_GSO_TCPV6 :
					VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = (uint16_t)HEADERS(flow->six),
		.gso_size = PAYLOAD,
		.csum_start = (uint16_t)(HEADERS(flow->six) - 20),
		.csum_offset = 16,
	};
	struct iovec parts[] = { { &head, sizeof(head) },
				 { flow->packet.bytes, 0 } };

	finish(flow, SEGMENTS * PAYLOAD, true);
	parts[1].iov_len = flow->packet.len;
	for (int side = 0; side < 2; side++) {
		struct sockaddr_ll to = {
			.sll_family = AF_PACKET,
			.sll_protocol = htons(flow->six ? 0x86dd : 0x0800),
			.sll_ifindex = lab->devices[side][slot],
		};
		struct msghdr message = {
			.msg_name = &to,
			.msg_namelen = sizeof(to),
			.msg_iov = parts,
			.msg_iovlen = 2,
		};

		if (sendmsg(fd, &message, 0) < 0) {
			perror("super-packet");
			exit(1);
		}
	}
}

static void send_flow(struct oracle_lab *lab, int super, unsigned slot,
		      struct flow *flow, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		flow->packet.bytes[8 + i] = (uint8_t)(number >> (24 - 8 * i));
	if (flow->super) {
		send_super(lab, super, slot, flow);
		return;
	}
	for (int i = 0; i < SEGMENTS; i++) {
		finish(flow, PAYLOAD, false);
		oracle_send(lab, slot, &flow->packet, number);
		flow->sequence += PAYLOAD;
	}
}

/* All or nothing comes through, and alike on both sides. */
static bool alike(const struct oracle_lab *lab, unsigned i)
{
	uint64_t ours = lab->payload[0][i], twin = lab->payload[1][i];

	return ours == twin && (!twin || twin == SEGMENTS * PAYLOAD);
}

static void report(const struct oracle_lab *lab, unsigned i, uint64_t seed,
		   const char *ruleset)
{
	(void)fprintf(stderr, "FAIL: with offloads, flow %u of slot %u in the "
		      "batch of seed %" PRIu64 ": %" PRIu64 " bytes come "
		      "through, %" PRIu64 " on the twin\n%s", i % FLOWS,
		      i / FLOWS, seed, lab->payload[0][i], lab->payload[1][i],
		      ruleset);
}

unsigned oracle_flows(struct oracle_lab *lab, unsigned slots, uint64_t seed,
		      const char *(*ruleset)(unsigned slot))
{
	struct rng rng = { .state = seed };
	int super = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;
	unsigned differ = 0;

	if (setsockopt(super, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on))) {
		perror("PACKET_VNET_HDR");
		exit(1);
	}
	for (unsigned i = 0; i < slots * FLOWS; i++) {
		struct flow flow;

		make_flow(&flow, &rng);
		send_flow(lab, super, i / FLOWS, &flow, i);
	}
	(void)close(super);
	if (!oracle_receive(lab, slots)) {
		(void)fprintf(stderr, "FAIL: a marker did not come through\n");
		return 1;
	}
	for (unsigned i = 0; i < slots * FLOWS; i++)
		if (!alike(lab, i) && !differ++)
			report(lab, i, seed, ruleset(i / FLOWS));
	return differ;
}
