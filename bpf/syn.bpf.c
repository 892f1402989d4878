/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYN cookies: what xdp.bpf.c hands over because a rule says `synproxy`.
 *
 * In: a frame, what has been parsed of it, struct fw_handover. Out: XDP_TX with
 * the SYN-ACK in the SYN's place; XDP_DROP of an ACK that belongs to no
 * connection and has no cookie; or XDP_PASS, as xdp.bpf.c does it.
 *
 * A listener of this host makes the cookie itself and will know it again, as it
 * has been told that it answers with cookies (bpf_tcp_gen_syncookie()). Where no
 * socket is, the connection is forwarded: the cookie is the kernel's all the
 * same, and nft's synproxy, behind, knows it (nf_synproxy_core.c).
 *
 * What has a socket that does not listen, or an IP header with options or
 * extensions, passes: the kernel judges it as it would without this.
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

#include "conntrack.h"
#include "meta.h"
#include "reply.h"
#include "syn_options.h"
#include "tests.h"

#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_ACK 0x10

/* Behind a flood, answers go on so long. */
#define HOLD_NS 10000000000ULL
#define HOLD_RENEWED_NS 1000000000ULL

/* What a connection may send before the listener's first ACK: small, as that
 * may have little room. A forwarded one has no server yet. */
#define WINDOW 14600

#define IPV4_SOCKET sizeof(((struct bpf_sock_tuple *)0)->ipv4)
#define IPV6_SOCKET sizeof(((struct bpf_sock_tuple *)0)->ipv6)

enum kind {
	KIND_OTHER,
	KIND_SYN,
	KIND_ACK,		/* may bring a cookie back */
};

/* What is known of the packet at hand. */
struct syn {
	struct xdp_md *ctx;
	const struct fw_packet *pkt;
	const struct fw_syn *config;
	const struct fw_synproxy *rule;
	struct fw_syn_room *room;
	__u32 ip_size, tcp_size;
	bool forwarded;
};

static __always_inline enum kind kind_of(const struct fw_packet *pkt)
{
	__u8 flags = pkt->tcp_flags & (FLAG_FIN | FLAG_SYN | FLAG_RST |
				       FLAG_ACK);

	if (flags == FLAG_SYN)
		return KIND_SYN;
	return (flags & ~FLAG_FIN) == FLAG_ACK ? KIND_ACK : KIND_OTHER;
}

/* Whether SYNs are answered now: too many came in this window, or did so not long
 * ago. While they are, half as many go on to be too many. */
static __always_inline bool flooded(const struct fw_syn *config, bool is_syn)
{
	__u32 key = 0;
	struct fw_syn_rate *rate = bpf_map_lookup_elem(&syn_rate, &key);
	__u64 now, window, above = config->above;

	if (!rate || !config->window_ns)
		return true;
	now = bpf_ktime_get_boot_ns();
	if (now < rate->until)
		above /= 2;
	if (!is_syn)
		return now < rate->until;
	window = now / config->window_ns;
	if (rate->window != window) {
		rate->window = window;
		rate->count = 0;
	}
	/* Beyond it there is nothing to count, and nothing to contend for. */
	if (rate->count <= above)
		__sync_fetch_and_add(&rate->count, 1);
	if (rate->count > above &&
	    rate->until < now + HOLD_NS - HOLD_RENEWED_NS)
		rate->until = now + HOLD_NS;
	return now < rate->until;
}

/* The same, of 1 to 64, and known to be so: verifiers before 6.3 forget it. */
static __always_inline __u32 bounded(__u32 size)
{
	barrier_var(size);
	return ((size - 1) & 63) + 1;
}

/* Headers into the room; false where they are not such as are answered. */
static __always_inline bool load(struct syn *s)
{
	const struct fw_packet *pkt = s->pkt;
	__u32 size = pkt->l3_off + pkt->len - pkt->l4_off;

	if (!fw_reply_possible(pkt))
		return false;
	if (size < sizeof(struct tcphdr) || size > 0xffff)
		return false;
	if (size > sizeof(struct tcphdr) + FW_TCP_OPTIONS)
		size = sizeof(struct tcphdr) + FW_TCP_OPTIONS;
	if (bpf_xdp_load_bytes(s->ctx, pkt->l4_off, &s->room->tcp,
			       bounded(size)))
		return false;
	s->tcp_size = s->room->tcp.doff * 4;
	if (s->tcp_size < sizeof(struct tcphdr) || s->tcp_size > size)
		return false;
	if (pkt->l3 == FW_L3_IP) {
		s->ip_size = sizeof(struct iphdr);
		return !bpf_xdp_load_bytes(s->ctx, pkt->l3_off, &s->room->ip,
					   sizeof(struct iphdr));
	}
	s->ip_size = sizeof(struct ipv6hdr);
	return !bpf_xdp_load_bytes(s->ctx, pkt->l3_off, &s->room->ip6,
				   sizeof(struct ipv6hdr));
}

/* The packet's tuple is left in *tuple. */
static __always_inline struct bpf_sock *find_socket(const struct syn *s,
						    struct bpf_sock_tuple *tuple)
{
	const struct fw_packet *pkt = s->pkt;

	if (pkt->l3 == FW_L3_IP) {
		tuple->ipv4.saddr = pkt->saddr.words[0];
		tuple->ipv4.daddr = pkt->daddr.words[0];
		tuple->ipv4.sport = s->room->tcp.source;
		tuple->ipv4.dport = s->room->tcp.dest;
		return bpf_skc_lookup_tcp(s->ctx, tuple, IPV4_SOCKET,
					  BPF_F_CURRENT_NETNS, 0);
	}
	__builtin_memcpy(tuple->ipv6.saddr, pkt->saddr.words, 16);
	__builtin_memcpy(tuple->ipv6.daddr, pkt->daddr.words, 16);
	tuple->ipv6.sport = s->room->tcp.source;
	tuple->ipv6.dport = s->room->tcp.dest;
	return bpf_skc_lookup_tcp(s->ctx, tuple, IPV6_SOCKET,
				  BPF_F_CURRENT_NETNS, 0);
}

/* --- SYN ------------------------------------------------------------------ */
static __always_inline __s64 raw_cookie(const struct syn *s)
{
	struct fw_syn_room *room = s->room;

	if (s->pkt->l3 == FW_L3_IP)
		return bpf_tcp_raw_gen_syncookie_ipv4(&room->ip, &room->tcp,
						      s->tcp_size);
	return bpf_tcp_raw_gen_syncookie_ipv6(&room->ip6, &room->tcp,
					      s->tcp_size);
}

/* No address of this host, which listeners of any address do not know. */
static __always_inline bool is_forwarded(const struct syn *s)
{
	const struct fw_packet *pkt = s->pkt;
	struct bpf_fib_lookup way = {
		.l4_protocol = IPPROTO_TCP,
		.ifindex = s->ctx->ingress_ifindex,
	};
	long r;

	if (!(s->config->flags & FW_SYN_ROUTER))
		return false;
	if (pkt->l3 == FW_L3_IP) {
		way.family = FAMILY_IPV4;
		way.ipv4_src = pkt->saddr.words[0];
		way.ipv4_dst = pkt->daddr.words[0];
	} else {
		way.family = FAMILY_IPV6;
		__builtin_memcpy(way.ipv6_src, pkt->saddr.words, 16);
		__builtin_memcpy(way.ipv6_dst, pkt->daddr.words, 16);
	}
	r = bpf_fib_lookup(s->ctx, &way, sizeof(way), 0);
	return r == BPF_FIB_LKUP_RET_SUCCESS || r == BPF_FIB_LKUP_RET_NO_NEIGH;
}

/* The cookie in the low 32 bits; negative: none. The route is asked for first, as
 * it costs less than the socket. */
static __always_inline __s64 make_cookie(struct syn *s)
{
	struct bpf_sock_tuple tuple = {0};
	struct bpf_sock *sk;
	__s64 cookie = -1;

	s->forwarded = is_forwarded(s);
	if (s->forwarded)
		return s->config->flags & FW_SYN_FORWARD ? raw_cookie(s) : -1;
	sk = find_socket(s, &tuple);
	if (!sk)
		return -1;
	if (sk->state == BPF_TCP_LISTEN && s->config->flags & FW_SYN_LOCAL)
		cookie = bpf_tcp_gen_syncookie(sk, &s->room->ip, s->ip_size,
					       &s->room->tcp, s->tcp_size);
	bpf_sk_release(sk);
	return cookie;
}

/* The SYN-ACK in the room; returns the segment's size. */
static __always_inline __u32 write_segment(struct syn *s, __u32 cookie)
{
	struct fw_syn_room *room = s->room;
	struct tcphdr *tcp = &room->tcp;
	__u32 offers, seq = tcp->seq, size;
	__u8 wscale = s->rule->wscale;
	__be16 port = tcp->source;

	fw_options_read(room);
	offers = room->offers & s->rule->offers;
	if (!s->forwarded) {
		offers &= s->config->local;
		wscale = s->config->local_wscale;
	}
	if (!(offers & FW_SYN_TIMESTAMP))
		offers = 0;
	offers |= s->rule->offers & FW_SYN_MSS;
	size = fw_options_write(room, s->rule->mss, offers, wscale);
	size = (size & 0x1c) + sizeof(*tcp);
	__builtin_memset(tcp, 0, sizeof(*tcp));
	tcp->source = s->pkt->dport ? bpf_htons(s->pkt->dport) : 0;
	tcp->dest = port;
	tcp->seq = bpf_htonl(cookie);
	tcp->ack_seq = bpf_htonl(bpf_ntohl(seq) + 1);
	tcp->doff = size / 4;
	tcp->syn = 1;
	tcp->ack = 1;
	tcp->window = s->forwarded ? 0 : bpf_htons(WINDOW);
	tcp->check = fw_sum_fold(
		(__u32)bpf_csum_diff(NULL, 0, (__be32 *)tcp, size, 0) +
		fw_sum_pseudo(s->pkt, size));
	return size;
}

static __always_inline bool send_back(const struct syn *s, __u32 size)
{
	const struct fw_packet *pkt = s->pkt;

	if (bpf_xdp_adjust_tail(s->ctx, (int)(pkt->l4_off + size -
					      pkt->l3_off - pkt->len)) ||
	    !fw_reply_link(s->ctx))
		return false;
	if (pkt->l3 == FW_L3_IP ? !fw_reply_ip(s->ctx, pkt, size)
				: !fw_reply_ip6(s->ctx, pkt, size))
		return false;
	return !bpf_xdp_store_bytes(s->ctx, pkt->l4_off, &s->room->tcp,
				    bounded(size));
}

/* XDP_PASS, where the SYN goes on as it came. */
static __always_inline int answer(struct syn *s)
{
	__s64 cookie = make_cookie(s);
	__u32 size;

	if (cookie < 0)
		return XDP_PASS;
	size = write_segment(s, (__u32)cookie);
	/* A frame that cannot be changed is as good as lost. */
	return send_back(s, size) ? XDP_TX : XDP_DROP;
}

/* --- ACK ------------------------------------------------------------------ */
static __always_inline bool raw_holds(const struct syn *s)
{
	struct fw_syn_room *room = s->room;

	if (s->pkt->l3 == FW_L3_IP)
		return !bpf_tcp_raw_check_syncookie_ipv4(&room->ip, &room->tcp);
	return !bpf_tcp_raw_check_syncookie_ipv6(&room->ip6, &room->tcp);
}

/* Of a forwarded connection, conntrack knows; where it cannot be asked, nft's
 * synproxy checks the cookie by itself. */
static __always_inline int check_forwarded(struct syn *s,
					   struct bpf_sock_tuple *tuple)
{
	__u32 size = s->pkt->l3 == FW_L3_IP ? IPV4_SOCKET : IPV6_SOCKET;
	bool holds;

	if (!(s->config->flags & FW_SYN_FORWARD) ||
	    fw_is_tracked(s->ctx, tuple, size) || !is_forwarded(s))
		return XDP_PASS;
	holds = raw_holds(s);
	fw_stat_add(holds ? FW_STAT_XDP_COOKIE : FW_STAT_XDP_DROP_COOKIE);
	return holds ? XDP_PASS : XDP_DROP;
}

/* XDP_DROP: of no connection, and no cookie either. */
static __always_inline int check(struct syn *s)
{
	struct bpf_sock_tuple tuple = {0};
	struct bpf_sock *sk = find_socket(s, &tuple);
	bool holds;

	if (!sk)
		return check_forwarded(s, &tuple);
	if (sk->state == BPF_TCP_LISTEN && is_forwarded(s)) {
		bpf_sk_release(sk);
		return check_forwarded(s, &tuple);
	}
	if (sk->state != BPF_TCP_LISTEN || !(s->config->flags & FW_SYN_LOCAL)) {
		bpf_sk_release(sk);
		return XDP_PASS;
	}
	holds = !bpf_tcp_check_syncookie(sk, &s->room->ip, s->ip_size,
					 &s->room->tcp, s->tcp_size);
	bpf_sk_release(sk);
	fw_stat_add(holds ? FW_STAT_XDP_COOKIE : FW_STAT_XDP_DROP_COOKIE);
	return holds ? XDP_PASS : XDP_DROP;
}

/* --- all ------------------------------------------------------------------ */
static __always_inline int treat(struct syn *s)
{
	enum kind kind = kind_of(s->pkt);
	int r = XDP_PASS;

	if (kind == KIND_OTHER)
		return XDP_PASS;
	if (flooded(s->config, kind == KIND_SYN) && load(s))
		r = kind == KIND_SYN ? answer(s) : check(s);
	if (kind == KIND_SYN) {
		fw_stat_add(FW_STAT_XDP_SYN);
		fw_stat_add(r == XDP_PASS ? FW_STAT_XDP_SYN_PASSED :
			    r == XDP_TX ? FW_STAT_XDP_SYN_ANSWERED :
					  FW_STAT_XDP_DROP_UNANSWERED);
	}
	return r;
}

SEC("xdp.frags")
int fw_syn(struct xdp_md *ctx)
{
	struct fw_scratch *scratch_room = fw_scratch_of();
	struct syn s = {.ctx = ctx, .room = fw_syn_room_of()};
	const struct fw_handover *from;
	__u32 key = 0;
	void *inner;
	__u16 flags = 0;
	int r = XDP_PASS;

	if (!scratch_room || !s.room)
		return XDP_PASS;
	from = &scratch_room->handover;
	s.pkt = &scratch_room->packet;
	inner = fw_inner(syn, from->slot & 1);
	if (inner)
		s.config = bpf_map_lookup_elem(inner, &key);
	if (s.config) {
		s.rule = &s.config->of[from->number % FW_SYNPROXIES];
		r = treat(&s);
	}
	if (r != XDP_PASS)
		return r;
	/* A SYN that is not answered goes the usual way, past nft's synproxy. */
	if (kind_of(s.pkt) == KIND_ACK)
		flags |= from->number << FW_META_SYNPROXY_SHIFT;
	return fw_pass(ctx, fw_stats_of(), from->word, from->carry | flags);
}

char LICENSE[] SEC("license") = "GPL";
