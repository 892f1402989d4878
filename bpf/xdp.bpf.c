/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XDP: blocked flows, the lowered ingress rules of every device, and roads.
 *
 * In: a frame. Out: XDP_DROP; XDP_TX with the answer to a DNS query in its place;
 * what syn.bpf.c says, where a rule says `synproxy`; XDP_REDIRECT, for what has a
 * road (xdp_road.h); or XDP_PASS with struct
 * fw_meta in front of the frame, from which TC takes the packet's generation and
 * the accepts that nft has to heed. Where there is no room for metadata, the
 * packet passes without and TC judges it again.
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
#define fw_ctx_load_link(ctx, offset, to, size) \
	bpf_xdp_load_bytes(ctx, offset, to, size)

#include "classify.h"
#include "dns_reply.h"
#include "flows.h"
#include "meta.h"
#include "xdp_road.h"

#define DNS_NXDOMAIN 3	/* RFC 1035 section 4.1.1 */
#define DNS_REFUSED 5

static __always_inline enum fw_stat drop_reason(const struct fw_own *own,
						__u32 judged)
{
	if (judged & FW_JUDGED_MALFORMED)
		return FW_STAT_XDP_DROP_MALFORMED;
	if (judged & FW_JUDGED_POLICY)
		return FW_STAT_XDP_DROP_POLICY;
	return own->room->limited ? FW_STAT_XDP_DROP_RATE
				  : FW_STAT_XDP_DROP_RULE;
}

/* The active slot's reason comes first. Rules are noted of that slot alone. */
static __always_inline int drop(const struct xdp_md *ctx,
				const struct fw_own *own,
				const struct fw_judgement *judgement)
{
	bool active = judgement->active & FW_JUDGED_DROP;
	enum fw_stat reason =
		drop_reason(own, active ? judgement->active : judgement->other);

	fw_drop(own, ctx->ingress_ifindex, active ? fw_decided(own, reason) : 0,
		reason);
	return XDP_DROP;
}

static __always_inline bool is_blocked(struct xdp_md *ctx,
				       const struct fw_own *own)
{
	const struct fw_packet *pkt = &own->room->packet;
	struct fw_flow *flow = fw_flow_find(ctx->ingress_ifindex, pkt);

	if (!flow || flow->verdict != FW_FLOW_BLOCKED)
		return false;
	fw_flow_charge(flow, 1, pkt->len);
	fw_drop(own, ctx->ingress_ifindex, 0, FW_STAT_XDP_DROP_BLOCKED);
	return true;
}

/* The query goes back as its answer, or not at all. */
static __always_inline int reply(struct xdp_md *ctx, const struct fw_own *own,
				 __u8 answer)
{
	const struct fw_packet *pkt = &own->room->packet;
	__u32 rcode = answer == FW_JUDGED_NXDOMAIN ? DNS_NXDOMAIN : DNS_REFUSED;

	if (fw_dns_read_once(ctx, pkt) != FW_DNS_ASKED ||
	    !fw_dns_reply(ctx, pkt, rcode)) {
		fw_drop(own, ctx->ingress_ifindex,
			fw_decided(own, FW_STAT_XDP_DROP_UNANSWERED),
			FW_STAT_XDP_DROP_UNANSWERED);
		return XDP_DROP;
	}
	fw_stat_count(own->stats, FW_STAT_XDP_DNS_ANSWERED);
	fw_tell_logs(own, ctx->ingress_ifindex, 0);
	return XDP_TX;
}

/* To the program of SYN cookies, which has a stack of its own. Comes back where
 * this kernel has none of it: then nft's synproxy has to do. */
static __always_inline void hand_over(struct xdp_md *ctx,
				      const struct fw_own *own, __u64 word,
				      const struct fw_judgement *judgement)
{
	own->room->handover = (struct fw_handover){
		.word = word,
		.carry = judgement->carry,
		.slot = judgement->synproxy_slot,
		.number = judgement->synproxy,
	};
	bpf_tail_call(ctx, &programs, FW_PROGRAM_SYN);
}

SEC("xdp.frags")
int fw_xdp(struct xdp_md *ctx)
{
	__u64 word = fw_control_read();
	struct fw_judgement judgement = {0};
	struct fw_view active, other = {0};
	bool blocked = fw_flows_blocked();
	bool roads = fw_flows_any() && fw_road_port_of(ctx);
	struct fw_packet *pkt;
	struct fw_own own;

	if (!fw_own_find(&own))
		return XDP_PASS;
	pkt = &own.room->packet;
	fw_stat_count(own.stats, FW_STAT_XDP_PACKETS);
	fw_view_init(&active, fw_control_slot(word), ctx->ingress_ifindex);
	if (word & FW_CONTROL_OVERLAP) {
		fw_stat_count(own.stats, FW_STAT_XDP_OVERLAP);
		fw_view_init(&other, !fw_control_slot(word),
			     ctx->ingress_ifindex);
	}
	if (blocked || roads || fw_view_judges(&active) ||
	    fw_view_judges(&other)) {
		fw_parse(ctx, pkt);
		fw_notes_begin(own.room);
		if (pkt->malformed)
			fw_stat_count(own.stats, pkt->malformed);
		if (blocked && is_blocked(ctx, &own))
			return XDP_DROP;
		fw_judge_word(ctx, &judgement, word, &active, &other, pkt,
			      FW_ASK_LIMITS);
		if (pkt->dns == FW_DNS_ODD)
			fw_stat_count(own.stats, FW_STAT_XDP_DNS_ODD);
		if (judgement.drop)
			return drop(ctx, &own, &judgement);
		if (judgement.answer)
			return reply(ctx, &own, judgement.answer);
		fw_tell_logs(&own, ctx->ingress_ifindex, 0);
		if (judgement.synproxy)
			hand_over(ctx, &own, word, &judgement);
		else if (roads && fw_xdp_road(ctx, pkt, word) == XDP_REDIRECT)
			return XDP_REDIRECT;
	}
	return fw_pass(ctx, own.stats, word,
		       judgement.carry |
		       judgement.synproxy << FW_META_SYNPROXY_SHIFT);
}

char LICENSE[] SEC("license") = "GPL";
