/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question of a frame by itself: what the programs make of it, for a test to
 * see and a benchmark to measure.
 *
 * Returns enum fw_dns_asked; of a question, names_class and names_qtype say
 * the rest.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define FW_CTX struct xdp_md
#define FW_CTX_LINEAR
#define fw_ctx_len(ctx) ((__u32)bpf_xdp_get_buff_len(ctx))
#define fw_ctx_load(ctx, offset, to, size) \
	bpf_xdp_load_bytes(ctx, offset, to, size)
#define fw_ctx_vlan(ctx) FW_NO_VLAN
#define fw_ctx_gso(ctx) false

#include "bpf/dns_name.h"

__u32 names_class, names_qtype;

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
		return asked;
	names_qtype = dns->qtype;
	names_class = fw_dns_class(fw_control_slot(fw_control_read()));
	return asked;
}

char LICENSE[] SEC("license") = "GPL";
