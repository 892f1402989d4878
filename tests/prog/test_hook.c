/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reference itself: random rules go to nft's netdev ingress hook as text,
 * and through Flywall's compiler into a plan. For every frame the kernel's
 * verdict is the model's.
 *
 *	test_hook [SEED]
 *
 * So a mistake in the vocabulary, the lowering or the model's parser shows; that
 * the programs agree with the model is test_xdp's part.
 */
#include <errno.h>
#include <inttypes.h>
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
#include <sys/socket.h>

#include "compile/compile.h"
#include "grammar/parse.h"
#include "kernel.h"
#include "model/model.h"
#include "packets.h"
#include "plans.h"
#include "probe.h"
#include "util/cleanup.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "tests/prog/probe.skel.h"
#pragma GCC diagnostic pop

#define DEVICE "fwa0"
#define ROUNDS 60
#define FRAMES 150
#define FRAME_MAX 1500

struct test {
	struct fw_probe_bpf *probe;
	int device;
	struct rng rng;
	bool prefixes;		/* of whole bytes, in this round */
	char text[16384];
	size_t len;
	unsigned passed, failed;
};

/* --- rules ---------------------------------------------------------------- */
static void say(struct test *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct test *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	t->len += (size_t)vsnprintf(t->text + t->len, sizeof(t->text) - t->len,
				    format, ap);
	va_end(ap);
	if (t->len >= sizeof(t->text))
		abort();
}

static const char *pick(struct rng *rng, const char *const *words, uint32_t n)
{
	return words[rng_below(rng, n)];
}

static void say_number(struct test *t, uint32_t pool)
{
	static const uint16_t ports[] = {0, 22, 53, 80, 443, 1023, 65535};
	static const uint8_t bytes[] = {0, 1, 3, 8, 128, 135, 255};

	say(t, "%u", pool > 255 ? ports[rng_below(&t->rng, 7)]
				: bytes[rng_below(&t->rng, 7)]);
}

static void say_address(struct test *t, bool six)
{
	if (six)
		say(t, "2001:db8::%x", rng_below(&t->rng, 64));
	else
		say(t, "10.%u.0.%u", rng_below(&t->rng, 2),
		    rng_below(&t->rng, 64));
}

/* Addresses in a set must not overlap: hosts, all different, or one prefix. */
static void say_addresses(struct test *t, bool six)
{
	uint32_t first = rng_below(&t->rng, 16);

	if (t->prefixes && rng_percent(&t->rng, 40)) {
		say(t, six ? "2001:db8::/%u" : "10.0.0.0/%u",
		    8 * (1 + rng_below(&t->rng, six ? 15 : 3)));
		return;
	}
	switch (rng_below(&t->rng, 5)) {
	case 0:
		say(t, six ? "2001:db8::%x/%u" : "10.0.0.%u/%u", first & ~7u,
		    six ? 125 : 29);
		break;
	case 1:
		say(t, six ? "2001:db8::%x-2001:db8::%x" : "10.0.0.%u-10.0.0.%u",
		    first, first + 20);
		break;
	case 2:
		say(t, six ? "{ 2001:db8::%x, 2001:db8::%x, 2001:db8::30/124 }"
			   : "{ 10.0.0.%u, 10.0.0.%u, 10.1.0.0/27 }",
		    first, first + 1);
		break;
	default:
		say_address(t, six);
	}
}

static void say_numbers(struct test *t, uint32_t pool)
{
	switch (rng_below(&t->rng, 4)) {
	case 0:
		say(t, pool > 255 ? "53-443" : "1-8");
		break;
	case 1:
		say(t, pool > 255 ? "{ 22, 80, 1023-65535 }" : "{ 0, 8, 128-255 }");
		break;
	default:
		say_number(t, pool);
	}
}

static void say_flags(struct test *t)
{
	static const char *const forms[] = {
		"syn", "== syn", "!= 0x12", "& (syn|ack) == syn",
		"& (fin|syn|rst|ack) != syn", "{ syn, ack }", "0x10", "! syn,rst",
		"& 0xf0 == 0", "== fin|syn|rst|psh|ack|urg|ecn|cwr",
	};

	say(t, "tcp flags %s", pick(&t->rng, forms, FW_ARRAY_SIZE(forms)));
}

static void say_match(struct test *t)
{
	static const char *const ports[] = {"tcp",  "udp",  "tcp", "udp",
					    "sctp", "dccp", "udplite"};
	static const char *const l3[] = {"ip", "ip6", "arp", "!= ip"};
	static const char *const protocols[] = {
		"tcp", "udp", "icmp", "{ tcp, udp }", "!= tcp", "17-58", "ah",
		"{ 0, 6, 43-60 }", "!= { udp, sctp }",
	};
	const char *is = rng_percent(&t->rng, 25) ? "!= " : "";

	switch (rng_below(&t->rng, 11)) {
	case 0:
	case 1:
		say(t, "ip %s %s", rng_percent(&t->rng, 50) ? "saddr" : "daddr",
		    is);
		say_addresses(t, false);
		break;
	case 2:
	case 3:
		say(t, "ip6 %s %s", rng_percent(&t->rng, 50) ? "saddr" : "daddr",
		    is);
		say_addresses(t, true);
		break;
	case 4:
	case 5:
		say(t, "%s %s %s", pick(&t->rng, ports, FW_ARRAY_SIZE(ports)),
		    rng_percent(&t->rng, 50) ? "sport" : "dport", is);
		say_numbers(t, UINT16_MAX);
		break;
	case 6:
		say(t, "meta protocol %s", pick(&t->rng, l3, FW_ARRAY_SIZE(l3)));
		break;
	case 7:
		say(t, "%s %s",
		    rng_percent(&t->rng, 50)   ? "meta l4proto"
		    : rng_percent(&t->rng, 50) ? "ip protocol"
					       : "ip6 nexthdr",
		    pick(&t->rng, protocols, FW_ARRAY_SIZE(protocols)));
		break;
	case 8:
		say_flags(t);
		break;
	default:
		say(t, "%s %s %s", rng_percent(&t->rng, 50) ? "icmp" : "icmpv6",
		    rng_percent(&t->rng, 50) ? "type" : "code", is);
		say_numbers(t, UINT8_MAX);
	}
}

/* Matches of one family and one protocol, mostly: nft refuses others. */
static void say_rules(struct test *t)
{
	uint32_t n = 1 + rng_below(&t->rng, 5);

	t->len = 0;
	say(t, "table %s t {\n\tchain c {\n\t\ttype filter hook ingress device "
	       "\"" DEVICE "\" priority 0; policy %s;\n",
	    rng_percent(&t->rng, 85) ? "netdev" : "inet",
	    rng_percent(&t->rng, 60) ? "accept" : "drop");
	while (n--) {
		say(t, "\t\t");
		say_match(t);
		if (rng_percent(&t->rng, 25)) {
			say(t, " ");
			say_match(t);
		}
		say(t, " %s\n", rng_percent(&t->rng, 15)   ? "counter"
				: rng_percent(&t->rng, 50) ? "accept"
							   : "counter drop");
	}
	say(t, "\t}\n}\n");
}

/* --- both sides ----------------------------------------------------------- */
static bool nft_takes(const char *text)
{
	FILE *nft = popen("nft -f - 2>/dev/null", "we");

	if (!nft)
		return false;
	(void)fprintf(nft, "flush ruleset\n%s", text);
	return pclose(nft) == 0;
}

/* NULL: not taken, or not all of it in XDP. */
static struct fw_plan *compile(struct test *t)
{
	const struct fw_parse_options options = {0};
	struct fw_arena *arena = fw_arena_new();
	struct fw_plan *plan = NULL;
	struct fw_diags diags;
	struct fw_ast *ast;

	if (!arena)
		return NULL;
	fw_diags_init(&diags, arena);
	if (fw_parse_text(arena, "test", t->text, t->len, &options, &diags,
			  &ast) == 0)
		(void)fw_compile(arena, ast, &fw_facts_empty, &diags, &plan);
	fw_arena_free(arena);
	if (plan && (plan->xdp.n_devices != 1 ||
		     plan->xdp.devices[0].policy == FW_VERDICT_NONE)) {
		fw_plan_unref(plan);
		plan = NULL;
	}
	return plan;
}

/* Through the probe into the stack; returns how often a socket saw it. */
static int receive(struct test *t, const struct packet *packet, unsigned *seen)
{
	int fd = bpf_map__fd(t->probe->maps.probe);
	struct probe value = {.write = 0};
	struct xdp_md ctx = {
		.data_end = (uint32_t)packet->len,
		.ingress_ifindex = (uint32_t)t->device,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet->bytes,
		    .data_size_in = (uint32_t)packet->len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1, .batch_size = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	uint32_t key = 0;
	int r = bpf_map_update_elem(fd, &key, &value, BPF_ANY);

	if (!r)
		r = bpf_prog_test_run_opts(
			bpf_program__fd(t->probe->progs.probe_xdp), &opts);
	if (!r)
		r = bpf_map_lookup_elem(fd, &key, &value);
	*seen = value.seen;
	return r;
}

/* Protocols that a socket listens to. */
static const uint16_t types[] = {ETH_P_IP,    ETH_P_IPV6, ETH_P_ARP, ETH_P_802_2,
				 ETH_P_8021Q, ETH_P_8021AD};

/*
 * True when the kernel hands the frame to one of the sockets if nft lets it
 * pass: a type that is listened to; a tag that is whole, and of a VLAN, since
 * the priority tag is taken off once more behind the hook. Later fragments are
 * left out: src/model/packet.c says why.
 */
static bool observable(const struct packet *packet)
{
	const uint8_t *at = packet->bytes + 12;
	uint16_t type = (uint16_t)(at[0] << 8 | at[1]);
	struct fw_model_packet fields;

	if (type == ETH_P_8021Q || type == ETH_P_8021AD) {
		if (packet->len < 20 || !((at[2] & 0x0f) | at[3]))
			return false;
		type = (uint16_t)(at[4] << 8 | at[5]);
	}
	fw_model_packet_parse(packet->bytes, packet->len, &fields);
	for (size_t i = 0; i < FW_ARRAY_SIZE(types); i++)
		if (!fields.later_fragment && type == types[i] &&
		    type >= ETH_P_802_3_MIN)
			return true;
	return false;
}

static void run_frame(struct test *t, const struct fw_plan *plan, uint64_t seed)
{
	struct fw_model_result want;
	struct packet packet;
	unsigned seen;

	do {
		packet_random(&t->rng, plan, FRAME_MAX, &packet);
	} while (!observable(&packet) ||
		 (t->prefixes && packet_ends_in_address(&packet)));
	want = fw_model_xdp(plan, DEVICE, packet.bytes, packet.len, NULL);
	if (receive(t, &packet, &seen) == 0 &&
	    seen == (want.verdict == FW_VERDICT_ACCEPT)) {
		t->passed++;
		return;
	}
	if (t->failed++ > 10)
		return;
	fprintf(stderr, "FAIL seed %" PRIu64 ": nft passed %u, model says %s "
			"(rule %d)\n%s",
		seed, seen, fw_verdict_name(want.verdict), (int)want.rule,
		t->text);
	for (size_t i = 0; i < packet.len && i < 120; i++)
		fprintf(stderr, "%02x%s", packet.bytes[i], i % 16 == 15 ? "\n"
									: " ");
	fputc('\n', stderr);
}

static void run_round(struct test *t, uint64_t seed)
{
	struct fw_plan *plan = NULL;

	t->rng.state = seed;
	t->prefixes = seed % 2;
	/* Some rules contradict themselves: nft refuses them. */
	for (int tries = 0; !plan && tries < 50; tries++) {
		say_rules(t);
		if (nft_takes(t->text))
			plan = compile(t);
	}
	for (int i = 0; plan && i < FRAMES; i++)
		run_frame(t, plan, seed);
	fw_plan_unref(plan);
}

static void open_sockets(struct test *t)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(types); i++) {
		int program = bpf_program__fd(t->probe->progs.probe_socket);
		struct sockaddr_ll address = {
			.sll_family = AF_PACKET,
			.sll_protocol = htons(types[i]),
			.sll_ifindex = t->device,
		};
		int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

		if (fd < 0 ||
		    setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &program,
			       sizeof(program)) != 0 ||
		    bind(fd, (void *)&address, sizeof(address)) != 0) {
			perror("packet socket");
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	static const char *const pairs[] = {"fwa"};
	static struct test t;
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;

	kernel_namespace(pairs, 1);
	if (!nft_takes("")) {
		fprintf(stderr, "needs nft(8)\n");
		return 77;
	}
	t.device = (int)if_nametoindex(DEVICE);
	t.probe = fw_probe_bpf__open_and_load();
	if (!t.probe) {
		fprintf(stderr, "needs bpf()\n");
		return 77;
	}
	open_sockets(&t);
	for (uint64_t i = seed; i < seed + (argc > 1 ? 1 : ROUNDS); i++)
		run_round(&t, i);
	fw_probe_bpf__destroy(t.probe);
	printf("%u passed, %u failed\n", t.passed, t.failed);
	return t.failed || !t.passed;
}
