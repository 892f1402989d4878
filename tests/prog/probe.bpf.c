/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ends of the receive path: an XDP program that writes the metadata that a
 * test wants TC to find; a TC filter behind the real one that notes the mark and
 * ends the packet; a socket filter that notes what comes past nft.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct probe);
} probe SEC(".maps");

static __always_inline struct probe *probe_get(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&probe, &key);
}

SEC("xdp")
int probe_xdp(struct xdp_md *ctx)
{
	struct probe *p = probe_get();
	struct fw_meta *meta;

	if (!p || !p->write)
		return XDP_PASS;
	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return XDP_ABORTED;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return XDP_ABORTED;
	*meta = p->meta;
	return XDP_PASS;
}

/* On a socket of one protocol: what comes past nft's ingress hook. */
SEC("socket")
int probe_socket(struct __sk_buff *skb)
{
	struct probe *p = probe_get();

	(void)skb;
	if (p)
		p->seen++;
	return 0;
}

SEC("tc")
int probe_tc(struct __sk_buff *skb)
{
	struct probe *p = probe_get();

	if (p) {
		p->seen++;
		p->mark = skb->mark;
	}
	return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
