/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question of a frame by itself: what the programs make of it, for a test to
 * see and a benchmark to measure; and the answer to it.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define FW_CTX struct xdp_md
#define FW_CTX_LINEAR(ctx) 1
#define fw_ctx_len(ctx) ((__u32)bpf_xdp_get_buff_len(ctx))
#define fw_ctx_load(ctx, offset, to, size) \
	bpf_xdp_load_bytes(ctx, offset, to, size)
#define fw_ctx_vlan(ctx) FW_NO_VLAN
#define fw_ctx_gso(ctx) false

#include "bpf/dns_reply.h"
#include "names_corpus.h"

#define NXDOMAIN 3
#define QUESTION_AT 54	/* behind Ethernet, IPv4, UDP and DNS headers */

__u32 names_class, names_qtype;

/* A question after the other, for the benchmark and for tests of many. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NAMES_QUESTIONS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, NAMES_QUESTION_SIZE);
} names_questions SEC(".maps");
__u32 names_next, names_bare;
__u8 names_found[NAMES_QUESTIONS];	/* the class of each */

/* Returns enum names_asked of names.h; of a question, names_class and names_qtype say the
 * rest. */
SEC("xdp.frags")
int names_ask(struct xdp_md *ctx)
{
	const struct fw_dns *dns;
	struct fw_packet pkt;
	int asked;

	fw_parse(ctx, &pkt);
	asked = fw_dns_ask(ctx, &pkt);
	dns = fw_dns_scratch();
	if (asked != FW_DNS_ASKED || !dns)
		return asked - FW_DNS_NONE;
	names_qtype = dns->qtype;
	names_class = fw_dns_class(fw_control_slot(fw_control_read()));
	return asked - FW_DNS_NONE;
}

/* Answers each question with NXDOMAIN, and lets nothing else through. */
SEC("xdp.frags")
int names_reply(struct xdp_md *ctx)
{
	struct fw_packet pkt;

	fw_parse(ctx, &pkt);
	if (fw_dns_ask(ctx, &pkt) == FW_DNS_ASKED &&
	    fw_dns_reply(ctx, &pkt, NXDOMAIN))
		return XDP_TX;
	return XDP_DROP;
}

/* Puts the next question into the frame and, unless that is all that is to be
 * measured, finds its class. */
SEC("xdp.frags")
int names_rotate(struct xdp_md *ctx)
{
	__u32 key = names_next++ % NAMES_QUESTIONS;
	const void *question = bpf_map_lookup_elem(&names_questions, &key);
	struct fw_packet pkt;

	if (!question || bpf_xdp_store_bytes(ctx, QUESTION_AT, (void *)question,
					     NAMES_QUESTION_SIZE))
		return XDP_ABORTED;
	if (names_bare)
		return XDP_DROP;
	fw_parse(ctx, &pkt);
	if (fw_dns_ask(ctx, &pkt) != FW_DNS_ASKED)
		return XDP_ABORTED;
	names_found[key % NAMES_QUESTIONS] =
		(__u8)fw_dns_class(fw_control_slot(fw_control_read()));
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
